"""What documents say of tax: what their entries are to have, and what a sale itself charges or gives back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import LedgerTaxes, TaxCode
from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Document,
    EffectBody,
    EntryPosting,
    GiftCardTender,
    InvoicePosting,
    LedgerLine,
    TaxLine,
    TaxShare,
    decode_document,
    decode_effect,
)
from tieout.documents.states import DocumentState, EffectState
from tieout.money import Amount, Period
from tieout.processes.sales_taxes import key_to_add, ledger_tax, place_of
from tieout.proofs.tax_keys import TaxKey, places_of
from tieout.proofs.taxes import ZERO, Claim, Record, TaxWhy, Told
from tieout.rules import Release, UnmappedError

SALES = ("customer_invoice", "credit_note", "gift_card_tender")
# Of a deposit, in its own lines: no part of what the sale charges.
_BESIDE = ("deposit_tax", "deposit_tax_back", "deposit_tax_cleared")
_WAITS = (EffectState.WAITING, EffectState.ATTEMPTING, EffectState.UNKNOWN)
_NONE = TaxCode("", "")
Parts = dict[tuple[str, TaxCode], tuple[Decimal, Decimal]]


class TaxedEffect(msgspec.Struct, frozen=True, kw_only=True):
    """One effect in the ledger with its taxes: `parts` are (tax, base) by currency and tax, owed positive. `record` is None
    until it is confirmed; `told` is who tells of its entry."""

    interface: str
    document: str
    number: str
    kind: str
    currency: str
    beside: bool
    on: date
    parts: Parts
    record: Record | None
    why: TaxWhy
    told: Told


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What a sale says itself, as it was told last: (place, tax of the ledger) to the amount, owed positive; `to_write` are
    rows that the mapping of taxes lacks."""

    interface: str
    document: str
    number: str
    currency: str
    on: date
    state: str
    said: dict[tuple[str, str], Decimal]
    to_write: dict[tuple[str, str], str]


def parts_of(body: EffectBody, ledger: LedgerTaxes) -> Parts:
    """What an effect is to have of each tax, by currency. Pure."""
    parts: Parts = {}

    def add(currency: str, code: TaxCode, tax: Decimal, base: Decimal) -> None:
        before = parts.get((currency, code), (ZERO, ZERO))
        parts[currency, code] = before[0] + tax, before[1] + base

    if isinstance(body, InvoicePosting):
        sign = -1 if body.refund != body.purchase else 1
        use = "purchase" if body.purchase else "sale"
        for name, amount in body.tax_totals.items():
            add(body.currency, TaxCode(use, name), sign * amount, ZERO)
        for line in body.lines:
            for name in line.taxes:
                add(body.currency, TaxCode(use, name), ZERO, sign * line.net)
    elif isinstance(body, EntryPosting):
        for row in body.lines:
            _of_line(row, body.currency, ledger, add)
    return {at: x for at, x in parts.items() if x[0] or x[1]}


def _of_line(row: LedgerLine, currency: str, ledger: LedgerTaxes, add: Any) -> None:
    """A line of an entry that counts in the tax report by the ledger's own ids."""
    if not isinstance(row.tax, TaxShare):
        return
    own = row.own.currency if isinstance(row.own, Amount) else currency
    if row.tax.share:
        add(own, ledger.shares.get(row.tax.share, TaxCode("", f"#{row.tax.share}")), -row.in_ledger, ZERO)
        return
    for tax in row.tax.taxes:
        add(own, ledger.taxes.get(tax, TaxCode("", f"#{tax}")), ZERO, -row.in_ledger)


def effect_of(
    row: dict[str, Any], ledger: LedgerTaxes, told: Told, there: Collection[Record], fresh: bool
) -> TaxedEffect | None:
    """An effect of a row of `taxed_effects`; None for one that never happened and will not. `there` are the entries that the
    ledger named; of one that is not there `fresh` says that it was confirmed after the ledger was asked."""
    record, why = None, TaxWhy.WAITING
    if row["effect_state"] == EffectState.CONFIRMED:
        at = (row["target_model"], row["target_id"])
        record = None if fresh and at not in there else at
    elif row["effect_state"] in _WAITS and row["state"] != DocumentState.EXCLUDED:
        why = TaxWhy.HELD if row["state"] == DocumentState.REFUSED else TaxWhy.WAITING
    elif row["state"] == DocumentState.REFUSED:
        why = TaxWhy.HELD
    else:
        return None
    body = decode_effect(row["body"].encode())
    return TaxedEffect(
        interface=row["interface"],
        document=row["source_key"],
        number=row["link_key"] or row["source_key"],
        kind=row["kind"],
        currency=row["currency"],
        beside=row["effect"] in _BESIDE,
        on=getattr(body, "on", None) or row["accounting_on"],
        parts=parts_of(body, ledger),
        record=record,
        why=why,
        told=told,
    )


def sale_of(release: Release, row: dict[str, Any]) -> Sale:
    """A sale of a row of `taxed_sales`: its last revision."""
    document = decode_document(row["content"].encode())
    sign, taxes = _charged(document)
    said: dict[tuple[str, str], Decimal] = {}
    to_write: dict[tuple[str, str], str] = {}
    for tax in taxes:
        name, lacks = _named(release, tax, row["accounting_on"])
        at = (place_of(tax), name)
        said[at] = said.get(at, ZERO) + sign * tax.amount.value
        if lacks:
            to_write[at] = lacks
    return Sale(
        interface=row["interface"], document=row["source_key"], number=row["link_key"] or row["source_key"],
        currency=document.currency, on=row["accounting_on"], state=row["state"], said=said, to_write=to_write,
    )  # fmt: skip


def _charged(document: Document) -> tuple[int, tuple[TaxLine, ...]]:
    """The taxes that a document says, and whether they are owed (1) or owed no more (-1)."""
    if isinstance(document, GiftCardTender):
        taxes = (document.tax,) if isinstance(document.tax, TaxLine) else ()
        return (1 if document.is_refund else -1), taxes
    assert isinstance(document, CustomerInvoice | CreditNote)
    return (-1 if isinstance(document, CreditNote) else 1), document.taxes


def _named(release: Release, tax: TaxLine, on: date) -> tuple[str, str]:
    """The ledger's tax; and what to write where the mapping knows it by its title alone though its source says whose it is."""
    try:
        name = ledger_tax(release, tax, on)
    except UnmappedError as error:
        return f"{error.key}?", ""
    placed = bool(place_of(tax)) and tax.key in (
        r.key for r in release.mappings["taxes"].rows if r.value == name
    )
    return name, f"{key_to_add(tax)},{name},," if placed else ""


def claims_of(
    release: Release, period: Period, effects: Sequence[TaxedEffect], sales: Sequence[Sale]
) -> list[Claim]:
    """What is to stand in the month: each effect's taxes, and of each sale what its entries have otherwise than it says
    itself. Pure."""
    places = {(s.interface, s.document): {name: place for place, name in s.said} for s in sales}
    keys = [TaxKey(s.currency, TaxCode("sale", name), place) for s in sales for place, name in s.said]
    codes = {at for e in effects for at in e.parts}
    fallback = places_of(release, keys, codes, period.last)
    claims = []
    booked: dict[tuple[str, str], dict[TaxCode, Decimal]] = {}
    for e in effects:
        mine = places.get((e.interface, e.document), {}) if e.kind in SALES else {}
        if e.kind in SALES and not e.beside:
            sums = booked.setdefault((e.interface, e.document), {})
            for (_, code), (tax, _) in e.parts.items():
                sums[code] = sums.get(code, ZERO) + tax
        parts = e.parts or {(e.currency, _NONE): (ZERO, ZERO)}
        for (currency, code), (tax, base) in parts.items():
            place = mine.get(code.name, "") or fallback.get((currency, code), "")
            key = TaxKey(currency, code, place)
            claims.append(
                Claim(
                    document=e.document, number=e.number, key=key, on=e.on, tax=tax, base=base, record=e.record,
                    why=e.why, told=e.told,
                )
            )  # fmt: skip
    for sale in sales:
        claims += _otherwise(sale, booked.get((sale.interface, sale.document), {}))
    return claims


def _otherwise(sale: Sale, booked: dict[TaxCode, Decimal]) -> Iterable[Claim]:
    """What a sale says and its entries do not have, tax by tax; a change that a person excluded is none."""
    if sale.state == DocumentState.EXCLUDED:
        return
    said: dict[TaxCode, Decimal] = {}
    places: dict[TaxCode, str] = {}
    for (place, name), amount in sale.said.items():
        code = TaxCode("sale", name)
        said[code] = said.get(code, ZERO) + amount
        places.setdefault(code, place)
    why = {DocumentState.REFUSED: TaxWhy.HELD, DocumentState.POSTED: TaxWhy.OTHERWISE}.get(
        DocumentState(sale.state), TaxWhy.WAITING
    )
    for code in sorted({*said, *booked}):
        left = said.get(code, ZERO) - booked.get(code, ZERO)
        if left:
            key = TaxKey(sale.currency, code, places.get(code, ""))
            yield Claim(
                document=sale.document, number=sale.number, key=key, on=sale.on, tax=left, base=ZERO, why=why
            )
