"""`tieout clearing`: what each provider's clearing account holds at a day's end, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.options import AsOf, Folder, Json
from tieout.cli.tables import money
from tieout.money import Amount

if TYPE_CHECKING:
    from tieout.proofs import ClearingRow


def clearing(
    as_of: AsOf = "",
    folder: Folder = Path(),
    items: Annotated[bool, typer.Option("--items", help="show every open movement")] = False,
    as_json: Json = False,
) -> None:
    """What providers hold for us at a day's end, by age, against the ledger and their own balance."""
    from tieout.connector_api import ConnectorError
    from tieout.proofs import clearing_rows

    project = open_running(folder)
    try:
        day = date.fromisoformat(as_of) if as_of else project.clock.now().date()
    except ValueError:
        fail(f"--as-of {as_of}: no date, such as 2026-10-31", USAGE)
    connection = project.database.connect(autocommit=True)
    try:
        rows = clearing_rows(connection, project.settings.release, project.session, day)
    except ConnectorError as error:
        fail(str(error), FAILED)
    finally:
        connection.close()
    print_json([clearing_json(r) for r in rows]) if as_json else show(rows, items)
    raise typer.Exit(FINDINGS if any(r.difference or r.unexplained for r in rows) else 0)


def clearing_json(row: ClearingRow) -> dict[str, Any]:
    """A row as JSON: signed decimal texts, money that the provider holds for us positive."""

    def text(value: Decimal) -> str:
        return f"{Amount.exact(value, row.currency).value:f}"

    return {
        "entity": row.entity,
        "as_of": row.as_of.isoformat(),
        "provider": row.provider,
        "account": row.account,
        "currency": row.currency,
        "source": None if row.source is None else text(row.source),
        "in_ledger": text(row.in_ledger),
        "explained": text(row.explained),
        "unexplained": text(row.unexplained),
        "not_posted": text(row.not_posted),
        "difference": None if row.difference is None else text(row.difference),
        "items": [
            {
                "key": i.key,
                "category": i.category,
                "on": i.on.isoformat(),
                "days": i.days,
                "amount": text(i.amount),
                "posted": text(i.posted),
                "why": i.why,
            }
            for i in row.items
        ],
    }


def show(rows: Sequence[ClearingRow], items: bool) -> None:
    """The rows on a terminal."""
    from tieout.proofs import AGES

    ages = [f"{first}-{then - 1} d" for first, then in pairwise(AGES)]
    table = Table(title="Clearing", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in (
        "account",
        "",
        *ages,
        f"{AGES[-1]}+ d",
        "in ledger",
        "unexplained",
        "not posted",
        "source",
    ):
        table.add_column(name, justify="left" if name in ("account", "") else "right", no_wrap=True)
    for row in rows:
        cells = [money(x) if x else "" for x in row.by_age()]
        source = "-" if row.source is None else money(row.source)
        table.add_row(
            f"{row.account} {row.provider}",
            row.currency,
            *cells,
            money(row.in_ledger),
            money(row.unexplained),
            money(row.not_posted),
            source,
        )
    out.print(table)
    for row in rows:
        if row.difference:
            out.print(f"{row.provider} {row.currency}: {money(row.difference)} is missing", style="red")
        for item in row.items if items else [i for i in row.items if i.why]:
            why = f": {item.why}" if item.why else ""
            out.print(
                f"  {item.on} {money(item.amount)} {row.currency} {item.category} {item.key}{why}",
            )
