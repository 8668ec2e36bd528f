"""A text file as lines that know their places."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import msgspec

from tieout.formats.encodings import Decoded, decode
from tieout.formats.model import Place


def only_returns(text: str) -> bool:
    """Whether lines end with a carriage return alone, as those of old Macs and of some converters do."""
    return "\r" in text and "\n" not in text


class TextLines:
    """The lines of `content`, without line ends; `at(n)` is the place of line n (from 0). Where no line feed stands
    anywhere, carriage returns end lines, and `decoded` has line feeds for them."""

    def __init__(self, content: bytes, declared: str = "") -> None:
        self.decoded: Decoded = decode(content, declared)
        end = b"\n"
        if only_returns(self.decoded.text):
            end = b"\r"
            self.decoded = msgspec.structs.replace(self.decoded, text=self.decoded.text.replace("\r", "\n"))
        text = self.decoded.text
        self.lines = text.split("\n")
        # Where each line begins in the text, in characters.
        self.starts = list(accumulate((len(line) + 1 for line in self.lines), initial=0))
        if "\r" in text:
            self.lines = [line.rstrip("\r") for line in self.lines]
        if len(text) == len(content) and self.decoded.encoding != "utf-16":
            # A character a byte.
            self._offsets = self.starts
            return
        raw = content.split(end)
        # Line ends stand at the same bytes in every encoding that keeps ASCII; in UTF-16 a line
        # knows its number alone.
        if len(raw) != len(self.lines) or self.decoded.encoding == "utf-16":
            self._offsets = [0] * (len(self.lines) + 1)
        else:
            self._offsets = list(accumulate((len(line) + 1 for line in raw), initial=0))

    def at(self, first: int, last: int | None = None) -> Place:
        """The place of the lines from `first` to `last` (that one alone if not given)."""
        end = self._offsets[(first if last is None else last) + 1]
        start = self._offsets[first]
        length = end - 1 - start
        return Place(start, length if length > 0 else 0, first + 1)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return iter(enumerate(self.lines))
