"""A shop and its payment provider for tests: their simulators' own objects, the product's stages, Odoo's simulator."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.conformance.test_connectors import CONNECTORS
from tests.integration.office import Office
from tests.integration.test_process import Clock
from tests.stages import forget_failures, step
from tieout.connector_api import Item, LedgerFacts
from tieout.delivery import DeliveryStage
from tieout.inbox import accept
from tieout.money import Period
from tieout.operations.discover import discover
from tieout.planning import ProcessStage
from tieout.proofs import TaxRow, read_taxes
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release
from tieout_sandbox.simulators.shopify import Shopify
from tieout_sandbox.simulators.stripe import Stripe

NOW = datetime(2026, 10, 20, 14, tzinfo=UTC)
ACCOUNTS = {
    "receivable": "121000", "revenue.goods": "400000", "revenue.shipping": "400100",
    "revenue.refund_adjustments": "400200", "liability.gift_card": "212300", "fees.stripe": "621000",
    "bank_in_transit": "101701", "customer_deposits": "212200", "unapplied.unknown": "212100",
    "unapplied.exception": "212110", "unapplied.excluded": "212120", "clearing.stripe.USD": "101501", "clearing.stripe.EUR": "101502",
    "disputes_receivable.stripe": "101710", "dispute_loss": "642100",
}  # fmt: skip
TAXES = {"US-NY: State Tax": "NY 15%", "US-CA: *": "CA 15%", "FR: 20%": "FR VAT 20%"}
ADA = {"id": "7", "name": "Ada Byron", "email": "ada@example.com"}


@dataclass
class Selling:
    """A shop of one entity, whose payments a provider takes."""

    office: Office
    options: dict[str, Any] = field(default_factory=dict)
    provider_options: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=lambda: dict(ACCOUNTS))
    taxes: dict[str, str] = field(default_factory=lambda: dict(TAXES))
    country: str = ""
    currency: str = "USD"
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.shop = Shopify(
            lambda: NOW,
            shop="s",
            currency=self.currency,
            zone="UTC",
            token="t",
            webhook_secret="w",
            first_order=1001,
        )
        self.stripe = Stripe(lambda: NOW, key="k", webhook_secret="s", seed=1)

    def release(self) -> Release:
        def table(name: str, rows: dict[str, str]) -> Mapping:
            return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

        def interface(name: str, *streams: str, **options: Any) -> Interface:
            return Interface(name, name, "US", streams, "o", "p", options=options, late_events="first_open")

        mappings = {
            "accounts": table("accounts", self.accounts),
            "journals": table(
                "journals",
                {
                    "sales": "INV",
                    "misc": "MISC",
                    "clearing.stripe.USD": "STRU",
                    "clearing.stripe.EUR": "STRE",
                },
            ),
            "taxes": table("taxes", self.taxes),
        }
        sha = hashlib.sha256(repr((self.accounts, self.taxes, self.options)).encode()).hexdigest()
        entity = Entity("US", "US", "USD", "UTC", "odoo", country=self.country)
        names = {
            "shopify": interface("shopify", "orders", **self.options),
            "stripe": interface("stripe", "balance_transactions", "disputes", **self.provider_options),
        }
        return Release(sha, {"US": entity}, names, mappings)

    # what happens outside

    def order(
        self, number: str, lines: list[dict[str, Any]], total: str, paid: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """An order, paid by card but for what `tenders` say."""
        at = more.pop("at", NOW - timedelta(days=5))
        tenders = more.pop("tenders", [("stripe", Decimal(total))])
        given = {
            "shipping": Decimal(0),
            "shipping_tax": [],
            "included": False,
            "address": ("US", "NY"),
            **more,
        }
        order = self.shop.place(
            number=number, at=at, customer=ADA, lines=lines, total=Decimal(total), tenders=tenders, **given
        )
        card = sum((amount for gateway, amount in tenders if gateway == "stripe"), Decimal(0))
        if card and paid != "no":
            order_id = order["id"].rpartition("/")[2]
            self.stripe.charge(int(card * 100), self.currency, 0, at, {"order_id": order_id}, "Ada")
        return order

    def refund(
        self, order: dict[str, Any], *given: Any, at: datetime = NOW - timedelta(days=2), **more: Any
    ) -> Any:
        """A refund as the shop makes it, and its money where a card gives it back."""
        refund = self.shop.refund(order, *given, at, **more)
        key, order_id = (x["id"].rpartition("/")[2] for x in (refund, order))
        card = sum(
            (
                Decimal(t["amountSet"]["shopMoney"]["amount"])
                for t in refund["transactions"]["nodes"]
                if t["gateway"] == "stripe"
            ),
            Decimal(0),
        )
        if card:
            charge = next(
                c for c in self.stripe.books.charges.values() if c["metadata"]["order_id"] == order_id
            )
            self.stripe.refund(
                charge, int(card * 100), at, {"order_id": order_id, "refund_id": f"refund:{key}"}
            )
        return refund

    # the product

    def facts(self, entity: Entity) -> LedgerFacts:
        return self.office.facts(entity)

    def foreign(self, entity: Entity, references: Any) -> dict[str, str]:
        return {}

    def determine(self, engine: str, questions: Any) -> dict[str, Any]:
        raise AssertionError(f"{engine} is not to be asked")

    def take(self) -> None:
        """Everything that is new or was changed outside is taken in."""
        database = self.office.database
        found = [("shopify", "orders", str(o["id"]), o) for o in self.shop.orders.values()]
        found += [("stripe", "balance_transactions", str(t["id"]), t) for t in self.stripe.books.transactions]
        found += [("stripe", "disputes", str(d["id"]), d) for d in self.stripe.books.disputes.values()]
        for interface, stream, key, row in found:
            body = json.dumps(row, sort_keys=True, default=str).encode()
            dedupe = f"{stream}:{key}:{hashlib.sha256(body).hexdigest()}"
            if dedupe in self.taken:
                continue
            self.taken.add(dedupe)
            with database.transaction() as connection:
                accept(connection, interface, [Item(stream, key, dedupe, body)], "poll", self.clock.now())

    def work(self, days: int = 0) -> None:
        """Take in, plan and post, until nothing moves; `days` later."""
        self.clock.at += timedelta(days=days)
        self.take()
        connection = self.office.database.connect(autocommit=True)
        connectors = {**CONNECTORS, **discover().by_name}
        stage = ProcessStage(self.release, lambda name: connectors[name], self, {}, self.clock)
        delivery = DeliveryStage(lambda _: self.office.session, self.clock, lambda: ["odoo"])
        for _ in range(6):
            while step(stage, connection):
                pass
            for _ in range(4):
                forget_failures(connection)
                step(delivery, connection)
            self.clock.at += timedelta(minutes=20)
        connection.close()

    # what there is

    def _lines(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        book = self.office.world.odoo.service.world
        moves = book.table("account.move")
        return [
            (x, moves[x["move_id"]])
            for x in book.table("account.move.line").values()
            if x["company_id"] == self.office.company.id and moves[x["move_id"]]["state"] == "posted"
        ]

    def accounts_of(self, *references: str, until: date | None = None) -> dict[str, Decimal]:
        """What stands on each account, of entries with these references or of all; no zeros."""
        codes = self.office.world.odoo.service.world.table("account.account")
        found: Counter[str] = Counter()
        for line, move in self._lines():
            if references and str(move["ref"]) not in references:
                continue
            if until is None or str(line["date"]) <= until.isoformat():
                found[str(codes[line["account_id"]]["code"])] += line["balance"]
        return {code: value for code, value in sorted(found.items()) if value}

    def tax_of(self, until: date | None = None) -> dict[str, Decimal]:
        """What is owed of each tax of the ledger; no zeros."""
        names = self.office.world.odoo.service.world.table("account.tax")
        found: Counter[str] = Counter()
        for line, _ in self._lines():
            if line.get("tax_line_id") and (until is None or str(line["date"]) <= until.isoformat()):
                found[str(names[line["tax_line_id"]]["name"])] -= line["balance"]
        return {name: value for name, value in sorted(found.items()) if value}

    def tax_rows(self, month: str = "2026-10") -> dict[tuple[str, str], TaxRow]:
        """The tie-out of a month's taxes, by jurisdiction and tax; no row leaves anything without a name."""
        connection = self.office.database.connect(autocommit=True)
        try:
            session, period = self.office.session, Period.parse(month)
            rows = read_taxes(connection, self.release(), session, "US", period) or []
        finally:
            connection.close()
        assert not any(r.residual for r in rows)
        return {(r.key.place, r.key.code.name): r for r in rows}

    def open_receivables(self) -> dict[str, Decimal]:
        codes = self.office.world.odoo.service.world.table("account.account")
        found: Counter[str] = Counter()
        for line, move in self._lines():
            if codes[line["account_id"]]["code"] == "121000":
                found[str(move["ref"])] += line["amount_residual"]
        return {ref: value for ref, value in sorted(found.items()) if value}

    def cases(self) -> list[tuple[str, Decimal]]:
        rows = self.office.database.rows(
            "select cause, amount from tieout.cases where state = 'open' order by 1, 2"
        )
        return [(r["cause"], r["amount"]) for r in rows]

    def states(self) -> dict[str, str]:
        rows = self.office.database.rows(
            "select source_key, state from tieout.document where state <> 'superseded' order by 1"
        )
        return {r["source_key"]: r["state"] for r in rows}


def line(price: str, *taxes: tuple[str, str, str], quantity: int = 1, **more: Any) -> dict[str, Any]:
    """A line of an order; each tax is its title, its rate and its amount."""
    rows = [{"title": t, "rate": r, "amount": Decimal(a)} for t, r, a in taxes]
    return {"name": "Valve", "quantity": quantity, "price": Decimal(price), "taxes": rows, **more}
