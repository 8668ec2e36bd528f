"""What the project declares that changed within a period: two people look at it, and until then the month goes by what it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.integration.test_close import Closer, close, closer
from tieout.close import gather, keep_declared, state_of
from tieout.close.declared_changes import as_declared, declared, in_words
from tieout.close.since_it_began import since_it_began
from tieout.money import Period
from tieout.planning import accept, accept_case
from tieout.rules import ApprovalPolicy, Entity, Interface, Release
from tieout.rules.approval import Step
from tieout.rules.expected import MONTH, Expected
from tieout.rules.origins import Origin
from tieout.store import Connection, Database

__all__ = ["closer"]
OCTOBER, NOVEMBER, DECEMBER = Period(2026, 10), Period(2026, 11), Period(2026, 12)
SEPTEMBER_20, NOVEMBER_4 = datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)
BY_HAND = Origin(
    "by_hand", ("entry",), date(2026, 10, 1), "the clerk", "made there by intent", accounts=("400000",)
)
EACH_MONTH, NOTHING = Expected(MONTH, by_day=31), Expected()


def release(
    expected: Expected | None = EACH_MONTH, origins: tuple[Origin, ...] = (), policies: tuple[ApprovalPolicy, ...] = (), gone: bool = False
) -> Release:  # fmt: skip
    payroll = Interface("payroll", "payroll", "US", ("runs",), "o", "record to report", expected=expected)
    entity = Entity("US", "US", "USD", "UTC", "odoo", origins=origins)
    return Release("x", {"US": entity}, {} if gone else {"payroll": payroll}, {}, policies)


@pytest.fixture
def connection(database: Database) -> Connection:
    return database.connect(autocommit=True)


def test_it_is_kept_once_whenever_it_becomes_other(connection: Connection) -> None:
    assert [keep_declared(connection, release(), SEPTEMBER_20) for _ in range(2)] == [1, 0]
    assert keep_declared(connection, release(NOTHING), NOVEMBER_4) == 1
    assert keep_declared(connection, release(), NOVEMBER_4) == 1


def test_what_must_come_is_what_had_to_when_the_month_began(connection: Connection) -> None:
    keep_declared(connection, release(), SEPTEMBER_20)
    keep_declared(connection, release(NOTHING), NOVEMBER_4)
    for period, expected in ((OCTOBER, EACH_MONTH), (NOVEMBER, EACH_MONTH), (DECEMBER, NOTHING)):
        found = since_it_began(connection, release(NOTHING), "US", period)
        assert found.interfaces["payroll"].expected == expected


def test_what_is_made_by_intent_is_what_was_when_the_month_began(connection: Connection) -> None:
    keep_declared(connection, release(), SEPTEMBER_20)
    keep_declared(connection, release(origins=(BY_HAND,)), NOVEMBER_4)
    now = release(origins=(BY_HAND,))
    assert as_declared(connection, now, "US", OCTOBER).entities["US"].origins == ()
    assert as_declared(connection, now, "US", DECEMBER).entities["US"].origins == (BY_HAND,)
    # Taken away since, it is what it was for the months before: those were signed with it.
    later = datetime(2027, 1, 5, tzinfo=UTC)
    keep_declared(connection, release(), later)
    assert as_declared(connection, release(), "US", DECEMBER).entities["US"].origins == (BY_HAND,)
    assert as_declared(connection, release(), "US", Period(2027, 2)).entities["US"].origins == ()


def test_what_is_said_of_a_change_names_its_place_and_both(connection: Connection) -> None:
    before = declared(release(), "US")
    more = release(NOTHING, (BY_HAND,), (ApprovalPolicy("all", "amount > 0", (Step("cfo"),)),))
    said = in_words(before, declared(more, "US"))
    assert 'interfaces/payroll.toml expected: was {"accounts"' in said and "policy all: was not said" in said
    assert "tieout.toml entities.US.origins.by_hand: was not said, is" in said
    assert "interfaces/payroll.toml system" in in_words(before, declared(release(gone=True), "US"))
    assert in_words(before, before) == ""


class Declaring:
    """Somebody who edits the project's files."""

    def __init__(self, closer: Closer) -> None:
        self.closer, self.release = closer, closer.b.release()
        self.keep(datetime(2026, 9, 30, tzinfo=UTC))

    def keep(self, at: datetime | None = None) -> None:
        with self.closer.connection.transaction():
            keep_declared(self.closer.connection, self.release, at or self.closer.b.clock.now())

    def change(self, **given: Any) -> None:
        bills = replace(self.release.interfaces["bills"], **given)
        self.release = replace(self.release, interfaces={**self.release.interfaces, "bills": bills})
        self.keep()

    def state(self) -> Any:
        now, c = self.closer.b.clock.now(), self.closer
        gather(c.connection, self.release, c._sessions, "US", OCTOBER, now)
        return state_of(c.connection, self.release, c._sessions, "US", OCTOBER, now)

    def why(self) -> str:
        return next(str(s.finding.why) for s in self.state().tasks if s.task.name == "cases decided")

    def cases(self) -> list[dict[str, Any]]:
        self.state()
        return self.closer.b.database.rows(
            "select * from tieout.cases where cause = 'declaration_changed' and state = 'open' order by case_id"
        )


def test_another_declaration_keeps_the_close_open_until_two_people_let_it_stand(closer: Closer) -> None:
    files = Declaring(closer)
    assert files.cases() == [] and "no case is open" in files.why()
    files.change(late_events="first_open")
    (case,) = files.cases()
    assert case["detail"] == 'interfaces/bills.toml late_events: was "case", is "first_open"'
    assert "1 declaration changed" in files.why()
    with closer.connection.transaction():
        asked = accept(
            closer.connection, files.release, case["case_id"], "by our policy", closer.b.clock.now(), "cora"
        )
    assert not asked.done and asked.request and len(files.cases()) == 1
    with closer.connection.transaction():
        # As the other one's approval does.
        accept_case(closer.connection, case["case_id"], "by our policy", closer.b.clock.now(), "cora, carl")
    assert files.cases() == []
    # Changed further it is asked for again, by what the two people know; put back, it is as they let it stand.
    files.change(complete="whole")
    assert files.cases()[0]["detail"] == 'interfaces/bills.toml complete: was "when settled", is "whole"'
    files.change(complete="when settled")
    assert files.cases() == []


def test_of_a_month_that_is_closed_what_is_declared_later_is_none_of_it(closer: Closer) -> None:
    files = Declaring(closer)
    close(closer)
    closer.b.clock.at += timedelta(hours=1)
    files.change(late_events="first_open")
    assert files.cases() == [] and files.state().closed
