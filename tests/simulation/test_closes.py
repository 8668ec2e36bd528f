"""Ways to make a period look closed (the campaign, for a few of them that are quick): none closes it, each is named with its
amount; and without any the month closes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.simulation.closes import chosen, page
from tests.simulation.ways.registry import WAYS
from tests.simulation.ways.trunk import Played
from tests.simulation.ways.way import Outcome, Told
from tieout.store import EmbeddedServer

pytestmark = pytest.mark.long

# What people sign in the wrong month or twice: tests/integration/test_close.py, test_close_on_nothing.py.
_QUICK = (
    "an invoice reset to draft",
    "two entries on the bank that offset each other",
    "a reading of the ledger that is stale",
)


def test_no_way_closes_a_period_and_each_is_named_with_its_amount(server: EmbeddedServer) -> None:
    """In a process of its own: it is copied as it stands, and one in which Polars runs has threads that a copy has not."""
    command = [sys.executable, "-m", "tests.simulation.closes", ",".join(f"={name}" for name in _QUICK)]
    done = subprocess.run(
        [*command, "--dsn", server.dsn], capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("open: ") == len(_QUICK) and "nothing planted: closes" in done.stdout, (
        done.stdout
    )


def test_names_are_one_way_each_and_some_are_chosen_by_name_kind_or_company() -> None:
    names = [w.name for w in WAYS]
    assert len(names) == len(set(names)) and {w.name for w in chosen(f"={names[0]}")} == {names[0]}
    assert {w.kind for w in chosen("people")} == {"people"}


def test_the_page_says_what_closed_what_nobody_named_and_what_was_not_tried() -> None:
    told = Told("", None)
    outcomes = [
        Outcome(WAYS[0].name, True, "", told),
        Outcome(WAYS[1].name, False, "", told),
        Outcome(WAYS[2].name, False, "case x: 1.00 USD", told),
    ]
    text = "\n".join(page(outcomes, [Played("distributor", ["US close: open"])]))
    assert "1 closed, 2 are not as they must be" in text and "nothing planted: US close: open" in text
    assert f"| {WAYS[0].name} | CLOSED |" in text and f"| {WAYS[1].name} | open, NOT NAMED |" in text
    assert f"Not tried in this run: {WAYS[3].name}" in text
