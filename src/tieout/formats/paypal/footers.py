"""The totals of a settlement report's section (SF) or of all of it (RF), a currency each.

Behind the currency stand gross credits, gross debits, fee credits and fee debits; then balances, each behind CR or
DR, at the beginning and at the end by turns: first the one that the transactions carry from one to the
other, then further views of it (in version 9: what of it is available, and what PayPal is owed); and
the count of the rows. Older exports write the two balances without marks and no count.
Sources: PayPal, Settlement Report Specification (developer.paypal.com, version 9, and its history); rows that
others published: wikimedia/wikimedia-fundraising-SmashPig, PaymentProviders/PayPal/Tests/Data/stl_*.csv.
"""

from __future__ import annotations

import re

import msgspec

from tieout.formats.model import FormatError, Place

NAMES = ("gross credits", "gross debits", "fee credits", "fee debits")
_MARKS = {"CR": 1, "DR": -1}
_NUMBER = re.compile(r"\d{1,18}")


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """Totals of a currency, all in its minor units: `sums` as NAMES says; `balances` signed, (beginning, end) each;
    `count` None where none is stated; `marked` says that CR or DR stands before each balance, as PayPal writes it."""

    currency: str
    sums: tuple[int, int, int, int]
    balances: tuple[tuple[int, int], ...]
    count: int | None
    place: Place
    marked: bool = True


def units(text: str, place: Place) -> int:
    """A whole number of minor units; 0 for an empty text. Raises FormatError for any other."""
    if text and not _NUMBER.fullmatch(text):
        raise FormatError(f"{text[:40]!r} is no whole number of minor units", place)
    return int(text or "0")


def footer_of(kind: str, cells: list[str], place: Place) -> Footer:
    """The totals of a row SF or RF, its kind left out. Raises FormatError for a row of no such form."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) < 7:
        raise FormatError(f"totals ({kind}) of {len(cells)} cells, at least 7 were expected", place)
    a, b, c, d = (units(cell, place) for cell in cells[1:5])
    rest, balances = cells[5:], list[int]()
    marked = rest[0] in ("CR", "DR", "")
    if not marked:
        balances, rest = [units(cell, place) for cell in rest[:2]], rest[2:]
    while len(rest) >= 2 and (rest[0] in _MARKS or (not rest[0] and not units(rest[1], place))):
        balances.append(_MARKS.get(rest[0], 1) * units(rest[1], place))
        rest = rest[2:]
    if len(rest) > 1 or len(balances) < 2 or len(balances) % 2:
        raise FormatError(
            f"totals ({kind}) of {len(cells)} cells: a currency, four totals, balances at the beginning and at the end,"
            " each behind CR or DR, and a count were expected",
            place,
        )
    return Footer(
        currency=cells[0],
        sums=(a, b, c, d),
        balances=tuple(zip(balances[::2], balances[1::2], strict=True)),
        count=units(rest[0], place) if rest else None,
        place=place,
        marked=marked,
    )
