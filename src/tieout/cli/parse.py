"""`tieout parse`: files to canonical JSON with their proofs, and electronic invoices with the rules that they break; no
project and no database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tieout.cli.context import FINDINGS, USAGE, fail, must_be_files
from tieout.cli.options import Json


def parse(
    files: Annotated[list[Path], typer.Argument(help="bank and settlement files, electronic invoices")],
    format: Annotated[str, typer.Option(help="in which form: forced instead of detected")] = "",
    dialect: Annotated[
        str, typer.Option(help="in which dialect: its name, or a .toml file that declares one")
    ] = "",
    encoding: Annotated[str, typer.Option(help="in which encoding: forced instead of detected")] = "",
    as_json: Json = False,
) -> None:
    """Read bank and settlement files to one shape, and prove that nothing of them was lost; read electronic invoices,
    and say which rules they break."""
    from tieout.cli.invoice_readings import EINVOICE
    from tieout.cli.readings import show, write_json
    from tieout.formats import DIALECTS, FORMATS

    if format and format not in (*FORMATS, EINVOICE):
        fail(f"no format is named {format!r}; these are: {', '.join((*FORMATS, EINVOICE))}", USAGE)
    if dialect.endswith(".toml"):
        dialect = _declaration(Path(dialect))
    elif dialect and dialect not in DIALECTS:
        fail(
            f"no dialect is named {dialect!r}; a file ends in .toml, and these are: {', '.join(DIALECTS)}",
            USAGE,
        )
    must_be_files(files)
    given = {"format": format, "dialect": dialect, "encoding": encoding}
    good = write_json(files, given, sys.stdout) if as_json else show(files, given)
    raise typer.Exit(0 if good else FINDINGS)


def _declaration(path: Path) -> str:
    """The text of a dialect's declaration; ends with 2 where it is none."""
    from tieout.formats import FormatError, declared

    try:
        text = path.read_text(encoding="utf-8")
        declared(text)
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path}: {error}", USAGE)
    except FormatError as error:
        fail(f"{path}: {error}", USAGE)
    return text
