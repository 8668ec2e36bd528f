"""What a document is known by; and what is not searched."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tieout.documents import (
    CustomerInvoice,
    Document,
    JournalEntry,
    JournalLine,
    Party,
    ProviderMovement,
    SaleLine,
    StatementLine,
    Supplier,
    SupplierAccount,
)
from tieout.finding.known import THINGS, known, thing_of
from tieout.money import Amount

AT, ON = datetime(2026, 10, 3, 9, tzinfo=UTC), date(2026, 10, 3)
IBAN = "DE89370400440532013000"


def usd(text: str) -> Amount:
    return Amount(Decimal(text), "USD")


def line(**more: object) -> StatementLine:
    given = {
        "key": f"{IBAN}:7:2026-10-03:00001", "occurred_at": AT, "currency": "USD", "account": IBAN, "booked_on": ON, "value_on": ON,
        "amount": usd("-250.00"), "counterparty": "Möbel Groß GmbH", "remittance": "RF18 order 1042", **more,
    }  # fmt: skip
    return StatementLine(**given)  # type: ignore[arg-type]


def terms(document: Document) -> set[str]:
    found = known(document, "US", ON)
    assert found is not None
    return {part.rpartition(":")[0].strip("'") for part in found.terms.split(" ")}


def test_an_invoice_is_known_by_its_number_its_customer_and_its_amount() -> None:
    net = SaleLine(name="Chair", quantity=Decimal(1), net=usd("99.90"))
    invoice = CustomerInvoice(
        key="order:77", occurred_at=AT, currency="USD", order_key="77", number="#1042",
        party=Party(key="c1", name="Ann Müller", email="ann@example.com"), lines=(net,), taxes=(), total=usd("99.90"),
    )  # fmt: skip
    found = known(invoice, "US", ON)
    assert found is not None
    assert (found.thing, found.number, found.party, found.amount) == (
        "invoice",
        "#1042",
        "Ann Müller",
        Decimal("99.90"),
    )
    assert {
        "1042",
        "77",
        "ann",
        "muller",
        "mueller",
        "=99.9",
        "@20261003",
        ":invoice",
        "$usd",
        "!US",
    } <= terms(invoice)
    assert "chair" not in terms(invoice)
    assert "'1042':1A" in found.terms and "'muller':1B" in found.terms


def test_of_a_bank_line_no_account_but_its_end() -> None:
    found = terms(line(remittance=f"to {IBAN} with card 4111111111111111", reference="NONREF"))
    assert "#3000" in found and {"mobel", "moebel", "gross", "=250"} <= found
    assert not any(IBAN.casefold() in t or "370400440532" in t or "4111111111111111" in t for t in found)
    assert "nonref" not in found
    shown = known(line(reference="NONREF", end_to_end_id="E2E-9"), "US", ON)
    assert shown is not None and (shown.number, shown.party, shown.amount) == (
        "E2E-9",
        "Möbel Groß GmbH",
        Decimal("-250.00"),
    )


@pytest.mark.parametrize("nature", ["payroll", "payroll_run"])
def test_payroll_is_not_searched(nature: str) -> None:
    wage = JournalLine(account="6000", amount=usd("3200.00"), text="Wages of Bob")
    entry = JournalEntry(
        key="run:1", occurred_at=AT, currency="USD", reference="RUN-1", booked_on=ON, nature=nature, lines=(wage,),
        total=usd("3200.00"), imbalance=usd("0"),
    )  # fmt: skip
    assert known(entry, "US", ON) is None
    other = known(
        JournalEntry(**{f: getattr(entry, f) for f in entry.__struct_fields__} | {"nature": "journal"}),
        "US",
        ON,
    )
    assert other is not None and other.thing == "entry" and "'bob':1D" in other.terms


def test_a_supplier_is_called_by_its_name() -> None:
    supplier = Supplier(
        key="S1", occurred_at=AT, currency="USD", party=Party(key="S1", name="Acme Tools"), tax_id="DE123",
        account=SupplierAccount(iban=IBAN),
    )  # fmt: skip
    found = known(supplier, "US", ON)
    assert (
        found is not None
        and found.thing == "supplier"
        and "'acme':1A" in found.terms
        and "#3000" in terms(supplier)
    )


def test_movements_are_called_by_what_they_are() -> None:
    def movement(category: str) -> ProviderMovement:
        return ProviderMovement(
            key="txn_1", occurred_at=AT, currency="USD", provider="stripe", category=category, gross=usd("-10"), fee=usd("0"),
            net=usd("-10"), payout_key="po_1",
        )  # fmt: skip

    assert [thing_of(movement(c)) for c in ("payout", "refund", "reserve")] == [
        "payout",
        "refund",
        "movement",
    ]
    assert all(thing_of(movement(c)) in THINGS for c in ("payout", "other"))
    found = known(movement("payout"), "US", ON)
    assert found is not None and (found.number, found.party) == ("po_1", "stripe")


def test_a_long_text_makes_no_more_terms_than_are_kept() -> None:
    found = known(line(remittance=" ".join(f"w{n}" for n in range(5000))), "US", ON)
    assert found is not None and len(found.terms) < 6000
