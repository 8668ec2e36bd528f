"""What the project declares that changed: two people look at it, and until then a close goes by what they know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.integration.test_close import Closer, close, closer
from tieout.close import gather, keep_mappings, state_of
from tieout.close.declared_changes import as_declared
from tieout.close.governed_files import governed_tables
from tieout.close.mapping_changes import tell_mappings
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


def let_stand(connection: Connection, now: Release) -> None:
    """Two people say of each change that it may stand."""
    for case in told(connection, now):
        with connection.transaction():
            accept_case(connection, case["case_id"], "by our policy", NOVEMBER_4, "cora, carl")


def told(connection: Connection, now: Release) -> list[dict[str, Any]]:
    tell_mappings(connection, now, "US", OCTOBER, None, NOVEMBER_4)
    sql = "select * from tieout.cases where cause = 'rules_changed' and state = 'open' order by case_id"
    return connection.execute(sql).fetchall()


def test_what_must_come_is_what_people_know(connection: Connection) -> None:
    keep_mappings(connection, release(), SEPTEMBER_20)
    keep_mappings(connection, release(NOTHING), NOVEMBER_4)
    for period in (OCTOBER, NOVEMBER, DECEMBER):
        assert (
            since_it_began(connection, release(NOTHING), "US", period).interfaces["payroll"].expected
            == EACH_MONTH
        )
    let_stand(connection, release(NOTHING))
    assert (
        since_it_began(connection, release(NOTHING), "US", OCTOBER).interfaces["payroll"].expected == NOTHING
    )
    assert told(connection, release(NOTHING)) == []


def test_what_is_made_by_intent_is_what_people_know(connection: Connection) -> None:
    keep_mappings(connection, release(), SEPTEMBER_20)
    now = release(origins=(BY_HAND,))
    keep_mappings(connection, now, NOVEMBER_4)
    assert as_declared(connection, now, "US", OCTOBER).entities["US"].origins == ()
    let_stand(connection, now)
    assert as_declared(connection, now, "US", OCTOBER).entities["US"].origins == (BY_HAND,)
    # Taken away since it is made by intent still, until two people let that stand.
    keep_mappings(connection, release(), NOVEMBER_4 + timedelta(days=60))
    # What it is now is what it was first: people know that.
    assert as_declared(connection, release(), "US", DECEMBER).entities["US"].origins == ()
    other = release(origins=(replace(BY_HAND, why="for another reason"),))
    keep_mappings(connection, other, NOVEMBER_4 + timedelta(days=61))
    assert as_declared(connection, other, "US", DECEMBER).entities["US"].origins == ()


def test_a_row_says_where_something_is_said_and_what(connection: Connection) -> None:
    more = release(NOTHING, (BY_HAND,), (ApprovalPolicy("all", "amount > 0", (Step("cfo"),)),))
    keep_mappings(connection, release(), SEPTEMBER_20)
    keep_mappings(connection, more, NOVEMBER_4)
    said = [case["detail"] for case in told(connection, more)]
    assert any(
        'interfaces/payroll.toml expected: was {"accounts"' in text and ", is {" in text for text in said
    )
    assert any("approval policies: 1 new, such as all = {" in text for text in said)
    assert any("1 new, such as tieout.toml entities.US.origins.by_hand = {" in text for text in said)
    keep_mappings(connection, release(gone=True), NOVEMBER_4)
    assert any(
        "gone, such as interfaces/payroll.toml" in c["detail"] for c in told(connection, release(gone=True))
    )


def test_rows_are_the_same_whatever_the_order_of_what_is_said(connection: Connection) -> None:
    one, other = ({"a": 1, "b": {"x": "1", "y": "2"}}, {"b": {"y": "2", "x": "1"}, "a": 1})
    tables = []
    for options in (one, other):
        made = release()
        payroll = replace(made.interfaces["payroll"], options=options)
        tables.append(governed_tables(replace(made, interfaces={"payroll": payroll})))
    assert tables[0] == tables[1]


class Declaring:
    """Somebody who edits the project's files."""

    def __init__(self, closer: Closer) -> None:
        self.closer, self.release = closer, closer.b.release()
        self.keep(datetime(2026, 9, 30, tzinfo=UTC))

    def keep(self, at: datetime | None = None) -> None:
        with self.closer.connection.transaction():
            keep_mappings(self.closer.connection, self.release, at or self.closer.b.clock.now())

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
            "select * from tieout.cases where cause = 'rules_changed' and state = 'open' order by case_id"
        )


def test_another_declaration_keeps_the_close_open_until_two_people_let_it_stand(closer: Closer) -> None:
    files = Declaring(closer)
    assert files.cases() == [] and "no case is open" in files.why()
    files.change(late_events="first_open")
    (case,) = files.cases()
    assert case["detail"] == "interfaces of US: interfaces/bills.toml late_events: was case, is first_open"
    assert "1 rules changed" in files.why()
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
    (case,) = files.cases()
    assert case["detail"] == "interfaces of US: interfaces/bills.toml complete: was when settled, is whole"
    files.change(complete="when settled")
    assert files.cases() == []


def test_of_a_month_that_is_closed_what_is_declared_later_is_none_of_it(closer: Closer) -> None:
    files = Declaring(closer)
    close(closer)
    closer.b.clock.at += timedelta(hours=1)
    files.change(late_events="first_open")
    assert files.cases() == [] and files.state().closed
