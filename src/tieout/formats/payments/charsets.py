"""Which characters a bank takes in a payment's texts, and what others become where a project says so.

Nothing is changed silently: a text is in the set, or it is converted because the bank's profile says `convert`, or
the payment is refused. Ids are never converted.

Sources: the basic set of the schemes: EPC132-08, SEPA Credit Transfer Customer-to-PSP Implementation Guidelines 2025
v1.0 (in force since 2025-10-05), 1.4. Germany: Die Deutsche Kreditwirtschaft, DFÜ-Abkommen Anlage 3, version 26.11 of
2026-04-09, chapter 2.1: banks commit themselves to take ÄÖÜäöüß&*$% too. Switzerland: SIX, Swiss Payment Standards
2025 (since November 2025): Basic Latin, Latin-1 Supplement, Latin Extended-A, ȘșȚț and €. Conversion: EPC217-08,
SEPA Requirements for an Extended Character Set, its conversion table of 2009-12-21 (`epc217_08.tsv`) and, for the
ampersand, which the table leaves open, its chapter 6.2.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib import resources

BASIC = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
GERMAN = BASIC | frozenset("ÄÖÜäöüß&*$%")
SWISS = frozenset(
    [chr(code) for code in (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180))] + list("ȘșȚț€")
)
SETS = {"basic": BASIC, "german": GERMAN, "swiss": SWISS}
# What the bank's profile adds where a project says nothing, by the country of the account that pays.
_BY_COUNTRY = {"DE": "german", "CH": "swiss", "LI": "swiss"}


def set_of(country: str) -> str:
    """The name of the set that banks of a country (ISO 3166) take: the schemes' basic one unless they add to it."""
    return _BY_COUNTRY.get(country, "basic")


def outside(text: str, name: str) -> str:
    """The first character of a text that is not in the set of a name; "" where all are."""
    allowed = SETS[name]
    return next((c for c in text if c not in allowed), "")


def converted(text: str, name: str) -> str:
    """A text with each character that is not in the set of a name as the EPC's table has it.

    A character stays as it is, and so is refused by whoever checks, where the table has no entry, or only a full
    stop for what is a letter or a digit: a name of full stops is nobody's name.
    """
    allowed = SETS[name]
    whole = unicodedata.normalize("NFC", text)
    return "".join(c if c in allowed else _replaced(c) for c in whole)


def _replaced(character: str) -> str:
    found = _table().get(character, character)
    if found == "." and unicodedata.category(character)[0] not in "PSZ":
        return character
    return found


@cache
def _table() -> dict[str, str]:
    raw = resources.files(__package__).joinpath("epc217_08.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in raw.splitlines() if not line.startswith("#"))
    return {"&": "+"} | {chr(int(code[2:], 16)): sign for code, sign in rows}


def named(character: str) -> str:
    """A character as an error shows it: itself, its code point and its name."""
    shown = character if character.isprintable() else ""
    return f"{shown!r} (U+{ord(character):04X} {unicodedata.name(character, 'without a name').lower()})"
