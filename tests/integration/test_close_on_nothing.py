"""Ways to make a month look closed: each through the command line, and each is refused with what is missing."""

from __future__ import annotations

import json
import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.commands import run_tieout
from tests.integration.office import Office, key_of
from tests.stages import step
from tieout.operations.open_project import OpenProject
from tieout.planning import ProcessStage
from tieout_sandbox.simulators.bankfile import Bank

pytestmark = pytest.mark.long

PROJECT = """[project]
name = "Nothing"
environment = "test"
[clock]
file = "clock"
[database]
dsn = "{dsn}"
[entities.US]
currency = "USD"
time_zone = "America/New_York"
ledger = "odoo"
[systems.odoo]
connector = "odoo"
url = "{url}"
database = "{database}"
company = "{company}"
key = "env:ODOO_KEY"
[systems.bank]
connector = "bankfile"
[systems.payroll]
connector = "payroll"
[systems.ledgers]
connector = "ledgers"
[interfaces.bank]
system = "bank"
entity = "US"
owner = "treasury"
process = "treasury"
[interfaces.payroll]
system = "payroll"
entity = "US"
owner = "people"
process = "record to report"
[interfaces.journals]
system = "ledgers"
entity = "US"
owner = "accounting"
process = "record to report"
"""
CALENDAR = """[entities.US]
country = "US"
business_day = 4
[[tasks]]
name = "inventory planned"
entity = "US"
business_day = -3
[[tasks]]
name = "inventory counted"
entity = "US"
business_day = 2
"""


class Site:
    """A project's folder over an office's database, at a time that the test says."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.text = PROJECT.format(
            dsn=office.database.dsn, url=office.world.url("odoo"), database=office.world.odoo.database,
            company=office.company.id,
        )  # fmt: skip
        keys = folder / ".tieout" / "keys"
        keys.mkdir(parents=True, exist_ok=True)
        assert office.database.stamp_key is not None
        (keys / "stamp.key").write_text(office.database.stamp_key.hex())
        (folder / "mappings").mkdir(exist_ok=True)
        (folder / "mappings" / "accounts.csv").write_text(
            "key,value\nreceivable,121000\nbank.DE02120300000000202051,101511\n"
        )
        self.project(self.text)
        self.at("2026-11-09T15:00:00+00:00")

    def project(self, text: str) -> None:
        (self.folder / "tieout.toml").write_text(text)

    def at(self, instant: str) -> None:
        (self.folder / "clock").write_text(instant)

    def run(self, *words: str, by: str = "", code: int | None = 0) -> str:
        environment = {"ODOO_KEY": self.office.company.key}
        if by:
            path = self.folder / f"{by}.key"
            path.write_text(key_of(by))
            path.chmod(0o600)
            environment["TIEOUT_KEY_FILE"] = str(path)
        done = run_tieout(*words, "--dir", str(self.folder), environment=environment)
        assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def expect(self, interface: str, text: str) -> None:
        """Declare what must come over an interface: what stands after `expected` there, or a table's lines."""
        head = f"[interfaces.{interface}]\n"
        if text.startswith("="):
            self.text = self.text.replace(head, f"{head}expected {text}\n")
        else:
            self.text += f"[interfaces.{interface}.expected]\n{text}\n"
        self.project(self.text)

    def ingest(self, interface: str, name: str, content: bytes) -> None:
        """Take a file in, as somebody types it, and let it be worked."""
        path = self.folder / name
        path.write_bytes(content)
        self.run("ingest", str(path), "--interface", interface, by="olga", code=None)
        project = self.opened()
        connection = self.office.database.connect(autocommit=True)
        stage = ProcessStage(project.release, project.connector_of, self.office, {}, project.clock)
        while step(stage, connection):
            pass
        connection.close()
        project.close()

    def opened(self) -> OpenProject:
        os.environ["ODOO_KEY"] = self.office.company.key
        return OpenProject(self.folder)

    def tasks(self, period: str) -> dict[str, Any]:
        said = self.run("close", "show", "--period", period, "--json", code=1)
        assert said.startswith("{"), said
        shown = json.loads(said)
        return {t["task"]: t for t in shown["tasks"]}


@pytest.fixture
def site(office: Office, tmp_path: Path) -> Site:
    office.let_in()
    office.grant("olga", "operator")
    return Site(office, tmp_path)


def signed(said: str) -> dict[str, str]:
    """Task to what became of it."""
    return dict(line.split(": ", 1) if not line.startswith("complete: ") else line.rsplit(": ", 1)
                for line in said.splitlines() if ": " in line)  # fmt: skip


def test_december_is_not_signed_in_november(site: Site) -> None:
    (site.folder / "calendar.toml").write_text(CALENDAR.replace("business_day = -3", "business_day = 1"))
    tasks = site.tasks("2026-12")
    assert not [n for n, t in tasks.items() if t["state"] in ("done", "prepared", "signed")]
    for by in ("cora", "carl"):
        said = site.run("close", "sign", "--period", "2026-12", by=by, code=1)
        assert not [x for x in signed(said).values() if x.startswith(("prepared", "signed"))]
        assert "2026-12 ends on 2026-12-31" in said and "2027-01-01" in said
    assert not site.office.database.rows("select 1 from tieout.signature")
    assert site.office.evidence("close.prepared") == 0


def test_a_task_that_is_declared_before_the_end_is_signed_in_its_month_and_not_before(site: Site) -> None:
    (site.folder / "calendar.toml").write_text(CALENDAR)
    words = ("close", "sign", "inventory planned", "inventory counted", "--period", "2026-12")
    said = site.run(*words, by="cora", code=1)
    assert "prepared:" not in said and "begins on 2026-12-01" in said
    site.at("2026-12-01T05:00:00+00:00")
    said = site.run(*words, by="cora", code=1)
    assert "inventory planned: prepared" in said and "inventory counted: not done: 2026-12 ends on" in said
    # Its midnight is the entity's: in New York it is still December.
    site.at("2027-01-01T04:59:00+00:00")
    assert "inventory counted: not done" in site.run(*words, by="carl", code=1)
    site.at("2027-01-01T05:00:00+00:00")
    assert "inventory counted: prepared" in site.run(*words, by="carl")


def test_what_was_signed_too_early_by_an_earlier_release_does_not_stand(site: Site) -> None:
    (site.folder / "calendar.toml").write_text(CALENDAR)
    with site.office.database.transaction() as connection:
        connection.execute(
            "insert into tieout.signature (entity, period, task, digest, prepared_by, prepared_at)"
            " values ('US', '2026-12', 'cases decided', 'x', 'cora', now())"
        )
    # Nor does it keep anybody from preparing it in time: it bears no stamp.
    assert site.tasks("2026-12")["cases decided"]["state"] != "prepared"
    (row,) = site.office.database.rows("select signed_by from tieout.signature where revoked_at is null")
    assert not row["signed_by"]


def test_a_name_that_nobody_has_excludes_nothing(office: Office, tmp_path: Path) -> None:
    """Nobody was let in: a name is nobody's, and the way to have one is said."""
    site = Site(office, tmp_path)
    office.accounts.pop("6000")
    office.journal("J1", "483.00")
    office.work()
    (case,) = office.database.rows("select case_id, amount from tieout.cases where state = 'open'")
    assert case["amount"] == 483
    number = str(case["case_id"])
    for words in (
        ("cases", "exclude", number, "--reason", "x", "--as", "zed"),
        ("cases", "solve", number, "--reason", "x", "--as", "zed"),
        ("cases", "exclude", number, "--reason", "x"),
        ("cases", "decide", "exclude", "--case", number, "--reason", "x", "--as", "zed"),
        ("cases", "decide", "solve", "--case", number, "--reason", "x"),
        ("matches", "accept", "1", "--as", "zed"),
        ("matches", "write-off", "1", "--reason", "x", "--as", "zed"),
        ("lessons", "approve", "1", "--as", "zed"),
        ("close", "sign", "--period", "2026-10", "--as", "zed"),
        ("close", "lock", "--period", "2026-10"),
    ):
        said = " ".join(site.run(*words, code=2).split())
        assert "nobody was let in" in said and "tieout people begin" in said, (words, said)
    assert office.database.rows("select state from tieout.cases")[0]["state"] == "open"
    assert "excluded" not in office.states().values()
    assert office.evidence("document.excluded") == 0 and office.evidence("authority.refused") == 10
    assert not office.database.rows("select 1 from tieout.signature")


def test_a_name_beside_a_key_of_nobody_is_refused_and_in_evidence(site: Site) -> None:
    said = site.run("close", "sign", "--period", "2026-10", "--as", "zed", code=2)
    assert "say who you are" in said
    assert "not zed's" in site.run("close", "sign", "--period", "2026-10", "--as", "zed", by="cora", code=2)
    assert "nobody's" in site.run("close", "sign", "--period", "2026-10", by="zed", code=2).replace("\n", " ")


EURO = "DE02120300000000202051"


def test_nothing_came_is_complete_only_where_somebody_said_that_nothing_had_to(site: Site) -> None:
    """Invented: an October of which nothing came over any interface."""
    for name in ("bank", "payroll", "journals"):
        task = site.tasks("2026-10")[f"complete: {name}"]
        assert task["state"] == "open" and f"nothing came over {name}" in task["why"]
        assert f"interfaces/{name}.toml" in task["why"]
    site.expect("journals", '= "nothing"')
    site.expect("payroll", 'every = "month"\nby_day = 25\nby = "12:00"')
    site.expect("bank", 'every = "banking day"\naccounts = ["DE02120300000000202051"]')
    tasks = site.tasks("2026-10")
    assert tasks["complete: journals"]["state"] == "done"
    assert tasks["complete: journals"]["why"] == "nothing came, and nothing had to"
    assert "nothing came of 2026-10, due 2026-10-25 12:00" in tasks["complete: payroll"]["why"]
    assert "ask the people of payroll" in tasks["complete: payroll"]["why"]
    said = tasks["complete: bank"]["why"]
    assert f"no statement of {EURO} of 2026-10-01, due 2026-10-02" in said and "and 17 more" in said
    assert "ingest FILE --interface bank" in said
    for by in ("cora", "carl"):
        words = ("complete: bank", "complete: payroll")
        assert "prepared" not in site.run("close", "sign", *words, "--period", "2026-10", by=by, code=1)


def test_an_empty_payroll_file_is_no_payroll(site: Site) -> None:
    site.expect("payroll", 'every = "month"')
    head = b"run,number,employee,component,amount,currency\n"
    site.ingest("payroll", "october.csv", head)
    assert "nothing came of 2026-10" in site.tasks("2026-10")["complete: payroll"]["why"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ('expected = "everything"', "a table"),
        ("expected = {}", "every"),
        ('expected = { every = "tuesday" }', "every"),
        ('expected = { every = "month", at_least = 0 }', "at_least"),
        ('expected = { every = "business day", by_day = 3 }', "by_day"),
        ('expected = { every = "month", by_day = 32 }', "by_day"),
        ('expected = { every = "month", by = "noon" }', "by"),
        ('expected = { statements = 2, every = "month" }', "statements"),
        ('expected = { every = "month", except_on = ["2026-10-01"] }', "except_on"),
        ('expected = { every = "month", accounts = "x" }', "accounts"),
        ('expected = { often = "month" }', "often"),
    ],
)
def test_a_declaration_that_says_nothing_is_refused_with_its_line(site: Site, wrong: str, says: str) -> None:
    head = "[interfaces.payroll]\n"
    site.project(site.text.replace(head, f"{head}{wrong}\n"))
    said = site.run("close", "show", "--period", "2026-10", code=2)
    assert says in said and "tieout.toml, line" in said


def statement(day: date, opening: int = 0) -> bytes:
    """A bank's statement of one day on which nothing moved; `opening` in cents."""
    bank = Bank()
    bank.open_account(EURO, "EUR", opening)
    return bank.statement(EURO, day)


def test_statements_reach_the_last_banking_day_or_the_next_one_carries_on(site: Site) -> None:
    """Invented: September of 2026 ends on a Wednesday, and the bank's last statement is of Tuesday the 29th."""
    site.expect("bank", "statements = 1")
    site.ingest("bank", "29.xml", statement(date(2026, 9, 29)))
    tasks = site.tasks("2026-09")
    assert tasks["complete: bank"]["state"] == "done" and tasks["bank reconciled"]["state"] != "done"
    said = tasks["bank reconciled"]["why"]
    assert f"{EURO} EUR: its statements end on 2026-09-29, and the last banking day is 2026-09-30" in said
    assert "ingest FILE --interface bank" in said and "must open with 0" in said
    assert "not done" in site.run(
        "close", "sign", "bank reconciled", "--period", "2026-09", by="cora", code=1
    )
    # What comes after it and carries on proves that nothing moved between.
    site.ingest("bank", "02.xml", statement(date(2026, 10, 2)))
    assert "as the bank has it" in site.tasks("2026-09")["bank reconciled"]["why"]
    assert "prepared" in site.run("close", "sign", "bank reconciled", "--period", "2026-09", by="cora")


def test_a_next_statement_that_opens_with_another_balance_proves_nothing(site: Site) -> None:
    site.ingest("bank", "29.xml", statement(date(2026, 9, 29)))
    site.ingest("bank", "02.xml", statement(date(2026, 10, 2), opening=500))
    said = site.tasks("2026-09")["bank reconciled"]["why"]
    assert "opens with 5.00" in said and "not with 0.00" in said and "2026-09-30" in said


def test_the_last_banking_day_is_the_banks_and_not_the_entitys(site: Site) -> None:
    """May of 2026 ends on a Sunday. On 31 December TARGET is open, whatever the entity does; a project that says whose
    days hold is believed."""
    for name, day in (("may.xml", date(2026, 5, 29)), ("dec.xml", date(2026, 12, 30))):
        site.ingest("bank", name, statement(day))
    site.at("2027-01-20T12:00:00+00:00")
    assert "as the bank has it" in site.tasks("2026-05")["bank reconciled"]["why"]
    assert "the last banking day is 2026-12-31" in site.tasks("2026-12")["bank reconciled"]["why"]
    # A market that keeps 31 December free.
    (site.folder / "calendar.toml").write_text('[entities.US]\nbanking = { EUR = "PH" }\n')
    assert "as the bank has it" in site.tasks("2026-12")["bank reconciled"]["why"]
    (site.folder / "calendar.toml").write_text('[entities.US]\nbanking = { EUR = "XX" }\n')
    assert "no holidays are known" in site.run("close", "show", "--period", "2026-12", code=2)


def test_what_was_edited_since_it_was_read_back_last_is_not_signed(site: Site) -> None:
    """Somebody changes an amount of an entry of ours in the ledger, a minute after the hourly look: the close reads anew."""
    office = site.office
    office.policies = ()
    office.journal("A1", "1200.00")
    office.work()
    assert office.states() == {"A1": "posted"}
    context = {"allowed_company_ids": [office.company.id]}
    domain = [["ref", "=", "A1"], ["company_id", "=", office.company.id]]
    (move,) = office.admin.call("account.move", "search", domain=domain, context=context)
    words = ("complete: journals", "ledger is ours")
    said = site.tasks("2026-10")["complete: journals"]["why"]
    assert "the ledger read back at 2026-11-09 10:00" in said
    assert site.tasks("2026-10")["ledger is ours"]["why"].startswith("every entry has a source")
    lines = office.admin.call(
        "account.move.line", "search_read", domain=[["move_id", "=", move]], fields=["debit"], context=context
    )
    site.at("2026-11-09T15:01:00+00:00")
    office.admin.call("account.move", "button_draft", ids=[move], context=context)
    changes = [[1, x["id"], {"debit": 1100} if x["debit"] else {"credit": 1100}] for x in lines]
    office.admin.call("account.move", "write", ids=[move], vals={"line_ids": changes}, context=context)
    office.admin.call("account.move", "action_post", ids=[move], context=context)
    said = site.run("close", "sign", *words, "--period", "2026-10", by="cora", code=1)
    assert "1 entries were changed in the ledger" in said and "ledger is ours: prepared" not in said
    (case,) = [c for c in office.cases() if c[0] == "changed_in_ledger"]
    amounts = office.database.rows("select amount from tieout.cases where cause = 'changed_in_ledger'")
    assert case[1] == "A1" and [r["amount"] for r in amounts] == [100]


def test_a_fresh_project_lets_nobody_leave_out_or_write_off_alone(site: Site, tmp_path: Path) -> None:
    """What `tieout init` writes: one person excludes 483.00, and it waits for another one's approval."""
    made = tmp_path / "made"
    done = run_tieout("init", str(made), "--country", "DE")
    assert done.returncode == 0
    (site.folder / "rules").mkdir()
    (site.folder / "rules" / "approvals.toml").write_text((made / "rules" / "approvals.toml").read_text())
    site.office.accounts.pop("6000")
    site.office.policies = ()
    site.office.journal("J1", "483.00")
    site.office.work()
    (case,) = site.office.database.rows("select case_id from tieout.cases where state = 'open'")
    said = site.run("cases", "exclude", str(case["case_id"]), "--reason", "x", by="olga")
    assert "its exclusion waits for an approval" in said
    assert "excluded" not in site.office.states().values()
    rules = tomllib.loads((made / "calendar.toml").read_text())["entities"]["MAIN"]
    assert (rules["sign_role"], rules["case_limit"], rules["market"]) == ("controller", "0.00", "XECB")
    options = tomllib.loads((made / "interfaces" / "reconciliation.toml").read_text())["options"]
    assert options["write_off_limit"] == "0.00"
