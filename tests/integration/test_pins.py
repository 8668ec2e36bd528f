"""Ledgers are asked who they are: one that stumbles once is not kept waiting, one that stays away is not asked by everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tieout.connector_api import SetupError, SystemConfig, TransientError
from tieout.operations import pinning
from tieout.operations.pinning import Pins
from tieout.store import Database

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


@dataclass
class Ledger:
    """One that does not answer so many times."""

    away: int
    retry_after: float | None = None
    asked: int = 0

    def marker(self, value: str) -> str:
        self.asked += 1
        if self.asked <= self.away:
            raise TransientError("connection reset", self.retry_after)
        return value

    marker_found = marker


@pytest.fixture
def pins(database: Database, monkeypatch: pytest.MonkeyPatch) -> Pins:
    # Whoever is not let ask meanwhile is not, however slow this machine is.
    monkeypatch.setattr(pinning, "_AGAIN_S", 3600.0)
    config = SystemConfig("odoo", "odoo", "sandbox", {"url": "http://books/", "database": "b"})
    project: Any = SimpleNamespace(environment="sandbox", name="t", systems={"odoo": config})
    return Pins(lambda: project, lambda: database, SimpleNamespace(now=lambda: NOW))  # type: ignore[arg-type]


def refused(pins: Pins, ledger: Ledger, **more: bool) -> bool:
    try:
        pins.hold("odoo", ledger, **more)
    except TransientError as error:
        assert "odoo does not answer: connection reset" in str(error)
        return True
    return False


def test_a_ledger_that_stumbles_once_is_asked_again_at_once(pins: Pins, database: Database) -> None:
    ledger = Ledger(away=1)
    assert refused(pins, ledger)
    assert database.rows("select system from tieout.unpinned_system") == [{"system": "odoo"}]
    assert not refused(pins, ledger) and ledger.asked == 2
    assert database.rows("select system from tieout.unpinned_system") == []
    assert not refused(pins, ledger) and ledger.asked == 2


def test_one_that_stays_away_is_not_asked_by_everybody(pins: Pins) -> None:
    ledger = Ledger(away=3)
    assert [refused(pins, ledger) for _ in range(4)] == [True] * 4 and ledger.asked == 2
    # Whoever opens it anew, or wants to know now, asks.
    assert refused(pins, ledger, anew=True) and ledger.asked == 3
    assert refused(pins, ledger) and ledger.asked == 3
    assert not refused(pins, ledger, anew=True) and ledger.asked == 4
    # It answered: the next one that stumbles is the first again.
    ledger.away = 5
    assert refused(pins, ledger, anew=True) and not refused(pins, ledger)


def test_one_that_says_when_to_come_back_is_not_asked_before(pins: Pins) -> None:
    ledger = Ledger(away=1, retry_after=600.0)
    assert refused(pins, ledger) and refused(pins, ledger) and ledger.asked == 1


def test_another_session_of_it_is_asked(pins: Pins) -> None:
    first, second = Ledger(away=9), Ledger(away=0)
    assert refused(pins, first) and refused(pins, first) and refused(pins, first)
    assert not refused(pins, second) and (first.asked, second.asked) == (2, 1)


class Newer(Ledger):
    """One of a version that its connector does not know."""

    def version(self) -> str:
        return "21.0"

    def let_post(self, qualified: Callable[[str], bool]) -> None:
        self.qualified = qualified


def test_a_version_that_is_not_known_is_posted_to_once_it_is_qualified(
    pins: Pins, database: Database
) -> None:
    ledger = Newer(away=0)
    pins.hold("odoo", ledger)
    assert not ledger.qualified("21.0")
    with database.transaction() as connection:
        connection.execute(
            "insert into tieout.qualified_version "
            "(system, version, address, database_name, report_sha256, qualified_by, qualified_at, report) "
            "values ('odoo', '21.0', 'http://books', 'b', 'x', 'ann', now(), '{}')"
        )
    # Nobody starts anything again for that; and it holds for that version of that system.
    assert ledger.qualified("21.0") and not ledger.qualified("21.1")
    other = Newer(away=0)
    pins.hold("other", other)
    assert not other.qualified("21.0")
    # Nor is it of another database, or at another address.
    for name, value in (("database", "c"), ("url", "http://elsewhere")):
        values = {"url": "http://books", "database": "b", name: value}
        moved = SystemConfig("odoo", "odoo", "sandbox", values)
        pins._project().systems["odoo"] = moved
        again = Newer(away=0)
        pins.hold("odoo", again)
        assert not again.qualified("21.0") and ledger.qualified("21.0")


class OfCompany(Ledger):
    """One that works in a company."""

    number = 3

    def company(self) -> int:
        return self.number


def test_what_was_begun_in_one_company_is_never_gone_on_with_in_another(
    pins: Pins, database: Database
) -> None:
    pins.hold("odoo", OfCompany(away=0))
    other = OfCompany(away=0)
    other.number = 4
    with pytest.raises(
        SetupError, match="works in company 4, and was pinned to company 3: put that one back"
    ):
        pins.hold("odoo", other)
    assert other.asked == 0
    assert database.rows("select system, company from tieout.pinned_company") == [
        {"system": "odoo", "company": 3}
    ]
    pins.hold("odoo", OfCompany(away=0), anew=True)
