"""The house rules, held: contracts, documentation that is true, nothing left lying about."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

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


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_the_documentation_exist(page: Path) -> None:
    from tieout.cli.commands import cli

    group = get_command(cli)
    known = set(group.commands)  # type: ignore[attr-defined]
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


def test_recoveries_name_commands_that_exist() -> None:
    from tieout.cli.commands import cli

    known = set(get_command(cli).commands)  # type: ignore[attr-defined]
    for path in SOURCES:
        for name in re.findall(r"`tieout ([a-z]+)", path.read_text()):
            assert name in known, f"{path.name} tells people to call `tieout {name}`"


def test_every_public_module_says_what_it_is_for() -> None:
    missing = [
        str(p.relative_to(ROOT))
        for p in SOURCES
        if p.read_text().strip() and not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert not missing


def test_no_module_needs_a_map_of_its_own() -> None:
    long = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in SOURCES}
    assert {name: n for name, n in long.items() if n > 760} == {}


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [f"{p.name}: {m.group()}" for p in SOURCES for m in marks.finditer(p.read_text())]
    assert not found


def test_no_money_passes_through_a_float() -> None:
    """Floats are for a simulator's JSON, for waiting times, and for gauges that are only shown."""
    allowed = {
        "measuring.py",
        "client.py",
        "retry_after.py",
        "clock.py",
        "control.py",
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
        for node in ast.walk(ast.parse(path.read_text()))
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
