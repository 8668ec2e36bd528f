"""What entered a tax period after it was declared as filed: what counts in its report now against what did then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from tieout.connector_api import TaxCode, TaxItem

ZERO = Decimal(0)


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration that the tax of whole months of an entity was filed. `report` is the return ("VAT", "US-CA");
    `taxes` are the names of the ledger's taxes in it, () for all of them. `reference` is what the authority or the file
    calls it; `corrects` is the number of the declaration that it takes the place of, None for a first one."""

    no: int
    entity: str
    first: date
    last: date
    report: str
    taxes: tuple[str, ...]
    reference: str
    reason: str
    corrects: int | None
    by: str
    at: str

    def takes(self, code: TaxCode) -> bool:
        """Whether a tax is in its report."""
        return bool(code.name) and (not self.taxes or code.name in self.taxes)

    @property
    def said(self) -> str:
        """Its report and months, in words."""
        return f"{self.report} of {self.first:%Y-%m}" + (
            ""
            if (self.first.year, self.first.month) == (self.last.year, self.last.month)
            else f" to {self.last:%Y-%m}"
        )


class FiledItem(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry has of one tax in the entity's currency, owed positive; `key` is the ledger's own name of its record,
    which stays where its number changes."""

    key: str
    entry: str
    on: date
    code: TaxCode
    tax: Decimal
    base: Decimal


class How(StrEnum):
    """What happened to an entry since its period was filed."""

    CAME = "came after it"
    CHANGED = "changed after it"
    LEFT = "left after it"


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """An entry by which a filed period is another than was declared: `tax` and `base` are what it has more now (negative:
    less), in the entity's currency. `by` is who made it in the ledger, "Tieout" for ours, "" where it is gone."""

    no: int
    how: How
    key: str
    entry: str
    on: date
    code: TaxCode
    tax: Decimal
    base: Decimal
    by: str


def counted(items: Iterable[TaxItem], filing: Filing) -> list[FiledItem]:
    """What counts in a filing's report, an entry and a tax each, in order."""
    sums: dict[tuple[str, TaxCode], FiledItem] = {}
    for item in items:
        if not item.counts or not filing.takes(item.code) or not filing.first <= item.on <= filing.last:
            continue
        key = ":".join(map(str, item.record))
        before = sums.get((key, item.code))
        sums[key, item.code] = FiledItem(
            key=key, entry=item.entry, on=item.on, code=item.code,
            tax=item.company + (before.tax if before else ZERO), base=item.company_base + (before.base if before else ZERO),
        )  # fmt: skip
    return [sums[at] for at in sorted(sums)]


def entered(
    filing: Filing, then: Sequence[FiledItem], now: Sequence[FiledItem], makers: Mapping[str, str]
) -> list[Entered]:
    """Every entry and tax of which the period has another amount now than was declared, in order of day and entry. `makers`
    says who made an entry in the ledger, by its name: others' alone."""
    before = {(x.key, x.code): x for x in then}
    after = {(x.key, x.code): x for x in now}
    found = []
    for at in {*before, *after}:
        was, holds = before.get(at), after.get(at)
        one = holds or was
        assert one is not None
        tax = (holds.tax if holds else ZERO) - (was.tax if was else ZERO)
        base = (holds.base if holds else ZERO) - (was.base if was else ZERO)
        if not tax and not base:
            continue
        how = How.CAME if was is None else How.LEFT if holds is None else How.CHANGED
        by = makers.get(one.entry, "Tieout") if holds else ""
        found.append(
            Entered(
                no=filing.no,
                how=how,
                key=at[0],
                entry=one.entry,
                on=one.on,
                code=at[1],
                tax=tax,
                base=base,
                by=by,
            )
        )
    return sorted(found, key=lambda e: (e.on, e.entry, e.code))


def standing(filings: Sequence[Filing]) -> list[Filing]:
    """Those that no later one corrects."""
    corrected = {f.corrects for f in filings}
    return [f for f in filings if f.no not in corrected]


def lock_in_words(filing: Filing, lock: date | None) -> str:
    """What the ledger's tax lock says beside a declaration: a sign that somebody filed, and no proof of it."""
    if lock is None:
        return "the ledger has no tax lock: entries can still come into it"
    if lock < filing.last:
        return f"the ledger's tax lock stands at {lock}, before its end: entries can still come into it"
    return f"the ledger's tax lock stands at {lock}"
