"""Country packs: what a country brings along, under what a project says itself.

A pack is a declaration: `base.toml`, and over it the country's own. Rates have the days in which they hold.
Sources: national tax authorities' published rates; EPC and SIX payment guidelines. They are a start, no
advice: a project's own row of a key takes the place of all of the pack's.
"""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from tieout.money.calendar import BusinessCalendar
from tieout.rules.differences import Withholding
from tieout.rules.mapping import Mapping, MappingRow


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A country: its calendar, the statements that its banks send, the pain.001 that they take, and the
    rates of mappings/tax_rates.csv. `tax_id` is the shape of its VAT numbers, as a regular expression. `withholdings`
    are what payers keep back by law; `discount_tax` says what becomes of an invoice's tax when a discount is taken
    for paying early: it is "corrected" in the period in which that happens, or "stands" till a credit note comes;
    `deposit_tax` whether the tax of a payment on account is due "on_receipt", or "on_supply" of what it
    pays."""

    country: str
    name: str
    currency: str
    time_zone: str
    calendar: BusinessCalendar
    statements: tuple[str, ...]
    payments_version: str
    tax_id: str
    tax_rates: tuple[MappingRow, ...]
    withholdings: tuple[Withholding, ...]
    discount_tax: str
    deposit_tax: str


def countries() -> list[str]:
    """The countries that have a pack."""
    names = (f.name for f in resources.files(__name__).iterdir())
    return sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml") and n != "base.toml")


def pack_bytes(country: str) -> bytes:
    """The declarations of a pack: part of a release, as a project's own files are."""
    folder = resources.files(__name__)
    return folder.joinpath("base.toml").read_bytes() + folder.joinpath(f"{country}.toml").read_bytes()


@cache
def load_pack(country: str) -> Pack:
    """A country's pack over the base. Raises LookupError for one that has none."""
    if country not in countries():
        raise LookupError(f"no pack for {country!r}: there are {', '.join(countries())}")
    folder = resources.files(__name__)
    base = tomllib.loads(folder.joinpath("base.toml").read_text())
    table = _over(base, tomllib.loads(folder.joinpath(f"{country}.toml").read_text()))
    return Pack(
        country=country,
        name=table["name"],
        currency=table["currency"],
        time_zone=table["time_zone"],
        calendar=BusinessCalendar(country=country, market=table["calendar"].get("market", "")),
        statements=tuple(table["banking"]["statements"]),
        payments_version=table["banking"]["payments_version"],
        tax_id=table.get("tax_id", ""),
        tax_rates=tuple(
            MappingRow(
                row["key"], row["value"], row.get("valid_from", date.min), row.get("valid_to", date.max)
            )
            for row in table.get("tax_rates", [])
        ),
        withholdings=tuple(
            Withholding(
                row["name"],
                Decimal(row["percent"]),
                row["base"],
                row.get("valid_from", date.min),
                row.get("valid_to", date.max),
            )
            for row in table.get("withholding", [])
        ),
        discount_tax=table["discount_tax"],
        deposit_tax=table["deposit_tax"],
    )


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`, table by table."""
    found = dict(base)
    for name, value in own.items():
        held = found.get(name)
        found[name] = _over(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return found


def with_packs(rates: Mapping | None, packs: list[Pack]) -> Mapping:
    """The table of rates: a project's rows, and of the packs those whose key it does not have."""
    own = rates.rows if rates is not None else ()
    known, rows = {r.key for r in own}, list(own)
    for pack in packs:
        rows += [r for r in pack.tax_rates if r.key not in known]
        known |= {r.key for r in pack.tax_rates}
    return Mapping("tax_rates", tuple(rows))
