"""Delivering in a real database, to a target that does what the test wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.integration.test_process import ACCOUNTS, NOW, Site, row
from tests.stages import forget_failures, step
from tieout.connector_api import Outcome, Sending, TransientError, UnknownOutcomeError
from tieout.delivery import DeliveryStage
from tieout.documents import ledger_lines
from tieout.planning import replay
from tieout.store import Database


class Target:
    """A ledger that keeps what it is sent; `mood` says how it answers."""

    def __init__(self) -> None:
        self.held: dict[str, Sending] = {}
        self.sent: list[str] = []
        self.looked_up: list[str] = []
        self.mood = "good"

    def _confirmed(self, sending: Sending) -> Outcome:
        lines = [[x.account, str(x.amount)] for x in ledger_lines(sending.body)]
        return Outcome(sending.external_id, "confirmed", 1, "m", read_back={"lines": lines})

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        self.sent += [s.external_id for s in batch]
        if self.mood == "busy":
            raise TransientError("busy", 0.0)
        if self.mood == "refuses":
            return [Outcome(s.external_id, "refused", error="no such journal") for s in batch]
        assert not {s.external_id for s in batch} & set(self.held), "sent twice"
        if self.mood != "cut before":
            self.held |= {s.external_id: s for s in batch}
        if self.mood.startswith("cut"):
            raise UnknownOutcomeError("cut")
        return [self._confirmed(s) for s in batch]

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        self.looked_up += [s.external_id for s in batch]
        if self.mood == "undecided":
            return [Outcome(s.external_id, "undecided", error="who knows") for s in batch]
        return [
            self._confirmed(s) if s.external_id in self.held else Outcome(s.external_id, "absent")
            for s in batch
        ]


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


def deliver(site: Site, target: Target, rounds: int = 8) -> None:
    stage = DeliveryStage(lambda _: target, site.clock, lambda: ["odoo"])
    connection = site.database.connect(autocommit=True)
    for _ in range(rounds):
        forget_failures(connection)
        step(stage, connection)
    connection.close()


def deliveries(site: Site) -> list[dict[str, Any]]:
    return site.database.rows("select state, attempts, measure, plan_no from tieout.delivery order by 1")


def test_a_confirmed_delivery_posts_its_document_with_what_was_read_back(site: Site) -> None:
    site.take(row("a"))
    site.work()
    deliver(site, Target())
    assert site.states() == {"a": "posted"}
    assert [d["measure"] for d in deliveries(site)] == [-5]


@pytest.mark.parametrize("mood", ["cut before", "cut after"])
def test_an_unknown_outcome_is_looked_up_before_anything_is_sent_again(site: Site, mood: str) -> None:
    site.take(row("a"))
    site.work()
    target = Target()
    target.mood = mood
    deliver(site, target, rounds=1)
    assert [d["state"] for d in deliveries(site)] == ["unknown"] and not target.looked_up
    target.mood = "good"
    deliver(site, target)
    assert len(target.looked_up) == 1
    assert len(target.sent) == (2 if mood == "cut before" else 1)
    assert len(target.held) == 1 and site.states() == {"a": "posted"}


def test_an_attempt_of_a_dead_worker_is_looked_up_first(site: Site) -> None:
    site.take(row("a"))
    site.work()
    with site.database.transaction() as connection:
        connection.execute("update tieout.delivery set state = 'attempting'")
    target = Target()
    deliver(site, target)
    assert target.looked_up and len(target.sent) == 1 and site.states() == {"a": "posted"}


def test_what_cannot_be_decided_is_a_case_and_never_sent_again(site: Site) -> None:
    site.take(row("a"))
    site.work()
    target = Target()
    target.mood = "cut after"
    deliver(site, target, rounds=1)
    target.mood = "undecided"
    deliver(site, target)
    assert len(target.sent) == 1
    assert site.database.rows("select cause from tieout.cases") == [{"cause": "outcome_undecided"}]


def test_a_busy_target_is_waited_for(site: Site) -> None:
    site.take(row("a"))
    site.work()
    target = Target()
    target.mood = "busy"
    deliver(site, target, rounds=3)
    assert [d["state"] for d in deliveries(site)] == ["waiting"]
    assert not site.database.rows("select 1 from tieout.cases")
    target.mood = "good"
    deliver(site, target)
    assert site.states() == {"a": "posted"}


def test_what_the_target_refuses_is_a_case_and_goes_out_mended_after_a_replay(site: Site) -> None:
    site.take(row("a"))
    site.work()
    target = Target()
    target.mood = "refuses"
    deliver(site, target)
    assert len(target.sent) == 1 and site.states() == {"a": "refused"}
    assert site.database.rows("select cause, blocking from tieout.cases") == [
        {"cause": "refused_by_target", "blocking": True}
    ]
    site.accounts = {**ACCOUNTS, "bank_in_transit": "101999"}
    with site.database.transaction() as connection:
        assert replay(connection, NOW, "t") == 1
    site.work()
    target.mood = "good"
    deliver(site, target)
    assert site.states() == {"a": "posted"}
    assert [d["plan_no"] for d in deliveries(site)] == [2]
    (sending,) = target.held.values()
    assert {x.account for x in ledger_lines(sending.body)} == {"101501", "101999"}
    assert site.database.rows("select state from tieout.cases") == [{"state": "solved"}]
    lines = site.database.rows(
        "select plan_no, count(*)::int as n from tieout.posting_line group by 1 order by 1"
    )
    assert lines == [{"plan_no": 1, "n": 2}, {"plan_no": 2, "n": 2}]


def test_a_replay_of_what_was_posted_changes_nothing(site: Site) -> None:
    site.take(row("a"))
    site.work()
    target = Target()
    deliver(site, target)
    with site.database.transaction() as connection:
        assert replay(connection, NOW, "t") == 0
    site.work()
    deliver(site, target)
    assert len(target.sent) == 1
