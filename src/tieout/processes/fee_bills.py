"""The bill of fees that a provider withheld: matched with them, and never paid.

Bill, its VAT ours     Dr fees to be billed 10.00, input tax 1.90     Cr payable 11.90
Bill, reverse charge   Dr fees to be billed 10.00, and tax due and deducted at once     Cr payable 10.00
Settled                Dr payable 11.90     Cr fees to be billed 10.00 and 1.90 (its VAT as it was withheld)

What was withheld stands as expense since its day (see `provider_fees`), so the bill's net meets it on `fees_to_be_billed`, and
that account ends at nothing. Cents by which the bill's VAT differs from the sum of the movements' go to the fees.

A bill is of a time: the month before its own, or the same, as the interface declares. By kind what it bills and what was
withheld in that time must be one amount; what is not so waits for the rest of the provider's report, and is then a case. A person
who lets it go on books it whole; of it is settled what was withheld, and the rest of the payable stays open. Where the provider
takes that rest later (`of_bill`) it waits for that movement instead:

Rest taken later       Dr payable 1.90     Cr fees to be billed (of_bill) 1.90

No run pays a bill of a supplier whose fees are withheld, settled or not: see `fee_suppliers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.causes import Action, Cause
from tieout.documents import EntryPosting, LedgerLine, Supplier, VendorBill, decode_effect
from tieout.documents.posting import CashPosting
from tieout.documents.purchasing import BillLine
from tieout.money import Amount
from tieout.processes.deposits import match_effects
from tieout.processes.fee_suppliers import (
    FEE_BILL_UNDECLARED,
    Declared,
    billed_as,
    declared_of,
    looks_like,
    names_of,
)
from tieout.processes.provider_fees import (
    DOMESTIC_VAT,
    EXEMPT,
    OF_BILL,
    REVERSE_CHARGE,
    to_be_billed,
)
from tieout.processes.recipe import Context, Effect, Plan, PlanDecision, refused
from tieout.processes.sources import Asking, FactSource, Found, Keys, Row, Scope

SOURCE, SETTLED = "fee_bills", "fees_settled"
_ZERO = Decimal(0)
_HALF_A_CENT = Decimal("0.005")

FEE_BILL_DIFFERS = Cause(
    name="fee_bill_differs",
    means="A provider bills other fees than it withheld in that time. The bill is not booked, and nothing of it is paid.",
    says="ask the provider, or replay once its report is whole; where the bill is right, accept it: it is booked whole, what was "
    "withheld settles it, and the rest of the payable stays open for a person to match",
    actions=(Action.ASK, Action.REPLAY, Action.SOLVE, Action.EXCLUDE),
    acceptable=True,
)
FEE_BILL_UNCLEAR = Cause(
    name="fee_bill_unclear",
    means="A bill is of fees that a provider withheld, and which of them it is of cannot be said. It is not booked, and not paid.",
    says="nothing was withheld in that time: take in what the provider reports of it, or correct `period` under [options.fees] in "
    "interfaces/{interface}.toml; then `tieout replay --cause {cause}`",
    also={
        "unnamed": "add the name or the tax number that the bill bears to `supplier` under [options.fees] in "
        "interfaces/{interface}.toml, then `tieout replay --cause {cause}`",
        "overlaps": "exclude this bill if it is the same again; two bills of times that overlap are matched by a person in the ledger",
        "kind": "declare how the fees of this line are taxed under [options.fees] in interfaces/{interface}.toml, then "
        "`tieout replay --cause {cause}`; or ask the provider for a bill that says it",
        "provider": "say under [options.fees] of each interface the companies of its own provider alone, then "
        "`tieout replay --cause {cause}`",
        "zone": "correct `time_zone` under [options.fees] in interfaces/{interface}.toml (such as Europe/Amsterdam), then "
        "`tieout replay --cause {cause}`",
        "changed": "somebody wrote into the database past Tieout: put the row back as the backup has it, then "
        "`tieout replay --cause {cause}`",
    },
    actions=(Action.SET_UP, Action.MEND_AT_SOURCE, Action.ASK, Action.REPLAY, Action.EXCLUDE),
)
# the time of a bill, and what was withheld in it


def time_of(bill: VendorBill, declared: Declared) -> tuple[date, date]:
    """The first and the last day that a bill is of."""
    month = bill.booked_on.replace(day=1)
    if not declared.same_month:
        month = (month - timedelta(days=1)).replace(day=1)
    return month, (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _key(bill: VendorBill, declared: Declared, zone: str) -> str:
    first, last = time_of(bill, declared)
    at = declared.zone(zone)
    if at is None:
        return ""
    since, until = (
        datetime.combine(day, time(), at).astimezone(UTC).isoformat()
        for day in (first, last + timedelta(days=1))
    )
    return "|".join((",".join(declared.interfaces), bill.currency, since, until))


def _asks(asking: Asking, scope: Scope) -> Keys:
    bill = asking.document
    if not isinstance(bill, VendorBill):
        return {"keys": ()}
    declared = declared_of(scope.release, scope.entity.code, billed_as(bill))
    key = _key(bill, declared, scope.entity.time_zone) if declared else ""
    return {"keys": (key,) if key else ()}


def _fields(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    keys = _asks(asking, scope)["keys"]
    return {"own": {SOURCE: tuple(found[k] for k in keys if k in found)}} if keys else {}


def _by_time(rows: Sequence[Row], scope: Scope) -> Found:
    """Of each time that is asked for what was withheld by kind, in texts; and what bills took, each of its own time."""
    fees: dict[str, dict[str, list[Decimal]]] = {}
    taken: dict[str, list[dict[str, str]]] = {}
    clearing: dict[str, set[str]] = {}
    changed: set[str] = set()
    for row in rows:
        if not row["effect_body"]:
            changed.add(row["asked"])
            continue
        body = decode_effect(row["effect_body"].encode())
        if isinstance(body, CashPosting):
            kind = row["effect"].removeprefix("fee_").removeprefix("withheld_")
            # The expense stands first, and what of the fee is VAT behind it.
            tax = [(x.amount, x.company) for x in body.counterparts[1:]] or [(_ZERO, _ZERO)]
            clearing.setdefault(row["asked"], set()).add(body.account)
            sums = fees.setdefault(row["asked"], {}).setdefault(kind, [_ZERO] * 4)
            for n, value in enumerate((-body.amount, *tax[0], Decimal(1))):
                sums[n] += value
        elif isinstance(body, EntryPosting):
            taken.setdefault(row["asked"], []).extend(_taken(row["bill"], body))
    return {
        asked: {
            "fees": {k: [f"{v:f}" for v in values] for k, values in fees.get(asked, {}).items()},
            "taken": taken.get(asked, []),
            "clearing": sorted(clearing.get(asked, ())),
            "changed": asked in changed,
        }
        for asked in {*fees, *taken, *changed}
    }


_REFERENCE = re.compile(r"fees (\S+) (\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d): .*", re.DOTALL)


def _reference(declared: Declared, first: date, last: date, number: str) -> str:
    return f"fees {','.join(declared.interfaces)} {first} to {last}: {number}"


def _taken(bill: str, body: EntryPosting) -> list[dict[str, str]]:
    """What the entry that settles a bill took of what was withheld, by kind (see `_lines`)."""
    said = _REFERENCE.fullmatch(body.reference)
    if said is None:
        return []
    parts: dict[str, dict[str, str]] = {}
    for line in body.lines:
        kind, _, what = line.name.partition(": ")
        part = parts.setdefault(
            kind,
            {
                "bill": bill,
                "kind": kind,
                "of": said[1],
                "first": said[2],
                "last": said[3],
                "amount": "0",
                "tax": "0",
                "company": "0",
            },
        )
        if what == "withheld":
            part["amount"] = f"{line.amount:f}"
        elif what == "its tax":
            part["tax"], part["company"] = f"{-line.amount:f}", f"{-line.company:f}"
    return list(parts.values())


FEE_BILLS = FactSource(
    name=SOURCE, module=__name__, rows=_by_time, asks=_asks, fields=_fields, told_of_changed=True
)


# the bill


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of the fees of a kind: `amount` with their VAT, `tax` that VAT (`company` in the entity's currency), signed (taken
    by the provider is positive); `count` of movements."""

    amount: Decimal = _ZERO
    tax: Decimal = _ZERO
    company: Decimal = _ZERO
    count: int = 0


class FeeBill(msgspec.Struct, frozen=True, kw_only=True):
    """A bill held against what was withheld: by kind its net and its VAT, signed (a credit's are below zero), and what is
    `left` of what was withheld; `line_kinds` are those of its lines in their order."""

    declared: Declared
    provider: str
    line_kinds: tuple[str, ...]
    net: Mapping[str, Decimal]
    tax: Mapping[str, Decimal]
    left: Mapping[str, Withheld]

    def billed(self, kind: str) -> Decimal:
        """What the bill asks for of a kind, with its VAT."""
        return self.net.get(kind, _ZERO) + self.tax.get(kind, _ZERO)

    def expected(self, kind: str) -> Decimal:
        """What the bill says was withheld of a kind: what it asks for, but for VAT that is never withheld."""
        return self.billed(kind) if self.declared.withholds_tax(kind) else self.net.get(kind, _ZERO)

    def settles(self, kind: str) -> Decimal:
        """What of a kind was withheld for this bill: all that it says, and no more than is left."""
        billed, left = self.expected(kind), self.left.get(kind, Withheld()).amount
        if billed > 0 and left > 0:
            return min(billed, left)
        return max(billed, left) if billed < 0 and left < 0 else _ZERO

    def rest(self, kind: str) -> Decimal:
        """What of a kind is taken later."""
        return self.billed(kind) - self.settles(kind) if self.declared.takes_rest else _ZERO

    @property
    def settled(self) -> Decimal:
        """All of it that is paid by being withheld, signed."""
        return sum((self.settles(k) + self.rest(k) for k in self.net), _ZERO)

    def account(self, ctx: Context, number: int) -> str:
        """Where a line of the bill is booked."""
        return ctx.account(to_be_billed(self.provider, self.line_kinds[number]))

    def tax_key(self, number: int, key: str) -> str:
        """The tax of a line: as the bill says it; where the buyer owes it and the bill does not say so, by the declaration."""
        said = key.startswith(("AE", REVERSE_CHARGE))
        if self.line_kinds[number] != REVERSE_CHARGE or said:
            return key
        rates = {t.rate for t in self.declared.treatments.values() if t.kind == REVERSE_CHARGE}
        return f"{REVERSE_CHARGE} {max(rates, default=_ZERO).normalize():f}"


def held_against_fees(ctx: Context, bill: VendorBill, supplier: Supplier) -> FeeBill | Plan | None:
    """A bill of fees as it is booked, or why it is not; None where it is a bill as any other."""
    names = (*names_of(supplier), *billed_as(bill))
    declared = declared_of(ctx.release, ctx.entity.code, names)
    if declared is None:
        provider = looks_like(ctx.release, ctx.entity.code, names, supplier.party.name)
        if not provider:
            return None
        return refused(FEE_BILL_UNDECLARED, bill.total, supplier.party.name, provider=provider)
    fields = {"interface": declared.interfaces[0]}
    if declared_of(ctx.release, ctx.entity.code, billed_as(bill)) is None:
        return refused(FEE_BILL_UNCLEAR, bill.total, f"its seller is {bill.seller.name}", "unnamed", **fields)
    if declared.zone(ctx.entity.time_zone) is None:
        return refused(FEE_BILL_UNCLEAR, bill.total, f"time_zone = {declared.time_zone!r}", "zone", **fields)
    nothing: Mapping[str, Any] = {"fees": {}, "taken": (), "changed": False}
    known = next(iter(ctx.facts.found_by(SOURCE)), nothing)
    first, last = time_of(bill, declared)
    if known["changed"]:
        return refused(FEE_BILL_UNCLEAR, bill.total, f"fees of {first} to {last}", "changed", **fields)
    if not known["fees"]:
        if not ctx.facts.patience_over:
            return Plan(
                decision=PlanDecision.WAIT, reason="nothing is known yet that was withheld in its time"
            )
        return refused(FEE_BILL_UNCLEAR, bill.total, f"fees of {first} to {last}", **fields)
    provider = _provider(ctx, known["clearing"])
    if not provider:
        return refused(FEE_BILL_UNCLEAR, bill.total, ", ".join(declared.interfaces), "provider", **fields)
    kinds = tuple(_kind_of(bill, line, declared.kinds) for line in bill.lines)
    taxed = sum((t.amount.value for t in bill.taxes), _ZERO)
    if "" in kinds or (taxed and DOMESTIC_VAT not in kinds):
        at = bill.lines[kinds.index("")].name if "" in kinds else f"{taxed:f} of VAT"
        return refused(FEE_BILL_UNCLEAR, bill.total, at, "kind", **fields)
    before = _before(ctx, bill, declared, known["taken"])
    if isinstance(before, Plan):
        return before
    way = -1 if bill.refund else 1
    net: dict[str, Decimal] = {}
    for kind, line in zip(kinds, bill.lines, strict=True):
        net[kind] = net.get(kind, _ZERO) + way * line.net.value
    held = FeeBill(
        declared=declared,
        provider=provider,
        line_kinds=kinds,
        net=net,
        tax={DOMESTIC_VAT: way * taxed} if taxed else {},
        left=_left(known["fees"], before),
    )
    return _unlike(ctx, bill, held) or held


def _before(
    ctx: Context, bill: VendorBill, declared: Declared, taken: Sequence[Mapping[str, str]]
) -> list[Mapping[str, str]] | Plan:
    """What other bills of the very same time took; a plan where one is of a time that begins or ends within this one's."""
    own, of = f"{ctx.interface.name} {bill.key}", set(declared.interfaces)
    first, last = (f"{day}" for day in time_of(bill, declared))
    others = [t for t in taken if t["bill"] != own and of & set(t["of"].split(","))]
    same = [t for t in others if (t["first"], t["last"]) == (first, last) and of == set(t["of"].split(","))]
    across = {t["bill"] for t in others if t["first"] <= last and t["last"] >= first and t not in same}
    if across:
        return refused(FEE_BILL_UNCLEAR, bill.total, ", ".join(sorted(across)), "overlaps")
    return same


def _provider(ctx: Context, clearing: Sequence[str]) -> str:
    """Whose clearing accounts fees were taken of; "" where they are of several, or of none."""
    accounts = ctx.release.mappings["accounts"].rows
    end = f".{ctx.document.currency}"
    found = {
        row.key.removeprefix("clearing.").removesuffix(end)
        for row in accounts
        if row.key.startswith("clearing.") and row.key.endswith(end) and row.value in clearing
    }
    return found.pop() if len(found) == 1 else ""


def _kind_of(bill: VendorBill, line: BillLine, declared: frozenset[str]) -> str:
    """How a line of a bill is taxed, as the bill itself says it; where it says that no tax is charged and not why, by the one
    kind without tax that is declared; "" where nobody can say."""
    # So small a line may have a tax of nothing.
    rated = line.tax_key.startswith("S ") and line.tax_key != "S 0"
    if rated or line.tax_key in {t.key for t in bill.taxes if t.amount.value}:
        return DOMESTIC_VAT
    if line.tax_key.startswith(("AE", REVERSE_CHARGE)):
        return REVERSE_CHARGE
    if line.tax_key.startswith("E ") or line.tax_key == EXEMPT:
        return EXEMPT
    left = declared - {DOMESTIC_VAT} or declared
    return next(iter(left)) if len(left) == 1 else ""


def _left(fees: Mapping[str, Sequence[str]], taken: Sequence[Mapping[str, str]]) -> dict[str, Withheld]:
    """What is left of what was withheld, by kind."""
    left = {}
    for kind, (amount, tax, company, count) in fees.items():
        gone = [t for t in taken if t["kind"] == kind]
        left[kind] = Withheld(
            amount=Decimal(amount) - sum((Decimal(t["amount"]) for t in gone), _ZERO),
            tax=Decimal(tax) - sum((Decimal(t["tax"]) for t in gone), _ZERO),
            company=Decimal(company) - sum((Decimal(t["company"]) for t in gone), _ZERO),
            count=int(count),
        )
    return left


def _unlike(ctx: Context, bill: VendorBill, held: FeeBill) -> Plan | None:
    """What keeps a bill back that is not what was withheld; None where it is, or where a person let it go on."""
    if FEE_BILL_DIFFERS.name in ctx.facts.accepted:
        return None
    said, at_risk = [], _ZERO
    for kind in sorted({*held.net, *held.left}):
        billed, left = held.expected(kind), held.left.get(kind, Withheld())
        tax = held.tax.get(kind, _ZERO) if held.declared.withholds_tax(kind) else _ZERO
        # Every movement's VAT is rounded by itself.
        slack = _HALF_A_CENT * left.count + _HALF_A_CENT
        if billed != left.amount:
            at_risk += abs(billed - left.amount)
            said.append(f"{kind}: billed {billed:f}, withheld {left.amount:f}")
        elif abs(tax - left.tax) > slack:
            at_risk += abs(tax - left.tax)
            said.append(f"{kind}: VAT billed {tax:f}, as declared {left.tax:f}")
    if not said:
        return None
    first, last = time_of(bill, held.declared)
    detail = f"{first} to {last}: {'; '.join(said)}"
    if not ctx.facts.patience_over:
        return Plan(
            decision=PlanDecision.WAIT, reason=f"the provider's report may not be whole ({detail})"[:200]
        )
    return refused(FEE_BILL_DIFFERS, Amount(at_risk, bill.currency), detail)


def settling(ctx: Context, bill: VendorBill, held: FeeBill, main: Effect, partner: str) -> list[Effect]:
    """The entry that settles a bill with what was withheld, matched with the bill; none where nothing of it was."""
    lines = [line for kind in sorted(held.net) for line in _lines(ctx, held, kind, partner)]
    if not lines:
        return []
    first, last = time_of(bill, held.declared)
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=_reference(held.declared, first, last, bill.number),
        currency=bill.currency,
        lines=tuple(lines),
    )
    settled = ctx.effect(SETTLED, body, ledger=True, requires=(main.external_id,), account=main.account)
    if not held.settled:
        return [settled]
    return [settled, *match_effects(ctx, SETTLED, main.external_id, settled, ctx.account("payable"))]


def _lines(ctx: Context, held: FeeBill, kind: str, partner: str) -> list[LedgerLine]:
    """What settles one kind: Dr payable, Cr what the bill put on `fees_to_be_billed` and the VAT that stood there, the rest to
    the fees: cents of VAT, and what was billed and never withheld."""
    settled, net, left = held.settles(kind), held.net[kind], held.left.get(kind, Withheld())
    tax, company = left.tax, left.company
    if settled != left.amount:
        # What was withheld beyond the bill keeps its VAT until its own bill comes.
        tax = held.tax.get(kind, _ZERO) if settled and held.declared.withholds_tax(kind) else _ZERO
        company = ctx.company(tax)
    standing, fees = ctx.account(to_be_billed(held.provider, kind)), ctx.account(f"fees.{held.provider}")
    rest = held.rest(kind)
    later = ctx.account(to_be_billed(held.provider, OF_BILL)) if rest else ""
    sides = (
        (ctx.account("payable"), settled, ctx.company(settled), "withheld"),
        (ctx.account("payable"), rest, ctx.company(rest), "taken later"),
        (later, -rest, -ctx.company(rest), "to be taken"),
        (standing, -net, -ctx.company(net), "billed"),
        (standing, -tax, -company, "its tax"),
        (fees, net + tax - settled, ctx.company(net) + company - ctx.company(settled), "difference"),
    )
    return [
        LedgerLine(
            account=account,
            amount=amount,
            company=worth,
            name=f"{kind}: {what}",
            partner=partner if what in ("withheld", "taken later") else "",
        )
        for account, amount, worth, what in sides
        if amount or worth
    ]
