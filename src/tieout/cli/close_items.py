"""`tieout close items`: what stands on suspense, unapplied, in-transit and clearing accounts at a period's end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from tieout.cli.close import parsed_period
from tieout.cli.context import FAILED, FINDINGS, fail, open_running, out, print_json
from tieout.cli.options import Entity, Folder, Json, PeriodText
from tieout.cli.reconcile import entity_of
from tieout.cli.tables import money

if TYPE_CHECKING:
    from tieout.proofs import ItemisedAccount


def items(
    period: PeriodText,
    entity: Entity = "",
    account: Annotated[str, typer.Option("--account", help="of this account alone")] = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """What stands on accounts on their way to zero, item by item. Exit 1: something is past its age, or nobody explains it."""
    from tieout.close import items_words
    from tieout.connector_api import ConnectorError
    from tieout.operations import closing
    from tieout.proofs import item_figures

    project = open_running(folder)
    code, wanted = entity_of(project, entity), parsed_period(period)
    try:
        found = closing.close_items(project, code, wanted)
    except ConnectorError as error:
        fail(str(error), FAILED)
    rows = [r for r in found.rows if account in ("", r.account)]
    figures = {"entity": code, "period": str(wanted), "as_of": found.on.isoformat(), "looked_at": found.accounts,
               "accounts": item_figures(rows, sum(len(r.items) for r in rows))}  # fmt: skip
    if as_json:
        print_json(figures)
    else:
        show(rows)
        out.print(items_words(figures))
    raise typer.Exit(FINDINGS if any(not r.explained or any(i.past for i in r.items) for r in rows) else 0)


def show(rows: Sequence[ItemisedAccount]) -> None:
    """The rows on a terminal: each account's items, what nobody explains, and its balance, to which they sum."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("account", "item", "since", "days", "amount", "whose", "waits for"):
        table.add_column(name, justify="right" if name in ("days", "amount") else "left", overflow="fold")
    for r in rows:
        for i in r.items:
            days = f"{i.days} (past)" if i.past else str(i.days)
            table.add_row("", i.reference, str(i.on), days, money(i.amount), i.owner, i.waits_for)
        if not r.explained:
            table.add_row("", "not explained", "", "", money(r.rest or r.company_rest), "", r.why)
        table.add_row(f"{r.account} {r.role}", "in the ledger", "", "", f"{money(r.balance)} {r.currency}", "", "", end_section=True)  # fmt: skip
    out.print(table if rows else "nothing stands on any of them")
