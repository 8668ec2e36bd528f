"""A file that is read in another process: the same items, and whatever it does to its reader stays there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tieout.connector_api import ApartReader, FileRefusedError, Item, Proof, can_be_read_apart


class Reader:
    """Does what its file says."""

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        match bytes(content).decode():
            case "memory":
                held = bytearray(1 << 40)
                yield Item("s", "k", "d", bytes(held[:1]))
            case "dies":
                yield Item("s", "k", "d", b"")
                os.abort()
            case "breaks":
                raise KeyError(name)
            case "deep":
                raise RecursionError
            case "refuses":
                raise FileRefusedError(f"{name}: no\ud800")
            case said:
                for number in range(3000):
                    yield Item("s", f"{number}", f"{name}:{number}", said.encode() + options["more"])


class Holding(Reader):
    """Cannot be given to another process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def apart(tmp_path: Path, content: bytes) -> list[Item]:
    path = tmp_path / "file"
    path.write_bytes(content)
    with path.open("rb") as file:
        return list(ApartReader(Reader(), file).read("x.csv", b"", {"more": b"\0\xff"}))


def test_the_items_are_the_same(tmp_path: Path) -> None:
    assert apart(tmp_path, b"good") == list(Reader().read("x.csv", b"good", {"more": b"\0\xff"}))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("memory", "more than 2 GiB"), ("dies", "more than 2 GiB"), ("breaks", "KeyError"), ("deep", "RecursionError"),
        ("refuses", "x.csv: no"),
    ],
)  # fmt: skip
def test_what_it_does_to_its_reader_is_a_refusal(tmp_path: Path, what: str, said: str) -> None:
    with pytest.raises(FileRefusedError, match=said):
        apart(tmp_path, what.encode())


def test_a_reader_that_holds_something_is_known() -> None:
    assert can_be_read_apart(Reader()) and not can_be_read_apart(Holding())


class Proving(Reader):
    """Says what shows that its files are whole."""

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        return Proof(by=f"its {len(content)} bytes", rows=3000, total=Decimal("12.50"))


def test_what_shows_that_a_file_is_whole_is_told_as_well(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"good")
    with path.open("rb") as file:
        reader = ApartReader(Proving(), file)
        assert len(list(reader.read("x.csv", b"", {"more": b""}))) == 3000
        assert reader.proof("x.csv", b"", {}) == Proof("its 4 bytes", 3000, Decimal("12.50"))
        plain = ApartReader(Reader(), file)
        list(plain.read("x.csv", b"", {"more": b""}))
        assert plain.proof("x.csv", b"", {}) == Proof()
