"""The options that several commands have: each name, type and help once. `tests/unit/cli/test_options.py` holds the rest to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--dir", help="the project's folder")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]
# What a command is about: one entity, which is clear where there is one; or what a list is narrowed to.
Entity = Annotated[str, typer.Option("--entity", help="which entity; not needed where there is one")]
EntityAlone = Annotated[str | None, typer.Option("--entity", help="of this entity alone")]
InterfaceAlone = Annotated[str | None, typer.Option("--interface", help="of this interface alone")]
PeriodText = Annotated[str, typer.Option("--period", help="a month, such as 2026-10")]
PeriodAlone = Annotated[str | None, typer.Option("--period", help="of this month alone, such as 2026-10")]
Who = Annotated[str, typer.Option("--as", help="your name, as your key says it")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what would be done")]
AsOf = Annotated[str, typer.Option("--as-of", help="a day, such as 2026-10-31 (default: today)")]
