"""Use cases are functions over an open project, typed; who wires only wires; nobody calls an open project anything it is."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from .reading import HOUSE, Function, functions, nodes_of, sources, tree_of, where

OPEN = "OpenProject"
# Rooms that have stages.
ROOMS = (
    "alerting", "approvals", "close", "delivery", "inbox", "kept_figures", "payables", "planning", "proofs", "receivables",
    "reconcile.ledger", "webhooks_out",
)  # fmt: skip
# What reads an open project: all above its room, and the room itself.
READERS = [
    p for room in ("operations", "api", "console", "cli", "bootstrap") for p in sources(f"src/tieout/{room}")
]
USE_CASES = [p for p in sources("src/tieout/operations") if p.name not in ("__init__.py", "open_project.py")]


def _arguments(function: Function) -> list[ast.arg]:
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def _says(annotation: ast.expr | None) -> str:
    return ast.unparse(annotation) if annotation is not None else ""


@pytest.mark.parametrize("path", USE_CASES, ids=where)
def test_a_use_case_takes_the_open_project_first_and_says_what_it_gives(path: Path) -> None:
    for node in tree_of(path).body:
        if not isinstance(node, Function) or node.name.startswith("_"):
            continue
        names = [a.arg for a in _arguments(node)]
        of_project = [a.arg for a in _arguments(node) if OPEN in _says(a.annotation)]
        assert of_project in ([], ["project"]) and names[: len(of_project)] == of_project, (
            f"{where(path)}: {node.name} takes the open project as its first argument, `project`"
        )
        bare = [a.arg for a in _arguments(node) if _says(a.annotation) == "Any"]
        assert not bare and _says(node.returns) not in ("", "Any"), (
            f"{where(path)}: {node.name} says what it takes and gives; {bare or 'what it gives'} is Any"
        )


def test_nobody_inherits_from_an_open_project() -> None:
    """A use case is no member of it: it stands beside it, and is found by its name."""
    found = [
        f"{where(path)}: {node.name}"
        for path in sources("src")
        for node in nodes_of(path)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == OPEN for base in node.bases)
    ]
    assert not found, f"{found} put members on {OPEN}: write functions that take one"


@pytest.mark.parametrize("path", READERS, ids=where)
def test_an_open_project_is_called_what_it_is(path: Path) -> None:
    """By one name and by its type: `project: OpenProject`, in a field as well, never an Any by whatever name."""
    given = [a for f in functions(path) for a in _arguments(f)]
    named = [(a.arg, _says(a.annotation)) for a in given]
    named += [
        (ast.unparse(node.target), _says(node.annotation))
        for node in nodes_of(path)
        if isinstance(node, ast.AnnAssign)
    ]
    for name, says in named:
        assert not (name in ("app", "project", "desk", "office", "opened", "context") and says == "Any"), (
            f"{where(path)}: {name} is Any"
        )
        if OPEN in says and "[" not in says:
            assert name == "project", f"{where(path)}: an open project is called `project`, not {name!r}"


def test_the_composition_root_only_wires() -> None:
    classes = [n.name for n in tree_of(HOUSE / "bootstrap" / "wiring.py").body if isinstance(n, ast.ClassDef)]
    assert not classes, f"{classes}: what is done with a project stands in operations"


LOADED = "import sys; {}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


@pytest.mark.parametrize(
    ("modules", "without"),
    [
        # What a command takes that opens a project and asks its database.
        ("tieout.cli.commands, tieout.operations.open_project", {"duckdb", "polars", "rapidfuzz", "fastapi"}),
        # What runs for long.
        ("tieout.bootstrap.wiring, tieout.api", {"duckdb", "polars"}),
    ],
    ids=["a command", "worker and web side"],
)
def test_an_open_project_loads_only_what_it_needs(modules: str, without: set[str]) -> None:
    code = LOADED.format(f"import {modules}")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "psycopg" in loaded and not loaded & without


def _stages() -> set[str]:
    """The names of stages, which are those of the lanes that the Runner holds in their rounds."""
    kinds = [
        kind
        for room in ROOMS
        for name, kind in vars(importlib.import_module(f"tieout.{room}")).items()
        if name.endswith("Stage")
    ]
    return {kind.name for kind in kinds if isinstance(getattr(kind, "name", None), str)}


def test_no_lane_of_a_use_case_is_a_stage_s_own() -> None:
    """The stage that calls the use case holds its lane on another connection, and would wait for itself."""
    lanes = {
        (where(path), node.args[1].value)
        for path in sources("src/tieout/operations")
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and _says(node.func) == "Lane"
        and isinstance(node.args[1], ast.Constant)
    }
    stages = _stages()
    assert len(stages) >= 10 and len(lanes) >= 2
    assert not [lane for lane in lanes if lane[1] in stages]
