"""How commands are shown, and what all of them take: their order, the version, `--json`."""

from __future__ import annotations

import contextlib
import inspect
import io
from collections.abc import Callable, Iterator
from typing import Any, Final

import typer
from typer.core import TyperGroup

from tieout.cli.context import print_json
from tieout.cli.options import Json

# In the order of work: what is begun with, what runs, what is proven, what people decide, what closes a month, what is kept.
PANELS: Final[dict[str, tuple[str, ...]]] = {
    "Begin": ("init", "check", "survey", "qualify", "demo", "sandbox"),
    "Run": ("up", "worker", "serve", "run", "ingest", "status"),
    "Prove": ("tieout", "payouts", "clearing", "cash", "taxes"),
    "Decide": ("cases", "told", "replay", "approvals", "reconcile", "matches", "lessons", "people"),
    "Pay and collect": ("payments", "receivables", "persons"),
    "Close a month": ("close", "cutoff", "accruals", "revalue", "extract"),
    "Keep evidence": ("evidence", "verify", "backup", "restore"),
    "Files, without a project": ("parse", "match"),
}
# They run until they are stopped, and say what they say while they do.
RUN_ON: Final = frozenset({"up", "worker", "serve"})
_FIELD: Final = "said_as_json"


class InOrder(TyperGroup):
    """A group that lists its commands in the order of work, not in that in which files registered them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the panels' order; what stands in none comes last."""
        order = {name: i for i, name in enumerate(name for names in PANELS.values() for name in names)}
        return sorted(self.commands, key=lambda name: order.get(name, len(order)))


def saying(command: Callable[..., None]) -> Callable[..., None]:
    """A command that has no figures of its own to print as JSON, with the option `--json`: what it says is printed as one object.

    `exit` is its exit code, `said` the lines of its standard output, `error` what it wrote to standard error ("" where nothing).
    """
    signature = inspect.signature(command, eval_str=True)
    option = inspect.Parameter(_FIELD, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)

    def run(**given: Any) -> None:
        if not given.pop(_FIELD):
            command(**given)
            return
        code, said, error = 0, io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(error):
            try:
                command(**given)
            except typer.Exit as ended:
                code = ended.exit_code
        print_json({"exit": code, "said": said.getvalue().splitlines(), "error": error.getvalue().strip()})
        raise typer.Exit(code)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {**inspect.get_annotations(command, eval_str=True), _FIELD: Json}
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), option])  # type: ignore[attr-defined]
    return run


def _prints_json(command: Callable[..., None]) -> bool:
    return "as_json" in inspect.signature(command).parameters


def _version(asked: bool) -> None:
    if not asked:
        return
    import platform
    from importlib.metadata import version

    typer.echo(f"tieout {version('tieout')}, Python {platform.python_version()}")
    raise typer.Exit


def root(
    _: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="its version, and Python's"
    ),
) -> None:
    """A control plane between Odoo and the systems around a finance team."""


def _groups(cli: typer.Typer) -> Iterator[typer.Typer]:
    yield cli
    for group in cli.registered_groups:
        if group.typer_instance is not None:
            yield from _groups(group.typer_instance)


def arrange(cli: typer.Typer) -> None:
    """Put every command of the command line into its panel, and let each print JSON. Once all are registered."""
    cli.callback()(root)
    panels = {name: panel for panel, names in PANELS.items() for name in names}
    for command in cli.registered_commands:
        command.rich_help_panel = panels[command.name or str(getattr(command.callback, "__name__", ""))]
    for group in cli.registered_groups:
        group.rich_help_panel = panels[str(group.name)]
    for below in _groups(cli):
        for command in below.registered_commands:
            run = command.callback
            if run is not None and run.__name__ not in RUN_ON and not _prints_json(run):
                command.callback = saying(run)
