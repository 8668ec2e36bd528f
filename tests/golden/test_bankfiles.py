"""Each golden bank file is read as what stands beside it, and proves itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden.bankfiles import FOLDER, files, golden, reading
from tieout.formats import DIALECTS, FORMATS, OpenFile, parse


@pytest.mark.parametrize("path", list(files()), ids=lambda p: p.name)
def test_a_file_is_read_as_what_stands_beside_it(path: Path) -> None:
    assert path.name.split(".")[-2] == "invented"
    assert reading(path) == json.loads(golden(path).read_text()), "if meant: `make golden`"


# How a line's own bytes begin and end, by the file's ending.
EDGES: dict[str, tuple[bytes | tuple[bytes, ...], bytes | tuple[bytes, ...]]] = {
    ".xml": ((b"<Ntry>", b"<c:Ntry>"), b"Ntry>"),
    ".sta": (b":61:", b""),
    ".bai2": (b"16,", (b"/", b"034")),
    ".ofx": ((b"<STMTTRN>", b"<STMTTRNP>"), (b"</STMTTRN>", b"</STMTTRNP>")),
    ".csv": (b"", b""),
}


@pytest.mark.parametrize("path", list(files()), ids=lambda p: p.name)
def test_places_point_at_the_lines_own_bytes(path: Path) -> None:
    raw = path.read_bytes()
    for statement in parse(path).statements:
        for line in statement.lines:
            piece = raw[line.place.offset : line.place.offset + line.place.length]
            starts, ends = EDGES[path.suffix]
            assert piece.startswith(starts) and piece.rstrip(b"\r").endswith(ends), piece
            if line.place.line:
                assert raw[: line.place.offset].count(b"\n") == line.place.line - 1
            digits = str(abs(line.amount)).replace(".", "").strip("0")
            assert digits in piece.decode("latin-1").translate(str.maketrans("", "", ".,")) or line.charges, (
                piece
            )
    assert parse(path) == parse(raw)


# What an interface asks for, and how such a file is read where nobody does: as ever.
ASKED_FOR = {"csv-shopify-payouts-id": "csv-shopify-payouts"}


def test_every_dialect_and_format_has_a_golden_file() -> None:
    names = [p.name for p in FOLDER.iterdir()]
    assert {
        d for d in DIALECTS if not any(n.startswith((f"mt940.{d}.", f"csv.{d}.")) for n in names)
    } == set()
    assert {f for f in FORMATS if not any(n.startswith(f) for n in names)} == set()
    for path in files():
        if path.name.startswith(("mt940.", "csv.")):
            dialect = path.name.split(".")[1]
            assert parse(path).dialect == ASKED_FOR.get(dialect, dialect), path
            assert parse(path, dialect=dialect).dialect == dialect


def test_a_file_is_read_the_same_whatever_the_size_of_what_arrives_at_once() -> None:
    class Trickle:
        """A stream that gives a few bytes at a time."""

        def __init__(self, content: bytes, step: int) -> None:
            self.content, self.step = content, step

        def read(self, size: int = -1) -> bytes:
            size = self.step if size < 0 else min(size, self.step)
            piece, self.content = self.content[:size], self.content[size:]
            return piece

    for path in files():
        if path.suffix != ".xml":
            continue
        raw = path.read_bytes()
        whole = list(OpenFile(path.open("rb")).events())
        for step in (700, 1000, 4096):
            assert list(OpenFile(Trickle(raw, step)).events()) == whole, (path, step)  # type: ignore[arg-type]
