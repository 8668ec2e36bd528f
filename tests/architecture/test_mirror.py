"""Unit tests mirror the source: a folder a room, and a file's name begins with a module of it.

So whoever changes a module knows where its examples are, and a room that goes takes its tests along.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .reading import HOUSE, ROOT, rooms, where

UNIT = ROOT / "tests" / "unit"

# What no room alone is tested by, each with why.
ACROSS = {
    "test_completeness.py": "every format and every form at once: formats, and the connectors that read files",
    "test_connecting.py": "a system that people enter: settings keep it, connector_api guards it, operations find it",
    "test_packs_and_projects.py": "a country's pack on its way: rules, settings, connectors, the command line",
    "test_purchasing.py": "from an order to a payment: processes hold bills against it, payables propose",
    "test_start_up.py": "what the command line loads, asked of a process of its own: bootstrap and cli",
}


def _modules(room: Path) -> set[str]:
    """The names of a room's modules and packages, at whatever depth."""
    return {path.stem if path.suffix else path.name for path in room.rglob("[a-z]*") if _is_module(path)}


def _is_module(path: Path) -> bool:
    return path.suffix == ".py" or (path / "__init__.py").is_file()


def _is_of(test: Path, modules: set[str]) -> bool:
    """Whether `test_recipes` or `test_recipes_more` is of a module `recipe` or `recipes`."""
    name = test.stem.removeprefix("test_")
    return any(f"{name}_".startswith((f"{module}_", f"{module}s_")) for module in modules)


def _tests() -> list[Path]:
    return sorted(UNIT.rglob("test_*.py"))


def test_there_are_unit_tests() -> None:
    assert len(_tests()) > len(ACROSS) and _modules(HOUSE / "money") >= {"amount", "calendar"}


@pytest.mark.parametrize("test", _tests(), ids=lambda p: str(p.relative_to(UNIT)))
def test_a_unit_test_lies_where_its_module_lies(test: Path) -> None:
    folder = test.parent
    if folder == UNIT:
        assert test.name in ACROSS, (
            f"{where(test)}: put it into tests/unit/ROOM, named for the module that it tests; "
            "if it spans rooms, say in ACROSS which and why"
        )
        return
    assert folder.parent == UNIT, f"{where(test)}: a folder a room, and none within it"
    known = {room.name: room for room in rooms()}
    assert folder.name in known, f"{where(test)}: there is no room {folder.name!r}"
    modules = _modules(known[folder.name])
    assert _is_of(test, modules), (
        f"{where(test)}: named for a module of the room was expected: {sorted(modules)}"
    )


def test_what_spans_rooms_is_still_there() -> None:
    assert not [name for name in ACROSS if not (UNIT / name).exists()], "take it out of ACROSS"
