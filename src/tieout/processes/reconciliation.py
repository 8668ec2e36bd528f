"""What a match means in the ledger: cash that was booked first finds what it pays.

On an unapplied account      Dr unapplied      Cr receivable (or payable, bank in transit)
Paid less, and explained     Dr difference     Cr receivable, in the same entry
A discount that corrects tax Dr discount, Dr tax by rate, Cr receivable: each as it counts in the tax report
Paid too much                the same of all the cash: what is too much is the partner's credit
On suspense (others' lines)  the bank line's own suspense side is moved to the receivable
On the receivable already    nothing is booked
With another partner there   Dr receivable of the one, Cr receivable of the other: each pays with what is its own

Then the lines are reconciled, one set an account. The entry stands on the later day of what it
joins, carries the company amounts that the cash was booked with, and leaves exchange differences
and tax due on payment to the ledger. In the entity's currency, and where no tax waits for the
payment, the lines are marked first, so that the ledger pairs the whole set as it posts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tieout.causes import Action, Cause
from tieout.documents import (
    EntryPosting,
    LedgerLine,
    LineDiscount,
    Mark,
    MatchedLine,
    MatchRequest,
    OpenLine,
    Reconciliation,
    UnmatchRequest,
)
from tieout.money import Amount
from tieout.processes.external_ids import external_id, match_key
from tieout.processes.facts import FactKeys
from tieout.processes.one_rate import at_one_rate, is_taken
from tieout.processes.recipe import Approval, Context, Effect, Plan, PlanDecision, Recipe, Recipes, refused
from tieout.processes.sources import FactSource, Found, Row, Scope

APPLY = "apply"
MATCH_IMPOSSIBLE = Cause(
    name="match_impossible",
    means="Lines that are to be matched cannot be joined as one set in the ledger.",
    says="split it, or match it in the ledger",
    also={"effect": "one side has left its account: correct it in the ledger, then replay"},
    actions=(Action.MATCH, Action.MEND_IN_LEDGER, Action.REPLAY),
    who="finance",
)
_NOBODY = -1


def _by_match(rows: Sequence[Row], scope: Scope) -> Found:
    found: dict[str, list[list[str]]] = {}
    for row in rows:
        found.setdefault(row["source_key"], []).append([row["external_id"], row["effect_body"]])
    return found


# Of one that was changed past us nobody knows what to book back.
ENTRIES_BOOKED = FactSource(name="entries_booked", module=__name__, rows=_by_match, told_of_changed=True)


def _keys_of(doc: Reconciliation, options: Mapping[str, Any]) -> FactKeys:
    return FactKeys(own={ENTRIES_BOOKED.name: (doc.key,)}) if doc.undone else FactKeys()


def reconciliation(ctx: Context, doc: Reconciliation) -> Plan:
    """The entry that a match needs, if any, and one request an account."""
    if doc.undone:
        return _undone(ctx, doc)
    if ctx.facts.previous is not None:
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason="it was applied already")
    why = _impossible(doc)
    if why:
        return refused(MATCH_IMPOSSIBLE, _size(doc), why)
    lines = _entry_lines(ctx, doc)
    if lines is None:
        return refused(
            MATCH_IMPOSSIBLE, _size(doc), "no rate makes its amounts balance in the books' currency"
        )
    entry = _entry(ctx, doc, lines)
    effects = [entry] if entry is not None else []
    for account, members in _sets(doc).items():
        left = entry.external_id if entry is not None and any(x.account == account for x in lines) else ""
        if not left and len(members) < 2:
            continue
        keeps = True if left and _credit(doc) and account == doc.due[0].account else msgspec.UNSET
        body = MatchRequest(left=left, right="", account=account, lines=tuple(members), keeps=keeps)
        effects.append(
            ctx.effect(
                f"match_{account}", body, ledger=True, requires=(left,) if left else (), lane=_lane(account)
            )
        )
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _lane(account: str) -> str:
    return f"match.{account}"


def _size(doc: Reconciliation) -> Amount:
    return Amount(sum((abs(_used(x)) for x in doc.cash), Decimal(0)), doc.currency)


def _used(line: OpenLine) -> Decimal:
    """What the match takes of a line, signed as the line is."""
    return line.residual - line.rest


def _credit(doc: Reconciliation) -> Decimal:
    """What of the cash is the partner's credit, signed as cash less due; 0 where nothing is."""
    return doc.credit.value if isinstance(doc.credit, Amount) else Decimal(0)


def _in_ledger(line: OpenLine) -> Decimal:
    """What is open of a line in its own currency."""
    return line.paid.value if isinstance(line.paid, Amount) else line.residual


def _moved(doc: Reconciliation) -> list[OpenLine]:
    """Cash that an entry takes from its account to where what it pays stands."""
    own = {x.account for x in doc.due}
    return [x for x in doc.cash if not x.statement_line and own and x.account not in own]


def _impossible(doc: Reconciliation) -> str:
    """Why a match cannot be applied as one, "" where it can."""
    targets, lines = {x.account for x in doc.due}, (*doc.cash, *doc.due)
    if doc.due and len(_moved(doc)) < len(doc.cash) and len(targets) > 1:
        return "what it pays stands on several accounts, and not all of the cash can be moved by an entry"
    if sum((_used(x) for x in lines), _credit(doc)) and not doc.difference_account:
        return "what is used of its lines does not sum to zero, and no account takes the difference"
    if len(_moved(doc)) < len(doc.cash) and len(_shares(doc, Decimal(0))) > 1 and any(x.rest for x in lines):
        return (
            "cash of one partner pays another's, too, and something stays open: match each partner's with what is its "
            "own, or split the bank line in the ledger"
        )
    if not doc.due and len({x.account for x in doc.cash}) > 1:
        return "its lines stand on several accounts, and nothing is due on one of them"
    if not doc.cash and len({x.account for x in doc.due}) > 1:
        return "its lines stand on several accounts, and no cash joins them"
    return ""


def _partner(line: OpenLine) -> str:
    return f"#{line.partner}" if line.partner else ""


def _entry_lines(ctx: Context, doc: Reconciliation, undone: bool = False) -> list[LedgerLine] | None:
    """Signed lines that sum to zero: the cash out of its accounts with what it was booked with, the difference, and the
    rest on the accounts of what is paid; all at one rate where the ledger would refuse them so, None where at any.
    `undone` has the tax of a discount count as it does when that is taken back."""
    lines = _as_booked(ctx, doc, undone)

    def made(amount: Decimal) -> Decimal:
        return ctx.company(amount) if ctx.facts.rate is not None else Decimal(0)

    if not ctx.foreign_currency or is_taken(lines, made):
        return lines
    if any(isinstance(x.own, Amount) or x.tax is not msgspec.UNSET for x in lines):
        # In the books' own currency there is no rate to choose; and a discount's tax stands at its invoice's.
        return None
    moved = _moved(doc)
    of = sum((abs(_used(x)) for x in moved), Decimal(0))
    company = sum((abs(_company_used(x, ctx)) for x in moved), Decimal(0))
    return at_one_rate(lines, lambda amount: _at_rate(ctx, amount, company, of), made)


def _as_booked(ctx: Context, doc: Reconciliation, undone: bool) -> list[LedgerLine]:
    """The lines of the entry with what the cash was booked with."""
    moved = _moved(doc)
    keys = _keys(ctx, doc)
    lines = [
        LedgerLine(
            account=x.account,
            amount=-_used(x),
            company=-_company_used(x, ctx),
            name=f"applied {x.number}".strip(),
            partner=_partner(x),
            match=keys.get(x.account, ""),
            own=Amount(-x.paid.value, x.paid.currency) if isinstance(x.paid, Amount) else msgspec.UNSET,
        )
        for x in moved
    ]
    taken = sum((_used(x) for x in moved), Decimal(0))
    carried = sum((_company_used(x, ctx) for x in moved), Decimal(0))
    difference = -sum((_used(x) for x in (*doc.cash, *doc.due)), _credit(doc))
    if difference:
        # Left less right is what the cash is more than what is due: the books take its opposite.
        parts, rest = _discount_parts(ctx, doc, -difference, undone)
        lines += parts
        if rest:
            lines.append(
                LedgerLine(
                    account=doc.difference_account,
                    amount=rest,
                    company=_at_rate(ctx, rest, carried, taken),
                    name=doc.explained_as.replace("_", " "),
                )
            )
    shares = _shares(doc, taken + difference)
    left = -sum((x.company for x in lines), Decimal(0))
    whole = sum(shares.values(), Decimal(0))
    for number, ((account, partner), amount) in enumerate(shares.items(), 1):
        last = number == len(shares)
        company = left if last else _at_rate(ctx, amount, left, whole)
        left -= company
        whole -= amount
        lines.append(
            LedgerLine(
                account=account,
                amount=amount,
                company=company,
                name=doc.why[:80] or doc.rule,
                partner=f"#{partner}" if partner else "",
                match=keys.get(account, ""),
            )
        )
    return [x for x in lines if x.amount or x.company]


def _discount_parts(
    ctx: Context, doc: Reconciliation, amount: Decimal, undone: bool
) -> tuple[list[LedgerLine], Decimal]:
    """The lines of discounts that correct tax, and what of `amount` (signed as the books take it) is left for the account
    of differences as one sum: other invoices' discounts. A minor unit more or less, which a payer's own rounding makes,
    is no other invoice's: it goes to the largest base. All stands at the invoices' own rate, as their tax does."""
    terms = doc.granted() if doc.explained_as == "early_payment_discount" else []
    parts = [(x, p) for x, d in terms for p in d.parts]
    rest = amount - sum((p.amount for _, p in parts), Decimal(0))
    if not parts or any(not d.parts for _, d in terms):
        shift = Decimal(0)
    else:
        shift, rest = rest, Decimal(0)
    largest = max((p for _, p in parts if not p.account), key=lambda p: abs(p.amount), default=None)
    found = []
    for line, part in parts:
        more = shift if part is largest else Decimal(0)
        found.append(
            LedgerLine(
                account=part.account or doc.difference_account,
                amount=part.amount + more,
                company=part.company + _at_rate(ctx, more, part.company, part.amount),
                name=part.name,
                partner=_partner(line),
                tax=part.back if undone else part.tax,
            )
        )
    return found, rest


def _company_used(line: OpenLine, ctx: Context) -> Decimal:
    """What is used of a line in the entity's currency: all of it, or its share."""
    return line.company if not line.rest else _at_rate(ctx, _used(line), line.company, line.residual)


def _at_rate(ctx: Context, amount: Decimal, company: Decimal, of: Decimal) -> Decimal:
    """`amount` in the entity's currency, at the rate of `company` for `of`, or the day's."""
    if not ctx.foreign_currency:
        return amount
    return Amount.rounded(amount * company / of, ctx.entity.currency).value if of else ctx.company(amount)


def _shares(doc: Reconciliation, brought: Decimal) -> dict[tuple[str, int], Decimal]:
    """What an entry puts on each account and partner of what is due: its opposite, less the cash that stands there. Cash
    of one partner that pays another's is taken over from one to the other, so that each partner's ledger says what
    is owed."""
    shares: dict[tuple[str, int], Decimal] = {}
    if len(_moved(doc)) == len(doc.cash):
        for x in doc.due:
            key = (x.account, x.partner)
            shares[key] = shares.get(key, Decimal(0)) - _used(x)
        for key in list(shares)[:1]:
            shares[key] -= _credit(doc)
        return shares
    first = doc.due[0] if doc.due else doc.cash[0]
    if _whole(doc) is msgspec.UNSET:
        return {(first.account, first.partner): brought} if brought else {}
    moved = {x.line for x in _moved(doc)}
    for x in (*doc.due, *(c for c in doc.cash if c.line not in moved)):
        # A bank line that leaves suspense, and cash of nobody, go with what is paid first.
        partner = first.partner if x.statement_line else x.partner or first.partner
        key = (first.account, partner)
        shares[key] = shares.get(key, Decimal(0)) - _used(x)
    return {key: amount for key, amount in shares.items() if amount}


def _keys(ctx: Context, doc: Reconciliation) -> dict[str, str]:
    """The match key of each account; none where the ledger must be asked to reconcile."""
    lines = (*doc.cash, *doc.due)
    if ctx.foreign_currency or any(isinstance(x.paid, Amount) for x in doc.cash):
        return {}
    if any(x.on_payment or x.statement_line or not x.unmarked for x in lines):
        return {}
    # Of a set that pairs itself the ledger chooses what stays open.
    if any(len(side) > 1 and any(x.rest for x in side) for side in (doc.cash, doc.due)):
        return {}
    return {x.account: match_key(ctx.entity.code, doc.key, x.account, str(ctx.revision)) for x in lines}


def _entry(ctx: Context, doc: Reconciliation, lines: list[LedgerLine]) -> Effect | None:
    if not lines:
        return None
    keys = _keys(ctx, doc)
    marks = tuple(Mark(line=x.line, match=keys[x.account]) for x in (*doc.cash, *doc.due) if keys)
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=_reference(doc),
        currency=doc.currency,
        lines=tuple(lines),
        marks=marks,
        expects=tuple(x for members in _sets(doc).values() for x in members),
    )
    return ctx.effect(APPLY, body, ledger=True)


def _reference(doc: Reconciliation) -> str:
    """What people read on the entry: which cash pays what."""
    due = ", ".join(dict.fromkeys(x.number or f"line {x.line}" for x in doc.due))
    cash = ", ".join(dict.fromkeys(x.number or f"line {x.line}" for x in doc.cash))
    return f"{cash[:80]} for {due[:120]}"


def _sets(doc: Reconciliation) -> dict[str, list[MatchedLine]]:
    """The lines that are there already, by the account on which they are reconciled."""
    target = doc.due[0] if doc.due else None
    sets: dict[str, list[MatchedLine]] = {}
    for line in (*doc.cash, *doc.due):
        account, partner = line.account, 0
        if line.statement_line and target is not None:
            account, partner = target.account, target.partner or _NOBODY
        sets.setdefault(account, []).append(
            MatchedLine(line=line.line, residual=_in_ledger(line), rest=line.rest, partner=partner)
        )
    return sets


def _undone(ctx: Context, doc: Reconciliation) -> Plan:
    """Take the sets apart, and book the entry back: Dr receivable, Cr unapplied."""
    previous = ctx.facts.previous
    if previous is None:
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason="it was never applied")

    def before(effect: str) -> str:
        return external_id(ctx.interface.name, doc.key, effect, previous.revision)

    first = Context(doc, previous.revision, ctx.facts, ctx.release, ctx.interface, ctx.on)
    lines = _booked(first, doc)
    if lines is None:
        why = f"somebody changed its entry {before(APPLY)} in the database past Tieout: put it back as the backup has it"
        return refused(MATCH_IMPOSSIBLE, _size(doc), why)
    entry = before(APPLY) if lines else ""
    effects: list[Effect] = []
    for account, members in _sets(doc).items():
        left = entry if any(x.account == account for x in lines) else ""
        if not left and len(members) < 2:
            continue
        moved = {x.line for x in members if x.partner}
        body = UnmatchRequest(
            left=left,
            account=account,
            lines=tuple(members),
            statement_lines=tuple(x.statement_line for x in doc.cash if x.line in moved),
            whole=_whole(doc) if entry else msgspec.UNSET,
        )
        effects.append(
            ctx.effect(
                f"unmatch_{account}",
                body,
                ledger=True,
                requires=(left, before(f"match_{account}")),
                lane=_lane(account),
            )
        )
    if entry:
        effects += _booked_back(ctx, doc, lines, entry, [e.external_id for e in effects])
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _booked(first: Context, doc: Reconciliation) -> list[LedgerLine] | None:
    """The lines that a match was applied with, tax as it counts when that is taken back; None where somebody changed them.
    What was booked is read and not worked out again: the ledger's rates may be others by now."""
    told = {key: body for entries in first.facts.found_by(ENTRIES_BOOKED.name) for key, body in entries}
    body = told.get(first.id(APPLY))
    if body is None:
        return _entry_lines(first, doc, undone=True) or []
    if not body:
        return None
    lines = msgspec.json.decode(body, type=EntryPosting).lines
    terms = (x.discount for x in doc.due if isinstance(x.discount, LineDiscount))
    back = {p.tax: p.back for d in terms for p in d.parts}
    return [
        x if x.tax is msgspec.UNSET else msgspec.structs.replace(x, tax=back.get(x.tax, x.tax)) for x in lines
    ]


def _whole(doc: Reconciliation) -> tuple[int, ...] | msgspec.UnsetType:
    """All lines of a match; unset for one of before lines named their entries, whose effects stay as they were."""
    lines = (*doc.cash, *doc.due)
    return msgspec.UNSET if any(x.entry is msgspec.UNSET for x in lines) else tuple(x.line for x in lines)


def _booked_back(
    ctx: Context, doc: Reconciliation, lines: list[LedgerLine], entry: str, after: Iterable[str]
) -> list[Effect]:
    mirror = tuple(
        LedgerLine(
            account=x.account,
            amount=-x.amount,
            company=-x.company,
            name=x.name,
            partner=x.partner,
            # In the currency in which it was taken: else the account is right in the books' currency alone.
            own=Amount(-x.own.value, x.own.currency) if isinstance(x.own, Amount) else msgspec.UNSET,
            tax=x.tax,
        )
        for x in lines
    )
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=f"undone: {_reference(doc)}",
        currency=doc.currency,
        lines=mirror,
    )
    back = ctx.effect("back", body, ledger=True, requires=tuple(after))
    own = {x.account for x in (*doc.cash, *doc.due)}
    matches = [
        ctx.effect(
            f"match_back_{account}",
            MatchRequest(left=entry, right=back.external_id, account=account),
            requires=(entry, back.external_id),
            lane=_lane(account),
        )
        for account in dict.fromkeys(x.account for x in lines if x.account in own)
    ]
    return [back, *matches]


def _cash_used(doc: Reconciliation) -> Amount:
    return Amount(-sum((x.residual - x.rest for x in doc.cash), Decimal(0)), doc.currency)


RECIPES: Recipes = (
    Recipe(
        kind=Reconciliation,
        plan=reconciliation,
        at_risk=_cash_used,
        fact_keys=_keys_of,
        sources=(ENTRIES_BOOKED,),
        causes=(MATCH_IMPOSSIBLE,),
        approval=Approval(makers=lambda doc: tuple(doc.decided_by.split(", ")), every_effect=True),
    ),
)
