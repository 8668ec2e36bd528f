"""How figures, times and states are written on pages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from markupsafe import Markup, escape

from tieout.causes import cause_named
from tieout.console import forms
from tieout.console.evidence_sentences import said_of
from tieout.console.language import _, counted, marked, told
from tieout.money import shown_digits
from tieout.security import masked

_TICKS = re.compile(r"`([^`]+)`")
# What a state is called, and how it looks: good, busy, bad or quiet.
STATES: dict[str, tuple[str, str]] = {
    "posted": (marked("posted"), "good"),
    "planned": (marked("on its way"), "busy"),
    "normalised": (marked("waiting"), "busy"),
    "refused": (marked("in exception"), "bad"),
    "excluded": (marked("excluded"), "quiet"),
    "superseded": (marked("superseded"), "quiet"),
    "confirmed": (marked("read back"), "good"),
    "waiting": (marked("waiting"), "busy"),
    "attempting": (marked("being sent"), "busy"),
    "unknown": (marked("outcome unknown"), "bad"),
    "open": (marked("open"), "busy"),
    "solved": (marked("solved"), "good"),
    "approved": (marked("approved"), "good"),
    "rejected": (marked("rejected"), "bad"),
    "void": (marked("void"), "quiet"),
    "signed": (marked("signed"), "good"),
    "prepared": (marked("prepared"), "busy"),
    "done": (marked("ready to sign"), "busy"),
    "blocked": (marked("waits for others"), "quiet"),
    "to_approve": (marked("waits for a second person"), "busy"),
    "proposed": (marked("proposed"), "busy"),
}


def amount(value: Any, currency: str = "", signed: bool = False) -> Markup:
    """An amount with thousands apart, as many decimals as its currency has or it needs, its currency behind; a
    negative one has a true minus, and no colour of its own: red is for what is wrong. `signed` writes a plus as well. Its marks are those
    of whoever looks; its digits are the amount's."""
    if value is None:
        return Markup('<span class="quiet">–</span>')
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return escape(str(value))
    digits = shown_digits(currency)
    shown = number.normalize()
    places = max(digits, -int(shown.as_tuple().exponent) if shown else 0)
    text = forms.digits(abs(number), places)
    sign = "−" if number < 0 else ("+" if signed and number > 0 else "")
    kind = "money neg" if number < 0 else ("money zero" if not number else "money")
    unit = Markup(' <span class="unit">{}</span>').format(currency) if currency else ""
    return Markup('<span class="{}">{}{}{}</span>').format(kind, sign, text, unit)


def number(value: Any) -> str:
    """A count with thousands apart."""
    return forms.digits(int(value or 0))


def cause(value: str) -> str:
    """A cause as words: the first letter large."""
    text = told(value.replace("_", " "))
    return text[:1].upper() + text[1:]


def plain(value: Any) -> str:
    """A name as people read it: underscores are blanks; nothing is ""."""
    return told(str(value or "").replace("_", " "))


def state(value: str) -> Markup:
    """A state as a badge."""
    words, kind = STATES.get(value, (plain(value), "quiet"))
    return Markup('<span class="badge {}">{}</span>').format(kind, told(words))


def ticks(text: str) -> Markup:
    """Words with `commands` in them set as code; a sentence of the API's that the catalogue knows is in the page's language."""
    parts = _TICKS.split(told(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts)
    )


def recovers(text: str, cause_name: str) -> Markup:
    """What recovers a case, in the page's language: the sentence of its cause is looked up by its pattern, and what the case filled in
    stays as it is."""
    return ticks(cause_named(cause_name).said_in(text, told)) if text else Markup("")


def task(name: str) -> str:
    """What a task of a close is called; a project's own tasks are called what its people called them."""
    kind, _colon, interface = name.partition(": ")
    return _("complete: %(interface)s", interface=interface) if kind == "complete" else told(name)


def signs(text: str) -> str:
    """Why a group was put together: each sign in the page's language, where the catalogue knows it."""
    return "; ".join(told(sign) for sign in text.split("; "))


def _instant(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def when(value: Any) -> Markup:
    """An instant: day and time, and all of it for machines."""
    at = _instant(value) if value else None
    if at is None:
        return Markup('<span class="quiet">–</span>')
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S %z}", forms.moment(at)
    )


def day(value: Any) -> str:
    """A day as 2026-10-31, or as the language has it."""
    return forms.day(str(value or "–")[:10])


def long_day(value: Any) -> str:
    """A day with its weekday."""
    at = _instant(value)
    return forms.long_day(at) if at else str(value)


def month(value: str) -> str:
    """2026-10 as October 2026."""
    try:
        return forms.month(date.fromisoformat(f"{value}-01"))
    except ValueError:
        return value


def due(value: Any, now: Any) -> Markup:
    """How long until something is due, or since: a missed time says so."""
    at, here = _instant(value), _instant(now)
    if at is None or here is None:
        return Markup('<span class="quiet">–</span>')
    left = at - here
    words = _span(abs(left))
    if left < timedelta(0):
        return Markup('<span class="due late" title="{}">{}</span>').format(
            f"{at:%Y-%m-%d %H:%M}", _("%(span)s late", span=words)
        )
    kind = "due near" if left < timedelta(hours=24) else "due"
    return Markup('<span class="{}" title="{}">{}</span>').format(
        kind, f"{at:%Y-%m-%d %H:%M}", _("in %(span)s", span=words)
    )


def age(value: Any, now: Any) -> str:
    """How long ago something was."""
    at, here = _instant(value), _instant(now)
    return _span(abs(here - at)) if at and here else "–"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return _("%(count)s min", count=minutes)
    if minutes < 48 * 60:
        return _("%(count)s h", count=minutes // 60)
    return counted("%(count)s day", "%(count)s days", minutes // (24 * 60))


def seconds(value: Any) -> str:
    """A span of seconds in the unit that fits."""
    number = Decimal(str(value))
    if number < 120:
        return f"{forms.marks(f'{number.normalize():f}')} s"
    return _span(timedelta(seconds=int(number)))


def absolute(value: Any) -> Decimal:
    """An amount without its sign."""
    return abs(Decimal(str(value)))


def percent(value: Any) -> str:
    """A share of 1 as percent."""
    return forms.marks(f"{Decimal(str(value)) * 100:.1f}".removesuffix(".0"))


def whole(value: str) -> str:
    """A figure without a nought behind its point."""
    return forms.marks(value.removesuffix(".0"))


def negative(value: Any) -> bool:
    """Whether an amount, which the API gives as text, is below zero. decimal.InvalidOperation where it is no
    number."""
    return Decimal(str(value)) < 0


def nonzero(value: Any) -> bool:
    """Whether an amount, which the API gives as text, is there and is not zero."""
    return value is not None and Decimal(str(value)) != 0


def asked_words(asked: str) -> str:
    """What stands behind a list's address, in words."""
    return ", ".join(f"{plain(k)} {v}" for k, v in parse_qsl(asked, max_num_fields=100))


TESTS = {"negative": negative, "nonzero": nonzero}


def sentence(entry: dict[str, Any]) -> str:
    """What an entry of evidence says, numbers of accounts and cards masked."""
    return masked(said_of(entry))


FILTERS = {
    "told": told,
    "asked_words": asked_words,
    "amount": amount, "number": number, "cause": cause, "plain": plain, "state": state, "ticks": ticks, "recovers": recovers, "task": task, "signs": signs,
    "when": when,
    "day": day, "long_day": long_day, "month": month, "due": due, "age": age,
    "seconds": seconds,
    "sentence": sentence, "masked": masked, "absolute": absolute, "percent": percent, "whole": whole,
}  # fmt: skip
