"""CAMT.052, .053 and .054 as a stream: flat memory, and the byte offset of every entry.

The bytes are cut at entry and statement boundaries; each entry, each statement's frame and what
is left of the document are parsed as XML of their own. The file is well-formed exactly when all
of them are, so cutting skips no check. Comments and CDATA are masked before boundaries are
looked for; a document type declaration is refused, so no entity is ever expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from lxml import etree

from tieout.formats.camt.elements import ENTRY, STATEMENT
from tieout.formats.camt.mapping import entry_of, head_of
from tieout.formats.camt.walking import Element, Walker
from tieout.formats.model import FormatError, Head, Line, Place, Unread

VERSIONS = range(2, 14)
KINDS = {"052": "Rpt", "053": "Stmt", "054": "Ntfctn"}
_NAMESPACE = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:camt\.(\d{3})\.001\.(\d\d)")
_DOCUMENT = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?Document(\s[^<>]*)?>")
_ENCODING = re.compile(rb"^<\?xml[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_HIDING = re.compile(rb"<!--|<!\[CDATA\[|<\?|<!")
_ENDS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
_ENCODINGS = {"utf-8", "us-ascii", "ascii", "windows-1252", "windows-1250"} | {
    f"iso-8859-{n}" for n in (1, 2, 15)
}
_BLOCK = 1 << 20
_BATCH_BYTES = 1 << 16
LARGEST_ENTRY = 16 << 20
_HEADER = 1 << 16


def sniff(head: bytes) -> str:
    """ "camt.053" and so on for the beginning of such a file; "" for any other."""
    found = _NAMESPACE.search(head[:_HEADER])
    return f"camt.{found[1].decode()}" if found and found[1].decode() in KINDS else ""


class Stream(Protocol):
    def read(self, size: int) -> bytes: ...


class CamtReader:
    """One file. `events` gives lines and, after each statement's lines, its head."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._unread: dict[str, tuple[int, Place]] = {}
        self._parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
        )
        self.format = self.encoding = self.version = ""

    @property
    def remainder(self) -> tuple[Unread, ...]:
        """What was not understood, by path, once the events are read."""
        return tuple(Unread(what, count, place) for what, (count, place) in self._unread.items())

    def _start(self) -> bytes:
        """Read the beginning: encoding, namespace and version; the first block."""
        block = self._stream.read(_BLOCK)
        self._base = 3 if block.startswith(b"\xef\xbb\xbf") else 0
        block = block[self._base :]
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
        if int(self.version) not in VERSIONS:
            raise FormatError(f"camt.{kind}.001.{self.version} is not known: versions 02 to 13 are")
        self.format = f"camt.{kind}"
        namespace, prefix = named[0].decode(), document[1] or b""
        mark = prefix + b":" if prefix else b""
        prolog = b'<?xml version="1.0" encoding="' + self.encoding.encode() + b'"?>'
        # Entries are parsed inside an element that declares what the document declares.
        self._wrap = prolog + b"<" + mark + b"Document" + (document[2] or b"").rstrip(b"/") + b">"
        self._unwrap = b"</" + mark + b"Document>"
        name = KINDS[kind].encode()
        self._boundary = re.compile(rb"<(/?)" + re.escape(mark) + rb"(Ntry|" + name + rb")(?=[\s/>])")
        self._statement = name
        self._walker = Walker(namespace, self._note)
        self._entry_table = self._walker.compile(ENTRY)
        self._head_table = self._walker.compile(STATEMENT)
        self._place = Place(0, 0)
        return block

    def _note(self, element: Element) -> None:
        """Keep an element that no table names, by its path."""
        names = [str(element.tag).rpartition("}")[2]]
        parent = element.getparent()
        while parent is not None:
            name = str(parent.tag).rpartition("}")[2]
            if name == "Document":
                break
            names.append(name)
            parent = parent.getparent()
        path = "/".join(reversed(names))
        count, place = self._unread.get(path, (0, self._place))
        self._unread[path] = (count + 1, place)

    def events(self) -> Iterator[Line | Head]:
        """Lines and heads in the file's order. Raises FormatError; what came before it stands."""
        buffer, skeleton = self._start(), bytearray()
        base, final = self._base, False
        cut = 0  # up to here the buffer is in the skeleton, the frame or a batch
        entry = -1
        frame: bytearray | None = None
        frame_at = 0
        batch: list[tuple[int, bytes]] = []
        batch_bytes = 0
        scan = 0
        while True:
            masked, hidden = self._mask(buffer, base, final)
            if masked is not None:
                limit = len(buffer) if final else len(buffer) - 256
                for found in self._boundary.finditer(masked, scan):
                    at = found.start()
                    if at >= limit:
                        break
                    scan = found.end()
                    closes, name = found[1] == b"/", found[2]
                    if name == b"Ntry":
                        if frame is None:
                            raise FormatError("an entry outside a statement", Place(base + at, 0))
                        if not closes:
                            if entry >= 0:
                                raise FormatError("an entry inside an entry", Place(base + at, 0))
                            entry = at
                            frame += buffer[cut:at]
                            cut = at
                            continue
                        if entry < 0:
                            raise FormatError("an entry ends that did not begin", Place(base + at, 0))
                        end = masked.find(b">", at) + 1
                        if not end:
                            if final:
                                raise FormatError("the file ends inside a tag", Place(base + at, 0))
                            scan = at
                            break
                        batch.append((base + entry, buffer[entry:end]))
                        batch_bytes += end - entry
                        entry, cut = -1, end
                        if batch_bytes >= _BATCH_BYTES:
                            yield from self._lines(batch)
                            batch, batch_bytes = [], 0
                    elif not closes:
                        if frame is not None:
                            raise FormatError("a statement inside a statement", Place(base + at, 0))
                        skeleton += buffer[cut:at]
                        cut, frame, frame_at = at, bytearray(), base + at
                    else:
                        if frame is None or entry >= 0:
                            raise FormatError("a statement ends out of place", Place(base + at, 0))
                        end = masked.find(b">", at) + 1
                        if not end:
                            if final:
                                raise FormatError("the file ends inside a tag", Place(base + at, 0))
                            scan = at
                            break
                        yield from self._lines(batch)
                        batch, batch_bytes = [], 0
                        frame += buffer[cut:end]
                        yield self._head(bytes(frame), frame_at, base + end)
                        cut, frame = end, None
            if final:
                break
            # What no open entry needs any more goes into its frame or the skeleton.
            if entry < 0 and masked is not None:
                keep = max(cut, min(scan, len(buffer)), len(buffer) - 256)
                # Never in the middle of a comment: what it hides would be seen.
                keep = next((start for start, end in hidden if start < keep < end), keep)
                target = skeleton if frame is None else frame
                target += buffer[cut:keep]
                cut = keep
            drop = cut if entry < 0 else entry
            if len(buffer) - drop > LARGEST_ENTRY or len(skeleton) > LARGEST_ENTRY:
                raise FormatError(f"an element of more than {LARGEST_ENTRY >> 20} MiB", Place(base + drop, 0))
            if frame is not None and len(frame) > LARGEST_ENTRY:
                raise FormatError(
                    f"a statement's head of more than {LARGEST_ENTRY >> 20} MiB", Place(frame_at, 0)
                )
            block = self._stream.read(_BLOCK)
            final = not block
            buffer = buffer[drop:] + block
            base, scan = base + drop, max(scan - drop, 0)
            cut -= drop
            if entry >= 0:
                entry = 0
        if entry >= 0 or frame is not None:
            raise FormatError(
                "the file ends inside a statement: it was cut short", Place(base + len(buffer), 0)
            )
        skeleton += buffer[cut:]
        self._whole(bytes(skeleton))

    def _mask(self, buffer: bytes, base: int, final: bool) -> tuple[bytes | None, list[tuple[int, int]]]:
        """The buffer with comments, CDATA and instructions blanked out, for looking alone, and
        where they stand; None where one of them is still open and more must be read."""
        found = _HIDING.search(buffer)
        if found is None:
            return buffer, []
        masked, hidden = bytearray(buffer), []
        while found is not None:
            start = found.start()
            if found[0] == b"<!":
                if len(buffer) - start < 9 and not final:
                    break
                raise FormatError(
                    "a document type or entity declaration: such files are refused", Place(base + start, 0)
                )
            end = buffer.find(_ENDS[found[0]], found.end())
            if end < 0:
                if final:
                    raise FormatError("a comment or CDATA section does not end", Place(base + start, 0))
                return None, []
            end += len(_ENDS[found[0]])
            masked[start:end] = b" " * (end - start)
            hidden.append((start, end))
            found = _HIDING.search(buffer, end)
        return bytes(masked), hidden

    def _parse(self, content: bytes, place: Place) -> Element:
        try:
            return etree.fromstring(content, self._parser)
        except etree.XMLSyntaxError as error:
            raise FormatError(f"not well-formed XML: {error.msg}", place) from None

    def _lines(self, batch: list[tuple[int, bytes]]) -> Iterator[Line]:
        if not batch:
            return
        first = Place(batch[0][0], sum(len(raw) for _, raw in batch))
        root = self._parse(self._wrap + b"".join(raw for _, raw in batch) + self._unwrap, first)
        if len(root) != len(batch):
            raise FormatError("entries are not well formed", first)
        for element, (offset, raw) in zip(root, batch, strict=True):
            self._place = place = Place(offset, len(raw))
            values = self._walker.read(element, self._entry_table, {})
            yield entry_of(values, place)

    def _head(self, raw: bytes, start: int, end: int) -> Head:
        self._place = place = Place(start, end - start)
        root = self._parse(self._wrap + raw + self._unwrap, place)
        values = self._walker.read(root[0], self._head_table, {})
        return head_of(values, place, intraday=self.format != "camt.053")

    def _whole(self, skeleton: bytes) -> None:
        """What is left of the document must be well-formed, and hold nothing unknown."""
        if not skeleton.startswith(b"<?xml"):
            skeleton = b'<?xml version="1.0" encoding="' + self.encoding.encode() + b'"?>' + skeleton.lstrip()
        root = self._parse(skeleton, Place(0, len(skeleton)))
        self._place = Place(0, 0)
        for element in root.iter():
            name = str(element.tag).rpartition("}")[2]
            if not len(element) and name not in _FRAME and element.getparent() is not None:
                self._note(element)


# What stands around the statements and means nothing for them.
_FRAME = {"Document", "BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn", "MsgId", "CreDtTm"}
