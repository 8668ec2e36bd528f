"""Cuts a CAMT document at entry and statement boundaries, as a stream: flat memory, and the byte
offset of each piece.

Every byte of the file ends in exactly one piece: an entry, a statement's frame (what is left of
a statement without its entries), or the skeleton (what is left of the document without its
statements). Each must be well-formed XML of its own, so cutting skips no check. Comments, CDATA
and instructions are blanked out before boundaries are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from tieout.formats.model import FormatError, Place

ENTRY, FRAME, SKELETON = "entry", "frame", "skeleton"
LARGEST_PIECE = 16 << 20
_BLOCK = 1 << 20
# Longer than any boundary's tag and than what opens a comment: kept until more was read.
_TAIL = 256
_HIDING = re.compile(rb"<!--|<!\[CDATA\[|<\?|<!")
_ENDS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}

Piece = tuple[str, int, int, bytes]


class Stream(Protocol):
    """Where a document's bytes come from: a file, or what was read of it already and then the rest."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; b"" at the end."""
        ...


class Cutter:
    """`statement` is the local name of a statement's element, `prefix` the namespace prefix with
    its colon; `first` was read already and begins at byte `base`."""

    def __init__(self, stream: Stream, first: bytes, base: int, statement: str, prefix: bytes) -> None:
        self._stream, self._buffer, self._base = stream, first, base
        names = rb"(Ntry|" + statement.encode() + rb")"
        self._boundary = re.compile(rb"<(/?)" + re.escape(prefix) + names + rb"(?=[\s/>])")
        self._cut = self._scan = 0  # up to cut all bytes have gone into a piece; scan is looked at
        self._entry = -1
        self._frame: bytearray | None = None
        self._frame_at = 0
        self._skeleton = bytearray()
        self._final = False

    def pieces(self) -> Iterator[Piece]:
        """(kind, first byte, byte behind the last, bytes), entries before their frame, the
        skeleton last. Raises FormatError where a boundary is out of place."""
        while True:
            masked, hidden = self._mask()
            if masked is not None:
                yield from self._cut_at_boundaries(masked)
            if self._final:
                break
            if masked is not None and self._entry < 0:
                self._put_away(hidden)
            self._read_on()
        if self._entry >= 0 or self._frame is not None:
            raise FormatError(
                "the file ends inside a statement: it was cut short", self._at(len(self._buffer))
            )
        self._skeleton += self._buffer[self._cut :]
        yield SKELETON, 0, self._base + len(self._buffer), bytes(self._skeleton)

    def before(self) -> tuple[bytes, bytes]:
        """What came so far of the document without its statements, and of the statement that is
        open without its entries: pieces of XML that end anywhere."""
        return bytes(self._skeleton), bytes(self._frame or b"")

    def _at(self, position: int) -> Place:
        return Place(self._base + position, 0)

    def _cut_at_boundaries(self, masked: bytes) -> Iterator[Piece]:
        limit = len(masked) if self._final else len(masked) - _TAIL
        for found in self._boundary.finditer(masked, self._scan):
            at = found.start()
            if at >= limit:
                break
            if found[1]:
                end = masked.find(b">", at) + 1
                if not end:
                    if self._final:
                        raise FormatError("the file ends inside a tag", self._at(at))
                    self._scan = at
                    return
                self._scan = end
                yield self._closing(found[2], at, end)
            else:
                self._scan = found.end()
                self._opening(found[2], at)

    def _opening(self, name: bytes, at: int) -> None:
        """An entry or a statement begins: what stands before it goes where it belongs."""
        if name == b"Ntry":
            if self._frame is None:
                raise FormatError("an entry outside a statement", self._at(at))
            if self._entry >= 0:
                raise FormatError("an entry inside an entry", self._at(at))
            self._frame += self._buffer[self._cut : at]
            self._entry = at
        else:
            if self._frame is not None:
                raise FormatError("a statement inside a statement", self._at(at))
            self._skeleton += self._buffer[self._cut : at]
            self._frame, self._frame_at = bytearray(), self._base + at
        self._cut = at

    def _closing(self, name: bytes, at: int, end: int) -> Piece:
        if name == b"Ntry":
            if self._entry < 0:
                raise FormatError("an entry ends that did not begin", self._at(at))
            start, self._entry, self._cut = self._entry, -1, end
            return ENTRY, self._base + start, self._base + end, self._buffer[start:end]
        if self._frame is None or self._entry >= 0:
            raise FormatError("a statement ends out of place", self._at(at))
        raw, self._frame = bytes(self._frame + self._buffer[self._cut : end]), None
        self._cut = end
        return FRAME, self._frame_at, self._base + end, raw

    def _put_away(self, hidden: list[tuple[int, int]]) -> None:
        """What no open entry needs goes into the frame or the skeleton, up to the tail."""
        keep = max(self._cut, min(self._scan, len(self._buffer)), len(self._buffer) - _TAIL)
        # Never in the middle of a comment: what it hides would be seen.
        keep = next((start for start, end in hidden if start < keep < end), keep)
        target = self._skeleton if self._frame is None else self._frame
        target += self._buffer[self._cut : keep]
        self._cut = keep

    def _read_on(self) -> None:
        drop = self._cut if self._entry < 0 else self._entry
        sizes = (len(self._buffer) - drop, len(self._skeleton), len(self._frame or b""))
        if max(sizes) > LARGEST_PIECE:
            raise FormatError(f"an element of more than {LARGEST_PIECE >> 20} MiB", self._at(drop))
        block = self._stream.read(_BLOCK)
        self._final = not block
        self._buffer = self._buffer[drop:] + block
        self._base += drop
        self._scan, self._cut = max(self._scan - drop, 0), self._cut - drop
        if self._entry >= 0:
            self._entry = 0

    def _mask(self) -> tuple[bytes | None, list[tuple[int, int]]]:
        """The buffer with comments, CDATA and instructions blanked out, for looking alone, and
        where they stand; None where one of them is still open and more must be read."""
        buffer = self._buffer
        found = _HIDING.search(buffer)
        if found is None:
            return buffer, []
        masked, hidden = bytearray(buffer), []
        while found is not None:
            start = found.start()
            if found[0] == b"<!":
                if len(buffer) - start < 9 and not self._final:
                    break
                raise FormatError(
                    "a document type or entity declaration: such files are refused", self._at(start)
                )
            end = buffer.find(_ENDS[found[0]], found.end())
            if end < 0:
                if self._final:
                    raise FormatError("a comment or CDATA section does not end", self._at(start))
                return None, []
            end += len(_ENDS[found[0]])
            masked[start:end] = b" " * (end - start)
            hidden.append((start, end))
            found = _HIDING.search(buffer, end)
        return bytes(masked), hidden
