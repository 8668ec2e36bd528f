"""Dates and figures in the form that whoever looks reads: ISO days and English decimals, or as their language has them. And back: what they
type in that form.

An amount's digits are never touched: they are written by Decimal's own exact text, and only the marks between them are the
language's (decimal point, thousands). No float, no rounding. Marks, patterns and names are Unicode's CLDR, by Babel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from tieout.console.language import _, speech
from tieout.money import shown_digits

_TYPED = re.compile(r"([+\-−]?)\s*([0-9][0-9.,'’\u00a0\u202f ]{0,40})\s*([A-Za-z]{3})?")
_PLAIN = re.compile(r"[+-]?[0-9]*\.?[0-9]*")


class TypedError(ValueError):
    """What was typed is no amount or day, or may be two: in words, with what to type instead."""


@dataclass(frozen=True)
class _Marks:
    decimal: str
    group: str


@cache
def _marks(language: str) -> _Marks:
    from babel import Locale
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = Locale.parse(language)
    return _Marks(
        get_decimal_symbol(locale, numbering_system="latn"), get_group_symbol(locale, numbering_system="latn")
    )


def digits(value: Decimal | int, places: int = 0) -> str:
    """A figure with thousands apart and so many decimals, which it must not exceed: 1,234.50 or 1.234,50."""
    text = f"{value:,.{places}f}" if isinstance(value, Decimal) else f"{value:,}"
    if _english():
        return text
    its = _marks(speech().language)
    return text.translate({ord(","): its.group, ord("."): its.decimal})


def marks(text: str) -> str:
    """A figure without thousands apart, such as 99.5, with the decimal mark of whoever looks."""
    return text.replace(".", _point())


def day(text: str) -> str:
    """2026-10-31, or as the language has it; what is no day as it is."""
    said = speech()
    if not said.localised:
        return text
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return text
    from babel.dates import format_date

    return format_date(on, "medium", locale=said.language)


def moment(at: datetime) -> str:
    """Day and time of an instant: 31 Oct 14:05, 31. Okt. 14:05 or 31.10.2026 14:05."""
    said = speech()
    if said.language == "en" and not said.localised:
        return f"{at:%d %b %H:%M}"
    from babel.dates import format_datetime, format_time

    if said.localised:
        return f"{day(at.date().isoformat())} {format_time(at.time(), 'short', locale=said.language)}"
    return format_datetime(at, "d. MMM HH:mm", locale=said.language)


def long_day(at: datetime) -> str:
    """A day with its weekday: Sat 31 Oct 2026, Sa. 31. Okt. 2026 or as the language has it."""
    said = speech()
    if said.language == "en" and not said.localised:
        return f"{at:%a %d %b %Y}"
    from babel.dates import format_date

    return format_date(at.date(), "full" if said.localised else "EEE d. MMM y", locale=said.language)


def month(first: date) -> str:
    """A month by its name: October 2026."""
    said = speech()
    if said.language == "en":
        return f"{first:%B %Y}"
    from babel.dates import format_date

    return format_date(first, "LLLL y", locale=said.language)


def plain_amount(typed: str) -> str:
    """A typed amount as the API takes it: "1.234,56" or "1,234.56" as "1234.56". With English marks what has none but one point is taken as it
    stands. Raises TypedError, in words, for what is no amount and for what may be two: 1.234 and 1,234 are either a thousand or one and a
    fraction, unless whoever types reads English marks, where thousands have a comma, or a currency with no decimals or with three stands behind it."""
    text = typed.strip()
    if not text or (_english() and _PLAIN.fullmatch(text)):
        return text
    found = _TYPED.fullmatch(text)
    if found is None:
        raise TypedError(_("“%(typed)s” is no amount: type it as %(such)s", typed=text[:40], such=_such()))
    sign = "-" if found[1] in ("-", "−") else ""
    return sign + _read(re.sub(r"['’\s]", "", found[2]), (found[3] or "").upper(), text)


def _read(body: str, currency: str, typed: str) -> str:
    used = [c for c in body if c in ".,"]
    if not used:
        return body
    whole, _mark, fraction = body.rpartition(used[-1])
    if len(set(used)) == 2 and used.count(used[-1]) == 1 and _grouped(whole):
        return f"{re.sub('[.,]', '', whole)}.{fraction}"
    if len(set(used)) == 1 and len(used) > 1 and _grouped(body):
        return re.sub("[.,]", "", body)
    if len(used) == 1 and whole:
        if len(fraction) != 3 or not 1 <= len(whole) <= 3 or whole == "0":
            return f"{whole}.{fraction}"
        if (_english() and used[0] == ",") or (currency and not shown_digits(currency)):
            return whole + fraction
        if used[0] == _point() and (_english() or (currency and shown_digits(currency) == 3)):
            return f"{whole}.{fraction}"
        one, other = whole + fraction, whole + _point() + fraction
        raise TypedError(
            _("“%(typed)s” may be %(one)s or %(other)s: type the decimals, as in %(such)s", typed=typed[:40], one=one, other=other, such=_such())
        )  # fmt: skip
    raise TypedError(_("“%(typed)s” is no amount: type it as %(such)s", typed=typed[:40], such=_such()))


def _grouped(text: str) -> bool:
    """Digits in thousands, with one mark, or without any."""
    return re.fullmatch(r"[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?:,[0-9]{3})+", text) is not None


def _english() -> bool:
    """Whether figures have English marks, as ISO's form has."""
    return not speech().localised or speech().language == "en"


def _point() -> str:
    return "." if _english() else _marks(speech().language).decimal


def _such() -> str:
    return digits(Decimal("1234.56"), 2)


def plain_day(typed: str) -> str:
    """A typed day as the API takes it: "31.10.2026" as "2026-10-31". What is written otherwise stays as it is, for the API to say what it
    expected. Raises TypedError for 3/10/2026, which is March's or October's."""
    text = typed.strip()
    if found := re.fullmatch(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})", text):
        return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    if re.fullmatch(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}", text):
        raise TypedError(
            _("“%(typed)s” may be of two months: type it as %(such)s", typed=text, such=day("2026-10-31"))
        )
    return text
