"""Writes an extract: Parquet and CSV, a DuckDB file, a PostgreSQL schema. Whole, or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import psycopg
from psycopg import sql

from tieout.extracts.making import COLUMNS, Extract

_POLARS: dict[str, Any] = {
    "text": polars.String, "integer": polars.Int64, "date": polars.Date, "amount": polars.Decimal(38, 4),
}  # fmt: skip
_SQL_TYPES = {"text": "varchar", "integer": "bigint", "date": "date", "amount": "decimal(38, 4)"}
_FOUR = Decimal("0.0001")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _frame(name: str, rows: Sequence[tuple[Any, ...]], *, safe: bool = False) -> polars.DataFrame:
    """A table as columns; with `safe` texts that a spreadsheet would run are quoted."""
    columns = COLUMNS[name]
    data: dict[str, list[Any]] = {}
    for number, (column, kind) in enumerate(columns.items()):
        values = [row[number] for row in rows]
        if kind == "amount":
            values = [v.quantize(_FOUR) for v in values]
        elif kind == "text" and safe:
            values = [f"'{v}" if str(v).startswith(_FORMULA) else v for v in values]
        data[column] = values
    return polars.DataFrame(data, schema={c: _POLARS[k] for c, k in columns.items()}, strict=True)


def write_files(extract: Extract, folder: Path, formats: Sequence[str]) -> Path:
    """Write tables as parquet, csv or both into FOLDER/ENTITY/PERIOD, with manifest.json; the folder
    written. What was there is replaced at once."""
    target = folder / extract.entity / extract.period
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{extract.period}.", dir=target.parent))
    try:
        for name, rows in extract.tables.items():
            if "parquet" in formats:
                _frame(name, rows).write_parquet(partial / f"{name}.parquet", compression="zstd")
            if "csv" in formats:
                _frame(name, rows, safe=True).write_csv(partial / f"{name}.csv")
        text = json.dumps(extract.manifest(), indent=1, sort_keys=True) + "\n"
        (partial / "manifest.json").write_text(text)
        partial.chmod(0o755)
        old = target.with_name(f".{target.name}.old-{os.getpid()}")
        if target.exists():
            target.rename(old)
        partial.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def write_duckdb(extract: Extract, path: Path) -> None:
    """Put the period into a DuckDB file in place of what it held of it, in one transaction."""
    import duckdb  # here, since few processes ever write one, and all of them would wait for it

    with duckdb.connect(str(path)) as base:
        base.execute("begin")
        for name, rows in extract.tables.items():
            columns = ", ".join(f'"{c}" {_SQL_TYPES[k]}' for c, k in COLUMNS[name].items())
            base.execute(f'create table if not exists "{name}" ({columns})')
            base.execute(
                f'delete from "{name}" where entity = ? and period = ?', [extract.entity, extract.period]
            )
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "rows.parquet"
                _frame(name, rows).write_parquet(file)
                base.execute(f'insert into "{name}" select * from read_parquet(?)', [str(file)])
        base.execute(
            "create table if not exists manifests (entity varchar, period varchar, manifest varchar,"
            " primary key (entity, period))"
        )
        text = json.dumps(extract.manifest(), sort_keys=True)
        base.execute(
            "insert or replace into manifests values (?, ?, ?)", [extract.entity, extract.period, text]
        )
        base.execute("commit")


def write_postgres(extract: Extract, dsn: str, schema: str) -> None:
    """Put the period into a schema of another PostgreSQL in place of what it held of it, in one
    transaction. Raises psycopg.Error."""
    with psycopg.connect(dsn) as connection:
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        for name, rows in extract.tables.items():
            table = sql.Identifier(schema, name)
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(_SQL_TYPES[k]))
                for c, k in COLUMNS[name].items()
            )
            connection.execute(sql.SQL("create table if not exists {} ({})").format(table, columns))
            connection.execute(
                sql.SQL("delete from {} where entity = %s and period = %s").format(table),
                (extract.entity, extract.period),
            )
            with connection.cursor().copy(sql.SQL("copy {} from stdin").format(table)) as copy:
                for row in rows:
                    copy.write_row(row)
        table = sql.Identifier(schema, "manifests")
        connection.execute(
            sql.SQL(
                "create table if not exists {} (entity text, period text, manifest jsonb, primary key (entity, period))"
            ).format(table)
        )
        connection.execute(
            sql.SQL(
                "insert into {} values (%s, %s, %s) on conflict (entity, period) do update set manifest = excluded.manifest"
            ).format(table),
            (extract.entity, extract.period, json.dumps(extract.manifest(), sort_keys=True)),
        )
