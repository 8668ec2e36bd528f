"""`tieout check`, the whole command, asked of an Odoo that is set up well and wrongly. What is wrong is made so over Odoo's own API, so
that a real server (TIEOUT_TEST_ODOO_URL, as in test_connectors.py) is asked the same as the simulator playing each version."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.commands import run_tieout
from tests.conformance.odoo_hands import Hands
from tests.conformance.odoo_set_ups import ACCOUNTS, JOURNALS
from tests.conformance.test_odoo_set_ups import PROJECT
from tests.databases import Databases
from tieout.cli.context import FAILED
from tieout.connectors.odoo.versions import JSONRPC, choose
from tieout_sandbox.company import Administrator, Company
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.odoo import Odoo

pytestmark = pytest.mark.long

_GIVEN = {n: os.environ.get(f"TIEOUT_TEST_ODOO_{n}", "") for n in ("URL", "DB", "KEY", "LOGIN", "VERSION")}
VERSIONS = [_GIVEN["VERSION"] or "19.0"] if _GIVEN["URL"] else ["18.0", "19.0", "20.0"]
Steps = list[tuple[str, bool, str]]


@dataclass
class Asked:
    """A company, and where it is; `today` is the server's. Each project that is made for it has one of the databases."""

    hands: Hands
    company: Company
    today: date
    databases: Databases

    @property
    def settings(self) -> dict[str, str]:
        """What tieout.toml says where everything is right."""
        admin = self.hands.admin
        given = {"url": admin.url, "database": admin.database, "company": str(self.company.id)}
        return given | ({"login": self.company.login} if self.hands.played.transport == JSONRPC else {})

    def one(self, model: str, **by: str) -> list[int]:
        """The company's record with these values."""
        mine = "company_ids" if model == "account.account" else "company_id"
        domain: list[Any] = [[name, "=", value] for name, value in by.items()]
        domain += [[mine, "in", [self.company.id]]] if model != "res.users" else []
        found = self.hands.call(model, "search", domain=domain)
        assert len(found) == 1, (model, by)
        return [int(found[0])]

    def check(
        self, folder: Path, key: str = "", maps: dict[str, dict[str, str]] | None = None, **other: str
    ) -> Steps:
        """What the command says of it, of a project that is made for it; `other` are settings, "" leaves one out."""
        given = {k: v for k, v in {**self.settings, "key": "env:ODOO_KEY", **other}.items() if v}
        lines = "\n".join(f'{name} = "{value}"' for name, value in given.items())
        folder.mkdir()
        text = PROJECT.format(currency="USD", settings=lines, environment="test")
        text += f'[database]\ndsn = "{self.databases.fresh().dsn}"\n'
        (folder / "tieout.toml").write_text(text)
        (folder / "clock").write_text(f"{self.today.isoformat()}T12:00:00+00:00")
        for name in ("interfaces", "mappings"):
            (folder / name).mkdir()
        (folder / "interfaces" / "shop.toml").write_text(
            'system = "shop"\nentity = "US"\nstreams = ["orders"]\nprocess = "order to cash"\n'
        )
        tables = {
            "accounts": ACCOUNTS,
            "journals": JOURNALS,
            "taxes": {"State Tax 15%": "15%"},
            "dimensions": {},
        }
        for name, rows in tables.items():
            text = "".join(f"{k},{v}\n" for k, v in {**rows, **(maps or {}).get(name, {})}.items())
            (folder / "mappings" / f"{name}.csv").write_text(f"key,value\n{text}")
        environment = {**os.environ, "ODOO_KEY": key or self.company.key}
        done = run_tieout("check", "--dir", str(folder), "--json", environment=environment, timeout=300)
        (mine,) = [row for row in json.loads(done.stdout) if row["system"] == "odoo"]
        # The shop of this project is nowhere: the command ends as one that found something.
        assert done.returncode == FAILED, done.stderr
        return [(s["step"], s["works"], s["said"]) for s in mine["steps"]]

    @contextmanager
    def wrong(self, model: str, ids: list[int], **values: Any) -> Iterator[None]:
        """Something of the company is other than it should be, for a while."""
        active = {"active_test": False}
        (row,) = self.hands.call(model, "read", ids, fields=list(values), context=active)
        before = {
            n: v[0] if isinstance(v, list) and len(v) == 2 and isinstance(v[1], str) else v
            for n, v in row.items()
            if n != "id"
        }
        self.hands.call(model, "write", ids, vals=values)
        try:
            yield
        finally:
            self.hands.call(model, "write", ids, vals=before, context=active)


@pytest.fixture(scope="module", params=VERSIONS)
def asked(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Asked]:
    played = choose(request.param).differs
    today, url, database, key = datetime.now(UTC).date(), _GIVEN["URL"], _GIVEN["DB"], _GIVEN["KEY"]
    simulator = Odoo(lambda: datetime.now(UTC), played, database="books", admin_password="admin")
    if not url:
        port = free_port()
        request.addfinalizer(serve({port: simulator}).stop)
        url, database, key = f"http://127.0.0.1:{port}", "books", simulator.service.make_key(2)
    admin = Administrator(url, database, key, played, _GIVEN["LOGIN"] or "admin")
    company = admin.set_up(f"Checked {os.urandom(4).hex()}", today.replace(day=1))
    yield Asked(Hands(admin, simulator, played, company.id), company, today, databases)
    admin.close()


def wrong_of(steps: Steps) -> list[str]:
    return [f"{step}: {said}" for step, works, said in steps if not works]


def named(steps: Steps, *wanted: str) -> None:
    """Each of `wanted` (what is wrong, and what to do) is said by one step that does not work."""
    found = wrong_of(steps)
    for each in wanted:
        assert any(re.search(each, text, re.DOTALL) for text in found), (
            f"{each}: " + "\n".join(found) + "|" + "\n".join(map(str, steps))
        )


def test_what_is_set_up_well_is_found_so_by_the_command(asked: Asked, tmp_path: Path) -> None:
    steps = asked.check(tmp_path / "well")
    assert wrong_of(steps) == [] and len(steps) > 10
    assert any(re.match(rf"Odoo {re.escape(asked.hands.played.series)}", said) for _, _, said in steps), steps


def test_all_that_is_wrong_with_a_company_is_named_at_once(asked: Asked, tmp_path: Path) -> None:
    hands, (archived, value) = asked.hands, asked.hands.played.archived
    account, journal = "account.account", "account.journal"
    maps = {
        "accounts": {"receivable": "128000", "unapplied.unknown": "999998"},
        "journals": {"sales": "BILL", "misc": "MISK"},
        "taxes": {"NY": "NY 15%", "nowhere": "16%"},
        "dimensions": {"cost_centre:1": "Nowhere"},
    }
    with (
        asked.wrong(account, asked.one(account, code="400000"), **{archived: value}),
        asked.wrong(account, asked.one(account, code="101701"), reconcile=False),
        asked.wrong(journal, asked.one(journal, code="BNKU"), restrict_mode_hash_table=True),
        asked.wrong(journal, asked.one(journal, code="STRE"), currency_id=False),
        asked.wrong("account.tax", asked.one("account.tax", name="NY 15%"), active=False),
        asked.wrong(
            "res.company",
            [asked.company.id],
            currency_exchange_journal_id=False,
            account_price_include="tax_included",
        ),
    ):
        steps = asked.check(tmp_path / "wrong", maps=maps)
    gone = "is deprecated" if archived == "deprecated" else "is archived"
    named(
        steps,
        rf"account 400000 .*{gone}.*take it into use again", r"account 101701 .*is not reconcilable.*tick Allow Reconciliation",
        r"account 128000 .*must be asset_receivable.*map another", r"account 999998 .*is not in this company.*make it",
        r"journal BNKU .*secures its entries with a hash.*map a journal without", r"journal BILL .*must be sale.*map another",
        r"journal STRE .*is in USD, and EUR is booked in it", r"journal MISK .*is not in this company.*make it",
        r"tax NY 15% .*is archived.*take it into use again", r"tax 16% .*is not in this company.*map another",
        r"analytic account Nowhere .*is not in this company", r"no currency exchange journal.*Default Accounts",
    )  # fmt: skip
    prices = [text for text in wrong_of(steps) if "takes prices as tax included" in text]
    told = [said for _, _, said in steps if "takes prices as tax included" in said]
    # From 20 on each invoice says itself that its prices are net.
    assert bool(prices or told) is not bool(hands.played.invoice_columns), steps


def test_who_may_not_is_told_which_group_is_missing(asked: Asked, tmp_path: Path) -> None:
    hands = asked.hands
    user, field = (
        hands.call("res.users", "search", domain=[["login", "=", asked.company.login]]),
        hands.played.users_groups,
    )

    def without(folder: str, *groups: str) -> Steps:
        ids = []
        for name in groups:
            module, short = name.split(".")
            domain = [["module", "=", module], ["name", "=", short]]
            found = hands.call("ir.model.data", "search_read", domain=domain, fields=["res_id"])
            ids.append(found[0]["res_id"])
        hands.call("res.users", "write", user, vals={field: [[3, key] for key in ids]})
        try:
            return asked.check(tmp_path / folder)
        finally:
            hands.call("res.users", "write", user, vals={field: [[4, key] for key in ids]})

    named(
        without("makes", "base.group_partner_manager", "product.group_product_manager"),
        r"create on res\.partner.*base\.group_partner_manager",
        r"create on product\.product.*product\.group_product_manager",
    )
    # A real server lets who has no group of accounting read no journal, and is asked no further.
    named(
        without("books", "account.group_account_basic"),
        r"create on account\.(move|bank\.statement\.line): .*account\.group_account|may book entries.*account\.group_account_basic"
        r"|lacks a right.*Accounting/Invoicing",
    )


def test_who_sees_two_companies_is_asked_for_one(asked: Asked, tmp_path: Path) -> None:
    hands = asked.hands
    user = hands.call("res.users", "search", domain=[["login", "=", asked.company.login]])
    (other,) = hands.call("res.company", "create", vals_list=[{"name": f"Other {os.urandom(4).hex()}"}])
    elsewhere = asked.check(tmp_path / "elsewhere", company=str(other))
    named(elsewhere, rf"does not work in company {other}, but in.*Allowed Companies")
    hands.call("res.users", "write", user, vals={"company_ids": [[4, other]]})
    try:
        named(asked.check(tmp_path / "two", company=""), r"works in 2 companies.*put its number as company")
        named(
            asked.check(tmp_path / "bare", company=str(other)),
            r"no journal and no chart.*Fiscal Localization",
        )
    finally:
        hands.call("res.users", "write", user, vals={"company_ids": [[3, other]]})


def test_a_lock_that_lies_ahead_is_named(asked: Asked, tmp_path: Path) -> None:
    until = asked.today + timedelta(days=30)
    with asked.wrong("res.company", [asked.company.id], fiscalyear_lock_date=until.isoformat()):
        named(asked.check(tmp_path / "lock"), rf"fiscal year lock up to {until}.*set the lock back")


def test_what_is_wrong_with_address_database_login_or_key_is_named(asked: Asked, tmp_path: Path) -> None:
    url, old = asked.settings["url"], asked.hands.played.transport == JSONRPC
    named(asked.check(tmp_path / "path", url=f"{url}/odoo"), r"is no Odoo.*without a path behind it")
    named(
        asked.check(tmp_path / "key", key="0" * 40),
        r"refuses the (key|login).*(make a new one|check all three)",
    )
    # A real 19.0 that has one database alone, and calls the header otherwise, answers of it whatever name it is asked by.
    there = (
        r'database "?boooks"?.*does not exist|No database is selected|database.*check'
        rf"|is the database {asked.settings['database']}, and boooks is asked for.*Put '{asked.settings['database']}' as database"
    )
    named(asked.check(tmp_path / "database", database="boooks"), there)
    if old:
        named(asked.check(tmp_path / "login", login=""), r"cannot do without login.*beside url and key")
        named(asked.check(tmp_path / "other", login="admin"), r"refuses the login 'admin'.*check all three")
