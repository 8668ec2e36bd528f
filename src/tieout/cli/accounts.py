"""`tieout close accounts`: what each balance-sheet account holds beside what it should, and people's word for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import held_key, who_decides
from tieout.cli.options import Entity, Folder, Json, PeriodText, Who
from tieout.cli.reconcile import entity_of
from tieout.cli.tables import money
from tieout.money import Period

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject

group = typer.Typer(help="Certify the balance sheet's accounts at a month's end.", no_args_is_help=True)
Accounts = Annotated[
    list[str] | None, typer.Argument(help="codes, or CODE:CURRENCY; to sign, none is all that wait for you")
]
# How what was done begins, of what became of an account.
GOOD = ("signed", "prepared", "rejected", "taken back", "is certified")


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
        instants = ("read_at", "prepared_at", "signed_at")
        print_json([{**r, **{n: r[n].isoformat() if r[n] else None for n in instants}} for r in rows])
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("account", "class", "in the ledger", "expected", "by", "difference", "limit", "state"):
            table.add_column(name, justify="right" if name in ("in the ledger", "expected", "difference", "limit") else "left")  # fmt: skip
        for r in rows:
            expected = "" if r["expected"] is None else money(Decimal(r["expected"]))
            who = ", ".join(x for x in (r["prepared_by"], r["signed_by"]) if x)
            state = "by itself" if r["by_itself"] else f"{r['state']} {who}".strip()
            table.add_row(f"{r['account']} {r['currency']} {r['role']}".strip(), r["class"], money(Decimal(r["in_ledger"])),
                expected, r["known_from"], money(Decimal(r["difference"])), money(Decimal(r["limit"])), state,
            )  # fmt: skip
        out.print(table if rows else "no account of the balance sheet is governed")
        for r in rows:
            if r["explanation"] and not r["by_itself"]:
                out.print(f"{r['account']} {r['currency']}: {r['explanation']}")
    raise typer.Exit(0 if all(r["state"] == "certified" for r in rows) else FINDINGS)


@group.command()
def sign(
    period: PeriodText,
    accounts: Accounts = None,
    because: Annotated[str, typer.Option("--reason", help="why it is as it is: of whoever prepares")] = "",
    shown_by: Annotated[str, typer.Option(help="what shows it: a document, a file, an entry")] = "",
    entity: Entity = "",
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Say why accounts are as they are (a preparer), then sign that (another one, who signs the close). Exit 1: some were
    not."""
    from tieout.operations import closing

    project, code, wanted = _opened(folder, entity, period, who)
    keys = _keys(project, code, accounts)
    _say(lambda: closing.sign_accounts(project, code, wanted, keys, held_key(), because, shown_by))


@group.command()
def reject(
    period: PeriodText,
    accounts: Accounts = None,
    because: Annotated[str, typer.Option("--reason", help="what is wrong with it, or missing")] = "",
    entity: Entity = "",
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Do not sign what another one prepared, and say why; or take back what you prepared. Exit 1: some were not."""
    from tieout.operations import closing

    project, code, wanted = _opened(folder, entity, period, who)
    keys = _keys(project, code, accounts)
    _say(lambda: closing.reject_accounts(project, code, wanted, keys, held_key(), because))


def _opened(folder: Path, entity: str, period: str, who: str) -> tuple[OpenProject, str, Period]:
    project = open_running(folder)
    code, wanted = entity_of(project, entity), _period(period)
    who_decides(project, who, operation="close:certify", entity=code)
    return project, code, wanted


def _keys(project: OpenProject, entity: str, accounts: Sequence[str] | None) -> list[tuple[str, str]]:
    """Accounts as they were typed: a code alone is in the entity's currency."""
    own = project.release().entities[entity].currency
    return [(a.partition(":")[0], a.partition(":")[2] or own) for a in accounts or []]


def _say(work: Callable[[], list[tuple[str, str]]]) -> None:
    """Ends with 1 where some of it was not done, or nothing waits."""
    from tieout.close import CloseError
    from tieout.connector_api import ConnectorError
    from tieout.security import AuthorityError, StampError

    try:
        found = work()
    except (CloseError, AuthorityError, StampError) as error:
        fail(str(error), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    if not found:
        fail("no account waits for you: `tieout close accounts show` says what is open", FINDINGS)
    for account, said in found:
        out.print(f"{account}: {said}")
    raise typer.Exit(0 if all(said.startswith(GOOD) for _, said in found) else FINDINGS)
