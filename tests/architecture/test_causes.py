"""Every cause that the source can open is declared, every declared one is opened somewhere, and docs/CASES.md says them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from deploy.site.cases import cases_page
from fastapi.routing import APIRoute
from typer.main import get_command

from tieout.api.v1.application import ROUTERS
from tieout.causes import WAYS, Cause, fields_in
from tieout.cli.commands import cli
from tieout.documents import EntryPosting
from tieout.operations.causes import homes_of_causes
from tieout.operations.discover import discover

from .reading import HOUSE, ROOT, nodes_of, sources, tree_of, where

# Who opens a case, or says of what a case would be.
OPENERS = {
    "found", "refused", "NewCase", "CaseDraft", "Finding", "LacksError", "FileRefusedError", "ContentRefusedError", "Outcome",
    "solve_by_key", "_plain",
}  # fmt: skip
DECLARED = {c.name: c for _, causes in homes_of_causes(discover().by_name.values()) for c in causes}
FILES = [p for p in sources("src/tieout") if p.parent.name != "causes"]


def calls(path: Path) -> Iterator[ast.Call]:
    return (n for n in nodes_of(path) if isinstance(n, ast.Call))


def called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


@cache
def module_of(path: Path) -> Any:
    name = str(path.relative_to(ROOT / "src").with_suffix("")).replace("/", ".").removesuffix(".__init__")
    return importlib.import_module(name)


def causes_named_in(path: Path) -> set[str]:
    """The causes that a file uses beside declaring and listing them: what stands in a function of it."""
    inside = [f for f in nodes_of(path) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)]
    names = {n.id for f in inside for n in ast.walk(f) if isinstance(n, ast.Name)}
    # A table of causes that its functions choose from.
    tables = {
        a.targets[0].id: a.value
        for a in tree_of(path).body
        if isinstance(a, ast.Assign) and isinstance(a.targets[0], ast.Name) and isinstance(a.value, ast.Dict)
    }
    names |= {n.id for t in names & set(tables) for n in ast.walk(tables[t]) if isinstance(n, ast.Name)}
    found = (getattr(module_of(path), name, None) for name in names)
    return {c.name for c in found if isinstance(c, Cause)}


def bare_words(call: ast.Call) -> list[ast.expr]:
    """What a call that opens a case says as a text of its own, and no declared cause's."""
    if called(call) not in OPENERS:
        return []
    first = call.args[:1] if called(call) in ("found", "refused", "LacksError") else []
    given = [*(k.value for k in call.keywords if k.arg in ("cause", "recovery")), *first]
    return [g for g in given if isinstance(g, ast.Constant | ast.JoinedStr) and ast.unparse(g) != "''"]


def test_no_cause_is_a_bare_word() -> None:
    found = [
        f"{where(path)}:{call.lineno}: {ast.unparse(bare)}"
        for path in FILES
        for call in calls(path)
        for bare in bare_words(call)
    ]
    assert found == []


def test_no_list_of_causes_is_of_bare_words() -> None:
    """Who reads cases names the declared causes: a list that was copied lacks the ones that came later."""
    found = []
    for path in FILES:
        names = {
            id(n)
            for call in calls(path)
            for n in (*call.args[:1], *(k.value for k in call.keywords if k.arg == "name"))
        }
        for node in nodes_of(path):
            if isinstance(node, ast.Constant) and node.value in DECLARED and id(node) not in names:
                found.append(f"{where(path)}: {node.value}")
    # What a posting says by itself stands below the causes.
    assert found == ["src/tieout/documents/posting.py: matched_otherwise"]


# A cause is compared with words of SQL alone, which no rename of a declaration finds.
IN_SQL = re.compile(
    r"\bcauses?\s*(?:=|<>|!=|(?:not\s+)?in|(?:not\s+)?i?like)\s*(?:any\s*)?('[^']*'|\((?:[^()]|\([^()]*\))*\))",
    re.IGNORECASE,
)


def sql_texts() -> Iterator[tuple[str, str]]:
    """Where SQL stands, and the SQL: its files but the migrations, which are history, and texts within Python."""
    for path in sorted((ROOT / "src").rglob("*.sql")):
        if "migrations" not in path.parts:
            yield where(path), path.read_text()
    for path in sources("src"):
        for node in nodes_of(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "tieout." in node.value:
                yield f"{where(path)}:{node.lineno}", node.value


def words_of_causes(sql: str) -> set[str]:
    """The words that a query compares causes with."""
    return {word for compared in IN_SQL.findall(sql) for word in re.findall(r"'([^']*)'", compared)}


def test_a_cause_that_sql_names_is_declared() -> None:
    """Else whoever renames a cause leaves a query behind that finds nothing, and says nothing."""
    named = {place: words_of_causes(sql) for place, sql in sql_texts()}
    assert {place: w - set(DECLARED) for place, w in named.items() if w - set(DECLARED)} == {}
    assert len(set().union(*named.values())) >= 4


def test_words_of_causes_are_found_however_they_are_compared() -> None:
    for sql in (
        "c.cause = 'a'",
        "CAUSE in ('a')",
        "cause not in ( 'a' , %(b)s)",
        "cause <>'a'",
        "cause = any('{a}')",
        "cause=any (array['a'])",
    ):
        assert words_of_causes(f"select 1 from tieout.cases c where {sql} and state = 'open'") in (
            {"a"},
            {"{a}"},
        ), sql
    assert words_of_causes("where cause = %(cause)s and state = 'open'") == set()


def test_every_declared_cause_is_opened_somewhere() -> None:
    opened = {name for path in FILES for name in causes_named_in(path)}
    # As the default of an argument: whoever refuses a file and says no more.
    opened |= {"unreadable_file"}
    assert sorted(set(DECLARED) - opened) == []
    assert sorted(opened - set(DECLARED)) == []


def test_a_sentence_is_given_its_fields() -> None:
    """No more and no less: a case that lacks one would not be opened."""
    seen, wrong = 0, []
    for path in FILES:
        for call in calls(path):
            cause, which = _asked(call, path)
            if cause is None or any(k.arg is None for k in call.keywords):
                continue
            given = {k.arg for k in call.keywords if k.arg} - {
                "cause",
                "amount",
                "detail",
                "says",
                "blocking",
            }
            seen += 1
            if given != fields_in(cause.also[which] if which else cause.says):
                wrong.append(f"{where(path)}:{call.lineno}: {cause.name} asks for other fields")
    assert wrong == [] and seen > 60


def _asked(call: ast.Call, path: Path) -> tuple[Cause | None, str]:
    """The cause of which a call says a sentence, and which sentence; None where it is told at run time."""
    name, args = called(call), call.args
    if name in ("found", "refused") and args and isinstance(args[0], ast.Name):
        at, place = args[0].id, 3
    elif name == "LacksError" and args and isinstance(args[0], ast.Name):
        at, place = args[0].id, 2
    elif name == "say" and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        at, place = call.func.value.id, 0
    else:
        return None, ""
    cause = getattr(module_of(path), at, None)
    says = next(
        (k.value for k in call.keywords if k.arg == "says"), args[place] if len(args) > place else None
    )
    which = says.value if isinstance(says, ast.Constant) else ""
    return (cause, str(which)) if isinstance(cause, Cause) else (None, "")


def test_the_sandbox_plants_causes_that_there_are() -> None:
    planted = {
        n.args[0].value
        for path in sources("src/tieout_sandbox")
        for n in calls(path)
        if called(n) == "_plant" and isinstance(n.args[0], ast.Constant)
    }
    # What is planted and ends as an entry of the evidence is called with a dot.
    cases = {name for name in planted if "." not in name}
    assert len(cases) > 20 and sorted(cases - set(DECLARED)) == []


def test_what_a_posting_says_by_itself_is_a_cause() -> None:
    assert EntryPosting.__struct_defaults__[-1] in DECLARED


def test_where_actions_are_done_there_is_something() -> None:
    """Every operation, command and page that an action names."""
    operations = {
        f"{method} {_shape(route.path)}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    pages = {_shape(p) for p in re.findall(r'at\("([^"]+)"', (HOUSE / "console" / "routes.py").read_text())}
    for action, way in WAYS.items():
        assert not way.operation or _shape(way.operation) in operations, f"{action}: {way.operation}"
        for page in (way.page, *way.page_without):
            assert not page or _shape(page.partition("?")[0]) in pages, f"{action}: {page}"
        if way.command:
            _resolve(way.command)


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _resolve(command: str) -> None:
    """Whether the command line knows a command and its options. Fails where not."""
    words = command.split()
    at: Any = get_command(cli)
    for word in words[1:]:
        if hasattr(at, "commands"):
            assert word in at.commands, f"{command}: no command {word}"
            at = at.commands[word]
        elif word.startswith("--"):
            assert any(word in p.opts for p in at.params), f"{command}: no option {word}"


def test_the_page_of_cases_says_what_is_declared() -> None:
    assert (ROOT / "docs" / "CASES.md").read_text() == cases_page(), "`make cases` writes it again"


def test_causes_that_pages_name_are_declared() -> None:
    """What documentation sets as `some_cause` in the words "cause" is one that there is."""
    for page in (ROOT / "docs").glob("*.md"):
        for name in re.findall(r"--cause ([a-z_]+)", page.read_text()):
            assert name in DECLARED, f"{page.name}: {name}"
