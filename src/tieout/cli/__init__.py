"""The command line: one file a command group."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tieout.cli.context import Supervising, factories

if TYPE_CHECKING:
    from tieout.engine import Worker
    from tieout.operations.open_project import OpenProject


def run(worker: Callable[[OpenProject], Worker], supervisor: Callable[..., Supervising]) -> None:
    """Run the console script with the composition root's factories."""
    factories.worker, factories.supervisor = worker, supervisor
    from tieout.cli.commands import cli

    cli()


__all__ = ["run"]
