"""The README begins with a picture and two commands that are true."""

from __future__ import annotations

import re
from pathlib import Path

from tests.deploy.building import ROOT

README = (ROOT / "README.md").read_text()
# What tests/deploy/test_one_install.py builds, installs and runs.
COMMANDS = ["make install", "tieout up --dir books"]


def test_it_begins_with_a_picture_in_both_themes_made_by_a_command() -> None:
    pictures = re.findall(r'(?:src|srcset)="([^"]+)"', README.split("```")[0])
    assert [Path(p).name for p in pictures] == ["tie-out-dark.png", "tie-out-light.png"]
    made = (ROOT / "tests" / "acceptance" / "pictures.py").read_text()
    for picture in pictures:
        assert (ROOT / picture).is_file() and f'"{Path(picture).stem.rpartition("-")[0]}":' in made


def test_its_first_two_commands_are_those_that_are_tried() -> None:
    block = README.split("```")[1].removeprefix("sh\n")
    assert [line.partition("  #")[0].rstrip() for line in block.strip().splitlines()] == COMMANDS
    assert re.search(r"^install: wheels", (ROOT / "Makefile").read_text(), re.M)
    tried = (ROOT / "tests" / "deploy" / "test_one_install.py").read_text()
    assert '"up", "--dir", "books"' in tried and "build(folder)" in tried
    # What it is, for whom and why is said in a minute: 230 words.
    assert len(README.split("```")[0].split()) < 230
