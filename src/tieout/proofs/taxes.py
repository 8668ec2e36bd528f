"""Tax of a month of the ledger, by tax and jurisdiction: what documents say that is to stand, and the ledger's own tax lines.

    source = in the ledger + every difference, each with the document or the entry that makes it

`source` is of documents and their entries by the day on which these are to stand in the books; `in_ledger` is what the
ledger's tax lines say now, whoever made them. Amounts are signed in their currency: what is owed is positive, what is
deducted negative; a credit note lowers either. What falls due on payment stands apart: it is the same tax again, on its own
account. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from tieout.connector_api import LedgerTaxes, TaxCode, TaxItem
from tieout.proofs.split import Judged, Standing
from tieout.proofs.tax_keys import TaxKey

ZERO = Decimal(0)
Record = tuple[str, int]


class TaxWhy(StrEnum):
    """Why source and ledger differ: the ledger has less of it (positive) or more."""

    WAITING = "not booked yet"
    SENT = "in the ledger, and not confirmed here yet"
    HELD = "held by a case"
    OTHERWISE = "booked otherwise than its document says"
    MISSING = "not in the ledger in this month"
    FROM_ELSEWHERE = "booked for another month, stands in this one"
    CHANGED = "otherwise in the ledger"
    REVERSED = "reversed in the ledger"
    BY_HAND = "made in the ledger by hand"
    EXPLAINED = "made in the ledger, and a person gave the reason"
    FOLLOWS = "made by the ledger itself, of what is ours"
    DECLARED = "made in the ledger by declaration"
    OPENING = "of before the first day"


# What is as somebody decided that it may be: it is named, and holds nothing up.
SETTLED = (TaxWhy.EXPLAINED, TaxWhy.FOLLOWS, TaxWhy.DECLARED, TaxWhy.OPENING)
# What another task of the close waits for already, document by document.
ON_ITS_WAY = (TaxWhy.WAITING, TaxWhy.SENT, TaxWhy.HELD)
_OF_OTHERS = {
    Standing.UNDECLARED: TaxWhy.BY_HAND,
    Standing.FOLLOWS: TaxWhy.FOLLOWS,
    Standing.EXPLAINED: TaxWhy.EXPLAINED,
    Standing.DECLARED: TaxWhy.DECLARED,
    Standing.OPENING: TaxWhy.OPENING,
}


class Told(StrEnum):
    """Who tells of a difference already: nobody, an open case of its document or entry, or one that a person accepted."""

    NOBODY = ""
    CASE = "a case"
    ACCEPTED = "accepted"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What one document says that is to stand in the books of one tax: `tax` and `base` owed positive. `record` is its entry
    in the ledger, None where there is none; `why` says why there is none. `told` is who tells of the entry."""

    document: str
    number: str
    key: TaxKey
    on: date
    tax: Decimal
    base: Decimal
    record: Record | None = None
    why: TaxWhy = TaxWhy.WAITING
    told: Told = Told.NOBODY


class TaxDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One document or entry of which source and ledger differ: `tax` is the source's less the ledger's, `base` likewise."""

    why: TaxWhy
    what: str
    number: str
    on: date
    tax: Decimal
    base: Decimal
    told: Told = Told.NOBODY

    @property
    def open(self) -> bool:
        """Whether it keeps the month from tying out."""
        return self.why not in SETTLED and self.told is not Told.ACCEPTED


class TaxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tax in one jurisdiction and currency. `falls_due` is what fell due on payment in the month, `accounts` where the
    ledger has its tax; `to_write` are the rows that the mapping of taxes lacks."""

    entity: str
    period: str
    key: TaxKey
    source: Decimal
    source_base: Decimal
    in_ledger: Decimal
    base: Decimal
    falls_due: Decimal
    accounts: dict[str, Decimal]
    differences: tuple[TaxDifference, ...] = ()
    to_write: tuple[str, ...] = ()

    @property
    def residual(self) -> Decimal:
        """What no difference names: always zero."""
        return self.source - self.in_ledger - sum((d.tax for d in self.differences), ZERO)

    @property
    def open(self) -> tuple[TaxDifference, ...]:
        """The differences that keep it from tying out."""
        return tuple(d for d in self.differences if d.open)

    @property
    def unsettled(self) -> Decimal:
        """The tax of those, netted."""
        return sum((d.tax for d in self.open), ZERO)

    def of(self, *why: TaxWhy) -> Decimal:
        """The tax of differences of these sorts."""
        return sum((d.tax for d in self.differences if d.why in why), ZERO)


class _Sums:
    """What is found of one key."""

    def __init__(self) -> None:
        self.source = self.source_base = self.in_ledger = self.base = self.falls_due = ZERO
        self.accounts: dict[str, Decimal] = {}
        self.differences: list[TaxDifference] = []


def tax_month(
    entity: str,
    period: str,
    claims: Sequence[Claim],
    ledger: LedgerTaxes,
    judged: Mapping[str, Judged],
    place_of: Mapping[tuple[str, TaxCode], str],
    told: Mapping[str, Told],
    reversed_by: Mapping[str, Told] | None = None,
) -> list[TaxRow]:
    """The rows of a month, in order. `claims` are of the month by their own day, and of any other day where the ledger has
    their entry in this one; `judged` are entries of others on governed accounts by name, `told` those of which a case tells, `reversed_by` those
    that reverse one of ours, and who tells of that; `place_of` says in which jurisdiction a currency's tax is, where no
    document does."""
    found = _Rows(place_of)
    theirs = _theirs(ledger.items)
    of_claims: dict[Record, list[Claim]] = {}
    for claim in claims:
        mine = str(claim.on)[:7] == period
        if claim.record is None:
            if mine:
                found.claim(claim)
                found.differ(claim.key, claim.why, claim, claim.tax, claim.base)
        elif mine or claim.record in theirs:
            of_claims.setdefault(claim.record, []).append(claim)
    for record, mine_of in of_claims.items():
        _compare(found, period, mine_of, theirs.pop(record, {}))
    for lines in theirs.values():
        for (currency, code), items in lines.items():
            _by_others(found, currency, code, items, judged, reversed_by or {}, told, ledger.makers)
    _falls_due(found, ledger.items)
    return [
        TaxRow(
            entity=entity, period=period, key=key, source=s.source, source_base=s.source_base, in_ledger=s.in_ledger,
            base=s.base, falls_due=s.falls_due, accounts={k: v for k, v in sorted(s.accounts.items()) if v},
            differences=tuple(sorted(s.differences, key=lambda d: (d.why, d.on, d.what))),
        ) for key, s in sorted(found.sums.items())
    ]  # fmt: skip


class _Rows:
    """The sums of every key, and what puts something into them."""

    def __init__(self, place_of: Mapping[tuple[str, TaxCode], str]) -> None:
        self.sums: dict[TaxKey, _Sums] = {}
        self._place_of = place_of

    def of(self, key: TaxKey) -> _Sums:
        return self.sums.setdefault(key, _Sums())

    def key(self, currency: str, code: TaxCode) -> TaxKey:
        return TaxKey(currency, code, self._place_of.get((currency, code), ""))

    def claim(self, claim: Claim) -> None:
        one = self.of(claim.key)
        one.source += claim.tax
        one.source_base += claim.base

    def stands(self, key: TaxKey, tax: Decimal, base: Decimal, items: Iterable[TaxItem]) -> None:
        one = self.of(key)
        one.in_ledger += tax
        one.base += base
        for item in items:
            one.accounts[item.account] = one.accounts.get(item.account, ZERO) + item.tax

    def differ(
        self,
        key: TaxKey,
        why: TaxWhy,
        of: Claim | TaxItem,
        tax: Decimal,
        base: Decimal,
        told: Told = Told.NOBODY,
    ) -> None:
        if not tax and not base:
            return
        what, number = (of.document, of.number) if isinstance(of, Claim) else (of.entry, of.entry)
        told = of.told if isinstance(of, Claim) else told
        self.of(key).differences.append(
            TaxDifference(why=why, what=what, number=number, on=of.on, tax=tax, base=base, told=told)
        )


_Lines = dict[tuple[str, TaxCode], list[TaxItem]]


def _theirs(items: Iterable[TaxItem]) -> dict[Record, _Lines]:
    """By entry, currency and tax: the lines that stand, but for what falls due on payment."""
    found: dict[Record, _Lines] = {}
    for item in items:
        if not item.falls_due:
            found.setdefault(item.record, {}).setdefault((item.currency, item.code), []).append(item)
    return found


def _compare(found: _Rows, period: str, claims: list[Claim], theirs: _Lines) -> None:
    """Hold one entry of ours against what its document says, tax by tax. The ledger knows no jurisdiction: what stands is
    the first one's but for what the others say."""
    by_code: dict[tuple[str, TaxCode], list[Claim]] = {}
    for claim in claims:
        by_code.setdefault((claim.key.currency, claim.key.code), []).append(claim)
    there = bool(theirs)
    for at in sorted({*by_code, *theirs}):
        if not at[1].name:
            # A line of ours on an account of taxes that bears none: the payment of a return.
            continue
        mine, items = by_code.get(at, []), theirs.get(at, [])
        tax = sum((i.tax for i in items), ZERO)
        base = sum((i.base for i in items), ZERO)
        in_month = [c for c in mine if str(c.on)[:7] == period]
        for claim in in_month:
            found.claim(claim)
        first = mine[0] if mine else _nothing_of(claims[0], found.key(*at))
        others = in_month[1:] if in_month and in_month[0] is first else []
        for claim in others:
            found.stands(claim.key, claim.tax, claim.base, ())
            tax, base = tax - claim.tax, base - claim.base
        found.stands(first.key, tax, base, items)
        if in_month or not mine:
            why = TaxWhy.CHANGED if there else TaxWhy.MISSING
            said = (first.tax, first.base) if in_month else (ZERO, ZERO)
            found.differ(first.key, why, first, said[0] - tax, said[1] - base)
        else:
            found.differ(first.key, TaxWhy.FROM_ELSEWHERE, first, -tax, -base)


def _nothing_of(claim: Claim, key: TaxKey) -> Claim:
    return msgspec.structs.replace(claim, key=key, tax=ZERO, base=ZERO)


def _by_others(
    found: _Rows,
    currency: str,
    code: TaxCode,
    items: list[TaxItem],
    judged: Mapping[str, Judged],
    reversed_by: Mapping[str, Told],
    told: Mapping[str, Told],
    makers: Mapping[str, str],
) -> None:
    """Count what an entry of others has of one tax."""
    key, first = found.key(currency, code), items[0]
    one = judged.get(first.entry)
    if not code.name and first.entry not in makers:
        # Ours, and of no tax: the payment of a return.
        return
    tax, base = sum((i.tax for i in items), ZERO), sum((i.base for i in items), ZERO)
    found.stands(key, tax, base, items)
    if first.entry in reversed_by:
        found.differ(key, TaxWhy.REVERSED, first, -tax, -base, reversed_by[first.entry])
        return
    if first.entry not in makers:
        # It carries our own name, and no effect knows it: it was posted a moment ago.
        why = TaxWhy.SENT
    else:
        why = _OF_OTHERS[one.standing] if one is not None else TaxWhy.BY_HAND
    found.differ(key, why, first, -tax, -base, told.get(first.entry, Told.NOBODY))


def _falls_due(found: _Rows, items: Iterable[TaxItem]) -> None:
    """What fell due on payment: the invoice's tax line, which no report counts, is its source."""
    for item in items:
        if item.falls_due and item.code.name and item.tax:
            found.of(found.key(item.currency, item.code)).falls_due += item.tax
