"""The registry of recipes: every kind of document has its own, and says what people are asked to judge."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tieout.documents import (
    KINDS,
    BatchControl,
    CreditNote,
    CustomerInvoice,
    Document,
    GiftCardTender,
    PaymentAnswer,
    TrialBalance,
    canonical_bytes,
)
from tieout.money import Amount
from tieout.processes import Facts, may_be_accepted, plan_document, recipe_of
from tieout.processes.facts import PreviousFact
from tieout.processes.recipe import Recipe, no_money
from tieout.processes.registry import OWN, NoRecipeError, Registry
from tieout.rules import Entity, Interface, Release

AT, ON = datetime(2026, 10, 5, 12, tzinfo=UTC), date(2026, 10, 5)
RELEASE = Release("0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {}, {})
INTERFACE = Interface("x", "x", "US", ("x",), "o", "p")
USD = Amount(Decimal(5), "USD")


def test_every_kind_has_one_recipe() -> None:
    assert sorted(r.kind.__name__ for r in OWN) == sorted(k.__name__ for k in KINDS)


def test_what_may_be_a_case_says_what_is_at_risk() -> None:
    """Nothing else may be refused: nobody looks at a case of nothing. A bank's answer has no amount of its own: its cases
    say that of the payments that it answers (tests/integration/test_payee_checks.py)."""
    silent = {r.kind.__name__ for r in OWN if r.at_risk is no_money} - {"PaymentAnswer"}
    assert {
        r.kind.__name__ for r in OWN if r.restating or any(c.acceptable for c in r.causes)
    } & silent == set()


def test_causes_that_people_may_let_pass_are_the_recipes() -> None:
    for cause in ("duplicate_bill", "duplicate_entry", "duplicate_expense_report", "duplicate_payroll_run",
                  "order_edited_after_payout"):  # fmt: skip
        assert may_be_accepted(cause)
    assert not may_be_accepted("late_event") and not may_be_accepted("unmapped_account")


FRAMES = [
    TrialBalance(key="t", occurred_at=AT, currency="USD", account="1", booked_on=ON, balance=USD),
    BatchControl(
        key="b", occurred_at=AT, currency="USD", batch="b", booked_on=ON, count=1, debit=USD, credit=USD
    ),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: f.key)
def test_a_frame_is_planned_whatever_is_locked_and_books_nothing(frame: Document) -> None:
    plan = plan_document(frame, 1, Facts(lock_on=ON), RELEASE, INTERFACE, ON)
    assert (plan.decision, plan.effects, plan.cases, plan.on) == ("planned", (), (), ON)


def test_what_stands_on_a_day_of_the_books_is_held_back_by_its_lock() -> None:
    answer = PaymentAnswer(
        key="a",
        occurred_at=AT,
        currency="USD",
        end_to_end_id="e",
        message_id="m",
        status="ACSC",
        booked_on=ON,
    )
    card = GiftCardTender(key="g", occurred_at=AT, currency="USD", order_key="1", amount=USD)
    for document, at_risk in ((answer, Decimal(0)), (card, Decimal(5))):
        (case,) = plan_document(document, 1, Facts(lock_on=ON), RELEASE, INTERFACE, ON).cases
        assert (case.cause, case.amount.value) == ("late_event", at_risk)


def test_another_kind_under_the_same_key_is_not_the_same_money() -> None:
    """An order and a credit note of the same lines are as far apart as money can be."""
    said = {"key": "1", "occurred_at": AT, "currency": "USD", "order_key": "1", "number": "N", "party": None,
            "lines": (), "taxes": (), "total": USD}  # fmt: skip
    before = canonical_bytes(CustomerInvoice(**said)).decode()  # type: ignore[arg-type]
    facts = Facts(previous=PreviousFact(revision=1, content=before))
    plan = plan_document(CreditNote(**said), 2, facts, RELEASE, INTERFACE, ON)  # type: ignore[arg-type]
    assert (plan.decision, plan.reason) == ("refused", "booked_money_changed")


def test_a_document_without_a_recipe_is_named() -> None:
    class Nameless(Document, frozen=True, kw_only=True, tag="nameless"):
        """A kind that nobody declared."""

    with pytest.raises(NoRecipeError, match="x is a nameless, for which nobody declared a recipe"):
        recipe_of(Nameless(key="x", occurred_at=AT, currency="USD"))


def test_a_kind_has_no_second_recipe() -> None:
    with pytest.raises(ValueError, match="TrialBalance has two recipes"):
        Registry((Recipe(kind=TrialBalance), Recipe(kind=TrialBalance)))
