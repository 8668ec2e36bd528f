"""Statements that their bank calls alike: what each of them is beside those that were taken before.

A statement that shares its name (see `tieout.documents.frames`) is not one that is known. It is one more of the same
name, such as a page, another currency's or a second one of its day; or it contradicts one of them, which is a person's to
judge. Its lines go where it goes. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tieout.causes import Cause
from tieout.documents import Statement, StatementLine, decode_document
from tieout.documents.frames import reaches
from tieout.documents.states import DocumentState
from tieout.money import Amount
from tieout.processes.facts import FactKeys
from tieout.processes.recipe import Context, Plan, PlanDecision, refused
from tieout.processes.sources import FactSource, Found, Row, Scope
from tieout.processes.treasury_causes import (
    OF_STATEMENTS,
    STATEMENT_CONTRADICTS,
    STATEMENT_REPEATED,
    STATEMENT_UNPROVEN,
)


def _by_name(rows: Sequence[Row], scope: Scope) -> Found:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["name"], []).append({"key": row["source_key"], "content": row["content"]})
    return found


def _by_key(rows: Sequence[Row], scope: Scope) -> Found:
    return {row["source_key"]: {"state": row["state"], "reason": row["reason"]} for row in rows}


# Left out, one that somebody changed would let its contradiction be booked beside it.
NAMESAKES = FactSource(name="namesakes", module=__name__, rows=_by_name, told_of_changed=True)
ITS_STATEMENT = FactSource(name="its_statement", module=__name__, rows=_by_key)


def keys_of_statement(doc: Statement, options: Mapping[str, Any]) -> FactKeys:
    """The others of its name, where it shares one, and the one that it repeats or is against, with all beside that."""
    places = doc.places() if doc.against else ()
    # One that proves nothing may bear the name itself, and another of it prove the same.
    own = doc.name if doc.unproven else ""
    keys = tuple(k for k in (doc.shares or own, doc.repeats, doc.against, *places) if k)
    return FactKeys(own={NAMESAKES.name: keys}) if keys else FactKeys()


def statement(ctx: Context, doc: Statement) -> Plan:
    """A frame: nothing is booked by it; one that nobody can believe beside another is held, with its lines."""
    doubts: list[tuple[Cause, str]] = []
    if doc.unproven:
        proof = next((o for o in _others(ctx, doc)[0] if _proves(o, doc)), None)
        if proof is not None:
            return Plan(decision=PlanDecision.EXCLUDED, reason=f"{proof.key} says the same, and proves it")
        doubts.append((STATEMENT_UNPROVEN, f"{_said(doc)}; {doc.unproven}"))
    judged = _judged(ctx, doc) if doc.shares or doc.unproven else None
    if judged is not None:
        doubts.append(judged)
    for cause, why in doubts:
        if cause.name not in ctx.facts.accepted:
            # The lines that are held with it say what money is at risk.
            return refused(cause, Amount.zero(doc.currency), why)
    return Plan(decision=PlanDecision.PLANNED, on=ctx.on)


def _judged(ctx: Context, doc: Statement) -> tuple[Cause, str] | None:
    """What is wrong with a statement beside those of its name that stand, and why; None where nothing is."""
    if doc.copy:
        return STATEMENT_REPEATED, f"{_said(doc)} stands {doc.copy} times in one file"
    others, changed = _others(ctx, doc)
    if changed:
        return STATEMENT_CONTRADICTS, f"{changed}, which is called the same, was changed by somebody else"
    return beside(doc, others)


def _others(ctx: Context, doc: Statement) -> tuple[list[Statement], str]:
    """Those that stand beside it, and the key of one that somebody changed past us, if there is such a one."""
    others: list[Statement] = []
    rows = {row["key"]: row for found in ctx.facts.found_by(NAMESAKES.name) for row in found}
    for row in rows.values():
        if row["key"] == doc.key:
            continue
        if not row["content"]:
            return [], row["key"]
        other = decode_document(row["content"].encode())
        if isinstance(other, Statement) and other.currency == doc.currency:
            others.append(other)
    return others, ""


def _proves(other: Statement, doc: Statement) -> bool:
    """Whether another one that stands claims to be this very one, says the same and proves it."""
    return not other.unproven and doc.claims_to_be(other) and doc.told() == other.told()


def beside(doc: Statement, others: Sequence[Statement]) -> tuple[Cause, str] | None:
    """What is wrong with a statement beside others of its name, account and currency, none of which says the same.

    One that claims to be another of them contradicts it, unless it carries on from it or leads up to it: some banks call
    every statement the same. One of another number that goes from the same balance to the same other one is that again.
    A statement without lines contradicts none.
    """
    others = [o for o in others if o.line_count] if doc.line_count else []
    twin = next((o for o in others if o.key == doc.repeats), None)
    if twin is not None:
        return STATEMENT_REPEATED, f"{_said(doc)}; the very same says {_said(twin)}"
    again = next((o for o in others if _again(doc, o) and not _came_back(doc, o, others)), None)
    if again is not None:
        return STATEMENT_REPEATED, f"{_said(doc)}; the same stretch is told by {_said(again)}"
    other = next((o for o in others if o.key == doc.against), None)
    if other is not None and (doc.mingled or not _came_back(doc, other, others)):
        return STATEMENT_CONTRADICTS, f"{_said(doc)}; of the same days {_said(other)} says something else"
    same = [o for o in others if doc.claims_to_be(o) and not o.came_with(doc)]
    for other in same:
        if doc.opening == other.opening:
            return STATEMENT_CONTRADICTS, f"{_said(doc)}, and before it was {_said(other)}"
    if same and not any(doc.opening == o.closing or doc.closing == o.opening for o in same):
        return (
            STATEMENT_CONTRADICTS,
            f"{_said(doc)} carries on from none of its name, such as {_said(same[0])}",
        )
    return None


def _again(doc: Statement, other: Statement) -> bool:
    """Whether another one, which a person may have let go on meanwhile, leads the same way as one that is against a third."""
    return bool(doc.against) and other.key not in (doc.key, doc.against) and doc.told() == other.told()


def _came_back(doc: Statement, other: Statement, others: Sequence[Statement]) -> bool:
    """Whether statements beside them lead from the end of one to the beginning of the other."""
    leads = [o.leads() for o in others if o.key != other.key]
    (start, end), (theirs, last) = doc.leads(), other.leads()
    return reaches(last, start, leads) or reaches(end, theirs, leads)


def _said(doc: Statement) -> str:
    number = f"{doc.statement_id} {doc.sequence}".strip()
    page = f", page {doc.page}" if doc.page else ""
    lines = f"{doc.line_count} line{'s' if doc.line_count != 1 else ''}"
    return f"statement {number}{page} of {doc.account} on {doc.to_on.isoformat()}: {doc.opening} to {doc.closing} in {lines}"


def keys_of_line(line: StatementLine) -> Mapping[str, tuple[str, ...]]:
    """Its statement, where that shares its name or proves nothing."""
    return {ITS_STATEMENT.name: (line.frame,)} if line.goes_with_frame else {}


def held_with_its_statement(ctx: Context, line: StatementLine) -> Plan | None:
    """A line goes where its statement goes; None where that stands, or a person let this line go on by itself."""
    if not line.goes_with_frame:
        return None
    (found,) = ctx.facts.found_by(ITS_STATEMENT.name) or ({"state": "", "reason": ""},)
    if found["state"] in (DocumentState.PLANNED, DocumentState.POSTED):
        return None
    if found["state"] == DocumentState.EXCLUDED:
        return Plan(decision=PlanDecision.EXCLUDED, reason="its statement is excluded")
    cause = next((c for c in OF_STATEMENTS if c.name == found["reason"]), STATEMENT_CONTRADICTS)
    if cause.name in ctx.facts.accepted:
        return None
    said = " ".join(x for x in (line.counterparty, line.remittance or line.reference) if x)
    return refused(cause, line.amount, f"its statement is held: {said}".rstrip(": "))
