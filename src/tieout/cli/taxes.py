"""`tieout taxes`: sales tax of a month by jurisdiction, as sources charged it and as it stands in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.tables import money
from tieout.money import Amount, Period

if TYPE_CHECKING:
    from tieout.proofs import TaxRow


def taxes(
    period: Annotated[str, typer.Option(help="a month of the ledger, such as 2026-10")],
    folder: Annotated[Path, typer.Option("--dir", help="the project's folder")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Sales tax by jurisdiction: charged less given back, against the ledger's own tax lines."""
    from tieout.proofs import tax_rows

    try:
        wanted = Period.parse(period)
    except ValueError as error:
        fail(str(error), USAGE)
    project = open_running(folder)
    connection = project.database.connect(autocommit=True)
    try:
        rows = tax_rows(connection, project.settings.release, wanted)
    finally:
        connection.close()
    print_json([tax_json(r) for r in rows]) if as_json else show(rows)
    raise typer.Exit(FINDINGS if any(r.residual for r in rows) else 0)


_FIGURES = ("source", "in_ledger", "waiting", "in_exception", "other_months", "residual")


def tax_json(row: TaxRow) -> dict[str, Any]:
    """A row as JSON: signed decimal texts, tax that is owed positive."""
    texts = {n: f"{Amount.exact(getattr(row, n), row.currency).value:f}" for n in _FIGURES}
    return {
        "entity": row.entity,
        "period": row.period,
        "currency": row.currency,
        "jurisdiction": row.jurisdiction,
        "tax": row.tax,
        **texts,
        "to_write": list(row.by_title),
    }


def show(rows: Sequence[TaxRow]) -> None:
    """The rows on a terminal, and the rows that the mapping of taxes lacks."""
    table = Table(
        title="Sales tax by jurisdiction", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for name in ("entity", "jurisdiction", "tax", "currency"):
        table.add_column(name, no_wrap=True)
    for name in _FIGURES:
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    for row in rows:
        figures = (getattr(row, name) for name in _FIGURES)
        table.add_row(
            row.entity,
            row.jurisdiction or "not named",
            row.tax,
            row.currency,
            *(money(x) if x or n == 0 else "" for n, x in enumerate(figures)),
        )
    out.print(table)
    wanted = sorted({line for row in rows for line in row.by_title})
    if wanted:
        out.print(
            "mapped by title alone, though the source names the jurisdiction. Write into mappings/taxes.csv, all of a "
            "country at once:"
        )
        for line in wanted:
            out.print(f"  {line}", markup=False)
