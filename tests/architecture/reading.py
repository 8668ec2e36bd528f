"""The house's files, each read and parsed once for all of its tests."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "src" / "tieout"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = Function | ast.ClassDef


@cache
def sources(*folders: str) -> tuple[Path, ...]:
    """Every Python file below these folders of the repository, in order."""
    return tuple(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


@cache
def tree_of(path: Path) -> ast.Module:
    """The file's syntax tree. Nobody looks for garbage in it, neither while it grows nor later: that takes three times what
    reading all of them takes."""
    gc.disable()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    gc.freeze()
    gc.enable()
    return tree


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the file's syntax tree."""
    return tuple(ast.walk(tree_of(path)))


def where(path: Path) -> str:
    """The file as people name it: from the repository's root."""
    return str(path.relative_to(ROOT))


def rooms() -> list[Path]:
    """The packages directly below the house."""
    return sorted(path.parent for path in HOUSE.glob("*/__init__.py"))


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file, methods and inner ones too."""
    return (node for node in nodes_of(path) if isinstance(node, Function))


def declared(path: Path) -> Iterator[tuple[str, Named]]:
    """What a module declares at its top, and its classes' methods, each by its qualified name."""
    for node in tree_of(path).body:
        if isinstance(node, Named):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function):
                    yield f"{node.name}.{inner.name}", inner
