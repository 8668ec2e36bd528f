"""The close of a period over a real database: evidence, two signatures, revocation, locks, others' entries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.integration.buying import Buyer
from tests.integration.office import key_of, person
from tests.stages import step
from tieout.cases import NewCase, list_open, open_cases, solve_case
from tieout.close import CloseError, LatenessStage, RevocationStage, gather, kept_state, sign, state_of
from tieout.money import Period
from tieout.planning import exclude
from tieout.rules import CloseRules, EntityClose
from tieout_sandbox.simulators.bankfile import BankLine

OCTOBER = Period(2026, 10)


class Closer:
    """A buyer's books, about to be closed."""

    def __init__(self, buyer: Buyer) -> None:
        self.b = buyer
        self.connection = buyer.database.connect(autocommit=True)

    def _sessions(self, system: str) -> Any:
        return self.b.session if system == "odoo" else None

    def over(self) -> Closer:
        """It is the third of November."""
        self.b.clock.at = datetime(2026, 11, 3, 15, tzinfo=UTC)
        return self

    def state(self) -> Any:
        now, release = self.b.clock.now(), self.b.release()
        gather(self.connection, release, self._sessions, "US", OCTOBER, now)
        return state_of(self.connection, release, self._sessions, "US", OCTOBER, now)

    def states(self) -> dict[str, str]:
        return {s.task.name: s.state for s in self.state().tasks}

    def why(self, task: str) -> str:
        return next(str(s.finding.why) for s in self.state().tasks if s.task.name == task)

    def sign(self, who: str, *tasks: str) -> dict[str, str]:
        now = self.b.clock.now()
        key = key_of(who)
        return dict(
            sign(self.connection, self.b.release(), self._sessions, "US", OCTOBER, tasks, "", key, now)
        )

    def look(self) -> bool:
        """What the worker does once something happened."""
        return step(RevocationStage(self.b.release, self.b.clock), self.connection)

    def revoked(self) -> dict[str, str]:
        rows = self.b.database.rows(
            "select task, revoked_why from tieout.signature where revoked_at is not null"
        )
        return {r["task"]: r["revoked_why"] for r in rows}


@pytest.fixture
def closer(buyer: Buyer) -> Closer:
    """October with one bill that is booked, proven by its report, and locked."""
    buyer.bills["exports"] = "cumulative"
    buyer.ready()
    buyer.bill()
    buyer.give("bills", "report.csv", buyer.point.report(date(2026, 10, 31)))
    buyer.work()
    buyer.admin.call(
        "res.company", "write", ids=[buyer.company.id], vals={"fiscalyear_lock_date": "2026-10-31"}
    )
    return Closer(buyer).over()


def test_tasks_are_done_by_evidence_and_signed_by_two(closer: Closer) -> None:
    before = closer.states()
    assert before["complete: bills"] == "done" and before["close"] == "open"
    said = closer.sign("cora")
    assert "not signed" in said.pop("close") and set(said.values()) == {"prepared: somebody else signs it"}
    assert set(closer.sign("cora", *said).values()) == {"you prepared it: somebody else signs it"}
    said = closer.sign("carl")
    assert said["complete: bills"] == "signed, prepared by cora" and said["close"].startswith("prepared")
    assert closer.sign("carl", "close")["close"] == "you prepared it: somebody else signs it"
    assert closer.sign("cora", "close")["close"] == "signed, prepared by carl"
    state = closer.state()
    assert state.closed and state.days == 2 and {s.state for s in state.tasks} == {"signed"}
    assert closer.b.evidence("close.refused") > 0 and closer.b.evidence("close.signed") == len(state.tasks)


def close(closer: Closer) -> None:
    closer.state()
    for who in ("cora", "carl", "cora"):
        closer.sign(who)
    assert closer.state().closed


def test_an_entry_that_nobody_can_compare_is_not_as_it_was_booked(closer: Closer) -> None:
    assert closer.states()["ledger is ours"] == "done"
    case = NewCase(
        cause="not_comparable_in_ledger", interface="bills", entity="US", period="2026-10", source_key="a", amount=Decimal(1),
        currency="USD", recovery="r", detail="d", owner="o", opened_at=closer.b.clock.now(), due_at=closer.b.clock.now(),
    )  # fmt: skip
    with closer.connection.transaction():
        open_cases(closer.connection, [case], "t")
    assert closer.states()["ledger is ours"] == "open" and "1 entries were changed" in closer.why(
        "ledger is ours"
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "cause", ["unreadable_file", "file_without_proof", "statement_without_balances", "processing_failed"]
)
def test_a_file_or_message_whose_money_nobody_knows_holds_the_close_whatever_its_cause(
    closer: Closer, cause: str
) -> None:
    """It is worth nothing only as far as anybody could see."""
    assert "no case is open" in closer.why("cases decided")
    case = NewCase(
        cause=cause, interface="bills", entity="US", period="2026-10", source_key="a.csv", amount=Decimal(0), currency="USD",
        recovery="r", detail="d", owner="o", opened_at=closer.b.clock.now(), due_at=closer.b.clock.now(),
    )  # fmt: skip
    with closer.connection.transaction():
        open_cases(closer.connection, [replace(case, source_key="b.csv", blocking=False)], "t")
    assert "no case is open" in closer.why("cases decided")
    with closer.connection.transaction():
        open_cases(closer.connection, [case], "t")
    assert closer.states()["cases decided"] == "open"
    assert f"1 {cause.replace('_', ' ')} (0" in closer.why("cases decided")


@pytest.mark.long
def test_a_late_bill_takes_back_what_it_touches_and_nothing_else(closer: Closer) -> None:
    close(closer)
    assert not closer.look() or closer.revoked() == {}
    closer.b.bill("LATE", quantity="1", order="", on=date(2026, 10, 30))
    assert ("late_event", "USV1:LATE") in closer.b.cases()
    assert closer.look()
    revoked = closer.revoked()
    assert set(revoked) == {"complete: bills", "cases decided", "close"}
    assert "late event" in revoked["cases decided"] and "figures changed" in revoked["complete: bills"]
    # Decided and signed anew it is closed again.
    for row in list_open(closer.connection):
        with closer.connection.transaction():
            exclude(
                closer.connection,
                closer.b.release(),
                row["case_id"],
                "of November",
                closer.b.clock.now(),
                "mia",
            )
    closer.b.give("bills", "report2.csv", closer.b.point.report(date(2026, 10, 31)))
    closer.b.work()
    close(closer)


@pytest.mark.long
def test_figures_that_changed_take_a_signature_back_also_where_the_task_is_done_again(closer: Closer) -> None:
    close(closer)
    closer.b.bill("LATE", quantity="1", order="", on=date(2026, 10, 30))
    (row,) = list_open(closer.connection)
    with closer.connection.transaction():
        exclude(
            closer.connection, closer.b.release(), row["case_id"], "of November", closer.b.clock.now(), "mia"
        )
    closer.b.give("bills", "report2.csv", closer.b.point.report(date(2026, 10, 31)))
    closer.b.work()
    closer.state()
    assert set(closer.revoked()) == {"complete: bills", "cases decided", "waivers decided", "close"}
    assert "figures changed: 2 documents proven" in closer.revoked()["complete: bills"]


def test_whoever_has_no_role_signs_nothing(closer: Closer) -> None:
    with pytest.raises(CloseError, match="mia is no controller"):
        closer.sign("mia")
    with pytest.raises(CloseError, match="no task of this close"):
        closer.sign("cora", "complete: nothing")
    assert closer.b.evidence("close.refused") == 1


def test_a_machine_signs_nothing_whatever_role_it_has(closer: Closer) -> None:
    closer.b.add(person("robot", human=False))
    closer.b.grant("robot", "controller")
    closer.state()
    with pytest.raises(CloseError, match="robot is no controller of US: that role signs its close"):
        closer.sign("robot")
    assert closer.b.evidence("close.refused") == 1 and not closer.b.evidence("close.prepared")


def test_sql_signs_nothing(closer: Closer) -> None:
    """Written past us: one person twice is refused by the table; a forged second signature has no stamp."""
    closer.state()
    closer.sign("cora")
    connection = closer.connection
    for statement in (
        "update tieout.signature set signed_by = 'cora', signed_at = now()",
        "update tieout.signature set prepared_by = 'x'",
        "update tieout.signature set digest = 'x'",
        "delete from tieout.signature",
        "truncate tieout.signature",
    ):
        with pytest.raises(psycopg.Error):
            connection.execute(statement)
    connection.execute("update tieout.signature set signed_by = 'carl', signed_at = now(), stamp = 'x'")
    assert "signed" not in closer.states().values()
    # Signed anew by two people, it stands; what was forged is revoked, and says why.
    close(closer)
    assert "not made by Tieout" in closer.revoked()["cases decided"]


def test_a_preparation_that_somebody_wrote_in_anothers_name_is_none(closer: Closer) -> None:
    """Who has the database writes that cora prepared it, and signs as the second: carl is alone."""
    digests = {s.task.name: s.finding.digest for s in closer.state().tasks}
    for task, digest in digests.items():
        closer.connection.execute(
            "insert into tieout.signature (entity, period, task, digest, prepared_by, prepared_at, stamp)"
            " values ('US', '2026-10', %s, %s, 'cora', now(), 'x')", (task, digest),
        )  # fmt: skip
    said = closer.sign("carl")
    assert said.pop("close").startswith("not done") and set(said.values()) == {
        "prepared: somebody else signs it"
    }
    assert not closer.state().closed and "not made by Tieout" in closer.revoked()["cases decided"]
    # Nor is the stamp of one's own preparation that of a signature.
    closer.connection.execute(
        "update tieout.signature set signed_by = 'cora', signed_at = now() where prepared_by = 'carl'"
    )
    assert "signed" not in closer.states().values()


def test_a_close_that_was_signed_is_not_closed_before_its_period_is_over(closer: Closer) -> None:
    """As an earlier release may have let it be signed."""
    close(closer)
    release, now = closer.b.release(), datetime(2026, 10, 30, 12, tzinfo=UTC)
    assert kept_state(closer.connection, release, "US", OCTOBER, closer.b.clock.now())[0].closed
    state, _ = kept_state(closer.connection, release, "US", OCTOBER, now)
    assert not state.closed and state.tasks[-1].finding.why.startswith("2026-10 ends on 2026-10-31")


def test_a_bank_that_says_another_balance_keeps_the_close_open(buyer: Buyer) -> None:
    line = BankLine(date(2026, 10, 30), 70_000, counterparty="Client", remittance="thanks")
    buyer.books(date(2026, 10, 30), [line])
    closer = Closer(buyer).over()
    assert closer.why("bank reconciled") == "1 account as the bank has it"
    assert closer.states()["bank reconciled"] == "done"
    accounts = {
        str(a["code"]): i
        for i, a in buyer.world.odoo.service.world.table("account.account").items()
        if buyer.company.id in a["company_ids"]
    }
    _entry(buyer, accounts["101511"], accounts["600000"], "2026-10-21")
    assert "-70.0000 more at the bank" in closer.why("bank reconciled")
    assert closer.states()["bank reconciled"] == "open"


def _entry(buyer: Buyer, debit: int, credit: int, day: str) -> str:
    """Somebody books 70.00 by hand."""
    context = {"allowed_company_ids": [buyer.company.id]}
    journal = buyer.admin.call(
        "account.journal", "search", domain=[["code", "=", "MISC"], ["company_id", "=", buyer.company.id]]
    )[0]
    rows = [
        {"account_id": debit, "debit": 70, "credit": 0, "name": "x"},
        {"account_id": credit, "debit": 0, "credit": 70, "name": "x"},
    ]
    values = {"journal_id": journal, "date": day, "ref": "by hand", "line_ids": [[0, 0, r] for r in rows]}
    made = buyer.admin.call("account.move", "create", vals_list=[values], context=context)
    buyer.admin.call("account.move", "action_post", ids=made, context=context)
    return str(
        buyer.admin.call("account.move", "read", ids=made, fields=["name"], context=context)[0]["name"]
    )


def test_an_entry_without_a_source_is_a_case_until_somebody_gives_its_reason(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill()
    book = buyer.world.odoo.service.world
    accounts = {
        str(a["code"]): i
        for i, a in book.table("account.account").items()
        if buyer.company.id in a["company_ids"]
    }
    name = _entry(buyer, accounts["211000"], accounts["600000"], "2026-10-12")
    # On accounts that nothing here is posted to it is nobody's business here.
    _entry(buyer, accounts["642100"], accounts["643100"], "2026-10-12")
    closer = Closer(buyer).over()
    assert name in closer.why("ledger is ours")
    assert buyer.cases() == [("entry_without_source", f"US:{name}")]
    rows = buyer.database.rows("select amount, case_id from tieout.cases")
    assert rows[0]["amount"] == Decimal("70.00")
    with closer.connection.transaction():
        solve_case(
            closer.connection, rows[0]["case_id"], buyer.clock.now(), "agreed with the landlord", "cora"
        )
    assert "1 explained one" in closer.why("ledger is ours")
    assert closer.states()["ledger is ours"] in ("done", "blocked") and buyer.cases() == []


def test_what_is_not_proven_or_waits_keeps_its_task_open(buyer: Buyer) -> None:
    buyer.bills["exports"] = "cumulative"
    buyer.ready(came="3")
    buyer.bill("B-1")
    closer = Closer(buyer)
    assert "no control figure" in closer.why("complete: bills")
    buyer.give("bills", "report.csv", buyer.point.report(date(2026, 10, 20)))
    buyer.work()
    assert "1 document waits" in closer.why("complete: bills")


def test_a_lock_is_read_and_set_and_never_moved_back(buyer: Buyer) -> None:
    assert set(buyer.session.locks().values()) == {None}
    closer = Closer(buyer).over()
    assert closer.why("books locked") == "nothing is locked"
    buyer.admin.call("res.company", "write", ids=[buyer.company.id], vals={"tax_lock_date": "2026-09-30"})
    assert buyer.session.locks()["tax"] == date(2026, 9, 30)
    # The service account may not lock; an administrator's key does.
    from tests.conformance.test_connectors import CONNECTORS, config
    from tieout.connector_api import ConnectorError

    with pytest.raises(
        ConnectorError, match=r"let somebody who may set the fiscal year lock of .* to 2026-10-31"
    ):
        buyer.session.set_lock("fiscal year", date(2026, 10, 31))
    world = buyer.world
    admin = CONNECTORS["odoo"].open(
        config(CONNECTORS["odoo"], url=world.url("odoo"), database=world.odoo.database,
               key=world.odoo.service.make_key(2), company=str(buyer.company.id))
    )  # fmt: skip
    admin.set_lock("sale", date(2026, 10, 31))
    admin.set_lock("sale", date(2026, 9, 30))
    assert admin.locks()["sale"] == date(2026, 10, 31)
    # A lock of sales alone does not close the books.
    locked = {s.task.name: s.finding.done for s in closer.state().tasks}
    assert locked["books locked"] is False
    admin.set_lock("hard", date(2026, 10, 31))
    assert {s.task.name: s.finding.done for s in closer.state().tasks}["books locked"] is True
    with pytest.raises(ConnectorError, match="no lock"):
        admin.set_lock("everything", date(2026, 10, 31))


def test_the_worker_looks_again_only_when_something_happened(closer: Closer) -> None:
    close(closer)
    stage = RevocationStage(closer.b.release, closer.b.clock, share=1.0)
    assert not step(stage, closer.connection) and not step(stage, closer.connection)
    closer.b.clock.at += timedelta(minutes=1)
    closer.b.bill("LATE", quantity="1", order="", on=date(2026, 10, 30))
    assert step(stage, closer.connection) and not step(stage, closer.connection)


def late(closer: Closer) -> dict[str, str]:
    """The cases of late tasks after the worker looked: task to owner."""
    step(LatenessStage(closer.b.release, closer.b.clock), closer.connection)
    cases = [r for r in list_open(closer.connection) if r["cause"] == "close_task_late"]
    assert all(r["source_key"].startswith("US:2026-10:") and not r["amount"] for r in cases)
    return {r["source_key"].split(":", 2)[2]: r["owner"] for r in cases}


@pytest.mark.long
def test_a_task_past_its_due_time_is_a_case_of_its_owner_until_it_is_signed(closer: Closer) -> None:
    closer.b.closing = CloseRules({"US": EntityClose(business_day=4, declared=True)})
    closer.b.clock.at = datetime(2026, 11, 3, 17, tzinfo=UTC)
    assert late(closer) == {}
    # The second business day is over at six in the evening: only what waits for nothing else is late.
    closer.b.clock.at = datetime(2026, 11, 3, 19, tzinfo=UTC)
    first = late(closer)
    assert first.pop("complete: bills") == closer.b.interface_of("bills").owner
    assert "bank reconciled" not in first and "close" not in first
    closer.state()
    for who in ("cora", "carl"):
        closer.sign(who, "complete: bills")
    assert "complete: bills" not in late(closer)
    closer.b.clock.at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert "close" not in late(closer) and late(closer)
    close(closer)
    assert late(closer) == {}
    # Taken back by late data it is late again, at once.
    closer.b.bill("LATE", quantity="1", order="", on=date(2026, 10, 30))
    assert closer.look() and "complete: bills" in late(closer)


def test_what_is_late_is_told_also_once_the_next_period_ended(closer: Closer) -> None:
    closer.b.closing = CloseRules({"US": EntityClose(business_day=1, declared=True)})
    closer.b.clock.at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert late(closer)
    closer.b.clock.at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    step(LatenessStage(closer.b.release, closer.b.clock), closer.connection)
    before = {r["source_key"] for r in list_open(closer.connection) if r["cause"] == "close_task_late"}
    close(closer)
    step(LatenessStage(closer.b.release, closer.b.clock), closer.connection)
    after = {r["source_key"] for r in list_open(closer.connection) if r["cause"] == "close_task_late"}
    assert any(":2026-10:" in k for k in before) and not any(":2026-10:" in k for k in after)


def test_nothing_is_late_where_no_calendar_names_the_entity_or_nothing_came_yet(closer: Closer) -> None:
    closer.b.clock.at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert late(closer) == {}
    closer.b.closing = CloseRules({"US": EntityClose(declared=True)})
    closer.b.clock.at = datetime(2026, 9, 20, 9, tzinfo=UTC)
    assert late(closer) == {}


def test_a_case_of_the_next_period_keeps_no_period_open(closer: Closer) -> None:
    assert "no case is open" in closer.why("cases decided")
    closer.b.bill("NOV", quantity="99", order="", on=date(2026, 11, 2))
    assert [k for _, k in closer.b.cases()] == ["USV1:NOV"] and "no case is open" in closer.why(
        "cases decided"
    )
    closer.b.bill("OCT", quantity="99", order="", on=date(2026, 10, 29))
    assert "no case is open" not in closer.why("cases decided")
