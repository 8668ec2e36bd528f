"""What a tax is counted by: the ledger's tax, whose it is, and in which currency."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from tieout.connector_api import TaxCode
from tieout.processes.sales_taxes import TABLE
from tieout.rules import Release

_PLACED = re.compile(r"(?:channel )?([A-Z]{2}(?:-[A-Z0-9]{1,3})?): .+")


class TaxKey(NamedTuple):
    """`place` is a jurisdiction (ISO 3166), "" where nobody names one."""

    currency: str
    code: TaxCode
    place: str


def places_of(
    release: Release, keys: Iterable[TaxKey], codes: Iterable[tuple[str, TaxCode]], on: date
) -> dict[tuple[str, TaxCode], str]:
    """In which jurisdiction each of `codes` is where its entry does not say it: the one of all documents of its tax, else the one of all
    rows of the mapping; "" for several."""
    said: dict[tuple[str, TaxCode], set[str]] = {}
    for key in keys:
        said.setdefault((key.currency, key.code), set()).add(key.place)
    mapped: dict[str, set[str]] = {}
    table = release.mappings.get(TABLE)
    for row in table.rows if table else ():
        if row.valid_from <= on <= row.valid_to and (found := _PLACED.fullmatch(row.key)):
            mapped.setdefault(row.value, set()).add(found[1])
    places = {}
    for at in codes:
        of_sales = mapped.get(at[1].name, set()) if at[1].use == "sale" else set[str]()
        known = said.get(at) or of_sales
        places[at] = next(iter(known)) if len(known) == 1 else ""
    return places
