"""Which bills a run pays, and to where: pure.

A bill is proposed where it is ours, due, of a supplier that is let in, to an account that a second person
approved long enough ago. A supplier's credits are taken off; whatever is not proposed says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from tieout.connector_api import OpenItem
from tieout.documents import PaidLine, Supplier, VendorPayment
from tieout.documents.purchasing import SupplierAccount
from tieout.documents.states import DocumentState
from tieout.formats.payments import is_qr_iban
from tieout.money import Amount
from tieout.payables.ordering import is_reference_to
from tieout.rules import Interface

_LONGEST = 140

_TURNED_DOWN = (DocumentState.REFUSED, DocumentState.EXCLUDED, DocumentState.SUPERSEDED)


class SupplierRevision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of a supplier: `state` as its document's, `since` when it was posted."""

    revision: int
    state: str
    supplier: Supplier
    since: datetime | None = None

    @property
    def stands(self) -> bool:
        return self.state in (DocumentState.PLANNED, DocumentState.POSTED)


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The most that a bill is ever paid (`due`, BT-115 of an electronic invoice), less than it bills where part was paid
    before it came; `settled` says that people found that part in the ledger."""

    due: Decimal
    settled: bool


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """What is due and not proposed: `amount` as the ledger has it (a bill's is negative), and why."""

    supplier: str
    number: str
    amount: Decimal
    currency: str
    why: str


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it would be released."""

    run: str
    entity: str
    pay_on: date
    payments: tuple[VendorPayment, ...]
    held: tuple[HeldBack, ...]

    def totals(self) -> dict[str, Decimal]:
        """What the bank would send, by currency."""
        found: dict[str, Decimal] = {}
        for x in self.payments:
            found[x.currency] = found.get(x.currency, Decimal(0)) + x.pays.value
        return found


def takes_any(payment: VendorPayment) -> str:
    """Nothing speaks against a payment."""
    return ""


def payable_to(
    revisions: Sequence[SupplierRevision], on: date, cooling_days: int, zone: ZoneInfo
) -> tuple[SupplierRevision, SupplierAccount] | str:
    """The revision that holds and its account, or why nothing may be paid. `revisions` are in order."""
    known = [t for t in revisions if t.state not in _TURNED_DOWN]
    if not known:
        return "its supplier is not approved"
    last = known[-1]
    if not last.stands:
        return "a change of its supplier waits for its approval"
    account = last.supplier.account
    if not last.supplier.active:
        return "its supplier is not active"
    if account is None:
        return "nobody says to which account it is paid"
    first = last
    for given in reversed([t for t in known if t.stands]):
        if given.supplier.account != account:
            break
        first = given
    if first.since is None:
        return "its supplier is not booked yet"
    free = first.since.astimezone(zone).date() + timedelta(days=cooling_days)
    if on < free:
        return f"its account is new: it is paid from {free} on"
    return last, account


def propose(
    run: str,
    items: Iterable[OpenItem],
    supplier_of: Mapping[str, str],
    suppliers: Mapping[str, Sequence[SupplierRevision]],
    interface: Interface,
    zone: ZoneInfo,
    *,
    pay_on: date,
    until: date,
    by: str,
    now: datetime,
    busy: Mapping[int, str] | None = None,
    refuses: Callable[[VendorPayment], str] = takes_any,
    limits: Mapping[str, Limit] | None = None,
    never: Mapping[str, str] | None = None,
) -> Proposal:
    """The payments of what is due `until` a day. `supplier_of` gives the supplier of an effect's external
    id, `limits` what it is paid at most, where that is not all that is open; `busy` says why a line is paid
    by no other payment; `refuses` says why no payment may go to its payee as it is, "" where it may; `never` says of which suppliers no bill is paid, and why."""
    groups, held = _due(list(items), supplier_of, until, busy or {}, limits or {}, never or {})
    payments: list[VendorPayment] = []
    currency = interface.option("currency", "EUR")
    payment_hold = int(interface.option("cooling_days", "7"))
    for (supplier, money), members in sorted(groups.items()):
        found = payable_to(suppliers.get(supplier, ()), pay_on, payment_hold, zone)
        why = found if isinstance(found, str) else ""
        if _owed(members) <= 0:
            why = "credits are as much as what is due"
        elif money != currency:
            why = f"it is in {money}, this account pays in {currency}"
        percent = Decimal(0)
        if not why and not isinstance(found, str):
            known = _percent(found[0].supplier.withholding, interface)
            if known is None:
                why = f"withholding {found[0].supplier.withholding!r} is not declared"
            percent = known or percent
        if why or isinstance(found, str):
            held += [_held(x, supplier, why) for x in members]
            continue
        for part in _parts(members, found[1].iban):
            withheld = Amount.rounded(_owed(part) * percent / 100, money).value
            end = f"{run}-{len(payments) + 1:03d}"
            payment = _payment(end, run, part, *found, withheld, money, pay_on, by, now)
            if why := refuses(payment):
                held += [_held(x, supplier, why) for x in part]
            else:
                payments.append(payment)
    return Proposal(
        run=run, entity=interface.entity, pay_on=pay_on, payments=tuple(payments), held=tuple(held)
    )


def _due(
    items: Sequence[OpenItem],
    supplier_of: Mapping[str, str],
    until: date,
    busy: Mapping[int, str],
    limits: Mapping[str, Limit],
    never: Mapping[str, str],
) -> tuple[dict[tuple[str, str], list[OpenItem]], list[HeldBack]]:
    """What is due and open for credits, by supplier and currency; and what of it no run may pay."""
    held: list[HeldBack] = []
    groups: dict[tuple[str, str], list[OpenItem]] = {}
    for item in items:
        if item.kind != "payable" or item.is_payment or not item.residual:
            continue
        supplier = supplier_of.get(item.effect, "")
        if item.line in busy:
            held.append(_held(item, supplier, busy[item.line]))
        elif not supplier:
            held.append(
                _held(item, item.partner_name, "nobody took it in here: book it as a bill of an order")
            )
        elif supplier in never:
            held.append(_held(item, supplier, never[supplier]))
        elif why := _over(item, limits.get(item.effect), items):
            held.append(_held(item, supplier, why))
        elif item.residual > 0 or (item.due or item.on) <= until:
            groups.setdefault((supplier, item.currency), []).append(item)
    return groups, held


def _owed(members: Sequence[OpenItem]) -> Decimal:
    return -sum((x.residual for x in members), Decimal(0))


def _parts(members: list[OpenItem], iban: str) -> list[list[OpenItem]]:
    """One payment for all, less credits; to an account that takes a reference of one bill each on its own, where there
    are no credits to take off."""
    if is_qr_iban(iban) and all(x.residual < 0 for x in members):
        return [[x] for x in sorted(members, key=lambda x: (x.on, x.line))]
    return [members]


def _over(item: OpenItem, limit: Limit | None, items: Sequence[OpenItem]) -> str:
    """Why a bill would be paid more than is due of it, "" where it would not. A part that was prepaid hides in what is
    open until people match it: what is left open may be that part, however small it is."""
    if limit is None or (limit.settled and abs(item.residual) <= limit.due):
        return ""
    way = -1 if item.residual < 0 else 1
    found = [
        x
        for x in items
        if x.is_payment and x.kind == "payable" and x.partner == item.partner and x.currency == item.currency
        and x.residual * way < 0
    ]  # fmt: skip
    seen = ", ".join(f"{x.numbers[0] if x.numbers else x.line} of {abs(x.residual):f}" for x in found[:3])
    hint = f" (open at this supplier: {seen})" if seen else ""
    return (
        f"part of it is said to be prepaid, at most {limit.due:f} is due: match that part with it first{hint}"
    )


def _held(item: OpenItem, supplier: str, why: str) -> HeldBack:
    number = item.numbers[0] if item.numbers else f"line {item.line}"
    return HeldBack(supplier=supplier, number=number, amount=item.residual, currency=item.currency, why=why)


def _percent(key: str, interface: Interface) -> Decimal | None:
    if not key:
        return Decimal(0)
    table: dict[str, str] = interface.options.get("withholding", {})
    return Decimal(table[key]) if key in table else None


def _payment(
    end: str,
    run: str,
    members: list[OpenItem],
    given: SupplierRevision,
    account: SupplierAccount,
    withheld: Decimal,
    currency: str,
    pay_on: date,
    by: str,
    now: datetime,
) -> VendorPayment:
    members = sorted(members, key=lambda x: (x.on, x.line))
    total = _owed(members)
    supplier = given.supplier
    return VendorPayment(
        key=end,
        occurred_at=min(datetime.combine(pay_on, time(12), UTC), now),
        currency=currency,
        control_group="payments",
        run=run,
        end_to_end_id=end,
        supplier=supplier.party.key,
        supplier_revision=given.revision,
        party=supplier.party,
        town=supplier.town,
        account=account,
        settles=tuple(
            PaidLine(
                line=x.line,
                account=x.account,
                residual=x.residual,
                company=x.company,
                partner=x.partner,
                number=x.numbers[0] if x.numbers else "",
                effect=x.effect,
                on=x.on,
            )
            for x in members
        ),
        total=Amount.exact(total, currency),
        pays=Amount.exact(total - withheld, currency),
        withheld=Amount.exact(withheld, currency),
        withholding=supplier.withholding,
        booked_on=pay_on,
        remittance=_reference(members, account.iban)
        or _remittance([x.numbers[0] if x.numbers else "" for x in members]),
        prepared_by=by,
        batch=run,
    )


def _reference(members: Sequence[OpenItem], iban: str) -> str:
    """The structured reference that the payee's account asks for, where one bill is paid and is called by it."""
    called = members[0].numbers if len(members) == 1 else ()
    return next((x for x in called if is_reference_to(iban, x)), "")


def _remittance(numbers: list[str]) -> str:
    """The bills' numbers, as many as a bank takes; how many more there are."""
    shown: list[str] = []
    for number in filter(None, numbers):
        rest = len(numbers) - len(shown) - 1
        more = f" +{rest} more" if rest else ""
        if len(" ".join([*shown, number]) + more) > _LONGEST:
            break
        shown.append(number)
    left = len(numbers) - len(shown)
    return (" ".join(shown) + (f" +{left} more" if left else "")).strip()
