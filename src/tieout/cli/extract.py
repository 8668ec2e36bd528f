"""`tieout extract`: a period for BI and planning, with totals that tie."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.options import Entity, Folder, Json, PeriodText
from tieout.cli.reconcile import entity_of
from tieout.money import Period

_FORMATS = ("parquet", "csv")


def extract(
    period: PeriodText,
    entity: Entity = "",
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="where to: the folder to write files into")
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", help="in which form: parquet, csv or parquet,csv")
    ] = "parquet,csv",
    duckdb: Annotated[Path | None, typer.Option(help="put it into this DuckDB file")] = None,
    postgres: Annotated[str, typer.Option(help="put it into this PostgreSQL: env:NAME holds its DSN")] = "",
    schema: Annotated[str, typer.Option(help="the schema there")] = "tieout_extracts",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Journal items with their sources, and posted documents. Exit 1: the period is not closed, so the
    extract is provisional."""
    from tieout.connector_api import ConnectorError
    from tieout.extracts import ExtractError, write_duckdb, write_files, write_postgres
    from tieout.operations.extracting import extract_period

    try:
        wanted = Period.parse(period)
    except ValueError as error:
        fail(f"--period: {error}", USAGE)
    chosen = [f.strip() for f in formats.split(",") if f.strip()]
    if any(f not in _FORMATS for f in chosen):
        fail(f"--format {formats}: {' or '.join(_FORMATS)} was expected", USAGE)
    if out_folder is None and duckdb is None and not postgres:
        fail("say where it goes: --out FOLDER, --duckdb FILE or --postgres env:NAME", USAGE)
    dsn = _dsn(postgres)
    project = open_running(folder)
    code = entity_of(project, entity)
    try:
        made = extract_period(project, code, wanted)
        if out_folder is not None:
            write_files(made, out_folder, chosen)
        if duckdb is not None:
            write_duckdb(made, duckdb)
        if dsn:
            write_postgres(made, dsn, schema)
    except ExtractError as error:
        fail(str(error), FAILED)
    except ConnectorError as error:
        fail(str(error), FAILED)
    manifest = made.manifest()
    if as_json:
        print_json(manifest)
    else:
        state = f"closed at {made.closed_at}" if made.closed_at else "PROVISIONAL: the period is not closed"
        rows = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in manifest["rows"].items())
        out.print(f"{code} {period}: {rows}; totals are the ledger's; {state}")
    raise typer.Exit(0 if made.closed_at else FINDINGS)


def _dsn(text: str) -> str:
    if not text:
        return ""
    if not text.startswith("env:"):
        fail("--postgres: a DSN holds a password: put it into the environment, and say env:NAME", USAGE)
    from tieout.settings.environment import variable

    found = variable(text[4:]) or ""
    if not found:
        fail(f"--postgres: the environment has no {text[4:]}", USAGE)
    return found
