"""A file that is read in another process: the same items, and whatever it does to its reader stays there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tieout.connect import ApartReader, FileRefusedError, Item, can_be_read_apart


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
