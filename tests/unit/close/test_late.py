"""Late events and what is decided of them: pure, at their limits to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tieout.close.late import LateEvent, closed_in, late_verdict, passed, waiting

D = Decimal
LIMIT, MATERIALITY = D("100.00"), D("250.00")
OCTOBER_20, NOVEMBER_1 = date(2026, 10, 20), date(2026, 11, 1)


def event(company: str, decision: str = "", **more: Any) -> LateEvent:
    given: dict[str, Any] = {
        "number": 7, "interface": "bills", "entity": "US", "document": "B-1", "name": "bill B-1", "event_on": OCTOBER_20,
        "booked_on": NOVEMBER_1, "stands_on": NOVEMBER_1, "lock": "purchase", "amount": abs(D(company)), "currency": "USD",
        "company": D(company), "decision": decision, **more,
    }  # fmt: skip
    return LateEvent(**given)


def verdict(*events: LateEvent, locks: dict[str, date | None] | None = None) -> tuple[bool, str]:
    return late_verdict(events, LIMIT, MATERIALITY, locks or {})


def test_what_is_at_the_limit_is_passed_by_itself_and_a_cent_above_it_waits() -> None:
    at, above = event("100.00"), event("-100.01")
    assert waiting([at, above], LIMIT) == [above]
    assert passed([at, above], LIMIT) == D("100.00")
    assert verdict(at) == (True, "1 of locked periods: 0.00 adjusted, 100.00 passed")
    done, said = verdict(above)
    assert not done and "100.01 USD is not decided" in said


def test_what_is_held_is_never_passed_by_itself_and_counts_once_it_is() -> None:
    small = event("5.00", held=True, stands_on=None)
    assert passed([small], LIMIT) == 0
    assert passed([event("-5.00", "pass", held=True)], LIMIT) == D("5.00")
    done, said = verdict(event("5.00", "adjust", held=True))
    assert not done and "is decided (adjust) and not booked yet" in said


def test_what_is_passed_adds_up_without_signs_to_the_materiality_at_most() -> None:
    several = [event("150.00", "pass"), event("-60.00"), event("40.00")]
    assert verdict(*several) == (True, "3 of locked periods: 0.00 adjusted, 250.00 passed")
    done, said = verdict(*several, event("0.01"))
    assert not done and said == "what is passed comes to 250.01, above 250.00: adjust or reopen the largest"
    # What is adjusted is none of it.
    assert verdict(*several, event("900.00", "adjust"))[0]


@pytest.mark.parametrize("kind", ["purchase", "fiscal year", "hard"])
def test_a_reopened_event_waits_for_each_lock_that_stops_it_on_its_own_day(kind: str) -> None:
    reopened = event("900.00", "reopen")
    assert "lock stands at 2026-10-20" in closed_in(reopened, {kind: OCTOBER_20})
    assert "set its entry to 2026-10-20" in closed_in(reopened, {kind: date(2026, 10, 19)})
    assert "set its entry to 2026-10-20" in closed_in(reopened, {"sale": date(2026, 10, 31), kind: None})
    assert not verdict(reopened, locks={kind: OCTOBER_20})[0]
    assert ("nobody moves back" in closed_in(reopened, {kind: OCTOBER_20})) == (kind == "hard")


def test_a_reopened_event_is_done_once_it_stands_in_its_own_month() -> None:
    there = event("900.00", "reopen", stands_on=date(2026, 10, 31))
    assert there.moved and closed_in(there, {"hard": date(2026, 12, 31)}) == "" and verdict(there)[0]
    assert not event("900.00", "reopen", stands_on=date(2025, 10, 20)).moved
    assert "replay" in closed_in(event("900.00", "reopen", held=True, stands_on=None), {})


def test_nothing_late_is_said() -> None:
    assert verdict() == (True, "nothing of a locked period is booked in it")
