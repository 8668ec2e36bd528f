"""When a case that nobody works on goes further."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.settings.cases import CaseSettings, read_cases
from tieout.settings.tomlfile import ProjectError, TomlFile


def read(folder: Path, text: str) -> CaseSettings:
    path = folder / "tieout.toml"
    path.write_text(text, encoding="utf-8")
    return read_cases(TomlFile(path, folder))


@pytest.mark.parametrize(("text", "hours"), [("", 0), ("[cases]\n", 0), ("[cases]\nescalate_after_hours = 48\n", 48)])  # fmt: skip
def test_it_stays_its_owners_unless_hours_are_declared(tmp_path: Path, text: str, hours: int) -> None:
    assert read(tmp_path, text) == CaseSettings(hours)


@pytest.mark.parametrize("value", ["-1", "true", '"2 days"', "1.5", "100000"])
def test_anything_but_hours_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ProjectError, match="hours were expected"):
        read(tmp_path, f"[cases]\nescalate_after_hours = {value}\n")


def test_another_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="escalate_after"):
        read(tmp_path, "[cases]\nescalate_after = 48\n")
