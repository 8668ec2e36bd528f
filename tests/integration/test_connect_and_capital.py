"""A platform's balance at Stripe, from its API to the bank: application fees, transfers, a loan that is paid down, an advance, and disputes
that are won for less than was withdrawn."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.balances import Balance, at
from tests.integration.test_reconciling import Books, books, world  # noqa: F401
from tieout.connector_api import SystemConfig, open_system
from tieout.operations.discover import discover
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.stripe import Stripe
from tieout_sandbox.simulators.stripe_connect import Platform

D = Decimal
EARNED, CONNECTED, LOAN, ADVANCES = "400100", "101720", "212300", "101740"
ACCOUNTS = {
    "clearing.stripe.USD": "101501", "bank_in_transit": "101701", "disputes_receivable.stripe": "101710",
    "unapplied.bank": "212130", "unapplied.unknown": "212100", "receivable": "121000", "fees.stripe": "621000",
    "dispute_loss": "642100", "platform_earnings.stripe": EARNED, "connected_accounts.stripe": CONNECTED,
    "provider_financing.stripe": LOAN, "provider_advances.stripe": ADVANCES, "difference.write_off": "642000",
}  # fmt: skip
JOURNALS = {"misc": "MISC", "clearing.stripe.USD": "STRU"}


class Account:
    """A Stripe account and the books that it is told to."""

    def __init__(self, books: Books, request: pytest.FixtureRequest) -> None:  # noqa: F811
        self.there = Stripe(books.clock.now, key="rk_test_x", webhook_secret="w")
        port = free_port()
        request.addfinalizer(serve({port: self.there}).stop)
        settings = {"url": f"http://127.0.0.1:{port}", "key": "rk_test_x", "webhook_secrets": "w"}
        session = open_system(discover()["stripe"], SystemConfig("stripe", "stripe", "test", settings))
        request.addfinalizer(session.close)
        streams = ("balance_transactions", "payouts", "disputes")
        self.balance = Balance(books, "stripe", "stripe", session, streams, ACCOUNTS, JOURNALS)


@pytest.fixture
def account(books: Books, request: pytest.FixtureRequest) -> Account:  # noqa: F811
    return Account(books, request)


def test_a_platforms_month_is_proven_to_the_bank(books: Books, account: Account) -> None:  # noqa: F811
    there, balance = account.there, account.balance
    platform = Platform(there)
    # 1,000.00 of a loan, of which a tenth of the sales pays down; a direct charge of the connected account earns 12.34.
    platform.lend(100_000, "USD", at(2))
    fee = platform.application_fee(1_234, "USD", "ch_of_the_connected_account", at(3))
    platform.refund_fee(fee, 234, at(4))
    sent = platform.transfer(50_000, "USD", at(4))
    platform.reverse(sent, 5_000, at(5))
    platform.withhold(9_000, "USD", at(5))
    platform.give_back(1_000, "USD", at(6))
    first = there.pay_out("USD", at(7))
    assert first is not None and first["amount"] == 100_000 + 1_000 - 45_000 - 8_000
    platform.advance(20_000, "USD", at(8), at(10))
    second = there.pay_out("USD", at(9))
    platform.lend(30_000, "USD", at(11))
    third = there.pay_out("USD", at(12))
    assert (
        second is not None and third is not None and (second["amount"], third["amount"]) == (20_000, 10_000)
    )
    balance.poll()
    assert books.cases() == []
    for payout, amount in ((first, "480.00"), (second, "200.00"), (third, "100.00")):
        balance.arrives(f"bank says {amount}", amount, payout["id"])
    proofs = balance.proofs()
    assert [(p.parts, p.residual, p.in_transit, p.why) for p in proofs.values()] == [
        (7, 0, 0, ""), (1, 0, 0, ""), (2, 0, 0, "")
    ]  # fmt: skip
    stands = balance.stands()
    assert "101501" not in stands and "101701" not in stands and ADVANCES not in stands
    # Income is a credit; what is owed of the loan is one too; what connected accounts have is their money.
    assert (stands[EARNED], stands[LOAN], stands[CONNECTED]) == (D("-10.00"), D("-1220.00"), D("450.00"))
    assert all(r.unexplained == 0 for r in balance.clearing(date(2026, 10, 31)))
    assert balance.session.balances(datetime(2026, 11, 1, tzinfo=UTC)) == {"USD": 0}


def test_what_stripe_counts_is_what_came(books: Books, account: Account) -> None:  # noqa: F811
    platform = Platform(account.there)
    platform.lend(100_000, "USD", at(2))
    platform.withhold(9_000, "USD", at(5))
    platform.transfer(50_000, "USD", at(4))
    books.clock.at = datetime(2026, 11, 1, 6, tzinfo=UTC)
    account.balance.poll()
    totals = account.balance.session.control_totals(
        ["balance_transactions"], datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "UTC"
    )
    theirs = {t.group: (t.count, t.debit - t.credit) for t in totals}
    rows = books.database.rows(
        "select control_group as g, sum(measure_count) as n, sum(measure_debit - measure_credit) as s from tieout.document group by 1"
    )
    assert {r["g"]: (r["n"], r["s"]) for r in rows} == theirs
    assert set(theirs) == {"financing_payout", "financing_paydown", "transfer"}


def test_an_account_that_no_mapping_names_is_a_case_and_loses_nothing(books: Books, account: Account) -> None:  # noqa: F811
    books.accounts = {k: v for k, v in ACCOUNTS.items() if not k.startswith("provider_financing")}
    Platform(account.there).lend(100_000, "USD", at(2))
    account.balance.poll()
    ((_, amount),) = books.cases()
    assert amount == D("1000.00")
    assert books.balance("101501") == 0


def disputed(account: Account, withdrawn: int, given_back: int | None, status: str) -> dict[str, Any]:
    """A dispute of a charge of 106.00; rates may have moved between what is withdrawn and what comes back."""
    row = account.there.charge(10_600, "USD", 0, at(2), {})
    dispute = account.there.open_dispute(row["source"], 1_500, at(3))
    taken = next(t for t in account.there.books.transactions if t["reporting_category"] == "dispute")
    for told in (taken, dispute["balance_transactions"][0]):
        told.update(amount=-withdrawn, net=-withdrawn - 1_500)
    if given_back is not None:
        dispute["amount"] = given_back
    account.there.close_dispute(dispute, status, at(9))
    return dispute


@pytest.mark.parametrize(
    ("withdrawn", "given_back", "loss"), [(10_600, 10_400, "2.00"), (10_600, 10_700, "-1.00")]
)
def test_what_a_won_dispute_does_not_give_back_is_a_loss(
    books: Books,  # noqa: F811
    account: Account,
    withdrawn: int,
    given_back: int,
    loss: str,
) -> None:
    disputed(account, withdrawn, given_back, "won")
    account.balance.poll()
    assert books.balance("642100") == D(loss) and books.balance("101710") == 0
    assert books.balance("621000") == 15, "its fee is a fee"
    account.balance.cursors.clear()
    account.balance.poll()
    assert books.balance("642100") == D(loss)


def test_one_that_is_won_for_all_of_it_costs_nothing(books: Books, account: Account) -> None:  # noqa: F811
    disputed(account, 10_600, 10_600, "won")
    account.balance.poll()
    assert books.balance("642100") == 0 and books.balance("101710") == 0


def test_one_that_is_won_and_not_given_back_yet_waits(books: Books, account: Account) -> None:  # noqa: F811
    dispute = disputed(account, 10_600, None, "won")
    back = account.there.books.transactions.pop()
    assert back["reporting_category"] == "dispute_reversal"
    dispute["balance_transactions"].pop()
    account.there.books.events[-1]["data"]["object"] = dispute
    account.balance.poll()
    assert (books.balance("642100"), books.balance("101710")) == (0, D("106.00"))
    back["amount"] = back["net"] = 10_400
    account.there.books.transactions.append(back)
    dispute["balance_transactions"].append({**back, "source": dispute["id"]})
    account.balance.cursors.clear()
    account.balance.poll()
    assert (books.balance("642100"), books.balance("101710")) == (D("2.00"), 0)


def test_a_won_dispute_that_is_lost_after_all_is_the_difference(books: Books, account: Account) -> None:  # noqa: F811
    dispute = disputed(account, 10_600, 10_400, "won")
    account.balance.poll()
    back = account.there.moved("adjustment", "dispute", -10_400, "USD", dispute, at(20))
    dispute["balance_transactions"].append({**back, "source": dispute["id"]})
    account.there.close_dispute(dispute, "lost", at(20, 13))
    account.balance.poll()
    assert (books.balance("642100"), books.balance("101710")) == (D("106.00"), 0)
