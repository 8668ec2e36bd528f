"""OFX and QFX to lines and heads, by a tokenizer of our own for both syntaxes.

In OFX 1 a leaf has no closing tag and an aggregate has one; in OFX 2 both have. There is no opening balance, so nothing
proves that all lines are there: `holds` is unknown.
Source: OFX 1.6 and 2.2 specifications, chapters 2, 3 and 11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tieout.formats.model import FormatError, Head, Line, Place
from tieout.formats.ofx.amounts import Amounts
from tieout.formats.ofx.decoding import decoded, plain, without_comments
from tieout.formats.ofx.transactions import (
    KNOWN_OF_STATEMENTS,
    KNOWN_OF_TRANSACTIONS,
    LEAVES,
    Kept,
    Leaves,
    Mapper,
)
from tieout.formats.unparsed import Remainder

# A value ends at the next tag. A mark of "less" that begins none is text: few files have one, and are read the longer way.
_VALUE = "([^<]*)"
_WITH_STRAYS = r"([^<]*(?:<(?![A-Za-z/!?])[^<]*|<(?=[0-9A-Za-z][^<>]*(?:<|\Z))[^<]*)*)"
_STRAY = re.compile("<(?![A-Za-z/!?])")
_USUAL, _LONGER = (
    re.compile(
        rf"<(/?)([A-Za-z][A-Za-z0-9_.]*)\s*(/?)>{value}|<!\[CDATA\[(.*?)\]\]>([^<]*)|<([!?])", re.DOTALL
    )
    for value in (_VALUE, _WITH_STRAYS)
)
_START = re.compile(r"<OFX>", re.IGNORECASE)
_CLOSING = re.compile(r"</([A-Za-z][A-Za-z0-9_.]*)\s*>")
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_STATEMENTS = ("STMTRS", "CCSTMTRS")
_TRANSACTIONS = ("STMTTRN", "STMTTRNP")
_FRAMES = frozenset((*_STATEMENTS, *_TRANSACTIONS))
_DEEPEST = 64
_LARGEST_LEAF = 64 << 10


class _Frame(msgspec.Struct):
    """What an open statement or transaction holds, where it begins, how deep it lies."""

    name: str
    leaves: Leaves
    start: int
    depth: int
    known: frozenset[str]
    kept: Kept


def sniff(head: str) -> str:
    """ "ofx" for the beginning of such a file; "" for any other."""
    return "ofx" if "OFXHEADER" in head or _START.search(head) else ""


class OfxReader(Remainder):
    """One file. `events` gives lines and, after each statement's lines, its head."""

    format = "ofx"

    def __init__(self, content: bytes, encoding: str = "") -> None:
        self._decoded = decoded(content, encoding)
        self.encoding = self._decoded.encoding
        # A place counts bytes, a token characters: they are the same where a byte is a letter.
        self._wide = self.encoding == "utf-8"
        self._bytes, self._chars = 0, 0
        self._status: list[str] = []
        super().__init__(self._decoded)

    def _offset(self, char: int) -> int:
        """The byte at which a character begins; asked for in ascending order."""
        if not self._wide:
            return char
        self._bytes += len(self._decoded.text[self._chars : char].encode())
        self._chars = char
        return self._bytes

    def _at(self, char: int) -> Place:
        return Place(self._offset(char), 0)

    def events(self) -> Iterator[Line | Head]:  # noqa: C901 - a grammar: a branch a token
        """Raises FormatError; what came before it stands."""
        text = without_comments(self._decoded.text)
        start = _START.search(text)
        if start is None:
            raise FormatError("there is no <OFX> element")
        self._mapper = Mapper(Amounts(text), self._note)
        # What closes anywhere in the file is an aggregate: in OFX 1 a leaf never does.
        aggregates = {name.upper() for name in _CLOSING.findall(text)} - LEAVES
        path: list[str] = []
        frames: list[_Frame] = []
        pending = ""  # a leaf whose CDATA may follow
        strays = text.count("<") != text.count(">") or _STRAY.search(text)
        tokens = _LONGER if strays else _USUAL
        for token in tokens.finditer(text, start.start()):
            closes, name, empty, value, cdata, _, other = token.groups()
            if other is not None:
                self._instruction(text, token.start())
                continue
            if cdata is not None:
                if pending and frames:
                    self._leaf(frames[-1], path, pending, cdata, token.start())
                elif frames:
                    self._note("CDATA that is no element's whole value", self._at(token.start()))
                pending = ""
                continue
            name, value, pending = name.upper(), value.strip(), ""
            if closes:
                yield from self._close(name, path, frames, token.start(4))
                continue
            if value:
                if name in ("CODE", "MESSAGE"):
                    self._say_status(name, value, token.start())
                if frames:
                    self._leaf(frames[-1], path, name, value, token.start())
                elif len(value) > _LARGEST_LEAF:
                    raise FormatError(f"{name} of more than 64 KiB", self._at(token.start()))
                if name not in _FRAMES:
                    continue
            pending = name
            if name in _FRAMES and (value or empty or name not in aggregates):
                raise FormatError(f"<{name}> that holds a text, or is never closed", self._at(token.start()))
            if empty or name not in aggregates or text.startswith(f"</{token[2]}", token.end()):
                continue
            if text.startswith("<![CDATA[", token.end()):
                continue
            self._open(name, path, frames, token.start())
        if path:
            raise FormatError(f"the file ends inside <{path[-1]}>: it was cut short", Place(len(text), 0))

    def _say_status(self, name: str, value: str, at: int) -> None:
        """Keep what the bank says of the whole, and say its errors: an account may be missing for one."""
        if name == "MESSAGE" or (name == "CODE" and value != "0"):
            self._status.append(value)
        if name == "CODE" and value != "0":
            self._note(f"the bank's status {value[:20]}", self._at(at))

    def _open(self, name: str, path: list[str], frames: list[_Frame], at: int) -> None:
        path.append(name)
        if len(path) > _DEEPEST:
            raise FormatError(f"elements nest deeper than {_DEEPEST}", self._at(at))
        if name in _FRAMES:
            inside = frames[-1].name if frames else ""
            if inside in _TRANSACTIONS or (inside and name in _STATEMENTS):
                raise FormatError(f"<{name}> inside <{inside}>: that one is not closed", self._at(at))
            known = KNOWN_OF_STATEMENTS if name in _STATEMENTS else KNOWN_OF_TRANSACTIONS
            frames.append(_Frame(name, {}, at, len(path), known, Kept()))
        elif name in ("INVSTMTRS", "INVSTMTTRNRS", "LOANSTMTRS"):
            self._note(name, self._at(at))

    def why_nothing(self) -> str:
        """What the bank says where a file holds no statement."""
        if any(what.startswith("INV") for what in self._unread):
            return "an investment statement; those of banks and cards are read"
        return " ".join(self._status)

    def _instruction(self, text: str, at: int) -> None:
        if _DECLARATION.match(text, at):
            raise FormatError("a document type declaration: such files are refused", Place(at, 0))

    def _leaf(self, frame: _Frame, path: list[str], name: str, value: str, at: int) -> None:
        if len(value) > _LARGEST_LEAF:
            raise FormatError(f"{name} of more than 64 KiB", self._at(at))
        if name == "TRNAMT" and frame.name in _STATEMENTS:
            raise FormatError("an amount (TRNAMT) outside of a transaction", self._at(at))
        depth = frame.depth
        key = ".".join((*path[depth:], name)) if len(path) > depth else name
        found = plain(value) if "&" in value else value.strip()
        if frame.leaves.setdefault(key, found) != found and key in frame.known:
            raise FormatError(f"{key} stands twice with different values", self._at(at))

    def _close(self, name: str, path: list[str], frames: list[_Frame], end: int) -> Iterator[Line | Head]:
        if name not in path:
            if name in _FRAMES:
                raise FormatError(f"</{name}> closes nothing that was opened", self._at(end))
            return  # the closing tag of a leaf
        while path[-1] != name:
            if path[-1] in _FRAMES:
                raise FormatError(f"<{path[-1]}> does not end before </{name}>", self._at(end))
            path.pop()
        path.pop()
        if name in _FRAMES:
            yield self._made(frames.pop(), frames, path, end)

    def _made(self, frame: _Frame, frames: list[_Frame], path: list[str], end: int) -> Line | Head:
        """The line or head of a frame that was closed."""
        if frame.name in _STATEMENTS:
            start, length = (0, 0) if self._wide else (frame.start, end - frame.start)
            return self._mapper.head(frame.leaves, frame.kept, Place(start, length))
        if not frames:
            of = "an investment statement" if "INVSTMTRS" in path else "a transaction outside a statement"
            raise FormatError(f"{of}: statements of banks and cards are read", self._at(frame.start))
        offset = self._offset(frame.start)
        place = Place(offset, self._offset(end) - offset)
        statement = frames[-1]
        if frame.name == "STMTTRNP":
            return self._mapper.pending(frame.leaves, statement.leaves, place)
        return self._mapper.line(frame.leaves, statement.leaves, statement.kept, place)
