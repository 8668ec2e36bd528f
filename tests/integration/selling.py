"""A company that sells by a shop, for tests: the product over one database, shops and Odoo simulated. Orders are invented."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.conformance.test_connectors import CONNECTORS
from tests.integration.office import Office
from tests.stages import forget_failures, step
from tieout.close import cut_off, state_of
from tieout.close.cutting_off import OpenSale
from tieout.connector_api import Item
from tieout.delivery import DeliveryStage
from tieout.inbox import accept
from tieout.money import Period
from tieout.planning import ProcessStage
from tieout.rules import Interface, Mapping, MappingRow, Release
from tieout_sandbox.simulators.shopify import Shopify

LAST = date(2026, 10, 31)
LIABILITY, ASSET = "201000", "101404"
ROLES = {
    "receivable": "121000", "revenue.goods": "400000", "revenue.shipping": "400100", "contract.liability": LIABILITY,
    "contract.asset": ASSET, "rounding": "442000", "liability.gift_card": "212300", "customer_deposits": "212200",
}  # fmt: skip


@dataclass
class Seller(Office):
    """One entity that sells by a shop, in USD and EUR."""

    basis: dict[str, str] = field(default_factory=lambda: {"revenue_on": "cut_off"})
    streams: tuple[str, ...] = ("cutoffs",)
    told: int = 0

    def __post_init__(self) -> None:
        self.shops = {
            currency: Shopify(self.clock.now, shop="s", currency=currency, zone="UTC", token="t", webhook_secret="w",
                              first_order=number)
            for currency, number in (("USD", 1001), ("EUR", 5001))
        }  # fmt: skip
        self.clock.at = datetime(2026, 11, 3, 12, tzinfo=UTC)

    def release(self) -> Release:
        made = super().release()
        shop = Interface("shop", "shopify", "US", ("orders",), "ar", "order to cash", options=self.basis,
                         late_events=self.late_events)  # fmt: skip
        books = Interface("books", "odoo", "US", self.streams, "controller", "record to report")

        def table(name: str, rows: dict[str, str]) -> Mapping:
            return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

        mappings = {
            **made.mappings,
            "accounts": table("accounts", self.roles),
            "journals": table("journals", {"misc": "MISC", "sales": "INV"}),
            "taxes": table("taxes", {"State Tax 15%": "15%", "VAT 20%": "VAT 20%", "Low 0%": "0% Exports"}),
        }
        return replace(made, interfaces={"shop": shop, "books": books}, mappings=mappings, policies=())

    def sell(
        self, number: str, day: datetime, *, units: int = 4, price: str = "100.00", shipping: str = "0.00",
        currency: str = "USD", **more: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Goods with 15% on top, and one line of a rate of nothing."""
        tax = (Decimal(price) * Decimal("0.15")).quantize(Decimal("0.01"))
        lines = [
            {"name": "Valve", "quantity": units, "price": Decimal(price),
             "taxes": [{"title": "State Tax", "rate": "0.15", "amount": tax}]},
            {"name": "Book", "quantity": 1, "price": Decimal("7.00"), "taxes": []},
        ]  # fmt: skip
        return self.shops[currency].place(
            number=number, at=day, customer={"id": "1", "name": "Ada", "email": "ada@example.com"}, lines=lines,
            shipping=Decimal(shipping), shipping_tax=[], total=Decimal(price) + tax + 7 + Decimal(shipping),
            included=False, **more,
        )  # fmt: skip

    def tell(self, *orders: dict[str, Any]) -> None:
        """The shop's orders come as they are now."""
        with self.database.transaction() as connection:
            for order in orders:
                self.told += 1
                raw = json.dumps(order).encode()
                accept(
                    connection,
                    "shop",
                    [Item("orders", order["id"], f"{self.told}", raw)],
                    "poll",
                    self.clock.now(),
                )
        self.work()

    def plan(self) -> None:
        connection = self.database.connect(autocommit=True)
        stage = ProcessStage(
            self.release, lambda s: CONNECTORS["shopify" if s == "shopify" else "odoo"], self, {}, self.clock
        )
        while step(stage, connection):
            pass
        connection.close()

    def work(self) -> None:
        self.plan()
        connection = self.database.connect(autocommit=True)
        delivery = DeliveryStage(lambda _: self.session, self.clock, lambda: ["odoo"])
        for _ in range(8):
            forget_failures(connection)
            step(delivery, connection)
        connection.close()

    def cut(self, on: date = LAST, dry: bool = False) -> dict[str, Decimal]:
        """Cut off, and book it: order to what is deferred (positive) or accrued."""
        connection = self.database.connect(autocommit=True)
        found: list[OpenSale] = cut_off(
            connection, self.release(), "US", self.session, on, self.clock.now(), dry
        )
        connection.close()
        self.work()
        return {s.number: s.net for s in found}

    def stands(self, until: date, *accounts: str) -> dict[str, Decimal]:
        """Balances of a day, by account, in USD."""
        book = self.world.odoo.service.world
        moves, codes = book.table("account.move"), book.table("account.account")
        held: Counter[str] = Counter()
        for x in book.table("account.move.line").values():
            mine = x["company_id"] == self.company.id and moves[x["move_id"]]["state"] == "posted"
            if mine and date.fromisoformat(str(x["date"])) <= until:
                held[str(codes[x["account_id"]]["code"])] += x["balance"]
        return {a: Decimal(held[a]) for a in accounts}

    def moves(self, begin: str) -> list[str]:
        book = self.world.odoo.service.world
        return sorted(
            f"{m['ref']} {m['date']}" for m in book.table("account.move").values()
            if m["company_id"] == self.company.id and str(m["ref"]).startswith(begin) and m["state"] == "posted"
        )  # fmt: skip

    def task(self) -> tuple[bool, str]:
        connection = self.database.connect(autocommit=True)
        state = state_of(connection, self.release(), lambda s: self.session if s == "odoo" else None, "US",
                         Period(2026, 10), self.clock.now())  # fmt: skip
        connection.close()
        finding = next(s.finding for s in state.tasks if s.task.name == "sales cut off")
        return finding.done, finding.why


def at(day: int, month: int = 10) -> datetime:
    """Noon of a day."""
    return datetime(2026, month, day, 12, tzinfo=UTC)
