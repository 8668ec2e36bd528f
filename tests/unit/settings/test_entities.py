"""Entities in files of their own, and a project that is still to be set up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tieout.operations.discover import discover
from tieout.rules import Entity
from tieout.settings import ProjectError, entity_text, load_project, put, stage_entity

REGISTRY = discover()
EMPTY = '[project]\nname = "P"\nenvironment = "test"\n'
ODOO = '[systems.odoo]\nconnector = "odoo"\nurl = "http://127.0.0.1:1"\nkey = "file:key"\n'
SAID = 'currency = "EUR"\ntime_zone = "Europe/Berlin"\nledger = "odoo"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tieout.toml").write_text(EMPTY + ODOO)
    (tmp_path / "key").write_text("k")
    return tmp_path


def entities(folder: Path) -> dict[str, Entity]:
    return load_project(folder, REGISTRY).release.entities


def test_a_project_that_nobody_set_up_is_whole(tmp_path: Path) -> None:
    (tmp_path / "tieout.toml").write_text(EMPTY)
    made = load_project(tmp_path, REGISTRY).release
    assert made.entities == {} and made.interfaces == {}


def test_an_interface_still_needs_its_entity(folder: Path) -> None:
    (folder / "interfaces").mkdir()
    (folder / "interfaces" / "x.toml").write_text('system = "odoo"\nentity = "US"\n')
    with pytest.raises(ProjectError, match="no entity is named 'US'"):
        load_project(folder, REGISTRY)


def test_an_entity_of_its_own_file_is_one_like_any_other(folder: Path) -> None:
    made = Entity(
        "DE",
        'Müller "GmbH"',
        "EUR",
        "Europe/Berlin",
        "odoo",
        country="DE",
        begins_on=date(2026, 10, 1),
        posts=False,
    )
    before = load_project(folder, REGISTRY).release.sha256
    put(folder, stage_entity(folder, "DE", entity_text("", made)))
    assert entities(folder) == {"DE": made}
    # It is part of what everything is planned by.
    assert load_project(folder, REGISTRY).release.sha256 != before
    # Changed again by the form, what somebody wrote into it stays.
    path = folder / "entities" / "DE.toml"
    path.write_text(path.read_text() + '\n[differences]\nrounding = { amount = "0.05" }   # ours\n')
    again = entity_text(path.read_text(), Entity("DE", "M", "EUR", "Europe/Berlin", "odoo"))
    assert "# ours" in again and "posts" not in again and "begins_on" not in again


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SAID.replace("EUR", "EURO"), r"entities/DE.toml, line 1.*EURO"),
        (SAID.replace("Berlin", "Bonn"), "no time zone"),
        (SAID.replace('"odoo"', '"oddo"'), r"entities/DE.toml, line 3: no system is named 'oddo'"),
        (SAID + "curency = 1\n", "did you mean 'currency'"),
        (SAID + 'posts = "no"\n', r"entities/DE.toml, line 4: 'no' is neither true nor false"),
        ('currency = "EUR"\n', "the file lacks 'time_zone'"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(folder: Path, text: str, said: str) -> None:
    (folder / "entities").mkdir()
    (folder / "entities" / "DE.toml").write_text(text)
    with pytest.raises(ProjectError, match=said):
        load_project(folder, REGISTRY)


def test_an_entity_stands_in_one_place(folder: Path) -> None:
    (folder / "tieout.toml").write_text(EMPTY + ODOO + "[entities.DE]\n" + SAID)
    (folder / "entities").mkdir()
    (folder / "entities" / "DE.toml").write_text(SAID)
    with pytest.raises(ProjectError, match=r"entities/DE.toml.*tieout.toml already"):
        load_project(folder, REGISTRY)


def test_a_code_leads_out_of_no_folder(folder: Path) -> None:
    for code in ("../x", "de", "D" * 21, "D\n", ""):
        with pytest.raises(ProjectError, match="is no code"):
            stage_entity(folder, code, "")
