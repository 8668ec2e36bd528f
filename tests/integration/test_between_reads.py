"""Decisions about money on figures of several instants: what happens between two reads is made to happen there.

Each test holds a decision between its reads, or between what it read and what it does, lets the other thing happen, and lets it
go on. A real database, Odoo's simulator over HTTP. docs/decisions/0062-decided-on-figures-of-one-instant.md has the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from unittest.mock import MagicMock

import pytest

from tests.integration.buying import Buyer
from tests.integration.office import Office, key_of
from tests.integration.owing import Creditor
from tests.integration.test_accruals import ACCRUED, ASK, EXPENSE, LAST, late
from tests.integration.test_close import OCTOBER, Closer, close, closer
from tests.integration.test_delivery import Target, deliver
from tests.integration.test_payee_checks import decide, report
from tests.integration.test_payment_runs import paying, sent
from tests.integration.test_process import NOW, Site, row
from tests.integration.test_reconciling import CHARGES, UNTIL, Books, books
from tests.integration.test_reconciling import NOW as START
from tests.stages import step
from tieout.bootstrap.wiring import worker
from tieout.cases import NewCase, list_open, open_cases
from tieout.close import RevocationStage, figures, gather, state_of, take_signatures
from tieout.close.checks import Evidence
from tieout.delivery import DeliveryStage
from tieout.evidence import Entry, came_since, mark, record
from tieout.inbox import OvertakenError
from tieout.kept_figures import KeptFiguresStage, read_kept
from tieout.money import Period
from tieout.operations.open_project import OpenProject
from tieout.payables import FilingStage, Worked, accrue, filing, purchases
from tieout.planning import exclude
from tieout.planning.replay import exclude_case, replay
from tieout.proofs import (
    KeptBalances,
    hold_opening,
    read_ledger_month,
    read_split,
    read_still,
    take_control_totals,
    tie_out,
)
from tieout.receivables import Receivables, ReceivablesStage
from tieout.reconcile.ledger import DecisionError
from tieout.settings import AlertSettings, CaseSettings
from tieout.store import Database, ManyInstantsError, snapshot
from tieout_sandbox import World

pytestmark = pytest.mark.long

__all__ = ["books", "closer", "late", "paying"]
Act = Callable[[], object]


class Between:
    """A ledger that is asked, and before whose answer to `method` something happens, once."""

    def __init__(self, session: Any, method: str, act: Act, times: int = 1) -> None:
        self._session, self._method, self._act, self._left = session, method, act, times

    def __getattr__(self, name: str) -> Any:
        plain = getattr(self._session, name)
        if name != self._method:
            return plain

        def answered(*args: Any, **more: Any) -> Any:
            found = plain(*args, **more)
            if self._left:
                self._left -= 1
                self._act()
            return found

        return answered


# Accruals, cut-off, revaluation


def accruals(buyer: Buyer, between: Act = lambda: None, times: int = 1) -> Worked:
    """Accruals of October's end that nobody works off yet; `between` happens as the ledger has answered."""
    ledger: Any = Between(buyer.session, "accrued_there", between, times)
    connection = buyer.database.connect(autocommit=True)
    try:
        interface, now = buyer.interface_of("procurement"), buyer.clock.now()
        return accrue(connection, buyer.release(), interface, ledger, LAST, now)
    finally:
        connection.close()


def test_of_two_accruals_at_once_the_one_that_read_first_does_not_come_last(late: Buyer) -> None:
    """200.00 came; it is billed, and accrued as nothing, while the first run waits for the ledger: 400.00 for 200.00."""
    late.ready()

    def billed() -> None:
        late.clock.at += timedelta(minutes=1)
        late.bill("B-1", on=date(2026, 10, 20))
        late.accrue()

    accruals(late, billed)
    late.work()
    assert late.stands(LAST, EXPENSE, ACCRUED) == {EXPENSE: Decimal("200.00"), ACCRUED: Decimal("0.00")}


def test_what_was_accrued_and_is_not_taken_in_yet_is_told_anew_as_nothing(late: Buyer) -> None:
    """The accrual lies in the inbox while its goods are billed: it is booked after the bill, 400.00 for 200.00."""
    late.ready()
    accruals(late)
    with late.database.transaction() as connection:
        connection.execute("update tieout.message set state = 'listed' where stream = 'accruals'")
    late.bill("B-1", on=date(2026, 10, 20))
    with late.database.transaction() as connection:
        connection.execute("update tieout.message set state = 'received' where stream = 'accruals'")
    late.clock.at += timedelta(minutes=1)
    assert accruals(late).accruals == ()
    late.work()
    assert late.stands(LAST, EXPENSE, ACCRUED) == {EXPENSE: Decimal("200.00"), ACCRUED: Decimal("0.00")}


def test_who_is_overtaken_each_time_hands_nothing_on_and_says_so(late: Buyer) -> None:
    late.ready()

    def other() -> None:
        late.clock.at += timedelta(minutes=1)
        accruals(late)

    with pytest.raises(OvertakenError, match="while its accruals are worked out somebody else does so"):
        accruals(late, other, times=9)
    late.work()
    assert late.stands(LAST, EXPENSE, ACCRUED) == {EXPENSE: Decimal("200.00"), ACCRUED: Decimal("-200.00")}


# One instant


def test_a_snapshot_sees_one_instant_and_is_refused_where_several_were_seen(database: Database) -> None:
    def count(connection: Any) -> int:
        return int(connection.execute("select count(*) as n from tieout.paused").fetchone()["n"])

    def pause(name: str) -> None:
        with database.transaction() as other:
            other.execute(
                "insert into tieout.paused (interface, since, by, reason) values (%s, now(), 'w', 'r')",
                (name,),
            )

    plain = database.connect(autocommit=True)
    with snapshot(plain):
        before = count(plain)
        pause("a")
        with snapshot(plain):
            assert count(plain) == before == 0
    assert count(plain) == 1
    with database.transaction() as fresh, snapshot(fresh):
        assert count(fresh) == 1
        pause("b")
        assert count(fresh) == 1
    with pytest.raises(ManyInstantsError), database.transaction() as used:
        count(used)
        with snapshot(used):
            pass
    plain.close()


class Stopped:
    """Queries of a room, before one of which something happens, once."""

    def __init__(self, queries: Any, name: str, act: Act) -> None:
        self._queries, self._name, self._act, self._done = queries, name, act, False

    def __getitem__(self, name: str) -> Any:
        if name == self._name and not self._done:
            self._done = True
            self._act()
        return self._queries[name]


def test_a_bill_that_is_booked_while_purchases_are_read_is_in_one_of_both(
    late: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits as what is booked is read, and is booked as what waits is read: in neither, its goods are accrued again."""
    late.ready()
    late.policies = ASK
    late.bill("B-1", on=date(2026, 10, 20))
    assert late.states() == {"B-1": "normalised"}
    monkeypatch.setattr(purchases, "SQL", Stopped(purchases.SQL, "waiting_bills", late.approve))
    connection = late.database.connect(autocommit=True)
    found = purchases.read_purchases(connection, late.release(), "US", LAST)
    connection.close()
    assert late.states() == {"B-1": "posted"}
    assert [x.bill.number for x in found.waiting] == ["B-1"] and found.booked == ()


@pytest.mark.parametrize(("method", "call"), [("trial_balance", 2), ("journal_items", 1)])
def test_what_is_posted_while_the_ledger_is_read_is_no_residual_of_accounts_or_months(
    late: Buyer, method: str, call: int
) -> None:
    """A bill is booked between the ledger's answer and our own rows: both are read again, and agree."""
    late.ready("20")
    late.bill("B-1", quantity="1")
    connection, quantities = late.database.connect(autocommit=True), iter((3, 5, 7))

    def ledger() -> Any:
        calls = list[int]()

        def act() -> None:
            calls.append(1)
            if len(calls) == call:
                more = next(quantities)
                late.bill(f"B-{more}", quantity=str(more))
                assert late.cases() == []

        return Between(late.session, method, act, times=call)

    rows, _ = read_split(connection, late.release(), ledger(), "US", OCTOBER)
    assert rows and [r.account for r in rows if r.residual] == []
    months, accounts = read_ledger_month(connection, late.release(), ledger(), "US", OCTOBER)
    assert months and [(r.interface, r.residual) for r in months if r.residual] == []
    assert accounts and [r.account for r in accounts if r.residual] == []
    connection.close()


def test_what_is_booked_of_before_the_first_day_while_the_opening_is_read_is_none_of_it(late: Buyer) -> None:
    """It is in our own rows and not in the ledger's answer: taken so, the opening would be wrong by it for ever."""
    late.ready("20")
    late.bill("B-1", quantity="1")
    connection, release = late.database.connect(autocommit=True), late.release()
    entity = replace(release.entities["US"], begins_on=date(2026, 11, 1))
    release = replace(release, entities={**release.entities, "US": entity})
    between = Between(late.session, "trial_balance", lambda: late.bill("B-2", quantity="3"), times=1)
    assert hold_opening(connection, release, between, "US", late.clock.now()) == 0
    taken = connection.execute("select count(*) as n from tieout.opening_balance").fetchone()
    assert taken is not None and taken["n"] > 0
    assert hold_opening(connection, release, late.session, "US", late.clock.now()) == 0
    assert late.cases() == []
    connection.close()


def test_what_never_stands_still_is_read_a_few_times_and_no_more(late: Buyer) -> None:
    late.ready()
    connection, reads = late.database.connect(autocommit=True), list[int]()

    def read() -> int:
        reads.append(len(reads))
        late.bill(f"B-{len(reads)}", quantity=str(len(reads)))
        return len(reads)

    assert read_still(connection, "US", read) == len(reads) == 4
    connection.close()


def test_balances_are_kept_while_nothing_of_ours_is_posted_and_no_longer(late: Buyer) -> None:
    """Asked for twice, answered once; what is posted while the ledger answers, or after, is in the next answer."""
    late.ready("20")
    late.bill("B-1", quantity="1")
    connection, asked, day = late.database.connect(autocommit=True), list[date](), date(2026, 12, 31)
    ask = KeptBalances(connection, "US")

    class Counted(Between):
        """A ledger that says when it is asked."""

        def trial_balance(self, until: date) -> Any:
            asked.append(until)
            return self.__getattr__("trial_balance")(until)

    ledger: Any = Counted(late.session, "trial_balance", lambda: late.bill("B-2", quantity="3"))
    first = ask(ledger, day)
    second = ask(ledger, day)
    assert len(asked) == 2 and first != second == late.session.trial_balance(day)
    assert ask(ledger, day) == second and len(asked) == 2
    late.bill("B-3", quantity="2")
    assert ask(ledger, day) == late.session.trial_balance(day) != second and len(asked) == 3
    # Each day is asked for by itself.
    assert ask(ledger, date(2026, 1, 1)) == {} and len(asked) == 4
    connection.close()


class Interrupted:
    """A connection, after whose first query something happens."""

    def __init__(self, connection: Any, act: Act) -> None:
        self._connection, self._left = connection, [act]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *given: Any) -> Any:
        found = self._connection.execute(*given)
        while self._left:
            self._left.pop()()
        return found


def test_a_tie_out_is_of_one_instant(paying: Buyer) -> None:
    """What comes between the source's totals and the documents is in both or in neither."""
    paying.bills["exports"] = "cumulative"
    paying.give("bills", "report.csv", paying.point.report(date(2026, 10, 31)))
    paying.work()
    connection, release = paying.database.connect(autocommit=True), paying.release()
    take_control_totals(connection, release, lambda _: None, Period(2026, 10), paying.clock.now())
    (before,) = [r for r in tie_out(connection, release) if r.interface == "bills"]
    assert before.proven

    def another() -> None:
        paying.bill("B-2", quantity="1", order="", on=date(2026, 10, 20))

    with connection.transaction():
        found = [
            r for r in tie_out(cast(Any, Interrupted(connection, another)), release) if r.interface == "bills"
        ]
    assert found == [before]
    (after,) = [r for r in tie_out(connection, release) if r.interface == "bills"]
    assert not after.proven
    connection.close()


# Planning, deciding, delivering


def held_journal(office: Office) -> int:
    """A journal that waits for its approval, and is due to be planned again; its request."""
    office.let_in().journal("J1", "2500.00", by="mia")
    office.work()
    with office.database.transaction() as connection:
        connection.execute("update tieout.document set retry_at = now() - interval '1 year'")
    (number,) = office.open_requests()
    return number


def planned_meanwhile(office: Office, act: Act) -> None:
    """The document is planned again; `act` happens as planning asks the ledger."""
    plain, left = office.facts, [act]

    def facts(entity: Any) -> Any:
        while left:
            left.pop()()
        return plain(entity)

    office.facts = facts  # type: ignore[method-assign]
    office.work()


def test_what_is_turned_down_while_it_is_planned_again_stays_turned_down(office: Office) -> None:
    number = held_journal(office)
    planned_meanwhile(
        office, lambda: office.decide("carl", number, verdict="reject", reason="no such invoice")
    )
    assert office.states() == {"J1": "refused"} and office.open_requests() == []
    assert office.cases() == [("approval_rejected", "J1")] and office.booked() == []


def test_what_is_approved_while_it_is_planned_again_is_booked_as_it_was_approved(office: Office) -> None:
    number = held_journal(office)
    planned_meanwhile(office, lambda: office.decide("carl", number))
    assert office.states() == {"J1": "posted"} and office.open_requests() == []
    assert office.booked() == [("J1", "212300", Decimal("-2500.00")), ("J1", "621000", Decimal("2500.00"))]


def test_an_approval_of_what_is_planned_otherwise_meanwhile_books_nothing(office: Office) -> None:
    """The account is mapped to another as the person approves: what they saw is approved, and nothing else is booked."""
    number = held_journal(office)

    def act() -> None:
        assert office.decide("carl", number) == ""

    office.accounts["6000"] = "642100"
    planned_meanwhile(office, act)
    assert office.booked() == [] and office.states() == {"J1": "normalised"}
    (other,) = office.open_requests()
    assert other != number


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


def test_what_is_left_out_while_it_is_claimed_is_not_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.take(row("a"))
    site.work()
    case = NewCase(
        cause="unmapped_account", interface=site.kind, entity="US", period="2026-10", source_key="a", amount=Decimal(5),
        currency="USD", recovery="r", detail="d", owner="o", opened_at=NOW, due_at=NOW,
        document_id=site.database.rows("select document_id from tieout.document")[0]["document_id"],
    )  # fmt: skip
    with site.database.transaction() as connection:
        open_cases(connection, [case], "t")
        connection.execute("update tieout.document set state = 'refused'")
    plain = DeliveryStage._strange

    def leave_out(*given: Any) -> Any:
        with site.database.transaction() as connection:
            (row_,) = connection.execute("select case_id from tieout.cases where state = 'open'").fetchall()
            assert exclude_case(connection, row_["case_id"], "it is not ours", NOW, "tess")
        monkeypatch.setattr(DeliveryStage, "_strange", plain)
        return plain(*given)

    monkeypatch.setattr(DeliveryStage, "_strange", staticmethod(leave_out))
    target = Target()
    deliver(site, target)
    assert target.sent == [] and site.states() == {"a": "excluded"}
    assert site.database.rows("select state from tieout.delivery") == [{"state": "refused"}]
    assert site.database.rows("select 1 from tieout.attempt") == []


# Payments


def released(buyer: Buyer) -> None:
    """A payment of 230.00 is booked and in no file yet."""
    buyer.propose()
    assert buyer.decide("cora", *buyer.open_requests()) == ""
    while buyer.plan() or buyer.deliver():
        pass
    assert buyer.open_lines() == [] and sent(buyer) == {}


def file_it(buyer: Buyer) -> None:
    """The file is made and written, and nothing else is planned before."""
    connection = buyer.database.connect(autocommit=True)
    step(FilingStage(buyer.release, buyer.clock), connection)
    connection.close()
    buyer.work()


def test_no_file_is_written_while_the_bank_s_word_of_a_payee_lies_in_the_inbox(paying: Buyer) -> None:
    released(paying)
    paying.give("payments", "vop.xml", report(("US20261026-001", "RVNM", "")))
    file_it(paying)
    assert sent(paying) == {} and [c for c, _ in paying.cases()] == ["payee_differs"]
    decide(paying)
    assert sent(paying) == {"US20261026-001": Decimal("230.00")}


def test_a_word_that_comes_while_a_file_is_made_stops_it(
    paying: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(paying)

    def said() -> None:
        paying.give("payments", "vop.xml", report(("US20261026-001", "RVNM", "")))

    monkeypatch.setattr(filing, "SQL", Stopped(filing.SQL, "files_of", said))
    file_it(paying)
    assert sent(paying) == {} and [c for c, _ in paying.cases()] == ["payee_differs"]


def test_a_doubt_that_is_planned_while_a_file_is_made_stops_it(
    paying: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(paying)

    def said() -> None:
        paying.give("payments", "vop.xml", report(("US20261026-001", "RVNM", "")))
        paying.plan()

    monkeypatch.setattr(filing, "SQL", Stopped(filing.SQL, "files_of", said))
    file_it(paying)
    assert sent(paying) == {} and [c for c, _ in paying.cases()] == ["payee_differs"]


def worth(buyer: Buyer) -> list[tuple[str, Decimal]]:
    """The open cases, with what each is of."""
    rows = buyer.database.rows("select cause, amount from tieout.cases where state = 'open' order by case_id")
    return [(r["cause"], r["amount"]) for r in rows]


def file_planned(buyer: Buyer) -> None:
    """The file of 230.00 is made and planned, and nobody wrote it yet."""
    released(buyer)
    connection = buyer.database.connect(autocommit=True)
    step(FilingStage(buyer.release, buyer.clock), connection)
    connection.close()
    buyer.plan()
    assert sent(buyer) == {} and buyer.states("payment_file") == {"US20261026": "posted"}


def test_a_word_that_comes_after_a_file_was_planned_stops_it(paying: Buyer) -> None:
    """It lies in the inbox as the file is to be written, then waits for a person: who decides lets the file go."""
    file_planned(paying)
    paying.give("payments", "vop.xml", report(("US20261026-001", "RVNM", "")))
    assert not paying.deliver() and sent(paying) == {}
    paying.work()
    assert sent(paying) == {} and [c for c, _ in paying.cases()] == ["payee_differs"]
    assert paying.database.rows("select 1 from tieout.attempt where system = 'payments'") == []
    decide(paying)
    assert sent(paying) == {"US20261026-001": Decimal("230.00")} and paying.cases() == []


def test_a_word_that_comes_while_a_file_is_claimed_stops_it(
    paying: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_planned(paying)
    plain = DeliveryStage._strange

    def said(*given: Any) -> Any:
        monkeypatch.setattr(DeliveryStage, "_strange", plain)
        paying.give("payments", "vop.xml", report(("US20261026-001", "RVNM", "")))
        return plain(*given)

    monkeypatch.setattr(DeliveryStage, "_strange", staticmethod(said))
    assert not paying.deliver() and sent(paying) == {}


def test_a_worker_s_own_deliveries_look_at_a_bank_s_file_as_it_is_written(paying: Buyer) -> None:
    """As they are wired together: each loop that delivers has the guard, not this test's own stage."""
    file_planned(paying)
    paying.give("payments", "vop.xml", report(("US20261026-001", "RVNM", "")))
    project = MagicMock(
        spec=OpenProject, release=paying.release, clock=paying.clock, database=paying.database
    )
    project.settings = MagicMock(alerts=AlertSettings(), cases=CaseSettings(), sinks=(), watch=(), fetch=())
    project.writer_of, project.targets = paying.writers.__getitem__, lambda: list(paying.writers)
    found = [
        r.stage
        for loop in worker(project)._loops
        for r in loop._runners
        if isinstance(r.stage, DeliveryStage)
    ]
    connection = paying.database.connect(autocommit=True)
    try:
        assert len(found) > 1
        for stage in found:
            step(stage, connection)
            assert sent(paying) == {}
    finally:
        connection.close()


def exclude_of(buyer: Buyer, cause: str, reason: str = "the account is not theirs") -> None:
    (row,) = buyer.database.rows(
        "select case_id from tieout.cases where state = 'open' and cause = %s", cause
    )
    with buyer.database.transaction() as connection:
        assert exclude_case(connection, row["case_id"], reason, buyer.clock.now(), "tess")
    buyer.work()


def test_what_was_decided_against_a_payment_holds_its_planned_file_and_the_others_are_filed_anew(
    paying: Buyer,
) -> None:
    """Two payments in a file, of which one is to an account that is not its payee's: the other is paid, once, under a new name."""
    paying.vendor("V2")
    paying.order("PO-2", vendor="V2", quantity="5")
    paying.tool.receive("PO-2", "1", Decimal(5), date(2026, 10, 8))
    paying.tell()
    assert paying.approve() == ""
    paying.bill("B-2", vendor="V2", quantity="5", order="PO-2")
    file_planned(paying)
    paying.give("payments", "vop.xml", report(("US20261026-001", "RVNM", "")))
    paying.work()
    exclude_of(paying, "payee_differs")
    assert sent(paying) == {} and worth(paying) == [("payment_file_held", Decimal("345.00"))]
    with paying.database.transaction() as connection:
        # Looked at again, it is held again.
        assert replay(connection, paying.clock.now(), "tess", cause="payment_file_held")
    paying.work()
    assert sent(paying) == {} and worth(paying) == [("payment_file_held", Decimal("345.00"))]
    exclude_of(paying, "payment_file_held")
    assert sent(paying) == {"US20261026-002": Decimal("115.00")}
    assert worth(paying) == [("payment_not_to_be_made", Decimal("230.00"))]
    paying.work()
    assert sent(paying) == {"US20261026-002": Decimal("115.00")}


def test_a_payment_whose_entry_was_changed_in_the_ledger_holds_its_planned_file(paying: Buyer) -> None:
    file_planned(paying)
    with paying.database.transaction() as connection:
        connection.execute("update tieout.document set state = 'refused' where kind = 'vendor_payment'")
    paying.work()
    assert sent(paying) == {} and worth(paying) == [("payment_file_held", Decimal("230.00"))]
    with paying.database.transaction() as connection:
        connection.execute("update tieout.document set state = 'posted' where kind = 'vendor_payment'")
        assert replay(connection, paying.clock.now(), "tess", cause="payment_file_held")
    paying.work()
    assert sent(paying) == {"US20261026-001": Decimal("230.00")} and paying.cases() == []


@pytest.mark.parametrize("whole", [False, True])
def test_a_booked_payment_to_an_account_that_is_not_its_payee_s_is_in_no_file(
    paying: Buyer, whole: bool
) -> None:
    """230.00 was booked; then somebody decided that the account is not theirs: nothing is written, and a case says what to do."""
    released(paying)
    said = report(group="RVNM") if whole else report(("US20261026-001", "RVNM", ""))
    paying.give("payments", "vop.xml", said)
    file_it(paying)
    assert sent(paying) == {} and [c for c, _ in paying.cases()] == ["payee_differs"]
    exclude_of(paying, "payee_differs")
    paying.work()
    assert sent(paying) == {} and worth(paying) == [("payment_not_to_be_made", Decimal("230.00"))]


def test_a_payment_that_was_left_out_and_stands_in_the_ledger_is_not_made_once_more(paying: Buyer) -> None:
    """Booked and sent; its bill is opened again by hand in Odoo, and its document is left out as if it were nothing."""
    paying.propose()
    assert paying.approve() == ""
    assert len(sent(paying)) == 1
    with paying.database.transaction() as connection:
        connection.execute("update tieout.document set state = 'excluded' where kind = 'vendor_payment'")
    context = {"allowed_company_ids": [paying.company.id]}
    book = paying.world.odoo.service.world
    lines = [i for i, x in book.table("account.move.line").items() if x["company_id"] == paying.company.id]
    paying.admin.call("account.move.line", "remove_move_reconcile", ids=lines, context=context)
    assert Decimal("-230.00") in paying.open_lines()
    again = paying.propose(date(2026, 10, 27))
    assert again.payments == ()
    assert "stands in the ledger though it was left out" in again.held[0].why


# Matching


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"), seed=1, start=START)
    made.start()
    yield made
    made.stop()


def kept_back(books: Books, count: int, first: int = 0) -> None:
    """Payments of one customer, of each of which its bank kept 12.50: within 30.00 a month there are two."""
    books.limits = CHARGES
    acme = (
        books.call("res.partner", "search", domain=[["name", "=", "Acme Corp"]])
        or [books.partner("Acme Corp")]
    )[0]
    for n in range(first, first + count):
        books.invoice(f"INV-7805{n}", f"{400 + n}.00", acme)
        books.cash(f"c{n}", f"{387 + n}.50", f"Acme Corp INV-7805{n} /CHGS/USD12,50")


def test_what_was_accepted_and_lies_in_the_inbox_counts_for_the_month_s_limit(books: Books) -> None:
    """37.50 where the limit was 30.00."""
    for n in range(3):
        kept_back(books, 1, first=n)
        books.run()
    books.work()
    assert books.balance("620000") == Decimal("25.00")


def test_what_is_accepted_while_the_ledger_is_read_counts_for_the_month_s_limit(books: Books) -> None:
    """12.50 of 30.00 are taken, a person takes 12.50, and a run that has read 12.50 finds another 12.50."""
    kept_back(books, 1)
    books.run()
    books.work()
    kept_back(books, 2, first=1)
    plain = books.session

    def person() -> None:
        items = plain.open_items(["212130"], UNTIL)
        (cash,) = [i for i in items if i.account == "212130" and "INV-78052" in i.label]
        (due,) = [i for i in items if "INV-78052" in i.numbers]
        books.decide("ann").join(books.interface, [cash], [due], difference="bank_charge")

    books.session = Between(plain, "settled_items", person)
    found = books.run()
    books.session = plain
    assert found.applied == () and any("were accepted meanwhile" in x for x in found.refused)
    books.work()
    assert books.balance("620000") == Decimal("25.00")
    # The next run knows: a third would pass the month's sum.
    assert books.run().applied == ()


def test_a_line_that_a_person_matches_while_the_ledger_is_read_is_matched_once(books: Books) -> None:
    """One payment, two invoices: a person says that it pays the one, and the run that it pays the other."""
    acme = books.partner("Acme Corp")
    wanted, named = books.invoice("INV-78101", "500.00", acme), books.invoice("INV-78102", "500.00", acme)
    books.cash("c1", "500.00", "Acme Corp INV-78102")
    plain = books.session

    def person() -> None:
        items = plain.open_items(["212130"], UNTIL)
        (cash,) = [i for i in items if i.account == "212130" and i.residual]
        (due,) = [i for i in items if "INV-78101" in i.numbers]
        books.decide("ann").join(books.interface, [cash], [due])

    books.session = Between(plain, "settled_items", person)
    found = books.run()
    books.session = plain
    books.work()
    assert found.applied == () and "is matched as" in found.refused[0]
    assert (books.due(wanted), books.due(named)) == (0, 500) and books.balance("212130") == 0
    assert books.cases() == []


def test_a_person_does_not_match_a_line_that_is_on_its_way(books: Books) -> None:
    acme = books.partner("Acme Corp")
    other, named = books.invoice("INV-78201", "500.00", acme), books.invoice("INV-78202", "500.00", acme)
    books.cash("c1", "500.00", "Acme Corp INV-78202")
    items = books.session.open_items(["212130"], UNTIL)
    (cash,) = [i for i in items if i.account == "212130" and i.residual]
    (due,) = [i for i in items if "INV-78201" in i.numbers]
    (made,) = books.run().applied
    with pytest.raises(DecisionError, match=rf"a line of it is in match {made.key}, which is on its way"):
        books.decide("ann").join(books.interface, [cash], [due])
    books.work()
    assert (books.due(other), books.due(named)) == (500, 0) and books.cases() == []


# Signing


def of_november(closer: Closer) -> None:
    """A late bill that is left out, and a report that has it: figures that are done again, and are others."""
    closer.b.bill("LATE", quantity="1", order="", on=date(2026, 10, 30))
    (row_,) = list_open(closer.connection)
    with closer.connection.transaction():
        exclude(
            closer.connection, closer.b.release(), row_["case_id"], "of November", closer.b.clock.now(), "mia"
        )
    closer.b.give("bills", "report2.csv", closer.b.point.report(date(2026, 10, 31)))
    closer.b.work()


def test_nobody_signs_figures_that_were_not_shown(closer: Closer) -> None:
    """They looked, the figures changed, and they sign: what they saw is not what they would sign."""
    task = "complete: bills"
    unseen = "not signed: its figures are others than were looked at"
    closer.state()
    with closer.b.database.transaction() as connection:
        connection.execute("delete from tieout.close_finding")
    assert closer.sign("cora", task)[task].startswith("not signed: nobody looked at its figures before")
    closer.state()
    of_november(closer)
    now = closer.b.clock.now()
    gather(closer.connection, closer.b.release(), closer._sessions, "US", OCTOBER, now)
    assert closer.sign("cora", task)[task].startswith(unseen)
    # That it says has shown them.
    assert closer.sign("cora", task)[task].startswith("prepared")


def test_a_second_person_does_not_sign_what_was_prepared_anew_meanwhile(closer: Closer) -> None:
    """They looked at figures that the first person prepared; by the time they sign, others are prepared."""
    task = "complete: bills"
    looked = closer.state()
    seen = {s.task.name: s.finding.digest for s in looked.tasks}
    closer.sign("cora", task)
    of_november(closer)
    closer.state()
    assert closer.sign("cora", task)[task].startswith("prepared") and set(closer.revoked()) >= {task}
    said = dict(
        take_signatures(
            closer.connection,
            closer.b.release(),
            looked,
            [task],
            "",
            key_of("carl"),
            closer.b.clock.now(),
            seen,
        )
    )
    assert (
        said[task] == "not signed: its figures are others than those that were prepared meanwhile: look again"
    )
    assert {s.task.name: s.state for s in closer.state().tasks}[task] == "prepared"


def test_what_is_signed_anew_while_it_is_judged_is_not_taken_back(
    closer: Closer, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(closer)
    of_november(closer)
    plain, left = Evidence.find, [lambda: close(closer)]

    def find(evidence: Evidence, task: Any) -> Any:
        while left:
            left.pop()()
        return plain(evidence, task)

    monkeypatch.setattr(Evidence, "find", find)
    closer.look()
    assert closer.state().closed


def test_what_is_turned_down_while_a_close_is_looked_at_is_a_case_or_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No case yet as cases are read, no request any more as requests are: "cases decided" of 2,500.00."""
    number = held_journal(office)
    office.clock.at = datetime(2026, 11, 3, 15, tzinfo=UTC)

    def act() -> None:
        assert office.decide("carl", number, verdict="reject", reason="no such invoice") == ""

    monkeypatch.setattr(figures, "_SQL", Stopped(figures._SQL, "open_requests", act))
    connection = office.database.connect(autocommit=True)
    state = state_of(connection, office.release(), lambda _: None, "US", OCTOBER, office.clock.now())
    connection.close()
    (cases,) = [s.finding for s in state.tasks if s.task.name == "cases decided"]
    assert not cases.done and office.cases() == [("approval_rejected", "J1")]


# Whoever looks again once something happened


def test_a_kept_figure_is_not_current_once_what_has_a_smaller_number_commits(paying: Buyer) -> None:
    """Two transactions are open: the second commits, the figure is kept, then the first does, whose entry has the smaller number."""
    paying.ready()
    now, release = paying.clock.now(), paying.release()
    looking, late_one = (paying.database.connect(autocommit=True) for _ in range(2))

    def kept() -> Any:
        looking.execute("update tieout.kept_figure set took_ms = 5000")
        return read_kept(looking, release, "flows", now)

    with late_one.transaction():
        late_one.execute(
            "update tieout.document set state = 'refused' where document_id = (select min(document_id) from tieout.document)"
        )
        record(late_one, [Entry(now, "t", "t.t", "s", "US", {})])
        with paying.database.transaction() as other:
            record(other, [Entry(now, "t", "t.t", "s", "US", {})])
        before = kept()
        assert before.current and kept().current
    after = kept()
    assert not after.current and after.rows == before.rows
    stage = KeptFiguresStage(paying.release, lambda _: None, paying.clock, share=1.0)
    assert ("flows",) in [due.lane for due in stage.lanes(looking)]
    fresh = read_kept(looking, release, "flows", now, exact=True)
    assert fresh.rows != before.rows and kept().current
    for each in (looking, late_one):
        each.close()


def test_a_mark_tells_of_what_commits_late_and_of_no_transaction_that_is_merely_open(
    database: Database,
) -> None:
    def testify(connection: Any) -> None:
        record(connection, [Entry(NOW, "t", "t.t", "s", "US", {})])

    reader, late_one, idle = (database.connect(autocommit=True) for _ in range(3))
    with idle.transaction(force_rollback=True):
        idle.execute("insert into tieout.paused (interface, since, by, reason) values ('x', now(), 'w', 'r')")
        with late_one.transaction():
            testify(late_one)
            with database.transaction() as other:
                testify(other)
            seen = mark(reader)
            assert not came_since(reader, seen)
        assert came_since(reader, seen)
        seen = mark(reader)
        assert not came_since(reader, seen)
    assert not came_since(reader, seen) and came_since(reader, "")
    with database.transaction() as other:
        testify(other)
    assert came_since(reader, seen)
    for each in (reader, late_one, idle):
        each.close()


def test_a_mark_is_asked_of_an_index_even_where_one_transaction_brought_nearly_all(
    database: Database,
) -> None:
    """A load brings a million entries in one transaction; whoever looks at a page must not read them all."""
    with database.transaction() as loading:
        record(loading, [Entry(NOW, "t", "t.t", f"s{n}", "US", {}) for n in range(20_000)])
    with database.transaction() as connection:
        connection.execute("analyze tieout.evidence")
    with database.transaction() as connection:
        assert not came_since(connection, mark(connection))
        (found,) = connection.execute(
            "select seq_tup_read from pg_stat_xact_user_tables where relname = 'evidence' and schemaname = 'tieout'"
        ).fetchall()
    assert found["seq_tup_read"] < 1_000


def test_receivables_are_read_once_for_what_commits_late_and_not_again_while_others_are_open(
    office: Office,
) -> None:
    creditor = Creditor(office.world, office.admin, office.company, office.database, office.session)
    creditor.customer("Ada Ltd")
    reads = list[str]()

    def read(entity: str) -> None:
        reads.append(entity)
        release, connection = creditor.release(), office.database.connect(autocommit=True)
        Receivables(
            release, release.interfaces["receivables"], creditor.session, "", creditor.clock.now()
        ).read(connection)
        connection.close()

    stage = ReceivablesStage(creditor.release, read, creditor.clock, share=1.0)
    looking, late_one, idle = (office.database.connect(autocommit=True) for _ in range(3))
    with idle.transaction(force_rollback=True):
        idle.execute("insert into tieout.paused (interface, since, by, reason) values ('x', now(), 'w', 'r')")
        with late_one.transaction():
            record(late_one, [Entry(creditor.clock.now(), "t", "t.t", "s", "US", {})])
            for _ in range(4):
                step(stage, looking)
            assert len(reads) == 1
        for _ in range(4):
            step(stage, looking)
        assert len(reads) == 2
    for each in (looking, late_one, idle):
        each.close()


def test_what_commits_late_takes_a_signature_back(closer: Closer) -> None:
    """The bill's transaction ends after another's with a higher number, up to which the worker has looked."""
    close(closer)
    stage = RevocationStage(closer.b.release, closer.b.clock, share=1.0)
    with closer.b.database.transaction() as connection:
        # As a bill is taken in: its evidence is numbered, and nobody sees it yet.
        record(connection, [Entry(closer.b.clock.now(), "t", "t.t", "s", "US", {})])
        case = NewCase(
            cause="unreadable_file", interface="bills", entity="US", period="2026-10", source_key="a", amount=Decimal(0),
            currency="USD", recovery="r", detail="d", owner="o", opened_at=closer.b.clock.now(), due_at=closer.b.clock.now(),
        )  # fmt: skip
        open_cases(connection, [case], "t")
        with closer.b.database.transaction() as other:
            record(other, [Entry(closer.b.clock.now(), "t", "t.t", "s", "US", {})])
        for _ in range(3):
            step(stage, closer.connection)
        assert closer.revoked() == {}
    for _ in range(3):
        step(stage, closer.connection)
    assert set(closer.revoked()) == {"cases decided", "close"}
