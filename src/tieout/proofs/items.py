"""What stands on accounts that are on their way to zero, item by item: an account's own balance in the ledger is its items and
a rest that nobody explains.

    balance = items + rest

Items are the ledger's open lines, as they stood at the end of the day, where an account is matched; every line where it is not; the
movements that no payout took where it is a provider's clearing. Lines of one document of ours (a payout, an order, a bank line) are
one item. Amounts are signed in the account's currency, a debit is positive; beside it stands what the ledger carries it at in
the entity's. Nothing here decides: a rest is said, and never spread over items. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from tieout.money.calendar import BusinessCalendar
from tieout.rules.itemised import ItemRule

ZERO = Decimal(0)
Key = tuple[str, str]
OPEN_LINES, ALL_LINES, MOVEMENTS = "open lines", "lines", "the provider's movements"
CROSSED = "matched across currencies"


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the ledger or a movement, before those of one document are put together. `standing` and `company` (None: not known by
    movement) are at the end of the day, `open_now` is now. `name` is by what pieces are one item."""

    name: tuple[str, ...]
    reference: str
    entry: str
    document: str
    on: date
    standing: Decimal
    company: Decimal | None
    open_now: Decimal
    owner: str = ""
    case: int | None = None
    cause: str = ""


class StandingItem(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of one document or entry at the end of a day. `days` are the business days since its first line, `past` says
    that they are more than is normal; `case` is the open case that holds its document."""

    reference: str
    entry: str
    document: str
    on: date
    days: int
    past: bool
    amount: Decimal
    company: Decimal | None
    owner: str
    waits_for: str
    case: int | None = None


class ItemisedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account in one currency at the end of a day. `balance` and `company` are the ledger's own; `how` says what its items
    are, `normal` how many business days they may stand; `why` is why there is a rest."""

    entity: str
    as_of: date
    role: str
    account: str
    currency: str
    how: str
    normal: int
    balance: Decimal
    company: Decimal
    items: tuple[StandingItem, ...]
    why: str = ""

    @property
    def rest(self) -> Decimal:
        """What no item explains."""
        return self.balance - sum((i.amount for i in self.items), ZERO)

    @property
    def company_rest(self) -> Decimal:
        """The same in the entity's currency; nothing where items are not known in it."""
        known = [i.company for i in self.items if i.company is not None]
        return self.company - sum(known, ZERO) if len(known) == len(self.items) else ZERO

    @property
    def explained(self) -> bool:
        """Whether all of it is named."""
        return not self.rest and not self.company_rest


class AgedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What is open now of an account in one currency and past its age today: (reference, day, amount), the oldest first. `since`
    is the first day on which one of them was past its age."""

    role: str
    account: str
    currency: str
    normal: int
    items: tuple[tuple[str, date, Decimal], ...]
    since: date
    owner: str
    waits_for: str

    @property
    def gross(self) -> Decimal:
        """The money at risk: what offsets is two items, not none."""
        return sum((abs(amount) for _, _, amount in self.items), ZERO)

    @property
    def net(self) -> Decimal:
        """What they come to."""
        return sum((amount for _, _, amount in self.items), ZERO)


def items_of(
    pieces: Iterable[Piece], rule: ItemRule, calendar: BusinessCalendar, as_of: date, owner: str
) -> tuple[StandingItem, ...]:
    """The items of pieces, the oldest first: those of one name are one, and none where they come to nothing."""
    found = []
    for mine in _by_name(pieces):
        standing = sum((p.standing for p in mine), ZERO)
        known = [p.company for p in mine if p.company is not None]
        company = sum(known, ZERO) if len(known) == len(mine) else None
        if not standing and not company:
            continue
        first = min(mine, key=lambda p: (p.on, p.entry))
        held = next((p for p in mine if p.case), first)
        found.append(
            StandingItem(
                reference=first.reference,
                entry=first.entry,
                document=first.document,
                on=first.on,
                days=calendar.between(first.on, as_of),
                past=rule.past_on(first.on, calendar) <= as_of,
                amount=standing,
                company=company,
                owner=(held.owner if held.case else "") or rule.owner or first.owner or owner,
                waits_for=f"case {held.case}: {held.cause.replace('_', ' ')}"
                if held.case
                else rule.waits_for,
                case=held.case,
            )
        )
    return tuple(sorted(found, key=lambda i: (i.on, i.reference, i.entry, i.amount)))


def aged(
    key: Key, role: str, pieces: Iterable[Piece], rule: ItemRule, calendar: BusinessCalendar, today: date, owner: str
) -> AgedAccount | None:  # fmt: skip
    """What of an account in one currency is open now and past its age today; None where nothing is."""
    found = []
    for mine in _by_name(pieces):
        still = [p for p in mine if p.open_now]
        amount = sum((p.open_now for p in still), ZERO)
        first = min((p.on for p in still), default=today)
        if amount and rule.past_on(first, calendar) <= today:
            found.append((still[0].reference, first, amount))
    if not found:
        return None
    found.sort(key=lambda x: (x[1], x[0], x[2]))
    return AgedAccount(
        role=role, account=key[0], currency=key[1], normal=rule.days, items=tuple(found),
        since=rule.past_on(found[0][1], calendar), owner=rule.owner or owner, waits_for=rule.waits_for,
    )  # fmt: skip


def _by_name(pieces: Iterable[Piece]) -> list[list[Piece]]:
    groups: dict[tuple[str, ...], list[Piece]] = {}
    for p in pieces:
        groups.setdefault(p.name, []).append(p)
    return list(groups.values())


def with_crossed(rows: Sequence[ItemisedAccount]) -> list[ItemisedAccount]:
    """Rows in which what was matched across currencies is an item: lines of two currencies that the ledger matched with each other
    leave something in each, and nothing in the entity's over all. `rows` are one matched account's, of all its currencies."""
    left = [r for r in rows if not r.explained]
    if len(left) < 2 or sum((r.company_rest for r in rows), ZERO):
        return list(rows)
    return [r if r.explained else msgspec.structs.replace(r, items=(*r.items, _crossed(r)), why="") for r in rows]  # fmt: skip


def _crossed(row: ItemisedAccount) -> StandingItem:
    return StandingItem(
        reference=CROSSED, entry="", document="", on=row.as_of, days=0, past=False, amount=row.rest,
        company=row.company_rest, owner="", waits_for="nothing: the ledger matched it with lines in another currency",
    )  # fmt: skip


def item_figures(rows: Sequence[ItemisedAccount], most: int) -> list[dict[str, Any]]:
    """Rows as plain values, exact texts of amounts: at most so many items of each, the largest, in order of day; `more` says how many
    there are beside them and what these come to, so that what is listed always sums to the balance."""
    return [_figures(r, most) for r in rows]


def _figures(row: ItemisedAccount, most: int) -> dict[str, Any]:
    largest = set(sorted(range(len(row.items)), key=lambda n: -abs(row.items[n].amount))[:most])
    shown = [i for n, i in enumerate(row.items) if n in largest]
    beside = [i for n, i in enumerate(row.items) if n not in largest]
    return {
        "role": row.role,
        "account": row.account,
        "currency": row.currency,
        "how": row.how,
        "normal": row.normal,
        "balance": _text(row.balance),
        "company": _text(row.company),
        "items": [_item(i) for i in shown],
        "count": len(row.items),
        "past": sum(i.past for i in row.items),
        "more": {"count": len(beside), "amount": _text(sum((i.amount for i in beside), ZERO))},
        "rest": _text(row.rest),
        "company_rest": _text(row.company_rest),
        "why": row.why,
    }


def _item(i: StandingItem) -> dict[str, Any]:
    return {
        "reference": i.reference,
        "entry": i.entry,
        "document": i.document,
        "on": i.on.isoformat(),
        "days": i.days,
        "past": i.past,
        "amount": _text(i.amount),
        "company": None if i.company is None else _text(i.company),
        "owner": i.owner,
        "waits_for": i.waits_for,
        "case": i.case,
    }


def _text(amount: Decimal) -> str:
    """Cents, and what is finer where there is any."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount:f}"


def signed_figures(rows: Sequence[ItemisedAccount]) -> list[Any]:
    """What people sign of rows: every balance, item and rest; not whose an item is, nor what it waits for."""
    return [
        [r.account, r.currency, _text(r.balance), _text(r.company), _text(r.rest), _text(r.company_rest),
         [[i.reference, i.entry, i.on.isoformat(), _text(i.amount)] for i in r.items]] for r in rows
    ]  # fmt: skip
