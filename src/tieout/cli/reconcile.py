"""`tieout reconcile`: matches what is open in an entity's ledger; `tieout matches`: the work list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.tables import money
from tieout.money import Period

group = typer.Typer(help="Matches: what is suggested, and what was decided.", no_args_is_help=True)
Folder = Annotated[Path, typer.Option("--dir", help="the project's folder")]
Who = Annotated[str, typer.Option("--as", help="who decides")]
Reason = Annotated[str, typer.Option(help="why: it goes into the evidence")]
Json = Annotated[bool, typer.Option("--json")]
_AGES = ((0, "not yet 30 days"), (30, "30 to 59"), (60, "60 to 89"), (90, "90 and more"))


def reconcile(
    entity: Annotated[str, typer.Option("--entity", help="which entity; not needed where there is one")] = "",
    period: Annotated[str, typer.Option(help="a month, such as 2026-10: what is dated up to its end")] = "",
    until: Annotated[str, typer.Option(help="a day, instead of a period")] = "",
    dry: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Match what is open in an entity's ledger and apply what is sure; the rest is a work list."""
    from tieout.connect import ConnectorError
    from tieout.reconcile import MatchingError

    app = open_running(folder)
    code = _entity(app, entity)
    day = _day(app, code, period, until)
    try:
        found = app.reconcile(code, day, dry=dry)
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


def _entity(app: Any, entity: str) -> str:
    known = sorted(app.project.release.entities)
    if not entity and len(known) == 1:
        return str(known[0])
    if entity not in known:
        fail(f"--entity {entity or 'CODE'}: there are {', '.join(known)}", USAGE)
    return entity


def _day(app: Any, entity: str, period: str, until: str) -> date:
    if period and until:
        fail("--period and --until: one of them", USAGE)
    try:
        if period:
            return Period.parse(period).last
        if until:
            return date.fromisoformat(until)
    except ValueError as error:
        fail(f"{period or until}: {error}", USAGE)
    zone = app.project.release.entities[entity].zone
    today: date = app.clock.now().astimezone(zone).date()
    return today


def run_json(found: Any, dry: bool) -> dict[str, Any]:
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


def match_json(document: Any) -> dict[str, Any]:
    """A match as JSON."""

    def lines(members: Any, sign: int) -> list[dict[str, Any]]:
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


def show(found: Any, dry: bool) -> None:
    """A run on a terminal."""
    word = "would be applied" if dry else "applied"
    out.print(
        f"{found.entity} until {found.until}: {found.items} open items, {len(found.applied)} matches {word}, "
        f"{found.suggested} suggested",
        markup=False,
    )
    for document in found.applied:
        numbers = ", ".join(x.number for x in document.due if x.number)
        amount = -sum((x.residual - x.rest for x in document.cash), Decimal(0))
        gap = document.difference.value
        rest = f", {document.explained_as.replace('_', ' ')} {money(gap)}" if gap else ""
        out.print(f"  {money(amount)} {document.currency} for {numbers}: {document.rule}{rest}", markup=False)
    for why in found.refused:
        out.print(f"  not applied: {why}", markup=False)
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
            markup=False,
        )


# the work list


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
    entity: Annotated[str | None, typer.Option("--entity")] = None,
    as_json: Json = False,
) -> None:
    """What is suggested, the best first for each item; and what waits for a second person."""
    from tieout.reconcile.ledger import suggestions

    app = open_running(folder)
    with app.database.transaction() as connection:
        rows = suggestions(connection, entity)
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

    return {
        "suggestion": row["suggestion_id"],
        "entity": row["entity"],
        "about": row["about"],
        "rank": row["rank"],
        "state": row["state"],
        "decided_by": row["decided_by"],
        **match_json(decode_document(row["content"].encode())),
    }


def _decide(folder: Path, who: str, act: Callable[[Any], Any], app: Any = None) -> Any:
    """One decision, whole or not at all."""
    from tieout.reconcile import MatchingError
    from tieout.reconcile.ledger import DecisionError, Decisions
    from tieout.rules import UnmappedError

    app = app or open_running(folder)
    try:
        with app.database.transaction() as connection:
            return act(Decisions(connection, app.release(), who, app.clock.now()))
    except (DecisionError, MatchingError, UnmappedError) as error:
        fail(str(error), USAGE)


def _open_lines(app: Any, entity: str, lines: list[int]) -> tuple[Any, list[Any], list[Any]]:
    """The interface, and of the open items those lines: cash, and what is due."""
    from tieout.connect import ConnectorError

    code = _entity(app, entity)
    try:
        interface, cash, due = app.open_items(code, _day(app, code, "", ""))
    except LookupError as error:
        fail(str(error.args[0]), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    known = {i.line for i in (*cash, *due)}
    for line in lines:
        if line not in known:
            fail(f"line {line} is not open, or a match of it is on its way", USAGE)
    return interface, [i for i in cash if i.line in lines], [i for i in due if i.line in lines]


@group.command()
def join(
    lines: Annotated[
        list[int], typer.Argument(help="the ledger's own ids of the lines that belong together")
    ],
    who: Who,
    difference: Annotated[
        str, typer.Option(help="what a difference is booked as: a role difference.NAME of the mappings")
    ] = "",
    entity: Annotated[str, typer.Option("--entity")] = "",
    folder: Folder = Path(),
) -> None:
    """Match open lines by hand; what that teaches is proposed to `tieout lessons`."""
    app = open_running(folder)
    interface, cash, due = _open_lines(app, entity, lines)
    document = _decide(folder, who, lambda d: d.join(interface, cash, due, difference), app)
    out.print(f"{document.key} is applied by the workers", markup=False)


@group.command()
def book(
    line: Annotated[int, typer.Argument(help="the ledger's own id of a line of cash that pays nothing")],
    account: Annotated[str, typer.Option(help="the role of the account, such as bank_fees")],
    who: Who,
    entity: Annotated[str, typer.Option("--entity")] = "",
    folder: Folder = Path(),
) -> None:
    """Book cash that pays nothing to an account; that lines like it go there is proposed."""
    app = open_running(folder)
    interface, cash, _ = _open_lines(app, entity, [line])
    if not cash:
        fail(f"line {line} is no cash: only what was paid is booked to an account", USAGE)
    document = _decide(folder, who, lambda d: d.book(interface, cash[0], account), app)
    out.print(f"{document.key} is applied by the workers", markup=False)


@group.command()
def accept(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    who: Who,
    difference: Annotated[
        str, typer.Option(help="what its difference is booked as: a role difference.NAME of the mappings")
    ] = "",
    folder: Folder = Path(),
) -> None:
    """Apply a suggestion. What one side is too much stays open, unless --difference names it."""
    document = _decide(folder, who, lambda d: d.accept(number, difference=difference))
    out.print(f"suggestion {number} is accepted: {document.key} is applied by the workers", markup=False)


@group.command()
def split(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    lines: Annotated[
        list[int], typer.Option("--line", help="a line that stays in it (the numbers behind #)")
    ],
    who: Who,
    folder: Folder = Path(),
) -> None:
    """Apply a suggestion with some of its lines only; the others stay open."""
    document = _decide(folder, who, lambda d: d.accept(number, only=lines))
    out.print(f"suggestion {number} is split: {document.key} is applied by the workers", markup=False)


@group.command()
def reject(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    reason: Reason,
    who: Who,
    folder: Folder = Path(),
) -> None:
    """Never suggest these lines together again."""
    _decide(folder, who, lambda d: d.reject(number, reason))
    out.print(f"suggestion {number} is rejected")


@group.command("write-off")
def write_off(
    number: Annotated[int, typer.Argument(help="the suggestion's number")],
    reason: Reason,
    who: Who,
    folder: Folder = Path(),
) -> None:
    """Apply a suggestion and write its difference off: above the limit, once a second person approves."""
    document, applied = _decide(folder, who, lambda d: d.write_off(number, reason))
    gap = f"{document.difference.value} {document.currency}"
    if applied:
        out.print(f"suggestion {number}: {gap} is written off, {document.key} is applied", markup=False)
    else:
        out.print(f"suggestion {number}: writing {gap} off waits for another person: tieout matches approve")


@group.command()
def approve(
    number: Annotated[int, typer.Argument(help="the suggestion's number")], who: Who, folder: Folder = Path()
) -> None:
    """Let a write-off happen that somebody else made."""
    document = _decide(folder, who, lambda d: d.approve(number))
    out.print(f"suggestion {number} is approved: {document.key} is applied by the workers", markup=False)


@group.command()
def undo(
    match: Annotated[str, typer.Argument(help="the match, such as match:0123…")],
    reason: Reason,
    who: Who,
    folder: Folder = Path(),
) -> None:
    """Take a match apart again, and book back what it booked."""
    _decide(folder, who, lambda d: d.undo(match, reason))
    out.print(f"{match} is undone by the workers", markup=False)


@group.command("applied")
def applied(
    folder: Folder = Path(),
    entity: Annotated[str | None, typer.Option("--entity")] = None,
    as_json: Json = False,
) -> None:
    """Matches that were decided, the latest first, and how they stand."""
    from tieout.documents import decode_document
    from tieout.reconcile.ledger import matches

    app = open_running(folder)
    with app.database.transaction() as connection:
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
