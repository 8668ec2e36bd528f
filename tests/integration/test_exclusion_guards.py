"""What cannot be left out, and what a rejection leaves: an entry that stands in the ledger, a month that is not whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.integration.office import Office
from tests.integration.test_read_back import Books
from tieout.cases import NewCase, open_cases
from tieout.planning import exclude, exclude_case
from tieout.rules import ApprovalPolicy, Step


@pytest.fixture
def books(office: Office) -> Books:
    return Books(office)


def held(books: Books, cause: str = "refused_by_target") -> int:
    """The booked entry's document is held, as one is of whose effects the ledger took one and refused another."""
    office, now = books.office, books.office.clock.now()
    with office.database.transaction() as connection:
        (row,) = connection.execute(
            "update tieout.document set state = 'refused', reason = 'ledger_refused' where source_key = 'A1' returning document_id"
        ).fetchall()
        case = NewCase(
            cause=cause, interface="journals", entity="US", period="2026-10", source_key="A1 fee", amount=Decimal(50),
            currency="USD", recovery="r", detail="d", owner="o", opened_at=now, due_at=now, document_id=row["document_id"],
        )  # fmt: skip
        open_cases(connection, [case], "t")
    rows = office.database.rows("select case_id from tieout.cases where cause = %s", cause)
    return int(rows[0]["case_id"])


def leave_out(books: Books, number: int) -> str:
    """ "" where it is excluded, else why not."""
    try:
        with books.office.database.transaction() as connection:
            exclude(connection, books.office.release(), number, "not ours", books.office.clock.now(), "mia")
    except ValueError as error:
        return str(error)
    return ""


def test_nothing_is_left_out_whose_entry_stands_until_it_is_reversed(books: Books) -> None:
    number = held(books)
    said = leave_out(books, number)
    assert (
        "stands in the ledger" in said
        and f"account.move {books.move}" in said
        and "reverse it there first" in said
    )
    assert books.office.states() == {"A1": "refused"}
    # Nor by an approval of before.
    with (
        pytest.raises(ValueError, match="stands in the ledger"),
        books.office.database.transaction() as connection,
    ):
        exclude_case(connection, number, "approved", books.office.clock.now(), "cora")
    books.reverse(books.move)
    assert "stands in the ledger" in leave_out(books, number)
    books.look()
    assert leave_out(books, number) == "" and books.office.states() == {"A1": "excluded"}


def test_a_reversal_that_was_taken_back_stands_again(books: Books) -> None:
    number = held(books)
    other = books.reverse(books.move)
    books.look()
    books.reverse(other)
    books.look()
    assert "stands in the ledger" in leave_out(books, number)


def test_an_entry_that_was_changed_stands(books: Books) -> None:
    number = held(books)
    books.call("button_draft", ids=[books.move])
    books.call("write", ids=[books.move], vals={"date": "2026-10-16"})
    books.call("action_post", ids=[books.move])
    books.look()
    assert "stands in the ledger" in leave_out(books, number)


def test_what_may_be_in_the_ledger_is_not_left_out(books: Books) -> None:
    number = held(books, "outcome_undecided")
    with books.office.database.transaction() as connection:
        connection.execute("update tieout.delivery set state = 'refused' where ledger")
    said = leave_out(books, number)
    assert "may be in the ledger" in said and f"tieout replay --case {number}" in said


def turned_down(office: Office, who: str, amount: str = "2500.00") -> str:
    office.let_in()
    office.journal("J1", amount, by="mia")
    office.work()
    office.clock.at = datetime(2026, 11, 4, 12, tzinfo=UTC)
    return office.decide(who, verdict="reject", reason="wrong supplier")


def test_a_rejection_in_november_is_a_case_of_october(office: Office) -> None:
    assert turned_down(office, "cora") == ""
    (row,) = office.database.rows("select cause, period from tieout.cases where state = 'open'")
    assert (row["cause"], row["period"]) == ("approval_rejected", "2026-10")


def test_to_say_no_needs_no_limit(office: Office) -> None:
    """Carl approves up to 10,000."""
    office.policies = (ApprovalPolicy("journals", 'kind == "journal_entry"', (Step("controller"),)),)
    assert "above what carl may approve" in _approve_first(office)
    assert office.decide("carl", verdict="reject", reason="wrong supplier") == ""
    assert office.states() == {"J1": "refused"}


def _approve_first(office: Office) -> str:
    office.let_in()
    office.journal("J1", "60000.00", by="mia")
    office.work()
    return office.decide("carl")


def test_whoever_approves_a_later_step_may_say_no_first_and_nobody_else(office: Office) -> None:
    office.policies = (
        ApprovalPolicy("journals", 'kind == "journal_entry"', (Step("controller"), Step("cfo"))),
    )
    assert "mia" in turned_down(office, "mia")
    assert "olga is no controller or cfo" in office.decide("olga", verdict="reject", reason="no")
    assert office.decide("frank", verdict="reject", reason="no budget") == ""
    assert office.states() == {"J1": "refused"} and office.cases() == [("approval_rejected", "J1")]


def test_a_day_is_a_day(office: Office) -> None:
    office.let_in()
    office.journal("S1", "2500.00", by="mia", on=date(2026, 9, 30))
    office.work()
    assert office.decide("cora", verdict="reject", reason="wrong month") == ""
    (row,) = office.database.rows("select period from tieout.cases where cause = 'approval_rejected'")
    assert row["period"] == "2026-09"
