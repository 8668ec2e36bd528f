"""`qualify`: whether an Odoo does what Tieout needs of it, tried in a company made for that in a test database, and told in a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tieout.cli.context import FAILED, FINDINGS, USAGE, err, factories, fail, named_secret, open_running, out
from tieout.cli.identity import who_decides
from tieout.cli.odoo_servers import ended_by_signals, must_name_the_same, nothing_made
from tieout.cli.options import Json
from tieout.cli.sandbox import sandbox_part

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject

Folder = Annotated[Path, typer.Option("--dir", help="the project's folder, with --system")]


def qualify(
    key: Annotated[str, typer.Option(help="an administrator's API key, as env:NAME or file:PATH")],
    url: Annotated[str, typer.Option(help="where the test database is")] = "",
    database: Annotated[str, typer.Option(help="the test database")] = "",
    login: Annotated[
        str, typer.Option(help="what the administrator signs in with (Odoo 18 needs it)")
    ] = "admin",
    test_database: Annotated[
        str, typer.Option(help="its name once more: whoever gives it says that it is no production")
    ] = "",
    system: Annotated[
        str, typer.Option(help="a ledger of the project: once passed, its version there may be posted to")
    ] = "",
    folder: Folder = Path(),
    orders: Annotated[
        int, typer.Option(min=0, max=1000, help="orders of the small month; 0: no month, and no pass")
    ] = 40,
    to: Annotated[Path, typer.Option("--out", help="where to: the folder of the report")] = Path(),
    as_json: Json = False,
) -> None:
    """Try whether an Odoo does what Tieout needs: in a company made for it, in a test database; it writes a report.
    Exit 1: something differed; 2: nothing was made; 3: it was interrupted, or nobody answered."""
    part = sandbox_part("qualify")
    project, who = None, ""
    if system:
        project = open_running(folder)
        who = who_decides(project, operation="systems:write")
        url, database = _of_system(project, system, url, database)
    if not url or not database:
        fail(
            "--url and --database say which test database is tried; --system takes those of a system of the project",
            USAGE,
        )
    must_name_the_same(test_database, database)
    if not to.is_dir():
        fail(f"--out: there is no folder {to}", USAGE)
    asked = part.Asked(
        url=url, database=database, key=named_secret(key, "--key"), login=login, told_test=bool(test_database),
        orders=orders, own=_productions(project),
    )  # fmt: skip
    report = _tried(part, asked, quiet=as_json or not sys.stderr.isatty())
    paths = _write(part, report, to)
    if as_json:
        print(report.as_json())
    else:
        _show(report, paths)
    if project is not None:
        _let(project, system, report, part, who)
        project.close()
    if report.stopped == part.INTERRUPTED:
        raise typer.Exit(FAILED)
    raise typer.Exit(0 if report.passed else FINDINGS)


def _of_system(project: OpenProject, system: str, url: str, database: str) -> tuple[str, str]:
    from tieout.connector_api import SetupError
    from tieout.operations.qualifying import must_be_ledger

    try:
        must_be_ledger(project, system)
    except SetupError as error:
        fail(str(error), USAGE)
    config = project.settings.systems[system]
    return url or config.text("url"), database or config.text("database")


def _productions(project: OpenProject | None) -> tuple[tuple[str, str], ...]:
    """What a production project posts into is nothing to be tried."""
    if project is None or project.settings.environment != "production":
        return ()
    found = [project.settings.systems[name] for name in project.ledgers]
    return tuple((s.text("url"), s.text("database")) for s in found)


def _tried(part: Any, asked: Any, quiet: bool) -> Any:
    def told(text: str) -> None:
        if not quiet:
            err.print(text, style="dim")

    with ended_by_signals(), nothing_made(part, asked):
        return part.qualify(
            asked, month=part.month_of(factories.supervisor) if asked.orders else None, told=told
        )


def _write(part: Any, report: Any, folder: Path) -> list[Path]:
    name = f"qualification-{part.as_file_name(report)}"
    paths = [folder / f"{name}.json", folder / f"{name}.md"]
    for path, text in zip(paths, (report.as_json(), report.page()), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def _show(report: Any, paths: list[Path]) -> None:
    for found in report.all():
        if found.came != "agreed":
            out.print(f"{found.came}: {found.what}: {found.said}")
    for what, said in report.speed.items():
        out.print(f"{what}: {said}")
    for each in report.made:
        out.print(f"stays behind: {each}")
    if report.stopped:
        out.print(f"it stopped: {report.stopped}")
    verdict = "passed" if report.passed else "did not pass"
    out.print(f"Odoo {report.server['version']} {verdict}; the report: {paths[0]}, {paths[1]}")


def _let(project: OpenProject, system: str, report: Any, part: Any, who: str) -> None:
    from tieout.connector_api import ConnectorError
    from tieout.operations.qualifying import NotQualifiedError, keep_qualification

    content = report.content()
    try:
        out.print(keep_qualification(project, system, content, part.hash_of(content), who))
    except NotQualifiedError as error:
        err.print(f"nothing is let: {error}")
    except ConnectorError as error:
        err.print(f"nothing is let: {system} was not asked which version it is: {error}")
