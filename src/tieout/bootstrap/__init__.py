"""The composition root: finds connectors, wires rooms together, starts the command line."""

from __future__ import annotations

from typing import Any


def _open(*given: Any, **named: Any) -> Any:
    """An open project. What it is wired of is imported here, since `--help` opens none."""
    from tieout.bootstrap.wiring import App

    return App(*given, **named)


def _supervise(*given: Any, **named: Any) -> Any:
    """A supervisor, imported when one is asked for."""
    from tieout.bootstrap.supervisor import Supervisor

    return Supervisor(*given, **named)


def main() -> None:
    """The console script."""
    from tieout.cli import run

    run(_open, _supervise)


__all__ = ["main"]
