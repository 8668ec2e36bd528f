"""What Chargebee publishes, read: amounts, taxes, terms; and what an earlier version stored is read as it was.

Names and amounts are invented, fields are published (chargebee/chargebee-python, apidocs.chargebee.com).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from tests.published.replay import Replay
from tieout.connector_api import SystemConfig, Trail, TransientError
from tieout.connectors.chargebee.connector import CONNECTOR
from tieout.connectors.chargebee.normalise import credit_note, invoice
from tieout.documents import CreditNote, CustomerInvoice, InvoicePosting, RevenueSchedule, canonical_bytes
from tieout.processes import Facts, Plan, plan_document
from tieout.processes.facts import PreviousFact
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release
from tieout_sandbox.simulators.chargebee import Chargebee

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 30, tzinfo=UTC)
FIRST, AFTER = date(2026, 10, 1), date(2026, 11, 1)
FIXTURES = Path(__file__).resolve().parents[3] / "src" / "tieout" / "connectors" / "chargebee" / "fixtures"


def site() -> Chargebee:
    return Chargebee(lambda: AT, key="k")


def billed(*amounts: int, **more: Any) -> dict[str, Any]:
    there = site()
    lines = [there.line(f"Plan {n}", a, FIRST, AFTER) for n, a in enumerate(amounts)]
    return {**there.bill("INV-1", AT, ("c1", "Oak"), lines), **more}


def told(row: dict[str, Any], **options: str) -> CustomerInvoice:
    made = invoice(json.dumps(row).encode(), options)[0]
    assert isinstance(made, CustomerInvoice)
    return made


def credited(**more: Any) -> dict[str, Any]:
    there = site()
    row = there.bill("INV-1", AT, ("c1", "Oak"), [there.line("Plan", 1000, FIRST, AFTER)])
    return {**there.credit("CN-1", AT, row, [there.line("Unused", 400, FIRST, AFTER)]), **more}


def given(row: dict[str, Any], **options: str) -> CreditNote:
    made = credit_note(json.dumps(row).encode(), options)[0]
    assert isinstance(made, CreditNote)
    return made


def planned(document: CustomerInvoice | CreditNote, facts: Facts | None = None) -> Plan:
    codes = {
        "receivable": "121000",
        "revenue.subscription": "400300",
        "rounding": "442000",
        "difference.write_off": "642000",
    }
    mappings = {
        "accounts": Mapping("accounts", tuple(MappingRow(k, v) for k, v in codes.items())),
        "journals": Mapping("journals", (MappingRow("sales", "INV"),)),
    }
    release = Release("0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {}, mappings)
    interface = Interface("billing", "chargebee", "US", ("x",), "o", "p")
    return plan_document(document, 1, facts or Facts(), release, interface, date(2026, 10, 5))


def test_what_a_total_is_rounded_by_is_a_line_of_its_own() -> None:
    made = told(billed(1003, total=1000, round_off_amount=-3))
    assert [(x.nature, x.net.value) for x in made.lines] == [
        ("revenue.subscription", Decimal("10.03")),
        ("rounding", Decimal("-0.03")),
    ]
    (posting,) = (e.body for e in planned(made).effects if isinstance(e.body, InvoicePosting))
    assert posting.total == Decimal("10.00") == sum(x.net for x in posting.lines)


def test_one_whose_lines_miss_its_total_is_a_case_and_earns_nothing() -> None:
    row = billed(1000, total=1001)
    (made,) = invoice(json.dumps(row).encode(), {"deferral": "tieout"})
    assert isinstance(made, CustomerInvoice)
    assert planned(made).cases[0].cause == "document_does_not_add_up"


def test_a_price_that_holds_its_tax_is_told_without_it() -> None:
    there = site()
    line = there.line("Plan", 12_000, FIRST, AFTER, tax=("VAT", 20.0, 2000))
    row = {**there.bill("INV-1", AT, ("c1", "Oak"), [line]), "price_type": "tax_inclusive", "total": 12_000}
    made, spread = invoice(json.dumps(row).encode(), {"deferral": "tieout"})
    assert isinstance(made, CustomerInvoice) and isinstance(spread, RevenueSchedule)
    assert (made.lines[0].net.value, made.taxes[0].amount.value) == (Decimal("100.00"), Decimal("20.00"))
    assert spread.net.value == Decimal("100.00")


def test_two_rates_of_one_name_are_two_taxes() -> None:
    there = site()
    lines = [
        there.line("Plan", 10_000, FIRST, AFTER, tax=("MwSt", 19.0, 1900)),
        there.line("Book", 2000, FIRST, AFTER, tax=("MwSt", 7.0, 140)),
    ]
    made = told(there.bill("INV-1", AT, ("c1", "Oak"), lines))
    assert {t.key: (t.rate, t.amount.value) for t in made.taxes} == {
        "MwSt 19%": (Decimal("0.19"), Decimal("19.00")),
        "MwSt 7%": (Decimal("0.07"), Decimal("1.40")),
    }
    assert [x.tax_keys for x in made.lines] == [("MwSt 19%",), ("MwSt 7%",)]


def test_a_taxed_line_of_which_nothing_names_the_tax_is_refused_with_words() -> None:
    row = billed(1000)
    row["line_items"][0]["tax_amount"] = 190
    with pytest.raises(ValueError, match="nothing says by which tax"):
        told(row)


def test_a_discount_is_the_line_s_or_else_what_its_discounts_say() -> None:
    """Reported: Rise-Vision/rise-vision-apps 2658."""
    discounts = [
        {"line_item_id": "li_000001", "discount_type": "document_level_coupon", "discount_amount": 100}
    ]
    row = billed(1000, total=900, line_item_discounts=discounts)
    assert row["line_items"][0]["id"] == "li_000001"
    assert told(row).lines[0].net.value == Decimal("9.00")
    row["line_items"][0]["discount_amount"] = 100
    assert told(row).lines[0].net.value == Decimal("9.00")


def test_what_is_prorated_back_has_no_part_of_another_line_s_discount() -> None:
    """Reported: jonaswitt/stripe-datev-exporter 14."""
    discounts = [
        {"line_item_id": "li_000002", "discount_type": "document_level_coupon", "discount_amount": 300}
    ]
    row = billed(-500, 3000, total=2200, line_item_discounts=discounts)
    assert [x["id"] for x in row["line_items"]] == ["li_000001", "li_000002"]
    assert [x.net.value for x in told(row).lines] == [Decimal("-5.00"), Decimal("27.00")]


@pytest.mark.parametrize(
    ("kind", "deferred"),
    [
        ("plan", True),
        ("addon_item_price", True),
        ("plan_setup", False),
        ("charge_item_price", False),
        ("adhoc", False),
    ],
)
def test_what_is_charged_once_is_for_no_days_to_come(kind: str, deferred: bool) -> None:
    row = billed(1000)
    row["line_items"][0]["entity_type"] = kind
    assert len(invoice(json.dumps(row).encode(), {"deferral": "tieout"})) == 1 + deferred


@pytest.mark.parametrize("word", ["metered", "is_metered"])
def test_usage_is_told_by_the_published_word_and_by_that_of_stored_rows(word: str) -> None:
    row = billed(1000)
    del row["line_items"][0]["metered"]
    row["line_items"][0][word] = True
    assert told(row, deferral="tieout").lines[0].nature == "revenue.usage"


def test_a_row_says_its_site_s_zone_and_the_interface_overrules_it() -> None:
    row = billed(3100)
    begins, ends = (
        int(datetime.fromisoformat(x).timestamp())
        for x in ("2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00")
    )
    row["line_items"][0] |= {"date_from": begins, "date_to": ends}
    row["site_details_at_creation"] = {"timezone": "Europe/Berlin"}

    def spread(**options: str) -> list[str]:
        schedule = invoice(json.dumps(row).encode(), {"deferral": "tieout", **options})[1]
        assert isinstance(schedule, RevenueSchedule)
        return [f"{p.on:%Y-%m} {p.amount.value}" for p in schedule.parts]

    assert spread() == ["2026-10 31.00"]
    assert spread(time_zone="UTC") == ["2026-09 1.00", "2026-10 30.00"]


def test_a_term_up_to_a_day_s_last_second_holds_that_day() -> None:
    row = billed(3100)
    row["line_items"][0]["date_to"] -= 1
    schedule = invoice(json.dumps(row).encode(), {"deferral": "tieout"})[1]
    assert isinstance(schedule, RevenueSchedule)
    assert [(p.on, p.amount.value) for p in schedule.parts] == [(date(2026, 10, 31), Decimal("31.00"))]


def test_an_invoice_of_nothing_owes_nothing() -> None:
    made = told(billed(0))
    assert made.exclusion == "nothing_owed" and planned(made).decision == "excluded"
    # What was taken back and charged anew on one invoice moves revenue, though nothing is due.
    assert told(billed(500, -500)).exclusion == ""


def test_what_is_deleted_is_as_if_voided_and_a_case_once_it_was_booked() -> None:
    made = told(billed(1000, deleted=True))
    assert made.exclusion == "voided"
    before = PreviousFact(revision=1, content=canonical_bytes(told(billed(1000))).decode())
    assert planned(made, Facts(previous=before)).cases[0].cause == "voided_after_posting"


def test_a_credit_note_of_no_invoice_is_booked_by_itself() -> None:
    row = credited()
    del row["reference_invoice_id"]
    made = given({**row, "type": "refundable"})
    assert made.order_key == ""
    plan = planned(made)
    (posting,) = (e.body for e in plan.effects if isinstance(e.body, InvoicePosting))
    assert posting.refund and posting.total == Decimal("4.00") and posting.partner


def test_a_credit_note_of_an_invoice_still_waits_for_it() -> None:
    """Reported: stitchdata/docs 1032."""
    assert planned(given(credited())).decision == "wait"
    late = planned(given(credited()), Facts(patience_over=True))
    assert late.cases[0].cause == "credit_note_without_order"


def test_a_credit_note_that_is_voided_is_left_out_and_a_case_once_it_was_booked() -> None:
    made = given(credited(status="voided"))
    assert made.exclusion == "voided" and planned(made).decision == "excluded"
    # The source still counts it: so does what is held against its figures.
    assert made.measure().credit == Decimal("4.00")
    before = PreviousFact(revision=1, content=canonical_bytes(given(credited())).decode())
    assert planned(made, Facts(previous=before)).cases[0].cause == "voided_after_posting"
    assert given(credited()).exclusion is UNSET


def test_what_is_given_up_as_lost_was_earned() -> None:
    row = credited(reason_code="write_off")
    made, *schedules = credit_note(json.dumps(row).encode(), {"deferral": "tieout"})
    assert isinstance(made, CreditNote) and made.adjusts and not schedules
    assert [x.nature for x in made.lines] == ["difference.write_off"]


def test_a_credit_note_s_fraction_is_corrected_where_its_total_has_it() -> None:
    """Reported of credit notes by item: getlago/lago-api 2643."""
    whole, without = (
        given(credited(total=401, fractional_correction=1)),
        given(credited(fractional_correction=1)),
    )
    assert [x.net.value for x in whole.lines] == [Decimal("4.00"), Decimal("0.01")]
    assert [x.net.value for x in without.lines] == [Decimal("4.00")]


# What an earlier version stored: is_metered, the tax on the line; and what it became.


@pytest.mark.parametrize("name", ["invoices.stored-before", "credit_notes.stored-before"])
def test_stored_rows_of_before_become_what_they_became(name: str) -> None:
    read = invoice if name.startswith("invoices") else credit_note
    made = read((FIXTURES / f"{name}.recorded.json").read_bytes(), {"deferral": "tieout"})
    found = [json.loads(canonical_bytes(d)) for d in made]
    assert found == json.loads((FIXTURES / f"{name}.recorded.documents.json").read_text())


# The wire.


def asked(answers: Any, **settings: str) -> tuple[Any, Replay]:
    server = Replay(answers)
    server.__enter__()
    config = SystemConfig("chargebee", "chargebee", "test", {"url": server.url, "key": "k", **settings})
    return CONNECTOR.open(config), server


def page(*rows: dict[str, Any], **more: str) -> bytes:
    return json.dumps({"list": [{"invoice": r} for r in rows], **more}).encode()


def test_rows_without_a_time_of_change_are_taken_and_a_first_poll_does_not_ask_by_it() -> None:
    """Reported: PostHog/posthog 76090."""
    row = billed(1000, exchange_rate=1.0)
    del row["updated_at"], row["resource_version"]
    session, server = asked({("GET", "/api/v2/invoices"): page(row)})
    try:
        (item,) = session.poll("invoices", {}, NOW).items
        assert told(json.loads(item.body)).version == f"{1000 * row['date']:020d}"
        assert {"include_deleted", "sort_by[asc]", "limit"} == {k for k, _ in server.asked[0].query}
    finally:
        server.__exit__(None, None, None)


def test_a_rate_with_a_fraction_is_read_as_it_is_written() -> None:
    """Reported: airbytehq/airbyte 33661."""
    body = page(billed(1000)).replace(b'"total": 1000', b'"exchange_rate": 1.0765432101234567, "total": 1000')
    session, server = asked({("GET", "/api/v2/invoices"): body})
    try:
        (item,) = session.poll("invoices", {}, NOW).items
        assert b"1.0765432101234567" in item.body
        assert told(json.loads(item.body)).lines[0].net.value == Decimal("10.00")
    finally:
        server.__exit__(None, None, None)


def test_a_page_that_leads_to_itself_ends_the_poll() -> None:
    session, server = asked({("GET", "/api/v2/invoices"): page(billed(1000), next_offset="x")})
    try:
        first = session.poll("invoices", {}, NOW)
        again = session.poll("invoices", first.cursor, NOW)
        with pytest.raises(TransientError, match="leads to itself"):
            Trail().after("chargebee: invoices", first.cursor, again)
    finally:
        server.__exit__(None, None, None)


def test_the_further_lines_of_a_long_invoice_are_asked_for() -> None:
    row = billed(100, 200, 300)
    lines = row["line_items"]
    answers = {
        ("GET", "/api/v2/invoices"): page({**row, "line_items": lines[:1], "line_items_next_offset": "1"}),
        ("GET", "/api/v2/invoices/INV-1"): [
            json.dumps({"invoice": {**row, "line_items": [line], **more}}).encode()
            for line, more in ((lines[1], {"line_items_next_offset": "2"}), (lines[2], {}))
        ],
    }
    session, server = asked(answers)
    try:
        (item,) = session.poll("invoices", {}, NOW).items
        assert [x.net.value for x in told(json.loads(item.body)).lines] == [Decimal(n) for n in (1, 2, 3)]
        assert "line_items_next_offset" not in json.loads(item.body)
    finally:
        server.__exit__(None, None, None)


def test_one_business_entity_is_asked_for_where_it_is_named() -> None:
    for settings, header in (({"business_entity": "be-1"}, "be-1"), ({}, None)):
        session, server = asked({("GET", "/api/v2/invoices"): page()}, **settings)
        try:
            session.check()
            assert server.asked[0].headers.get("chargebee-business-entity-id") == header
        finally:
            server.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("currency", "minor", "value"),
    [
        ("USD", 1050, "10.50"), ("JPY", 1050, "1050"), ("KRW", 1050, "1050"), ("XAF", 1050, "1050"), ("HUF", 1050, "10.50"),
        # Apidocs, Currencies: whatever is no currency without decimals is written in hundredths, dinars too.
        ("KWD", 1050, "10.500"), ("BHD", 1, "0.010"), ("TND", 1050, "10.500"),
    ],
)  # fmt: skip
def test_amounts_are_hundredths_of_all_currencies_that_have_decimals(
    currency: str, minor: int, value: str
) -> None:
    found = told(billed(minor, currency_code=currency))
    assert str(found.total.value) == value and [str(x.net.value) for x in found.lines] == [value]
    back = given(credited(currency_code=currency))
    assert back.total.currency == currency


def test_a_currency_of_which_chargebee_does_not_say_its_decimals_is_refused() -> None:
    with pytest.raises(ValueError, match="Chargebee does not publish how many decimals its MGA has"):
        told(billed(1050, currency_code="MGA"))


def test_control_totals_are_of_the_same_amounts_as_the_documents() -> None:
    row = billed(1050, currency_code="KWD")
    page = json.dumps({"list": [{"invoice": row}]}).encode()
    with Replay({("GET", "/api/v2/invoices"): page}) as there:
        session = CONNECTOR.open(SystemConfig("c", "chargebee", "test", {"url": there.url, "key": "k"}))
        (total,) = session.control_totals(["invoices"], AT.replace(day=1), NOW, "UTC")
    assert (total.currency, total.count, total.debit) == ("KWD", 1, Decimal("10.500"))
