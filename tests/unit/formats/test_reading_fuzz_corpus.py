"""Inputs that once broke a reader are read or refused now; `make fuzz` finds new ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.formats import FormatError, parse
from tieout.formats.payments import read_status

CORPUS = sorted((Path(__file__).parents[2] / "fuzz" / "corpus").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: p.name)
def test_an_input_that_once_broke_a_reader_is_refused_or_read(path: Path) -> None:
    for read in (parse, read_status):
        try:
            read(path.read_bytes())
        except FormatError as error:
            assert str(error)


def test_the_corpus_is_not_empty() -> None:
    assert CORPUS
