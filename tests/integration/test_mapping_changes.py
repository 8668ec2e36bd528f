"""A table of mappings that changed: the close waits until two people let it stand, or it is as it was."""

from __future__ import annotations

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
