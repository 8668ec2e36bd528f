"""The composition root: wires rooms together, starts the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tieout.bootstrap.supervisor import Supervisor
    from tieout.engine import Worker
    from tieout.operations.open_project import OpenProject


def _work(project: OpenProject) -> Worker:
    """A worker. What it is wired of is imported here, since `--help` starts none."""
    from tieout.bootstrap.wiring import worker

    return worker(project)


def _supervise(*given: Any, **named: Any) -> Supervisor:
    """A supervisor, imported when one is asked for."""
    from tieout.bootstrap.supervisor import Supervisor

    return Supervisor(*given, **named)


def main() -> None:
    """The console script."""
    from tieout.cli import run

    run(_work, _supervise)


__all__ = ["main"]
