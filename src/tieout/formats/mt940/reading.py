"""MT940 and MT942 to lines and heads.

`fields.py` cuts a file into fields. In :61: the mark is C or D, RC for a credit taken back (money out) and RD for a debit taken
back (money in); a letter behind it is the currency's third. Source: SWIFT Standards, category 9,
MT 940 and MT 942.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache, partial

import msgspec

from tieout.formats.amounts import with_comma
from tieout.formats.model import Balance, FormatError, Head, Line, Place, Stated
from tieout.formats.mt940.dialects import Dialect, detect, dialect_named
from tieout.formats.mt940.fields import Field, fields_of, sniff
from tieout.formats.mt940.information import Found, read_information, read_starmoney, structured
from tieout.formats.references import find_references
from tieout.formats.textlines import TextLines
from tieout.formats.unparsed import Remainder
from tieout.money import minor_digits

# 15d: digits and a comma. The standard demands a digit before it; some banks write none below one (wolph/mt940 pull request 63,
# EUR,00 of Fiducia; wolph/mt940 tags.py reads it so).
_AMOUNT = r"(?:\d{1,22}(?:[,.]\d{0,4})?|[,.]\d{1,4})"
# Where the standard has nothing, banks put blanks: for an entry date that is not there, before an amount, before the
# type. Some leave the type away. Sources: wolph/mt940 mt940_tests/ASNB and tags.py, sandermarechal/jejik-mt940 bug-core-5401,
# fruitl00p/php-mt940 Zetb.
_LINE = re.compile(
    rf"(\d{{6}})(\d{{4}}| {{4}})? *(R?[CD]|E[CD])([A-Z])? *({_AMOUNT})(?![\d,.])"
    r" *(?:([A-Z])([A-Z0-9 ]{3})(.*)|(//.*))?"
)
# The first line of a :61: that ends before its amount: some Sparkassen put it into the next.
_BEFORE_AMOUNT = re.compile(r"\d{6}(?:\d{4}| {4})? *(?:R?[CD]|E[CD])[A-Z]? *")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")


_BALANCE = re.compile(rf"([CD])(\d{{6}})([A-Z]{{3}})?({_AMOUNT})\s*")
_SUM = re.compile(rf"(\d{{1,7}})([A-Z]{{3}})?({_AMOUNT})\s*")
_ACCOUNT_CURRENCY = re.compile(r"(.*\d)\s*([A-Z]{3})")
_KNOWN = frozenset("20 21 25 25P 28 28C 34F 60F 60M 61 62F 62M 64 65 86 90C 90D NS".split())
# Fields that may have several lines; in any other a second one is no part of it, or cut off a figure.
_OF_LINES = frozenset("21 25 25P 61".split())
_LARGEST_FIELD = 64 << 10
_INCOMING = ("C", "RD", "EC")
_NO_REFERENCE = ("NONREF", "EREF", "PREF", "MARF", "KREF+")
_IBAN = re.compile(r"\s*([A-Z]{2}\d{2}[A-Z0-9]{8,30}|\d{8,12})\s*")


class _Raw(msgspec.Struct):
    """A :61: with what follows it."""

    field: Field
    information: list[list[str]]
    rows: dict[str, str]
    last: int


class Mt940Reader(Remainder):
    """One file. `events` gives lines and, after each message's lines, its head."""

    def __init__(self, content: bytes, dialect: str = "", encoding: str = "") -> None:
        named = dialect_named(dialect) if dialect else None
        self._text = TextLines(content, encoding or (named.encoding if named else ""))
        head = "\n".join(self._text.lines[:4000])
        self.dialect: Dialect = named or detect(head)
        self.format = sniff(head) or "mt940"
        self.encoding = self._text.decoded.encoding
        super().__init__(self._text.decoded)
        # A page that ended without a balance: its statement goes on in the next message.
        self.carried: _Message | None = None

    def events(self) -> Iterator[Line | Head]:
        """Raises FormatError; what came before it stands."""
        message: _Message | None = None
        for field in fields_of(self._text, self.dialect.reference == "reference", self._note):
            if isinstance(field, tuple):
                if message is None:
                    self._note("field :61: before the first :20:", self._text.at(field[1]))
                    self._note("field :86: before the first :20:", self._text.at(field[1] + 1))
                    continue
                if message.raw is not None:
                    yield from message.flush()
                yield message.usual(*field)
                continue
            if sum(map(len, field.lines)) > _LARGEST_FIELD:
                raise FormatError(f"field :{field.tag}: is longer than 64 KiB", self._text.at(field.first))
            if field.tag == "20":
                if message is not None:
                    yield from message.finish()
                message = _Message(self, field)
            elif message is None:
                self._note(f"field :{field.tag}: before the first :20:", self._text.at(field.first))
            elif field.tag in _KNOWN:
                yield from message.take(field)
            else:
                self._note(f"field :{field.tag}:", self._text.at(field.first, field.last))
        if message is None:
            raise FormatError("no message was found: MT940 and MT942 begin with :20:")
        yield from message.finish()
        if self.carried is not None:
            raise self.carried.without_balance()


class _Message:
    """One :20: with what follows it."""

    def __init__(self, reader: Mt940Reader, field: Field) -> None:
        self._reader, self._text = reader, reader._text
        self._first, self._last = field.first, field.last
        self._reference = field.lines[0].strip()
        self._account = self._bank = self._number = self._currency = ""
        self._opening: Balance | None = None
        self._closing: Balance | None = None
        self._others: list[Balance] = []
        self._stated: dict[str, tuple[int, Decimal]] = {}
        self.raw: _Raw | None = None
        dialect = reader.dialect
        self._plain = dialect.reference == "reference" and dialect.supplementary != "account"

    def take(self, field: Field) -> Iterator[Line]:  # noqa: C901 - a grammar: a branch a field
        self._last = field.last
        tag, value = field.tag, field.lines[0].strip()
        place = self._text.at(field.first, field.last)
        if tag == "86":
            if self.raw is None:
                self._reader._note("information on the statement (:86:)", place)
            else:
                self.raw.information.append(field.lines)
                self.raw.last = field.last
            return
        if tag == "NS":
            self._starmoney(field, place)
            return
        yield from self.flush()
        if tag not in _OF_LINES:
            self._only_line(field, place)
        if tag == "61":
            self.raw = _Raw(field, [], {}, field.last)
        elif tag in ("25", "25P"):
            self._set_account(value, field, place)
        elif tag in ("28", "28C"):
            self._number = value
        elif tag == "21":
            if value not in ("", "NONREF"):
                self._reader._note("related reference (:21:)", place)
        elif tag in ("60F", "60M"):
            if self._opening is not None:
                raise FormatError(f"a second opening balance :{tag}: in one message", place)
            self._opening = self._balance(value, tag, place)
        elif tag in ("62F", "62M"):
            if self._closing is not None:
                raise FormatError(f"a second closing balance :{tag}: in one message", place)
            self._closing = self._balance(value, tag, place)
        elif tag == "34F":
            # The floor limit of an interim report is the first to name its currency.
            self._reader._note("floor limit (:34F:)", place)
            self._currency = self._currency or value[:3]
        elif tag in ("64", "65"):
            self._others.append(self._balance(value, tag, place))
        else:
            self._sum(tag, value, place)

    def _only_line(self, field: Field, place: Place) -> None:
        """A field of one line that has more of them. Raises FormatError where its figure goes on."""
        behind = [line.strip() for line in field.lines[1:] if line.strip()]
        if behind and behind[0][0] in "0123456789,.":
            raise FormatError(
                f":{field.tag}:{field.lines[0][:60]} goes on in a second line, one was expected", place
            )
        if behind:
            self._reader._note(f"text behind :{field.tag}:", place)

    def _set_account(self, value: str, field: Field, place: Place) -> None:
        """:25: is the account, in the currency of the page before it; of :25P: the second line is the BIC of its bank."""
        if self._account:
            raise FormatError(f"a second account :{field.tag}: in one message", place)
        self._bank, _, self._account = value.rpartition("/")
        for more in (line.strip() for line in field.lines[1:]):
            if _BIC.fullmatch(more) and not self._bank:
                self._bank = more
            elif more:
                self._reader._note(f"a further line of the account (:{field.tag}:)", place)
        found = _ACCOUNT_CURRENCY.fullmatch(self._account)
        if found:
            self._account, self._currency = found[1], found[2]
        before = self._reader.carried
        if before is not None and before._account == self._account:
            self._currency = self._currency or before._currency

    def _starmoney(self, field: Field, place: Place) -> None:
        if self.raw is None:
            self._reader._note("information on the statement (:NS:)", place)
            return
        for line in field.lines:
            if len(line) >= 2 and line[:2].isdigit():
                self.raw.rows[line[:2]] = self.raw.rows.get(line[:2], "") + line[2:]
        self.raw.last = field.last

    def _balance(self, value: str, tag: str, place: Place) -> Balance:
        found = _BALANCE.fullmatch(value)
        if found is None:
            raise FormatError(f":{tag}:{value[:60]} is no balance, such as C261031EUR1234,50", place)
        currency = found[3] or self._currency
        if not currency:
            raise FormatError(f":{tag}: names no currency", place)
        if self._currency and currency != self._currency:
            raise FormatError(f":{tag}: is in {currency}, its account in {self._currency}", place)
        self._currency = currency
        amount = with_comma(found[4], currency, place)
        return Balance(amount if found[1] == "C" else 0 - amount, currency, self._day(found[2], place), tag)

    def _sum(self, tag: str, value: str, place: Place) -> None:
        found = _SUM.fullmatch(value)
        if found is None:
            raise FormatError(f":{tag}:{value[:60]} is no count and sum, such as 12EUR1234,50", place)
        currency = found[2] or self._currency
        if not currency:
            raise FormatError(f":{tag}: names no currency", place)
        self._currency = self._currency or currency
        self._stated[tag] = (int(found[1]), with_comma(found[3], currency, place))

    def _day(self, text: str, place: Place) -> date:
        """YYMMDD. The 30th of February is a day of the 30-day month that some banks count."""
        found = _day_of(text)
        if found is not None:
            return found
        if text[2:] in ("0229", "0230"):
            self._reader._note(f"the {text[4:]}th of February, taken as its last day", place)
            return date(_year_of(text), 3, 1) - timedelta(days=1)
        raise FormatError(f"{text!r} is no day, such as 261031 (YYMMDD)", place) from None

    def flush(self) -> tuple[Line, ...]:
        """The :61: that is open, with the information that came after it."""
        if self.raw is not None:
            raw, self.raw = self.raw, None
            return (self._line(raw),)
        return ()

    def usual(self, whole: re.Match[str], first: int, last: int) -> Line:
        """A line that was cut whole."""
        self._last = last
        value, entry, mark, letter, amount, kind, about, rest, information, code = whole.groups()
        text = information[3:].replace("\n", "")
        if "\r" in text:
            text = text.replace("\r", "")
        head = (value, entry, mark, letter, amount, kind, about, rest)
        return self._made(head, structured(text, "?", code), "", self._text.at(first, last))

    def _line(self, raw: _Raw) -> Line:
        place = self._text.at(raw.field.first, raw.last)
        head, *more = (line.rstrip() for line in raw.field.lines)
        if more and _BEFORE_AMOUNT.fullmatch(head):
            head, *more = head + more[0].lstrip(), *more[1:]
        found = _LINE.fullmatch(head)
        if found is None:
            raise FormatError(
                f":61:{head[:60]} is no statement line, such as 2610311031C12,50NTRFNONREF", place
            )
        *groups, rest, bare = found.groups()
        supplementary = " ".join(x.strip() for x in more if x.strip())
        if groups[5] is None and not bare and supplementary and supplementary[0] in "0123456789,.":
            self._whole_amount(groups[4], place)
        return self._made((*groups, rest or bare), self._information(raw), supplementary, place)

    def _whole_amount(self, amount: str, place: Place) -> None:
        """An amount at the end of its line that figures follow in the next: it is all there where it
        has its decimals. Raises FormatError."""
        _, comma, decimals = amount.replace(".", ",").partition(",")
        if not comma or len(decimals) < minor_digits(self._currency):
            raise FormatError(
                f":61: is cut inside its amount, behind {amount}: it goes on in the next line", place
            )

    def _made(self, head: Sequence[str], information: Found, supplementary: str, place: Place) -> Line:
        """A line of a :61:'s groups, its second line and what its :86: says."""
        currency = self._currency
        if not currency:
            raise FormatError("a line before any currency is known (:60F: or :25:)", place)
        value, entry, mark, letter, amount, kind, code, rest = head
        if letter and letter != currency[2]:
            self._reader._note("a letter behind C or D that is not the currency's third", place)
        value_on = _day_of(value) or self._day(value, place)
        booked_on = value_on
        if entry and not entry.isspace():
            booked_on = _entry_day_of(entry, value_on) or self._day(f"{value_on:%y}{entry}", place)
        total = with_comma(amount, currency, place)
        reference, _, bank_reference = rest.partition("//") if rest else ("", "", "")
        get = information.get
        name = get("name") or get("ultimate_name", "")
        account = get("account", "")
        if not self._plain:
            reference, name, account, supplementary = self._by_dialect(
                reference, name, account, supplementary
            )
        reference, remittance = reference.strip(), get("remittance", "")
        end_to_end, booking, about = get("end_to_end_id", ""), get("booking_text", ""), get("code")
        said = Line if mark in ("C", "D") else _turned(mark)
        if structured := find_references(remittance):
            said = partial(said, structured=structured)
        # More than these fifteen by name would cost four times as much.
        return said(
            amount=total if mark in _INCOMING else 0 - total,
            currency=currency,
            booked_on=booked_on,
            value_on=value_on,
            place=place,
            reference="" if reference in _NO_REFERENCE else reference,
            bank_reference=bank_reference.strip() or get("bank_reference", ""),
            bank_code=f"{kind or ''}{code.strip() if code else ''}{f'/{about}' if about else ''}",
            end_to_end_id="" if end_to_end in ("NOTPROVIDED", "NONREF") else end_to_end,
            mandate_id=get("mandate_id", ""),
            counterparty=name,
            counterparty_account=account,
            counterparty_bank=get("bank", ""),
            remittance=remittance,
            additional=f"{booking} {supplementary}"
            if booking and supplementary
            else booking or supplementary,
        )

    def _by_dialect(
        self, reference: str, name: str, account: str, supplementary: str
    ) -> tuple[str, str, str, str]:
        """What a dialect puts where others put something else."""
        dialect = self._reader.dialect
        if dialect.reference == "account_name":
            account, name = account or reference[:10].strip(), name or reference[10:].strip()
            reference = ""
        if dialect.supplementary == "account" and (line := _IBAN.fullmatch(supplementary)):
            account, supplementary = account or line[1], ""
        return reference, name, account, supplementary

    def _information(self, raw: _Raw) -> Found:
        if raw.information:
            return read_information(raw.information, self._reader.dialect)
        return read_starmoney(raw.rows) if raw.rows else {}

    def without_balance(self) -> FormatError:
        """That a balance is missing, and which page follows where one would have it."""
        follows = f", and its next page does not follow (:28C:{self._number})" if "/" in self._number else ""
        place = self._text.at(self._first, self._last)
        return FormatError(
            f"a message without its opening (:60F:) or closing (:62F:) balance{follows}", place
        )

    def _carried(self) -> _Message | None:
        """The page before this one of the same statement, which has no balance at its end, as this has none where it begins."""
        before = self._reader.carried
        if before is None or before._account != self._account or self._opening is not None:
            return None
        (number, _, page), (theirs, _, last) = self._number.partition("/"), before._number.partition("/")
        follows = page.isdecimal() and last.isdecimal() and int(page) == int(last) + 1
        return before if follows and number == theirs else None

    def finish(self) -> Iterator[Line | Head]:
        yield from self.flush()
        place = self._text.at(self._first, self._last)
        if not self._account:
            raise FormatError("a message without an account (:25:)", place)
        number, _, page = self._number.partition("/")
        if self._reader.carried is not None:
            # Pages without balances between them are one statement, proven from its first page to its last.
            before = self._carried()
            if before is None:
                raise self._reader.carried.without_balance()
            self._opening, self._first, self._reader.carried = before._opening, before._first, None
            place = self._text.at(self._first, self._last)
            if self._closing is not None:
                page = ""
        if self._closing is None and self._opening is not None and page.isdecimal() and not self._stated:
            self._reader.carried = self
            return
        intraday = self._closing is None and (bool(self._stated) or self._opening is None)
        if not intraday and (self._opening is None or self._closing is None):
            raise self.without_balance()
        credits, debits = self._stated.get("90C"), self._stated.get("90D")
        others = tuple(b for b in (self._opening, self._closing, *self._others) if b)
        yield Head(
            account=self._account,
            currency=self._currency,
            statement_id=self._reference,
            sequence=f"{number}/{page}" if page else number,
            page=int(page) if page.isdecimal() and int(page) else None,
            # A page that another follows carries over by an intermediate balance.
            last_page=self._closing.code == "62F" if self._closing else None,
            bank=self._bank,
            from_on=self._opening.on if self._opening else None,
            to_on=self._closing.on if self._closing else None,
            opening=self._opening,
            closing=self._closing,
            balances=others,
            stated=Stated(
                credit_count=credits[0] if credits else None,
                credit_sum=credits[1] if credits else None,
                debit_count=debits[0] if debits else None,
                debit_sum=debits[1] if debits else None,
            ),
            intraday=intraday,
            place=place,
        )


def _year_of(text: str) -> int:
    """The year of two digits: from 80 on it is of the last century."""
    year = int(text[:2])
    return 1900 + year if year >= 80 else 2000 + year


def _turned(mark: str) -> Callable[..., Line]:
    """A line that is not booked yet (E) or takes an earlier one back (R)."""
    return partial(Line, status="pending" if mark[0] == "E" else "booked", reversal=mark[0] == "R")


@lru_cache(4096)
def _day_of(text: str) -> date | None:
    try:
        return date(_year_of(text), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None


@lru_cache(4096)
def _entry_day_of(text: str, value_on: date) -> date | None:
    """MMDD, in the year that puts it nearest to the value date."""
    days = []
    for year in (value_on.year - 1, value_on.year, value_on.year + 1):
        try:
            days.append(date(year, int(text[:2]), int(text[2:])))
        except ValueError:
            continue
    return min(days, key=lambda d: abs((d - value_on).days)) if days else None
