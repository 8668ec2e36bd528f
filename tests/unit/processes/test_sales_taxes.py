"""Which of the ledger's taxes a sale's tax is. Titles, rates and names of ledger taxes are invented."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.unit.processes.test_recipes import interface, invoice, plan, release
from tieout.documents import CustomerInvoice, InvoicePosting, SaleLine, TaxLine, canonical_bytes
from tieout.money import from_minor
from tieout.processes import Facts, Plan, plan_document
from tieout.processes.facts import PreviousFact
from tieout.rules import Mapping, MappingRow, Release

ON = date(2026, 10, 5)
BEFORE = {"State Tax 15%": "15%", "VAT 20%": "VAT 20%"}


def rules(*rows: tuple[str, str] | MappingRow, title: bool = True) -> Release:
    made = release()
    table = [r if isinstance(r, MappingRow) else MappingRow(*r) for r in rows]
    if title:
        table += [MappingRow(k, v) for k, v in BEFORE.items()]
    mappings = {**made.mappings, "taxes": Mapping("taxes", tuple(table))}
    return Release(made.sha256, made.entities, {}, mappings)


def taxed(*taxes: TaxLine, net: int = 10_000) -> CustomerInvoice:
    total = net + sum(int(t.amount.value * 100) for t in taxes)
    line = SaleLine(
        name="Valve", quantity=Decimal(1), net=from_minor(net, "USD"), tax_keys=tuple(t.key for t in taxes)
    )
    return invoice(lines=(line,), taxes=taxes, total=from_minor(total, "USD"))


def tax(title: str, rate: str, minor: int, where: str = "", by_channel: bool = False) -> TaxLine:
    given = {"jurisdiction": where} if where else {}
    more = {"by_channel": True} if by_channel else {}
    percent = f"{(Decimal(rate) * 100).normalize():f}"
    return TaxLine(
        key=f"{title} {percent}%",
        title=title,
        rate=Decimal(rate),
        amount=from_minor(minor, "USD"),
        **given,
        **more,
    )


def totals(result: Plan) -> dict[str, Decimal]:
    body = next(e.body for e in result.effects if e.name == "invoice")
    assert isinstance(body, InvoicePosting)
    return body.tax_totals


def test_two_states_of_one_title_and_rate_are_two_taxes() -> None:
    table = rules(("US-NY: State Tax", "NY"), ("US-TX: State Tax", "TX"), title=False)
    for where, name in (("US-NY", "NY"), ("US-TX", "TX")):
        found = totals(plan(taxed(tax("State Tax", "0.15", 1500, where)), rules=table))
        assert found == {name: Decimal("15.00")}


@pytest.mark.parametrize(
    ("key", "holds"),
    [
        ("US-CA: Alameda County Tax 0.25%", True),
        ("US-CA: Alameda County Tax", True),
        ("US-CA: 0.25%", True),
        ("US-CA: *", True),
        ("US: *", False),
        ("US-NY: *", False),
        ("US-CA: Alameda", False),
        ("channel US-CA: *", False),
    ],
)
def test_a_row_holds_for_the_jurisdiction_that_it_names(key: str, holds: bool) -> None:
    result = plan(
        taxed(tax("Alameda County Tax", "0.0025", 25, "US-CA")), rules=rules((key, "CA"), title=False)
    )
    assert (result.decision == "planned") is holds
    if not holds:
        (case,) = result.cases
        assert (case.cause, case.amount) == ("unknown_tax", from_minor(10_025, "USD"))
        assert "add 'US-CA: Alameda County Tax' to mappings/taxes.csv" in case.recovery


def test_the_narrowest_row_holds() -> None:
    rows = (("US-CA: *", "wide"), ("US-CA: Alameda County Tax", "narrow"))
    for order in (rows, rows[::-1]):
        result = plan(
            taxed(tax("Alameda County Tax", "0.0025", 25, "US-CA")), rules=rules(*order, title=False)
        )
        assert totals(result) == {"narrow": Decimal("0.25")}


def test_a_country_holds_for_its_provinces_where_the_tax_is_the_country_s() -> None:
    table = rules(("ES: 21%", "IVA 21"), ("ES-GC: *", "IGIC"), title=False)
    assert totals(plan(taxed(tax("IVA", "0.21", 2100, "ES-M")), rules=table)) == {"IVA 21": Decimal("21.00")}
    assert totals(plan(taxed(tax("IGIC", "0.07", 700, "ES-GC")), rules=table)) == {"IGIC": Decimal("7.00")}
    refused = plan(taxed(tax("IVA", "0.04", 400, "ES-M")), rules=table)
    assert "add 'ES: 4%' to" in refused.cases[0].recovery


def test_a_state_and_its_county_may_be_one_tax_of_the_ledger() -> None:
    taxes = (
        tax("California State Tax", "0.06", 600, "US-CA"),
        tax("Alameda County Tax", "0.0025", 25, "US-CA"),
    )
    result = plan(taxed(*taxes), rules=rules(("US-CA: *", "CA"), title=False))
    body = next(e.body for e in result.effects if e.name == "invoice")
    assert isinstance(body, InvoicePosting)
    assert (body.tax_totals, body.lines[0].taxes) == ({"CA": Decimal("6.25")}, ("CA",))


def test_what_the_sales_channel_owes_is_never_the_seller_s_tax() -> None:
    owed = tax("State Tax", "0.15", 1500, "US-NY", by_channel=True)
    refused = plan(taxed(owed), rules=rules(("US-NY: State Tax", "NY")))
    assert "add 'channel US-NY: State Tax' to" in refused.cases[0].recovery
    found = plan(taxed(owed), rules=rules(("US-NY: State Tax", "NY"), ("channel US-NY: *", "By channels")))
    assert totals(found) == {"By channels": Decimal("15.00")}


# A table of before


def test_a_table_by_titles_goes_on_as_it_did() -> None:
    for where in ("", "US-NY"):
        assert totals(plan(taxed(tax("State Tax", "0.15", 1500, where)), rules=rules())) == {
            "15%": Decimal("15.00")
        }


def test_a_country_that_the_table_names_is_keyed_by_jurisdiction_alone() -> None:
    table = rules(("US-NY: State Tax", "NY"))
    refused = plan(taxed(tax("State Tax", "0.15", 1500, "US-TX")), rules=table)
    (case,) = refused.cases
    assert "add 'US-TX: State Tax' to mappings/taxes.csv" in case.recovery
    assert "'State Tax 15%' means '15%' no more where the source says US-TX" in case.detail
    # Another country's rows, and what names no jurisdiction, are as before.
    assert totals(plan(taxed(tax("VAT", "0.2", 2000, "FR")), rules=table)) == {"VAT 20%": Decimal("20.00")}
    assert totals(plan(taxed(tax("State Tax", "0.15", 1500)), rules=table)) == {"15%": Decimal("15.00")}


def test_a_table_is_moved_on_a_day() -> None:
    table = rules(MappingRow("US-NY: State Tax", "NY", date(2026, 11, 1)))
    document = taxed(tax("State Tax", "0.15", 1500, "US-TX"))
    before = plan_document(document, 1, Facts(), table, interface(), date(2026, 10, 31))
    assert totals(before) == {"15%": Decimal("15.00")}
    after = plan_document(document, 1, Facts(), table, interface(), date(2026, 11, 1))
    assert after.cases[0].cause == "unknown_tax"


def edited(before: CustomerInvoice, after: CustomerInvoice, table: Release) -> Plan:
    facts = Facts(previous=PreviousFact(revision=1, content=canonical_bytes(before).decode()))
    return plan_document(after, 2, facts, table, interface(), ON)


def test_an_order_that_is_told_its_jurisdiction_later_is_no_edit() -> None:
    table = rules(("US-NY: State Tax", "NY"))
    result = edited(
        taxed(tax("State Tax", "0.15", 1500)), taxed(tax("State Tax", "0.15", 1500, "US-NY")), table
    )
    assert (result.decision, result.effects, result.cases) == ("planned", (), ())


def test_a_tax_that_moves_to_another_state_is_not_waved_through() -> None:
    table = rules(("US-NY: State Tax", "NY"), ("US-TX: State Tax", "TX"))
    result = edited(
        taxed(tax("State Tax", "0.15", 1500, "US-NY")), taxed(tax("State Tax", "0.15", 1500, "US-TX")), table
    )
    assert [c.cause for c in result.cases] == ["order_regrouped_after_posting"]
