"""What one partner's money pays of what another owes. All of it is invented."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.connector_api import OpenItem
from tieout.documents import Reconciliation
from tieout.reconcile.ledger.grouping import match_document
from tieout.reconcile.ledger.lessons import Learned, Lesson
from tieout.reconcile.ledger.passed_on import passed_on
from tieout.reconcile.ledger.second_person import at_stake

TAUGHT = Learned([Lesson(kind="alias", key="HRBR INDSTRL", value="Harbor Industrial")])
# (partner, whose name stands on it, what is open, signed as the ledger signs it)
Row = tuple[int, str, str]


def item(number: int, row: Row, account: str, currency: str = "USD", company: str = "") -> OpenItem:
    partner, name, residual = row
    return OpenItem(
        line=number, move=number, account=account, kind="other" if account == "unapplied" else "receivable", is_payment=False,
        on=date(2026, 10, number), due=None, currency=currency, residual=Decimal(residual), company=Decimal(company or residual),
        partner=partner, partner_name=name, numbers=(f"N{number}",), label="",
    )  # fmt: skip


def matched(cash: list[Row], due: list[Row], account: str = "unapplied", gap: str = "") -> Reconciliation:
    return match_document(
        [item(n, row, account) for n, row in enumerate(cash, 1)],
        [item(n, row, "receivable") for n, row in enumerate(due, 11)],
        explained_as="bank_charge" if gap else "", difference_account=gap, rule="by hand", confidence="1", why="",
        decided_by="ann", own_currency="USD",
    )  # fmt: skip


ACME, BOLT, HARBOR = (9, "Acme Corp", "100.00"), (8, "Bolt Ltd", "50.00"), (7, "Harbor Industrial", "70.00")


@pytest.mark.parametrize(
    ("cash", "due", "passed"),
    [
        ([(0, "Acme Corp", "-100.00")], [ACME], "0"),
        ([(0, "ACME CORPORATION", "-100.00")], [ACME], "0"),
        ([(0, "", "-100.00")], [ACME], "0"),
        ([(0, "HRBR INDSTRL", "-70.00")], [HARBOR], "0"),
        # The words of a person's name, the other way round.
        ([(0, "STRAND ADA", "-100.00")], [(9, "Ada Strand", "100.00")], "0"),
        # Somebody else's name on the money.
        ([(0, "Bolt Ltd", "-100.00")], [ACME], "100.00"),
        # The same name in another legal form is another company.
        ([(0, "Acme GmbH", "-100.00")], [ACME], "100.00"),
        # Known by the ledger's id, whatever name there is.
        ([(8, "Acme Corp", "-100.00")], [ACME], "100.00"),
        # Each pays its own.
        ([(0, "Acme Corp", "-100.00"), (0, "Bolt Ltd", "-50.00")], [ACME, BOLT], "0"),
        # One pays its own, and the rest goes to another.
        ([(0, "Acme Corp", "-150.00")], [ACME, BOLT], "50.00"),
        # Of what pays a part, that part.
        ([(0, "Bolt Ltd", "-30.00")], [ACME], "30.00"),
        # What is too much becomes the credit of the one whose invoice it pays: all of it has changed hands.
        ([(0, "Bolt Ltd", "-120.00")], [ACME], "120.00"),
        # A credit note of one for the invoice of another.
        ([], [ACME, (8, "Bolt Ltd", "-100.00")], "100.00"),
        ([], [ACME, (9, "Acme Corp", "-100.00")], "0"),
        # A payout that nobody owes says its provider's name.
        ([(0, "Stripe", "-100.00")], [(0, "", "100.00")], "0"),
        # Whatever name stands on both: no partner owes it.
        ([(0, "Adyen N.V.", "-100.00")], [(0, "Stripe", "100.00")], "0"),
        # A customer's money for what no customer owes.
        ([(9, "Acme Corp", "-100.00")], [(0, "", "100.00")], "100.00"),
        # Bills, the other way.
        ([(0, "Bolt Ltd", "100.00")], [(9, "Acme Corp", "-100.00")], "100.00"),
    ],
)  # fmt: skip
def test_what_one_pays_of_anothers_is_counted_and_what_each_pays_of_its_own_is_not(
    cash: list[Row], due: list[Row], passed: str
) -> None:
    assert passed_on(matched(cash, due), TAUGHT) == Decimal(passed)


def test_what_stays_open_of_a_line_is_passed_on_to_nobody() -> None:
    """Beside lines of nobody the smaller side decides, and it counts what was used alone."""
    cash = matched([(0, "", "-60.00"), (8, "Bolt Ltd", "-90.00")], [ACME], "receivable")
    assert passed_on(cash, TAUGHT) == 40


def test_two_of_one_name_are_told_apart_by_nobody() -> None:
    found = matched([(0, "Acme Corp", "-150.00")], [ACME, (6, "Acme Corp", "50.00")])
    assert passed_on(found, TAUGHT) == 0


def test_a_payment_on_the_receivable_of_one_that_pays_another_is_counted() -> None:
    assert passed_on(matched([(8, "Bolt Ltd", "-100.00")], [ACME], "receivable"), TAUGHT) == 100


def test_what_is_booked_away_and_what_is_passed_on_are_added() -> None:
    found = matched([(0, "Bolt Ltd", "-80.00")], [ACME], gap="642000")
    assert at_stake(found, "USD", TAUGHT) == 100


def test_it_is_worth_what_the_dearest_line_says() -> None:
    found = match_document(
        [item(1, (0, "Bolt Ltd", "-100.00"), "unapplied", "EUR", "-110.00")], [item(11, ACME, "receivable", "EUR", "120.00")],
        explained_as="", difference_account="", rule="by hand", confidence="1", why="", decided_by="ann", own_currency="USD",
    )  # fmt: skip
    assert at_stake(found, "USD", TAUGHT) == 120
