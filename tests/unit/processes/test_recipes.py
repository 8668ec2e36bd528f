"""The recipes: what documents mean, in accounts. Amounts and names are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.documents import (
    CashPosting,
    CreditNote,
    CustomerInvoice,
    Dispute,
    Document,
    EntryPosting,
    InvoicePosting,
    MatchRequest,
    Party,
    ProviderMovement,
    SaleLine,
    StatementLine,
    TaxLine,
    canonical_bytes,
    ledger_lines,
)
from tieout.money import Amount, from_minor
from tieout.processes import Facts, OrderFact, PayoutFact, Plan, UnappliedPayment, plan_document
from tieout.processes.external_ids import applied_external_id
from tieout.processes.facts import OrderState, PreviousFact
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)
ON = date(2026, 10, 5)


def release(without: str = "") -> Release:
    accounts = {
        "receivable": "121000", "revenue.goods": "400000", "fees.stripe": "621000",
        "bank_in_transit": "101701", "unapplied.unknown": "212100", "unapplied.exception": "212110",
        "unapplied.excluded": "212120", "unapplied.bank": "212130", "clearing.stripe.USD": "101501",
        "clearing.stripe.EUR": "101502", "bank.X": "101511", "disputes_receivable.stripe": "101710",
        "bank_fees": "620000", "customer_deposits": "212200", "outstanding_receipts": "101403", "dispute_loss": "642100", "liability.gift_card": "212300",
    }  # fmt: skip
    accounts.pop(without, None)
    journals = {"sales": "INV", "misc": "MISC", "clearing.stripe.USD": "STRU",
                "clearing.stripe.EUR": "STRE", "bank.X": "BNKU"}  # fmt: skip

    def table(name: str, rows: dict[str, str]) -> Mapping:
        return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

    return Release(
        "0" * 64,
        {"US": Entity("US", "US", "USD", "America/New_York", "odoo")},
        {},
        {"accounts": table("accounts", accounts), "journals": table("journals", journals),
         "taxes": table("taxes", {"VAT 15%": "15%"})},
    )  # fmt: skip


def interface(**changes: Any) -> Interface:
    return Interface("stripe", "stripe", "US", ("x",), "o", "p", **changes)


def plan(document: Document, facts: Facts | None = None, revision: int = 1, **changes: Any) -> Plan:
    rules = changes.pop("rules", None) or release()
    return plan_document(document, revision, facts or Facts(), rules, interface(**changes), ON)


def movement(category: str, gross: int, fee: int = 0, currency: str = "USD", **more: Any) -> ProviderMovement:
    return ProviderMovement(
        key="txn_1", occurred_at=AT, currency=currency, provider="stripe", category=category,
        gross=from_minor(gross, currency), fee=from_minor(fee, currency),
        net=from_minor(gross - fee, currency), payment_key="ch_1", **more,
    )  # fmt: skip


def invoice(net: int = 10_000, tax: int = 1500, **more: Any) -> CustomerInvoice:
    total = from_minor(net + tax, "USD")
    given = dict(
        key="order:1", occurred_at=AT, currency="USD", order_key="1", number="US-1",
        party=Party(key="9", name="Ada"), total=total,
        lines=(SaleLine(name="Valve", quantity=Decimal(1), net=from_minor(net, "USD"), tax_keys=("VAT 15%",)),),
        taxes=(TaxLine(key="VAT 15%", title="VAT", rate=Decimal("0.15"), amount=from_minor(tax, "USD")),),
    )  # fmt: skip
    return CustomerInvoice(**{**given, **more})


ORDER = OrderFact(state=OrderState.POSTED, invoice="tieout.inv", partner="tieout.p", number="US-1", match="k")


def accounts_of(result: Plan, effect: str) -> dict[str, Decimal]:
    body = next(e.body for e in result.effects if e.name == effect)
    return {line.account: line.amount for line in ledger_lines(body)}


def test_a_charge_debits_clearing_and_credits_the_receivable() -> None:
    result = plan(movement("charge", 11_500, 364, order_key="1"), Facts(order=ORDER))
    assert accounts_of(result, "charge") == {"101501": Decimal("115.00"), "121000": Decimal("-115.00")}
    assert accounts_of(result, "fee") == {"101501": Decimal("-3.64"), "621000": Decimal("3.64")}
    assert "match_charge" in {e.name for e in result.effects}


def test_a_charge_waits_for_its_order_and_is_then_booked_as_unapplied_with_a_case() -> None:
    charge = movement("charge", 5000, order_key="404")
    assert plan(charge).decision == "wait"
    late = plan(charge, Facts(patience_over=True))
    assert accounts_of(late, "charge") == {"101501": Decimal("50.00"), "212100": Decimal("-50.00")}
    assert [(c.cause, c.amount, c.blocking) for c in late.cases] == [
        ("payment_without_order", from_minor(5000, "USD"), True)
    ]


def test_cash_of_an_order_in_exception_is_booked_all_the_same_and_needs_no_case_of_its_own() -> None:
    result = plan(movement("charge", 5000, order_key="1"), Facts(order=OrderFact(state=OrderState.EXCEPTION)))
    assert accounts_of(result, "charge")["212110"] == Decimal("-50.00")
    assert not result.cases and result.unapplied_account == "212110"


def unapplied_on(account: str, amount: str, company: str = "") -> UnappliedPayment:
    return UnappliedPayment(effect="tieout.charge", account=account, amount=Decimal(amount),
                      company=Decimal(company or amount), key="txn_1", payment_key="ch_1", on=ON)  # fmt: skip


ON_FULFILMENT = {"options": {"invoice_on": "fulfilment"}}
DEPOSIT = OrderFact(
    state=OrderState.DEPOSIT, on_fulfilment=True, party=Party(key="9", name="Ada"), system="shop"
)


def test_an_order_that_is_not_fulfilled_waits_and_what_is_unmapped_shows_already() -> None:
    waiting = plan(invoice(), **ON_FULFILMENT)
    assert (waiting.decision, waiting.long, waiting.effects) == ("wait", True, ())
    strange = invoice(
        lines=(SaleLine(name="x", quantity=Decimal(1), net=from_minor(10_000, "USD"), nature="odd"),)
    )
    assert plan(strange, **ON_FULFILMENT).cases[0].cause == "unmapped_account"
    # Its day is not known yet, so a lock of the day of payment does not make it late.
    assert plan(invoice(), Facts(lock_on=ON), **ON_FULFILMENT).decision == "wait"


def test_an_edit_of_a_billed_order_waits_until_the_rest_of_it_is_delivered() -> None:
    before = PreviousFact(revision=1, content=canonical_bytes(invoice(fulfilled_at=AT)).decode())
    more = invoice(net=20_000, tax=3000)
    facts = Facts(previous=before, lock_on=ON)
    assert plan(more, facts, revision=2, **ON_FULFILMENT).decision == "wait"
    done = invoice(net=20_000, tax=3000, fulfilled_at=AT)
    assert plan(done, Facts(previous=before), revision=2, **ON_FULFILMENT).decision == "planned"
    assert plan(done, facts, revision=2, **ON_FULFILMENT).cases[0].cause == "late_event"


def test_a_payment_of_an_order_not_billed_yet_is_a_customer_deposit_and_no_case() -> None:
    result = plan(movement("charge", 11_500, 364, order_key="1"), Facts(order=DEPOSIT))
    assert accounts_of(result, "charge") == {"101501": Decimal("115.00"), "212200": Decimal("-115.00")}
    assert (result.cases, result.unapplied_account) == ((), "212200")
    assert "partner" in {e.name for e in result.effects}


def test_the_books_are_the_same_whether_the_invoice_or_its_payment_comes_first() -> None:
    shipped = invoice(fulfilled_at=AT + timedelta(days=3))
    first = plan(shipped, Facts(unapplied=(unapplied_on("212200", "115.00"),)), **ON_FULFILMENT)
    billed = msgspec.structs.replace(
        DEPOSIT, state="posted", invoice="tieout.inv", partner="tieout.p", invoice_on=ON
    )
    second = plan(movement("charge", 11_500, order_key="1"), Facts(order=billed))
    before, after = (next(e for e in p.effects if e.name == "apply0") for p in (first, second))
    assert accounts_of(first, "apply0") == accounts_of(second, "apply0")
    assert accounts_of(first, "apply0") == {"212200": Decimal("115.00"), "121000": Decimal("-115.00")}
    # One payment is taken in once, whichever document asks for it.
    assert after.external_id == applied_external_id(
        next(e.external_id for e in second.effects if e.name == "charge")
    )
    assert before.external_id == applied_external_id("tieout.charge")


def test_a_payment_that_comes_after_the_invoice_is_taken_in_on_its_own_day() -> None:
    late = msgspec.structs.replace(unapplied_on("212200", "115.00"), on=ON + timedelta(days=4))
    for payment, day in ((late, late.on), (unapplied_on("212200", "115.00"), ON)):
        body = next(
            e.body for e in plan(invoice(), Facts(unapplied=(payment,))).effects if e.name == "apply0"
        )
        assert isinstance(body, EntryPosting) and body.on == day


def test_a_deposit_in_another_currency_is_taken_in_at_the_rate_that_it_came_with() -> None:
    sale = invoice(currency="EUR", total=from_minor(11_500, "EUR"), taxes=(),
                   lines=(SaleLine(name="x", quantity=Decimal(1), net=from_minor(11_500, "EUR")),))  # fmt: skip
    facts = Facts(rate=Decimal("0.8"), unapplied=(unapplied_on("212200", "115.00", "127.78"),))
    result = plan(sale, facts)
    body = next(e.body for e in result.effects if e.name == "apply0")
    assert {line.account: line.company for line in ledger_lines(body)} == {
        "212200": Decimal("127.78"), "121000": Decimal("-127.78")}  # fmt: skip


def test_what_is_given_back_before_the_order_is_billed_comes_out_of_its_deposit() -> None:
    charge = unapplied_on("212200", "115.00")
    for order in (
        DEPOSIT,
        msgspec.structs.replace(DEPOSIT, state="excluded", reason="cancelled_before_fulfilment"),
    ):
        refund = movement("refund", -2000, order_key="1", refund_key="refund:1")
        result = plan(refund, Facts(order=order, payment=charge, own={"refunds_told": (["refund:1"],)}))
        assert accounts_of(result, "refund") == {"101501": Decimal("-20.00"), "212200": Decimal("20.00")}
        assert not result.cases and "match_given_back" in {e.name for e in result.effects}


def test_what_is_given_back_waits_for_what_its_shop_says_of_it_and_no_longer_than_patience_lasts() -> None:
    """With it the last of the order may have been called off, and then it is billed."""
    refund, charge = (
        movement("refund", -2000, order_key="1", refund_key="refund:1"),
        unapplied_on("212200", "115.00"),
    )
    asked: dict[str, Any] = {"order": DEPOSIT, "payment": charge, "own": {"refunds_told": ()}}
    assert plan(refund, Facts(**asked)).decision == "wait"
    late = plan(refund, Facts(**asked, patience_over=True))
    assert accounts_of(late, "refund")["212200"] == Decimal("20.00")
    nameless = plan(movement("refund", -2000, order_key="1"), Facts(order=DEPOSIT, payment=charge))
    # What was planned before anybody asked is planned so again.
    before = plan(refund, Facts(order=DEPOSIT, payment=charge))
    for result in (nameless, before):
        assert accounts_of(result, "refund")["212200"] == Decimal("20.00")


def test_a_credit_note_whose_money_went_out_of_the_deposit_is_matched_with_its_invoice() -> None:
    note = CreditNote(key="refund:1", occurred_at=AT, currency="USD", order_key="1", number="US-1-R1",
                      party=Party(key="9", name="Ada"), taxes=(), total=from_minor(2000, "USD"),
                      lines=(SaleLine(name="x", quantity=Decimal(1), net=from_minor(2000, "USD")),))  # fmt: skip
    names = {e.name for e in plan(note, Facts(order=ORDER, refund_account="212200")).effects}
    assert "match_early_refund" in names
    for account in ("", "121000", "212100"):
        names = {e.name for e in plan(note, Facts(order=ORDER, refund_account=account)).effects}
        assert "match_early_refund" not in names, account
    never = OrderFact(state=OrderState.EXCLUDED, reason="cancelled_before_fulfilment")
    assert plan(note, Facts(order=never)).decision == "excluded"
    assert plan(note, Facts(order=DEPOSIT)).decision == "wait"


def test_lines_name_their_products_once_where_the_interface_keeps_them() -> None:
    line = SaleLine(name="Valve", quantity=Decimal(1), net=from_minor(5000, "USD"), sku="V-1")
    sale = invoice(lines=(line, line), taxes=(), total=from_minor(10_000, "USD"))
    assert not [e for e in plan(sale).effects if e.name == "product"]
    result = plan(sale, options={"products": "by_sku"})
    (product,) = [e for e in result.effects if e.name == "product"]
    main = next(e for e in result.effects if e.name == "invoice")
    assert product.external_id in main.requires
    assert isinstance(main.body, InvoicePosting) and {x.product for x in main.body.lines} == {
        product.external_id
    }


def test_a_registered_payment_stands_between_the_bank_and_the_invoice() -> None:
    line = StatementLine(key="X:1", occurred_at=AT, currency="USD", account="X", booked_on=ON, value_on=ON,
                         amount=from_minor(5000, "USD"), remittance="SO-100")  # fmt: skip
    order = msgspec.structs.replace(ORDER, currency="USD", total=Decimal("50.00"))
    result = plan(line, Facts(order=order), options={"customer_payments": "registered"})
    assert accounts_of(result, "payment") == {"101403": Decimal("50.00"), "121000": Decimal("-50.00")}
    assert accounts_of(result, "bank_line") == {"101511": Decimal("50.00"), "101403": Decimal("-50.00")}
    matches = {e.name: e.body for e in result.effects if e.name.startswith("match")}
    assert {(n, m.account) for n, m in matches.items() if isinstance(m, MatchRequest)} == {
        ("match_payment", "121000"), ("match_bank_line", "101403")}  # fmt: skip


@pytest.mark.parametrize(
    ("total", "text"), [("50.01", "SO-100"), ("49.99", "SO-100"), ("50.00", "SO-100 SO-101")]
)
def test_a_line_that_pays_more_less_or_several_is_booked_unapplied(total: str, text: str) -> None:
    line = StatementLine(key="X:1", occurred_at=AT, currency="USD", account="X", booked_on=ON, value_on=ON,
                         amount=from_minor(5000, "USD"), remittance=text)  # fmt: skip
    order = msgspec.structs.replace(ORDER, currency="USD", total=Decimal(total))
    result = plan(line, Facts(order=order))
    assert accounts_of(result, "bank_line") == {"101511": Decimal("50.00"), "212130": Decimal("-50.00")}
    assert [c.cause for c in result.cases] == ["unmatched_bank_line"]


def test_an_invoice_takes_in_the_payment_that_came_before_it() -> None:
    payment = unapplied_on("212100", "115.00")
    result = plan(invoice(), Facts(unapplied=(payment,)))
    assert accounts_of(result, "apply0") == {"212100": Decimal("115.00"), "121000": Decimal("-115.00")}
    assert {"match_apply0", "match_apply0p"} <= {e.name for e in result.effects}


def test_a_line_or_movement_that_is_told_again_is_not_booked_again() -> None:
    line = StatementLine(key="X:1", occurred_at=AT, currency="USD", account="X", booked_on=ON, value_on=ON,
                         amount=from_minor(5000, "USD"), remittance="SO-100")  # fmt: skip
    for first in (line, movement("charge", 5000)):
        before = Facts(
            previous=PreviousFact(revision=1, content=canonical_bytes(first).decode()), patience_over=True
        )
        words = {"remittance": "SO-100 corrected"} if first is line else {"description": "corrected"}
        again = plan(msgspec.structs.replace(first, **words), before, revision=2)
        assert (again.decision, again.effects, again.cases) == ("planned", (), ())
        money = {"amount" if first is line else "gross": from_minor(6000, "USD")}
        other = plan(msgspec.structs.replace(first, **money), before, revision=2)
        assert (other.decision, other.cases[0].cause) == ("refused", "booked_money_changed")


def test_an_order_whose_customer_was_renamed_after_the_lock_or_the_payout_is_no_case() -> None:
    before = PreviousFact(revision=1, content=canonical_bytes(invoice()).decode())
    paid = msgspec.structs.replace(ORDER, paid_out=True)
    renamed = invoice(party=Party(key="9", name="Ada Lovelace"))
    for facts in (Facts(previous=before, lock_on=ON), Facts(previous=before, order=paid)):
        result = plan(renamed, facts, revision=2)
        assert (result.decision, result.effects, result.cases) == ("planned", (), ())


def test_a_lost_dispute_that_is_told_twice_is_one_loss() -> None:
    opened = Dispute(key="dp_1", occurred_at=AT, currency="USD", provider="stripe", status="needs_response",
                     amount=from_minor(5000, "USD"), payment_key="ch_1")  # fmt: skip
    lost = msgspec.structs.replace(opened, status="lost")

    def before(document: Dispute) -> Facts:
        return Facts(previous=PreviousFact(revision=1, content=canonical_bytes(document).decode()))

    assert [e.name for e in plan(lost, before(opened), revision=2).effects] == ["dispute_lost"]
    assert plan(msgspec.structs.replace(lost, version="2"), before(lost), revision=3).effects == ()


def test_a_credit_note_whose_customer_was_renamed_is_not_given_twice() -> None:
    note = CreditNote(key="refund:1", occurred_at=AT, currency="USD", order_key="1", number="US-1-R1",
                      party=Party(key="9", name="Ada"), taxes=(), total=from_minor(2000, "USD"),
                      lines=(SaleLine(name="x", quantity=Decimal(1), net=from_minor(2000, "USD")),))  # fmt: skip
    before = PreviousFact(revision=1, content=canonical_bytes(note).decode())
    facts = Facts(order=ORDER, previous=before)
    renamed = msgspec.structs.replace(note, party=Party(key="9", name="Ada Lovelace"))
    assert plan(renamed, facts, revision=2).effects == ()
    more = msgspec.structs.replace(note, total=from_minor(3000, "USD"))
    assert plan(more, facts, revision=2).cases[0].cause == "booked_money_changed"


def test_a_payout_goes_to_bank_in_transit_and_its_deposit_takes_it_out() -> None:
    payout = plan(movement("payout", -9000, payout_key="po_abcdef"))
    assert accounts_of(payout, "payout") == {"101501": Decimal("-90.00"), "101701": Decimal("90.00")}
    line = StatementLine(
        key="X:1", occurred_at=AT, currency="USD", account="X", booked_on=ON, value_on=ON,
        amount=from_minor(9000, "USD"), end_to_end_id="po_abcdef",
    )  # fmt: skip
    fact = PayoutFact(effect="tieout.po", match="m", amount=Decimal("90.00"))
    deposit = plan(line, Facts(payout=fact))
    assert accounts_of(deposit, "bank_line") == {"101511": Decimal("90.00"), "101701": Decimal("-90.00")}
    assert not deposit.cases


def test_a_deposit_short_by_a_cent_is_booked_and_the_cent_is_a_case() -> None:
    line = StatementLine(
        key="X:1", occurred_at=AT, currency="USD", account="X", booked_on=ON, value_on=ON,
        amount=from_minor(8999, "USD"), end_to_end_id="po_abcdef",
    )  # fmt: skip
    result = plan(line, Facts(payout=PayoutFact(effect="tieout.po", match="m", amount=Decimal("90.00"))))
    assert accounts_of(result, "bank_line")["101511"] == Decimal("89.99")
    assert [(c.cause, c.amount.value, c.blocking) for c in result.cases] == [
        ("deposit_differs_from_payout", Decimal("0.01"), False)
    ]


def test_an_unmapped_tax_is_a_case_that_names_it_and_posts_nothing() -> None:
    taxed = invoice(
        taxes=(TaxLine(key="City 3%", title="City", rate=Decimal("0.03"), amount=from_minor(1500, "USD")),)
    )
    result = plan(taxed)
    assert result.decision == "refused" and not result.effects
    assert result.cases[0].cause == "unknown_tax" and "City 3%" in result.cases[0].recovery


def test_an_unmapped_account_is_a_case() -> None:
    result = plan(invoice(), rules=release(without="revenue.goods"))
    assert [c.cause for c in result.cases] == ["unmapped_account"]


def test_an_order_that_does_not_add_up_is_refused() -> None:
    result = plan(invoice(total=from_minor(11_501, "USD")))
    assert [c.cause for c in result.cases] == ["document_does_not_add_up"]


def test_an_edit_posts_the_difference_alone() -> None:
    from tieout.documents import canonical_bytes

    before = PreviousFact(revision=1, content=canonical_bytes(invoice()).decode())
    result = plan(invoice(net=12_000, tax=1800), Facts(previous=before, order=ORDER), revision=2)
    body = next(e.body for e in result.effects if e.name == "edit")
    assert isinstance(body, InvoicePosting)
    assert (body.total, body.refund, dict(body.tax_totals)) == (
        Decimal("23.00"),
        False,
        {"15%": Decimal("3.00")},
    )


def test_an_edit_after_the_payout_is_a_case_over_the_difference() -> None:
    from tieout.documents import canonical_bytes

    before = PreviousFact(revision=1, content=canonical_bytes(invoice()).decode())
    paid = OrderFact(state=OrderState.POSTED, invoice="i", partner="p", paid_out=True)
    result = plan(invoice(net=12_000, tax=1800), Facts(previous=before, order=paid), revision=2)
    assert [(c.cause, c.amount.value) for c in result.cases] == [
        ("order_edited_after_payout", Decimal("23.00"))
    ]


def test_nothing_is_planned_into_a_locked_period_unless_the_policy_moves_it() -> None:
    facts = Facts(lock_on=date(2026, 10, 31), order=ORDER)
    assert plan(movement("charge", 100, order_key="1"), facts).cases[0].cause == "late_event"
    moved = plan(movement("charge", 100, order_key="1"), facts, late_events="first_open")
    body = moved.effects[0].body
    assert isinstance(body, CashPosting) and body.on == date(2026, 11, 1)


def test_an_unknown_kind_of_movement_is_a_case_and_no_guess() -> None:
    assert plan(movement("anticipation", 100)).cases[0].cause == "unknown_movement"


@pytest.mark.parametrize("reason", ["test", "cancelled", "unpaid"])
def test_an_order_that_owes_nothing_is_excluded_with_its_reason(reason: str) -> None:
    result = plan(invoice(exclusion=reason))
    assert (result.decision, result.reason) == ("excluded", reason)


@given(
    st.sampled_from(["charge", "refund", "payout", "dispute", "dispute_reversal", "fee"]),
    st.integers(-(10**9), 10**9).filter(bool), st.integers(0, 10**6),
    st.sampled_from(["USD", "EUR"]), st.decimals("0.2", "5", places=4),
)  # fmt: skip
def test_every_posting_balances_in_both_currencies(
    category: str, gross: int, fee: int, currency: str, rate: Decimal
) -> None:
    facts = Facts(order=ORDER, credit_note="tieout.cn", rate=rate if currency == "EUR" else Decimal(1))
    result = plan(movement(category, gross, fee, currency, order_key="1", refund_key="r"), facts)
    for effect in result.effects:
        lines = ledger_lines(effect.body)  # raises where it does not balance
        assert sum(x.amount for x in lines) == 0


@given(st.integers(1, 10**8), st.integers(0, 10**7))
def test_a_plan_is_a_function_of_its_arguments(net: int, tax: int) -> None:
    document = invoice(net=net, tax=tax)
    assert plan(document) == plan(document)
    assert sum((x.amount for x in ledger_lines(plan(document).effects[1].body)), Decimal(0)) == 0


def test_external_ids_do_not_depend_on_the_day_or_the_process() -> None:
    ids = [e.external_id for e in plan(invoice()).effects]
    later = plan_document(invoice(), 1, Facts(), release(), interface(), date(2026, 12, 24))
    assert ids == [e.external_id for e in later.effects]
    assert len(set(ids)) == len(ids) and all(i.startswith("tieout.") and i.count(".") == 1 for i in ids)


def test_amounts_of_a_document_are_amounts() -> None:
    assert isinstance(invoice().total, Amount)


def test_an_invoice_that_is_voided_once_it_is_booked_is_a_case() -> None:
    before = PreviousFact(revision=1, content=canonical_bytes(invoice()).decode())
    result = plan(invoice(exclusion="voided"), Facts(previous=before), revision=2)
    assert (result.decision, result.cases[0].cause) == ("refused", "voided_after_posting")
    assert plan(invoice(exclusion="voided")).decision == "excluded"


def test_a_line_that_takes_back_another_books_nothing_and_is_a_case() -> None:
    line = StatementLine(key="X:1", occurred_at=AT, currency="USD", account="X", booked_on=ON, value_on=ON,
                         amount=from_minor(5000, "USD"), remittance="SO-100", corrects="replaces F-1")  # fmt: skip
    result = plan(line, Facts(patience_over=True))
    assert result.effects == () and [(c.cause, c.blocking) for c in result.cases] == [
        ("line_taken_back", True)
    ]
    assert "replaces F-1" in result.cases[0].detail
