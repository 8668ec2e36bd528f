"""Shopify Payments by its API, from the shop to the bank: sales, refunds, chargebacks won and lost, adjustments, two currencies, payouts
that are paid, fail, are cancelled, and one that is taken from the bank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.balances import Balance, at
from tests.integration.test_reconciling import Books, books, world  # noqa: F401
from tieout.connector_api import SystemConfig, open_system
from tieout.operations.discover import discover
from tieout.rules import Interface
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.shopify import Shopify
from tieout_sandbox.simulators.shopify_payments import ShopifyPayments

D = Decimal
ACCOUNTS = {
    "clearing.shopify_payments.USD": "101501", "clearing.shopify_payments.EUR": "101502", "bank_in_transit": "101701",
    "disputes_receivable.shopify_payments": "101710", "provider_reserve.shopify_payments": "101720",
    "unapplied.bank": "212130", "unapplied.unknown": "212100", "receivable": "121000", "revenue.goods": "400000",
    "revenue.refund_adjustments": "400200", "fees.shopify_payments": "621000", "dispute_loss": "642100",
    "provider_adjustments.shopify_payments": "643100", "rounding": "442000", "difference.write_off": "642000",
}  # fmt: skip
JOURNALS = {
    "misc": "MISC",
    "sales": "INV",
    "clearing.shopify_payments.USD": "STRU",
    "clearing.shopify_payments.EUR": "STRE",
}


@dataclass
class Shop:
    """A shop with Shopify Payments, and the books that it is told to."""

    there: Shopify
    balance: Balance
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 99)))

    @property
    def payments(self) -> ShopifyPayments:
        assert self.there.payments is not None
        return self.there.payments

    def sell(self, price: str, fee: str, when: datetime) -> dict[str, Any]:
        """An order that is paid by card."""
        value, number = D(price), next(self.numbers)
        order = self.there.place(
            number=f"#{1000 + number}", at=when, customer={"id": str(number), "name": f"C{number}", "email": "c@example.com"},
            lines=[{"name": "Valve", "quantity": 1, "price": value, "taxes": []}], shipping=D(0), shipping_tax=[],
            total=value, included=False, tenders=[("shopify_payments", value)],
        )  # fmt: skip
        self.payments.move("CHARGE", value, D(fee), when, (order["id"], order["name"]), self.sale_of(order))
        return order

    def sale_of(self, order: dict[str, Any]) -> int:
        return int(order["transactions"][0]["id"].rpartition("/")[2])

    def give_back(self, order: dict[str, Any], value: str, when: datetime) -> None:
        made = self.there.refund(
            order, [(0, 1, D(value), D(0))], D(value), when, onto=[("shopify_payments", D(value))]
        )
        (paid,) = made["transactions"]["nodes"]
        paid["parentTransaction"] = {"id": order["transactions"][0]["id"]}
        number = int(paid["id"].rpartition("/")[2])
        self.payments.move(
            "REFUND", -D(value), D(0), when, (order["id"], order["name"]), number, ("REFUND", number)
        )

    def dispute(self, order: dict[str, Any], when: datetime) -> dict[str, Any]:
        value = D(order["totalPriceSet"]["shopMoney"]["amount"])
        return self.payments.open_dispute(order, value, D("15.00"), when, self.sale_of(order))

    def key(self, payout: dict[str, Any]) -> str:
        return f"shopify-payout-{payout['legacyResourceId']}"


@pytest.fixture
def shop(books: Books, request: pytest.FixtureRequest) -> Shop:  # noqa: F811
    there = Shopify(
        books.clock.now, shop="s", currency="USD", zone="UTC", token="t", webhook_secret="w", first_order=1001
    )
    there.payments = ShopifyPayments("USD")
    port = free_port()
    request.addfinalizer(serve({port: there}).stop)
    settings = {"url": f"http://127.0.0.1:{port}", "token": "t"}
    session = open_system(discover()["shopify"], SystemConfig("shop", "shopify", "test", settings))
    request.addfinalizer(session.close)
    streams = ("orders", "balance", "payouts", "disputes")
    return Shop(there, Balance(books, "shopify", "shopify_payments", session, streams, ACCOUNTS, JOURNALS))


def cases(books: Books) -> list[str]:  # noqa: F811
    rows = books.database.rows("select cause, detail from tieout.cases where state = 'open' order by 1, 2")
    return [f"{r['cause']}: {r['detail']}" for r in rows]


def test_a_month_of_shopify_payments_is_proven_to_the_bank(books: Books, shop: Shop) -> None:  # noqa: F811
    pay, balance = shop.payments, shop.balance
    first, second, third = (
        shop.sell(*x, at(5)) for x in (("100.00", "3.20"), ("60.00", "2.04"), ("40.00", "1.46"))
    )
    paid = pay.pay_out(at(6))
    shop.give_back(first, "25.00", at(7))
    won = shop.dispute(second, at(7, 13))
    taken = pay.pay_out(at(8))
    assert (taken["transactionType"], taken["net"]["amount"]) == ("WITHDRAWAL", "-100.00")
    pay.close_dispute(won, True, at(9))
    shop.sell("30.00", "1.17", at(9, 13))
    lost = shop.dispute(third, at(9, 14))
    failed = pay.pay_out(at(10))
    balance.poll()
    pay.come_back(failed, at(11))
    pay.close_dispute(lost, False, at(12))
    pay.move("ADJUSTMENT", D("-3.83"), D(0), at(12, 13))
    again = pay.pay_out(at(13))
    assert again["net"]["amount"] == "45.00"
    pay.move("RESERVED_FUNDS_REVERSAL", D("50.00"), D(0), at(12), currency="EUR")
    pay.move("STRIPE_FEE", D("-2.00"), D(0), at(12, 13), currency="EUR")
    euros = pay.pay_out(at(13, 13), currency="EUR")
    shop.sell("10.00", "0.59", at(14))
    cancelled = pay.pay_out(at(14, 13))
    pay.come_back(cancelled, at(15), "TRANSFER_CANCEL")
    last = pay.pay_out(at(16))
    balance.poll()
    assert cases(books) == []
    arrived = ((paid, "193.30", {}), (taken, "-100.00", {}), (again, "45.00", {}),
               (euros, "48.00", {"company": "53.33", "currency": "EUR"}), (last, "9.41", {}))  # fmt: skip
    for payout, amount, more in arrived:
        balance.arrives(f"bank says {amount}", amount, shop.key(payout), **more)
    proofs = balance.proofs()
    payouts = (paid, taken, failed, again, euros, cancelled, last)
    assert set(proofs) == {shop.key(p) for p in payouts}
    assert {k: (p.residual, p.in_transit, p.why) for k, p in proofs.items()} == dict.fromkeys(
        proofs, (0, 0, "")
    )
    assert [proofs[shop.key(p)].parts for p in (paid, taken, failed, again)] == [3, 2, 3, 2]
    # What is left: fees, the dispute that was lost, what was held back, the adjustment, and the sales at the bank.
    stands = balance.stands()
    # Euros come to nothing; what rounding them into dollars leaves is the revaluation's.
    assert stands.pop("101502") == D("-0.01")
    assert not {"101501", "101701", "101710", "121000", "212100", "212130"} & set(stands)
    assert stands["642100"] == 40 and stands["643100"] == D("3.83")
    assert stands["400000"] == -(100 + 60 + 40 + 30 + 10 - 25)
    assert stands["621000"] == D("3.20") + D("2.04") + D("1.46") + D("1.17") + 15 + D("0.59") + D("2.22")
    assert all(r.unexplained == 0 for r in balance.clearing(date(2026, 10, 31)))


def test_it_is_the_same_however_often_it_is_read(books: Books, shop: Shop) -> None:  # noqa: F811
    order = shop.sell("100.00", "3.20", at(5))
    shop.give_back(order, "25.00", at(6))
    shop.payments.pay_out(at(7), status="SCHEDULED")
    shop.balance.poll()
    moves = books.moves()
    assert "its movements leave" in next(iter(shop.balance.proofs().values())).why, (
        "it is put together, and not told yet"
    )
    shop.payments.payouts[0]["status"] = "PAID"
    shop.balance.poll()
    shop.balance.cursors.clear()
    shop.balance.poll()
    assert books.moves() == moves
    (proof,) = shop.balance.proofs().values()
    assert (proof.parts, proof.residual, proof.why) == (2, 0, "it has not arrived at the bank")


def test_a_dispute_that_was_lost_in_another_currency_is_a_case_with_words(books: Books, shop: Shop) -> None:  # noqa: F811
    order = shop.sell("100.00", "3.20", at(5))
    made = shop.dispute(order, at(6))
    made["amount"] = {"amount": "90.00", "currencyCode": "EUR"}
    shop.payments.close_dispute(made, False, at(8))
    shop.balance.poll()
    (case,) = cases(books)
    assert case.startswith("unreadable_message:") and "90.00 EUR was lost, and the balance is in USD" in case
    assert books.balance("101710") == 100


FILE = Interface("file", "settlements", "US", ("settlements",), "treasury", "treasury", patience_hours=0, late_events="first_open",
                 options={"provider": "shopify_payments"})  # fmt: skip
COLUMNS = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Available On,Amount,Fee,Net,Checkout,"
    "Payment Method Name,Presentment Amount,Presentment Currency,Currency"
)


def exported(*rows: tuple[str, str, str, str]) -> bytes:
    """An export of transactions: type, order, amount, fee; all of them paid out on one day."""
    made = [
        f"2026-10-05 10:00:00 -0400,{kind},{order},visa,online,paid,2026-10-08,2026-10-08,{amount},{fee},{D(amount) - D(fee)},"
        f"#1,card,{amount},USD,USD"
        for kind, order, amount, fee in rows
    ]
    return "\n".join([COLUMNS, *made, ""]).encode()


def test_a_refund_in_a_file_is_the_credit_note_of_its_amount(books: Books, shop: Shop) -> None:  # noqa: F811
    """An export names no refund: two of one order are told apart by their amounts."""
    shop.balance.streams = ("orders",)
    order = shop.sell("100.00", "3.20", at(5))
    shop.give_back(order, "25.00", at(6))
    shop.give_back(order, "10.00", at(7))
    shop.balance.poll()
    name = order["name"]
    shop.balance.tell(FILE, "settlements", exported(("charge", name, "100.00", "3.20"), ("refund", name, "-10.00", "0.00"),
                                                    ("refund", name, "-25.00", "0.00")))  # fmt: skip
    assert cases(books) == []
    assert books.balance("212100") == 0 and books.balance("121000") == 0
    assert all(x["reconciled"] for x in books.lines("121000"))


def test_a_number_that_two_orders_have_names_no_refund(books: Books, shop: Shop) -> None:  # noqa: F811
    shop.balance.streams = ("orders",)
    order = shop.sell("100.00", "3.20", at(5))
    shop.give_back(order, "25.00", at(6))
    other = shop.sell("70.00", "3.20", at(5))
    other["name"] = order["name"]
    shop.balance.poll()
    shop.balance.tell(FILE, "settlements", exported(("refund", order["name"], "-25.00", "0.00")))
    assert any(c.startswith("refund_without_credit_note") for c in cases(books))


def test_a_file_that_ends_below_zero_is_a_payout_from_the_bank(books: Books, shop: Shop) -> None:  # noqa: F811
    shop.balance.streams = ("orders",)
    order = shop.sell("100.00", "3.20", at(5))
    shop.give_back(order, "25.00", at(6))
    shop.balance.poll()
    shop.balance.tell(FILE, "settlements", exported(("refund", order["name"], "-25.00", "0.00")))
    (key,) = shop.balance.proofs()
    shop.balance.arrives("bank took 25.00", "-25.00", key)
    (proof,) = shop.balance.proofs().values()
    assert (proof.amount, proof.parts, proof.residual, proof.in_transit, proof.why) == (-25, 1, 0, 0, "")
    assert books.balance("101701") == 0
