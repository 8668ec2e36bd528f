"""`tieout taxes`: a month's taxes as documents say them and as the ledger has them; periods that were filed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_decides
from tieout.cli.options import Entity, Folder, Json, Who
from tieout.cli.reconcile import entity_of
from tieout.cli.tables import money
from tieout.money import Period

group = typer.Typer(help="Tax: what documents say, what the ledger has, what was filed.")
_SHOWN = 20


@group.callback(invoke_without_command=True)
def taxes(
    context: typer.Context,
    period: Annotated[str, typer.Option(help="a month, such as 2026-10, of the ledger")] = "",
    entity: Annotated[str, typer.Option("--entity", help="of this entity alone (default: every one)")] = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Tax by jurisdiction and tax: what documents say, against the ledger's own tax lines, and what makes the difference.

    Exit 1: something does not tie out.
    """
    from tieout.connector_api import ConnectorError
    from tieout.operations import taxing
    from tieout.proofs import tax_verdict

    if context.invoked_subcommand is not None:
        return
    try:
        wanted = Period.parse(period)
    except ValueError as error:
        fail(f"--period: {error}", USAGE)
    project = open_running(folder)
    known = project.settings.release.entities
    try:
        found = taxing.read_months(project, [entity_of(project, entity)] if entity else list(known), wanted)
    except ConnectorError as error:
        fail(str(error), FAILED)
    if as_json:
        print_json([{"entity": m["entity"], "period": m["period"], **r} for m in found for r in m["rows"]])
    else:
        for month in found:
            show(month["entity"], month["rows"], month["said"])
    raise typer.Exit(0 if all(tax_verdict(m["rows"])[0] for m in found) else FINDINGS)


def show(entity: str, rows: Sequence[Mapping[str, Any]], said: Sequence[str]) -> None:
    """A month of an entity on a terminal, each difference under its tax, and the rows that the mapping of taxes lacks."""
    table = Table(title=f"Taxes of {entity}", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("jurisdiction", "tax", "currency"):
        table.add_column(name, no_wrap=True)
    for name in ("source", "in the ledger", "base", "fell due", "not settled"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        left = sum((Decimal(d["tax"]) for d in row["differences"] if d["open"]), Decimal(0))
        figures = (row["source"], row["in_ledger"], row["base"], row["falls_due"])
        table.add_row(
            row["jurisdiction"] or "not named",
            " ".join(x for x in (row["tax"] or "none", row["use"] if row["use"] == "purchase" else "") if x),
            row["currency"],
            *(money(Decimal(x)) for x in figures),
            money(left) if row["open"] else "",
        )
    out.print(table if rows else f"{entity}: nothing is taxed")
    for row in rows:
        for d in row["differences"][:_SHOWN]:
            told = {"a case": ", a case tells of it", "accepted": ", accepted"}.get(d["told"], "")
            base = f" (base {money(Decimal(d['base']))})" if Decimal(d["base"]) else ""
            out.print(
                f"  {row['tax'] or 'no tax'}: {money(Decimal(d['tax']))}{base} {d['why']}: {d['number']} of {d['on']}{told}",
            )
    for line in said:
        out.print(f"{entity}: {line}")
    wanted = sorted({line for row in rows for line in row["to_write"]})
    if wanted:
        out.print(
            "mapped by title alone, though the source names the jurisdiction. Write into mappings/taxes.csv, all of a "
            "country at once:"
        )
        for line in wanted:
            out.print(f"  {line}")


@group.command("file")
def file(
    months: Annotated[str, typer.Argument(help="what was filed: 2026-10, 2026-Q4 or 2026")],
    report: Annotated[str, typer.Option(help="which return: VAT, US-CA, OSS …")],
    reference: Annotated[str, typer.Option(help="its number at the authority, or the file that was sent")],
    reason: Annotated[str, typer.Option(help="what shows that it was filed")],
    tax: Annotated[
        list[str] | None,
        typer.Option(help="a tax of the ledger in it; several are several options (default: all)"),
    ] = None,
    corrects: Annotated[
        int | None, typer.Option(help="the number of the declaration that this one corrects")
    ] = None,
    entity: Entity = "",
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Declare months as filed: what counts in them is kept, and whatever enters them afterwards is a case."""
    from tieout.connector_api import ConnectorError
    from tieout.operations import taxing
    from tieout.proofs import FilingError, keep_filing

    project = open_running(folder)
    code = entity_of(project, entity)
    name = who_decides(project, who, operation="close:sign", entity=code)
    try:
        wanted, items = taxing.read_filing(
            project, code, months, report=report, taxes=tax or (), reference=reference, reason=reason, corrects=corrects,
            who=name,
        )  # fmt: skip
        with project.database.transaction() as connection:
            found = keep_filing(connection, wanted, items, project.clock.now())
    except FilingError as error:
        fail(str(error), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    out.print(f"{found.said} of {code} is declared as filed, number {found.no}")


@group.command("filed")
def filed(entity: Entity = "", folder: Folder = Path(), as_json: Json = False) -> None:
    """What was declared as filed, and each entry that entered since, as it was read last. Exit 1: some did."""
    from tieout.proofs import kept_filings

    project = open_running(folder)
    code = entity_of(project, entity)
    with project.database.transaction() as connection:
        rows = kept_filings(connection, [code])
    if as_json:
        print_json(
            [{k: str(v) if k in ("first", "last", "read_at") else v for k, v in r.items()} for r in rows]
        )
    else:
        for r in rows:
            stands = "" if r["stands"] else ", corrected since"
            out.print(
                f"{r['number']}: {r['report']} {r['first']:%Y-%m} to {r['last']:%Y-%m}, {r['reference']}, by {r['declared_by']}"
                f"{stands}; {r['count']} entered since",
            )
            for e in r["entered"][:_SHOWN]:
                by = f", by {e['by']}" if e["by"] else ""
                out.print(
                    f"   {e['entry']} of {e['on']} {e['how']}: {e['tax']} {e['amount']}, base {e['base']}{by}",
                )
    raise typer.Exit(FINDINGS if any(r["count"] for r in rows if r["stands"]) else 0)
