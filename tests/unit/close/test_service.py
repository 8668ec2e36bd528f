"""When the close itself is done: each task before it is done by its evidence now, and signed by two people, of whom nobody took that back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tieout.close.model import Finding, Signature, Task
from tieout.close.service import _final

NOW = datetime(2026, 11, 3, 15, tzinfo=UTC)
NAMES = ("complete: bills", "bank reconciled")


def task(name: str, check: str) -> Task:
    return Task(name=name, entity="US", owner="controller", due_at=NOW, check=check)


TASKS = [*(task(n, "bank") for n in NAMES), task("close", "close")]
DONE = Finding(done=True, why="as the bank has it", digest="d")
SIGNED = Signature(
    task=NAMES[1], digest="d", prepared_by="cora", prepared_at=NOW, signed_by="carl", signed_at=NOW
)


def final(finding: Finding = DONE, **signed: Any) -> Finding:
    """The close of two tasks, of which the second is found and signed like that."""
    signatures = {NAMES[0]: SIGNED, NAMES[1]: msgspec.structs.replace(SIGNED, **signed)}
    return _final(TASKS, {NAMES[0]: DONE, NAMES[1]: finding}, signatures)


def test_a_close_is_done_once_each_task_is_done_and_signed_by_two() -> None:
    assert final() == Finding(done=True, why="every task is done and signed", digest=final().digest)


@pytest.mark.parametrize(
    ("finding", "signed"),
    [
        (msgspec.structs.replace(DONE, done=False), {}),
        (DONE, {"signed_by": "", "signed_at": None}),
        (DONE, {"revoked_at": NOW}),
    ],
)
def test_it_is_not_while_one_is_open_prepared_or_taken_back(finding: Finding, signed: dict[str, Any]) -> None:
    found = final(finding, **signed)
    assert not found.done and found.why == "1 tasks are not signed, such as 'bank reconciled'"


def test_a_task_that_nobody_signed_keeps_it_open_and_other_figures_are_another_close() -> None:
    findings = dict.fromkeys(NAMES, DONE)
    assert not _final(TASKS, findings, {NAMES[0]: SIGNED}).done
    assert final(digest="e").digest != final().digest


def test_of_a_period_that_is_not_over_it_is_not_done_whatever_was_signed() -> None:
    findings, signatures = dict.fromkeys(NAMES, DONE), {n: SIGNED for n in NAMES}
    assert _final(TASKS, findings, signatures).done
    found = _final(TASKS, findings, signatures, "2026-12 ends on 2026-12-31")
    assert not found.done and found.why == "2026-12 ends on 2026-12-31; so far: every task is done and signed"
