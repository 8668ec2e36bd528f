"""A month that begins with the product of 6e54738 and ends with today's, against the same simulators."""

from __future__ import annotations

import json
import tarfile
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.migration.mid_month.kept import file_of
from tests.migration.mid_month.old import COMMIT, ROOT, UNTIL, play, source_of
from tieout_sandbox.held import Held


def upgraded(scenario: str, on: date = UNTIL) -> dict[str, Any]:
    """What a month comes to that is upgraded in the middle of a day's work: the ledger's hash, what the oracle of 6e54738 objects to, and how many messages and revisions
    there were before and after everything was polled again by today's code. Raises HistoryError."""
    with source_of(COMMIT) as old, TemporaryDirectory(prefix="tieout-upgrade-") as made:
        return play(old, "live", scenario, Path(made) / scenario, on, ROOT / "src")


def result_lines(result: dict[str, Any]) -> list[str]:
    """What an upgraded month left outside, a line each, as its own commit's oracle saw it."""
    held = result["held"]
    # That oracle of the services company counts rows alone.
    rows_alone = not held or not held[0] or isinstance(held[0][0], str)
    return (Held(held) if rows_alone else Held(*held)).lines()


def unbroken_lines(scenario: str) -> list[str]:
    """What the month of 6e54738, played by that product unbroken, left outside: of what was kept there is the hash alone."""
    with source_of(COMMIT) as old, TemporaryDirectory(prefix="tieout-upgrade-") as made:
        return result_lines(play(old, "whole", scenario, Path(made) / scenario))


def kept_ledger(scenario: str) -> str:
    """The ledger's hash after the month that 6e54738 played unbroken."""
    with tarfile.open(file_of(scenario)) as archive:
        facts = archive.extractfile("facts.json")
        assert facts is not None
        found: str = json.load(facts)["ledger_sha256"]
    return found


def complaints(result: dict[str, Any], unbroken: str) -> list[str]:
    """Everything in which an upgraded month is not as an unbroken one."""
    found = [f"oracle {x}" for x in result["findings"]]
    if result["ledger_sha256"] != unbroken:
        found.append(f"ledger {result['ledger_sha256'][:16]}, unbroken {unbroken[:16]}")
    before, after = result["before_pulling_again"], result["after_pulling_again"]
    for what in ("revisions", "deliveries", "plans"):
        if before[what] != after[what]:
            found.append(f"polling everything again made {after[what] - before[what]} {what}")
            found += result.get("anew", ()) if what == "revisions" else ()
    return found
