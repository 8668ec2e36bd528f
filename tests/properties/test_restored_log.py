"""A restored log holds together with its witness, and says what is missing; whatever else was changed is named."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.properties.restored_log import SIGNER, Log
from tieout.evidence.verify import Verdict, verify

counts = st.lists(st.integers(1, 4), min_size=1, max_size=4)


def verdict(log: Log, witness: list[dict[str, Any]] | None = None) -> Verdict:
    return verify(log.entries, log.heads, SIGNER.public, log.witness if witness is None else witness)


def grown(before: list[int], lost: list[int], after: list[int], unsealed: int = 0) -> tuple[Log, Log]:
    """A log that was backed up after `before`, went on by `lost`, was restored, and went on by `after`; its backup."""
    log = Log()
    for count in before:
        log.batch(count)
    backup = log.backup(unsealed)
    for count in lost:
        log.batch(count)
    log.restore(backup)
    for count in after:
        log.batch(count)
    return log, backup


@settings(max_examples=examples(12, 5))
@given(counts, counts, counts, st.integers(0, 3))
def test_a_restored_log_holds_and_says_what_is_missing(
    before: list[int], lost: list[int], after: list[int], unsealed: int
) -> None:
    log, backup = grown(before, lost, after, unsealed)
    found = verdict(log)
    assert found.problems == [] and found.checked == len(log.entries)
    (restore,) = found.restores
    assert (restore.size, restore.lost) == (sum(before), sum(lost))
    assert f"from a state of {sum(before)} entries; {sum(lost)} entries" in restore.said()
    # An auditor's own copy of the witness, of any time, or one line in two of it.
    for end in range(len(log.witness) + 1):
        assert verdict(log, log.witness[:end]).problems == []
    assert verdict(log, log.witness[::2]).problems == []
    # Restored again, from the same backup or from one of after it.
    for again in (backup, log.backup()):
        other = copy.deepcopy(log)
        other.restore(again)
        other.batch(2)
        assert verdict(other).problems == []


@settings(max_examples=examples(12, 5))
@given(counts, counts, counts, st.data())
def test_without_a_record_or_past_it_a_cut_or_rewritten_log_is_named(
    before: list[int], lost: list[int], after: list[int], data: st.DataObject
) -> None:
    log, _ = grown(before, lost, after)
    # Cut back without a record.
    cut = Log(list(log.entries), list(log.heads), list(log.witness), log.at, log.said)
    end = data.draw(st.integers(0, len(log.heads) - 2))
    cut.heads = log.heads[: end + 1]
    cut.entries = log.entries[: cut.heads[-1]["tree_size"]]
    assert any("witness" in p for p in verdict(cut).problems)
    # Gone on from there, so that there are as many again.
    for _ in range(3):
        cut.batch(5)
    assert any("witness" in p for p in verdict(cut).problems)
    # Rewritten up to where it was restored to, with heads that its own key signed.
    rewritten = Log([], [], [], log.at, 0)
    number = data.draw(st.integers(0, sum(before) - 1))
    sizes = {h["tree_size"] for h in log.heads}
    for line in log.entries:
        changed = copy.deepcopy(line)
        if line["leaf_no"] == number:
            changed["entry"]["actor"] = "forged"
        rewritten.entries.append(changed)
        if len(rewritten.entries) in sizes:
            rewritten.seal()
    assert verdict(rewritten, log.witness).problems


CHANGES: dict[str, Any] = {
    "a head that the log never had": lambda r: r["restored"].update(root_hash="00" * 32),
    "a state that it never was in": lambda r: r["restored"].update(tree_size=r["restored"]["tree_size"] + 1),
    "less than the witness had seen": lambda r: r["witness"].update(most=r["witness"]["most"] - 1),
    "no witness": lambda r: r.update(witness=None),
    "nothing": lambda r: r.clear(),
    "not even that": lambda r: r["witness"].pop("most"),
}


@pytest.mark.parametrize("name", CHANGES)
@settings(max_examples=examples(8, 4))
@given(counts, counts)
def test_a_record_explains_what_it_names_and_nothing_more(
    name: str, before: list[int], lost: list[int]
) -> None:
    log = Log()
    for count in before:
        log.batch(count)
    backup = log.backup()
    for count in lost:
        log.batch(count)
    told = log.record(backup)
    CHANGES[name](told)
    log.restore(backup, record=False)
    log.add(1, "database.restored", told or {"x": 1})
    log.seal()
    assert verdict(log).problems


@settings(max_examples=examples(12, 5))
@given(counts, counts, counts, st.booleans())
def test_a_record_hides_nothing_that_came_after_it(
    before: list[int], lost: list[int], after: list[int], far: bool
) -> None:
    """Whoever writes into the log what allows everything, and cuts it later."""
    log = Log()
    for count in before:
        log.batch(count)
    backup = log.backup()
    for count in lost:
        log.batch(count)
    told = log.record(backup)
    told["witness"]["most"] = 10**9
    if far:
        told["witness"] |= {"signed_at": "2999-01-01T00:00:00+00:00", "root_hash": "00" * 32}
    log.restore(backup, record=False)
    log.add(1, "database.restored", told)
    log.seal()
    kept = len(log.heads)
    for count in after:
        log.batch(count)
    log.heads = log.heads[:kept]
    log.entries = log.entries[: log.heads[-1]["tree_size"]]
    assert any("gone" in p or "another root" in p for p in verdict(log).problems)


@settings(max_examples=examples(12, 5))
@given(counts, counts, counts, st.data())
def test_any_changed_line_of_the_witness_is_named(
    before: list[int], lost: list[int], after: list[int], data: st.DataObject
) -> None:
    log, _ = grown(before, lost, after)
    witness = copy.deepcopy(log.witness)
    number = data.draw(st.integers(0, len(witness) - 1))
    key = data.draw(st.sampled_from(["root_hash", "tree_size"]))
    witness[number][key] = "11" * 32 if key == "root_hash" else witness[number][key] + 1000
    assert verdict(log, witness).problems


@settings(max_examples=examples(8, 4))
@given(counts, counts)
def test_a_record_of_another_history_explains_nothing_of_before_it(
    before: list[int], lost: list[int]
) -> None:
    """Whoever wrote all of it anew, signed by its own key, and says that it was restored to that."""
    log = Log()
    for count in [*before, *lost]:
        log.batch(count)
    forged = Log(at=log.at, said=1000)
    for count in before:
        forged.batch(count)
    forged.witness = list(log.witness)
    forged.restore(forged.backup())
    assert any("another root" in p for p in verdict(forged).problems)
