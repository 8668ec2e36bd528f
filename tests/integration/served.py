"""A project in a folder, served by a process of its own that can be killed, over a database of the tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pyotp

from tests.acceptance.commands import start_tieout
from tests.integration.office import person
from tests.integration.test_identity import GOOD
from tieout.engine import SystemClock
from tieout.security import Begin, Change, Confirm, GrantRole, change_authority
from tieout.security.identity import Identity, Origin, Site, csrf_of
from tieout.store import Database
from tieout_sandbox.ports import free_port

PROJECT = """[project]
name = "Served"
environment = "test"
[serve]
port = {port}
[entities.US]
currency = "USD"
time_zone = "UTC"
ledger = "odoo"
[systems.odoo]
connector = "odoo"
url = "{url}"
database = "{database}"
key = "env:ODOO_KEY"
company = "{company}"
[systems.shop]
connector = "shopify"
url = "{url}"
token = "env:SHOP_TOKEN"
webhook_secrets = "env:SHOP_SECRET"
[systems.bank]
connector = "bankfile"
"""
ACCOUNTS = "key,value\nreceivable,121000\npayable,211000\nbank.DE,101401\n"
SECRET = "shh"


@dataclass
class Served:
    """`start`, `kill`, and everything over HTTP or SQL."""

    folder: Path
    database: Database
    url: str
    odoo_database: str = ""
    odoo_key: str = "1"
    company: int = 0
    crash: str = ""
    port: int = field(default_factory=free_port)
    process: Any = None

    def __post_init__(self) -> None:
        made = PROJECT.format(port=self.port, url=self.url, database=self.odoo_database, company=self.company)
        for part in ("interfaces", "mappings", ".tieout/keys"):
            (self.folder / part).mkdir(parents=True)
        (self.folder / "tieout.toml").write_text(made)
        for name, system in (("bank", "bank"), ("shop", "shop")):
            (self.folder / "interfaces" / f"{name}.toml").write_text(f'system = "{system}"\nentity = "US"\n')
        (self.folder / "mappings" / "accounts.csv").write_text(ACCOUNTS)
        # The tests' own key: what they write is ours.
        (self.folder / ".tieout" / "keys" / "stamp.key").write_text(bytes(32).hex())

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def let_in(self) -> Served:
        """Two administrators, and carl and cora, who may do everything with the books."""
        self.change(Begin(people=(person("alice"), person("bob"))), "first start")
        for name in ("carl", "cora"):
            self.confirmed(person(name))
            for role in ("controller", "integrator"):
                self.confirmed(GrantRole(name=name, role=role, entity="*", limit=None))
        return self

    def confirmed(self, change: Change) -> None:
        self.change(Confirm(no=self.change(change, "alice")), "bob")

    def change(self, change: Change, by: str) -> int:
        with self.database.transaction() as connection:
            return change_authority(connection, change, by, SystemClock().now())

    def start(self, crash: str = "") -> Served:
        environment = os.environ | {
            "TIEOUT_DSN": self.database.dsn, "ODOO_KEY": self.odoo_key, "SHOP_TOKEN": "t", "SHOP_SECRET": SECRET,
            "TIEOUT_CRASH": crash, "TIEOUT_LOG": "ERROR",
        }  # fmt: skip
        log = self.folder / "serve.log"
        self.process = start_tieout("serve", "--dir", str(self.folder), environment=environment, log=log)
        for _ in range(600):
            try:
                if httpx2.get(f"{self.base}/healthz", timeout=5).status_code == 200:
                    return self
            except httpx2.HTTPError:
                assert self.process.poll() is None, f"it ended: {log.read_text()[-2000:]}"
                time.sleep(0.05)
        raise AssertionError("it does not answer")

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def sign_in(self, name: str) -> httpx2.Client:
        """Signed in with both factors."""
        connection = self.database.connect(autocommit=True)
        clock = SystemClock()
        identity = Identity(connection, clock.now, Site("localhost", self.base, "Tieout Served"))
        signed = identity.accept(identity.invite(name, "alice"), f"{GOOD} {name}", Origin(name))
        secret, _ = identity.offer_totp(signed.session)
        signed, _ = identity.confirm_totp(signed.session, pyotp.TOTP(secret).at(clock.now()), Origin(name))
        csrf = csrf_of(connection, signed.token)
        connection.close()
        headers = {"cookie": f"tieout={signed.token}", "origin": self.base, "x-tieout-csrf": csrf}
        return httpx2.Client(base_url=f"{self.base}/api/v1", headers=headers, timeout=90)

    def push(self, number: int) -> httpx2.Response:
        """A webhook of the shop, signed."""
        body = json.dumps({"id": number}).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
        headers = {
            "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
            "x-shopify-topic": "orders/create",
        }
        return httpx2.post(f"{self.base}/webhooks/shop", content=body, headers=headers, timeout=90)

    def evidence(self, action: str) -> int:
        rows = self.database.rows("select count(*) as n from tieout.evidence where action = %s", action)
        return int(rows[0]["n"])

    def case(self) -> int:
        rows = self.database.rows(
            "insert into tieout.cases (fingerprint, cause, interface, entity, period, source_key, amount, currency,"
            " blocking, recovery, detail, owner, opened_at, due_at) values (gen_random_uuid()::text, 'unknown_tax', 'shop',"
            " 'US', '2026-10', 'k', 10, 'USD', false, 'r', 'd', 'o', now(), now()) returning case_id"
        )
        return int(rows[0]["case_id"])
