"""The simulators of one sandbox, served on loopback, with one virtual clock."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tieout.connectors.odoo.versions import V19
from tieout_sandbox.ports import free_ports
from tieout_sandbox.simkit import (
    HEAVY,
    LIGHT,
    NONE,
    Faults,
    HttpSimulator,
    Keeper,
    Serving,
    Tokens,
    VirtualClock,
    serve,
)
from tieout_sandbox.simulators.avatax import AvaTax
from tieout_sandbox.simulators.bankfile import Bank
from tieout_sandbox.simulators.chargebee import Chargebee
from tieout_sandbox.simulators.cloudevents import EventSink
from tieout_sandbox.simulators.concur import Concur
from tieout_sandbox.simulators.coupa import Coupa
from tieout_sandbox.simulators.gusto import Gusto
from tieout_sandbox.simulators.odoo import Odoo
from tieout_sandbox.simulators.paypal import PayPal
from tieout_sandbox.simulators.salesforce import Salesforce
from tieout_sandbox.simulators.shopify import Shopify
from tieout_sandbox.simulators.smtp import MailServer
from tieout_sandbox.simulators.stripe import Stripe

FAULT_PLANS = {"none": NONE, "light": LIGHT, "heavy": HEAVY}
ZONE = ZoneInfo("America/New_York")
IBAN_USD, IBAN_EUR = "DE02120300000000202051", "DE02500105170137075030"
ADMIN_PASSWORD = "admin"


_SYSTEMS = (
    "odoo", "stripe", "shop_us", "shop_eu", "salesforce", "smtp", "cloudevents", "chargebee", "gusto",
    "concur", "avatax", "coupa", "paypal",
)  # fmt: skip
_SECRETS = (
    "shop_us", "shop_eu", "stripe", "stripe_key", "shop_us_token", "shop_eu_token", "sf_id",
    "sf_secret", "chargebee_key", "gusto_token", "concur_id", "concur_secret", "concur_token", "avatax_key", "coupa_id", "coupa_secret", "paypal_id",
    "paypal_secret",
)  # fmt: skip

_CONCUR = ("client_id", "client_secret", "refresh_token")


class World:
    """Every outside system. `root` is what every secret is made of, in this order: the same one makes the same ones; made anew
    where it is empty. `ports` are where the systems are served, free ones where none are said."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        faults: str = "none",
        start: datetime = datetime(2026, 9, 30, 12, tzinfo=UTC),
        delays: float = 0.0,
        root: str = "",
        ports: dict[str, int] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.seed = folder, seed
        self.clock_file = folder / "clock"
        self.clock = VirtualClock(start, self.clock_file)
        now = self.clock.now
        self.tokens = Tokens(root or secrets.token_hex(32))
        self.secrets = {name: self.tokens.hex(16) for name in _SECRETS}
        self.secrets["events"] = "whsec_" + base64.b64encode(bytes.fromhex(self.tokens.hex(24))).decode()
        plan = FAULT_PLANS[faults]

        def die(salt: int) -> Faults:
            return Faults(plan, seed * 1000 + salt)

        self.odoo = Odoo(
            now, V19, database="meridian", admin_password=ADMIN_PASSWORD, faults=die(1), delays=delays,
            token=self.tokens.hex,
        )  # fmt: skip
        self.stripe = Stripe(
            now,
            key=self.secrets["stripe_key"],
            webhook_secret=self.secrets["stripe"],
            faults=die(2),
            seed=seed,
        )
        self.shops = {
            name: Shopify(
                now,
                shop=name.replace("_", "-"),
                currency=currency,
                zone=ZONE.key,
                token=self.secrets[f"{name}_token"],
                webhook_secret=self.secrets[name],
                first_order=first,
                faults=die(salt),
            )
            for name, currency, first, salt in (("shop_us", "USD", 5000, 3), ("shop_eu", "EUR", 7000, 4))
        }
        self.salesforce = Salesforce(
            now,
            client_id=self.secrets["sf_id"],
            client_secret=self.secrets["sf_secret"],
            faults=die(5),
        )
        self.mail, self.events = MailServer(die(6)), EventSink(self.secrets["events"], die(7))
        self.chargebee = Chargebee(now, key=self.secrets["chargebee_key"], faults=die(8))
        self.gusto = Gusto(now, company="co-1", token=self.secrets["gusto_token"], faults=die(9))
        client = {name: self.secrets[f"concur_{name.split('_')[-1]}"] for name in _CONCUR}
        self.concur = Concur(now, **client, faults=die(10))
        self.avatax = AvaTax(now, account="2000", key=self.secrets["avatax_key"], faults=die(11))
        buyer = {"client_id": self.secrets["coupa_id"], "client_secret": self.secrets["coupa_secret"]}
        self.coupa = Coupa(now, **buyer, faults=die(12))
        app, secret = self.secrets["paypal_id"], self.secrets["paypal_secret"]
        self.paypal = PayPal(now, client_id=app, client_secret=secret, faults=die(13))
        self.bank = _bank()
        self.ports = ports or free_ports(_SYSTEMS)
        # Where the sandbox's own page is served, 0 where there is none.
        self.desk_port = 0
        self._serving: Serving | None = None

    @property
    def statements(self) -> Path:
        """The folder into which the bank drops its files."""
        return self.folder / "statements"

    @property
    def systems(self) -> dict[str, HttpSimulator]:
        """Every system that is asked over HTTP, by its name in `ports`."""
        return {
            "odoo": self.odoo,
            "stripe": self.stripe,
            **self.shops,
            "salesforce": self.salesforce,
            "cloudevents": self.events,
            "chargebee": self.chargebee,
            "gusto": self.gusto,
            "concur": self.concur,
            "avatax": self.avatax,
            "coupa": self.coupa,
            "paypal": self.paypal,
        }

    def start(self, keeper: Keeper | None = None) -> None:
        """Serve every system; returns when all of them answer. `keeper` writes down what changes them."""
        self.statements.mkdir(exist_ok=True)
        served = {self.ports[name]: system for name, system in self.systems.items()}
        self._serving = serve(served, keeper=keeper)
        self.mail.start(self.ports["smtp"])

    def url(self, name: str) -> str:
        """Where a system is served, known before it is: its port is chosen first."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def all_faults(self) -> list[Faults]:
        """The die of every system that has one; the bank's files have none."""
        shops = [shop.faults for shop in self.shops.values()]
        return [
            self.odoo.faults,
            self.stripe.faults,
            *shops,
            self.salesforce.faults,
            self.mail.faults,
            self.events.faults,
            self.chargebee.faults,
            self.gusto.faults,
            self.concur.faults,
            self.avatax.faults,
            self.coupa.faults,
            self.paypal.faults,
        ]

    def let_faults(self, happen: bool) -> None:
        """Turn every die on or off: off while companies are set up, since set-up is not what is tried."""
        for faults in self.all_faults():
            faults.active = happen

    def stop(self) -> None:
        """No system answers any more."""
        self.mail.stop()
        if self._serving is not None:
            self._serving.stop()


def _bank() -> Bank:
    bank = Bank()
    for iban, currency in ((IBAN_USD, "USD"), (IBAN_EUR, "EUR")):
        bank.open_account(iban, currency, 0)
    return bank
