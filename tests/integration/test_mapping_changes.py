"""A table of mappings that changed: the close waits until two people let it stand, or it is as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.test_close import Closer, closer
from tieout.close import keep_mappings
from tieout.planning import HeldError, accept, accept_case

__all__ = ["closer"]


class Tables:
    """Somebody who edits the tables."""

    def __init__(self, closer: Closer) -> None:
        self.closer, self._rates = closer, dict(closer.b.rates)
        self.keep()

    def keep(self) -> int:
        with self.closer.connection.transaction():
            return keep_mappings(self.closer.connection, self.closer.b.release(), self.closer.b.clock.now())

    def change(self, **rates: str) -> None:
        self.closer.b.rates = {**self._rates, **rates}
        self.keep()

    def cases(self, state: str = "open") -> list[dict[str, Any]]:
        self.closer.state()
        return self.closer.b.database.rows(
            f"select * from tieout.cases where cause = 'mapping_changed' and state = '{state}' order by case_id"
        )

    def accept(self, who: str, reason: str = "the rate of the second half-year") -> Any:
        (case,) = self.cases()
        with self.closer.connection.transaction():
            return accept(
                self.closer.connection, self.closer.b.release(), case["case_id"], reason, self.closer.b.clock.now(), who
            )  # fmt: skip


@pytest.fixture
def tables(closer: Closer) -> Tables:
    return Tables(closer)


def test_what_a_project_was_set_up_with_is_nothing_to_look_at(tables: Tables) -> None:
    assert tables.keep() == 0 and tables.cases() == []
    assert tables.closer.states()["cases decided"] == "done"


def test_another_row_keeps_the_close_open_until_two_people_let_it_stand(tables: Tables) -> None:
    tables.change(XX="7")
    (case,) = tables.cases()
    assert case["detail"] == "mappings/tax_rates.csv: 1 new, such as XX = 7" and case["entity"] == "US"
    assert "mapping changed" in tables.closer.why("cases decided")
    asked = tables.accept("cora")
    # One person alone changes nothing.
    assert not asked.done and asked.request and len(tables.cases()) == 1
    assert tables.closer.states()["cases decided"] == "open"
    with tables.closer.connection.transaction():
        # As the other one's approval does.
        accept_case(
            tables.closer.connection, case["case_id"], "it is", tables.closer.b.clock.now(), "cora, carl"
        )
    assert tables.cases() == []
    # Changed further it is asked for again, by what the two people know.
    tables.change(XX="7", YY="8")
    (case,) = tables.cases()
    assert case["detail"] == "mappings/tax_rates.csv: 1 new, such as YY = 8"


def test_a_table_that_is_put_back_is_nothing_to_look_at(tables: Tables) -> None:
    tables.change(XX="7")
    assert len(tables.cases()) == 1
    tables.change()
    assert tables.cases() == [] and len(tables.cases("solved")) == 1
    tables.change(XX="7")
    assert len(tables.cases()) == 1


def test_whoever_changed_it_does_not_let_it_stand(tables: Tables) -> None:
    from tieout.evidence import Entry, record

    with tables.closer.connection.transaction():
        record(
            tables.closer.connection,
            [Entry(tables.closer.b.clock.now(), "cora", "mapping.changed", "tax_rates", "", {"added": 1})],
        )
    tables.change(XX="7")
    with pytest.raises(HeldError):
        tables.accept("cora")


def _planned_meanwhile(tables: Tables) -> None:
    """A release came into force now, and what stands was planned by it."""
    c, now = tables.closer.connection, tables.closer.b.clock.now()
    sha = f"{now:%H%M%S}"
    c.execute("insert into tieout.release (sha256, activated_at) values (%s, %s)", (sha, now))
    c.execute("update tieout.document set release = %s where state = 'posted'", (sha,))
    tables.closer.b.clock.at = now + timedelta(minutes=1)


def test_a_row_that_was_there_for_a_time_in_which_something_was_planned_is_told_of(tables: Tables) -> None:
    tables.change(XX="7")
    _planned_meanwhile(tables)
    tables.change()
    (case,) = tables.cases()
    assert case["detail"].startswith("mappings/tax_rates.csv: 1 new, such as XX = 7, from ")
    assert "documents were planned" in case["detail"] and case["blocking"]
    with tables.closer.connection.transaction():
        accept_case(
            tables.closer.connection, case["case_id"], "it is", tables.closer.b.clock.now(), "cora, carl"
        )
    assert tables.cases() == []


def test_a_row_that_was_gone_for_such_a_time_is_told_of(closer: Closer) -> None:
    closer.b.rates = {"XX": "7"}
    tables = Tables(closer)
    closer.b.rates = {}
    tables.keep()
    _planned_meanwhile(tables)
    tables.change()
    (case,) = tables.cases()
    assert case["detail"].startswith("mappings/tax_rates.csv: 1 gone, such as XX = 7, from ")


def test_what_came_step_by_step_is_looked_at_once_as_it_is(tables: Tables) -> None:
    tables.change(XX="7")
    _planned_meanwhile(tables)
    tables.change(XX="7", YY="8")
    (case,) = tables.cases()
    assert case["detail"] == "mappings/tax_rates.csv: 2 new, such as XX = 7"


def test_what_was_planned_by_other_files_before_or_after_is_no_matter(tables: Tables) -> None:
    _planned_meanwhile(tables)
    tables.change(XX="7")
    tables.closer.b.clock.at = tables.closer.b.clock.now() + timedelta(minutes=1)
    tables.change()
    _planned_meanwhile(tables)
    assert tables.cases() == []


def test_another_entitys_interfaces_are_its_own(tables: Tables) -> None:
    release = tables.closer.b.release()
    theirs = replace(release.entities["US"], code="DE", name="DE")
    tables.closer.b.release = lambda: replace(release, entities={**release.entities, "DE": theirs})  # type: ignore[method-assign]
    tables.keep()
    tables.closer.b.release = lambda: replace(  # type: ignore[method-assign]
        release, entities={**release.entities, "DE": replace(theirs, time_zone="Asia/Tokyo")}
    )
    tables.keep()
    tables.closer.state()
    rows = tables.closer.b.database.rows("select 1 from tieout.cases where cause = 'rules_changed'")
    assert rows == []


def test_a_table_that_is_taken_out_of_the_project_keeps_the_close_open(tables: Tables) -> None:
    """Without mappings/taxes.csv no task asks whether taxes tie out."""
    release = tables.closer.b.release
    assert "taxes tie out" in tables.closer.states()

    def without() -> Any:
        made = release()
        return replace(made, mappings={name: m for name, m in made.mappings.items() if name != "taxes"})

    tables.closer.b.release = without  # type: ignore[method-assign]
    assert tables.keep() == 1 and "taxes tie out" not in tables.closer.states()
    (case,) = tables.cases()
    assert case["detail"].startswith(
        f"mappings/taxes.csv: {len(release().mappings['taxes'].rows)} gone, such as "
    )
    assert tables.keep() == 0
    # There again, nothing is to be looked at: nothing was booked meanwhile.
    tables.closer.b.release = release  # type: ignore[method-assign]
    assert tables.keep() == 1 and tables.cases() == []
