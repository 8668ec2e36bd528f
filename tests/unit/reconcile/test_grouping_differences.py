"""The difference of a match is of what it uses: cash of which nothing is used has no part in it. Amounts are invented."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.unit.processes.test_one_rate import (
    RECEIVABLE,
    UNAPPLIED,
    Row,
    cash_rows,
    due_rows,
    matched,
    row,
)
from tieout.documents import Reconciliation
from tieout.money import Amount
from tieout.reconcile.ledger.grouping import GroupError, match_again


def left_open(document: Reconciliation) -> Decimal:
    """What of its lines stays open or is the customer's credit, as cash less what is due."""
    credit = document.credit.value if isinstance(document.credit, Amount) else Decimal(0)
    return credit - sum((x.rest for x in (*document.cash, *document.due)), Decimal(0))


@pytest.mark.parametrize(
    ("cash", "due", "shown"),
    [
        # A hundred, a hundred and a hundred for 150: the third is not touched, 50 of the second are the customer's.
        ([-10000, -10000, -10000], [15000], "50.00"),
        ([-10000, -10000, -10000], [10000], "0.00"),
        ([-15000], [10000], "50.00"),
        ([-10000], [15000, 20000], "-50.00"),
        ([-10000, -20000], [30000], "0.00"),
    ],
)
def test_a_match_differs_by_what_is_too_much_or_missing_of_its_own_lines(
    cash: list[int], due: list[int], shown: str
) -> None:
    document = matched(
        "EUR", [row(UNAPPLIED, "other", x) for x in cash], [row(RECEIVABLE, "receivable", x) for x in due]
    )
    assert document.difference.value == Decimal(shown) == left_open(document)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(cash_rows, min_size=1, max_size=4), st.lists(due_rows, min_size=1, max_size=4))
def test_so_does_any_other_and_what_a_person_makes_of_it(cash: list[Row], due: list[Row]) -> None:
    try:
        document = matched("EUR", cash, due)
        again = match_again(document, (), "", "", "ann")
    except GroupError:
        return
    assert document.difference.value == left_open(document)
    assert again.difference.value == left_open(again)
