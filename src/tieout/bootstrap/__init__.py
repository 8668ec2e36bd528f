"""The composition root: finds connectors, wires rooms together, starts the command line."""

from __future__ import annotations


def main() -> None:
    """The console script."""
    from tieout.bootstrap.supervisor import Supervisor
    from tieout.bootstrap.wiring import App
    from tieout.cli import run

    run(App, Supervisor)


__all__ = ["main"]
