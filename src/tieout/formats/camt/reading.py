"""CAMT.052, .053 and .054 as a stream: flat memory, and the byte offset of every entry.

Each piece that the cutter gives is parsed as XML of its own: the file is well-formed exactly when
all of them are. A document type declaration is refused, so no entity is ever expanded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from tieout.formats.camt.cutting import ENTRY as ENTRY_PIECE
from tieout.formats.camt.cutting import FRAME, SKELETON, Cutter, Stream
from tieout.formats.camt.elements import ENTRY, STATEMENT
from tieout.formats.camt.heads import head_of
from tieout.formats.camt.mapping import entry_of
from tieout.formats.camt.walking import Element, Walker
from tieout.formats.model import FormatError, Head, Line, Place, Unread

# Published by ISO 20022: 01 in 2007, and each year's after it; 14 in March 2026. What was before 02 is built otherwise.
OLDEST, NEWEST = 2, 14
KINDS = {"052": "Rpt", "053": "Stmt", "054": "Ntfctn"}
_NAMESPACE = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:camt\.(\d{3})\.001\.(\d\d)")
_DOCUMENT = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?Document(\s[^<>]*)?>")
_ENCODING = re.compile(rb"^<\?xml[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_ENCODINGS = {"utf-8", "us-ascii", "ascii", "windows-1252", "windows-1250"} | {
    f"iso-8859-{n}" for n in (1, 2, 15)
}
_CUT = {"Ntry", *KINDS.values()}
_BATCH_BYTES = 1 << 16
_SAFELY: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
}
_HEADER = 1 << 16
# So many different words of one kind of remark are kept; what comes then is counted under its kind.
_REMARKS = 50


def sniff(head: bytes) -> str:
    """ "camt.053" and so on for the beginning of such a file; "" for any other."""
    found = _NAMESPACE.search(head[:_HEADER])
    return f"camt.{found[1].decode()}" if found and found[1].decode() in KINDS else ""


class CamtReader:
    """One file. `events` gives lines and, after each statement's lines, its head."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._unread: dict[str, tuple[int, Place]] = {}
        self._said: Counter[str] = Counter()
        self._parser = etree.XMLParser(**_SAFELY)
        self._place, self._moved = Place(0, 0), Decimal(0)
        self.format = self.encoding = self.version = ""

    @property
    def remainder(self) -> tuple[Unread, ...]:
        """What was not understood, by path, once the events are read."""
        return tuple(Unread(what, count, place) for what, (count, place) in self._unread.items())

    def _start(self) -> Cutter:
        """Read the beginning: encoding, namespace and version; what cuts the rest."""
        block = self._stream.read(_HEADER)
        base = 3 if block.startswith(b"\xef\xbb\xbf") else 0
        block = block[base:]
        if block[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in block[:_HEADER]:
            raise FormatError("this is no UTF-8: ISO 20022 files are UTF-8, ask the bank for that")
        declared = _ENCODING.match(block)
        self.encoding = (declared[1].decode() if declared else "utf-8").lower()
        if self.encoding not in _ENCODINGS:
            raise FormatError(f"the declared encoding {self.encoding!r} is not known")
        document = _DOCUMENT.search(block[:_HEADER])
        named = _NAMESPACE.search(block[:_HEADER])
        if document is None or named is None or named[1].decode() not in KINDS:
            raise FormatError("no Document in a namespace of camt.052, .053 or .054 was found")
        kind, self.version = named[1].decode(), named[2].decode()
        if int(self.version) < OLDEST:
            raise FormatError(f"camt.{kind}.001.{self.version} is not known: {OLDEST:02} and later are")
        if int(self.version) > NEWEST:
            # Versions add elements, and what none of our tables names is listed; the balances prove what is booked.
            self._keep(f"camt.{kind}.001.{self.version} is newer than {NEWEST}, the newest that is known")
        self.format = f"camt.{kind}"
        namespace, prefix = named[0].decode(), document[1] or b""
        mark = prefix + b":" if prefix else b""
        prolog = b'<?xml version="1.0" encoding="' + self.encoding.encode() + b'"?>'
        # Entries are parsed inside an element that declares what the document declares.
        self._wrap = prolog + b"<" + mark + b"Document" + (document[2] or b"").rstrip(b"/") + b">"
        self._unwrap = b"</" + mark + b"Document>"
        self._walker = Walker(namespace, self._note)
        self._entry_table = self._walker.compile(ENTRY)
        self._head_table = self._walker.compile(STATEMENT)
        return Cutter(self._stream, block, base, KINDS[kind], mark)

    def _note(self, element: Element) -> None:
        """Keep an element that no table names, by its path."""
        names = [_local(element)]
        if names[0] in _CUT:
            # Its prefix or namespace is another than the document's: no boundary was seen there.
            raise FormatError(f"{names[0]} in another namespace or prefix than the document's", self._place)
        parent = element.getparent()
        while parent is not None:
            name = _local(parent)
            if name == "Document":
                break
            names.append(name)
            parent = parent.getparent()
        self._keep("/".join(reversed(names)))

    def _keep(self, what: str) -> None:
        count, place = self._unread.get(what, (0, self._place))
        self._unread[what] = (count + 1, place)

    def _say(self, kind: str, words: str) -> None:
        """Keep a remark in its own words, or under its kind where there are many of it."""
        if words not in self._unread:
            self._said[kind] += 1
        self._keep(words if self._said[kind] <= _REMARKS else kind)

    def events(self) -> Iterator[Line | Head]:
        """Lines and heads in the file's order. Raises FormatError; what came before it stands."""
        batch: list[tuple[int, bytes]] = []
        batch_bytes = 0
        cutter = self._start()
        currency: str | None = None
        page: dict[str, str] | None = None
        for kind, start, end, raw in cutter.pieces():
            if kind == ENTRY_PIECE:
                if currency is None:
                    currency = self._account_currency(cutter.before()[1])
                batch.append((start, raw))
                batch_bytes += len(raw)
            if kind != ENTRY_PIECE or batch_bytes >= _BATCH_BYTES:
                yield from self._lines(batch, currency or "")
                batch, batch_bytes = [], 0
            if kind == FRAME:
                if page is None:
                    page = self._message_page(cutter.before()[0])
                yield self._head(raw, start, end, page)
                currency = None
            elif kind == SKELETON:
                self._whole(raw)

    def _parse(self, content: bytes, place: Place) -> Element:
        try:
            return etree.fromstring(content, self._parser)
        except etree.XMLSyntaxError as error:
            raise FormatError(f"not well-formed XML: {error.msg}", place) from None

    def _ended(self, begun: bytes) -> list[tuple[str, str, Element]]:
        """The elements that have ended in a document which has only begun, each with its parent's name and its own."""
        parser = etree.XMLPullParser(events=("end",), **_SAFELY)
        try:
            parser.feed(begun)
            ended: list[Element] = [element for _, element in parser.read_events()]
        except etree.XMLSyntaxError:
            # Whoever reads the whole of it says what is wrong.
            return []
        return [(_local(e.getparent()), _local(e), e) for e in ended if e.getparent() is not None]

    def _account_currency(self, statement: bytes) -> str:
        """The currency of the account of a statement that has begun, "" where it does not say it
        before its entries: that of the account, else of its balances."""
        ended = self._ended(self._wrap + statement)
        stated = [e.text for parent, name, e in ended if (parent, name) == ("Acct", "Ccy")]
        balances = [e.get("Ccy") for parent, name, e in ended if (parent, name) == ("Bal", "Amt")]
        return next(((text or "").strip() for text in (*stated, *balances)), "")

    def _message_page(self, skeleton: bytes) -> dict[str, str]:
        """The page that the message says of itself, which is its statement's where the version has
        none of its own (until 03); nothing for a message that is not one of several."""
        names = {"PgNb": "page", "LastPgInd": "last_page"}
        found = {
            names[name]: (e.text or "").strip()
            for parent, name, e in self._ended(skeleton)
            if parent == "MsgPgntn" and name in names
        }
        return {} if found.get("page") == "1" and found.get("last_page") in ("true", "1") else found

    def _lines(self, batch: list[tuple[int, bytes]], currency: str) -> Iterator[Line]:
        if not batch:
            return
        first = Place(batch[0][0], sum(len(raw) for _, raw in batch))
        root = self._parse(self._wrap + b"".join(raw for _, raw in batch) + self._unwrap, first)
        if len(root) != len(batch):
            raise FormatError("entries are not well formed", first)
        for element, (offset, raw) in zip(root, batch, strict=True):
            self._place = place = Place(offset, len(raw))
            values = self._walker.read(element, self._entry_table, {})
            line = entry_of(values, place, currency, self._say)
            if line.status == "booked":
                self._moved += line.amount
            yield line

    def _head(self, raw: bytes, start: int, end: int, page: dict[str, str]) -> Head:
        self._place = place = Place(start, end - start)
        root = self._parse(self._wrap + raw + self._unwrap, place)
        values = page | self._walker.read(root[0], self._head_table, {})
        moved, self._moved = self._moved, Decimal(0)
        return head_of(values, place, self._say, moved, intraday=self.format != "camt.053")

    def _whole(self, skeleton: bytes) -> None:
        """What is left of the document must be well-formed, and hold nothing unknown."""
        if not skeleton.startswith(b"<?xml"):
            skeleton = b'<?xml version="1.0" encoding="' + self.encoding.encode() + b'"?>' + skeleton.lstrip()
        root = self._parse(skeleton, Place(0, len(skeleton)))
        self._place = Place(0, 0)
        for element in root.iter():
            name = _local(element)
            if name in _CUT:
                self._note(element)
            if not len(element) and name not in _FRAME and element.getparent() is not None:
                self._note(element)


def _local(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


# What stands around the statements and means nothing for them.
_FRAME = {"Document", "BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn", "MsgId", "CreDtTm"} | {
    "PgNb",
    "LastPgInd",
}
