"""Mutated bank files never become silently other money; `make campaign-files` runs 10,000."""

from __future__ import annotations

import contextlib
import random
import re

from tests.golden.bankfiles import files
from tests.properties.mutations import MUTATIONS, provable, run
from tieout.formats import FormatError, parse
from tieout.formats.mt940 import reading


def test_mutated_files_are_the_same_money_refused_or_broken() -> None:
    outcomes, bad = run(3000, seed=11)
    assert not bad, bad
    # Each outcome was seen: a judge that always says the same proves nothing.
    assert min(outcomes["same"], outcomes["refused"], outcomes["broken"]) > 100, outcomes
    assert len(provable()) >= 15


def test_lines_of_the_usual_mt940_shape_read_as_the_long_way_reads_them(monkeypatch) -> None:
    samples = [path for path in files() if path.name.startswith("mt94")]
    usual, never = reading._USUAL, re.compile(r"(?!)")
    met = 0
    for number in range(3000):
        draw = random.Random(number)
        raw = draw.choice(samples).read_bytes()
        for _ in range(draw.randrange(3)):
            # What an earlier mutation left may hold nothing that this one could change.
            with contextlib.suppress(IndexError):
                raw = draw.choice(MUTATIONS)(draw, raw)
        met += usual.search(raw.decode("latin-1")) is not None
        found = []
        for way in (usual, never):
            monkeypatch.setattr(reading, "_USUAL", way)
            try:
                found.append(parse(raw, format="mt940"))
            except FormatError as error:
                found.append(str(error))
        assert found[0] == found[1], (number, found)
    assert met > 200
