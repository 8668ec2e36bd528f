"""`tieout receivables`: what customers owe, as the ledger's open items say."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_decides
from tieout.cli.options import Entity, Folder, Json, Who
from tieout.cli.reconcile import entity_of
from tieout.cli.tables import money

if TYPE_CHECKING:
    from tieout.receivables import Read

group = typer.Typer(help="What customers owe, as the ledger's open items say.", no_args_is_help=True)


@group.command()
def read(entity: Entity = "", folder: Folder = Path(), as_json: Json = False) -> None:
    """Read what an entity's customers owe from its ledger now, and tell their CRM what changed."""
    from tieout.connector_api import ConnectorError
    from tieout.operations import collecting

    project = open_running(folder)
    code = entity_of(project, entity)
    try:
        found = collecting.read_receivables(project, code)
    except LookupError as error:
        fail(str(error.args[0]), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    currency = project.settings.release.entities[code].currency
    if as_json:
        print_json(read_json(code, currency, found))
    else:
        _show(code, currency, found)


@group.command("list")
def invoices(
    entity: Entity = "",
    status: Annotated[
        str,
        typer.Option(help="open, promised, reminded, in collection or paid (default: all that are not paid)"),
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 50,
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Invoices and how each stands, as receivables were read last: those that were due first at the beginning."""
    from tieout.documents import CollectionStatus
    from tieout.receivables import kept_invoices

    if status and status not in list(CollectionStatus):
        fail(f"--status {status}: {', '.join(CollectionStatus)}", USAGE)
    project = open_running(folder)
    code = entity_of(project, entity)
    with project.database.transaction() as connection:
        rows = kept_invoices(connection, code, status=status or None, limit=limit)
    if as_json:
        print_json([{k: v if v is None else str(v) for k, v in row.items()} for row in rows])
        return
    table = Table(title=code, box=box.SIMPLE)
    for name in ("invoice", "customer", "due", "status", "until"):
        table.add_column(name)
    table.add_column("open", justify="right")
    for row in rows:
        until = row["promised_on"] or (f"broken {row['broken_on']}" if row["broken_on"] else "")
        amount = f"{money(row['residual'])} {row['currency']}"
        table.add_row(row["number"], row["name"], str(row["due_on"] or ""), row["status"], str(until), amount)
    out.print(table)


@group.command()
def note(
    number: Annotated[str, typer.Argument(help="the invoice's number")],
    kind: Annotated[str, typer.Argument(help="reminded, promised, 'handed over' or 'taken back'")],
    until: Annotated[str, typer.Option("--until", help="a day: by which it is promised to be paid")] = "",
    words: Annotated[str, typer.Option("--note", help="what else is to be known")] = "",
    entity: Entity = "",
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Say what happened to an invoice: a reminder was sent, the customer promised a day, it went to collection or is back."""
    from tieout.receivables import TOLD, CollectionError, CollectionKind, kept_invoices, note_event

    if kind not in TOLD:
        fail(f"{kind}: {', '.join(TOLD)}", USAGE)
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        fail(f"--until {until}: a day such as 2026-10-31 was expected", USAGE)
    project = open_running(folder)
    code = entity_of(project, entity)
    name = who_decides(project, who, operation="matches:write", entity=code)
    known = project.settings.release.entities[code]
    with project.database.transaction() as connection:
        found = kept_invoices(connection, code, number=number, limit=2)
        if len(found) != 1:
            fail(
                f"{number}: {'several invoices' if found else 'no invoice'} of {code} so called is open",
                USAGE,
            )
        try:
            status = note_event(
                connection, known, found[0]["move"], CollectionKind(kind), promised_on=day, note=words, who=name,
                now=project.clock.now(),
            )  # fmt: skip
        except CollectionError as error:
            fail(str(error), USAGE)
    out.print(f"{number} is {status}")


def read_json(entity: str, currency: str, found: Read) -> dict[str, Any]:
    """A reading as JSON: amounts are signed decimal texts in the entity's currency, credits below zero."""
    return {
        "entity": entity,
        "currency": currency,
        "customers": [
            {
                "customer": e.customer,
                "name": e.name,
                "invoiced": f"{e.invoiced:f}",
                "credited": f"{e.credited:f}",
                "unapplied": f"{e.unapplied:f}",
                "exposure": f"{e.amount:f}",
                "orders": f"{e.orders:f}",
                "unrated": e.unrated,
            }
            for e in found.exposures
        ],
        "told": list(found.told),
    }


def _show(entity: str, currency: str, found: Read) -> None:
    table = Table(title=f"{entity}, {currency}", box=box.SIMPLE)
    table.add_column("customer")
    for name in ("invoiced", "credited", "unapplied", "exposure", "orders, not invoiced"):
        table.add_column(name, justify="right")
    for e in found.exposures:
        parts = (e.invoiced, e.credited, e.unapplied, e.amount, e.orders)
        table.add_row(e.name, *(money(x) for x in parts))
    out.print(table)
    out.print(f"{len(found.told)} accounts of the CRM are told")
