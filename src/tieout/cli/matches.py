"""`tieout matches`: the work list, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_decides
from tieout.cli.narrowing import refuse_unknown
from tieout.cli.options import Entity, EntityAlone, Folder, Json, Who
from tieout.cli.reconcile import day_of, entity_of, match_json
from tieout.cli.tables import money

if TYPE_CHECKING:
    from tieout.connector_api import OpenItem
    from tieout.operations.open_project import OpenProject
    from tieout.reconcile.ledger import Decisions
    from tieout.rules import Interface

T = TypeVar("T")

group = typer.Typer(help="Matches: what is suggested, and what was decided.", no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="why: it goes into the evidence")]


def _table(*names: str) -> Table:
    """A table whose first column is never cut: it is what the next command needs."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(names):
        table.add_column(
            name, no_wrap=number == 0, overflow="fold", min_width=26 if name == "match" else None
        )
    return table


@group.command("list")
def list_suggestions(
    folder: Folder = Path(),
    entity: EntityAlone = None,
    as_json: Json = False,
) -> None:
    """What is suggested, the best first for each item; and what waits for a second person."""
    from tieout.reconcile.ledger import suggestions

    project = open_running(folder)
    with project.database.transaction() as connection:
        rows = suggestions(connection, entity)
    if not rows:
        refuse_unknown(project, entity)
    if as_json:
        print_json([_suggestion_json(r) for r in rows])
    elif not rows:
        out.print("nothing waits for a person")
    else:
        table = _table("no.", "cash", "for", "difference", "rule", "why", "state")
        for row in rows:
            cash, due = _sides(row)
            gap = f"{row['difference']} {row['explained_as'].replace('_', ' ')}" if row["difference"] else ""
            sure = f"{row['rule']} ({row['confidence'] * 100:.0f}%)"
            table.add_row(
                str(row["suggestion_id"]), cash, due, gap, sure, row["why"], row["state"].replace("_", " ")
            )
        out.print(table)
    raise typer.Exit(FINDINGS if rows else 0)


def _sides(row: dict[str, Any]) -> tuple[str, str]:
    from tieout.documents import decode_document

    document: Any = decode_document(row["content"].encode())
    cash = "\n".join(
        f"{x.on} {-x.residual} {row['currency']} #{x.line} {x.party} {x.text}"[:60] for x in document.cash
    )
    due = "\n".join(f"{x.number or x.account} {x.party} {x.residual} #{x.line}"[:50] for x in document.due)
    return cash, due


def _suggestion_json(row: dict[str, Any]) -> dict[str, Any]:
    from tieout.documents import decode_document

    document: Any = decode_document(row["content"].encode())
    return {
        "suggestion": row["suggestion_id"],
        "entity": row["entity"],
        "about": row["about"],
        "rank": row["rank"],
        "state": row["state"],
        "decided_by": row["decided_by"],
        **match_json(document),
    }


def _decide(folder: Path, who: str, act: Callable[[Decisions], T], about: int | str | Interface) -> T:
    """One decision, whole or not at all. `about`: a suggestion's number, a match's key, or the interface whose open
    lines are matched; whoever decides has a role for its entity."""
    from tieout.reconcile import MatchingError
    from tieout.reconcile.ledger import DecisionError, Decisions
    from tieout.rules import UnmappedError

    project = open_running(folder)
    who = who_decides(project, who, operation="matches:write", entity=lambda: _entity_of(project, about))
    try:
        with project.database.transaction() as connection:
            return act(Decisions(connection, project.release(), who, project.clock.now()))
    except (DecisionError, MatchingError, UnmappedError) as error:
        fail(str(error), USAGE)


def _say(what: str, waits: bool) -> None:
    """What becomes of a match that was decided."""
    done = (
        "waits for another person: tieout matches list, tieout matches approve"
        if waits
        else "is applied by the workers"
    )
    out.print(f"{what} {done}")


def _entity_of(project: OpenProject, about: int | str | Interface) -> str:
    """Whose it is; "" for what is not there, which the decision itself says."""
    from tieout.reconcile.ledger import matches, suggestion_entity

    if not isinstance(about, int | str):
        return about.entity
    with project.database.transaction() as connection:
        if isinstance(about, int):
            return suggestion_entity(connection, about)
        found = matches(connection, key=about)
        return str(found[0]["entity"]) if found else ""


def _open_lines(
    project: OpenProject, entity: str, lines: list[int]
) -> tuple[Interface, list[OpenItem], list[OpenItem]]:
    """The interface, and of the open items those lines: cash, and what is due."""
    from tieout.connector_api import ConnectorError
    from tieout.operations import reconciling

    code = entity_of(project, entity)
    try:
        interface, cash, due = reconciling.open_items(project, code, day_of(project, code, "", ""), lines)
    except LookupError as error:
        fail(str(error.args[0]), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    known = {i.line for i in (*cash, *due)}
    for line in lines:
        if line not in known:
            fail(f"line {line} is not open, or a match of it is on its way", USAGE)
    return interface, [i for i in cash if i.line in lines], [i for i in due if i.line in lines]


def _rate_between(
    project: OpenProject, entity: str, items: list[OpenItem]
) -> Callable[[str, date], Decimal | None] | None:
    """The ledger's rates, where the items are of several currencies."""
    from tieout.connector_api import ConnectorError
    from tieout.operations import reconciling

    try:
        return reconciling.rate_between(project, entity_of(project, entity), items)
    except LookupError as error:
        fail(str(error.args[0]), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)


@group.command()
def join(
    lines: Annotated[
        list[int], typer.Argument(help="the ledger's own ids of the lines that belong together")
    ],
    who: Who = "",
    difference: Annotated[
        str, typer.Option(help="what a difference is booked as: a role difference.NAME of the mappings")
    ] = "",
    entity: Entity = "",
    folder: Folder = Path(),
) -> None:
    """Match open lines by hand; what that teaches is proposed to `tieout lessons`."""
    project = open_running(folder)
    interface, cash, due = _open_lines(project, entity, lines)
    rate = _rate_between(project, entity, [*cash, *due])
    document, waits = _decide(
        folder, who, lambda d: (d.join(interface, cash, due, difference, rate), d.waits), interface
    )
    _say(document.key, waits)


@group.command()
def book(
    line: Annotated[int, typer.Argument(help="the ledger's own id of a line of cash that pays nothing")],
    account: Annotated[str, typer.Option(help="the role of the account, such as bank_fees")],
    who: Who = "",
    entity: Entity = "",
    folder: Folder = Path(),
) -> None:
    """Book cash that pays nothing to an account; that lines like it go there is proposed."""
    project = open_running(folder)
    interface, cash, _ = _open_lines(project, entity, [line])
    if not cash:
        fail(f"line {line} is no cash: only what was paid is booked to an account", USAGE)
    document, waits = _decide(
        folder, who, lambda d: (d.book(interface, cash[0], account), d.waits), interface
    )
    _say(document.key, waits)


@group.command()
def accept(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    who: Who = "",
    difference: Annotated[
        str, typer.Option(help="what a difference is booked as: a role difference.NAME of the mappings")
    ] = "",
    folder: Folder = Path(),
) -> None:
    """Apply a suggestion. What one side is too much stays open, unless --difference names it."""
    document, waits = _decide(
        folder, who, lambda d: (d.accept(number, difference=difference), d.waits), number
    )
    _say(f"suggestion {number} is accepted: {document.key}", waits)


@group.command()
def split(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    lines: Annotated[
        list[int], typer.Option("--line", help="a line that stays in it (the numbers behind #)")
    ],
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Apply a suggestion with some of its lines only; the others stay open."""
    document = _decide(folder, who, lambda d: d.accept(number, only=lines), number)
    out.print(f"suggestion {number} is split: {document.key} is applied by the workers")


@group.command()
def reject(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    reason: Reason,
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Never suggest these lines together again."""
    _decide(folder, who, lambda d: d.reject(number, reason), number)
    out.print(f"suggestion {number} is rejected")


@group.command("write-off")
def write_off(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    reason: Reason,
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Apply a suggestion and write its difference off: above the limit, once a second person approves."""
    document, applied = _decide(folder, who, lambda d: d.write_off(number, reason), number)
    gap = f"{document.difference.value} {document.currency}"
    if applied:
        out.print(f"suggestion {number}: {gap} is written off, {document.key} is applied")
    else:
        out.print(f"suggestion {number}: writing {gap} off waits for another person: tieout matches approve")


@group.command()
def approve(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Let happen what somebody else decided and may not alone: by who signs the close."""
    document = _decide(folder, who, lambda d: d.approve(number), number)
    out.print(f"suggestion {number} is approved: {document.key} is applied by the workers")


@group.command()
def undo(
    match: Annotated[str, typer.Argument(help="the match, such as match:0123…")],
    reason: Reason,
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Take a match apart again, and book back what it booked."""
    _decide(folder, who, lambda d: d.undo(match, reason), match)
    out.print(f"{match} is undone by the workers")


@group.command("applied")
def applied(
    folder: Folder = Path(),
    entity: EntityAlone = None,
    as_json: Json = False,
) -> None:
    """Matches that were decided, the latest first, and how they stand."""
    from tieout.documents import decode_document
    from tieout.reconcile.ledger import matches

    project = open_running(folder)
    with project.database.transaction() as connection:
        rows = matches(connection, entity)
    documents: list[tuple[dict[str, Any], Any]] = [(r, decode_document(r["content"].encode())) for r in rows]
    if as_json:
        print_json(
            [
                {**match_json(d), "state": r["state"], "undone": d.undone, "on": r["accounting_on"]}
                for r, d in documents
            ]
        )
        return
    if not documents:
        out.print("nothing was matched yet")
        return
    table = _table("match", "on", "amount", "for", "rule", "decided by", "state")
    for row, document in documents:
        amount = -sum((x.residual - x.rest for x in document.cash), Decimal(0))
        table.add_row(
            row["source_key"],
            str(row["accounting_on"]),
            f"{money(amount)} {row['currency']}",
            ", ".join(x.number for x in document.due if x.number),
            document.rule,
            document.decided_by,
            "undone" if document.undone else row["state"],
        )
    out.print(table)
