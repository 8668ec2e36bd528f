"""What came and is not billed at a period's end: an entry that takes itself back the day after.

Goods received or a service rendered, not billed; a bill that waits
    on the period's last day     Dr what was ordered (expense, stock)   Cr accrued purchases, by supplier
    on the first of the next     Dr accrued purchases                   Cr what was ordered
What went back and is not credited, a credit note that waits
    on the period's last day     Dr accrued purchases, by supplier      Cr what was ordered
    on the first of the next     Dr what was ordered                    Cr accrued purchases

An amount is without tax, in the order's currency at the rate of the period's last day. Analytic accounts stand on the
expense alone: on both sides they would cancel out. Made again for the same day, each entry is told anew: what is booked
becomes what it should be, by the difference.

What the ledger accrues itself is left to it, and said. That is an order which an entry of somebody else accrues there
(Odoo's wizard for accrued orders writes the order's name into each line's label, `account.accrued.orders.wizard`), and a
line on an account that Odoo's stock values at its own closing (19 and newer: `_get_stock_valuation_account_vals` of
`stock_account` books what the stock is worth less what stands there, so that ours would be in it twice, or be taken out).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from tieout.connector_api import AccrualReader, AccruedThere, LedgerAccrual, LedgerReader
from tieout.documents import (
    BatchControl,
    JournalEntry,
    JournalLine,
    Party,
    decode_document,
    month_end_entry,
    own_figures,
)
from tieout.inbox import UNASKED, Asked, RestsOn, propose
from tieout.money import Amount
from tieout.payables.purchases import read_purchases
from tieout.payables.reading import ACCRUED_BY, SQL, check, ours
from tieout.payables.uninvoiced import Accrual, uninvoiced
from tieout.rules import Interface, Release, UnmappedError
from tieout.store import Connection

STREAM = "accruals"
# An entry of more lines has one for each account, dimensions and supplier: `tieout accruals` lists the orders.
_LINES_MAX = 500


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """What a day's end comes to: every accrual, those left to the ledger among them; what the ledger accrues of these orders,
    as `there`, in the entity's currency, with what ours come to in it (`ours`, by order); and the entries of our own, one a
    currency, those told anew without a line among them."""

    on: date
    accruals: tuple[Accrual, ...]
    there: tuple[LedgerAccrual, ...]
    ours: dict[str, Decimal]
    entries: tuple[JournalEntry, ...]

    @property
    def own(self) -> list[Accrual]:
        """What the entries sum to."""
        return [x for x in self.accruals if not x.ledgers]

    @property
    def left(self) -> list[Accrual]:
        """What is left to the ledger."""
        return [x for x in self.accruals if x.ledgers]

    def differing(self) -> list[tuple[LedgerAccrual, Decimal]]:
        """What the ledger accrues of an order, and what it should be, where the two differ."""
        return [(x, self.ours[x.order]) for x in self.there if x.amount != self.ours[x.order]]


def accrual_interface(release: Release, entity: str) -> Interface | None:
    """The interface that takes an entity's accruals, if its project declares one."""
    found = (i for i in release.interfaces.values() if i.entity == entity and STREAM in i.streams)
    return next(found, None)


def work_out(
    connection: Connection, release: Release, interface: Interface, reader: LedgerReader | None, on: date
) -> Worked:
    """What an entity is to accrue at the end of a day, by the documents and the ledger as they are now; nothing is handed on.
    Raises ConnectorError; ValueError where the ledger accrues something itself and has no rate of its currency."""
    known = read_purchases(connection, release, interface.entity, on)
    found = uninvoiced(on, known.orders, known.receipts, known.booked, known.waiting)
    there = _there(reader, found, on)
    table = interface.option("accounts_table", "ledger_accounts")

    def account_of(accrual: Accrual) -> str:
        try:
            return release.mapped(table, accrual.account, on)
        except UnmappedError:
            # Its entry will be a case that names it.
            return ""

    if interface.option("accruals", "tieout") == "odoo":
        why = f'interfaces/{interface.name}.toml says accruals = "odoo"'
        found = [msgspec.structs.replace(x, ledgers=why) for x in found]
    else:
        found = leave_to_ledger(found, there, account_of)
    entries = entries_of((x for x in found if not x.ledgers), on, known.parties.get(interface.system, {}))
    entries += _no_more(connection, interface, on, {e.key for e in entries})
    return Worked(
        on=on,
        accruals=tuple(found),
        there=tuple(there.accruals),
        ours=_in_own(release, interface.entity, reader, found, there, on),
        entries=tuple(entries),
    )


def _there(reader: object, accruals: list[Accrual], on: date) -> AccruedThere:
    """What the ledger accrues itself of these orders; nothing where it is none that does."""
    if not accruals or not isinstance(reader, AccrualReader):
        return AccruedThere()
    return reader.accrued_there(sorted({x.order for x in accruals if x.order}), on)


def leave_to_ledger(
    accruals: Iterable[Accrual], there: AccruedThere, account_of: Callable[[Accrual], str]
) -> list[Accrual]:
    """The same, each of which the ledger accrues itself marked with why. An order is left to it whole: who made an entry
    of some of its lines by hand looked at all of them. Pure."""
    by_order = {x.order: x for x in there.accruals}
    found = []
    for accrual in accruals:
        if (theirs := by_order.get(accrual.order)) is not None:
            why = f"{', '.join(theirs.entries)} accrues {theirs.amount:f} of the order in the ledger"
        elif (account := account_of(accrual)) in there.valued:
            why = f"account {account}: {there.valued[account]}"
        else:
            why = ""
        found.append(msgspec.structs.replace(accrual, ledgers=why))
    return found


def _in_own(
    release: Release,
    entity: str,
    reader: LedgerReader | None,
    accruals: Iterable[Accrual],
    there: AccruedThere,
    on: date,
) -> dict[str, Decimal]:
    """What orders that the ledger accrues come to here, in the entity's currency."""
    sums = {x.order: Decimal(0) for x in there.accruals}
    if not sums or reader is None:
        return sums
    own, facts = release.entities[entity].currency, reader.facts()
    for x in accruals:
        if x.order not in sums:
            continue
        worth = x.amount.value
        if x.amount.currency != own:
            # The rate of the day the entry is of: the ledger has taken its own.
            rate = facts.rate(x.amount.currency, on)
            if not rate:
                raise ValueError(f"the ledger has no rate of {x.amount.currency}: give it one")
            worth = Amount.rounded(worth / rate, own).value
        sums[x.order] += worth
    return sums


def accrue(
    connection: Connection,
    release: Release,
    interface: Interface,
    reader: LedgerReader | None,
    on: date,
    now: datetime,
    dry: bool = False,
    asked: Asked = UNASKED,
) -> Worked:
    """Hand on the accruals of an entity at the end of a day (unless `dry`), one entry a currency; what they are.

    Made again for the same day, each is told anew: what is booked becomes what it should be, by the
    difference. Raises ValueError where Odoo accrues all of it by itself, and ConnectorError; ChangedError, which is one.
    """
    if not dry and interface.option("accruals", "tieout") == "odoo":
        raise ValueError(f'interfaces/{interface.name}.toml says accruals = "odoo": its stock books them')

    def worked() -> tuple[Worked, list[tuple[JournalEntry, BatchControl]]]:
        check(connection, interface.entity, ACCRUED_BY)
        found = work_out(connection, release, interface, reader, on)
        return found, [(x, own_figures(x)) for x in found.entries]

    if dry:
        return worked()[0]
    rests_on = RestsOn(interface.entity, ACCRUED_BY, on)
    return propose(connection, interface.name, STREAM, worked, now, rests_on, asked)


def _no_more(
    connection: Connection, interface: Interface, on: date, standing: set[str]
) -> list[JournalEntry]:
    """What was accrued for a day before and is billed by now: told anew without a line, also where what was accrued before is
    taken in and no document yet. The inbox is asked first, as that is how an entry goes."""
    given = {"interface": interface.name, "begin": f"accrual:{on}:%"}
    coming = [
        decode_document(bytes(r["body"]))
        for r in connection.execute(SQL["coming_accruals"], given).fetchall()
    ]
    known = [
        ours(connection, interface.name, r) for r in connection.execute(SQL["accrued"], given).fetchall()
    ]
    before = {x.key: x for x in (*known, *coming) if isinstance(x, JournalEntry)}
    return [_nothing(x) for key, x in sorted(before.items()) if key not in standing]


def _nothing(entry: JournalEntry) -> JournalEntry:
    nothing, batch = Amount.zero(entry.currency), f"{entry.reference}:none"
    return msgspec.structs.replace(entry, lines=(), parties=(), total=nothing, batch=batch)


def entries_of(
    accruals: Iterable[Accrual], on: date, parties: Mapping[str, Party] | None = None
) -> list[JournalEntry]:
    """One entry a currency: what was ordered against `accrued_purchases`, a line of each for a supplier; back on the next
    day. `parties` are the suppliers that are partners in the ledger, by key; of others their name is in the text."""
    known = parties or {}
    by_currency: dict[str, list[Accrual]] = {}
    for accrual in accruals:
        by_currency.setdefault(accrual.amount.currency, []).append(accrual)
    return [_entry(currency, members, on, known) for currency, members in sorted(by_currency.items())]


def _entry(currency: str, members: list[Accrual], on: date, parties: Mapping[str, Party]) -> JournalEntry:
    zero = Amount.zero(currency)
    owed: dict[str, Amount] = {}
    for x in members:
        owed[_who(x)] = owed.get(_who(x), zero) + x.amount
    lines = _in_detail(members, parties) if len(members) <= _LINES_MAX else _in_sums(members, parties)
    lines += [
        JournalLine(
            account="accrued_purchases",
            amount=-amount,
            text=f"received, not billed: {parties[who].name if who in parties else who}",
            party=who if who in parties else "",
        )
        for who, amount in sorted(owed.items())
        if amount
    ]
    named = {x.party for x in lines if x.party}
    return month_end_entry(
        "accrual", lines, currency, on, by_currency=True, parties=[parties[key] for key in sorted(named)]
    )


def _who(accrual: Accrual) -> str:
    return accrual.supplier or accrual.name_of


def _in_detail(members: Iterable[Accrual], parties: Mapping[str, Party]) -> list[JournalLine]:
    """A line each, with its order."""
    return [
        JournalLine(
            account=x.account,
            amount=x.amount,
            text=f"{x.reason}: {' '.join(filter(None, (x.order, x.name, x.bill)))}",
            dimensions=x.dimensions,
            party=x.supplier if x.supplier in parties else "",
            place=f"{x.order or x.bill}, line {x.line}",
        )
        for x in members
    ]


def _in_sums(members: Iterable[Accrual], parties: Mapping[str, Party]) -> list[JournalLine]:
    """A line for each account, dimensions and supplier."""
    sums: dict[tuple[str, tuple[tuple[str, str], ...], str], list[Accrual]] = {}
    for x in members:
        sums.setdefault((x.account, tuple(sorted(x.dimensions.items())), _who(x)), []).append(x)
    lines = []
    for (account, dimensions, who), mine in sums.items():
        amount = sum((x.amount for x in mine), Amount.zero(mine[0].amount.currency))
        if amount:
            text = f"received, not billed: {len(mine)} lines of orders"
            party = who if who in parties else ""
            lines.append(
                JournalLine(
                    account=account, amount=amount, text=text, dimensions=dict(dimensions), party=party,
                    place=f"{mine[0].order}, line {mine[0].line}",
                )
            )  # fmt: skip
    return lines
