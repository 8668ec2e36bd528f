"""`tieout people`: how people and service accounts get in: links, resets, keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import USAGE, fail, open_running, out, print_json
from tieout.cli.identity import note_refusal
from tieout.cli.options import Folder, Json
from tieout.cli.people import Name, _asked, _me, group

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject
    from tieout.security.identity import Identity
    from tieout.store import Connection

T = TypeVar("T")

keys = typer.Typer(help="Keys of service accounts.", no_args_is_help=True)
group.add_typer(keys, name="keys")


def first_link(project: OpenProject) -> str:
    """The address with which the first administrator begins, "" where there are people already."""
    token = _with_identity(project, lambda identity, _: identity.first_link())
    return f"{project.settings.identity.url}/welcome#{token}" if token else ""


def way_in(project: OpenProject) -> str:
    """A link for whoever looks at a demo: the first administrator's, or where its people were let in already, the
    one of somebody who controls."""
    from tieout.security import load_authority

    link = first_link(project)
    if link:
        return link

    def invited(identity: Identity, connection: Connection) -> str:
        people = load_authority(connection).people.values()
        administrator = next(p.name for p in people if p.grants_of("administrator", "*"))
        controller = next((p.name for p in people if p.grants_of("controller", "*")), administrator)
        return identity.invite(controller, administrator)

    return f"{project.settings.identity.url}/welcome#{_with_identity(project, invited)}"


def _with_identity(project: OpenProject, act: Callable[[Identity, Connection], T]) -> T:
    """Act on who signs in; what is refused is told, and in evidence."""
    from datetime import UTC, datetime

    from tieout.security import AuthorityError, StampError
    from tieout.security.identity import Identity, Site

    settings = project.settings.identity
    connection = project.database.connect(autocommit=True)
    site = Site(settings.host, settings.url, f"Tieout {project.settings.name}")
    try:
        return act(Identity(connection, lambda: datetime.now(UTC), site), connection)
    except (AuthorityError, StampError) as error:
        note_refusal(project, "command line", str(error))
        fail(str(error), USAGE)
    finally:
        connection.close()


@group.command()
def invite(name: Name, folder: Folder = Path()) -> None:
    """Print the link with which somebody who was let in chooses how to sign in: it serves once, for 72 hours."""
    project = open_running(folder)
    me = _me(project)
    token = _with_identity(project, lambda identity, _: identity.invite(name, me))
    out.print(f"{project.settings.identity.url}/welcome#{token}", soft_wrap=True)


@group.command("link")
def link(folder: Folder = Path()) -> None:
    """Print another link for the first administrator, while nobody was let in: it serves once, for 24 hours. Exit 2: there are
    people."""
    found = first_link(open_running(folder))
    if not found:
        fail("people were let in already: an administrator of theirs invites (`tieout people invite`)", USAGE)
    out.print(found, soft_wrap=True)


@group.command()
def reset(name: Name, folder: Folder = Path()) -> None:
    """End all that somebody signs in with, once another administrator confirms it; then invite them anew."""
    from tieout.security import Reset

    _asked(open_running(folder), Reset(name=name))


@group.command("sign-out")
def sign_out(name: Name, folder: Folder = Path()) -> None:
    """Sign somebody out everywhere, at once."""
    project = open_running(folder)
    me = _me(project)
    ended = _with_identity(project, lambda identity, _: identity.end_sessions_of(name, me))
    out.print(f"{ended} sessions of {name} ended")


@keys.command("new")
def make_key(
    account: Annotated[str, typer.Argument(help="the service account")],
    label: Annotated[str, typer.Option(help="what it is for")],
    scope: Annotated[list[str], typer.Option(help="such as files:write; once for each")],
    entity: Annotated[list[str], typer.Option(help="for which entity; * for every one")],
    days: Annotated[int, typer.Option(help="how long it lives, 365 at most")] = 90,
    folder: Folder = Path(),
) -> None:
    """Make a key for no more than its account may do; it is printed once, and kept nowhere."""
    from tieout.security.identity import make_service_key

    project = open_running(folder)
    me = _me(project)

    def act(_: Identity, connection: Connection) -> str:
        from datetime import UTC, datetime

        with connection.transaction():
            now = datetime.now(UTC)
            return make_service_key(connection, account, label, scope, entity, days, me, now)[1]

    out.print(_with_identity(project, act), soft_wrap=True)


@keys.command("end")
def end_key(
    key: Annotated[str, typer.Argument(help="its number, as the list shows it")], folder: Folder = Path()
) -> None:
    """End a key, at once."""
    from datetime import UTC, datetime

    from tieout.security.identity import end_service_key

    project = open_running(folder)
    me = _me(project)

    def act(_: Identity, connection: Connection) -> None:
        with connection.transaction():
            end_service_key(connection, key, me, datetime.now(UTC))

    _with_identity(project, act)
    out.print(f"key {key} ended")


@keys.command("list")
def list_keys(folder: Folder = Path(), as_json: Json = False) -> None:
    """Every key that was made, without the keys themselves."""
    from tieout.security.identity import service_keys

    project = open_running(folder)
    rows = _with_identity(project, lambda _, connection: service_keys(connection))
    if as_json:
        print_json([{k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in r.items()} for r in rows])
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("key", "account", "what for", "scopes", "entities", "until", "used"):
        table.add_column(column, overflow="fold")
    for row in rows:
        until = "ended" if row["ended_at"] else f"{row['expires_at']:%Y-%m-%d}"
        used = f"{row['used_at']:%Y-%m-%d %H:%M}" if row["used_at"] else "never"
        cells = (
            row["key_id"],
            row["person"],
            row["label"],
            " ".join(row["scopes"]),
            " ".join(row["entities"]),
        )
        table.add_row(*cells, until, used)
    out.print(table)
