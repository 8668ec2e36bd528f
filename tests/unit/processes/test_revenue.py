"""Revenue over time: to the cent, by days, and what changes later changes only what it changes."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.connectors.chargebee.normalise import credit_note, invoice
from tieout.documents import (
    CustomerInvoice,
    EntryPosting,
    RevenuePart,
    RevenueSchedule,
    canonical_bytes,
    ledger_lines,
)
from tieout.money import Amount, Period, from_minor
from tieout.money.schedule import spread_by_days
from tieout.processes import Facts, Plan, plan_document
from tieout.processes.facts import PreviousFact
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release
from tieout_sandbox.simulators.chargebee import Chargebee

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)


@given(
    st.integers(-(10**12), 10**12),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 1500),
    st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_shares_by_days_sum_to_the_amount_and_follow_the_calendar(
    minor: int, first: date, days: int, currency: str
) -> None:
    amount, last = from_minor(minor, currency), first + timedelta(days=days)
    shares = spread_by_days(amount, first, last)
    assert sum((a for _, a in shares), Amount.zero(currency)) == amount
    periods = [p for p, _ in shares]
    assert periods[0] == Period.of(first) and periods[-1] == Period.of(last)
    assert all(b == a.next() for a, b in itertools.pairwise(periods))
    # No month is further from its exact share than one minor unit.
    unit = Decimal(1).scaleb(amount.value.as_tuple().exponent)  # type: ignore[arg-type]
    for period, share in shares:
        mine = (min(period.last, last) - max(period.first, first)).days + 1
        assert abs(share.value - amount.value * mine / (days + 1)) <= unit


def test_a_span_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="is before"):
        spread_by_days(from_minor(100, "USD"), date(2026, 10, 2), date(2026, 10, 1))


def schedule(*parts: tuple[str, str], net: str = "", **more: Any) -> RevenueSchedule:
    made = tuple(RevenuePart(on=Period.parse(m).last, amount=Amount(Decimal(v), "USD")) for m, v in parts)
    total = Decimal(net) if net else sum((p.amount.value for p in made), Decimal(0))
    given = dict(key="s", occurred_at=AT, currency="USD", reference="INV-1", name="Plan", net=Amount(total, "USD"),
                 parts=made, deferred="deferred.subscription", revenue="revenue.subscription")  # fmt: skip
    return RevenueSchedule(**{**given, **more})


def plan(document: RevenueSchedule, facts: Facts | None = None, **options: Any) -> Plan:
    rows = {"deferred.subscription": "212000", "revenue.subscription": "400300"}
    mappings = {
        "accounts": Mapping("accounts", tuple(MappingRow(k, v) for k, v in rows.items())),
        "journals": Mapping("journals", (MappingRow("misc", "MISC"),)),
    }
    release = Release("0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {}, mappings)
    interface = Interface("billing", "chargebee", "US", ("x",), "o", "p", **options)
    return plan_document(document, 1, facts or Facts(), release, interface, date(2026, 10, 5))


def months(result: Plan) -> list[tuple[date, Decimal]]:
    found = []
    for effect in result.effects:
        assert isinstance(effect.body, EntryPosting)
        lines = {x.account: x.amount for x in ledger_lines(effect.body)}
        assert lines["212000"] == -lines["400300"]
        found.append((effect.body.on, lines["212000"]))
    return found


def test_each_month_is_earned_on_its_last_day() -> None:
    result = plan(schedule(("2026-10", "40.00"), ("2026-11", "60.00")))
    assert months(result) == [(date(2026, 10, 31), Decimal("40.00")), (date(2026, 11, 30), Decimal("60.00"))]
    assert len({e.external_id for e in result.effects}) == 2


def test_a_schedule_that_is_off_by_a_cent_is_a_case() -> None:
    result = plan(schedule(("2026-10", "40.00"), ("2026-11", "59.99"), net="100.00"))
    assert (result.decision, result.cases[0].cause) == ("refused", "schedule_differs")
    assert result.cases[0].amount == Amount(Decimal("100.00"), "USD")


def test_a_schedule_told_again_changes_only_the_months_that_change() -> None:
    before = schedule(("2026-10", "40.00"), ("2026-11", "60.00"))
    facts = Facts(previous=PreviousFact(revision=1, content=canonical_bytes(before).decode()))
    assert plan(before, facts).effects == ()
    after = schedule(("2026-10", "40.00"), ("2026-11", "30.00"), ("2026-12", "30.00"))
    assert months(plan(after, facts)) == [
        (date(2026, 11, 30), Decimal("-30.00")), (date(2026, 12, 31), Decimal("30.00"))]  # fmt: skip


def test_a_locked_month_is_a_case_or_is_earned_on_the_first_open_day() -> None:
    document, facts = schedule(("2026-09", "10.00"), ("2026-11", "5.00")), Facts(lock_on=date(2026, 9, 30))
    assert plan(document, facts).cases[0].cause == "late_event"
    result = plan(document, facts, late_events="first_open")
    assert months(result) == [(date(2026, 10, 1), Decimal("10.00")), (date(2026, 11, 30), Decimal("5.00"))]


def test_a_credit_note_takes_back_the_days_that_it_is_for_and_no_others() -> None:
    site = Chargebee(lambda: AT, key="k")
    year = site.line("Plan", 36_500, date(2026, 1, 1), date(2027, 1, 1))
    row = site.bill("INV-1", AT, ("c", "Acme"), [year])
    unused = site.line("Unused", 18_400, date(2026, 7, 1), date(2027, 1, 1))
    options = {"deferral": "tieout"}
    _, whole = invoice(json.dumps(row).encode(), options)
    _, back = credit_note(json.dumps(site.credit("CN-1", AT, row, [unused])).encode(), options)
    assert isinstance(whole, RevenueSchedule) and isinstance(back, RevenueSchedule)
    earned: dict[date, Decimal] = {}
    for part in (*whole.parts, *back.parts):
        earned[part.on] = earned.get(part.on, Decimal(0)) + part.amount.value
    # 365.00 for 365 days, 184.00 back for the last 184 of them: nothing is earned from July on.
    assert {on: v for on, v in earned.items() if v} == {
        p.on: p.amount.value for p in whole.parts if p.on < date(2026, 7, 1)}  # fmt: skip


@pytest.mark.parametrize(
    ("first", "after", "zone", "parts"),
    [
        # November by the clock of Berlin, as a site that bills there tells it.
        ("2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00", "Europe/Berlin", [("2026-11", "30.00")]),
        ("2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00", "", [("2026-10", "1.00"), ("2026-11", "29.00")]),
        # The same second a month on, as in payloads that others published: 10 November is the first day of the next term.
        ("2026-10-11T10:48:34Z", "2026-11-10T10:48:34Z", "UTC", [("2026-10", "21.00"), ("2026-11", "9.00")]),
        # A summer's end is an hour, no day.
        ("2026-10-01T00:00-04:00", "2026-10-31T00:00-04:00", "America/New_York", [("2026-10", "30.00")]),
    ],
)
def test_a_line_s_days_are_those_of_the_site_s_own_clock(
    first: str, after: str, zone: str, parts: list[tuple[str, str]]
) -> None:
    site = Chargebee(lambda: AT, key="k")
    line = site.line("Plan", 3_000, date(2026, 1, 1), date(2026, 2, 1))
    line["date_from"], line["date_to"] = (int(datetime.fromisoformat(x).timestamp()) for x in (first, after))
    options = {"deferral": "tieout"} | ({"time_zone": zone} if zone else {})
    row = site.bill("INV-1", AT, ("c", "Acme"), [line])
    _, spread = invoice(json.dumps(row).encode(), options)
    assert isinstance(spread, RevenueSchedule)
    assert [(f"{p.on:%Y-%m}", str(p.amount.value)) for p in spread.parts] == parts


def test_what_is_charged_once_is_earned_at_once() -> None:
    site = Chargebee(lambda: AT, key="k")
    line = site.line("Setup", 4_000, date(2026, 2, 1), date(2026, 2, 1))
    made = invoice(json.dumps(site.bill("INV-1", AT, ("c", "Acme"), [line])).encode(), {"deferral": "tieout"})
    assert [type(x) for x in made] == [CustomerInvoice]


@pytest.mark.parametrize(("deferral", "count"), [("tieout", 12), ("none", 0), ("source", 2)])
def test_who_makes_the_schedule_is_declared_and_never_two_of_them(deferral: str, count: int) -> None:
    site = Chargebee(lambda: AT, key="k")
    line = site.line(
        "Plan", 1200, date(2026, 1, 1), date(2027, 1, 1), schedule={"2026-01": 600, "2026-02": 600}
    )
    usage = site.line("Usage", 50, date(2025, 12, 1), date(2026, 1, 1), metered=True)
    made, *rest = invoice(
        json.dumps(site.bill("INV-1", AT, ("c", "Acme"), [line, usage])).encode(), {"deferral": deferral}
    )
    assert isinstance(made, CustomerInvoice)
    wanted = "revenue.subscription" if deferral == "none" else "deferred.subscription"
    assert [x.nature for x in made.lines] == [wanted, "revenue.usage"]
    assert sum(len(s.parts) for s in rest if isinstance(s, RevenueSchedule)) == count


@pytest.mark.parametrize(("status", "kept"), [("pending", "test"), ("voided", "voided"), ("paid", "")])
def test_what_nobody_owes_is_excluded(status: str, kept: str) -> None:
    site = Chargebee(lambda: AT, key="k")
    row = site.bill("INV-1", AT, ("c", "Acme"), [site.line("Plan", 100, date(2026, 1, 1), date(2026, 2, 1))])
    made, *_ = invoice(json.dumps({**row, "status": status}).encode(), {"deferral": "tieout"})
    assert isinstance(made, CustomerInvoice) and made.exclusion == kept
