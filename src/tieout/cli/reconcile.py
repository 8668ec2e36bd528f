"""`tieout reconcile`: matches what is open in an entity's ledger and applies what is sure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_works
from tieout.cli.options import DryRun, Entity, Folder, Json
from tieout.cli.tables import money
from tieout.money import Period

if TYPE_CHECKING:
    from tieout.documents import Reconciliation
    from tieout.documents.model import OpenLine
    from tieout.operations.open_project import OpenProject
    from tieout.reconcile.ledger import Run

_AGES = ((0, "not yet 30 days"), (30, "30 to 59"), (60, "60 to 89"), (90, "90 and more"))


def reconcile(
    entity: Entity = "",
    period: Annotated[str, typer.Option(help="a month, such as 2026-10: what is dated up to its end")] = "",
    until: Annotated[str, typer.Option(help="a day, instead of a period")] = "",
    dry: DryRun = False,
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Match what is open in an entity's ledger and apply what is sure; the rest is a work list. Applying takes a key, once people are let in."""
    from tieout.connector_api import ConnectorError
    from tieout.operations import reconciling
    from tieout.reconcile import MatchingError

    project = open_running(folder)
    code = entity_of(project, entity)
    day = day_of(project, code, period, until)
    if not dry:
        who_works(project, "", operation="matches:write", entity=code)
    try:
        found = reconciling.reconcile(project, code, day, dry=dry)
    except LookupError as error:
        fail(str(error.args[0]), USAGE)
    except MatchingError as error:
        fail(str(error), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    if as_json:
        print_json(run_json(found, dry))
    else:
        show(found, dry)
    raise typer.Exit(FINDINGS if found.suggested or found.refused or found.left_over else 0)


def entity_of(project: OpenProject, entity: str) -> str:
    """The entity that is meant: the one that was named, or the only one there is. Ends with 2 where it is neither."""
    known = sorted(project.settings.release.entities)
    if not entity and len(known) == 1:
        return known[0]
    if entity not in known:
        fail(f"--entity {entity or 'CODE'}: there are {', '.join(known)}", USAGE)
    return entity


def day_of(project: OpenProject, entity: str, period: str, until: str) -> date:
    """The last day of a period, or a day, of which one may be given; else today where the entity is. Ends with 2 where
    it is no day."""
    if period and until:
        fail("--period and --until: one of them", USAGE)
    try:
        if period:
            return Period.parse(period).last
        if until:
            return date.fromisoformat(until)
    except ValueError as error:
        fail(f"{period or until}: {error}", USAGE)
    zone = project.settings.release.entities[entity].zone
    return project.clock.now().astimezone(zone).date()


def run_json(found: Run, dry: bool) -> dict[str, Any]:
    """A run as JSON: amounts are signed decimal texts, cash received and what is owed to us
    positive."""
    return {
        "entity": found.entity,
        "until": found.until.isoformat(),
        "dry_run": dry,
        "items": found.items,
        "applied": [match_json(d) for d in found.applied],
        "known": found.known,
        "suggested": found.suggested,
        "refused": list(found.refused),
        "left_over": [
            {
                "side": a.side,
                "line": a.line,
                "account": a.account,
                "on": a.on.isoformat(),
                "days": a.days,
                "amount": f"{a.amount:f}",
                "currency": a.currency,
                "partner": a.partner,
                "number": a.number,
                "cause": a.cause,
                "why": a.why,
            }
            for a in found.left_over
        ],
    }


def match_json(document: Reconciliation) -> dict[str, Any]:
    """A match as JSON."""

    def lines(members: Iterable[OpenLine], sign: int) -> list[dict[str, Any]]:
        return [
            {
                "line": x.line,
                "number": x.number,
                "party": x.party,
                "text": x.text,
                "account": x.account,
                "amount": f"{sign * x.residual:f}",
                "rest": f"{sign * x.rest:f}",
            }
            for x in members
        ]

    return {
        "match": document.key,
        "cash": lines(document.cash, -1),
        "due": lines(document.due, 1),
        "currency": document.currency,
        "difference": f"{document.difference.value:f}",
        "explained_as": document.explained_as,
        "rule": document.rule,
        "confidence": document.confidence,
        "why": document.why,
        "decided_by": document.decided_by,
    }


def show(found: Run, dry: bool) -> None:
    """A run on a terminal."""
    word = "would be applied" if dry else "applied"
    out.print(
        f"{found.entity} until {found.until}: {found.items} open items, {len(found.applied)} matches {word}, "
        f"{found.suggested} suggested",
    )
    for document in found.applied:
        numbers = ", ".join(x.number for x in document.due if x.number)
        amount = -sum((x.residual - x.rest for x in document.cash), Decimal(0))
        gap = document.difference.value
        rest = f", {document.explained_as.replace('_', ' ')} {money(gap)}" if gap else ""
        out.print(f"  {money(amount)} {document.currency} for {numbers}: {document.rule}{rest}")
    for why in found.refused:
        out.print(f"  not applied: {why}")
    if not found.left_over:
        return
    table = Table(title="Left over, by age in days", title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("side", "account", "currency", *(title for _, title in _AGES)):
        table.add_column(name, justify="left" if name in ("side", "account", "currency") else "right")
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    for item in found.left_over:
        row = sums.setdefault((item.side, item.account, item.currency), [Decimal(0)] * len(_AGES))
        row[max(n for n, (days, _) in enumerate(_AGES) if item.days >= days or n == 0)] += item.amount
    for key, row in sorted(sums.items()):
        table.add_row(*key, *(money(x) if x else "" for x in row))
    out.print(table)
    for item in (x for x in found.left_over if x.side == "cash"):
        out.print(
            f"  {item.on} {money(item.amount)} {item.currency} {item.partner or item.number}: {item.why}",
        )
