"""The recipes: what documents mean, in accounts. Amounts and names are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.documents import (
    CashPosting,
    CustomerInvoice,
    Document,
    InvoicePosting,
    Party,
    ProviderMovement,
    SaleLine,
    StatementLine,
    TaxLine,
    ledger_lines,
)
from tieout.money import Amount, from_minor
from tieout.processes import Facts, OrderFact, ParkedFact, PayoutFact, Plan, plan_document
from tieout.processes.facts import PreviousFact
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)
ON = date(2026, 10, 5)


def release(without: str = "") -> Release:
    accounts = {
        "receivable": "121000", "revenue.goods": "400000", "fees.stripe": "621000",
        "bank_in_transit": "101701", "unapplied.unknown": "212100", "unapplied.exception": "212110",
        "unapplied.excluded": "212120", "unapplied.bank": "212130", "clearing.stripe.USD": "101501",
        "clearing.stripe.EUR": "101502", "bank.X": "101511", "disputes_receivable.stripe": "101710",
        "bank_fees": "620000", "dispute_loss": "642100", "liability.gift_card": "212300",
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


ORDER = OrderFact(state="posted", invoice="tieout.inv", partner="tieout.p", number="US-1", match="k")


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
    result = plan(movement("charge", 5000, order_key="1"), Facts(order=OrderFact(state="exception")))
    assert accounts_of(result, "charge")["212110"] == Decimal("-50.00")
    assert not result.cases and result.parked_account == "212110"


def test_an_invoice_takes_in_the_payment_that_came_before_it() -> None:
    parked = ParkedFact(effect="tieout.charge", account="212100", amount=Decimal("115.00"), key="txn_1")
    result = plan(invoice(), Facts(parked=(parked,)))
    assert accounts_of(result, "apply0") == {"212100": Decimal("115.00"), "121000": Decimal("-115.00")}
    assert {"match_apply0", "match_apply0p"} <= {e.name for e in result.effects}


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
    paid = OrderFact(state="posted", invoice="i", partner="p", paid_out=True)
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
