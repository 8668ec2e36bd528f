"""A company whose payment provider withholds its fees and bills them once a month, for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.integration.buying import Buyer
from tieout.connector_api import Item
from tieout.inbox import accept
from tieout.rules import Interface, Mapping, MappingRow, Release
from tieout_sandbox.simulators.einvoices import Item as Line
from tieout_sandbox.simulators.einvoices import Sent
from tieout_sandbox.simulators.stripe import Stripe

CLEARING, FEES, UNKNOWN = "101501", "621000", "212130"
TAXED, REVERSED, EXEMPT, LATER = "101710", "101720", "101730", "101740"
PAYABLE, INPUT_TAX = "211000", "131000"
ACCOUNTS = {
    "clearing.stripe.USD": CLEARING,
    "fees.stripe": FEES,
    "fees_to_be_billed.stripe.domestic_vat": TAXED,
    "fees_to_be_billed.stripe.reverse_charge": REVERSED,
    "fees_to_be_billed.stripe.exempt": EXEMPT,
    "fees_to_be_billed.stripe.of_bill": LATER,
    "disputes_receivable.stripe": "101701",
    "unapplied.unknown": UNKNOWN,
}
NAME, OTHER = "Stripe Payments Europe, Limited", "Stripes and Sons Ltd"
# The day of October's bill, which is of the month before its own.
BILLED_ON = date(2026, 11, 2)


@dataclass
class Withheld(Buyer):
    """The buyer, whose cards Stripe takes; `fees` is what is declared of its fees, None for nothing."""

    fees: dict[str, str] | None = None
    provider: Stripe = field(
        default_factory=lambda: Stripe(lambda: datetime.now(UTC), key="k", webhook_secret="s", seed=7)
    )
    told: int = 0

    def release(self) -> Release:
        given = super().release()
        options: dict[str, Any] = {} if self.fees is None else {"fees": self.fees}
        stripe = Interface(
            "stripe", "stripe", "US", ("balance_transactions",), "treasury", "treasury",
            late_events="first_open", options=options, patience_hours=0,
        )  # fmt: skip
        accounts = Mapping(
            "accounts", (*given.mappings["accounts"].rows, *(MappingRow(k, v) for k, v in ACCOUNTS.items()))
        )
        sellers = (MappingRow(f"seller {name}", FEES) for name in (NAME, OTHER))
        bought = Mapping("purchase_accounts", (*given.mappings["purchase_accounts"].rows, *sellers))
        journals = Mapping(
            "journals", (*given.mappings["journals"].rows, MappingRow("clearing.stripe.USD", "STRU"))
        )
        return replace(
            given,
            sha256=given.sha256[:32] + f"{abs(hash(repr(self.fees))):032x}"[:32],
            interfaces={**given.interfaces, "stripe": stripe},
            mappings={
                **given.mappings,
                "accounts": accounts,
                "journals": journals,
                "purchase_accounts": bought,
            },
        )

    def charge(self, amount: int, fee: int, day: int, month: int = 10) -> None:
        """A card payment in minor units, and what Stripe keeps of it."""
        self.provider.charge(amount, "USD", fee, datetime(2026, month, day, 12, tzinfo=UTC), {})

    def keep(self, category: str, amount: int, day: int, month: int = 10) -> None:
        """A movement of its own: a fee, or what is given back of one."""
        self.provider.adjust(category, amount, "USD", datetime(2026, month, day, 12, tzinfo=UTC), category)

    def tell_provider(self) -> None:
        """What the balance did since the last time is taken in, planned and posted."""
        rows = self.provider.books.transactions[self.told :]
        self.told += len(rows)
        for row in rows:
            body = json.dumps(row, sort_keys=True, default=str).encode()
            with self.database.transaction() as connection:
                accept(
                    connection,
                    "stripe",
                    [Item("balance_transactions", row["id"], row["id"], body)],
                    "poll",
                    self.clock.now(),
                )
        self.work()

    def supplier(self, name: str = NAME, number: str = "STR") -> None:
        """Stripe is a supplier with an account that a second person approved."""
        self.vendor(number, name=name, tax_id="IE3206488LH")
        self.tell("suppliers")
        assert self.approve() == ""

    def fee_bill(
        self,
        number: str,
        *lines: tuple[str, str, str],
        on: date = BILLED_ON,
        credit: bool = False,
        name: str = NAME,
        tax_id: str = "IE3206488LH",
    ) -> None:
        """Stripe's bill: each line its net, its category of VAT and the rate."""
        items = tuple(
            Line("fees", Decimal(1), Decimal(net), Decimal(rate), category) for net, category, rate in lines
        )
        sent = Sent(number, on, name, items, tax_id, seller_country="IE", due=on, credit=credit)
        self.give("bills", f"{number}.xml", self.point.deliver(sent, "UBL"))
        self.work()

    def wait(self, hours: int = 30) -> None:
        """Time goes by until nothing is waited for any more."""
        self.clock.at += timedelta(hours=hours)
        self.work()

    def standing(self, *accounts: str) -> dict[str, Decimal]:
        """What stands on these accounts, zeros left out."""
        return {k: v for k, v in self.balances().items() if k in accounts}
