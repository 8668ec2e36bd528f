"""What the kinds of movements beside payments mean, payments that fail later, refunds that name no credit note, and losses that change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.unit.processes.test_recipes import AT, ORDER, accounts_of, movement, plan, release
from tieout.documents import Dispute, canonical_bytes
from tieout.money import Amount, from_minor
from tieout.processes import Facts, OrderFact, UnappliedPayment
from tieout.processes.facts import OrderState, PreviousFact
from tieout.processes.linked import own_credit_notes, place_of
from tieout.rules import Mapping as Table
from tieout.rules import MappingRow, Release

ROLES = {
    "platform_earning": "platform_earnings", "transfer": "connected_accounts", "advance": "provider_advances",
    "financing": "provider_financing", "spending": "provider_spending", "contribution": "provider_contributions",
}  # fmt: skip


def rules() -> Release:
    given = release()
    more = tuple(MappingRow(f"{role}.stripe", f"99{n}") for n, role in enumerate(ROLES.values()))
    accounts = Table("accounts", (*given.mappings["accounts"].rows, *more, MappingRow("bad_debts", "640000")))
    return Release(given.sha256, given.entities, {}, {**given.mappings, "accounts": accounts})


class TestKinds:
    @pytest.mark.parametrize("kind", ROLES)
    @pytest.mark.parametrize("amount", [6028, -6028])
    def test_each_goes_to_its_own_account_with_its_sign(self, kind: str, amount: int) -> None:
        """woocommerce-payments 8588: a loan's repayment was in no list of what a payout was made of."""
        result = plan(movement(kind, amount), rules=rules())
        counter = f"99{list(ROLES).index(kind)}"
        value = Decimal(amount) / 100
        assert accounts_of(result, kind) == {"101501": value, counter: -value}
        assert result.cases == ()

    def test_an_account_that_nobody_named_is_a_case_and_not_a_guess(self) -> None:
        result = plan(movement("transfer", -100))
        assert result.effects == () and result.cases[0].cause == "unmapped_account"


class TestPaymentsThatFailLater:
    def test_of_a_billed_order_the_customer_owes_it_again(self) -> None:
        """opencollective 6166: a bank debit failed days after it was booked as paid."""
        facts = Facts(order=ORDER, payment=charge("121000"))
        result = plan(movement("charge_failure", -10_000, order_key="1"), facts)
        assert accounts_of(result, "capture_reversal") == {"101501": Decimal(-100), "121000": Decimal(100)}
        assert [(c.cause, c.blocking) for c in result.cases] == [("payment_failed", False)]

    def test_halves_of_an_advance_that_do_not_meet_leave_what_is_left(self) -> None:
        """woocommerce-payments 8588 (comment of 2026-08-27): an advance and its funding land in two payouts."""
        up, down = movement("advance", 5000), movement("advance", -4800)
        sums = [accounts_of(plan(m, rules=rules()), "advance")["992"] for m in (up, down)]
        assert sum(sums) == Decimal("-2.00")

    def test_it_waits_for_its_charge(self) -> None:
        assert plan(movement("charge_failure", -10_000, order_key="1"), Facts(order=ORDER)).decision == "wait"

    @pytest.mark.parametrize("account", ["212100", "212110", "212200"])
    def test_before_the_invoice_it_goes_back_from_where_its_charge_waits(self, account: str) -> None:
        order = OrderFact(state=OrderState.DEPOSIT, on_fulfilment=True) if account == "212200" else None
        facts = Facts(order=order, payment=charge(account))
        result = plan(movement("charge_failure", -10_000), facts)
        assert accounts_of(result, "capture_reversal")[account] == Decimal(100)
        assert result.unapplied_account == account
        assert "match_given_back" in {e.name for e in result.effects}

    def test_a_fee_of_the_failure_is_booked_beside_it(self) -> None:
        """opencollective 8251: each bank debit that fails costs a fee."""
        result = plan(movement("charge_failure", -10_000, 400), Facts(payment=charge("212100")))
        assert accounts_of(result, "fee")["621000"] == Decimal("4.00")


def charge(account: str) -> UnappliedPayment:
    return UnappliedPayment(
        effect="tieout.ch", account=account, amount=Decimal(100), company=Decimal(100), key="ch_1", payment_key="ch_1"
    )  # fmt: skip


def note(key: str, amount: str = "50.00", booked: bool = True) -> Mapping[str, Any]:
    return {"note": f"tieout.{key}" if booked else "", "key": key, "names": "", "amount": Decimal(amount), "currency": "USD"}  # fmt: skip


def back(key: str, names: str = "", amount: str = "-50.00") -> Mapping[str, Any]:
    return {"note": "", "key": key, "names": names, "amount": Decimal(amount), "currency": "USD"}


class TestRefundsThatNameNoCreditNote:
    REFUND = msgspec.structs.replace(movement("refund", -5000, order_key="1"), key="txn_b")

    def test_the_one_of_its_order_and_amount_is_its_own(self) -> None:
        facts = Facts(order=ORDER, own={"refunds_of_order": ((note("r1"), back("txn_b")),)})
        result = plan(self.REFUND, facts)
        assert accounts_of(result, "refund") == {"101501": Decimal(-50), "121000": Decimal(50)}
        assert "match_refund" in {e.name for e in result.effects} and result.cases == ()

    @pytest.mark.parametrize(
        ("told", "own"),
        [
            ((note("r1"), note("r2"), back("txn_a"), back("txn_b")), "r2"),
            ((note("r1"), note("r2"), back("txn_b"), back("txn_a")), "r1"),
            ((note("r1"), note("r2"), back("txn_a", "r1"), back("txn_b")), "r2"),
            ((note("r1", "49.99"), note("r2", "50.00"), back("txn_b")), "r2"),
            ((note("r1"), back("txn_a"), back("txn_b")), None),
            ((note("r1", booked=False), back("txn_b")), None),
            ((back("txn_b"),), None),
        ],
    )
    def test_each_credit_note_is_of_one_refund(self, told: tuple[Any, ...], own: str | None) -> None:
        notes, place = own_credit_notes(self.REFUND, told), place_of(self.REFUND, told)
        assert place is not None
        assert (notes[place]["key"] if place < len(notes) else None) == own
        result = plan(self.REFUND, Facts(order=ORDER, own={"refunds_of_order": (told,)}, patience_over=True))
        assert ("match_refund" in {e.name for e in result.effects}) is (own is not None)

    def test_another_currency_is_another_refund(self) -> None:
        assert own_credit_notes(self.REFUND, ({**note("r1"), "currency": "EUR"}, back("txn_b"))) == []

    def test_one_that_is_not_kept_yet_is_not_guessed_at(self) -> None:
        """Two of a batch would both be the first."""
        facts = Facts(order=ORDER, own={"refunds_of_order": ((note("r1"),),)}, patience_over=True)
        assert plan(self.REFUND, facts).decision == "wait"

    def test_without_one_it_waits_and_is_then_a_case(self) -> None:
        assert plan(self.REFUND, Facts(order=ORDER, payment=charge("121000"))).decision == "wait"
        late = plan(self.REFUND, Facts(order=ORDER, payment=charge("121000"), patience_over=True))
        assert late.cases[0].cause == "refund_without_credit_note"


class TestLossesThatChange:
    def lost(self, amount: int, status: str = "lost") -> Dispute:
        return Dispute(
            key="dp_1", occurred_at=AT, currency="USD", provider="stripe", status=status, version="2",
            amount=from_minor(amount, "USD"), payment_key="ch_1", reason="general",
        )  # fmt: skip

    def after(self, doc: Dispute, before: Dispute) -> Any:
        facts = Facts(previous=PreviousFact(revision=1, content=canonical_bytes(before).decode()))
        return plan(doc, facts, revision=2)

    def test_the_difference_is_booked(self) -> None:
        result = self.after(self.lost(6450), self.lost(6500))
        assert accounts_of(result, "dispute_lost") == {"642100": Decimal("-0.50"), "101710": Decimal("0.50")}

    def test_a_loss_that_was_won_after_all_is_taken_back(self) -> None:
        """woocommerce-payments 4931: lost, and won a day later."""
        result = self.after(self.lost(6500, "won"), self.lost(6500))
        assert accounts_of(result, "dispute_lost") == {"642100": Decimal(-65), "101710": Decimal(65)}

    def test_the_same_loss_is_booked_once(self) -> None:
        assert self.after(self.lost(6500), self.lost(6500)).effects == ()

    def test_what_was_open_before_is_booked_whole(self) -> None:
        result = self.after(self.lost(6500), self.lost(6500, "needs_response"))
        assert accounts_of(result, "dispute_lost")["642100"] == Decimal(65)

    def test_nothing_withdrawn_is_no_loss(self) -> None:
        assert plan(self.lost(0)).effects == ()
        assert Amount.zero("USD") == self.lost(0).amount
