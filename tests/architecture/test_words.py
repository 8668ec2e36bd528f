"""Words that docs/GLOSSARY.md says are not used are not: in pages, on the console, in what causes and the command line say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.reading import ROOT, nodes_of, sources, where

GLOSSARY = ROOT / "docs" / "GLOSSARY.md"
# What is kept as it was measured or decided then, and what vendors answer, in their words.
KEPT = ("docs/decisions/", "docs/campaigns/", "docs/qualifications/", "docs/connectors/")


def not_used(page: str) -> list[str]:
    """The words of the table's first column."""
    table = page.partition("## Words that are not used")[2]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")]
    return [word.strip() for row in rows[1:] for word in row.split(",")]


WORDS = not_used(GLOSSARY.read_text())
WORST = re.compile(r"(?<![\w`.-])(" + "|".join(re.escape(w) for w in WORDS) + r")(?![\w`-])", re.IGNORECASE)


def pages() -> Iterator[Path]:
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        if not where(path).startswith(KEPT):
            yield path


def said(path: Path) -> Iterator[str]:
    """What a module says to people: its texts of more than one word, documentation of the code apart."""
    documented = {
        id(node.body[0].value)
        for node in nodes_of(path)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in nodes_of(path):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in documented
        ):
            yield node.value


def test_the_list_is_read_and_finds() -> None:
    assert len(WORDS) > 20 and "e.g." in WORDS and "in order to" in WORDS
    for text in ("it failed to post", "Invalid amount", "books, e.g. those of DE", "sent via mail"):
        assert WORST.search(text), text
    for text in ("asynchronous", "`invalid`", "trivial", "pleased", "text/etc.md"):
        assert not WORST.search(text), text


@pytest.mark.parametrize("path", list(pages()), ids=where)
def test_pages_use_none_of_them(path: Path) -> None:
    text = (
        path.read_text().partition("## Words that are not used")[0] if path == GLOSSARY else path.read_text()
    )
    # A row of the table of connectors has what vendors answered.
    lines = [re.sub(r"`[^`]*`", "", line) for line in text.splitlines() if not line.startswith("| [")]
    assert [line.strip()[:120] for line in lines if WORST.search(line)] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "src/tieout/console/templates").glob("*.html")), ids=lambda p: p.name
)
def test_the_console_uses_none_of_them(path: Path) -> None:
    text = re.sub(r"{[%{].*?[%}]}|<[^>]+>", " ", path.read_text(), flags=re.DOTALL)
    assert WORST.findall(text) == []


@pytest.mark.parametrize(
    "folder", ["src/tieout/cli", "src/tieout/causes", "src/tieout/operations", "src/tieout/settings"]
)
def test_what_is_said_uses_none_of_them(folder: str) -> None:
    found = {where(path): text for path in sources(folder) for text in said(path) if WORST.search(text)}
    assert found == {}


def test_a_button_names_what_it_does() -> None:
    """No button is called what the glossary lists as saying nothing."""
    listed = GLOSSARY.read_text().partition("On buttons:")[2].partition("; but")[0]
    vague = set(re.findall(r"\*([^*]+)\*", listed))
    assert {"Give", "Say", "Make it"} <= vague
    found = {
        f"{path.name}: {text.strip()}"
        for path in sorted((ROOT / "src/tieout/console/templates").glob("*.html"))
        for text in re.findall(r"<button[^>]*>([^<{]+)</button>", path.read_text())
        if text.strip() in vague
    }
    assert found == set()
