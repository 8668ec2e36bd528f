"""`tieout match`: two tables to groups that belong together; no project and no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, err, fail, must_be_files, out, print_json
from tieout.cli.options import Json

if TYPE_CHECKING:  # the engine is loaded once it is needed
    from polars import DataFrame

    from tieout.reconcile import Rules
    from tieout.reconcile.rates import Rates


def match(
    left: Annotated[Path, typer.Argument(help="a .csv or .parquet file, such as bank lines")],
    right: Annotated[Path, typer.Argument(help="what they belong to, such as open invoices")],
    to: Annotated[Path, typer.Option("--out", help="where to: the groups, as JSON Lines")],
    rules: Annotated[
        Path | None, typer.Option(help="passes in TOML, instead of those that come along")
    ] = None,
    rates: Annotated[Path | None, typer.Option(help="a CSV of date, base, quote, rate")] = None,
    left_over: Annotated[
        Path | None, typer.Option("--breaks", help="where what is left over goes, as JSON Lines")
    ] = None,
    past: Annotated[
        Path | None,
        typer.Option(
            help="settled items as RIGHT has them: how rare names and amounts are is counted over them"
        ),
    ] = None,
    opposite: Annotated[
        bool,
        typer.Option("--opposite", help="the right side's amounts have the other sign: an intercompany pair"),
    ] = False,
    as_of: Annotated[
        str, typer.Option(help="judge what is late on this day (default: the latest row's)")
    ] = "",
    as_json: Json = False,
) -> None:
    """Find what belongs together in two tables, and say why, and what is left over."""
    from tieout.reconcile import MatchingError, breaks, read_rules, summary, with_opposite_signs, write_lines
    from tieout.reconcile import match as match_tables

    _check_files((left, right, *(p for p in (rules, rates, past) if p)), [p for p in (to, left_over) if p])
    try:
        day = date.fromisoformat(as_of) if as_of else None
    except ValueError:
        fail(f"--as-of {as_of}: no date, such as 2026-10-31", USAGE)
    try:
        declared = read_rules(rules)
    except MatchingError as error:
        fail(str(error), USAGE)
    tables, given, settled = _read(left, right, rates, past, declared)
    if opposite:
        tables[1] = with_opposite_signs(tables[1])
        settled = with_opposite_signs(settled) if settled is not None else None
    # Handed over whole: the engine lets go of texts that it needs no more.
    result = match_tables(tables.pop(0), tables.pop(0), declared, given, past=settled)
    rated = {currency for _, base, quote in given for currency in (base, quote)}
    rest = breaks(result.left, result.right, result.groups(), result.crowded, declared, rated, day)
    try:
        write_lines(to, result.groups())
        if left_over:
            write_lines(left_over, rest)
    except OSError as error:
        fail(f"the results cannot be written: {error}", FAILED)
    found = summary(result, rest)
    print_json(found) if as_json else _show(found, to)
    raise typer.Exit(FINDINGS if rest else 0)


def _check_files(read: Sequence[Path], written: Sequence[Path]) -> None:
    """Ends with what is wrong: what is read must be there, what is written must have its folder, none is both."""
    must_be_files(read)
    for path in written:
        if not path.absolute().parent.is_dir():
            fail(f"{path}: there is no folder {path.absolute().parent}", USAGE)
    targets = [p.resolve() for p in written]
    if len({*targets}) < len(targets) or not {*targets}.isdisjoint(p.resolve() for p in read):
        fail("--out and --breaks are files of their own: none of them is read, or written twice", USAGE)


def _read(
    left: Path, right: Path, rates: Path | None, past: Path | None, declared: Rules
) -> tuple[list[DataFrame], Rates, DataFrame | None]:
    """Both tables, the rates, and what is settled. Ends with every problem of all of them where there is one."""
    from tieout.reconcile import MatchingError, read_rates, read_table

    problems: list[str] = []
    tables = []
    for path, keys in ((left, [k.left for k in declared.keys]), (right, [k.right for k in declared.keys])):
        try:
            tables.append(read_table(path, tuple(keys)))
        except MatchingError as error:
            problems += error.problems
    given: Rates = {}
    settled = None
    try:
        given = read_rates(rates) if rates else {}
    except MatchingError as error:
        problems += error.problems
    try:
        settled = read_table(past) if past else None
    except MatchingError as error:
        problems += error.problems
    if problems:
        for problem in problems:
            err.print(problem)
        fail("nothing was matched, and nothing written", FINDINGS)
    return tables, given, settled


def _show(found: dict[str, Any], to: Path) -> None:
    matches = found["matches"]
    out.print(f"{matches['auto']} groups matched, {matches['suggested']} suggested: {to}")
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("side", "currency", "rows", "total", "matched", "left over", "rows left over"):
        table.add_column(name, justify="left" if name in ("side", "currency") else "right")
    for side in ("left", "right"):
        for row in found[side]:
            table.add_row(
                side,
                row["currency"],
                str(row["rows"]),
                row["total"],
                row["matched"],
                row["left_over"],
                str(row["left_over_rows"]),
            )
    out.print(table)
    for title in ("rules", "differences", "breaks"):
        for name, count in found[title].items():
            out.print(f"  {title[:-1]}: {name}: {count}")
