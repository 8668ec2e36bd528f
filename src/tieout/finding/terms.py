"""Terms by which things are found: what a document says and what somebody types are made into the same ones. Pure.

A term is a lexeme of PostgreSQL's text search. Words are letters and digits alone, small and without accents. Other terms
begin with a sign that no word has: `=` an amount, `@` a day, `#` the end of an account, `:` a kind of thing, `$` a
currency, `!` an entity.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

# Longer runs are nobody's name for anything; numbers of more digits than any amount has are none.
_LONGEST, _MOST_DIGITS, _MOST_WORDS = 60, 18, 60
_PART = re.compile(r"[^\W_]+")
# Letters that Unicode does not take apart, and how they are written where a keyboard has none.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_NUMBER = re.compile(r"[+\-−]?[0-9][0-9.,'’]*[+\-−]?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,'’][0-9]{2,3})*")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{6,30}", re.I)
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january januar", "feb february februar", "mar march märz mrz", "apr april", "may mai", "jun june juni",
         "jul july juli", "aug august", "sep sept september", "oct october okt oktober", "nov november",
         "dec december dez dezember"), 1
    )
    for name in names.split()
}  # fmt: skip


def folded(text: str) -> str:
    """Small, and without accents: `Müller` is `muller`, `Straße` is `strasse`."""
    bare = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in bare if not unicodedata.combining(c))


def spellings(word: str) -> tuple[str, ...]:
    """The ways in which one word is written: `müller` and `mueller`, `0012` and `12`."""
    small = word.casefold()
    if small.isascii():
        found = {small}
    else:
        small = unicodedata.normalize("NFC", small)
        found = {folded(small), folded(small.translate(_UMLAUTS))}
    found |= {x.lstrip("0") or "0" for x in found if x.isdigit() and x[0] == "0"}
    return tuple(sorted(x for x in found if x))


def words(text: str) -> tuple[str, ...]:
    """The words of a text, each once, as many as are looked at: of `INV-2026-0012` the whole, its parts, and `12`."""
    found: dict[str, None] = {}
    for chunk in text.split():
        parts = _PART.findall(chunk)
        whole = "".join(parts)
        for part in dict.fromkeys((whole, *parts)):
            if len(part) <= _LONGEST:
                found |= dict.fromkeys(spellings(part))
        if len(found) >= _MOST_WORDS:
            break
    return tuple(found)[:_MOST_WORDS]


def amount_term(value: Decimal) -> str:
    """An amount, whatever its sign: people search for what they see on a statement."""
    shown = abs(value).normalize()
    return f"={shown:f}" if shown else "=0"


def amounts_of(typed: str) -> tuple[Decimal, ...]:
    """What a typed number may mean: `1,234.56`, `1.234,56`, `1'234.56` and `1234.56` are one amount; `1,234` is either a
    thousand or one and a fraction."""
    if not _NUMBER.fullmatch(typed):
        return ()
    bare = typed.strip("+-−").rstrip(".,'’")
    plain = re.sub(r"['’]", "", bare)
    if sum(c.isdigit() for c in plain) > _MOST_DIGITS:
        return ()
    marks = [c for c in plain if c in ".,"]
    readings: set[str] = set()
    if not marks:
        readings.add(plain)
    else:
        whole, _, fraction = plain.rpartition(marks[-1])
        if marks[-1] not in whole and _is_grouped(whole):
            readings.add(f"{re.sub('[.,]', '', whole)}.{fraction}")
        if len(set(marks)) == 1 and _is_grouped(plain) and len(fraction) == 3:
            readings.add(re.sub("[.,]", "", plain))
    return tuple(sorted(_decimals(readings)))


def _is_grouped(digits: str) -> bool:
    """Digits in groups of thousands (or as India writes them), or in none at all."""
    return digits.isdigit() or (
        _GROUPED.fullmatch(digits) is not None and len(re.split(r"[.,'’]", digits)[-1]) == 3
    )


def _decimals(texts: set[str]) -> Iterator[Decimal]:
    for text in texts:
        try:
            yield Decimal(text)
        except InvalidOperation:
            continue


def day_term(on: date) -> str:
    """A day; its month is the beginning of it."""
    return f"@{on:%Y%m%d}"


def days_of(typed: str) -> tuple[str, ...]:
    """The day terms that a typed date may mean, or the beginnings of its month's: `2026-10-03`, `3.10.2026`, `10/3/26`
    (two days, where both may be meant), `2026-10`."""
    if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?", typed):
        year, month, day = (int(x) if x else 0 for x in found.groups())
        return _days(((year, month, day),))
    if found := re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})", typed):
        one, mark, two, year = int(found[1]), found[2], int(found[3]), int(found[4])
        year += 2000 if year < 100 else 0
        # Only with a stroke does anybody write the month first.
        return _days(((year, two, one), (year, one, two)) if mark == "/" else ((year, two, one),))
    return ()


def _days(candidates: tuple[tuple[int, int, int], ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for year, month, day in candidates:
        try:
            on = date(year, month, day or 1)
        except ValueError:
            continue
        if 1970 <= year <= 2199:
            found[day_term(on) if day else f"@{on:%Y%m}"] = None
    return tuple(found)


def written_days(text: str) -> str:
    """The text with days that have a month's name (`3 Oct 2026`, `October 3, 2026`) as `2026-10-03`."""
    names = "|".join(sorted(MONTHS, key=len, reverse=True))
    forms = (rf"\b(?P<d>\d{{1,2}})\.?\s+(?P<m>{names})\.?,?\s+(?P<y>\d{{4}})\b",
             rf"\b(?P<m>{names})\.?\s+(?P<d>\d{{1,2}}),?\s+(?P<y>\d{{4}})\b",
             rf"\b(?P<m>{names})\.?,?\s+(?P<y>\d{{4}})\b")  # fmt: skip
    for form in forms:
        text = re.sub(form, _iso, text, flags=re.I)
    return text


def _iso(found: re.Match[str]) -> str:
    said = found.groupdict()
    month = MONTHS[said["m"].casefold()]
    return f"{said['y']}-{month:02d}" + (f"-{int(said['d']):02d}" if said.get("d") else "")


def account_end(account: str) -> str:
    """The term of an account number: its last four characters, which is as much of it as is shown anywhere."""
    plain = "".join(_PART.findall(account)).casefold()
    return f"#{plain[-4:]}" if len(plain) >= 8 and any(c.isdigit() for c in plain) else ""


def account_ends_of(typed: str) -> tuple[str, ...]:
    """What a typed account may be: its last four, by themselves (`…3000`, `3000`) or as the end of a whole one."""
    plain = "".join(_PART.findall(typed)).casefold()
    if re.fullmatch(r"[0-9]{4}", plain) or (_IBAN.fullmatch(plain) and len(plain) >= 15):
        return (f"#{plain[-4:]}",)
    return ()


def is_account(typed: str) -> bool:
    """Whether this is a whole account number, of which nothing but its end is indexed."""
    plain = "".join(_PART.findall(typed))
    return _IBAN.fullmatch(plain) is not None and len(plain) >= 15


def joined(text: str) -> str:
    """The text with what belongs together written together: an IBAN in groups of four, thousands apart by blanks."""
    iban = r"\b([A-Za-z]{2}\d{2}(?: [A-Za-z0-9]{4}){2,7}(?: [A-Za-z0-9]{1,4})?)\b"
    text = re.sub(iban, lambda m: m[1].replace(" ", ""), text)
    thousands = r"(?<![\w.,/-])(\d{1,3}(?:[ \u00a0\u202f]\d{3})+[.,]\d{2})(?![\w.,])"
    return re.sub(thousands, lambda m: re.sub(r"\s", "", m[1]), text)


def quoted(term: str) -> str:
    """A term as PostgreSQL reads it in a tsvector or a tsquery, whatever is in it."""
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
