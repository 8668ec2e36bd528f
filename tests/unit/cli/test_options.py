"""One set of option names: a name means one thing wherever it stands, says so in the same words, and nothing has two names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from tieout.cli.commands import cli

# What a name of several commands says first, in each of them.
SAYS = {
    "--as": ("your name",),
    "--as-of": ("a day", "judge what is late on this day"),
    "--batch": ("INTERFACE:BATCH",),
    "--case": ("this case",),
    "--cause": ("of this cause alone",),
    "--difference": ("what a difference is booked as",),
    "--dir": ("the project's folder", "keep everything here"),
    "--dry-run": ("only say what would be done",),
    "--entity": ("which entity", "of this entity alone", "for one entity", "for which entity"),
    "--faults": ("none, light or heavy",),
    "--format": ("in which form",),
    "--from": ("the first day",),
    "--group": ("of this group alone",),
    "--interface": ("of this interface alone", "the interface that"),
    "--json": ("print JSON",),
    "--orders": ("shop orders", "orders of"),
    "--out": ("where to",),
    "--period": ("a month", "of this month alone"),
    "--scenario": ("distributor or services", "in an empty folder: which company"),
    "--seed": ("decides everything",),
    "--seen": ("the content's hash",),
    "--system": ("a ledger of the project",),
    "--test-database": ("its name once more",),
    "--until": ("a day",),
    "--witness": ("the witness file",),
    "--yes": ("do not ask", "with --anew"),
}
# One word for two things, since each is the field's own word there.
TWO_THINGS = {
    "--account": "an account of the ledger, and the role of one that a bank line is booked to",
    "--key": "of `qualify` Odoo's API key, of `verify` the public key of the seals, as verify.py has it",
    "--limit": "an approver's limit, and how many of a list",
    "--reason": "why: of each decision in its own words",
}
# Other programs' words, and words that were ours: by which name it goes here.
NOT_USED = {
    **dict.fromkeys(("--folder", "--project", "--path", "--directory"), "--dir"),
    **dict.fromkeys(("--month", "--date-range"), "--period"),
    **dict.fromkeys(("--output", "--to", "--target", "--file"), "--out"),
    **dict.fromkeys(("--who", "--user", "--by"), "--as"),
    **dict.fromkeys(("--why", "--because", "--comment", "--message"), "--reason"),
    **dict.fromkeys(("--on", "--at", "--date"), "--as-of"),
    **dict.fromkeys(("--dry", "--simulate", "--check"), "--dry-run"),
    **dict.fromkeys(("--force", "--assume-yes"), "--yes"),
    **dict.fromkeys(("--db", "--odoo-db"), "--odoo-database"),
    **dict.fromkeys(("--company",), "--scenario"),
    **dict.fromkeys(("--company-code", "--legal-entity"), "--entity"),
}
# They were the name once, and are still understood.
STILL_UNDERSTOOD = {"--odoo-db", "--company"}


def every_option() -> Iterator[tuple[str, Any]]:
    def walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                yield path, parameter
        for name, below in getattr(command, "commands", {}).items():
            yield from walk(below, f"{path} {name}")

    for path, option in walk(get_command(cli), "tieout"):
        if path != "tieout":
            yield path, option


OPTIONS = list(every_option())
BY_NAME: dict[str, list[tuple[str, Any]]] = defaultdict(list)
for _path, _option in OPTIONS:
    BY_NAME[_option.opts[0]].append((_path, _option))


def test_options_are_found() -> None:
    assert len(OPTIONS) > 300 and len(BY_NAME["--dir"]) > 80


def test_every_option_says_what_it_is() -> None:
    assert [f"{path} {option.opts[0]}" for path, option in OPTIONS if not (option.help or "").strip()] == []


@pytest.mark.parametrize("name", sorted(n for n, found in BY_NAME.items() if len(found) > 1))
def test_a_name_means_one_thing(name: str) -> None:
    if name in TWO_THINGS:
        return
    assert name in SAYS, (
        f"{name} stands in {[path for path, _ in BY_NAME[name]]}: what does it say in each of them?"
    )
    other = [path for path, option in BY_NAME[name] if not option.help.startswith(SAYS[name])]
    assert not other, f"{name} says something else in {other}"


def test_what_is_listed_is_there() -> None:
    assert [n for n in (*SAYS, *TWO_THINGS) if len(BY_NAME[n]) < 2] == []


def test_nothing_has_two_names() -> None:
    for path, option in OPTIONS:
        names = {*option.opts, *option.secondary_opts}
        wrong = {n for n in names if n in NOT_USED} - STILL_UNDERSTOOD
        wrong |= {option.opts[0]} & set(NOT_USED)
        assert not wrong, f"{path}: {wrong} is {[NOT_USED[n] for n in wrong]} here"
        assert all(n.startswith("--") and n == n.lower() and "_" not in n for n in names), (path, names)


@pytest.mark.parametrize(
    ("typed", "offered"), [("clos", "close"), ("close wai", "waived"), ("close waived --per", "--period")]
)
def test_a_shell_is_told_what_may_be_typed(typed: str, offered: str) -> None:
    """As bash asks once `tieout --install-completion` was called."""
    words = f"tieout {typed}"
    environment = {
        **os.environ,
        "_TIEOUT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    run = "import sys; sys.argv = ['tieout']; from tieout.bootstrap import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", run], capture_output=True, text=True, check=False, env=environment, timeout=60
    )
    assert done.returncode == 0 and offered in done.stdout.split(), done.stdout + done.stderr


def test_a_shell_is_given_what_it_takes() -> None:
    environment = {**os.environ, "_TIEOUT_COMPLETE": "source_bash"}
    run = "import sys; sys.argv = ['tieout']; from tieout.bootstrap import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", run], capture_output=True, text=True, check=False, env=environment
    )
    assert "complete -o default -F _tieout_completion tieout" in done.stdout, done.stdout
