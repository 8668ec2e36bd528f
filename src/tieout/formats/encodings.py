"""The encoding of a text file, by evidence; a byte whose letter cannot be known stays unknown.

Order: what the caller or the dialect declares; a byte order mark; ASCII; strict UTF-8; then the
single-byte encodings under which every high byte is a letter where a letter can stand. Where two
of them would give different letters, the countries of accounts and banks and their currencies
decide, else the alphabets: one reading has the letters of one language, the other of none. Where
they cannot, the letter becomes U+FFFD and is reported: a wrong name is worse than a gap in one.
"""

from __future__ import annotations

import codecs
import re

import msgspec

from tieout.formats.model import FormatError, Place

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN, _CENTRAL = ("cp1252", "iso-8859-15"), ("cp1250", "iso-8859-2")
_DOS = ("cp850", "cp852")
_CENTRAL_COUNTRIES = frozenset("PL CZ SK HU RO HR SI".split())
_COUNTRY = re.compile(rb"\b([A-Z]{2})\d{2}[A-Z0-9]{11,30}\b")
_MONEY = re.compile(rb"\b[A-Z]?\d*(PLN|CZK|HUF|RON)[\d,]")
_WESTERN_MONEY = re.compile(rb"\b[A-Z]?\d*(CHF|GBP|DKK|NOK|SEK|ISK)[\d,]")
# Accounts of an MT940 without an IBAN. Five digits and eleven are a French or an Austrian bank's, eight and up to ten a
# German one's. Source: banks' descriptions of :25:; no country of Central Europe numbers accounts like either.
_WESTERN_ACCOUNT = re.compile(
    rb"^:25P?:(?:\d{5}/[0-9A-Z]{11}|\d{8}/\d{1,7}|\d{8}/\d{9,10})(?:\s|[A-Z]{3}\s)", re.MULTILINE
)
# Where a BIC stands: before an account, beneath it, or as the other side's bank.
_BANK = re.compile(
    rb"(?:^:25:|^:25P:[^\n]*\n|\?30|/BIC/)[A-Z]{4}([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?=[/?\s])",
    re.MULTILINE,
)
# What each language writes beside a to z. Source: Unicode CLDR, exemplar characters.
_WESTERN_ALPHABETS = tuple(
    map(
        frozenset,
        (
            "àâæçéèêëîïôœùûüÿ",
            "äöüß",
            "áéíóúàèìòùëïöüĳ",
            "áéíóúüñç",
            "áâãàçéêíòóôõú",
            "àèéìíòóùú",
            "æøåéèêóòâôä",
            "åäöéàü",
            "áðéíóúýþæö",
        ),
    )
)
_CENTRAL_ALPHABETS = tuple(
    map(
        frozenset,
        (
            "ąćęłńóśźż",
            "áčďéěíňóřšťúůýž",
            "áäčďéíĺľňóôŕšťúýž",
            "áéíóöőúüű",
            "ăâîșțşţ",
            "čćđšž",
        ),
    )
)
_PLAIN = set("€£§°«»–—’‘“”…·´")


class Decoded(msgspec.Struct, frozen=True):
    """`unknown` are the places of bytes whose letter is not known."""

    text: str
    encoding: str
    unknown: tuple[Place, ...] = ()


def decode(content: bytes, declared: str = "") -> Decoded:
    """The text of `content`. Raises FormatError where it is not in the declared encoding, where
    it holds NUL, or where no encoding that is known gives text."""
    if declared:
        try:
            return Decoded(content.decode(declared), declared)
        except LookupError:
            raise FormatError(f"no encoding is named {declared!r}") from None
        except UnicodeDecodeError as error:
            place = Place(error.start, 1, content.count(b"\n", 0, error.start) + 1)
            raise FormatError(f"not {declared} text: {error.reason}", place) from None
    for mark, name in _MARKS:
        if content.startswith(mark):
            try:
                return Decoded(content.decode(name), name.removesuffix("-sig"))
            except UnicodeDecodeError as error:
                raise FormatError(f"not {name} text: {error.reason}", Place(error.start, 1)) from None
    nul = content.find(b"\x00")
    if nul >= 0:
        raise FormatError("a NUL byte: this is no text file", Place(nul, 1))
    if content.isascii():
        return Decoded(content.decode("ascii"), "ascii")
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _single_byte(content)


def _single_byte(content: bytes) -> Decoded:
    for family in ((*_WESTERN, *_CENTRAL), _DOS):
        texts = {name: text for name in family if (text := _plausible(content, name)) is not None}
        if not texts:
            continue
        if len(set(texts.values())) == 1:
            name = next(iter(texts))
            return Decoded(texts[name], name)
        if family is not _DOS:
            chosen = _by_country(content, texts)
            if chosen:
                return Decoded(texts[chosen], chosen)
        return _undecided(content, list(texts.values()))
    return _undecided(content, [])


def _plausible(content: bytes, name: str) -> str | None:
    """The text under `name`, or None where a high byte is no letter, or stands as a capital
    inside a small word."""
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        return None
    before = " "
    for at, char in enumerate(text):
        if char > "\x7f" and char not in _PLAIN:
            if not char.isalpha() or char in "ªº":
                return None
            if char.isupper() and before.islower():
                return None
            after = text[at + 1 : at + 2]
            if char.islower() and before.isupper() and after.isupper():
                return None
        before = char
    return text


def _by_country(content: bytes, texts: dict[str, str]) -> str:
    """The encoding that the accounts' and banks' countries and currencies speak for, if all agree; where none of them
    says anything, that of the only language whose letters these can be."""
    countries = {hit.decode() for hit in (*_COUNTRY.findall(content), *_BANK.findall(content))}
    central = bool(countries & _CENTRAL_COUNTRIES) or bool(_MONEY.search(content))
    western = bool(countries - _CENTRAL_COUNTRIES)
    if not western and not central:
        western = bool(_WESTERN_MONEY.search(content) or _WESTERN_ACCOUNT.search(content))
    if western == central:
        return "" if central else _by_alphabet(texts)
    return _agreed(_CENTRAL if central else _WESTERN, texts)


def _agreed(family: tuple[str, ...], texts: dict[str, str]) -> str:
    """The first encoding of a family that gives text, if all of them give the same."""
    found = [name for name in family if name in texts]
    return found[0] if found and len({texts[name] for name in found}) == 1 else ""


def _by_alphabet(texts: dict[str, str]) -> str:
    """The encoding under which the letters are those of one language, where that is so in one family alone."""
    fitting = []
    for family, alphabets in ((_WESTERN, _WESTERN_ALPHABETS), (_CENTRAL, _CENTRAL_ALPHABETS)):
        name = _agreed(family, texts)
        letters = {c for c in texts.get(name, "").lower() if c > "\x7f" and c.isalpha()}
        if name and any(letters <= alphabet for alphabet in alphabets):
            fitting.append(name)
    return fitting[0] if len(fitting) == 1 else ""


def _undecided(content: bytes, texts: list[str]) -> Decoded:
    """ASCII, and those letters on which all readings agree; U+FFFD for the rest."""
    letters, unknown, line = [], [], 1
    for at, byte in enumerate(content):
        if byte < 0x80:
            letters.append(chr(byte))
            line += byte == 10
            continue
        readings = {text[at] for text in texts}
        if len(readings) == 1:
            letters.append(readings.pop())
        else:
            letters.append("\ufffd")
            unknown.append(Place(at, 1, line))
    return Decoded("".join(letters), "unknown", tuple(unknown))
