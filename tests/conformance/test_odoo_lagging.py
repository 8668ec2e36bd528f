"""Whichever reading a copy of the database answers that lags behind, nothing is refused, missed or called gone for it: from 19 on readings may be
answered by one (`db_replica_host`). Each course is run once for each of its readings, with that one answered as the books were before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from tests.conformance.test_odoo_versions import Books, opened, tag
from tieout.connector_api import Outcome, Sending
from tieout.connectors.odoo import client as client_module
from tieout.connectors.odoo.versions import V19, V20
from tieout.documents import (
    CashPosting,
    EntryPosting,
    LedgerLine,
    Mark,
    MatchedLine,
    MatchRequest,
    UnmatchRequest,
)
from tieout_sandbox.simkit import Answer

pytestmark = pytest.mark.long

_READINGS = ("read", "search_read", "search_count", "formatted_read_group")
# A course that asks for more than this is no course of these.
_MOST = 40


@pytest.fixture(params=[V19, V20], ids=lambda p: p.series)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    with opened(request.param) as made:
        yield made


class Copy:
    """A copy that is as the books were when this was made: it answers the `nth` reading from `answers` on."""

    def __init__(self, books: Books) -> None:
        self._books, self._then = books, books.odoo.service.world.store.kept()
        self.left = 0

    def answers(self, nth: int) -> None:
        self.left = nth
        self._books.odoo.instead = self._look

    def _look(self, path: str, body: bytes) -> Answer | None:
        if path.rpartition("/")[2] in _READINGS:
            self.left -= 1
            if self.left == 0:
                service = self._books.odoo.service
                service._behind, service._kept = 1, self._then
        return None


def whichever(books: Books, course: Callable[[int], Copy]) -> None:
    """Run a course for its first reading, its second one, and so on, until it has no more."""
    nth = 0
    for nth in range(1, _MOST):
        if course(nth).left > 0:
            break
    assert 2 < nth < _MOST - 1


def cash(amount: str, account: str = "121000") -> Sending:
    value, name = Decimal(amount), tag()
    line = LedgerLine(account=account, amount=-value, company=-value, name="x")
    return Sending(f"tieout.c_{name}", CashPosting(
        journal="BNKU", account="101511", on=date(2026, 10, 7), reference=name, label="x", currency="USD",
        amount=value, company=value, counterparts=(line,),
    ))  # fmt: skip


def sent(books: Books, sending: Sending) -> Outcome:
    (outcome,) = books.session.send([sending])
    assert (outcome.status, outcome.cause) == ("confirmed", ""), outcome
    return outcome


def line_of(books: Books, outcome: Outcome, account: str = "121000") -> int:
    table = books.odoo.service.world.table
    assert outcome.target_id is not None
    row = table(outcome.model)[outcome.target_id]
    return books.line_of(row["id"] if outcome.model == "account.move" else row["move_id"], account)


def reconciled(books: Books, *lines: int) -> list[bool]:
    table = books.odoo.service.world.table("account.move.line")
    return [bool(table[x]["reconciled"]) for x in lines]


def test_two_effects_are_matched(books: Books) -> None:
    def course(nth: int) -> Copy:
        due = sent(books, books.invoice())
        copy = Copy(books)
        paid = sent(books, cash("100.00"))
        targets = {o.external_id: (o.model, o.target_id or 0) for o in (due, paid)}
        request = MatchRequest(left=due.external_id, right=paid.external_id, account="121000")
        copy.answers(nth)
        sent(books, Sending(f"tieout.m_{tag()}", request, targets=targets))
        assert reconciled(books, line_of(books, due), line_of(books, paid)) == [True, True]
        return copy

    whichever(books, course)


def test_what_was_matched_a_moment_ago_is_not_open(books: Books) -> None:
    """The copy knows both of them, and not that they are matched: Odoo is asked once."""

    def course(nth: int) -> Copy:
        due, paid = sent(books, books.invoice()), sent(books, cash("100.00"))
        targets = {o.external_id: (o.model, o.target_id or 0) for o in (due, paid)}
        request = MatchRequest(left=due.external_id, right=paid.external_id, account="121000")
        copy = Copy(books)
        books.odoo.asked.clear()
        copy.answers(nth)
        sent(books, Sending(f"tieout.m_{tag()}", request, targets=targets))
        assert [p for p, _ in books.odoo.asked if p.endswith("/reconcile")] == [
            "/json/2/account.move.line/reconcile"
        ]
        return copy

    whichever(books, course)


def pair(books: Books) -> tuple[Sending, list[int]]:
    """A request to match an invoice with its payment, and both lines."""
    due, paid = sent(books, books.invoice()), sent(books, cash("100.00"))
    targets = {o.external_id: (o.model, o.target_id or 0) for o in (due, paid)}
    request = MatchRequest(left=due.external_id, right=paid.external_id, account="121000")
    return Sending(f"tieout.m_{tag()}", request, targets=targets), [line_of(books, due), line_of(books, paid)]


def test_a_copy_that_knows_of_no_match_until_it_caught_up_is_waited_for_once(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, waited = books.odoo.service, []
    then = service.world.store.kept()

    def moment(seconds: float) -> None:
        waited.append(seconds)
        service._behind = 0

    def lags(path: str, body: bytes) -> None:
        if path.endswith("/reconcile"):
            service._behind, service._kept = 99, then

    monkeypatch.setattr(client_module, "time", SimpleNamespace(sleep=moment))
    plain, lines = pair(books)
    sent(books, plain)
    assert reconciled(books, *lines) == [True, True] and not waited
    lagging, lines = pair(books)
    then = service.world.store.kept()
    monkeypatch.setattr(books.odoo, "instead", lags)
    sent(books, lagging)
    assert reconciled(books, *lines) == [True, True] and len(waited) == 1


def test_one_that_is_matched_otherwise_keeps_no_other_from_being_matched(books: Books) -> None:
    (first, lines), (other, _), (open_one, _) = pair(books), pair(books), pair(books)
    sent(books, first)
    assert isinstance(first.body, MatchRequest) and isinstance(other.body, MatchRequest)
    # The invoice of the first one, which is paid, and the payment of another.
    crossed = Sending(
        f"tieout.m_{tag()}",
        MatchRequest(left=first.body.left, right=other.body.right, account="121000"),
        targets={**first.targets, **other.targets},
    )
    crossed = replace(
        crossed,
        targets={k: v for k, v in crossed.targets.items() if k in (first.body.left, other.body.right)},
    )
    outcomes = books.session.send([crossed, open_one])
    assert [(o.status, o.cause) for o in outcomes] == [("refused", "matched_otherwise"), ("confirmed", "")]
    assert reconciled(books, *lines) == [True, True]


def test_lines_are_matched_of_which_one_stays_open_in_part(books: Books) -> None:
    """In two steps: what is open after the first is read in between."""

    def course(nth: int) -> Copy:
        due = line_of(books, sent(books, books.invoice("115.00")))
        small = line_of(books, sent(books, cash("50.00")))
        copy = Copy(books)
        large = line_of(books, sent(books, cash("115.00")))
        lines = (
            MatchedLine(line=due, residual=Decimal(115)),
            MatchedLine(line=small, residual=Decimal(-50)),
            MatchedLine(line=large, residual=Decimal(-115), rest=Decimal(-50)),
        )
        copy.answers(nth)
        sent(
            books,
            Sending(f"tieout.m_{tag()}", MatchRequest(left="", right="", account="121000", lines=lines)),
        )
        assert reconciled(books, due, small, large) == [True, True, False]
        return copy

    whichever(books, course)
    # And where each change is unknown to the next reading.
    books.odoo.service.lagging = 1
    course(_MOST)


def test_an_entry_that_is_made_for_lines_is_posted_and_pairs_them(books: Books) -> None:
    def course(nth: int) -> Copy:
        value, name = Decimal(100), tag()
        due = line_of(books, sent(books, books.invoice()))
        copy = Copy(books)
        paid = line_of(books, sent(books, cash("100.00", "212130")), "212130")
        entry = EntryPosting(
            journal="MISC", on=date(2026, 10, 8), reference=name, currency="USD",
            lines=(LedgerLine(account="212130", amount=value, company=value, name="x", match=f"{name}u"),
                   LedgerLine(account="121000", amount=-value, company=-value, name="x", match=f"{name}r")),
            marks=(Mark(line=paid, match=f"{name}u"), Mark(line=due, match=f"{name}r")),
            expects=(MatchedLine(line=paid, residual=-value), MatchedLine(line=due, residual=value)),
        )  # fmt: skip
        copy.answers(nth)
        sent(books, Sending(f"tieout.e_{name}", entry))
        assert reconciled(books, due, paid) == [True, True]
        return copy

    whichever(books, course)


def test_a_match_is_taken_apart(books: Books) -> None:
    def course(nth: int) -> Copy:
        due = line_of(books, sent(books, books.invoice()))
        paid = line_of(books, sent(books, cash("100.00")))
        lines = (MatchedLine(line=due, residual=Decimal(100)), MatchedLine(line=paid, residual=Decimal(-100)))
        copy = Copy(books)
        sent(
            books,
            Sending(f"tieout.m_{tag()}", MatchRequest(left="", right="", account="121000", lines=lines)),
        )
        copy.answers(nth)
        undo = UnmatchRequest(left="", account="121000", lines=lines, whole=(due, paid))
        outcome = sent(books, Sending(f"tieout.u_{tag()}", undo))
        assert reconciled(books, due, paid) == [False, False] and outcome.read_back["apart"]
        return copy

    whichever(books, course)


def test_a_database_is_marked_once_and_known_by_its_marker(books: Books) -> None:
    copy = Copy(books)
    copy.answers(1)
    assert books.session.marker("test:Mine") == "test:Mine"
    copy.answers(1)
    assert books.session.marker_found("test:Mine") == "test:Mine"
