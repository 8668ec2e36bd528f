"""OFX and QFX to lines and heads, by a tokenizer of our own for both syntaxes.

In OFX 1 a leaf has no closing tag and an aggregate has one; in OFX 2 both have. An amount has its
own sign and a decimal point or comma. There is no opening balance, so nothing proves that all
lines are there: `holds` is unknown. Source: OFX 1.6 and 2.2 specifications, chapters 2, 3 and 11.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache

from tieout.formats.amounts import exact
from tieout.formats.encodings import Decoded, decode
from tieout.formats.model import Balance, FormatError, Head, Line, Place
from tieout.formats.references import find_references
from tieout.formats.unparsed import Remainder

_TOKEN = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9_.]*)\s*(/?)>([^<]*)|<!\[CDATA\[(.*?)\]\]>([^<]*)|<([!?])", re.DOTALL
)
_START = re.compile(r"<OFX>", re.IGNORECASE)
_CLOSING = re.compile(r"</([A-Za-z][A-Za-z0-9_.]*)\s*>")
_CHARSET = re.compile(rb"^CHARSET:\s*([A-Za-z0-9-]+)", re.MULTILINE)
_PROLOG = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_AMOUNT = re.compile(r"[+-]?\d{1,22}([.,]\d{1,4})?|[+-]?[.,]\d{1,4}")
_RATE = re.compile(r"\d{1,10}(\.\d{1,10})?")
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
_STATEMENTS = ("STMTRS", "CCSTMTRS")
_DEEPEST = 64
_LARGEST_LEAF = 64 << 10

Leaves = dict[str, str]
# What an open statement or transaction holds, where it begins, how deep it lies.
_Frame = tuple[Leaves, int, int]


def sniff(head: str) -> str:
    """ "ofx" for the beginning of such a file; "" for any other."""
    return "ofx" if "OFXHEADER" in head or _START.search(head) else ""


class OfxReader(Remainder):
    """One file. `events` gives lines and, after each statement's lines, its head."""

    format = "ofx"

    def __init__(self, content: bytes, encoding: str = "") -> None:
        self._decoded = _decode(content, encoding)
        self.encoding = self._decoded.encoding
        # A place counts bytes, a token characters: they are the same where a byte is a letter.
        self._wide = self.encoding == "utf-8"
        self._bytes, self._chars = 0, 0
        super().__init__(self._decoded)

    def _offset(self, char: int) -> int:
        """The byte at which a character begins; asked for in ascending order."""
        if not self._wide:
            return char
        self._bytes += len(self._decoded.text[self._chars : char].encode())
        self._chars = char
        return self._bytes

    def events(self) -> Iterator[Line | Head]:  # noqa: C901 - a grammar: a branch a token
        """Raises FormatError; what came before it stands."""
        text = self._decoded.text
        start = _START.search(text)
        if start is None:
            raise FormatError("there is no <OFX> element")
        aggregates = {name.upper() for name in _CLOSING.findall(text)}
        path: list[str] = []
        frames: list[_Frame] = []
        pending = ""  # a leaf whose CDATA may follow
        status: list[str] = []
        for token in _TOKEN.finditer(text, start.start()):
            closes, name, empty, value, cdata, _, other = token.groups()
            if other is not None:
                self._instruction(text, token.start())
                continue
            if cdata is not None:
                if pending and frames:
                    self._leaf(frames[-1], path, pending, cdata, token.start())
                pending = ""
                continue
            name, value = name.upper(), value.strip()
            pending = ""
            if closes:
                yield from self._close(name, path, frames, token.start(4))
                continue
            if value:
                if name == "MESSAGE" or (name == "CODE" and value != "0"):
                    status.append(value)
                if frames:
                    self._leaf(frames[-1], path, name, value, token.start())
                elif len(value) > _LARGEST_LEAF:
                    raise FormatError(f"{name} of more than 64 KiB", Place(self._offset(token.start()), 0))
                continue
            pending = name
            if empty or name not in aggregates or text.startswith(f"</{token[2]}", token.end()):
                continue
            if text.startswith("<![CDATA[", token.end()):
                continue
            path.append(name)
            if len(path) > _DEEPEST:
                raise FormatError(
                    f"elements nest deeper than {_DEEPEST}", Place(self._offset(token.start()), 0)
                )
            if name in _STATEMENTS or name == "STMTTRN":
                frames.append(({}, token.start(), len(path)))
            elif name in ("INVSTMTRS", "INVSTMTTRNRS", "LOANSTMTRS"):
                self._note(name, Place(self._offset(token.start()), 0))
        if path:
            raise FormatError(f"the file ends inside <{path[-1]}>: it was cut short", Place(len(text), 0))
        self._status = status

    def why_nothing(self) -> str:
        """What the bank says where a file holds no statement."""
        if any(what.startswith("INV") for what in self._unread):
            return "an investment statement; those of banks and cards are read"
        return " ".join(getattr(self, "_status", []))

    def _instruction(self, text: str, at: int) -> None:
        if re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE).match(text, at):
            raise FormatError("a document type declaration: such files are refused", Place(at, 0))

    def _leaf(self, frame: _Frame, path: list[str], name: str, value: str, at: int) -> None:
        if len(value) > _LARGEST_LEAF:
            raise FormatError(f"{name} of more than 64 KiB", Place(self._offset(at), 0))
        leaves, _, depth = frame
        key = ".".join((*path[depth:], name)) if len(path) > depth else name
        plain = html.unescape(value).replace("\xa0", " ").strip() if "&" in value else value.strip()
        if leaves.get(key, plain) != plain:
            raise FormatError(f"{key} stands twice with different values", Place(self._offset(at), 0))
        leaves[key] = plain

    def _close(self, name: str, path: list[str], frames: list[_Frame], end: int) -> Iterator[Line | Head]:
        if name not in path:
            return  # the closing tag of a leaf
        while path[-1] != name:
            if path[-1] in _STATEMENTS or path[-1] == "STMTTRN":
                raise FormatError(f"<{path[-1]}> does not end before </{name}>", Place(self._offset(end), 0))
            path.pop()
        path.pop()
        if name == "STMTTRN" or name in _STATEMENTS:
            leaves, start, _ = frames.pop()
            if name == "STMTTRN":
                if not frames:
                    what = (
                        "an investment statement"
                        if "INVSTMTRS" in path
                        else "a transaction outside a statement"
                    )
                    raise FormatError(
                        f"{what}: statements of banks and cards are read", Place(self._offset(start), 0)
                    )
                offset = self._offset(start)
                yield self._line(leaves, frames[-1][0], Place(offset, self._offset(end) - offset))
            else:
                yield self._head(leaves, Place(0 if self._wide else start, 0 if self._wide else end - start))

    def _amount(self, text: str, currency: str, place: Place) -> Decimal:
        if not _AMOUNT.fullmatch(text):
            raise FormatError(f"{text[:40]!r} is no amount, such as -12.50", place)
        plain = text.lstrip("+-").replace(",", ".")
        value = exact(f"0{plain}" if plain.startswith(".") else plain, currency, place)
        return 0 - value if text.startswith("-") else value

    def _line(self, leaves: Leaves, statement: Leaves, place: Place) -> Line:
        currency = leaves.get("CURRENCY.CURSYM") or statement.get("CURDEF", "")
        if not currency:
            raise FormatError("the statement names no currency (CURDEF)", place)
        if "TRNAMT" not in leaves:
            raise FormatError("a transaction without its TRNAMT", place)
        name = leaves.get("NAME") or leaves.get("PAYEE.NAME", "")
        memo = leaves.get("MEMO", "")
        if "CORRECTFITID" in leaves:
            self._note(f"a correction ({leaves.get('CORRECTACTION', '')}) of an earlier line", place)
        posted = leaves.get("DTPOSTED", "")
        if not posted:
            raise FormatError("a transaction without its DTPOSTED", place)
        if not leaves.keys() <= _KNOWN_LEAVES:
            for key in sorted(leaves.keys() - _KNOWN_LEAVES):
                self._note(f"STMTTRN/{key.replace('.', '/')}", place)
        rate = leaves.get("ORIGCURRENCY.CURRATE") or leaves.get("CURRENCY.CURRATE", "")
        return Line(
            amount=self._amount(leaves["TRNAMT"], currency, place),
            currency=currency,
            booked_on=_day(posted, place),
            value_on=_day(leaves["DTAVAIL"], place) if leaves.get("DTAVAIL") else None,
            place=place,
            reference=leaves.get("CHECKNUM") or leaves.get("REFNUM", ""),
            bank_reference=leaves.get("FITID", ""),
            bank_code=leaves.get("TRNTYPE", ""),
            counterparty=name,
            counterparty_account=leaves.get("BANKACCTTO.ACCTID") or leaves.get("CCACCTTO.ACCTID", ""),
            counterparty_bank=leaves.get("BANKACCTTO.BANKID", ""),
            remittance=memo,
            structured=find_references(memo),
            exchange_rate=Decimal(rate) if rate and _RATE.fullmatch(rate) else None,
        )

    def _head(self, leaves: Leaves, place: Place) -> Head:
        currency = leaves.get("CURDEF", "")
        source = "BANKACCTFROM" if "BANKACCTFROM.ACCTID" in leaves else "CCACCTFROM"
        account = leaves.get(f"{source}.ACCTID", "")
        if not account:
            raise FormatError("a statement without its account (ACCTID)", place)
        balances = []
        for name in ("LEDGERBAL", "AVAILBAL"):
            text = leaves.get(f"{name}.BALAMT", "")
            if text and currency:
                day = leaves.get(f"{name}.DTASOF", "")
                amount = self._amount(text, currency, place)
                balances.append(Balance(amount, currency, _day(day, place) if day else None, name))
        closing = next((b for b in balances if b.code == "LEDGERBAL"), None)
        first, last = (leaves.get(f"BANKTRANLIST.{n}", "") for n in ("DTSTART", "DTEND"))
        return Head(
            account=account,
            currency=currency,
            statement_id=f"{first[:8]}-{last[:8]}".strip("-"),
            bank=leaves.get(f"{source}.BANKID", ""),
            from_on=_day(first, place) if first else None,
            to_on=_day(last, place) if last else None,
            closing=closing,
            balances=tuple(balances),
            place=place,
        )


_KNOWN_LEAVES = frozenset(
    "TRNTYPE DTPOSTED DTUSER DTAVAIL TRNAMT FITID CORRECTFITID CORRECTACTION CHECKNUM REFNUM NAME MEMO "
    "PAYEE.NAME BANKACCTTO.ACCTID BANKACCTTO.BANKID BANKACCTTO.ACCTTYPE CCACCTTO.ACCTID CURRENCY.CURSYM "
    "CURRENCY.CURRATE ORIGCURRENCY.CURSYM ORIGCURRENCY.CURRATE".split()
)


@lru_cache(4096)
def _day_of(text: str) -> date | None:
    found = _DAY.match(text)
    try:
        return date(*(int(x) for x in found.groups())) if found else None
    except ValueError:
        return None


def _day(text: str, place: Place) -> date:
    """The day of YYYYMMDD[HHMMSS[.mmm]][[offset:zone]], as the bank writes it."""
    found = _day_of(text)
    if found is None:
        raise FormatError(f"{text[:40]!r} is no day, such as 20261031", place)
    return found


def _decode(content: bytes, forced: str) -> Decoded:
    """Forced, else UTF-8 where it is; else what the header declares. Many files of OFX 1 that
    declare 1252 are UTF-8."""
    if forced:
        return decode(content, forced)
    try:
        return decode(content, "utf-8") if not content.isascii() else decode(content)
    except FormatError:
        head = content[:2000]
        charset, prolog = _CHARSET.search(head), _PROLOG.search(head)
        if prolog:
            return decode(content, prolog[1].decode())
        name = charset[1].decode() if charset else ""
        if name.isdigit():
            return decode(content, f"cp{name}")
        return decode(content, name) if name.upper().startswith(("ISO-8859", "WINDOWS")) else decode(content)
