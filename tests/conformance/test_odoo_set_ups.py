"""Whatever is set up wrong is named by `check` before anything is posted, with what to do: over real HTTP, by the very function
that the command line and the browser ask."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conformance.odoo_set_ups import WRONG, Case, Wrong
from tests.conformance.test_odoo_versions import NOW, Books
from tieout.connector_api import ConnectorError, SetupError
from tieout.connectors.odoo.transports import READING
from tieout.connectors.odoo.versions import V18, V19, V20, Differences
from tieout.operations.curing import MissingRow, row_choices
from tieout.operations.open_project import OpenProject
from tieout.operations.set_ups import look_up_rows
from tieout.operations.systems import check_system, try_system
from tieout.rules import MappingRow

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
PROJECT = """[project]
name = "P"
environment = "{environment}"
[clock]
file = "clock"
[entities.US]
currency = "{currency}"
time_zone = "UTC"
ledger = "odoo"
[systems.odoo]
connector = "odoo"
{settings}
[telling]
private = ["127.0.0.0/8"]
[systems.shop]
connector = "shopify"
url = "http://127.0.0.1:1"
token = "env:ODOO_KEY"
webhook_secrets = "env:ODOO_KEY"
"""


@contextmanager
def case_of(played: Differences) -> Iterator[Case]:
    books = Books(played)
    try:
        settings = {
            "url": books.url,
            "database": "books",
            "company": str(books.company.id),
            "key": books.company.key,
        }
        if played is V18:
            settings["login"] = books.company.login
        yield Case(books, settings)
    finally:
        books.session.close()
        books.serving.stop()


def project_of(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> OpenProject:
    monkeypatch.setenv("ODOO_KEY", case.settings["key"])
    given = {**case.settings, "key": "env:ODOO_KEY"}
    lines = "\n".join(f'{name} = "{value}"' for name, value in given.items())
    (folder / "tieout.toml").write_text(
        PROJECT.format(currency=case.currency, settings=lines, environment=case.environment)
    )
    (folder / "clock").write_text(NOW.isoformat())
    for name in ("interfaces", "mappings"):
        (folder / name).mkdir()
    (folder / "interfaces" / "shop.toml").write_text(
        'system = "shop"\nentity = "US"\nstreams = ["orders"]\nprocess = "order to cash"\n'
    )
    if case.registers:
        (folder / "interfaces" / "bank.toml").write_text(
            'system = "bank"\nentity = "US"\nstreams = ["statements"]\nprocess = "treasury"\n[options]\ncustomer_payments = "registered"\n'
        )
        with (folder / "tieout.toml").open("a") as file:
            file.write('[systems.bank]\nconnector = "bankfile"\n')
    tables = {
        "accounts": case.accounts,
        "journals": case.journals,
        "taxes": case.taxes,
        "dimensions": case.dimensions,
    }
    for name, rows in tables.items():
        text = "key,value\n" + "".join(f"{key},{value}\n" for key, value in rows.items())
        (folder / "mappings" / f"{name}.csv").write_text(text)
    return OpenProject(folder)


def nothing_was_changed(case: Case) -> bool:
    """Of all that was asked since nothing but readings."""
    called = set()
    for path, body in case.books.odoo.asked:
        if path.startswith("/json/2/"):
            called.add(path.rpartition("/")[2])
        elif path == "/jsonrpc":
            arguments = body["params"]["args"]
            called.add(arguments[4] if body["params"]["service"] == "object" else body["params"]["method"])
    return called <= READING


@pytest.mark.parametrize("each", WRONG, ids=lambda w: w.name)
def test_what_is_set_up_wrong_is_named_with_what_to_do(
    each: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with case_of(each.played) as case:
        each.make(case)
        project = project_of(case, tmp_path, monkeypatch)
        case.books.odoo.asked.clear()
        try:
            steps = check_system(project, "odoo")
        finally:
            project.close()
        told = [f"{step}: {said}" for step, works, said in steps if works == each.warns]
        assert any(re.search(".*".join(each.says), text) for text in told), steps
        assert nothing_was_changed(case)


@pytest.mark.parametrize("played", [V18, V19, V20], ids=lambda p: p.series)
def test_what_is_set_up_well_is_found_so(
    played: Differences, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with case_of(played) as case:
        project = project_of(case, tmp_path, monkeypatch)
        case.books.odoo.asked.clear()
        try:
            steps = check_system(project, "odoo")
            given = {**case.settings}
            tried = try_system(project, "odoo", "odoo", given)
        finally:
            project.close()
        assert all(works for _, works, _ in steps), steps
        # The browser's form, before anything is kept, asks the same.
        asked = [step for step, _, _ in tried if step != "address"]
        assert asked == [step for step, _, _ in steps] and ("keeps the entity's currency" in asked)
        assert nothing_was_changed(case)


def test_the_page_names_each_of_them() -> None:
    """docs/ODOO.md has a row for each wrong set-up, in order, with what is to be done."""
    page = (ROOT / "docs" / "ODOO.md").read_text()
    part = page.split("## Wrong set-ups")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in part.splitlines() if line.startswith("| ")][1:]
    assert [row[0].removeprefix("| ") for row in rows] == [w.name for w in WRONG]
    assert all(len(row) == 3 and len(row[1]) >= 5 for row in rows) and len(rows) >= 30


@pytest.mark.parametrize(
    ("table", "key", "typed", "near"),
    [
        ("accounts", "revenue.goods", "40000", "400000 "),
        ("accounts", "revenue.goods", "400O00", "400000 "),
        ("ledger_accounts", "4000", "400001", "400000 "),
        ("journals", "misc", "MISK", "MISC "),
        ("journals", "misc", "misc", "MISC "),
        ("taxes", "State Tax 16%", "15 %", "15%"),
        ("dimensions", "cost_centre:200", "Berln", "Berlin"),
        ("accounts", "revenue.shipping", "shipping", "400100 "),
    ],
)
def test_a_code_that_is_not_there_is_refused_with_the_nearest_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, key: str, typed: str, near: str
) -> None:
    with case_of(V19) as case:
        berlin = {"name": "Berlin", "active": True, "plan_id": 1, "company_id": False}
        case.books.odoo.service.world.add("account.analytic.account", berlin)
        project = project_of(case, tmp_path, monkeypatch)
        try:
            (told,) = look_up_rows(project, table, [MappingRow(key, typed)])
            assert not told.well and told.said.startswith("is not in this company"), told
            offered = told.said.partition("; did you mean ")[2].removesuffix("?").split(" or ")
            assert 0 < len(offered) <= 3 and any((x + " ").startswith(near) for x in offered), told
            # What is near to nothing is told without a guess.
            (far,) = look_up_rows(project, table, [MappingRow(key, "zzzzqqqq")])
            assert not far.well and "did you mean" not in far.said
        finally:
            project.close()


def test_a_draft_of_a_mapping_is_looked_up_in_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with case_of(V19) as case:
        project = project_of(case, tmp_path, monkeypatch)
        rows = [
            MappingRow("revenue.goods", "400001"),
            MappingRow("bank_in_transit", "101710"),
            MappingRow("bank.X", "400000"),
        ]
        try:
            told = look_up_rows(project, "accounts", rows)
            assert [f.said.partition(":")[0] for f in told] == [
                "is not in this company",
                "is of type income, and must be asset_cash or liability_credit_card",
            ]
            assert look_up_rows(project, "tax_rates", rows) == []
            case.books.serving.stop()
            (down,) = look_up_rows(project, "accounts", rows)
            assert down.well and "warning: nothing was looked up there" in down.said
        finally:
            project.close()


@pytest.mark.parametrize("played", [V18, V19, V20], ids=lambda p: p.series)
def test_what_can_stand_in_a_row_is_what_the_ledger_has_in_use_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, played: Differences
) -> None:
    with case_of(played) as case:
        taxes = case.books.odoo.service.world.table("account.tax").values()
        case.update(
            "account.tax",
            next(t for t in taxes if t["type_tax_use"] == "sale"),
            name="Old levy",
            active=False,
        )
        field, archived = played.archived
        case.update("account.account", case.found("account.account", code="450000"), **{field: archived})
        project = project_of(case, tmp_path, monkeypatch)

        def choices(table: str, key: str) -> dict[str, str]:
            missing = MissingRow(table, key, "US", ((1, "US"),))
            return {c.value: c.words for c in row_choices(project, missing)}

        try:
            accounts = choices("accounts", "revenue.tips")
            assert accounts["400000"] == case.found("account.account", code="400000")["name"]
            assert "450000" not in accounts
            # What is matched stands on accounts that allow it, money on those of money.
            matched = choices("accounts", "unapplied.other")
            assert "212100" in matched and "400000" not in matched and set(matched) < set(accounts)
            assert "101511" in choices("accounts", "bank.X") and "400000" not in choices("accounts", "bank.X")
            assert "BNKU" in choices("journals", "bank.X") and "INV" not in choices("journals", "bank.X")
            kept = {t["name"] for t in taxes if t["active"] and t["type_tax_use"] == "sale"}
            assert kept and set(choices("taxes", "US-NY: City Levy")) == kept
            # Of a table whose words are the project's own it is what it says of others.
            assert choices("tax_rates", "US") == {}
            case.books.serving.stop()
            with pytest.raises(ConnectorError):
                choices("accounts", "revenue.tips")
        finally:
            project.close()


@pytest.mark.parametrize("given", ["0123456789abcdef", "env:NO_SUCH_KEY", "file:/no/such/file"])
def test_a_key_is_no_argument_of_a_command(given: str) -> None:
    command = [
        sys.executable,
        "-m",
        "tieout",
        "demo",
        "--odoo-url",
        "http://127.0.0.1:1",
        "--odoo-db",
        "books",
        "--odoo-key",
        given,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and ("env:NAME or file:PATH" in done.stderr or "there is no" in done.stderr)


def test_a_key_is_changed_without_a_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both keys hold for a while: the file is written anew, the old key revoked, and nothing is started again."""
    with case_of(V19) as case:
        project = project_of(case, tmp_path, monkeypatch)
        project.close()
        text = (tmp_path / "tieout.toml").read_text()
        (tmp_path / "odoo.key").write_text(case.settings["key"] + "\n")
        text = text.replace('key = "env:ODOO_KEY"\n[telling]', 'key = "file:odoo.key"\n[telling]')
        (tmp_path / "tieout.toml").write_text(text)
        project = OpenProject(tmp_path)
        try:
            # As it is read first it is read whole: what counts is the second look.
            project.look_now()
            old = project.open_session("odoo")
            assert old.key_end(NOW).said.startswith("'Tieout' has no end")
            service = case.books.odoo.service
            new = service.make_key(case.user["id"], name="Tieout 2", days=80)
            ends = old.key_end(NOW)
            assert ends.ends_at is not None and ends.ends_at.date().isoformat() == "2027-01-08"
            (tmp_path / "odoo.key").write_text(new + "\n")
            project.look_now()
            service.world.store.delete("res.users.apikeys", service.keys[case.settings["key"]])
            session = project.open_session("odoo")
            assert session is not old and session.check()
            with pytest.raises(SetupError, match="refuses the key"):
                old.check()
        finally:
            project.close()


def test_of_several_keys_the_one_that_ends_first_counts() -> None:
    """Odoo does not say which of them asks: a reminder too early is better than none."""
    with case_of(V19) as case:
        service, session = case.books.odoo.service, case.books.opened()
        for days in (80, 10, 40):
            service.make_key(case.user["id"], name=f"in {days}", days=days)
        told = session.key_end(NOW)
        assert told.ends_at == NOW + timedelta(days=10) and "'in 80' ends on" in told.said


def test_without_a_company_the_only_one_is_named_in_every_call() -> None:
    with case_of(V19) as case:
        del case.settings["company"]
        session = case.books.opened(company="")
        assert session.company() == case.books.company.id
        case.books.odoo.asked.clear()
        session.trial_balance(NOW.date())
        contexts = [body["context"] for path, body in case.books.odoo.asked if path.startswith("/json/2")]
        assert [c["allowed_company_ids"] for c in contexts] == [[case.books.company.id]] * len(contexts)
        # Another one that is let in later does not make it two.
        case.another_company()
        assert session.company() == case.books.company.id
        with pytest.raises(SetupError, match="works in 2 companies"):
            case.books.opened(company="").company()


def test_names_are_looked_up_in_few_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many names: an accountant of a large chart does not wait for a call a row."""
    with case_of(V19) as case:
        case.accounts |= {f"unapplied.{n}": "212100" for n in range(300)}
        project = project_of(case, tmp_path, monkeypatch)
        case.books.odoo.asked.clear()
        try:
            check_system(project, "odoo")
        finally:
            project.close()
        assert len(case.books.odoo.asked) < 50
