"""`tieout cases map` and `tieout cases read-back`, as they are typed, against a project, its database and its Odoo: with what is right and
what is wrong, in words and as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.commands import run_tieout
from tests.integration.office import Office, key_of, person
from tests.integration.test_work_api import Front
from tests.stages import read_back
from tieout.delivery import VerifyStage
from tieout.operations.open_project import OpenProject
from tieout_sandbox.ports import free_port

pytestmark = pytest.mark.long

PROJECT = """[project]
name = "Cures"
environment = "test"
[database]
dsn = "{dsn}"
[serve]
port = {port}
[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"
[systems.odoo]
connector = "odoo"
url = "{odoo}"
database = "{database}"
company = "{company}"
key = "env:ODOO_KEY"
[systems.ledgers]
connector = "ledgers"
[interfaces.journals]
system = "ledgers"
entity = "US"
process = "record to report"
streams = ["journals"]
"""
TABLES = {
    "accounts": "roles", "journals": {"misc": "MISC"}, "ledger_accounts": "accounts", "dimensions": "dimensions",
}  # fmt: skip


@dataclass
class Desk:
    """Somebody at the command line of a project's folder."""

    office: Office
    folder: Path

    def run(self, *words: str, code: int = 0, by: str = "olga") -> str:
        """What a command says, which ends with this code."""
        held = {"ODOO_KEY": self.office.company.key}
        if by:
            held["TIEOUT_KEY_FILE"] = str(self.folder / f"{by}.key")
        done = run_tieout(*words, "--dir", str(self.folder), environment=held)
        assert done.returncode == code, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def told(self, *words: str, code: int = 0) -> Any:
        """As JSON."""
        return json.loads(self.run(*words, "--json", code=code))

    def table(self, name: str) -> dict[str, str]:
        """A mapping's file."""
        text = (self.folder / "mappings" / f"{name}.csv").read_text()
        return {r["key"]: r["value"] for r in csv.DictReader(io.StringIO(text))}

    def case(self, cause: str) -> int:
        """The open case of a cause, which is alone."""
        (row,) = self.office.database.rows(
            "select case_id from tieout.cases where cause = %s and state = 'open'", cause
        )
        return int(row["case_id"])


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    office.let_in()
    office.add(person("nora"))
    for name, role in (("olga", "controller"), ("nora", "viewer")):
        office.grant(name, role)
    assert office.database.stamp_key is not None
    keys = tmp_path / ".tieout" / "keys"
    keys.mkdir(parents=True)
    (keys / "stamp.key").write_text(office.database.stamp_key.hex())
    for name in ("olga", "nora"):
        (tmp_path / f"{name}.key").write_text(key_of(name))
    world = office.world
    (tmp_path / "tieout.toml").write_text(
        PROJECT.format(
            dsn=office.database.dsn, port=free_port(), odoo=world.url("odoo"), database=world.odoo.database,
            company=office.company.id,
        )
    )  # fmt: skip
    (tmp_path / "mappings").mkdir()
    for name, rows in TABLES.items():
        found = getattr(office, rows) if isinstance(rows, str) else rows
        text = "".join(f"{k},{v}\n" for k, v in found.items())
        (tmp_path / "mappings" / f"{name}.csv").write_text(f"key,value\n{text}")
    return Desk(office, tmp_path)


def test_a_row_that_is_missing_is_put_in_force_once_and_everything_that_asks_for_it_is_reprocessed(
    desk: Desk,
) -> None:
    office = desk.office
    office.accounts.pop("6000")
    (desk.folder / "mappings" / "ledger_accounts.csv").write_text("key,value\n2000,212300\n")
    for key, amount in (("J-1", "10.00"), ("J-2", "20.50")):
        office.journal(key, amount)
    office.plan()
    rows = office.database.rows(
        "select case_id from tieout.cases where cause = 'unmapped_account' and state = 'open' order by case_id"
    )
    first, second = (int(r["case_id"]) for r in rows)
    one = str(first)

    # What is wrong changes nothing, and says what was expected.
    for words, said, by in (
        (("999999999", "621000", "--reason", "it was missing"), "is not open", "olga"),
        ((one, "no such account", "--reason", "it was missing"), "no such account", "olga"),
        ((one, "62100", "--reason", "it was missing"), "did you mean 621000 ", "olga"),
        ((one, "612O00", "--reason", "it was missing"), "did you mean 612000 ", "olga"),
        ((one, "621000", "--reason", "it was missing", "--from", "October"), "a day is written 2026-10-01", "olga"),
        ((one, "621000", "--reason", "it was missing"), "no role for mappings:write", "nora"),
        ((one, "621000", "--reason", "it was missing"), "key", ""),
        ((one, "621000", "--reason", "it was missing", "--as", "nora"), "olga's key, not nora's", "olga"),
        ((one, " ", "--reason", "it was missing"), "no value", "olga"),
    ):  # fmt: skip
        assert said in desk.run("cases", "map", *words, code=2, by=by), words
    assert desk.table("ledger_accounts") == {"2000": "212300"} and office.evidence("mapping.changed") == 0

    told = desk.told("cases", "map", one, "621000", "--reason", "it was missing", "--from", "2026-10-01")
    assert told == {
        "table": "ledger_accounts", "key": "6000", "value": "621000", "valid_from": "2026-10-01",
        "cases": [first, second], "replayed": 2, "left": 0,
    }  # fmt: skip
    assert desk.table("ledger_accounts") == {"2000": "212300", "6000": "621000"}
    (row,) = office.database.rows(
        "select actor, detail from tieout.evidence where action = 'mapping.changed'"
    )
    assert row["actor"] == "olga" and json.loads(row["detail"])["reason"] == "it was missing"
    office.accounts["6000"] = "621000"
    # A command's time is the machine's.
    office.clock.at = datetime.now(UTC) + timedelta(minutes=1)
    office.work()
    assert office.states() == {"J-1": "posted", "J-2": "posted"}
    assert "is not open" in desk.run("cases", "map", one, "621000", "--reason", "again", code=2)

    # In words.
    office.accounts.pop("2000")
    (desk.folder / "mappings" / "ledger_accounts.csv").write_text("key,value\n6000,621000\n")
    office.journal("J-3", "5.00")
    office.plan()
    case = str(desk.case("unmapped_account"))
    words = desk.run("cases", "map", case, "212300", "--reason", "as it was before")
    assert words == "2000 is 212300 in ledger_accounts; 1 reprocessed, of 1 case that asked for it"


def test_over_http_a_row_says_how_many_cases_asked_how_many_documents_are_reprocessed_and_what_came_of_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases and documents are two counts: a case whose document is on its way already reprocesses none."""
    office = desk.office
    office.accounts.pop("6000")
    (desk.folder / "mappings" / "ledger_accounts.csv").write_text("key,value\n2000,212300\n")
    for key, amount in (("J-1", "10.00"), ("J-2", "20.50"), ("J-3", "5.00")):
        office.journal(key, amount)
    office.plan()
    numbers = [
        int(r["case_id"])
        for r in office.database.rows(
            "select case_id from tieout.cases where state = 'open' order by case_id"
        )
    ]
    monkeypatch.setenv("ODOO_KEY", office.company.key)
    # The project's time is the machine's.
    office.clock.at = datetime.now(UTC) + timedelta(minutes=1)
    project = OpenProject(desk.folder)
    front = Front(office, project=project)
    try:
        olga = front.sign_in("olga")
        assert olga.post(f"/cases/{numbers[2]}/replay").json() == {"replayed": 1}
        assert olga.get(f"/cases/{numbers[0]}/map").json()["cases"] == 3
        given = {"value": "621000", "reason": "it was missing"}
        done = olga.post(f"/cases/{numbers[0]}/map", json=given)
        assert done.status_code == 200, done.text
        told = done.json()
        assert told["cases"] == numbers and told["replayed"] == 2 and told["left"] == 0
        came = olga.post("/cases/came-of", json={"cases": numbers}).json()
        assert came == {"solved": 0, "open": 3, "held": 0, "on_its_way": 3, "why": ""}
        office.plan()
        came = olga.post("/cases/came-of", json={"cases": numbers}).json()
        assert came["held"] == 3 and came["open"] == 3 and came["why"]
        office.accounts["6000"] = "621000"
        for number in numbers[:2]:
            olga.post(f"/cases/{number}/replay")
        office.plan()
        came = olga.post("/cases/came-of", json={"cases": numbers}).json()
        assert (came["solved"], came["open"], came["held"], came["on_its_way"]) == (2, 1, 1, 0)
        assert olga.post("/cases/came-of", json={"cases": [999999]}).status_code == 404
    finally:
        front.stop()


def test_a_case_of_another_kind_lacks_no_row_and_holds_no_entry(desk: Desk) -> None:
    office = desk.office
    office.journal("J-1", "500.00", credit=-499)
    office.plan()
    number = str(desk.case("unbalanced_journal"))
    assert "no row of a mapping recovers it" in desk.run(
        "cases", "map", number, "x", "--reason", "why", code=2
    )
    for words, said, by in (
        (("999999999",), "is not open", "olga"),
        (("-1",), "No such option", "olga"),
        (("many",), "integer", "olga"),
        ((number,), "no role for cases:write", "nora"),
    ):
        assert said in desk.run("cases", "read-back", *words, code=2, by=by), words


def test_what_was_changed_in_the_ledger_is_read_again_until_it_agrees(desk: Desk) -> None:
    office = desk.office
    office.journal("J-1", "10.00")
    office.work()
    assert office.states() == {"J-1": "posted"}
    book = office.world.odoo.service.world
    lines, codes = book.table("account.move.line"), book.table("account.account")
    (line,) = [
        x for x in lines.values() if x["company_id"] == office.company.id and str(codes[x["account_id"]]["code"]) == "621000"
    ]  # fmt: skip
    was = line["account_id"]
    other = next(n for n, a in codes.items() if str(a["code"]) == "642100")
    book.store.update("account.move.line", line, {"account_id": other})
    connection = office.database.connect(autocommit=True)
    stage = VerifyStage(lambda _: office.session, lambda: ["odoo"], office.clock, timedelta(hours=1))
    assert read_back(stage, connection) == 1
    connection.close()
    number = str(desk.case("changed_in_ledger"))

    told = desk.told("cases", "read-back", number, code=1)
    assert (told["case_id"], told["read"], told["state"]) == (int(number), 1, "open") and told["detail"]
    words = desk.run("cases", "read-back", number, code=1)
    assert words.startswith(f"case {number}: 1 entry was read, and the ledger still differs: ")
    book.store.update("account.move.line", line, {"account_id": was})
    assert (
        desk.run("cases", "read-back", number) == f"case {number}: 1 entry was read, the ledger agrees again"
    )
    assert "is not open" in desk.run("cases", "read-back", number, code=2)
