"""What of a locked period is booked in the first open one: listed, decided by another than its maker, and added up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.integration.buying import Buyer
from tests.integration.office import key_of, person
from tieout.close import LateError, decide_late, late_events, state_of
from tieout.close.deciding_late import tell_late_events
from tieout.close.late import LateEvent, late_verdict
from tieout.money import Period
from tieout.planning import offers_of, replay
from tieout.rules import CloseRules, EntityClose
from tieout.security import person_of
from tieout.security.identity import make_service_key

NOVEMBER = Period(2026, 11)
D = Decimal
CASE = "late_event_undecided"


class Late:
    """A buyer whose October is locked, and bills of October that come after that."""

    def __init__(self, buyer: Buyer) -> None:
        self.b = buyer
        self.c = buyer.database.connect(autocommit=True)
        self.limits("0.00", "0.00")

    def limits(self, late_limit: str, late_materiality: str) -> None:
        rules = EntityClose(late_limit=D(late_limit), late_materiality=D(late_materiality))
        self.b.closing = CloseRules({"US": rules})

    def bill(self, number: str, **more: Any) -> LateEvent:
        self.b.bill(number, quantity=more.pop("quantity", "1"), on=date(2026, 10, 30), **more)
        self.b.work()
        (found,) = [e for e in self.events() if number in e.name or number in e.document]
        return found

    def events(self, period: str | None = "2026-11") -> list[LateEvent]:
        return late_events(self.c, ["US"], period)

    def locks(self) -> dict[str, date | None]:
        found: dict[str, date | None] = self.b.session.locks()
        return found

    def look(self) -> tuple[bool, str]:
        """What the close does."""
        rules = self.b.release().closing.of("US")
        events = tell_late_events(self.c, self.b.release(), "US", NOVEMBER, self.locks(), self.b.clock.now())
        return late_verdict(events, rules.late_limit, rules.late_materiality, self.locks())

    def decide(
        self, event: LateEvent, decision: str, who: str = "cora", reason: str = "of the auditor's list"
    ) -> LateEvent:
        with self.c.transaction():
            person = person_of(self.c, key_of(who))
            return decide_late(
                self.c, self.b.release(), event.number, decision, reason, person, self.b.clock.now()
            )

    def cases(self) -> list[Decimal]:
        rows = self.b.database.rows(
            "select amount from tieout.cases where state = 'open' and cause = %s order by 1", CASE
        )
        return [r["amount"] for r in rows]


@pytest.fixture
def late(buyer: Buyer) -> Late:
    buyer.late_events = "first_open"
    buyer.ready()
    buyer.admin.call(
        "res.company", "write", ids=[buyer.company.id], vals={"fiscalyear_lock_date": "2026-10-31"}
    )
    buyer.clock.at = datetime(2026, 11, 5, 15, tzinfo=UTC)
    return Late(buyer)


def test_a_late_event_is_listed_with_both_its_periods_and_waits_for_a_decision(late: Late) -> None:
    e = late.bill("LATE")
    assert (e.event_on, e.booked_on, e.lock) == (date(2026, 10, 30), date(2026, 11, 1), "fiscal year")
    assert e.amount > 0 and (e.decision, e.stands_on) == ("", date(2026, 11, 1))
    assert late.events("2026-10") == [] and late_events(late.c, ["DE"], None) == []
    done, said = late.look()
    assert not done and "is not decided" in said and f"{e.amount:.2f}" in said
    assert late.cases() == [e.amount] and late.b.evidence("late.booked") == 1
    found = late.decide(e, "adjust")
    assert (found.decision, found.by) == ("adjust", "cora")
    assert (
        late.look() == (True, f"1 of locked periods: {e.amount:.2f} adjusted, 0.00 passed")
        and late.cases() == []
    )
    assert late.b.evidence("late.decided") == 1


def test_the_close_of_the_period_that_it_is_booked_in_has_it_as_a_task(late: Late) -> None:
    e = late.bill("LATE")
    late.b.clock.at = datetime(2026, 12, 3, 15, tzinfo=UTC)

    def why() -> tuple[bool, str]:
        sessions = {"odoo": late.b.session}.get
        state = state_of(late.c, late.b.release(), sessions, "US", NOVEMBER, late.b.clock.now())
        return next(
            (s.finding.done, s.finding.why) for s in state.tasks if s.task.name == "late events decided"
        )

    assert not why()[0] and late.cases() == [e.amount]
    late.decide(e, "adjust")
    assert why()[0] and late.cases() == []


def test_what_is_below_the_limit_is_passed_by_itself_and_adds_up(late: Late) -> None:
    first, second = late.bill("L1"), late.bill("L2", quantity="2")
    late.limits(f"{second.amount}", f"{second.amount}")
    done, said = late.look()
    assert (
        not done
        and f"what is passed comes to {first.amount + second.amount:.2f}" in said
        and late.cases() == []
    )
    with pytest.raises(LateError, match="would be passed"):
        late.decide(second, "pass")
    late.decide(second, "adjust")
    assert late.look() == (
        True,
        f"2 of locked periods: {second.amount:.2f} adjusted, {first.amount:.2f} passed",
    )


def test_one_that_is_passed_by_a_person_is_within_what_is_immaterial_in_all(late: Late) -> None:
    e = late.bill("L1")
    with pytest.raises(LateError, match="late_materiality"):
        late.decide(e, "pass")
    late.limits("0.00", f"{e.amount}")
    assert not late.look()[0]
    late.decide(e, "pass")
    assert late.look() == (True, f"1 of locked periods: 0.00 adjusted, {e.amount:.2f} passed")


def test_reopened_stays_open_until_the_lock_is_moved_and_its_entry_stands_in_its_period(late: Late) -> None:
    e = late.bill("LATE")
    late.decide(e, "reopen")
    done, said = late.look()
    assert not done and "fiscal year lock stands at 2026-10-31" in said and late.cases() == [e.amount]
    late.b.admin.call(
        "res.company", "write", ids=[late.b.company.id], vals={"fiscalyear_lock_date": "2026-09-30"}
    )
    done, said = late.look()
    assert not done and "set its entry to 2026-10-30" in said
    late.c.execute(
        "update tieout.delivery set read_back = jsonb_set(read_back::jsonb, '{date}', '\"2026-10-30\"')::text where document_id = %s",
        (e.number,),
    )
    assert late.look()[0] and late.cases() == []


def test_nobody_decides_of_what_they_made_without_the_role_or_without_a_reason(late: Late) -> None:
    e = late.bill("LATE")
    with pytest.raises(LateError, match="is no controller"):
        late.decide(e, "adjust", "frank")
    with pytest.raises(LateError, match="say why"):
        late.decide(e, "adjust", reason=" ")
    with pytest.raises(LateError, match="is no decision"):
        late.decide(e, "waive")
    assert late.events()[0].decision == ""


def test_who_brought_it_does_not_decide_of_it(late: Late) -> None:
    give = late.b.give
    late.b.give = lambda *given: give(*given, by="cora")  # type: ignore[method-assign]
    e = late.bill("LATE")
    with pytest.raises(LateError, match="somebody else"):
        late.decide(e, "adjust", "cora")
    assert late.decide(e, "adjust", "carl").by == "carl"


def test_who_made_the_key_by_which_a_machine_brought_it_does_not_decide_of_it(late: Late) -> None:
    late.b.add(person("ada"))
    for role in ("administrator", "controller"):
        late.b.grant("ada", role)
    late.b.add(person("robot", human=False))
    late.b.grant("robot", "operator")
    with late.b.database.transaction() as connection:
        make_service_key(
            connection, "robot", "nightly", ("files:write",), ["*"], 90, "ada", late.b.clock.now()
        )
    give = late.b.give
    late.b.give = lambda *given: give(*given, by="robot")  # type: ignore[method-assign]
    e = late.bill("LATE")
    with pytest.raises(LateError, match="ada made a key of robot"):
        late.decide(e, "adjust", "ada")
    assert late.events()[0].decision == "" and late.decide(e, "adjust", "carl").by == "carl"


def test_a_decision_is_never_rewritten_and_one_written_past_us_or_of_another_amount_is_none(
    late: Late,
) -> None:
    e = late.bill("LATE")
    late.decide(e, "adjust")
    for statement in (
        "update tieout.late_decision set decision = 'pass'",
        "delete from tieout.late_decision",
    ):
        with pytest.raises(psycopg.errors.Error):
            late.c.execute(statement.encode())
    late.c.execute(
        "insert into tieout.late_decision (document_id, decision, reason, decided_by, decided_at, decided_booked_on,"
        " decided_amount, stamp) select document_id, 'pass', reason, decided_by, decided_at, decided_booked_on, decided_amount,"
        " stamp from tieout.late_decision"
    )
    assert late.events()[0].decision == "" and not late.look()[0]
    late.decide(e, "adjust")
    late.c.execute("update tieout.late_event set amount = amount + 1, company_amount = company_amount + 1")
    assert late.events()[0].decision == ""


def test_a_decision_of_another_day_than_it_is_booked_on_by_now_is_none(late: Late) -> None:
    e = late.bill("LATE")
    late.decide(e, "adjust")
    late.c.execute("update tieout.late_event set booked_on = booked_on + 1")
    assert late.events()[0].decision == "" and not late.look()[0]


def test_a_machine_decides_of_nothing_whatever_role_it_has(late: Late) -> None:
    e = late.bill("LATE")
    late.b.add(person("robot", human=False))
    late.b.grant("robot", "controller")
    with pytest.raises(LateError, match="robot is no controller of US"):
        late.decide(e, "adjust", "robot")
    assert late.events()[0].decision == ""


# What is held as a case is decided as well


@pytest.fixture
def held(late: Late) -> Late:
    late.b.late_events = "case"
    return late


def open_causes(late: Late) -> list[str]:
    return [cause for cause, _ in late.b.cases()]


def booked(late: Late) -> list[str]:
    """The days of what stands in the ledger of bills that are named L…"""
    return [
        str(m["date"])
        for m in late.b.world.odoo.service.world.table("account.move").values()
        if m["company_id"] == late.b.company.id and str(m["ref"]).startswith("L") and m["state"] == "posted"
    ]


def test_a_late_event_that_is_held_as_a_case_is_listed_and_decided_like_any_other(held: Late) -> None:
    e = held.bill("LATE")
    assert e.held and (e.event_on, e.booked_on, e.stands_on) == (date(2026, 10, 30), date(2026, 11, 1), None)
    done, said = held.look()
    assert not done and "held as a case" in said and f"`tieout close decide {e.number}`" in said
    # One case of it, and not a second one; it says by which number it is decided.
    assert open_causes(held) == ["late_event"] and held.cases() == []
    (row,) = held.b.database.rows("select case_id from tieout.cases where state = 'open'")
    offered = offers_of(held.c, row["case_id"])[0]
    assert offered.command.startswith(f"tieout close decide {e.number} adjust")
    assert held.decide(e, "adjust").decision == "adjust"
    done, said = held.look()
    assert not done and "is decided (adjust) and not booked yet" in said
    held.b.work()
    (found,) = held.events()
    assert not found.held and found.decision == "adjust" and found.stands_on == date(2026, 11, 1)
    assert booked(held) == ["2026-11-01"] and open_causes(held) == []
    assert held.look() == (True, f"1 of locked periods: {e.amount:.2f} adjusted, 0.00 passed")


def test_what_is_held_stands_in_the_list_of_every_later_month_until_it_is_decided(held: Late) -> None:
    e = held.bill("LATE")
    assert [x.number for x in held.events("2026-12")] == [e.number] == [x.number for x in held.events(None)]
    assert held.events("2026-10") == []
    held.decide(e, "adjust")
    held.b.work()
    assert held.events("2026-12") == [] and len(held.events("2026-11")) == 1


def test_what_is_held_below_the_limit_is_passed_by_nobody_and_may_be_passed(held: Late) -> None:
    e = held.bill("LATE")
    with pytest.raises(LateError, match="late_materiality"):
        held.decide(e, "pass")
    held.limits(f"{e.amount}", f"{e.amount}")
    assert held.look() == (True, "1 of locked periods: 0.00 adjusted, 0.00 passed")
    assert booked(held) == [] and open_causes(held) == ["late_event"]
    held.decide(e, "pass")
    held.b.work()
    assert booked(held) == ["2026-11-01"] and open_causes(held) == []
    assert held.look() == (True, f"1 of locked periods: 0.00 adjusted, {e.amount:.2f} passed")


def test_what_is_held_and_to_be_reopened_is_booked_on_its_own_day_once_that_is_open(held: Late) -> None:
    e = held.bill("LATE")
    held.decide(e, "reopen")
    held.b.work()
    done, said = held.look()
    assert not done and "fiscal year lock stands at 2026-10-31" in said and booked(held) == []
    held.b.admin.call(
        "res.company", "write", ids=[held.b.company.id], vals={"fiscalyear_lock_date": "2026-09-30"}
    )
    assert "`tieout replay --cause late_event` books it there" in held.look()[1]
    with held.c.transaction():
        assert replay(held.c, held.b.clock.now(), "cora", cause="late_event")
    held.b.work()
    assert booked(held) == ["2026-10-30"] and open_causes(held) == [] and held.events() == []


def test_a_decision_that_was_written_past_us_books_nothing(held: Late) -> None:
    e = held.bill("LATE")
    held.decide(e, "reopen")
    held.c.execute(
        "insert into tieout.late_decision (document_id, decision, reason, decided_by, decided_at, decided_booked_on,"
        " decided_amount, stamp) select document_id, 'adjust', reason, decided_by, decided_at, decided_booked_on,"
        " decided_amount, stamp from tieout.late_decision"
    )
    with held.c.transaction():
        assert replay(held.c, held.b.clock.now(), "cora", cause="late_event")
    held.b.work()
    assert booked(held) == [] and open_causes(held) == ["late_event"] and held.events()[0].decision == ""


def test_who_brought_what_is_held_does_not_decide_of_it(held: Late) -> None:
    give = held.b.give
    held.b.give = lambda *given: give(*given, by="cora")  # type: ignore[method-assign]
    e = held.bill("LATE")
    with pytest.raises(LateError, match="somebody else"):
        held.decide(e, "adjust", "cora")
    assert held.events()[0].held and open_causes(held) == ["late_event"]
