"""`tieout people`: who is let in, what they may approve, and who stands in for them."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FINDINGS, USAGE, err, fail, open_running, out, print_json
from tieout.cli.identity import NO_KEY, held_key, note_refusal
from tieout.cli.options import Folder, Json

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject
    from tieout.security import AddPerson, Authority, Change

group = typer.Typer(help="People, what they may do, and who stands in for them.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="a short name in lower case")]
Role = Annotated[str, typer.Argument(help="such as administrator, or a role that a policy names")]
Entity = Annotated[str, typer.Option("--entity", help="for one entity; * for every one")]


@group.command()
def key(file: Annotated[Path, typer.Argument(help="the file to make: keep it to yourself")]) -> None:
    """Make a key of your own (mode 0600), and print the code to give to an administrator."""
    from tieout.security import key_hash, new_key

    secret = new_key()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        fail(f"{file}: {error.strerror}", USAGE)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secret + "\n")
    out.print(key_hash(secret))


@group.command()
def begin(
    first: Annotated[str, typer.Argument(help="NAME:CODE of the first administrator")],
    second: Annotated[str, typer.Argument(help="NAME:CODE of the second one")],
    folder: Folder = Path(),
) -> None:
    """Name the first two administrators: whatever gives somebody more rights takes two from then on."""
    from tieout.security import Begin

    people = [_person(*_pair(text), human=True, names=[]) for text in (first, second)]
    project = open_running(folder)
    _keep(project, Begin(people=(people[0], people[1])), "first start")
    _warn(project)
    out.print(f"{people[0].name} and {people[1].name} are administrators")


def _pair(text: str) -> tuple[str, str]:
    name, colon, code = text.partition(":")
    if not colon or not code:
        fail(f"{text!r} is not NAME:CODE; `tieout people key` prints the code", USAGE)
    return name, code


def _person(name: str, code: str, *, human: bool, names: list[str]) -> AddPerson:
    import re

    from tieout.security import AddPerson, fold_name

    if not re.fullmatch(r"[a-z][a-z0-9._-]{1,40}", name):
        fail(f"{name!r} is no name: small letters, digits, point, dash; such as anna.meyer", USAGE)
    if code and not re.fullmatch(r"[0-9a-f]{64}", code):
        fail(f"{code!r} is no code: `tieout people key FILE` prints one", USAGE)
    return AddPerson(name=name, human=human, names=tuple(fold_name(n) for n in names), key_sha256=code)


def _keep(project: OpenProject, change: Change, made_by: str) -> int:
    from tieout.security import AuthorityError, StampError, change_authority

    try:
        with project.database.transaction() as connection:
            return change_authority(connection, change, made_by, project.clock.now())
    except (AuthorityError, StampError) as error:
        note_refusal(project, made_by, str(error))
        fail(str(error), USAGE)


def _me(project: OpenProject) -> str:
    from tieout.security import AuthorityError, StampError, person_of

    secret = held_key()
    if not secret:
        fail(NO_KEY, USAGE)
    try:
        with project.database.transaction() as connection:
            return person_of(connection, secret).name
    except (AuthorityError, StampError) as error:
        note_refusal(project, "unknown", str(error))
        fail(str(error), USAGE)


def _warn(project: OpenProject) -> None:
    """Say on standard error what looks like another's name: to whoever lets somebody in, and whoever confirms it."""
    from tieout.security import load_authority

    with project.database.transaction() as connection:
        alike = load_authority(connection).alike()
    for line in alike:
        err.print(line, style="yellow")


def _asked(project: OpenProject, change: Change) -> None:
    number = _keep(project, change, _me(project))
    _warn(project)
    out.print(f"change {number} waits for another administrator: tieout people confirm {number}")


@group.command()
def add(
    name: Name,
    code: Annotated[
        str, typer.Option(help="what `tieout people key` printed for them; without it they sign in")
    ] = "",
    known_as: Annotated[
        list[str] | None, typer.Option(help="what a source calls them: a login, an address")
    ] = None,
    service: Annotated[bool, typer.Option(help="a service account: it never approves")] = False,
    folder: Folder = Path(),
) -> None:
    """Let somebody in, give them another key, or add what sources call them."""
    person = _person(name, code, human=not service, names=known_as or [])
    _asked(open_running(folder), person)


@group.command()
def grant(
    name: Name,
    role: Role,
    entity: Entity,
    limit: Annotated[
        str, typer.Option(help="the most that they may approve, in the entity's currency; none: any amount")
    ],
    folder: Folder = Path(),
) -> None:
    """Grant a role."""
    from tieout.money import MoneyError, parse_decimal
    from tieout.security import ADMINISTRATOR, EVERYWHERE, GrantRole

    project = open_running(folder)
    most: Decimal | None = None
    if limit != "none":
        try:
            most = parse_decimal(limit)
        except MoneyError as error:
            fail(f"--limit: {error}; or none", USAGE)
    if entity != EVERYWHERE and entity not in project.settings.release.entities:
        fail(f"no entity {entity!r}: there are {', '.join(project.settings.release.entities)}", USAGE)
    if role == ADMINISTRATOR and entity != EVERYWHERE:
        fail("an administrator is one of every entity: --entity '*'", USAGE)
    _asked(project, GrantRole(name=name, role=role, entity=entity, limit=most))


@group.command()
def confirm(number: Annotated[int, typer.Argument()], folder: Folder = Path()) -> None:
    """Let a change hold that another administrator made."""
    from tieout.security import Confirm

    project = open_running(folder)
    _warn(project)
    _keep(project, Confirm(no=number), _me(project))
    out.print(f"change {number} holds")


@group.command()
def revoke(name: Name, role: Role, entity: Entity, folder: Folder = Path()) -> None:
    """Take a role away: it holds at once."""
    from tieout.security import RevokeRole

    project = open_running(folder)
    _keep(project, RevokeRole(name=name, role=role, entity=entity), _me(project))
    out.print(f"{name} is no {role} any more")


@group.command()
def end(name: Name, folder: Folder = Path()) -> None:
    """End somebody's account: it holds at once."""
    from tieout.security import EndPerson

    project = open_running(folder)
    _keep(project, EndPerson(name=name), _me(project))
    out.print(f"{name} does not act any more")


@group.command()
def delegate(
    to: Annotated[str, typer.Argument(help="who stands in for you")],
    since: Annotated[str, typer.Option("--from", help="the first day, such as 2026-10-05")],
    until: Annotated[str, typer.Option(help="a day: the last one")],
    folder: Folder = Path(),
) -> None:
    """Let somebody stand in for you, with your rights and within your limits, for some days."""
    from tieout.security import Delegate

    project = open_running(folder)
    me = _me(project)
    try:
        days = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        fail("days are written 2026-10-05", USAGE)
    _keep(project, Delegate(name=me, to=to, since=days[0], until=days[1]), me)
    out.print(f"{to} stands in for {me} from {since} to {until}")


@group.command()
def recall(to: Annotated[str, typer.Argument()], folder: Folder = Path()) -> None:
    """End every delegation of yours to somebody."""
    from tieout.security import Recall

    project = open_running(folder)
    me = _me(project)
    _keep(project, Recall(name=me, to=to), me)
    out.print(f"{to} does not stand in for {me} any more")


@group.command("list")
def list_people(folder: Folder = Path(), as_json: Json = False) -> None:
    """Who may do what, and what waits for a confirmation. Exit 1: something waits."""
    from tieout.security import StampError, load_authority

    project = open_running(folder)
    try:
        with project.database.transaction() as connection:
            held = load_authority(connection)
    except StampError as error:
        fail(str(error))
    waiting = [
        {"change": k.no, "made_by": k.made_by, "what": k.change.__struct_config__.tag,
         "name": getattr(k.change, "name", ""), "role": getattr(k.change, "role", "")}
        for k in held.waiting.values()
    ]  # fmt: skip
    if as_json:
        people = [
            {
                "name": p.name,
                "human": p.human,
                "active": p.active,
                "known_as": sorted(p.names),
                "roles": [
                    {
                        "role": g.role,
                        "entity": g.entity,
                        "limit": None if g.limit is None else str(g.limit),
                        "own": g.own,
                    }
                    for g in p.grants
                ],
                "stood_in_for_by": [
                    {"name": d.to, "from": d.since, "until": d.until}
                    for d in held.delegations
                    if d.name == p.name
                ],
            }
            for p in held.people.values()
        ]
        print_json({"people": people, "waiting": waiting})
    else:
        _show(held, waiting)
    raise typer.Exit(FINDINGS if waiting else 0)


def _show(held: Authority, waiting: list[dict[str, Any]]) -> None:
    if not held.people:
        out.print("nobody yet: `tieout people begin` names the first two administrators")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("name", "is", "role", "entity", "up to", "sources call them"):
        table.add_column(column, justify="right" if column == "up to" else "left", overflow="fold")
    for person in held.people.values():
        what = "ended" if not person.active else "person" if person.human else "service"
        rows = [
            (
                f"{g.role} (by their own word)" if g.own else g.role,
                g.entity,
                "any" if g.limit is None else str(g.limit),
            )
            for g in person.grants
        ]
        for number, row in enumerate(rows or [("", "", "")]):
            first = (person.name, what) if not number else ("", "")
            table.add_row(*first, *row, "" if number else ", ".join(sorted(person.names)))
    if held.people:
        out.print(table)
    for d in held.delegations:
        out.print(f"{d.to} stands in for {d.name} from {d.since} to {d.until}")
    for change in waiting:
        role = f" {change['role']}" if change["role"] else ""
        out.print(
            f"change {change['change']} ({change['what']}{role} for {change['name']}, by {change['made_by']}) waits: "
            f"tieout people confirm {change['change']}"
        )
