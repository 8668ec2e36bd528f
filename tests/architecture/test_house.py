"""The house rules, held: contracts, documentation that is true, nothing left lying about."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from tests.architecture.reading import nodes_of, tree_of

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "src").rglob("README.md")),
]


def test_imports_point_down() -> None:
    done = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text()):
        if not target.startswith("http"):
            to = page.parent / target if target else page
            assert to.exists(), f"{page.name} links to {target}"
            assert not anchor or anchor in _headings(to), f"{page.name} links to {target}#{anchor}"


def _headings(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-") for title in titles}


@cache
def _commands() -> set[str]:
    """What may be typed after `tieout`."""
    from tieout.cli.commands import cli

    return set(get_command(cli).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_the_documentation_exist(page: Path) -> None:
    known = _commands()
    for name in re.findall(r"`?\btieout ([a-z]+)\b", page.read_text()):
        assert name in known, f"{page.name} names `tieout {name}`"


def test_make_targets_in_the_documentation_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        for name in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE):
            assert name in targets, f"{page.name} names make {name}"


def test_files_that_the_invariants_name_exist() -> None:
    text = (ROOT / "docs" / "INVARIANTS.md").read_text()
    named = re.findall(r"`([a-z_]+/[\w/]+\.(?:py|sql))`", text)
    assert len(named) > 40
    for name in named:
        base = ROOT if name.startswith(("tests/", "benchmarks/", "deploy/")) else ROOT / "src" / "tieout"
        assert (base / name).exists(), name


FILES = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()
# What a project of somebody's has, and a connector of somebody's.
THEIRS = {"entities/CODE.toml", "interfaces/NAME.toml", "systems/NAME.toml"}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_that_the_documentation_names_exist(page: Path) -> None:
    """A file of code or documentation, by whichever end of its path it is named."""
    if page.name == "CHANGELOG.md":
        return
    for name in re.findall(r"`([\w./-]+\.(?:py|sql|md)|[\w./-]+/[\w.-]+\.toml)`", page.read_text()):
        there = any(f == name or f.endswith("/" + name) for f in FILES) or (page.parent / name).exists()
        assert there or name in THEIRS, f"{page.name} names {name}"


def test_every_stage_stands_in_the_table_of_stages() -> None:
    """By the name that its failures and waits are kept under; and no stage stands there that is none."""
    named = set()
    for path in (ROOT / "src" / "tieout").rglob("*.py"):
        for each in nodes_of(path):
            if isinstance(each, ast.ClassDef) and {"lanes", "round"} <= {
                getattr(x, "name", "") for x in each.body
            }:
                text = ast.unparse(each).replace("'", '"')
                named |= set(
                    re.findall(r"^    \(?name(?:, pace)?\)? = \(?\"(\w[\w ]*)\"", text, re.MULTILINE)
                )
            if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "Chore":
                named |= {x.value for x in each.args if isinstance(x, ast.Constant)}
    page = (ROOT / "docs" / "STAGES.md").read_text()
    rows = re.findall(r"^\| (`.+?) \|", page, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == named


def test_every_table_and_view_is_named_where_the_house_is_drawn() -> None:
    """Partitions are their table's, and what the migrations keep of themselves is theirs."""
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    schema = (ROOT / "src" / "tieout" / "store" / "schema.sql").read_text()
    tables = set(re.findall(r"CREATE TABLE tieout\.(\w+)", schema))
    tables -= set(re.findall(r"ALTER TABLE ONLY tieout\.\w+ ATTACH PARTITION tieout\.(\w+)", schema))
    views, drawn = page.split("## Views")[1].split("## Tables")
    assert set(re.findall(r"`(\w+)`", drawn.split("see [the schema]")[0])) == tables - {"schema_migration"}
    assert set(re.findall(r"`(v_\w+)`", views)) == set(re.findall(r"CREATE VIEW tieout\.(v_\w+)", schema))


def test_recoveries_name_commands_that_exist() -> None:
    known = _commands()
    for path in SOURCES:
        for name in re.findall(r"`tieout ([a-z]+)", path.read_text()):
            assert name in known, f"{path.name} tells people to call `tieout {name}`"


def test_every_public_module_says_what_it_is_for() -> None:
    missing = [
        str(p.relative_to(ROOT))
        for p in SOURCES
        if p.read_text().strip() and not ast.get_docstring(tree_of(p))
    ]
    assert not missing


def test_no_module_needs_a_map_of_its_own() -> None:
    long = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in SOURCES}
    assert {name: n for name, n in long.items() if n > 550} == {}


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [f"{p.name}: {m.group()}" for p in SOURCES for m in marks.finditer(p.read_text())]
    assert not found


def test_no_money_passes_through_a_float() -> None:
    """Floats are for a simulator's JSON, for waiting times, for points of a query, and for gauges that are only shown."""
    allowed = {
        "measuring.py",
        "client.py",
        "retry_after.py",
        "clock.py",
        "control.py",
        # Points of a query.
        "bucket.py",
    }
    for path in SOURCES:
        if re.search(r"(?<!\w)float\(", path.read_text()):
            assert path.name in allowed or "tieout_sandbox" in str(path), path


def test_lock_files_hold_names_versions_and_hashes_only() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text and "--index" not in text
        for line in text.splitlines():
            assert not line or line.startswith((" ", "#")) or "==" in line
        assert "--hash=sha256:" in text


MOVING = [
    ROOT / "src" / "tieout" / r for r in ("engine", "inbox", "planning", "delivery", "approvals", "cases")
]


@pytest.mark.parametrize("room", MOVING, ids=lambda p: p.name)
def test_what_moves_documents_names_no_kind_of_them(room: Path) -> None:
    """A new kind edits nothing in these rooms: they ask its recipe, and itself."""
    from tieout.documents import KINDS, name_of_kind

    modules = sorted(room.rglob("*.py"))
    assert modules, f"there is no room {room.name}"
    kinds = {kind.__name__ for kind in KINDS}
    found = [
        f"{path.name}: {alias.name}"
        for path in modules
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tieout.documents")
        for alias in node.names
        if alias.name in kinds
    ]
    tags = {name_of_kind(kind) for kind in KINDS}
    found += [
        f"{path.name}: {text}"
        for path in sorted(room.rglob("*.sql"))
        for text in re.findall(r"'(\w+)'", path.read_text())
        if text in tags
    ]
    assert not found
