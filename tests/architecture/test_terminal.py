"""What the command line prints is what stands there: no name of outside is read as markup or as a picture."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import pytest
from rich.table import Table

from tests.architecture.reading import sources, tree_of, where
from tieout.cli.context import err, out

PRINTING = sources("src")
SHARED = "src/tieout/cli/context.py"
# A tag of rich's in a text of ours: it would be printed as it is.
TAG = re.compile(r"\[/?(?:red|yellow|green|blue|bold|dim|italic)\b[^\]]*\]")
OUTSIDE = ["[Acme] GmbH", "po_1 [/] [/red]", "[bold]x[/bold]", "a:on:20 :id:", "[link=http://x]y[/link]"]


@pytest.mark.parametrize("path", PRINTING, ids=where)
def test_nothing_is_printed_as_markup(path: Path) -> None:
    """There is one console for each stream, which reads none; no other is made, and none is told otherwise."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            assert name != "Console" or where(path) == SHARED, (
                f"line {node.lineno}: print on `out` or `err` of {SHARED}"
            )
            assert name not in ("from_markup", "render_markup"), f"line {node.lineno}: markup is read"
            on = [
                k.arg
                for k in node.keywords
                if k.arg in ("markup", "emoji") and ast.unparse(k.value) != "False"
            ]
            assert not on, f"line {node.lineno}: {on} is on"
        elif isinstance(node, ast.ImportFrom):
            assert node.module != "rich" or "print" not in [a.name for a in node.names], (
                "rich's print reads markup"
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not TAG.search(node.value), (
                f"line {node.lineno}: what is to be red is a Text (`tables.bad`)"
            )


@pytest.mark.parametrize("text", OUTSIDE)
@pytest.mark.parametrize("console", [out, err], ids=["out", "err"])
def test_a_text_of_outside_is_printed_as_it_is(
    console: object, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table(title=text)
    table.add_column(text)
    table.add_row(text)
    stream = io.StringIO()
    # Its `file`, read and put back, would be this test's own stream for ever after.
    monkeypatch.setattr(console, "_file", stream)
    for each in (table, text):
        console.print(each)  # type: ignore[attr-defined]
    console.print(f"{text}: refused", style="red")  # type: ignore[attr-defined]
    assert stream.getvalue().count(text) == 5
