"""A newer version of a ledger is posted to where its copy passed: at one address, in one database, by a person's word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.office import Office, person
from tests.integration.typed import Typed
from tieout.connector_api import Sending, SetupError
from tieout.documents import PartnerRecord
from tieout.operations.open_project import OpenProject
from tieout.operations.qualifying import NotQualifiedError, keep_qualification

NEWER = "21.0"


@pytest.fixture
def typed(office: Office, tmp_path: Path) -> Iterator[Typed]:
    """A project whose ledger says that it is newer than any that is known."""
    told = office.world.odoo._version
    before = told["server_version"]
    office.let_in()
    office.add(person("ines"))
    office.grant("ines", "integrator")
    told["server_version"] = NEWER
    yield Typed(office, tmp_path)
    told["server_version"] = before


@pytest.fixture
def project(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenProject]:
    monkeypatch.setenv("ODOO_KEY", typed.office.company.key)
    (typed.folder / "clock").write_text(typed.office.clock.now().isoformat())
    opened = OpenProject(typed.folder)
    yield opened
    opened.close()


def report(version: str = NEWER, passed: bool = True) -> dict[str, Any]:
    return {"passed": passed, "server": {"version": version, "url": "http://copy", "database": "copy"}}


def posts(project: OpenProject) -> str:
    """What becomes of something that is sent: its status, or why it is not."""
    try:
        project.pin("odoo")
        (outcome,) = project.session("odoo").send([Sending("tieout.somebody", PartnerRecord(name="x"))])
    except SetupError as error:
        return str(error)
    return str(outcome.status)


def test_a_pass_lets_its_version_be_posted_to_and_no_other(project: OpenProject, typed: Typed) -> None:
    assert "nothing is posted until this version is qualified" in posts(project)
    for given, why in (
        (report(passed=False), "did not pass"),
        (report("21.1"), "odoo says that it is 21.0, and what was tried is 21.1"),
    ):
        with pytest.raises(NotQualifiedError, match=why):
            keep_qualification(project, "odoo", given, "hash", "ines")
        assert "nothing is posted" in posts(project)
    said = keep_qualification(project, "odoo", report(), "hash", "ines")
    assert said.endswith("is posted to while it says that it is 21.0") and "database meridian at" in said, (
        said
    )
    assert posts(project) == "confirmed"
    asked = "select actor, detail from tieout.evidence where action = 'system.qualified'"
    (row,) = typed.office.database.rows(asked)
    detail = json.loads(row["detail"])
    assert (row["actor"], detail["version"], detail["tried_in"], detail["sha256"]) == (
        "ines",
        NEWER,
        "copy",
        "hash",
    )
    # Overnight it is another one.
    typed.office.world.odoo._version["server_version"] = "21.1"
    project.session("odoo").check()
    assert "nothing is posted until this version is qualified" in posts(project)


def test_what_is_let_is_let_at_one_address(project: OpenProject, typed: Typed) -> None:
    keep_qualification(project, "odoo", report(), "hash", "ines")
    assert posts(project) == "confirmed"
    path = typed.folder / "tieout.toml"
    path.write_text(path.read_text().replace("http://127.0.0.1:", "http://localhost:"))
    project.look_now()
    assert "nothing is posted until this version is qualified" in posts(project)


@pytest.mark.long
def test_the_command_wants_a_person_who_may_set_systems_up(typed: Typed) -> None:
    admin = typed.folder / "admin.key"
    admin.write_text(typed.office.world.odoo.service.make_key(2))
    database = typed.office.world.odoo.database
    words = ["qualify", "--system", "odoo", "--key", f"file:{admin}", "--test-database", database, "--orders", "0",
             "--out", str(typed.folder / "out")]  # fmt: skip
    companies = len(typed.office.world.odoo.service.world.table("res.company"))
    assert "TIEOUT_KEY_FILE" in typed.run(*words, code=2)
    assert "mia has no role for systems:write" in typed.run(*words, by="mia", code=2)
    assert "nobody is no ledger of this project; its ledgers: odoo" in typed.run(
        *[w if w != "odoo" else "nobody" for w in words], by="ines", code=2
    )
    assert len(typed.office.world.odoo.service.world.table("res.company")) == companies
    # Without a month it is no pass, and lets nothing.
    told = typed.run(*words, by="ines", code=1)
    assert "nothing is let: Odoo 21.0 did not pass" in told, told
    assert typed.office.database.rows("select count(*)::int as n from tieout.qualified_version") == [{"n": 0}]


def test_the_books_of_a_production_project_are_not_tried(typed: Typed) -> None:
    admin = typed.folder / "admin.key"
    admin.write_text(typed.office.world.odoo.service.make_key(2))
    path = typed.folder / "tieout.toml"
    path.write_text(path.read_text().replace('environment = "test"', 'environment = "production"'))
    database = typed.office.world.odoo.database
    words = ["qualify", "--system", "odoo", "--key", f"file:{admin}", "--test-database", database]
    assert "is what this project posts into" in typed.run(*words, by="ines", code=2)
