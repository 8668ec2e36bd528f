"""Tieout as it is used every day: a project, `check`, `up`, signed webhooks, files, commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.commands import run_tieout
from tieout.operations.open_project import OpenProject
from tieout.security import new_key
from tieout_sandbox import World, write_project
from tieout_sandbox.company import Administrator
from tieout_sandbox.couriers import Courier
from tieout_sandbox.people import ADMINISTRATORS, let_in
from tieout_sandbox.ports import free_port
from tieout_sandbox.simulators.bankfile import BankLine
from tieout_sandbox.world import IBAN_USD

pytestmark = pytest.mark.long

START = datetime(2026, 10, 5, 14, tzinfo=UTC)


# Who is let in once Tieout is up, beside two administrators: a name alone decides nothing.
PEOPLE = (("anna", "controller", ""), ("bob", "controller", ""), ("ada", "controller", ""), ("otto", "operator", ""),
          ("vera", "viewer", ""))  # fmt: skip


def tieout(*arguments: str, folder: Path | None = None, by: str = "") -> subprocess.CompletedProcess[str]:
    """`by` is whose key is held."""
    environment = dict(os.environ)
    if by:
        assert folder is not None
        environment["TIEOUT_KEY_FILE"] = str(folder.parent / f"{by}.key")
    where = ("--dir", str(folder)) if folder is not None else ()
    return run_tieout(*arguments, *where, environment=environment)


class Running:
    """A sandbox, a project against it, and `tieout up` on it."""

    def __init__(self, root: Path) -> None:
        self.world = World(root / "outside", seed=3, start=START)
        self.world.start()
        self.admin = Administrator(
            self.world.url("odoo"), self.world.odoo.database, self.world.odoo.service.make_key(2)
        )
        company = self.admin.set_up("Daily Ltd", START.date())
        self.port, self.project = free_port(), root / "project"
        write_project(self.project, self.world, company, self.port)
        self.courier = Courier(self.world, f"http://127.0.0.1:{self.port}")
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tieout", "up", "--dir", str(self.project)], stderr=subprocess.DEVNULL
        )
        self.wait(lambda: httpx2.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200)
        if not (self.project.parent / "vera.key").exists():
            names = (*ADMINISTRATORS, *(p[0] for p in PEOPLE))
            keys = {name: new_key() for name in names}
            project = OpenProject(self.project)
            let_in(project, PEOPLE, keys)
            project.close()
            for name, key in keys.items():
                (self.project.parent / f"{name}.key").write_text(key)

    def wait(self, condition: Any, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except httpx2.HTTPError:
                pass
            time.sleep(0.1)
        state = json.dumps(self.status(), indent=1, default=str)
        log = (self.project / ".tieout" / "worker.log").read_text()[-3000:]
        pytest.fail(f"it did not come about in time\n{state}\n{log}")

    def status(self) -> dict[str, Any]:
        key = (self.project.parent / "vera.key").read_text()
        headers = {"authorization": f"Bearer {key}"}
        return dict(httpx2.get(f"http://127.0.0.1:{self.port}/status", headers=headers).json())

    def drop(self, name: str, content: bytes) -> None:
        """Put a bank's file into the watched folder, whole."""
        partial = self.world.statements / f"{name}.part"
        partial.write_bytes(content)
        partial.rename(self.world.statements / name)

    def posted(self, interface: str) -> int:
        return next(f["posted"] for f in self.status()["flows"] if f["interface"] == interface)

    def down(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        self.world.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    site = Running(tmp_path_factory.mktemp("daily"))
    yield site
    site.down()


def test_check_says_that_everything_works(running: Running) -> None:
    done = tieout("check", "--json", folder=running.project)
    found = {row["system"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Odoo 19.0, company Daily Ltd" in found["odoo"]["detail"]
    assert set(found) >= {"odoo", "stripe", "shop_us", "salesforce", "mail", "events", "bank"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("database = \"meridian\"", "database = \"other\"", "check url, database and version"),
        ("key = \"file:secrets/odoo_key\"", "key = \"file:secrets/events\"", "refuses the key"),
    ],
)  # fmt: skip
def test_a_wrong_odoo_is_told_with_what_to_do(
    running: Running, tmp_path: Path, old: str, new: str, says: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(running.project, copy, ignore=shutil.ignore_patterns(".tieout"))
    path = copy / "tieout.toml"
    path.write_text(path.read_text().replace(old, new).replace('"../outside', f'"{running.world.folder}'))
    done = tieout("check", folder=copy)
    assert done.returncode == 3 and says in done.stdout, done.stdout + done.stderr


def test_another_database_than_the_pinned_one_is_refused(running: Running) -> None:
    partners = running.world.odoo.service.world.table("res.partner")
    marker = next(p for p in partners.values() if str(p["name"]).startswith("Tieout marker"))
    mine, marker["ref"] = marker["ref"], "production:Somebody else"
    done = tieout("check", folder=running.project)
    marker["ref"] = mine
    assert done.returncode == 3, done.stdout + done.stderr
    assert "it is another database" in (done.stdout + done.stderr).replace("\n", " ")
    assert tieout("check", folder=running.project).returncode == 0


def test_up_takes_a_signed_webhook_and_posts_the_order_and_its_payment(running: Running) -> None:
    running.up()
    shop, at = running.world.shops["shop_us"], START - timedelta(minutes=5)
    tax = {"title": "State Tax", "rate": "0.15", "amount": Decimal("15.00")}
    order = shop.place(
        number="US-1", at=at, customer={"id": "1", "name": "Ada", "email": "ada@example.com"},
        lines=[{"name": "Valve", "quantity": 1, "price": Decimal("100.00"), "taxes": [tax]}],
        shipping=Decimal(0), shipping_tax=[], total=Decimal("115.00"), included=False,
    )  # fmt: skip
    row = running.world.stripe.charge(11500, "USD", 364, at, {"order_id": order["id"].rpartition("/")[2]})
    running.courier.carry()
    assert running.courier.answers.get(200, 0) >= 3
    table = running.world.odoo.service.world.table
    running.wait(lambda: running.posted("stripe") == 1)
    # Paid and not delivered: a deposit, and no invoice yet.
    assert running.posted("shop_us") == 0
    assert not [m for m in table("account.move").values() if m["ref"] == "US-1"]
    shop.fulfil(order, at + timedelta(minutes=1))
    running.courier.carry()
    # The order, and its delivery.
    running.wait(lambda: running.posted("shop_us") == 2)
    move = next(m for m in table("account.move").values() if m["ref"] == "US-1")
    running.wait(lambda: move["payment_state"] == "paid")
    assert (move["state"], move["amount_total"], move["amount_tax"]) == (
        "posted",
        Decimal("115.00"),
        Decimal("15.00"),
    )
    assert row["net"] == 11136


def test_a_file_in_the_watched_folder_is_posted_once_under_any_name(running: Running) -> None:
    bank = running.world.bank
    bank.book(IBAN_USD, BankLine(START.date(), -1500, remittance="Fee", code=("ACMT", "MDOP", "CHRG")))
    raw = bank.statement(IBAN_USD, START.date())
    half = running.world.statements / "a.xml.part"
    half.write_bytes(raw[:400])

    def waiting() -> list[str]:
        done = tieout("status", "--json", folder=running.project)
        return [f["name"] for f in json.loads(done.stdout)["files_waiting"]]

    running.wait(lambda: waiting() == ["a.xml.part"])
    assert running.posted("bank") == 0 and running.status()["files"][0]["interface"] == "bank"
    half.write_bytes(raw)
    half.rename(running.world.statements / "a.xml")
    running.wait(lambda: running.posted("bank") == 2)
    running.wait(lambda: waiting() == [])
    running.drop("b.xml", raw)
    running.wait(lambda: (running.world.statements / "taken" / "b.xml").exists())
    path = running.project.parent / "c.xml"
    path.write_bytes(raw)
    done = tieout("ingest", str(path), "--interface", "bank", folder=running.project, by="otto")
    assert done.returncode == 0 and "no second effect" in done.stdout
    assert running.posted("bank") == 2
    lines = running.world.odoo.service.world.table("account.bank.statement.line").values()
    assert sum(1 for x in lines if x["amount"] == Decimal("-15.00")) == 1


def test_an_unreadable_file_is_a_case_and_kept(running: Running) -> None:
    running.drop("broken.xml", b"no statement")
    running.wait(lambda: (running.world.statements / "refused" / "broken.xml").exists())
    running.wait(lambda: "unreadable_file" in {c["cause"] for c in running.status()["cases"]})
    done = tieout("cases", "list", "--json", folder=running.project)
    case = next(c for c in json.loads(done.stdout) if c["cause"] == "unreadable_file")
    assert done.returncode == 1
    done = tieout(
        "cases", "solve", str(case["case_id"]), "--reason", "was a test", folder=running.project, by="anna"
    )
    assert done.returncode == 0
    assert (
        tieout("cases", "solve", "99999", "--reason", "x", folder=running.project, by="anna").returncode == 2
    )


def test_a_mapping_that_is_added_frees_what_waited_for_it(running: Running) -> None:
    shop, at = running.world.shops["shop_us"], START - timedelta(minutes=2)
    tax = {"title": "City Levy", "rate": "0.03", "amount": Decimal("3.00")}
    order = shop.place(
        number="US-2", at=at, customer={"id": "1", "name": "Ada", "email": "ada@example.com"},
        lines=[{"name": "Valve", "quantity": 1, "price": Decimal("100.00"), "taxes": [tax]}],
        shipping=Decimal(0), shipping_tax=[], total=Decimal("103.00"), included=False,
    )  # fmt: skip
    shop.fulfil(order, at)
    running.courier.carry()
    running.wait(lambda: "unknown_tax" in {c["cause"] for c in running.status()["cases"]})
    told = json.loads(tieout("cases", "list", "--json", folder=running.project).stdout)
    case = next(c for c in told if c["cause"] == "unknown_tax")
    done = tieout(
        "cases", "solve", str(case["case_id"]), "--reason", "let it be", folder=running.project, by="anna"
    )
    assert done.returncode == 2 and "booked nowhere" in " ".join(done.stderr.split()), done.stderr
    path = running.project / "mappings" / "taxes.csv"
    path.write_text(path.read_text() + "City Levy 3%,0% Exports,,\n")
    time.sleep(2.2)
    done = tieout("replay", "--cause", "unknown_tax", folder=running.project, by="anna")
    assert "1 documents and effects" in done.stdout, done.stdout + done.stderr
    running.wait(lambda: running.posted("shop_us") == 4)
    assert "unknown_tax" not in {c["cause"] for c in running.status()["cases"]}


def test_the_tie_out_status_and_evidence_of_a_running_project(running: Running, tmp_path: Path) -> None:
    done = tieout("tieout", "--period", "2026-10", "--json", folder=running.project)
    answer = json.loads(done.stdout)
    rows = {r["interface"]: r for r in answer["tieout"]}
    stated = [r for r in answer["ledger"] if r["source"] is not None]
    assert stated and all((r["difference"], r["others"]) == ("0.00", "0.00") for r in stated)
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows["shop_us"]["residual"] == {"net": "0.00", "count": 0, "debit": "0.00", "credit": "0.00"}
    assert rows["bank"]["proven"] and rows["stripe"]["proven"]
    assert tieout("status", folder=running.project).returncode in (0, 1)
    pack = tmp_path / "pack.zip"
    for _ in range(20):
        assert tieout("evidence", "export", str(pack), folder=running.project).returncode == 0
        done = tieout("verify", str(pack))
        if done.returncode == 0:
            break
        time.sleep(0.3)
    assert re.search(r"\d+ entries verified", done.stdout), done.stdout


def own_invoice(running: Running, ref: str, amount: float, partner: str) -> int:
    """An invoice that the company wrote in Odoo itself."""
    company = next(
        c["id"]
        for c in running.world.odoo.service.world.table("res.company").values()
        if c["name"] == "Daily Ltd"
    )
    context = {"allowed_company_ids": [company]}
    (who,) = running.admin.call("res.partner", "create", vals_list=[{"name": partner}])
    line = {"name": "Work", "quantity": 1, "price_unit": amount, "tax_ids": [[6, 0, []]]}
    values = {"move_type": "out_invoice", "partner_id": who, "invoice_date": "2026-10-01", "ref": ref,
              "invoice_line_ids": [[0, 0, line]]}  # fmt: skip
    (move,) = running.admin.call("account.move", "create", vals_list=[values], context=context)
    running.admin.call("account.move", "action_post", ids=[move], context=context)
    return int(move)


def from_bank(running: Running, name: str, *lines: BankLine) -> None:
    for line in lines:
        running.world.bank.book(IBAN_USD, line)
    before = running.posted("bank")
    running.drop(f"{name}.xml", running.world.bank.statement(IBAN_USD, lines[0].on))
    running.wait(lambda: running.posted("bank") > before or "unmatched_bank_line" in open_causes(running))


def open_causes(running: Running) -> set[str]:
    return {c["cause"] for c in running.status()["cases"]}


def test_reconciling_applies_what_is_sure_and_lists_what_is_not(running: Running) -> None:
    sure, asked = (
        own_invoice(running, *x) for x in (("OWN-10017", 321.0, "Oak & Sons"), ("OWN-10028", 77.1, "Fir"))
    )
    moves = running.world.odoo.service.world.table("account.move")
    day = START.date() + timedelta(days=1)
    from_bank(
        running, "r1",
        BankLine(day, 32100, counterparty="OAK SONS", remittance="OWN-10017"),
        BankLine(day, 7710, counterparty="Tannen", remittance="thanks"),
    )  # fmt: skip
    running.wait(lambda: "unmatched_bank_line" in open_causes(running))
    arguments = ("reconcile", "--entity", "US", "--period", "2026-10", "--json")
    told = json.loads(tieout(*arguments, "--dry-run", folder=running.project).stdout)
    assert [m["due"][0]["number"] for m in told["applied"]] == ["OWN-10017"] and told["dry_run"]
    assert moves[sure]["payment_state"] == "not_paid"
    nobody = tieout(*arguments, folder=running.project)
    assert nobody.returncode == 2 and "say who you are" in nobody.stderr
    done = tieout(*arguments, folder=running.project, by="otto")
    assert done.returncode == 1 and json.loads(done.stdout)["suggested"] == 1, done.stdout + done.stderr
    running.wait(lambda: moves[sure]["payment_state"] == "paid")
    (row,) = json.loads(tieout("matches", "list", "--json", folder=running.project).stdout)
    assert row["rule"] == "amount alone" and row["cash"][0]["party"] == "Tannen"
    number = str(row["suggestion"])
    refused = tieout("matches", "accept", number, "--as", "anna", folder=running.project)
    assert refused.returncode == 2 and "say who you are" in refused.stderr
    assert tieout("matches", "accept", number, folder=running.project, by="anna").returncode == 0
    running.wait(lambda: moves[asked]["payment_state"] == "paid")
    running.wait(lambda: "unmatched_bank_line" not in open_causes(running))
    again = tieout("matches", "accept", number, folder=running.project, by="anna")
    assert again.returncode == 2 and f"suggestion {number} is accepted" in again.stderr
    (lesson,) = json.loads(tieout("lessons", "list", "--json", folder=running.project).stdout)
    assert lesson["sentence"] == "TANNEN is Fir"
    own = tieout("lessons", "approve", str(lesson["lesson_id"]), folder=running.project, by="anna")
    assert own.returncode == 2 and "somebody else approves" in own.stderr
    assert tieout("lessons", "approve", "1", "--as", "bob", folder=running.project, by="bob").returncode == 0
    found = json.loads(tieout("matches", "applied", "--json", folder=running.project).stdout)
    assert {(m["decided_by"], m["state"]) for m in found} == {
        ("policy: automatic", "posted"),
        ("anna", "posted"),
    }
    match = next(m["match"] for m in found if m["decided_by"] == "anna")
    undo = ("matches", "undo", match, "--reason", "it was another Fir")
    assert tieout(*undo, folder=running.project, by="bob").returncode == 0
    running.wait(lambda: moves[asked]["payment_state"] == "not_paid")
    assert tieout("reconcile", "--period", "2026-10", folder=running.project, by="otto").returncode == 1
    assert moves[asked]["payment_state"] == "not_paid"


def test_clearing_is_explained_at_any_date(running: Running) -> None:
    done = tieout("clearing", "--as-of", "2026-10-31", "--json", folder=running.project)
    (row,) = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (row["provider"], row["difference"], row["unexplained"]) == ("stripe", "0.00", "0.00")
    assert [i["category"] for i in row["items"]] == ["charge"] and Decimal(row["in_ledger"]) == Decimal(
        "111.36"
    )
    assert "0-1 d" in tieout("clearing", "--items", folder=running.project).stdout
    assert tieout("clearing", "--as-of", "yesterday", folder=running.project).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["reconcile", "--entity", "DE"], "there are US"),
        (["reconcile", "--period", "2026-13"], "2026-13"),
        (["reconcile", "--until", "soon"], "soon"),
        (["reconcile", "--until", "2026-10-31", "--period", "2026-10"], "one of them"),
        (["matches", "accept", "999"], "no suggestion 999"),
        (["matches", "undo", "match:nothing", "--reason", "x"], "no match 'match:nothing'"),
        (["matches", "join", "999999"], "line 999999 is not open"),
        (["matches", "book", "999999", "--account", "bank_fees"], "line 999999 is not open"),
        (["lessons", "approve", "99"], "no lesson 99"),
        (["payouts", "--entity", "DE"], "--entity DE: there are US"),
        (["cases", "list", "--entity", "DE"], "--entity DE: there are US"),
        (["cases", "groups", "--interface", "shop"], "--interface shop: there are "),
        (
            ["cases", "list", "--period", "2026-13"],
            "--period 2026-13: '2026-13' is no period, such as 2026-10",
        ),
        (["cases", "list", "--cause", "unknown_taxes"], "there is no such cause: did you mean unknown_tax"),
        (["cases", "decide", "solve", "--entity", "DE", "--reason", "x"], "--entity DE: there are US"),
        (["replay", "--cause", "qqqq"], "--cause qqqq: there is no such cause: docs/CASES.md lists them all"),
        (["matches", "list", "--entity", "DE"], "--entity DE: there are US"),
        (["lessons", "list", "--entity", "DE"], "--entity DE: there are US"),
        (["approvals", "list", "--entity", "DE"], "--entity DE: there are US"),
    ],
)
def test_a_decision_that_cannot_be_taken_says_why(running: Running, arguments: list[str], says: str) -> None:
    done = tieout(*arguments, folder=running.project, by="anna")
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_a_month_is_shown_signed_and_extracted(running: Running, tmp_path: Path) -> None:
    shown = tieout("close", "show", "--period", "2026-10", "--json", folder=running.project)
    state = json.loads(shown.stdout)
    assert shown.returncode == 1 and not state["closed"] and state["critical_path"][-1] == "close"
    tasks = {x["task"]: x for x in state["tasks"]}
    assert {"complete: shop_us", "bank reconciled", "ledger is ours", "close"} <= tasks.keys()
    assert not [name for name, x in tasks.items() if x["state"] == "done"]
    early = tieout("close", "sign", "--period", "2026-10", folder=running.project, by="ada")
    assert early.returncode == 1 and "to be signed from 2026-11-01 on" in early.stdout
    words = ("close", "sign", "complete: crm_accounts", "--period", "2026-09")
    unseen = tieout(*words, folder=running.project, by="ada")
    assert unseen.returncode == 1 and "nobody looked at its figures" in unseen.stdout
    tieout("close", "show", "--period", "2026-09", folder=running.project)
    signed = tieout(*words, folder=running.project, by="ada")
    assert signed.returncode == 0 and "somebody else signs it" in signed.stdout
    again = tieout(*words, folder=running.project, by="ada")
    assert again.returncode == 1 and "you prepared it" in again.stdout
    cash = json.loads(tieout("cash", "--json", folder=running.project).stdout)
    assert {row["kind"] for row in cash} >= {"at a provider"}
    made = tieout("extract", "--period", "2026-10", "--out", str(tmp_path), "--json", folder=running.project)
    manifest = json.loads(made.stdout)
    assert made.returncode == 1 and manifest["closed_at"] == "" and manifest["rows"]["journal_items"] > 0
    assert (tmp_path / "US" / "2026-10" / "journal_items.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("close", "show", "--period", "October"), "no period"),
        (("close", "sign", "nothing", "--period", "2026-10"), "no task of this close"),
        (("close", "runbook", "nothing"), "no interface is named"),
        (("payments", "list"), "no interface pays for US"),
        (("payments", "propose"), "no interface pays for US"),
        (("accruals", "--period", "2026-10"), "no interface accrues for US"),
        (("revalue", "--period", "2026-10", "--entity", "XX"), "XX"),
        (("extract", "--period", "2026-10"), "say where it goes"),
        (("extract", "--period", "2026-10", "--postgres", "postgres://x"), "env:NAME"),
        (("cash", "--as-of", "yesterday"), "a day such as"),
    ],
)
def test_what_cannot_be_closed_paid_or_extracted_says_why(
    running: Running, arguments: tuple[str, ...], says: str
) -> None:
    by = "otto" if arguments[0] == "payments" else "ada"
    done = tieout(*arguments, folder=running.project, by=by)
    assert done.returncode == 2 and says in done.stderr, done.stdout + done.stderr


def test_backup_while_it_runs(running: Running, tmp_path: Path) -> None:
    done = tieout("backup", str(tmp_path / "dump"), folder=running.project)
    assert done.returncode == 0 and "keys" in done.stdout
    assert (tmp_path / "dump").stat().st_size > 10_000


def workers_of(pid: int) -> set[int]:
    """The worker processes below `pid`, whichever of its threads started them."""
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.add(int(child))
    return found


def test_what_dies_is_started_again(running: Running) -> None:
    assert running.process is not None
    pid = running.process.pid
    (victim,) = workers_of(pid)
    os.kill(victim, signal.SIGKILL)
    running.wait(lambda: workers_of(pid) - {victim})
    assert running.status()["backlog"] is not None


# Wrong usage


def test_init_makes_a_project_that_check_explains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Other files of the same worker give their projects a key of that name.
    monkeypatch.delenv("ODOO_KEY", raising=False)
    assert tieout("init", str(tmp_path / "p"), "--files").returncode == 0
    assert tieout("init", str(tmp_path / "p")).returncode == 2
    done = tieout("check", folder=tmp_path / "p")
    assert done.returncode == 2
    assert re.search(r"tieout\.toml, line \d+: the environment has no ODOO_KEY", done.stderr), done.stderr


def test_a_project_that_is_to_be_set_up_in_the_browser_is_whole(tmp_path: Path) -> None:
    made = tieout("init", str(tmp_path / "p"), "--name", 'Müller "GmbH"', "--environment", "production")
    assert made.returncode == 0 and "tieout up --dir" in made.stdout, made.stderr
    done = tieout("check", folder=tmp_path / "p")
    assert done.returncode == 0, done.stderr
    assert "no entity is declared yet: `tieout up` leads through it in the browser" in done.stdout
    wrong = tieout("init", str(tmp_path / "q"), "--environment", 'x"y')
    assert wrong.returncode == 2 and "test or production" in wrong.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("tieout.toml", "currency =", "curency =", r"tieout\.toml, line \d+: unknown key 'curency'.*did you mean 'currency'"),
        ("tieout.toml", 'time_zone = "Europe/Berlin"', 'time_zone = "Europe/Berln"', r"line \d+: no time zone"),
        ("tieout.toml", 'ledger = "odoo"', 'ledger = "oddo"', r"line \d+: no system is named 'oddo'"),
        ("tieout.toml", 'connector = "stripe"', 'connector = "strip"', r"line \d+: no connector is named"),
        ("tieout.toml", 'key = "env:STRIPE_KEY"', 'key = "sk_live_1"', r"is a secret: name it as env:NAME or file:PATH"),
        ("tieout.toml", "[project]", "[project", r"tieout\.toml: .*line 2"),
        ("interfaces/bank.toml", 'late_events = "first_open"', 'late_events = "maybe"', r"bank\.toml, line \d+: 'maybe' is no policy"),
        ("interfaces/bank.toml", "[options.bank_codes]", "[options.bank_cods]", r"bank\.toml, line \d+: unknown key 'bank_cods'.*did you mean 'bank_codes'"),
        ("interfaces/bank.toml", "[options.bank_codes]", '[options]\ncustomer_payments = "register"\n[options.bank_codes]',
         r"bank\.toml, line \d+: 'register' is no customer_payments; expected one of: matched, registered"),
        ("interfaces/bank.toml", "[options.bank_codes]", '[options]\norder_pattern = "SO-("\n[options.bank_codes]',
         r"bank\.toml, line \d+: 'SO-\(' is no regular expression"),
        ("interfaces/stripe.toml", 'system = "stripe"', 'options.fees = { charge = "reverse-charge 19" }\nsystem = "stripe"',
         r"stripe\.toml, line \d+: charge = 'reverse-charge 19' is not of fees: how withheld fees are taxed"),
        ("interfaces/reconciliation.toml", "06:30", "24:00", r"reconciliation\.toml, line \d+: '24:00' is no daily_at: when it is reconciled"),
        ("interfaces/reconciliation.toml", '"0.00"', '"five"', r"reconciliation\.toml, line \d+: 'five' is no write_off_limit: up to which"),
        ("interfaces/reconciliation.toml", "[options]", '[options]\nrules = "rules/none.toml"', r"reconciliation\.toml, line \d+: rules/none\.toml cannot be read"),
        ("tieout.toml", "[watch]", '[fetch]\nbank = "stripe"\n[watch]', r"tieout\.toml, line \d+: 'stripe' is no system that files are fetched from"),
        ("mappings/accounts.csv", "receivable,121000,,", "receivable,121000,2026-13-01,", r"accounts\.csv, line 2: dates are written"),
        ("mappings/accounts.csv", "key,value", "ky,value", r"accounts\.csv, line 1: the header"),
        ("mappings/taxes.csv", "key,value,valid_from,valid_to\n", "key,value,valid_from,valid_to\na,b,,\na,c,,\n", r"line 3: 'a' is mapped twice"),
    ],
)  # fmt: skip
def test_a_typo_is_told_with_file_line_and_what_was_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str, says: str
) -> None:
    for name in ("ODOO_KEY", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRETS"):
        monkeypatch.setenv(name, "x")
    tieout("init", str(tmp_path / "p"), "--files")
    path = tmp_path / "p" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    done = tieout("status", folder=tmp_path / "p")
    assert done.returncode == 2
    assert re.search(says, done.stderr.replace("\n", " ")), done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["demo", "--faults", "some"], ["demo", "--scenario", "x"], ["demo", "--orders", "0"],
     ["verify", "/nowhere.zip"], ["tieout"], ["nothing"], ["matches", "accept", "1"], ["matches", "reject", "1", "--as", "x"]],
)  # fmt: skip
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert tieout(*arguments).returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["run", "bank"], ["tieout", "--period", "2026-10"], ["ingest", __file__, "--interface", "bank"],
     ["cases", "list"], ["replay"], ["backup", "x.dump"], ["reconcile"], ["clearing"], ["matches", "list"],
     ["lessons", "list"], ["matches", "accept", "1", "--as", "x"], ["evidence", "export", "x.zip"], ["worker"], ["serve"]],
)  # fmt: skip
def test_without_a_running_database_every_command_says_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    for name in ("ODOO_KEY", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRETS"):
        monkeypatch.setenv(name, "x")
    tieout("init", str(tmp_path / "p"), "--files")
    done = tieout(*arguments, folder=tmp_path / "p")
    assert done.returncode == 3 and "`tieout up`" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
