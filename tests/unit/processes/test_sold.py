"""What counts as revenue of a document."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tieout.documents import CreditNote, CustomerInvoice, JournalEntry
from tieout.documents.journals import JournalLine
from tieout.documents.model import SaleLine
from tieout.money import Amount
from tieout.processes import kinds_selling, recipe_of
from tieout.rules import Interface, Mapping, MappingRow, Release

ON = date(2026, 10, 15)
SOLD = (("100.00", "goods"), ("10.00", "shipping"), ("50.00", "gift_card"), ("0.01", "rounding"))


def usd(text: str) -> Amount:
    return Amount(Decimal(text), "USD")


def sale(kind: type[Any], **more: Any) -> Any:
    lines = tuple(SaleLine(name=n, quantity=Decimal(1), net=usd(a), nature=n) for a, n in SOLD)
    return kind(
        key="K", version="1", occurred_at=datetime(2026, 10, 15, tzinfo=UTC), currency="USD", order_key="K", number="1",
        party=None, lines=lines, taxes=(), total=usd("176.51"), **more,
    )  # fmt: skip


def entry(*lines: tuple[str, str]) -> JournalEntry:
    return JournalEntry(
        key="J", version="1", occurred_at=datetime(2026, 10, 15, tzinfo=UTC), currency="USD", reference="J", booked_on=ON,
        lines=tuple(JournalLine(account=a, amount=usd(x)) for a, x in lines), total=usd("1.00"), imbalance=usd("0.00"),
    )  # fmt: skip


def revenue(document: Any, **options: str) -> Decimal:
    def table(name: str, **rows: str) -> Mapping:
        return Mapping(name, tuple(MappingRow(k.replace("_", "."), v) for k, v in rows.items()))

    release = Release("x", {}, {}, {
        "accounts": table("accounts", revenue_goods="400000", receivable="121000"),
        "ledger_accounts": table("ledger_accounts", S="400000", R="121000"),
        "own": table("own", R="400000"),
    })  # fmt: skip
    interface = Interface("books", "ledgers", "US", ("journals",), "o", "p", options=dict(options))
    return recipe_of(document).revenue(document, release, interface, ON)


def test_an_invoice_counts_without_tax_and_without_what_is_owed_back() -> None:
    assert revenue(sale(CustomerInvoice)) == Decimal("110.00")
    assert revenue(sale(CustomerInvoice, exclusion="test")) == 0


def test_a_credit_note_counts_against_it() -> None:
    assert revenue(sale(CreditNote)) == Decimal("-110.00")


@pytest.mark.parametrize(
    ("lines", "options", "found"),
    [
        ((("S", "-90.00"), ("R", "90.00")), {}, "90.00"),
        ((("S", "40.00"), ("R", "-40.00")), {}, "-40.00"),
        ((("R", "-90.00"), ("unknown", "90.00")), {}, "0"),
        ((("R", "-90.00"), ("S", "90.00")), {"accounts_table": "own"}, "90.00"),
        ((("=revenue.goods", "-7.00"), ("=receivable", "7.00")), {}, "7.00"),
    ],
)
def test_an_entry_counts_by_the_roles_of_its_accounts(
    lines: Any, options: dict[str, str], found: str
) -> None:
    assert revenue(entry(*lines), **options) == Decimal(found)


def test_payments_sell_nothing() -> None:
    assert set(kinds_selling()) == {"customer_invoice", "credit_note", "journal_entry"}
