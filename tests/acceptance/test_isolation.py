"""What fails by itself stays by itself: faults of one item or one system, seen through a worker process and SQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.shaky_project import ShakyProject
from tieout.store import Database

pytestmark = pytest.mark.long

Make = Callable[..., ShakyProject]


@pytest.fixture
def make(database: Database, tmp_path: Path) -> Iterator[Make]:
    made: list[ShakyProject] = []

    def project(interfaces: dict[str, str], **more: Any) -> ShakyProject:
        made.append(ShakyProject(tmp_path / "project", database, interfaces, **more))
        return made[-1]

    yield project
    for each in made:
        each.stop()


def poison(database: Database, key: str) -> None:
    """The database refuses to plan whatever has this key: as it refuses a value that its column does not take."""
    with database.transaction() as connection:
        connection.execute(
            f"create function tieout.poison() returns trigger language plpgsql as $$ begin"
            f" if new.source_key like '%{key}%' and new.state = 'planned' then"
            f" raise exception 'refused' using errcode = '22003'; end if; return new; end $$".encode()
        )
        connection.execute(
            "create trigger poison before insert or update on tieout.document"
            " for each row execute function tieout.poison()"
        )


def test_a_message_and_a_due_document_that_fail_together_are_two_cases(
    make: Make, database: Database
) -> None:
    """One of each was halved into itself, for ever."""
    site = make({"one": "US"})
    site.gives("one", "poisoned_due")
    site.start()
    site.wait(lambda: site.states() == {"one:poisoned_due": "posted"})
    site.stop()
    poison(database, "poisoned")
    with database.transaction() as connection:
        connection.execute("update tieout.document set state = 'normalised', retry_at = '2020-01-01'")
        connection.execute("update tieout.poll_cursor set due_at = '2020-01-01'")
    site.gives("one", "poisoned_new", "good")
    site.start()
    site.wait(lambda: site.states() == {"one:poisoned_due": "refused", "one:good": "posted"})
    site.wait(lambda: site.cases() == ["processing_failed", "unreadable_message"])
    (held,) = database.rows("select amount from tieout.cases where cause = 'processing_failed'")
    assert held["amount"] == Decimal("5.00")
    # Once what was at fault is mended both are taken up again.
    with database.transaction() as connection:
        connection.execute("drop trigger poison on tieout.document")
    assert site.tieout("replay").returncode == 0
    site.wait(lambda: site.states().get("one:poisoned_new") == "posted")
    site.wait(lambda: site.states()["one:poisoned_due"] == "planned" and not site.cases())


@pytest.mark.parametrize("error", ["ValueError", "RecursionError", "ConnectorError"])
def test_a_poll_that_fails_keeps_no_other_interface_from_being_polled(make: Make, error: str) -> None:
    site = make({"a_bad": "US", "b_good": "US"})
    site.moods("source_a_bad", poll=error)
    site.gives("b_good", "k1")
    site.start()
    site.wait(lambda: site.states() == {"b_good:k1": "posted"})
    # It waits longer each time, and says why.
    site.wait(lambda: "poll fails as it was told" in shown(site))
    before = len(site.asked("source_a_bad", "poll"))
    time.sleep(2)
    assert len(site.asked("source_a_bad", "poll")) - before <= 8
    site.gives("a_bad", "k2")
    site.moods("source_a_bad")
    site.wait(lambda: site.states().get("a_bad:k2") == "posted")
    assert "poll fails" not in shown(site)


def shown(site: ShakyProject) -> str:
    """What people are shown of interfaces that fail."""
    done = site.tieout("status", "--json")
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("system", "what", "lane"),
    [("source_a_bad", "poll", "poll a_bad"), ("books_US", "sending", "deliver books_US")],
)
def test_a_worker_of_which_a_round_hangs_ends_and_the_next_one_goes_on(
    make: Make, system: str, what: str, lane: str
) -> None:
    """Nobody else has the lane while it lives: it ends, says of what, and what it was sending is looked up."""
    site = make({"a_bad": "US", "b_good": "EU"})
    site.gives("a_bad", "a")
    site.gives("b_good", "b")
    site.moods(system, **{what: "hang"})
    site.start()
    worker = site.worker
    assert worker is not None and worker.wait(60) == 3
    said = (site.folder / "worker.log").read_text()
    assert f"a round of {lane}" in said and "is given up with this worker" in said
    assert len(site.asked(system, what)) == 1
    site.moods(system)
    site.start()
    site.wait(lambda: site.states() == {"a_bad:a": "posted", "b_good:b": "posted"} and not site.cases())
    assert len(site.asked("books_US", "sending")) == (2 if what == "sending" else 1)


def test_a_record_with_an_odd_name_keeps_no_other_of_its_page_out(make: Make) -> None:
    """A name that no column holds stopped its stream for good."""
    site = make({"one": "US"})
    site.gives("one", "k1", "nul\x00", "half\ud800", "long" * 300, "k2")
    site.start()
    site.wait(lambda: [site.states().get(f"one:{k}") for k in ("k1", "k2")] == ["posted"] * 2)
    (kept,) = site.database.rows("select count(*)::int as n from tieout.message_body")
    assert kept["n"] == 5, "a record was lost"
    site.wait(lambda: len(site.cases()) + len([s for s in site.states().values() if s == "posted"]) == 5)


def test_a_ledger_that_does_not_answer_holds_up_its_own_entity_alone(make: Make) -> None:
    """Facts are read before a batch is planned: what was raised there kept every later interface from its turn."""
    site = make({"a_one": "AA", "b_two": "BB"})
    site.moods("books_AA", facts="TransientError")
    site.gives("a_one", "k1")
    site.gives("b_two", "k2")
    site.start()
    site.wait(lambda: site.states().get("b_two:k2") == "posted")
    assert "a_one:k1" not in site.states()
    site.moods("books_AA")
    site.wait(lambda: site.states() == {"a_one:k1": "posted", "b_two:k2": "posted"})
    assert not site.cases()


def test_a_system_that_cannot_be_opened_keeps_no_other_from_working(make: Make) -> None:
    site = make({"a_bad": "US", "b_good": "US"})
    site.moods("source_a_bad", open="SetupError")
    site.gives("b_good", "k1")
    site.start()
    site.wait(lambda: site.states() == {"b_good:k1": "posted"})
    site.wait(lambda: "open fails as it was told" in shown(site))


def test_what_its_target_takes_and_never_shows_is_sent_a_few_times_and_then_a_case(make: Make) -> None:
    """It was sent 754 times in five seconds."""
    site = make({"one": "US"})
    site.moods("books_US", absent=["k_gone"])
    site.gives("one", "k_gone", "k_good")
    site.start()
    site.wait(lambda: site.states() == {"one:k_gone": "refused", "one:k_good": "posted"})
    sent = [keys for keys in site.asked("books_US", "send") if any("k_gone" in k for k in keys)]
    assert 2 <= len(sent) <= 8
    assert site.cases() == ["not_taken_by_target"]


def test_what_a_writer_raises_for_one_sending_stays_with_that_one(make: Make) -> None:
    site = make({"one": "US"})
    site.moods("books_US", sending={"k_bad": "ValueError"})
    site.gives("one", "k1", "k2", "k_bad", "k3", "k4")
    site.start()
    good = [f"one:{k}" for k in ("k1", "k2", "k3", "k4")]
    site.wait(lambda: [k for k, state in site.states().items() if state == "posted"] == good)
    site.wait(lambda: len(site.cases()) == 1)
    held = site.place("books_US") / "held.log"
    assert len(held.read_text().splitlines()) == 4, "something was sent twice"


def test_of_a_target_that_cannot_be_asked_only_the_one_that_failed_is_undecided(make: Make) -> None:
    """One bad mail made five deliveries undecided."""
    site = make({"one": "US"}, blind=True)
    site.moods("books_US", sending={"k_bad": "ValueError"})
    site.gives("one", "k1", "k2", "k_bad", "k3", "k4")
    site.start()
    site.wait(lambda: sorted(site.states().values()) == ["posted"] * 4 + ["refused"])
    assert site.cases() == ["outcome_undecided"]
