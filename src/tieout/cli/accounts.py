"""`tieout close accounts`: what each balance-sheet account holds beside what it should, and people's word for it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import held_key, who_decides
from tieout.cli.reconcile import entity_of
from tieout.cli.tables import money
from tieout.money import Period

group = typer.Typer(help="Certify the balance sheet's accounts at a month's end.", no_args_is_help=True)
Folder = Annotated[Path, typer.Option("--dir", help="the project's folder")]
Json = Annotated[bool, typer.Option("--json")]
Entity = Annotated[str, typer.Option("--entity", help="which entity; not needed where there is one")]
PeriodText = Annotated[str, typer.Option("--period", help="a month, such as 2026-10")]


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        fail(f"--period: {error}", USAGE)


@group.command()
def show(period: PeriodText, entity: Entity = "", folder: Folder = Path(), as_json: Json = False) -> None:
    """Read every account now, beside what something apart from the ledger says. Exit 1: some are not certified."""
    from tieout.connector_api import ConnectorError
    from tieout.operations import closing

    project = open_running(folder)
    code, wanted = entity_of(project, entity), _period(period)
    try:
        rows = closing.account_rows(project, code, wanted)
    except ConnectorError as error:
        fail(str(error), FAILED)
    if as_json:
        print_json([{**r, "read_at": r["read_at"].isoformat()} for r in rows])
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("account", "class", "in the ledger", "expected", "by", "difference", "limit", "state"):
            table.add_column(name, justify="right" if name in ("in the ledger", "expected", "difference", "limit") else "left")  # fmt: skip
        for r in rows:
            expected = "" if r["expected"] is None else money(Decimal(r["expected"]))
            who = ", ".join(x for x in (r["prepared_by"], r["signed_by"]) if x)
            state = "by itself" if r["by_itself"] else f"{r['state']} {who}".strip()
            table.add_row(
                f"{r['account']} {r['currency']} {r['role']}".strip(), r["class"], money(Decimal(r["in_ledger"])),
                expected, r["known_from"], money(Decimal(r["difference"])), money(Decimal(r["limit"])), state,
            )  # fmt: skip
        out.print(table if rows else "no account of the balance sheet is governed")
        for r in rows:
            if r["explanation"] and not r["by_itself"]:
                out.print(f"{r['account']} {r['currency']}: {r['explanation']}", markup=False)
    raise typer.Exit(0 if all(r["state"] == "certified" for r in rows) else FINDINGS)


@group.command()
def sign(
    period: PeriodText,
    accounts: Annotated[
        list[str] | None, typer.Argument(help="codes, or CODE:CURRENCY; without any, all that wait")
    ] = None,
    because: Annotated[str, typer.Option(help="why it is as it is: of whoever prepares")] = "",
    entity: Entity = "",
    who: Annotated[str, typer.Option("--as", help="who signs: your name, as your key says it")] = "",
    folder: Folder = Path(),
) -> None:
    """Say why accounts are as they are (a preparer), then sign that (another one, who signs the close). Exit 1: some were
    not."""
    from tieout.close import CloseError
    from tieout.connector_api import ConnectorError
    from tieout.operations import closing
    from tieout.security import AuthorityError, StampError

    project = open_running(folder)
    code, wanted = entity_of(project, entity), _period(period)
    who_decides(project, who, operation="close:certify", entity=code)
    own = project.release().entities[code].currency
    keys = [(a.partition(":")[0], a.partition(":")[2] or own) for a in accounts or []]
    try:
        found = closing.sign_accounts(project, code, wanted, keys, held_key(), because)
    except (CloseError, AuthorityError, StampError) as error:
        fail(str(error), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    for account, said in found:
        out.print(f"{account}: {said}", markup=False)
    good = ("signed", "prepared", "is certified")
    raise typer.Exit(0 if all(said.startswith(good) for _, said in found) else FINDINGS)
