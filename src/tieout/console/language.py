"""In which language a page speaks, and in which form it writes dates and figures: of one request, chosen by whoever looks.

Catalogues are gettext's (`locale/LANGUAGE/LC_MESSAGES/console.po`), read once a process, when the first page needs one. English is the
language of the messages themselves and has none.
Source: RFC 9110, 12.5.4 (Accept-Language); the GNU gettext manual, 10 (PO files).
"""

from __future__ import annotations

import gettext as catalogues
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

# Each by its own name, as whoever looks for it reads it.
LANGUAGES = {"en": "English", "de": "Deutsch"}
_MOST_ASKED = 20
_ASKED = re.compile(
    r"\s*([a-zA-Z]{1,8}|\*)(?:-[a-zA-Z0-9-]{1,30})?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?"
)


@dataclass(frozen=True)
class Speech:
    """`forms` is iso (2026-10-31, 1,234.56) or language, as the language has them."""

    language: str = "en"
    forms: str = "iso"

    @property
    def localised(self) -> bool:
        """Whether dates and figures are written as the language has them."""
        return self.forms == "language"


_DEFAULT = Speech()
_SPEECH: ContextVar[Speech] = ContextVar("speech", default=_DEFAULT)


@contextmanager
def speaking(speech: Speech) -> Iterator[None]:
    """Within, pages are made in this language."""
    before = _SPEECH.set(speech)
    try:
        yield
    finally:
        _SPEECH.reset(before)


def speech() -> Speech:
    """How the page is made that is being made."""
    return _SPEECH.get()


def speech_of(chosen: Mapping[str, Any], accepted: str) -> Speech:
    """What somebody chose, else what their browser asks for (`accepted`, an Accept-Language), else English."""
    language = chosen.get("language") or asked_language(accepted)
    return Speech(language if language in LANGUAGES else "en", chosen.get("forms") or "iso")


def asked_language(accepted: str) -> str:
    """The language of ours that a browser wants most; of several alike the first; "en" where it wants none of them."""
    best, most = "en", Decimal(0)
    for part in accepted[:500].split(",")[:_MOST_ASKED]:
        found = _ASKED.fullmatch(part)
        if found is None:
            continue
        weight = Decimal(found[2] or 1)
        if found[1].lower() in LANGUAGES and weight > most:
            best, most = found[1].lower(), weight
    return best


@cache
def catalogue(language: str) -> catalogues.NullTranslations:
    """The messages of a language; of English, and of one that has no catalogue, the messages as they are."""
    path = resources.files("tieout.console").joinpath("locale", language, "LC_MESSAGES", "console.po")
    if language not in LANGUAGES or not path.is_file():
        return catalogues.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        read = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


def gettext(message: str) -> str:
    """The message in the page's language."""
    return catalogue(speech().language).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The message for a count."""
    return catalogue(speech().language).ngettext(one, many, count)


def pgettext(context: str, message: str) -> str:
    """The message that means what `context` says, where one English word means two things."""
    return catalogue(speech().language).pgettext(context, message)


def npgettext(context: str, one: str, many: str, count: int) -> str:
    """The message for a count that means what `context` says."""
    return catalogue(speech().language).npgettext(context, one, many, count)


def _(message: str, **given: Any) -> str:
    """The message in the page's language, what is given set into its %(name)s."""
    found = gettext(message)
    return found % given if given else found


def counted(one: str, many: str, count: int, **given: Any) -> str:
    """The message for a count, which is its %(count)s."""
    return ngettext(one, many, count) % {"count": count, **given}


def marked(message: str) -> str:
    """A message that is only looked up once a page shows it: it stands in the catalogue, and is the same here."""
    return message


def told(text: Any) -> str:
    """What the API says in a sentence of its own, where the catalogue knows it; else as it came."""
    found = str(text or "")
    return gettext(found) if found else ""
