"""`tieout survey`: what stands in a ledger that runs already, and who writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_works
from tieout.cli.options import Folder, Json
from tieout.cli.tables import money

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject
    from tieout.survey import Kept

_MOST = 1000
_SHOWN = 40


def survey(
    system: Annotated[str, typer.Option(help="a ledger of the project; not needed where there is one")] = "",
    months: Annotated[
        int, typer.Option(min=1, max=60, help="how many months back, this one among them")
    ] = 36,
    number: Annotated[
        int, typer.Option("--number", min=0, help="show this survey, which was taken before; 0: take one now")
    ] = 0,
    rows: Annotated[
        str, typer.Option(help="list what makes a figure of --number up: entries, lines or parties")
    ] = "",
    where: Annotated[
        list[str] | None,
        typer.Option(help="of --rows only these, such as journal=BNK1 (again for another)"),
    ] = None,
    after: Annotated[
        int, typer.Option(min=0, help="of --rows those behind this key, which the list before ended with")
    ] = 0,
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Read what stands in a ledger that runs already: who writes into it, how much, what is open, what is there twice; nothing is
    changed. Exit 1: two programs write into one journal."""
    project = open_running(folder)
    if rows:
        _list(project, number, rows, where or [], after, as_json)
        return
    kept = _kept(project, number) if number else _taken(project, system, months)
    if as_json:
        print_json(_as_json(kept))
    else:
        _show(kept)
    raise typer.Exit(FINDINGS if kept.found["shared"] else 0)


def _taken(project: OpenProject, system: str, months: int) -> Kept:
    from tieout.connector_api import ConnectorError, SetupError
    from tieout.operations.surveying import NoEntityError, take_survey

    names = project.ledgers
    if not system and len(names) != 1:
        fail(f"--system: say which ledger of {', '.join(names) or 'none'}", USAGE)
    who = who_works(project, "command line", operation="survey:take")
    try:
        return take_survey(project, system or names[0], months, who)
    except (SetupError, NoEntityError) as error:
        fail(str(error), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)


def _kept(project: OpenProject, number: int) -> Kept:
    from tieout.survey import kept, kept_surveys

    with project.database.transaction() as connection:
        found = kept(connection, number)
        if found is None:
            known = ", ".join(str(k.number) for k in kept_surveys(connection, None, 20))
            fail(
                f"there is no survey {number}; there are {known or 'none yet: take one without --number'}",
                USAGE,
            )
    return found


def _list(
    project: OpenProject, number: int, part: str, where: Sequence[str], after: int, as_json: bool
) -> None:
    from tieout.survey import kept_rows
    from tieout.survey.kept import OPENS

    if part not in OPENS:
        fail(f"--rows {part}: there are {', '.join(OPENS)}", USAGE)
    if not number:
        fail("--rows lists what a survey was made of: say which one with --number", USAGE)
    _kept(project, number)
    wrong = [w for w in where if "=" not in w]
    if wrong:
        fail(f"--where {wrong[0]}: a column and its value, such as journal=BNK1", USAGE)
    only = dict(w.split("=", 1) for w in where)
    with project.database.transaction() as connection:
        try:
            found = kept_rows(connection, number, part, only, after, _MOST)
        except ValueError as error:
            fail(f"--where: {error}", USAGE)
    plain = [{k: _text(v) for k, v in row.items()} for row in found]
    if as_json:
        print_json(plain)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in plain[0] if plain else []:
        table.add_column(
            name, justify="right" if name in ("amount", "open", "company_open") else "left", no_wrap=True
        )
    for row in plain:
        table.add_row(*row.values())
    out.print(table)
    if len(plain) == _MOST:
        out.print(f"the first {_MOST:,}: the next with --after {plain[-1]['key']}")


def _as_json(kept: Kept) -> dict[str, Any]:
    return {
        "number": kept.number, "system": kept.system, "entity": kept.entity, "taken_at": kept.taken_at.isoformat(),
        "taken_by": kept.taken_by, "sha256": kept.sha256, **kept.found,
    }  # fmt: skip


def _show(kept: Kept) -> None:
    found = kept.found
    currency = found["company"]["currency"]
    out.print(
        f"Survey {kept.number} of {found['company']['name']} ({kept.system}, entity {kept.entity}), {kept.taken_at:%Y-%m-%d %H:%M} UTC by {kept.taken_by}"
    )
    out.print(
        f"{found['entries']:,} entries of {found['since']} to {found['until']}, {found['by_hand']:,} typed by people"
    )
    for said in left_out(found):
        out.print(said, style="red")
    _table(
        f"Who writes ({currency}, amounts without a sign)", ("feeder", "journal", "entries", "amount", "first", "last", "told by"),
        [(w["feeder"], w["journal"], f"{w['entries']:,}", money(Decimal(w["amount"])), w["first"], w["last"], w["example"]) for w in found["wrote"]],
    )  # fmt: skip
    for journal in found["shared"]:
        out.print(
            f"more than one program writes into {journal}: either may book what the other booked", style="red"
        )
    _table(
        "Months", ("month", "entries", "made after its end", "last made", "days after", "95 of 100 within"),
        [(m["month"], f"{m['entries']:,}", f"{m['after']:,}", m["last_at"][:10], f"{m['days']}" if m["over"] else "goes on", f"{m['most_days']}") for m in found["month_ends"]],
    )  # fmt: skip
    _table(
        "Open", ("kind", "account", "", "age", "lines", "debit", "credit"),
        [(a["kind"], a["account"], a["currency"], a["band"], f"{a['lines']:,}", money(Decimal(a["debit"])), money(Decimal(a["credit"]))) for a in found["ages"]],
    )  # fmt: skip
    _table(
        "There twice", ("by", "value", "parties"),
        [(a["by"], a["value"], ", ".join(str(p) for p in a["parties"])) for a in found["alike"]],
    )  # fmt: skip
    for noticed in found["company"]["noticed"]:
        out.print(f"{noticed['topic']}: {noticed['said']}", style="" if noticed["known"] else "yellow")
    for source in found["sources"]:
        out.print(
            f"{source['system']} ({source['connector']}): {source['said']}",
            style="" if source["reached"] else "red",
        )


def left_out(found: Mapping[str, Any]) -> list[str]:
    """What of a ledger was not looked at, each as a sentence; nothing where all was."""
    said = []
    if found["since"] != found["asked"]:
        said.append(
            f"what is before {found['since']} was too much to be read ({found['asked']} was asked for)"
        )
    for what, one in (("lines", "open lines"), ("parties", "customers and suppliers")):
        if found[what] < found[f"all_{what}"]:
            said.append(f"{found[what]:,} of {found[f'all_{what}']:,} {one} were read")
    return said


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        right = name in (
            "entries",
            "amount",
            "lines",
            "debit",
            "credit",
            "made after its end",
            "days after",
            "95 of 100 within",
        )
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for row in rows[:_SHOWN]:
        table.add_row(*row)
    out.print(table)
    if len(rows) > _SHOWN:
        out.print(f"and {len(rows) - _SHOWN:,} more: --json has them all")


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
