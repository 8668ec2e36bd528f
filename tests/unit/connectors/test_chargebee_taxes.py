"""Chargebee's taxes by line and jurisdiction. Names, rates and amounts are invented; the fields are published."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tieout.connectors.chargebee.normalise import credit_note, invoice
from tieout.documents import CreditNote, CustomerInvoice
from tieout_sandbox.simulators.chargebee import Chargebee

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)
TAXES = [
    ("Sales Tax", "state", "California", 6.0, 600),
    ("Sales Tax", "county", "Alameda", 0.25, 25),
]


def billed(taxes: list[tuple[str, str, str, float, int]], **address: str) -> tuple[Chargebee, Any]:
    site = Chargebee(lambda: AT, key="k")
    first = date(2026, 10, 1)
    lines = [
        site.line("Plan", 10_000, first, first, taxes=taxes),
        site.line("Seats", 10_000, first, first, taxes=taxes[:1]),
    ]
    row = site.bill("INV-1", AT, ("c1", "Oak"), lines)
    row["billing_address"] |= address
    return site, row


def told(row: Any) -> CustomerInvoice:
    made = invoice(json.dumps(row).encode(), {})[0]
    assert isinstance(made, CustomerInvoice)
    return made


def test_taxes_are_read_by_line_with_their_jurisdictions() -> None:
    made = told(billed(TAXES, state_code="CA")[1])
    found = {t.key: (t.jurisdiction, t.title, t.amount.value) for t in made.taxes}
    assert found == {
        "Sales Tax California 6%": ("US-CA", "Sales Tax California", Decimal("12.00")),
        "Sales Tax Alameda 0.25%": ("US-CA", "Sales Tax Alameda", Decimal("0.25")),
    }
    assert [x.tax_keys for x in made.lines] == [
        ("Sales Tax California 6%", "Sales Tax Alameda 0.25%"),
        ("Sales Tax California 6%",),
    ]
    assert made.total.value == Decimal("212.25")


def test_a_country_s_tax_is_the_country_s() -> None:
    made = told(billed([("VAT", "country", "Germany", 19.0, 1900)], country="DE", state_code="BE")[1])
    assert [(t.key, t.jurisdiction) for t in made.taxes] == [("VAT 19%", "DE")]


def test_where_it_is_shipped_goes_before_where_it_is_billed() -> None:
    _, row = billed(TAXES, state_code="CA")
    row["shipping_address"] = {"country": "US", "state_code": "NY"}
    assert {t.jurisdiction for t in told(row).taxes} == {"US-NY"}


def test_a_credit_note_has_its_own_taxes() -> None:
    site, row = billed(TAXES, state_code="CA")
    line = site.line(
        "Plan",
        5000,
        date(2026, 10, 1),
        date(2026, 10, 1),
        taxes=[("Sales Tax", "county", "Alameda", 0.25, 13)],
    )
    raw = json.dumps(site.credit("CN-1", AT, row, [line])).encode()
    made = credit_note(raw, {})[0]
    assert isinstance(made, CreditNote)
    assert [(t.key, t.jurisdiction, t.amount.value) for t in made.taxes] == [
        ("Sales Tax Alameda 0.25%", "US", Decimal("0.13"))
    ]


def test_rows_of_before_are_as_they_were() -> None:
    site = Chargebee(lambda: AT, key="k")
    day = date(2026, 10, 1)
    row = site.bill(
        "INV-1", AT, ("c1", "Oak"), [site.line("Plan", 10_000, day, day, tax=("VAT 20", 20.0, 2000))]
    )
    (tax,) = told(row).taxes
    assert (tax.key, tax.title, tax.rate, bool(tax.jurisdiction)) == (
        "VAT 20",
        "VAT 20",
        Decimal("0.2"),
        False,
    )
