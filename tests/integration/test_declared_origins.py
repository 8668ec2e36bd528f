"""Declarations of origins as they come into force: who declared what and when is evidence, and what is too broad is said."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from tests.acceptance.commands import run_tieout
from tests.integration.office import Office
from tests.integration.test_bulk_decisions import PROJECT
from tests.integration.test_work_api import Front, operator
from tieout.operations.origins import record_origins
from tieout.rules import Release
from tieout.rules.origins import KINDS, Origin
from tieout_sandbox.ports import free_port

NARROW = Origin(
    "invoices", ("customer invoice",), date(2026, 10, 1), "cora", "they do it there", ("INV",), ("ann@co.example",)
)  # fmt: skip
BROAD = Origin("all", KINDS, date(2020, 1, 1), "carl", "it was always so")


def declared(office: Office, *origins: Origin) -> Release:
    release = office.release()
    return replace(release, entities={"US": replace(release.entities["US"], origins=origins)})


def told(office: Office) -> list[tuple[str, str, Any]]:
    rows = office.database.rows(
        "select action, subject, detail from tieout.evidence where action like 'origin.%%' order by evidence_id"
    )
    return [(r["action"], r["subject"], json.loads(r["detail"])) for r in rows]


def test_each_beginning_change_and_end_is_evidence_once(office: Office) -> None:
    def record(*origins: Origin) -> int:
        with office.database.transaction() as connection:
            return record_origins(connection, declared(office, *origins), office.clock.now())

    assert [record(NARROW), record(NARROW), record(NARROW, BROAD)] == [1, 0, 1]
    assert record(replace(NARROW, users=()), BROAD) == 1
    assert [record(BROAD), record(BROAD), record(NARROW, BROAD)] == [1, 0, 1]
    found = told(office)
    assert [(a, s) for a, s, _ in found] == [
        ("origin.declared", "invoices"),
        ("origin.declared", "all"),
        ("origin.changed", "invoices"),
        ("origin.ended", "invoices"),
        ("origin.declared", "invoices"),
    ]
    assert found[0][2]["declared_by"] == "cora" and found[0][2]["users"] == ["ann@co.example"]
    assert found[0][2]["weaknesses"] == [] and found[0][2]["release"] == office.release().sha256
    assert any("anybody makes" in w for w in found[1][2]["weaknesses"])
    assert found[3][2]["was"]["users"] == []
    rows = office.database.rows(
        "select name, ended_at is null as stands from tieout.declared_origin order by origin_id"
    )
    assert [(r["name"], r["stands"]) for r in rows] == [
        ("invoices", False),
        ("all", True),
        ("invoices", False),
        ("invoices", True),
    ]


def test_the_api_shows_them_with_their_weaknesses_to_whoever_may_read_the_entity(office: Office) -> None:
    office.let_in()
    release = declared(office, NARROW, BROAD)
    with office.database.transaction() as connection:
        record_origins(
            connection, declared(office, replace(NARROW, why="another reason")), office.clock.now()
        )
        record_origins(connection, release, office.clock.now())
    office.release = lambda: release  # type: ignore[method-assign]
    front = Front(office)
    try:
        found = front.sign_in("cora").get("/origins").json()
        operator(office, "otto", "DE")
        assert front.sign_in("otto", second_factor=False).get("/origins").json() == []
    finally:
        front.stop()
    assert [(o["name"], o["declared_by"], o["ended_at"] is None, bool(o["weaknesses"])) for o in found] == [
        ("all", "carl", True, True),
        ("invoices", "cora", True, False),
        ("invoices", "cora", False, False),
    ]
    assert found[1]["recorded_at"] == "2026-10-20T14:00:00Z" and found[1]["most"] is None


def test_check_says_what_is_declared_and_what_is_too_broad(office: Office, tmp_path: Path) -> None:
    text = (
        PROJECT.format(dsn=office.database.dsn, port=free_port())
        + """
[entities.US.origins.invoices]
kinds = ["customer invoice"]
journals = ["INV"]
users = ["ann@co.example"]
since = 2026-10-01
declared_by = "cora"
why = "service invoices are written there"
[entities.US.origins.all]
kinds = ["entry"]
since = 2020-01-01
declared_by = "carl"
why = "it was always so"
"""
    )
    (tmp_path / "tieout.toml").write_text(text)

    def check(*words: str) -> str:
        done = run_tieout("check", "--dir", str(tmp_path), *words, environment={"ODOO_KEY": "x"})
        return done.stdout

    said = check()
    assert (
        "ok   origin invoices of US: customer invoice in INV by ann@co.example from 2026-10-01; declared by cora"
        in said
    )
    assert "WEAK origin all of US: entry in any journal by anybody from 2020-01-01; declared by carl" in said
    assert "anybody makes entry in any journal, and none of it is a case" in said
    rows = {r["system"]: r for r in json.loads(check("--json"))}
    assert (
        rows["origin invoices of US"]["weaknesses"] == [] and len(rows["origin all of US"]["weaknesses"]) == 3
    )
