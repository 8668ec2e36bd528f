"""Matching bills with orders, payment proposals, accruals and taxes: pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.connector_api import OpenItem
from tieout.documents import (
    BillLine,
    GoodsReceipt,
    OrderLine,
    Party,
    PurchaseOrder,
    Supplier,
    SupplierAccount,
    VendorBill,
    canonical_bytes,
)
from tieout.documents.purchasing import plain_name, plain_number
from tieout.documents.taxation import DeterminedLine, TaxDetermination, TaxedLine, TaxQuestion
from tieout.money import Amount
from tieout.payables import SupplierRevision, payable_to, propose, uninvoiced
from tieout.processes.facts import RelatedFact
from tieout.processes.taxes import by_table
from tieout.processes.three_way_match import hold_against_orders
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release, UnmappedError

AT, ON, UTC_ZONE = datetime(2026, 10, 5, 12, tzinfo=UTC), date(2026, 10, 5), ZoneInfo("UTC")
PRICE = Decimal("20.00")


def usd(value: Decimal) -> Amount:
    return Amount.exact(value, "USD")


def order(quantity: Decimal, received: bool = True) -> PurchaseOrder:
    line = OrderLine(line="1", name="chair", quantity=quantity, price=PRICE, account="6", received=received)
    return PurchaseOrder(key="order:P", occurred_at=AT, currency="USD", number="P", supplier="V", booked_on=ON,
                         lines=(line,), total=Amount.rounded(quantity * PRICE, "USD"))  # fmt: skip


def receipt(number: int, quantity: Decimal) -> GoodsReceipt:
    return GoodsReceipt(key=f"receipt:{number}", occurred_at=AT, currency="USD", number=str(number),
                        order_number="p", line="1", quantity=quantity, booked_on=ON)  # fmt: skip


def bill(number: str, quantity: Decimal, price: Decimal = PRICE, refund: bool = False) -> VendorBill:
    net = Amount.rounded(quantity * price, "USD")
    line = BillLine(name="chair", quantity=quantity, price=price, net=net, order_line="1")
    return VendorBill(key=number, occurred_at=AT, currency="USD", number=number, seller=Party(key="V", name="V"),
                      booked_on=ON, order_number="P", lines=(line,), taxes=(), total=net, refund=refund)  # fmt: skip


def fact(document: object, state: str = "posted", earlier: bool = True) -> RelatedFact:
    kind = str(type(document).__struct_config__.tag)  # type: ignore[attr-defined]
    return RelatedFact(kind=kind, interface="i", system="s", key=document.key, revision=1, state=state,  # type: ignore[attr-defined]
                       content=canonical_bytes(document).decode(), on=ON, earlier=earlier)  # fmt: skip


def interface(**options: str) -> Interface:
    return Interface("bills", "s", "US", ("bills",), "", "", options=dict(options))


QUANTITY = st.integers(1, 40).map(Decimal)


@settings(max_examples=examples(80), deadline=None)
@given(
    ordered=QUANTITY,
    came=st.lists(QUANTITY, max_size=3),
    billed=st.lists(QUANTITY, max_size=3),
    mine=QUANTITY,
)
def test_no_bill_takes_more_than_was_ordered_or_came(
    ordered: Decimal, came: list[Decimal], billed: list[Decimal], mine: Decimal
) -> None:
    related = [fact(order(ordered)), *(fact(receipt(n, q)) for n, q in enumerate(came)),
               *(fact(bill(f"B{n}", q)) for n, q in enumerate(billed))]  # fmt: skip
    finding = hold_against_orders(bill("X", mine), "V", related, interface()).finding
    taken = sum(billed, mine)
    if taken > ordered:
        assert finding is not None and finding.cause.name == "bill_above_order"
    elif taken > sum(came):
        assert finding is not None and finding.cause.name == "billed_before_receipt" and finding.may_wait
    else:
        assert finding is None


@settings(max_examples=examples(80), deadline=None)
@given(ordered=QUANTITY, came=st.lists(QUANTITY, max_size=3), billed=st.lists(QUANTITY, max_size=2))
def test_what_is_accrued_and_what_is_billed_is_what_came(
    ordered: Decimal, came: list[Decimal], billed: list[Decimal]
) -> None:
    receipts = [receipt(n, q) for n, q in enumerate(came)]
    found = uninvoiced(ON, [order(ordered)], receipts, [bill(f"B{n}", q) for n, q in enumerate(billed)])
    left = sum(came) - sum(billed)
    assert sum(x.amount.value for x in found) == max(left * PRICE, Decimal(0))


def test_bills_that_were_turned_down_or_wait_behind_this_one_take_nothing() -> None:
    related = [fact(order(Decimal(5))), fact(receipt(1, Decimal(5))), fact(bill("A", Decimal(5)), "refused"),
               fact(bill("B", Decimal(5)), "excluded"), fact(bill("C", Decimal(5)), "normalised", earlier=False)]  # fmt: skip
    assert hold_against_orders(bill("X", Decimal(5)), "V", related, interface()).finding is None
    related.append(fact(bill("D", Decimal(5)), "normalised"))
    assert hold_against_orders(bill("X", Decimal(5)), "V", related, interface()).finding is not None


@pytest.mark.parametrize(
    ("change", "cause"),
    [({"supplier": "W"}, "order_of_another_supplier"), ({"currency": "EUR"}, "order_in_another_currency"),
     ({"state": "draft"}, "order_not_approved"), ({"state": "closed"}, "order_closed"),
     ({"state": "cancelled"}, "order_closed"), ({"booked_on": ON + timedelta(days=1)}, "bill_before_order")],
)  # fmt: skip
def test_an_order_that_is_not_this_bills(change: dict[str, object], cause: str) -> None:
    import msgspec

    given_order = msgspec.structs.replace(order(Decimal(5)), **change)
    finding = hold_against_orders(bill("X", Decimal(1)), "V", [fact(given_order)], interface()).finding
    assert finding is not None and finding.cause.name == cause


def test_a_price_may_be_above_by_its_tolerance_and_not_by_more() -> None:
    related = [fact(order(Decimal(5))), fact(receipt(1, Decimal(5)))]
    for price, fits in (("20.40", True), ("20.41", False), ("19.00", True)):
        made = bill("X", Decimal(5), Decimal(price))
        found = hold_against_orders(made, "V", related, interface(price_tolerance="2")).finding
        assert (found is None) is fits, price
    small = bill("X", Decimal(5), Decimal("20.41"))
    assert hold_against_orders(small, "V", related, interface(amount_tolerance="2.05")).finding is None
    assert hold_against_orders(small, "V", related, interface(amount_tolerance="2.04")).finding is not None


def test_charges_and_rounding_beside_an_order_are_within_the_tolerance_together() -> None:
    """Each within it, they would come to any sum."""
    related = [fact(order(Decimal(5))), fact(receipt(1, Decimal(5)))]

    def found(*nets: str) -> object:
        made = bill("X", Decimal(5))
        beside = tuple(
            BillLine(
                name=f"charge {n}",
                quantity=Decimal(1),
                price=abs(Decimal(net)),
                net=usd(Decimal(net)),
                order_line="-",
            )
            for n, net in enumerate(nets)
        )
        total = usd(made.total.value + sum(Decimal(n) for n in nets))
        made = msgspec.structs.replace(made, lines=(*made.lines, *beside), total=total)
        return hold_against_orders(made, "V", related, interface(amount_tolerance="5.00")).finding

    assert found("5.00") is None and found("3.00", "2.00", "-9.00") is None
    assert (
        found("5.01") is not None and found("3.00", "2.01") is not None and found(*["5.00"] * 40) is not None
    )


def test_names_and_numbers_as_they_are_compared() -> None:
    assert plain_name("ACME, Inc.") == plain_name("Acme Ltd") == plain_name("Acmé GmbH")
    assert plain_name("Acme Ltd.") == "acme" and plain_name("GmbH") == "gmbh"
    assert plain_number("RE-00123") == plain_number("123") == plain_number("inv 0123") == "123"
    assert plain_number("ABC") == "abc"


# payments

SUPPLIER = Supplier(key="supplier:V", occurred_at=AT, currency="USD", party=Party(key="V", name="Acme"),
                    account=SupplierAccount(iban="DE89370400440532013000"))  # fmt: skip
PAYING = Interface("payments", "p", "US", ("payments",), "", "",
                   options={"currency": "USD", "cooling_days": "3", "withholding": {"w": "15"}})  # fmt: skip


def telling(revision: int, iban: str, state: str = "posted", since: datetime = AT) -> SupplierRevision:
    import msgspec

    account = SupplierAccount(iban=iban) if iban else None
    told = msgspec.structs.replace(SUPPLIER, account=account)
    return SupplierRevision(revision=revision, state=state, supplier=told, since=since)


def test_the_account_that_was_approved_last_is_paid_once_it_has_cooled() -> None:
    old, new = "DE89370400440532013000", "DE75512108001245126199"
    later = AT + timedelta(days=30)
    revisions = [telling(1, old), telling(2, new, since=later)]
    assert isinstance(payable_to(revisions, date(2026, 11, 5), 3, UTC_ZONE), str)
    found = payable_to(revisions, date(2026, 11, 7), 3, UTC_ZONE)
    assert not isinstance(found, str) and found[1].iban == new and found[0].revision == 2
    # Told once more without a change, it has cooled since it was new.
    revisions.append(telling(3, new, since=later + timedelta(days=90)))
    assert not isinstance(payable_to(revisions, date(2026, 11, 7), 3, UTC_ZONE), str)
    # What was turned down is not there; what waits holds everything.
    assert not isinstance(
        payable_to([telling(1, old), telling(2, new, "refused")], date(2026, 11, 7), 3, UTC_ZONE), str
    )
    assert "waits" in str(
        payable_to([telling(1, old), telling(2, new, "normalised")], date(2026, 11, 7), 3, UTC_ZONE)
    )
    assert "nobody says" in str(payable_to([telling(1, "")], date(2026, 11, 7), 3, UTC_ZONE))


ITEM = OpenItem(line=1, move=1, account="211000", kind="payable", is_payment=False, on=ON, due=ON, currency="USD",
                residual=Decimal(-100), company=Decimal(-100), partner=7, partner_name="Acme", numbers=("B",), label="",
                effect="e")  # fmt: skip


@settings(max_examples=examples(80), deadline=None)
@given(
    residuals=st.lists(st.integers(-10**6, 10**6).filter(bool).map(lambda n: Decimal(n).scaleb(-2)), min_size=1, max_size=8),
    withhold=st.booleans(),
)  # fmt: skip
def test_a_run_pays_what_is_due_less_credits_and_never_below_zero(
    residuals: list[Decimal], withhold: bool
) -> None:
    from dataclasses import replace

    import msgspec

    items = [
        replace(ITEM, line=n, residual=r, company=r, numbers=(f"B{n}",)) for n, r in enumerate(residuals, 1)
    ]
    told = msgspec.structs.replace(SUPPLIER, withholding="w" if withhold else "")
    revisions = [SupplierRevision(revision=1, state="posted", supplier=told, since=AT)]
    found = propose("R", items, {"e": "V"}, {"V": revisions}, PAYING, UTC_ZONE,
                    pay_on=date(2026, 11, 1), until=date(2026, 11, 1), by="m", now=AT)  # fmt: skip
    due = -sum(residuals)
    if due <= 0:
        assert found.payments == () and len(found.held) == len(items)
        return
    (payment,) = found.payments
    assert payment.total.value == due == payment.pays.value + payment.withheld.value
    assert payment.pays.value > 0 or withhold
    assert bool(payment.withheld) is (withhold and due >= Decimal("0.04"))
    assert len(payment.settles) == len(items) and len(payment.remittance) <= 140


def test_only_what_is_due_of_ours_and_of_nobody_else_is_proposed() -> None:
    from dataclasses import replace

    items = [
        replace(ITEM, line=1), replace(ITEM, line=2, due=date(2026, 12, 1)), replace(ITEM, line=3, effect=""),
        replace(ITEM, line=4, is_payment=True), replace(ITEM, line=5, kind="receivable"),
        replace(ITEM, line=6), replace(ITEM, line=7, currency="EUR"),
    ]  # fmt: skip
    found = propose("R", items, {"e": "V"}, {"V": [telling(1, "DE89370400440532013000")]}, PAYING, UTC_ZONE,
                    pay_on=date(2026, 11, 1), until=date(2026, 11, 1), by="m", now=AT, busy={6: "it is in a run that waits for its release"})  # fmt: skip
    assert [x.line for p in found.payments for x in p.settles] == [1]
    assert sorted(h.why.split(":")[0] for h in found.held) == [
        "it is in EUR, this account pays in USD", "it is in a run that waits for its release",
        "nobody took it in here",
    ]  # fmt: skip


# taxes


def release(rates: dict[str, str]) -> Release:
    rows = tuple(MappingRow(k, v) for k, v in rates.items())
    return Release(
        "x", {"US": Entity("US", "US", "USD", "UTC", "o")}, {}, {"tax_rates": Mapping("tax_rates", rows)}
    )


def question(seller: str = "DE", region: str = "NY", category: str = "goods") -> TaxQuestion:
    return TaxQuestion(key="k", on=ON, currency="USD", seller="S", seller_country=seller, seller_tax_id="",
                       buyer_country="US", buyer_region=region, buyer_postal_code="", buyer_tax_id="", exemption="",
                       lines=(TaxedLine(line="1", net=Decimal("10.05"), category=category),))  # fmt: skip


@pytest.mark.parametrize(
    ("rates", "treatment", "amount"),
    [
        ({"DE>US-NY goods": "standard 10", "DE>US": "exempt"}, "standard", "1.01"),
        ({"DE>US-NY": "use_tax 8.875", ">US": "exempt"}, "use_tax", "0.89"),
        ({"DE>US": "reverse_charge 19"}, "reverse_charge", "1.91"),
        ({">US-NY": "sales_or_use 8.875"}, "sales_or_use", "0.89"),
        ({">US-NY": "zero"}, "zero", "0.00"),
        ({">US": "exempt"}, "exempt", "0.00"),
    ],
)
def test_the_nearest_row_of_the_table_holds(rates: dict[str, str], treatment: str, amount: str) -> None:
    found = by_table(question(), release(rates))
    assert (found.lines[0].treatment, found.lines[0].amount) == (treatment, Decimal(amount))
    assert found.charged == (Decimal(amount) if treatment == "standard" else 0)


def test_no_row_and_no_treatment_are_said() -> None:
    with pytest.raises(UnmappedError, match="DE>US-NY goods"):
        by_table(question(), release({"FR>DE": "exempt"}))
    for wrong in ("standard", "exempt 5", "vat 19", "standard 19%"):
        with pytest.raises(ValueError, match="no treatment"):
            by_table(question(), release({">US": wrong}))


@pytest.mark.parametrize(
    ("charged", "treatments"),
    [
        ("6.00", ["standard", "standard", "exempt"]),
        ("6.04", ["standard", "standard", "exempt"]),
        ("2.00", ["standard", "use_tax", "exempt"]),
        ("0.00", None),
        ("4.00", None),
        ("6.06", None),
    ],
)
def test_the_buyer_owes_all_or_nothing_of_what_the_seller_might_have_charged(
    charged: str, treatments: list[str] | None
) -> None:
    lines = tuple(
        DeterminedLine(line=str(n), treatment=treatment, rate=Decimal(10), amount=Decimal(amount))
        for n, (treatment, amount) in enumerate(
            [("standard", "2.00"), ("sales_or_use", "4.00"), ("exempt", "0")], 1
        )
    )
    due = TaxDetermination(engine="e", question=question(), lines=lines)
    found = due.once_charged(Decimal(charged), Decimal("0.05"))
    assert (found and [x.treatment for x in found.lines]) == treatments
