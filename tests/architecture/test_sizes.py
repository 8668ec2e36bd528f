"""Functions that fit one thought, and faults that are not swallowed unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .reading import ROOT, functions, sources, where

LONGEST = 70

# Longer ones, each with why. The list only shrinks.
LONGER = {
    "src/tieout_sandbox/project.py: write_project": "the texts of a project's files",
    "src/tieout_sandbox/services/project.py: write_services_project": "the texts of a project's files",
}

EXCUSE = re.compile(r"#\s*noqa:\s*(?:C901|BLE001)\b(?P<why>.*)$", re.MULTILINE)


def test_no_function_is_longer_than_seventy_lines() -> None:
    long = {
        f"{where(path)}: {node.name}"
        for path in sources("src")
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > LONGEST
    }
    assert not long - set(LONGER), "these have more than one thought: take them apart"
    assert not set(LONGER) - long, "these are short now: take them out of the list"


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "deploy"])
def test_whoever_is_complex_or_catches_everything_says_why(folder: str) -> None:
    """The linter holds complexity (12) and blind excepts; an exception is a line with its reason."""
    silent = [
        f"{where(path)}:{path.read_text().count(chr(10), 0, found.start()) + 1}"
        for path in sources(folder)
        if path != Path(__file__)
        for found in EXCUSE.finditer(path.read_text())
        if not re.fullmatch(r" - \w.{7,}", found["why"])
    ]
    assert not silent, f"say why, as `# noqa: RULE - reason`: {silent}"


def test_the_linter_holds_both_rules() -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    assert '"C901"' in settings and '"BLE001"' in settings and "max-complexity = 12" in settings
