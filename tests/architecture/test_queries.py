"""SQL in named files: each query is asked for by its room, and what a room asks for is there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tieout.processes import fact_sources

from .reading import HOUSE, nodes_of, sources, tree_of, where

FILES = sorted(HOUSE.rglob("queries.sql"))
# What processes declare of their facts: a file beside each module that has a source.
SOURCES = sorted(HOUSE.glob("processes/*.sql"))
NAME = re.compile(r"^--\s*name:\s*(\w+)\s*$", re.MULTILINE)


@dataclass
class Asked:
    """What is asked of one file: names as they stand, beginnings (`_SQL[f"behind_{bucket}"]`), names chosen before
    (`_SQL[query]`), which are among their module's texts."""

    exact: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)
    chosen: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        """Whether somebody asks for the query of this name, or may."""
        return name in self.exact | self.chosen or any(name.startswith(b) for b in self.beginnings)


def _package(path: Path) -> str:
    return ".".join(path.parent.relative_to(HOUSE.parent).parts)


def _held(path: Path) -> dict[str, str]:
    """A module's names for queries, each with the package whose file they are."""
    found: dict[str, str] = {}
    for node in tree_of(path).body:
        if isinstance(node, ast.ImportFrom) and node.module:  # tieout.payables.reading: the room's own
            package = node.module.rpartition(".")[0]
            found |= {a.asname or a.name: package for a in node.names if a.name == "SQL"}
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            pairs = (
                zip(target.elts, value.elts, strict=True)
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
                else [(target, value)]
            )
            for name, call in pairs:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "Queries":
                    found[ast.unparse(name)] = ast.literal_eval(call.args[0])
    return found


def _subscripts(path: Path) -> Iterator[tuple[str, ast.expr]]:
    held = _held(path)
    for node in nodes_of(path):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in held:
            yield held[node.value.id], node.slice


@cache
def _asked() -> dict[str, Asked]:
    asked = {_package(path): Asked() for path in FILES}
    for path in sources("src"):
        for package, key in _subscripts(path):
            of = asked[package]
            if isinstance(key, ast.Constant):
                of.exact.add(str(key.value))
            elif isinstance(key, ast.JoinedStr) and isinstance(key.values[0], ast.Constant):
                of.beginnings.add(str(key.values[0].value))
            else:
                texts = (n.value for n in nodes_of(path) if isinstance(n, ast.Constant))
                of.chosen |= {text for text in texts if isinstance(text, str)}
    return asked


@pytest.mark.parametrize("path", FILES, ids=_package)
def test_every_query_is_asked_for(path: Path) -> None:
    unused = [name for name in NAME.findall(path.read_text()) if not _asked()[_package(path)].has(name)]
    assert not unused, f"nobody asks for {unused}: remove them from {where(path)}"


@pytest.mark.parametrize("path", FILES, ids=_package)
def test_what_is_asked_for_is_there_and_once(path: Path) -> None:
    names = Counter(NAME.findall(path.read_text()))
    assert not [name for name, count in names.items() if count > 1], f"{where(path)} names a query twice"
    asked = _asked()[_package(path)]
    assert not asked.exact - set(names), f"{where(path)} has no {sorted(asked.exact - set(names))}"
    for beginning in asked.beginnings:
        assert any(n.startswith(beginning) for n in names), f"in {where(path)} nothing begins {beginning!r}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_every_query_of_a_process_is_a_source_that_it_declares(path: Path) -> None:
    """A source whose query is missing is refused as the product starts (`planning.check_sources`)."""
    names = NAME.findall(path.read_text())
    module = f"{_package(path)}.{path.stem}"
    declared = [s.name for s in fact_sources() if s.module == module]
    assert sorted(names) == sorted(declared), f"{where(path)} and the sources of {module} differ"


# Where what documents hold may be looked into: the views' migrations (and what they come to), and each process's own SQL.
WITHIN = ("src/tieout/store/migrations/", "src/tieout/store/schema.sql", "src/tieout/processes/")
PATH_INTO_JSON = re.compile(r"::jsonb?\b(?!\[)|->>?|#>>?|\bjsonb?_\w+\(|\bjsonb_path\w*")


def _texts(path: Path) -> Iterator[str]:
    if path.suffix == ".sql":
        yield re.sub(r"--[^\n]*", "", path.read_text())
        return
    for node in nodes_of(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "tieout." in node.value:
            yield node.value


def test_rooms_read_documents_through_views() -> None:
    """A field that moves is found in one place: nobody else looks into the JSON of documents and effects."""
    files = [*HOUSE.parent.rglob("*.sql"), *sources("src")]
    assert len(files) > 400
    found = [
        f"{where(path)}: {hit.group()}"
        for path in files
        if not where(path).startswith(WITHIN)
        for text in _texts(path)
        for hit in PATH_INTO_JSON.finditer(text)
    ]
    assert not found, f"ask a view (docs/ARCHITECTURE.md), or add a column to one: {found}"


def test_every_view_is_read() -> None:
    """And is documented, with whose it is."""
    schema = (HOUSE / "store" / "schema.sql").read_text()
    views = re.findall(r"CREATE VIEW tieout\.(v_\w+)", schema)
    assert len(views) > 10
    queries = "".join(p.read_text() for p in HOUSE.rglob("*.sql") if "store" not in p.parts)
    assert not [v for v in views if not re.search(rf"\btieout\.{v}\b", queries)]
    page = (HOUSE.parents[1] / "docs" / "ARCHITECTURE.md").read_text()
    assert not [v for v in views if f"`{v}`" not in page]
