"""The command line as a whole: its order, its version, and `--json` of every command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tieout.cli.arranging import PANELS, RUN_ON, saying
from tieout.cli.commands import cli
from tieout.cli.context import FINDINGS, err, out

RUNNER = CliRunner()


def every_command() -> Iterator[tuple[str, Any]]:
    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        if hasattr(command, "commands"):
            for name, below in command.commands.items():
                yield from walk(below, (*path, name))
        else:
            yield " ".join(path), command

    yield from walk(typer.main.get_command(cli), ())


COMMANDS = dict(every_command())


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_every_command_but_those_that_run_on_prints_json(path: str) -> None:
    options = [name for p in COMMANDS[path].params for name in p.opts]
    assert options.count("--json") == (0 if path in RUN_ON else 1)


def test_commands_stand_in_panels_in_the_order_of_work() -> None:
    shown = RUNNER.invoke(cli, ["--help"], env={"COLUMNS": "120"}).output
    places = [shown.index(f"─ {panel} ─") for panel in PANELS]
    assert places == sorted(places)
    listed = [name for names in PANELS.values() for name in names]
    root: Any = typer.main.get_command(cli)
    assert root.list_commands(typer.Context(root)) == listed
    assert set(root.commands) == set(listed)


def test_the_version_is_told() -> None:
    from importlib.metadata import version

    told = RUNNER.invoke(cli, ["--version"])
    assert (told.exit_code, told.output.split(",")[0]) == (0, f"tieout {version('tieout')}")


def test_without_a_command_the_help_is_shown() -> None:
    assert "Usage: tieout" in RUNNER.invoke(cli, []).output


def test_what_a_command_says_is_one_object_with_its_exit_code() -> None:
    app = typer.Typer()

    def decide(number: int, reason: str = "") -> None:
        out.print(f"request {number}: {reason}")
        print("noted")
        if number > 1:
            err.print("it was decided already")
            raise typer.Exit(FINDINGS)

    app.command()(saying(decide))
    good = RUNNER.invoke(app, ["1", "--reason", "[b]as agreed[/b]", "--json"])
    assert json.loads(good.stdout) == {
        "exit": 0,
        "said": ["request 1: [b]as agreed[/b]", "noted"],
        "error": "",
    }
    bad = RUNNER.invoke(app, ["2", "--json"])
    assert json.loads(bad.stdout) == {
        "exit": 1,
        "said": ["request 2: ", "noted"],
        "error": "it was decided already",
    }
    assert bad.exit_code == FINDINGS
    assert RUNNER.invoke(app, ["2"]).stdout == "request 2: \nnoted\n"


def test_a_fault_of_ours_is_no_json() -> None:
    app = typer.Typer(pretty_exceptions_enable=False)

    def fails() -> None:
        raise ZeroDivisionError

    app.command()(saying(fails))
    assert isinstance(RUNNER.invoke(app, ["--json"]).exception, ZeroDivisionError)


def test_wrong_usage_of_a_real_command_is_said_in_the_object(tmp_path: Any) -> None:
    done = RUNNER.invoke(cli, ["replay", "--dir", str(tmp_path), "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["exit"], told["said"]) == (2, 2, [])
    assert "tieout.toml is missing" in told["error"]
