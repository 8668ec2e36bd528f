"""Accounts are proposed where it is clear which, by type first: an account of another type is never proposed, whatever it is called."""

from __future__ import annotations

import pytest

from tieout.rules.account_roles import (
    BOOKS,
    JOURNALS,
    Candidate,
    Role,
    bank_role,
    fits,
    propose,
    provider_roles,
)
from tieout_sandbox.simulators.odoo.pristine import CHART

GENERIC = [Candidate(code, name, kind, matched) for code, name, kind, matched in CHART]
ROLES = {r.key: r for r in (*BOOKS, *JOURNALS, *provider_roles("stripe", ["EUR", "USD"]))}
# Of Odoo's German charts, as l10n_de names them (SKR03, SKR04).
SKR03 = [
    Candidate("1400", "Forderungen aus Lieferungen und Leistungen", "asset_receivable", True),
    Candidate("1410", "Forderungen aus Lieferungen und Leistungen (PoS)", "asset_receivable", True),
    Candidate("1600", "Verbindlichkeiten aus Lieferungen und Leistungen", "liability_payable", True),
    Candidate("1360", "Geldtransit", "asset_current", True),
    Candidate("4970", "Nebenkosten des Geldverkehrs", "expense", False),
    Candidate("8400", "Erlöse 19 % USt", "income", False),
    Candidate("8300", "Erlöse 7 % USt", "income", False),
]


def proposed(key: str, chart: list[Candidate], own: str = "USD") -> str:
    found = propose(ROLES[key], chart, own)
    return (found.choice.journal or found.choice.account) if found else ""


@pytest.mark.parametrize(
    ("role", "account"),
    [
        ("receivable", "121000"),
        ("payable", "211000"),
        ("revenue.goods", "400000"),
        ("bank_in_transit", "101701"),
        ("bank_fees", "620000"),
        ("difference.rounding", "642000"),
        # Nothing is called so: nothing is proposed.
        ("unapplied.unknown", ""),
        ("dispute_loss", ""),
        ("fees.stripe", ""),
    ],
)
def test_of_odoos_generic_chart(role: str, account: str) -> None:
    assert proposed(role, GENERIC) == account


@pytest.mark.parametrize(
    ("role", "account"),
    [("receivable", "1400"), ("payable", "1600"), ("bank_in_transit", "1360"), ("bank_fees", "4970"), ("revenue.goods", "8400")],
)  # fmt: skip
def test_of_a_german_chart(role: str, account: str) -> None:
    assert proposed(role, SKR03, "EUR") == account


def test_by_type_first_whatever_it_is_called() -> None:
    wrong = [
        Candidate("1", "Bank Fees", "income", False),
        Candidate("2", "Account Receivable", "asset_current", True),
    ]
    assert proposed("bank_fees", wrong) == "" and proposed("receivable", wrong) == ""


def test_of_two_that_are_called_alike_none_is_guessed() -> None:
    alike = [
        Candidate("7001", "Bank Fees A", "expense", False),
        Candidate("7002", "Bank Fees B", "expense", False),
    ]
    assert proposed("bank_fees", alike) == ""
    assert proposed("bank_fees", alike[:1]) == "7001"


def test_what_is_matched_must_reconcile() -> None:
    transit = Candidate("101701", "Liquidity Transfer", "asset_current", False)
    assert not fits(ROLES["bank_in_transit"], transit, "USD")


def test_money_is_chosen_by_its_journal_and_currency() -> None:
    journals = [
        Candidate("101501", "Stripe USD", "asset_cash", False, "USD", "STRU"),
        Candidate("101502", "Stripe EUR", "asset_cash", False, "EUR", "STRE"),
        Candidate("101503", "Stripe", "asset_cash", False, "", ""),
    ]
    assert proposed("clearing.stripe.EUR", journals) == "STRE"
    assert proposed("clearing.stripe.USD", journals) == "STRU"
    # A journal without a currency of its own is in the company's.
    own = Candidate("101504", "Stripe", "asset_cash", False, "", "STRI")
    assert fits(ROLES["clearing.stripe.USD"], own, "USD") and not fits(
        ROLES["clearing.stripe.EUR"], own, "USD"
    )
    assert fits(bank_role("DE02"), journals[0], "USD")


def test_no_role_of_money_is_a_bare_account() -> None:
    for role in (*ROLES.values(), bank_role("X")):
        assert isinstance(role, Role) and (role.journal or not role.key.startswith(("bank.", "clearing."))), (
            role.key
        )
