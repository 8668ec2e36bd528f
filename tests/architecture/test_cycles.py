"""No room has modules that import each other in a circle, by whatever way: also inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture.reading import tree_of

SOURCE = Path(__file__).resolve().parents[2] / "src"
ROOMS = [*sorted(f"tieout/{p.parent.name}" for p in SOURCE.glob("tieout/*/__init__.py")), "tieout_sandbox"]


def modules_of(room: str) -> dict[str, Path]:
    """A room's modules by their dotted names; a package is named as itself."""
    found = {}
    for path in sorted((SOURCE / room).rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(tree: ast.AST, known: Iterable[str]) -> set[str]:
    """The `known` modules that a module names in an import, wherever that stands."""
    known = set(known)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in known}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found |= {whole if whole in known else node.module} & known
    return found


def circles(edges: dict[str, set[str]]) -> list[set[str]]:
    """The sets of modules of which each leads to each other, largest first."""
    reach = {name: reached(name, edges) for name in edges}
    found = {frozenset(b for b in reach[a] if a in reach[b]) for a in edges if a in reach[a]}
    return sorted((set(x) for x in found), key=len, reverse=True)


def reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    left = list(edges[start])
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += edges[name]
    return seen


@pytest.mark.parametrize("room", ROOMS)
def test_no_modules_of_a_room_import_each_other_in_a_circle(room: str) -> None:
    modules = modules_of(room)
    edges = {name: imported(tree_of(path), modules) - {name} for name, path in modules.items()}
    assert circles(edges) == []


def test_a_circle_is_found_wherever_it_is_closed() -> None:
    inside = "def f():\n    from tieout.a.two import x\n"
    assert imported(ast.parse(inside), ["tieout.a.two"]) == {"tieout.a.two"}
    assert imported(ast.parse("from tieout.a import two, other"), ["tieout.a", "tieout.a.two"]) == {
        "tieout.a",
        "tieout.a.two",
    }
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]
