"""Journals of other ledgers and of payroll, expenses and fixed assets.

Entry            Dr and Cr as its source says, on the accounts and analytic accounts that are mapped
Accrual          the same, and on the day that it names  Cr and Dr the other way round
Paid ahead       Dr prepaid                              Cr as its source says
  each month     Dr as its source says                   Cr prepaid, on the month's last day
Long entry       in parts that balance each by itself:   Dr or Cr journal split, zero over all parts
Edit             Dr and Cr what the new revision has more or less of than the one before it

What an entry lacks (a mapping, a dimension that its account needs, its balance) makes a case of the
whole entry and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.causes import Action, Cause
from tieout.documents import (
    BatchControl,
    EntryPosting,
    JournalEntry,
    JournalLine,
    LedgerLine,
    TrialBalance,
    decode_document,
)
from tieout.money.schedule import spread_by_days
from tieout.processes.causes import BOOKED_MONEY_CHANGED
from tieout.processes.dimensions import DIMENSIONS, LacksError, analytic_of, check_needed
from tieout.processes.external_ids import partner_external_id
from tieout.processes.facts import Entire, FactKeys
from tieout.processes.recipe import (
    Approval,
    Context,
    Effect,
    Plan,
    PlanDecision,
    Recipe,
    Recipes,
    Restating,
    by_its_kind,
    never,
    refused,
)
from tieout.processes.sold import journalled
from tieout.processes.sources import Asking, FactSource, Found, Keys, Row, Scope


def _duplicate(name: str, means: str) -> Cause:
    return Cause(
        name=name,
        means=means,
        says="{other} is booked for the same: exclude this one; where it is another, correct what it is for, "
        "or `tieout cases solve` with the reason books it",
        actions=(Action.EXCLUDE, Action.MEND_AT_SOURCE, Action.SOLVE),
        acceptable=True,
    )


DUPLICATE_ENTRY = _duplicate("duplicate_entry", "An entry looks like one that is booked.")
DUPLICATE_PAYROLL_RUN = _duplicate(
    "duplicate_payroll_run", "A payroll run is of a group and a period that is booked."
)
DUPLICATE_EXPENSE_REPORT = _duplicate(
    "duplicate_expense_report", "An expense report looks like one that is booked."
)
UNBALANCED_JOURNAL = Cause(
    name="unbalanced_journal",
    means="Debits and credits of an entry differ.",
    says="correct the entry at its source and send it again",
    actions=(Action.MEND_AT_SOURCE,),
)
_DUPLICATE = {"payroll_run": DUPLICATE_PAYROLL_RUN, "expense_report": DUPLICATE_EXPENSE_REPORT}


def journal_entry(ctx: Context, document: JournalEntry) -> Plan:
    """The entry, and the entry that takes it back where it reverses itself."""
    total = document.total
    cause = _DUPLICATE.get(document.nature, DUPLICATE_ENTRY)
    if ctx.facts.twin and cause.name not in ctx.facts.accepted:
        return refused(
            cause,
            total,
            f"{document.twin} came before as {ctx.facts.twin}",
            other=ctx.facts.twin,
        )
    if ctx.facts.restated_already or (ctx.facts.previous is not None and document.parts > 1):
        return refused(BOOKED_MONEY_CHANGED, total, _where(document), "in_parts")
    if document.imbalance:
        return refused(
            UNBALANCED_JOURNAL,
            total,
            f"debits and credits differ by {document.imbalance}; {_where(document)}",
        )
    try:
        effects = _effects(ctx, document)
    except LacksError as error:
        return refused(error.cause, total, str(error), error.says, **error.fields)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _effects(ctx: Context, document: JournalEntry) -> list[Effect]:
    partners = {
        p.key: ctx.partner(p) for p in document.parties if any(x.party == p.key for x in document.lines)
    }
    lines = _lines(ctx, document, document.lines)
    name, back = "entry", document.reverses_on
    if ctx.facts.previous is not None:
        before = decode_document(ctx.facts.previous.content.encode())
        assert isinstance(before, JournalEntry)
        if before.reverses_on != document.reverses_on:
            raise LacksError(
                BOOKED_MONEY_CHANGED,
                f"it reversed itself on {before.reverses_on}, now on {document.reverses_on}",
                "reversal",
            )
        lines, name = _difference(_lines(ctx, before, before.lines), lines), "correction"
        if any(x.from_on for x in (*before.lines, *document.lines)):
            raise LacksError(
                BOOKED_MONEY_CHANGED,
                f"{document.reference} is paid ahead, and was booked in other words before",
                "paid_ahead",
            )
    effects = list(partners.values())
    needs = tuple(p.external_id for p in partners.values())
    effects += _used(ctx, document)
    if lines:
        body = _entry(ctx, document, lines, ctx.on, document.reference)
        entry = ctx.effect(name, body, ledger=True, requires=needs)
        effects.append(entry)
        if back is not None:
            turned = tuple(_turned(x) for x in lines)
            reference = f"Reversal of: {document.reference}"
            body = _entry(ctx, document, turned, _open_day(ctx, back), reference)
            effects.append(
                ctx.effect(f"{name}_reversal", body, ledger=True, requires=(*needs, entry.external_id))
            )
    return effects


def _open_day(ctx: Context, day: date) -> date:
    """The day of a reversal: never before its entry, nor before the first open day."""
    return max(day, ctx.on)


def _entry(
    ctx: Context, document: JournalEntry, lines: tuple[LedgerLine, ...], on: date, reference: str
) -> EntryPosting:
    part = f" ({document.part}/{document.parts})" if document.parts > 1 else ""
    return EntryPosting(
        journal=ctx.journal(document.journal),
        on=on,
        reference=reference + part,
        currency=document.currency,
        lines=lines,
    )


def _used(ctx: Context, document: JournalEntry) -> list[Effect]:
    """An entry for each month over which what was paid ahead is used."""
    months: dict[date, list[LedgerLine]] = {}
    for line in document.lines:
        if line.from_on is None or line.to_on is None:
            continue
        for period, share in spread_by_days(line.amount, line.from_on, line.to_on):
            if share:
                used = _line(ctx, line, share.value)
                months.setdefault(period.last, []).extend((used, _prepaid(ctx, line, -share.value)))
    found = []
    for on, lines in sorted(months.items()):
        reference = f"{document.reference} {on:%Y-%m}"
        body = _entry(ctx, document, tuple(lines), _open_day(ctx, on), reference)
        found.append(ctx.effect(f"used_{on:%Y_%m}", body, ledger=True))
    return found


def _prepaid(ctx: Context, line: JournalLine, amount: Decimal) -> LedgerLine:
    return LedgerLine(
        account=ctx.account("prepaid"),
        amount=amount,
        company=ctx.company(amount),
        name=line.text or line.account,
    )


def _lines(ctx: Context, document: JournalEntry, source: tuple[JournalLine, ...]) -> tuple[LedgerLine, ...]:
    lines = [
        _prepaid(ctx, line, line.amount.value) if line.from_on else _line(ctx, line, line.amount.value)
        for line in source
    ]
    split = -sum((x.amount for x in lines), Decimal(0))
    company = -sum((x.company for x in lines), Decimal(0))
    if split or (company and document.parts > 1):
        # A part of a long entry: what the other parts have against it.
        lines.append(
            LedgerLine(
                account=ctx.account("journal_split"), amount=split, company=company, name=document.reference
            )
        )
    elif company:
        # Each line was rounded to the entity's currency: what that leaves.
        lines.append(
            LedgerLine(
                account=ctx.account("rounding"), amount=Decimal(0), company=company, name="exchange rounding"
            )
        )
    return tuple(lines)


def _line(ctx: Context, line: JournalLine, amount: Decimal) -> LedgerLine:
    # What Tieout works out itself names a role; a source's own key is mapped.
    if line.account.startswith("="):
        account = ctx.account(line.account[1:])
    else:
        table = ctx.interface.option("accounts_table", "ledger_accounts")
        account = ctx.release.mapped(table, line.account, ctx.on, line.place)
    check_needed(ctx, account, line.dimensions, line.place)
    return LedgerLine(
        account=account,
        amount=amount,
        company=ctx.company(amount),
        name=line.text or line.account,
        partner=partner_external_id(ctx.interface.system, line.party) if line.party else "",
        analytic=analytic_of(ctx, line.dimensions, line.place),
    )


def _turned(line: LedgerLine) -> LedgerLine:
    return LedgerLine(
        account=line.account,
        amount=-line.amount,
        company=-line.company,
        name=line.name,
        partner=line.partner,
        analytic=line.analytic,
    )


def _difference(before: tuple[LedgerLine, ...], after: tuple[LedgerLine, ...]) -> tuple[LedgerLine, ...]:
    """What `after` has more or less of than `before`, by account, partner and analytic account."""
    sums: dict[tuple[object, ...], LedgerLine] = {}
    for line in (*map(_turned, before), *after):
        key = (line.account, line.partner, line.analytic)
        held = sums.get(key)
        sums[key] = LedgerLine(
            account=line.account,
            amount=line.amount + (held.amount if held else Decimal(0)),
            company=line.company + (held.company if held else Decimal(0)),
            name=line.name,
            partner=line.partner,
            analytic=line.analytic,
        )
    return tuple(x for x in sums.values() if x.amount or x.company)


def _where(document: JournalEntry) -> str:
    places = [x.place for x in document.lines if x.place]
    return f"{document.reference}, {places[0]} to {places[-1]}" if places else document.reference


def _booked(document: JournalEntry) -> tuple[object, ...]:
    lines = tuple((x.account, x.amount, x.dimensions, x.party, x.from_on, x.to_on) for x in document.lines)
    return (document.booked_on, document.reverses_on, lines)


def _entire(document: JournalEntry) -> Entire:
    """A long entry comes in parts, each with a number behind its key."""
    key = document.key.rpartition("#")[0] if document.parts > 1 else document.key
    return Entire(key=key, parts=document.parts, whole=document.whole)


def _of_entry(document: JournalEntry, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(twin=f"twin:{document.twin}" if document.twin else "")


def _links(asking: Asking, scope: Scope) -> Keys:
    return {"links": (asking.keys.twin,) if asking.keys.twin else ()}


def _first(rows: Sequence[Row], scope: Scope) -> Found:
    """The first document of each thing that there may be one of: its number and its key."""
    return {row["link_key"]: (row["document_id"], row["source_key"]) for row in rows}


def _twin(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    first, key = found.get(asking.keys.twin, (0, ""))
    if not first or first == asking.document_id:
        return {}
    # Parts of one entry are no twins.
    entire = asking.entire
    theirs = key.rpartition("#")[0] if entire is not None and entire.parts > 1 else key
    mine = entire.key if entire is not None else asking.document.key
    return {} if theirs == mine else {"twin": key}


TWINS = FactSource(name="twins", module=__name__, asks=_links, rows=_first, fields=_twin)


def _parts(asking: Asking, scope: Scope) -> Keys:
    stem = asking.entire.key if asking.entire is not None else ""
    return {"parts": (stem, f"{stem}#1") if stem else ()}


def _wholes(rows: Sequence[Row], scope: Scope) -> Found:
    """How entries were booked before: the hash over all parts by key, of a first part or of a whole. What somebody changed
    past us was booked all the same, as nobody knows what."""
    found: dict[str, str | None] = {}
    for row in rows:
        entry = decode_document(row["content"].encode()) if row["content"] else None
        assert entry is None or isinstance(entry, JournalEntry)
        found[row["source_key"]] = None if entry is None else entry.whole
    return found


def _otherwise(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    """Whether an entry was booked in other parts than it comes in now."""
    entire = asking.entire
    if entire is None:
        return {}
    first = f"{entire.key}#1"
    if entire.parts == 1:
        again = found.get(first, "") != ""
    else:
        again = entire.key in found or found.get(first, entire.whole) != entire.whole
    return {"restated_already": again}


REVISIONS = FactSource(
    name="revisions", module=__name__, asks=_parts, rows=_wholes, fields=_otherwise, told_of_changed=True
)


def _called(document: JournalEntry) -> str:
    """A payroll run is one to a policy, though it is booked as an entry."""
    return document.nature if document.nature != "journal" else by_its_kind(document)


RECIPES: Recipes = (
    Recipe(
        kind=JournalEntry,
        plan=journal_entry,
        at_risk=lambda doc: doc.total,
        restating=Restating(money=_booked, edits=True),
        causes=(DUPLICATE_ENTRY, *_DUPLICATE.values(), UNBALANCED_JOURNAL, *DIMENSIONS),
        fact_keys=_of_entry,
        sources=(TWINS, REVISIONS),
        entire=_entire,
        approval=Approval(kind=_called),
        revenue=journalled,
    ),
    Recipe(kind=BatchControl, locked=never),
    Recipe(kind=TrialBalance, locked=never),
)
