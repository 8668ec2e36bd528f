"""The command line: one file a command group."""

from __future__ import annotations

from typing import Any

from tieout.cli.context import factories


def run(app_factory: Any, supervisor_factory: Any) -> None:
    """Run the console script with the composition root's factories."""
    factories.app, factories.supervisor = app_factory, supervisor_factory
    from tieout.cli.commands import cli

    cli()


__all__ = ["run"]
