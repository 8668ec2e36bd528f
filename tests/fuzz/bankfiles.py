"""Fuzzes the bank file readers with atheris: `make fuzz SECONDS=60`, from the golden files.

Whatever comes in, a reader ends in a reading or in a FormatError; anything else is a crash, whose
input is kept in tests/fuzz/corpus and read again by a test.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tieout.formats"]):
    from tieout.formats import FormatError, parse
    from tieout.formats.payments import read_status

GOLDEN = Path(__file__).parents[1] / "golden" / "bankfiles"
CORPUS = Path(__file__).parent / "corpus"


def one(data: bytes) -> None:
    for read in (parse, read_status):
        try:
            read(data)
        except FormatError:
            continue


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    CORPUS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        for path in [*GOLDEN.iterdir(), *CORPUS.iterdir()]:
            if path.suffix != ".json" and path.is_file():
                (Path(seeds) / path.name).write_bytes(path.read_bytes())
        atheris.Setup(
            [sys.argv[0], seeds, f"-max_total_time={seconds}", f"-artifact_prefix={CORPUS}/", "-max_len=8192",
             "-timeout=5", "-rss_limit_mb=1024", "-seed=1", "-print_final_stats=1"],
            one,
        )  # fmt: skip
        atheris.Fuzz()


if __name__ == "__main__":
    main()
