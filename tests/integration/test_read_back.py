"""What people do in Odoo to an entry of ours shows: a case, out of posted; accepted it stays told once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.stages import read_back
from tieout.cases import list_open, solve_case
from tieout.delivery import VerifyStage


class Books:
    """One journal entry of ours on accounts that nobody governs, posted."""

    def __init__(self, office: Office) -> None:
        office.policies = ()
        self.office, self.context = office, {"allowed_company_ids": [office.company.id]}
        office.journal("A1", "1200.00")
        office.work()
        assert office.states() == {"A1": "posted"}
        (self.move,) = self._find("A1")

    def _find(self, reference: str) -> list[int]:
        domain = [["ref", "=", reference], ["company_id", "=", self.office.company.id]]
        found: list[int] = self.call("search", domain=domain)
        return found

    def call(self, method: str, model: str = "account.move", **given: Any) -> Any:
        return self.office.admin.call(model, method, context=self.context, **given)

    def reverse(self, move: int, on: str = "2026-10-20") -> int:
        """What Odoo's own wizard does; the entry that it made."""
        (journal,) = self.call("read", ids=[move], fields=["journal_id"])
        context = {**self.context, "active_model": "account.move", "active_ids": [move]}
        made = self.office.admin.call(
            "account.move.reversal",
            "create",
            vals_list=[{"journal_id": journal["journal_id"][0], "date": on, "reason": "wrong month"}],
            context=context,
        )
        self.office.admin.call("account.move.reversal", "refund_moves", ids=made, context=context)
        (found,) = self.call("search", domain=[["reversed_entry_id", "=", move]])
        return int(found)

    def look(self) -> int:
        connection = self.office.database.connect(autocommit=True)
        stage = VerifyStage(
            lambda _: self.office.session, lambda: ["odoo"], self.office.clock, timedelta(hours=1)
        )
        differ = read_back(stage, connection)
        connection.close()
        return differ

    def cases(self) -> list[tuple[str, Decimal, str]]:
        connection = self.office.database.connect(autocommit=True)
        found = [(r["cause"], r["amount"], r["detail"]) for r in list_open(connection)]
        connection.close()
        return found

    def accept(self) -> None:
        connection = self.office.database.connect(autocommit=True)
        (row,) = list_open(connection)
        with connection.transaction():
            assert solve_case(connection, row["case_id"], self.office.clock.now(), "agreed", "cora") == 1
        connection.close()

    def bucket(self) -> str:
        (row,) = self.office.database.rows(
            "select exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.blocking"
            " and c.state = 'open') as held from tieout.document d where source_key = 'A1'"
        )
        return "in exception" if row["held"] else "posted"


@pytest.fixture
def books(office: Office) -> Books:
    return Books(office)


def test_nothing_is_said_of_what_stands(books: Books) -> None:
    assert books.look() == 0 and books.cases() == [] and books.bucket() == "posted"


def test_an_entry_that_somebody_reversed_leaves_posted(books: Books) -> None:
    other = books.reverse(books.move)
    assert books.look() == 1
    ((cause, amount, detail),) = books.cases()
    name = books.call("read", ids=[other], fields=["name"])[0]["name"]
    assert (cause, amount) == ("reversed_in_ledger", Decimal("1200.00"))
    assert f"reversed by {name} of 2026-10-20" in detail and books.bucket() == "in exception"


def test_a_reversal_that_was_reversed_itself_is_none(books: Books) -> None:
    other = books.reverse(books.move)
    assert books.look() == 1
    books.reverse(other)
    assert books.look() == 0 and books.cases() == [] and books.bucket() == "posted"


def test_a_draft_of_a_reversal_is_none_yet(books: Books) -> None:
    other = books.reverse(books.move)
    books.call("button_draft", ids=[other])
    assert books.look() == 0 and books.cases() == []


@pytest.mark.parametrize("method", ["button_draft", "button_cancel"])
def test_an_entry_that_was_reset_or_cancelled_leaves_posted(books: Books, method: str) -> None:
    if method == "button_cancel":
        books.call("button_draft", ids=[books.move])
    books.call(method, ids=[books.move])
    assert books.look() == 1 and books.bucket() == "in exception"
    assert [(c, a) for c, a, _ in books.cases()] == [("unposted_in_ledger", Decimal("1200.00"))]
    if method == "button_cancel":
        books.call("button_draft", ids=[books.move])
    books.call("action_post", ids=[books.move])
    assert books.look() == 0 and books.cases() == []


def test_what_a_person_accepted_is_not_told_again_until_it_changes(books: Books) -> None:
    books.reverse(books.move)
    assert books.look() == 1
    books.accept()
    entries = books.office.evidence("delivery.differs")
    assert books.look() == 1 and books.cases() == []
    assert books.office.evidence("delivery.differs") == entries
    books.call("button_draft", ids=[books.move])
    assert books.look() == 1
    assert [c for c, _, _ in books.cases()] == ["unposted_in_ledger"]


def test_what_was_solved_without_a_person_is_told_again(books: Books) -> None:
    """Another revision that is confirmed solves what stood before: the ledger differs all the same."""
    books.reverse(books.move)
    assert books.look() == 1
    connection = books.office.database.connect(autocommit=True)
    (row,) = list_open(connection)
    with connection.transaction():
        solve_case(connection, row["case_id"], books.office.clock.now(), "x", "deliver", accepted=False)
    connection.close()
    assert books.look() == 1 and [c for c, _, _ in books.cases()] == ["reversed_in_ledger"]


def test_a_reversal_of_ours_is_told_of_the_entry_and_not_as_an_entry_without_source(books: Books) -> None:
    books.reverse(books.move)
    codes = [books.office.accounts[x] for x in ("6000", "2000")]
    days = date(2026, 10, 1), date(2026, 10, 31)
    assert all(m.follows for m in books.office.session.others_moves(codes, *days))
    lines = books.call(
        "search_read", "account.move.line", domain=[["move_id", "=", books.move]], fields=["account_id", "debit", "credit"]
    )  # fmt: skip
    rows = [{"account_id": x["account_id"][0], "debit": x["debit"], "credit": x["credit"]} for x in lines]
    (journal,) = books.call("read", ids=[books.move], fields=["journal_id"])
    values = {
        "journal_id": journal["journal_id"][0],
        "date": "2026-10-20",
        "line_ids": [[0, 0, r] for r in rows],
    }
    foreign = books.call("create", vals_list=[values])
    books.call("action_post", ids=foreign)
    books.reverse(foreign[0])
    own = [m for m in books.office.session.others_moves(codes, *days) if not m.follows]
    assert [m.amount for m in own] == [Decimal("1200.00")] * 2
