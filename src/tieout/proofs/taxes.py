"""Sales tax of a month of the ledger, by jurisdiction: what sources charged less what they gave back, and what stands.

    source = in the ledger + waiting + in exception + in other months

`source` is of documents whose accounting day is in the month, by the taxes that they say themselves; `in the ledger` is
what was read back from the tax lines of their postings, by the day that these stand on; the taxes of deposits and
of disputed sales are counted in both as they were booked and taken back. A tax that somebody changed in the
ledger, or that never arrived, is left over. Amounts are signed: what is owed is positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Document,
    GiftCardTender,
    InvoicePosting,
    TaxLine,
    decode_document,
    decode_effect,
)
from tieout.documents.states import DocumentState
from tieout.money import Period
from tieout.processes.sales_taxes import key_to_add, ledger_tax, place_of
from tieout.rules import Release, UnmappedError
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
_TAX = "tax:"


class TaxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tax of the ledger in one jurisdiction, "" where its source names none; `tax` is the row that the mapping lacks,
    with a question mark, where nothing is mapped. `by_title` are titles and rates of which the mapping does not say whose
    they are, though their source does: with them, what to write."""

    entity: str
    period: str
    currency: str
    jurisdiction: str
    tax: str
    source: Decimal
    in_ledger: Decimal
    waiting: Decimal
    in_exception: Decimal
    other_months: Decimal
    by_title: tuple[str, ...] = ()

    @property
    def residual(self) -> Decimal:
        """What is nowhere: zero where the tax ties out."""
        return self.source - self.in_ledger - self.waiting - self.in_exception - self.other_months


class _Sums:
    """The sums of a currency, a jurisdiction and a tax of the ledger, as they are found."""

    def __init__(self) -> None:
        self.source = self.in_ledger = self.waiting = self.in_exception = self.other_months = Decimal(0)
        self.by_title: set[str] = set()


def tax_rows(connection: Connection, release: Release, period: Period) -> list[TaxRow]:
    """Every tax that was charged, given back or booked in the month, by entity, currency, jurisdiction and tax."""
    found = []
    for entity in release.entities.values():
        sums: dict[tuple[str, str, str], _Sums] = {}
        given = {"entity": entity.code, "first": period.first, "last": period.last}
        for rows in _by_document(connection.execute(_SQL["taxed_documents"], given)):
            _count(sums, rows, release, period)
        for row in connection.execute(_SQL["taxes_beside"], given).fetchall():
            _count_beside(sums, row, period)
        found += [
            TaxRow(
                entity=entity.code,
                period=str(period),
                currency=currency,
                jurisdiction=place,
                tax=name,
                source=s.source,
                in_ledger=s.in_ledger,
                waiting=s.waiting,
                in_exception=s.in_exception,
                other_months=s.other_months,
                by_title=tuple(sorted(s.by_title)),
            )
            for (currency, place, name), s in sorted(sums.items())
        ]
    return found


def _by_document(rows: Iterable[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """The revisions of each document with their effects, which come one after the other."""
    held: list[dict[str, Any]] = []
    for row in rows:
        if held and (row["interface"], row["source_key"]) != (held[0]["interface"], held[0]["source_key"]):
            yield held
            held = []
        held.append(row)
    if held:
        yield held


def _count(
    sums: dict[tuple[str, str, str], _Sums], rows: Sequence[dict[str, Any]], release: Release, period: Period
) -> None:
    """Count one document: its last revision says what is charged, the effects of all of them what stands."""
    last = rows[-1]
    document = decode_document(last["content"].encode())
    sign, taxes = _charged(document)
    mine = period.first <= last["accounting_on"] <= period.last
    said: dict[tuple[str, str], Decimal] = {}
    places: dict[str, str] = {}
    for tax in taxes:
        name, title = _named(release, tax, last)
        at = (place_of(tax), name)
        said[at] = said.get(at, Decimal(0)) + sign * tax.amount.value
        places[name] = place_of(tax)
        if title:
            sums.setdefault((document.currency, *at), _Sums()).by_title.add(title)
    here, elsewhere = _read_back(rows, period)
    names = {*here, *elsewhere} - places.keys()
    keys = [*said, *(("", name) for name in sorted(names))]
    for place, name in keys:
        one = sums.setdefault((document.currency, place, name), _Sums())
        charged = said.get((place, name), Decimal(0)) if mine else Decimal(0)
        if last["state"] == DocumentState.EXCLUDED:
            charged = Decimal(0)
        booked, away = here.get(name, Decimal(0)), elsewhere.get(name, Decimal(0))
        one.source += charged
        one.in_ledger += booked
        # What is of another month and stands in this one is left over there, and named here.
        one.other_months += away if mine else -booked
        if mine and last["state"] == DocumentState.REFUSED:
            one.in_exception += charged - booked - away
        elif mine and last["state"] in (DocumentState.NORMALISED, DocumentState.PLANNED):
            one.waiting += charged - booked - away


def _count_beside(sums: dict[tuple[str, str, str], _Sums], row: dict[str, Any], period: Period) -> None:
    """Count what was booked of a deposit's tax, or taken back of it or of a disputed sale's; whose it is the invoices of the same tax say, where it is of
    one jurisdiction alone."""
    body = decode_effect(row["body"].encode())
    if not isinstance(body, InvoicePosting) or not period.first <= body.on <= period.last:
        return
    stands: dict[str, Decimal] = {}
    for account, amount in msgspec.json.decode(row["read_back"])["lines"] if row["read_back"] else ():
        if account.startswith(_TAX):
            name = account.removeprefix(_TAX)
            stands[name] = stands.get(name, Decimal(0)) - Decimal(amount)
    for name in sorted({*body.tax_totals, *stands}):
        places = {place for currency, place, tax in sums if (currency, tax) == (row["currency"], name)}
        place = places.pop() if len(places) == 1 else ""
        one = sums.setdefault((row["currency"], place, name), _Sums())
        said = (-1 if body.refund else 1) * body.tax_totals.get(name, Decimal(0))
        one.source += said
        if row["read_back"]:
            one.in_ledger += stands.get(name, Decimal(0))
        else:
            one.waiting += said


def _charged(document: Document) -> tuple[int, tuple[TaxLine, ...]]:
    """The taxes that a document says, and whether they are owed (1) or owed no more (-1)."""
    if isinstance(document, GiftCardTender):
        return (1 if document.is_refund else -1), (document.tax,) if isinstance(document.tax, TaxLine) else ()
    assert isinstance(document, CustomerInvoice | CreditNote)
    return (-1 if isinstance(document, CreditNote) else 1), document.taxes


def _named(release: Release, tax: TaxLine, row: dict[str, Any]) -> tuple[str, str]:
    """The ledger's tax; and what to write where the mapping knows it by its title alone though its source says whose it is."""
    try:
        name = ledger_tax(release, tax, row["accounting_on"])
    except UnmappedError as error:
        return f"{error.key}?", ""
    placed = bool(place_of(tax)) and tax.key in (
        r.key for r in release.mappings["taxes"].rows if r.value == name
    )
    return name, f"{key_to_add(tax)},{name},," if placed else ""


def _read_back(
    rows: Sequence[dict[str, Any]], period: Period
) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """What tax lines hold by the names of their taxes, what is owed positive: in the month, and in others."""
    here: dict[str, Decimal] = {}
    elsewhere: dict[str, Decimal] = {}
    for row in rows:
        if not row["read_back"]:
            continue
        told = msgspec.json.decode(row["read_back"])
        on = str(told.get("date") or row["accounting_on"])
        into = here if on.startswith(str(period)) else elsewhere
        for account, amount in told["lines"]:
            if account.startswith(_TAX):
                name = account.removeprefix(_TAX)
                into[name] = into.get(name, Decimal(0)) - Decimal(amount)
    return here, elsewhere
