"""Which of the ledger's taxes a tax of a sale is: by whose tax it is, and no longer by its title and rate alone.

A key of `mappings/taxes.csv` is a jurisdiction, a colon, and what is meant of it; of several that fit the first holds:

    US-CA: Alameda County Tax 0.25%    this tax at this rate
    US-CA: Alameda County Tax          this tax, whatever its rate
    DE: 19%                            every tax of this rate
    US-CA: *                           every tax of this jurisdiction

Where a state has no row its country's hold; never in the United States, where the sales tax is each state's own (rates
and returns by state: Streamlined Sales Tax; EU 2006/112 art. 33 and 369a: a distance sale is taxed where it ends). What a
marketplace owes (Shopify: TaxLine.channelLiable) begins with `channel `, as `channel US-CA: *`, and never goes elsewhere.

A row of before, `State Tax 15%`, names a title and a rate. It goes on for sales whose source names no jurisdiction, and
for those of countries that no row of the table names on that day: a table is moved country by country.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from tieout.documents import SaleLine, TaxLine
from tieout.rules import Release, UnmappedError

TABLE = "taxes"
_BY_CHANNEL = "channel "
# Countries of which a tax belongs to a state, and never to the country.
_BY_STATE = frozenset({"US"})
# Countries whose taxes are told apart by their titles: several hold for one sale.
_BY_TITLE = frozenset({"US", "CA"})
_PLACED = re.compile(r"(?:channel )?([A-Z]{2})(?:-[A-Z0-9]{1,3})?: .+")


def place_of(tax: TaxLine) -> str:
    """Whose tax it is; "" where its source names no jurisdiction."""
    return tax.jurisdiction or ""


def keys_of(tax: TaxLine) -> tuple[str, ...]:
    """The keys under which the mapping may have a tax whose jurisdiction is known, the narrowest first."""
    place, rate = place_of(tax), f"{(tax.rate * 100).normalize():f}%"
    country = place.partition("-")[0]
    places = [place] if place == country or country in _BY_STATE else [place, country]
    before = _BY_CHANNEL if tax.by_channel else ""
    whats = (f"{tax.title} {rate}", tax.title, rate, "*")
    return tuple(f"{before}{where}: {what}" for where in places for what in whats)


def key_to_add(tax: TaxLine) -> str:
    """The row that a person is asked for: of a country with several taxes a sale the title, elsewhere the rate."""
    place = place_of(tax)
    country = place.partition("-")[0]
    before = _BY_CHANNEL if tax.by_channel else ""
    if country in _BY_TITLE:
        return f"{before}{place}: {tax.title}"
    return f"{before}{country}: {(tax.rate * 100).normalize():f}%"


def ledger_tax(release: Release, tax: TaxLine, on: date) -> str:
    """The name of the ledger's tax. Raises UnmappedError, which names the row to add."""
    if not place_of(tax) and not tax.by_channel:
        return release.tax(tax.key, on)
    for key in keys_of(tax):
        try:
            return release.tax(key, on)
        except UnmappedError:
            continue
    by_title = _of_before(release, tax.key, on)
    if by_title and not tax.by_channel and not _names_country(release, place_of(tax).partition("-")[0], on):
        return by_title
    raise UnmappedError(TABLE, key_to_add(tax), on, _told(tax, by_title))


def _told(tax: TaxLine, by_title: str) -> str:
    """What a person has to know to write the row."""
    if tax.by_channel:
        return f"{tax.title} is owed by the sales channel"
    if by_title:
        return (
            f"{tax.key!r} means {by_title!r} no more where the source says {place_of(tax)}: rows of this country name "
            "its jurisdictions"
        )
    return ""


def _of_before(release: Release, key: str, on: date) -> str:
    try:
        return release.tax(key, on)
    except UnmappedError:
        return ""


def _names_country(release: Release, country: str, on: date) -> bool:
    table = release.mappings.get(TABLE)
    for row in table.rows if table else ():
        found = _PLACED.fullmatch(row.key)
        if found and found[1] == country and row.valid_from <= on <= row.valid_to:
            return True
    return False


def by_ledger_tax(release: Release, taxes: Sequence[TaxLine], on: date) -> dict[str, Decimal]:
    """The sums by the ledger's taxes. Raises UnmappedError."""
    totals: dict[str, Decimal] = {}
    for tax in taxes:
        name = ledger_tax(release, tax, on)
        totals[name] = totals.get(name, Decimal(0)) + tax.amount.value
    return totals


def of_line(release: Release, line: SaleLine, taxes: Sequence[TaxLine], on: date) -> tuple[str, ...]:
    """The ledger's taxes of a line (see `of_keys`)."""
    return of_keys(release, line.tax_keys, taxes, on)


def of_keys(release: Release, keys: Sequence[str], taxes: Sequence[TaxLine], on: date) -> tuple[str, ...]:
    """The ledger's taxes of these keys, each once: a state's and a county's may be one there. Raises UnmappedError."""
    named = {tax.key: tax for tax in taxes}
    found = (ledger_tax(release, named[key], on) if key in named else release.tax(key, on) for key in keys)
    return tuple(dict.fromkeys(found))


def placed_as(taxes: Sequence[TaxLine], later: Sequence[TaxLine]) -> tuple[TaxLine, ...]:
    """Taxes whose source named no jurisdiction, with that which a later telling of them names."""
    places = {tax.key: tax.jurisdiction for tax in later}
    return tuple(
        tax
        if tax.jurisdiction
        else msgspec.structs.replace(tax, jurisdiction=places.get(tax.key, msgspec.UNSET))
        for tax in taxes
    )
