"""Who decides about cases and who works on their documents lock them in one order: nobody waits for who waits for them."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.test_bulk_decisions import held_entries, site  # noqa: F401
from tests.integration.test_work_api import Front
from tieout.cases import beside_others
from tieout.planning import Bulk, Decision, Seen, accept_case, decide_many, process
from tieout.planning.bulk import BulkAction

_WAITING = (
    """select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"""
)


def until_somebody_waits(office: Office, other: Future[Any] | None = None) -> None:
    """Returns as soon as a connection waits for a lock, or `other` is done without."""
    connection = office.database.connect(autocommit=True)
    for _ in range(3000):
        if connection.execute(_WAITING).fetchone() or (other is not None and other.done()):
            break
        time.sleep(0.01)
    connection.close()


def decided(office: Office, action: BulkAction, numbers: list[int]) -> Bulk:
    with office.database.transaction() as connection:
        seen = tuple(Seen(n, 1) for n in numbers)
        return decide_many(
            connection, office.release(), Decision(action, seen, "a test run", "cora"), person="carl",
            may=lambda _: "", now=office.clock.now(),
        )  # fmt: skip


@pytest.mark.parametrize("action", ["exclude", "replay", "assign", "solve"])
def test_many_are_decided_beside_a_worker_that_is_at_one_of_them(
    office: Office, monkeypatch: pytest.MonkeyPatch, action: BulkAction
) -> None:
    """A newer version of a held document comes: a worker locks the document, then its case. Meanwhile its case and another
    are decided: first the cases are locked, then their documents."""
    office.let_in().alone_up_to("10000.00")
    office.policies = ()
    numbers = held_entries(office, "600.00", "700.00")
    office.journal("J0", "650.00", by="mia", credit=Decimal("-649.00"))
    pool = ThreadPoolExecutor(1)
    deciding: list[Future[Bulk]] = []
    solve = process.solve

    def late(*args: Any, **more: Any) -> int:
        if not deciding:
            deciding.append(pool.submit(decided, office, action, numbers))
            until_somebody_waits(office, deciding[0])
        return solve(*args, **more)

    monkeypatch.setattr(process, "solve", late)
    office.work()
    bulk = deciding[0].result(timeout=60)
    found = {o.case_id: o.outcome for o in bulk.outcomes}
    # The worker was first: what it did is seen by the decision, and the other case is decided all the same.
    assert found[numbers[0]] == "left"
    assert found[numbers[1]] == ("left" if action == "solve" else "done")
    rows = office.database.rows(
        "select source_key, revision, state from tieout.document where source_key like 'J%' order by 1, 2"
    )
    assert [(r["source_key"], r["revision"]) for r in rows] == [("J0", 1), ("J0", 2), ("J1", 1)]
    assert rows[0]["state"] == "superseded"
    assert office.database.rows("select 1 from tieout.failure") == []


def test_one_case_is_accepted_after_its_document_is_free(office: Office) -> None:
    """A worker holds the document, and wants the case: whoever accepts that waits for the one and has not the other."""
    office.let_in()
    (number,) = held_entries(office, "600.00")
    # Of a cause that a person may judge: its document goes on.
    office.database.connect(autocommit=True).execute("update tieout.cases set cause = 'duplicate_bill'")
    worker = office.database.connect()
    worker.execute("select 1 from tieout.document d join tieout.cases c using (document_id) where c.case_id = %s for update of d", (number,))  # fmt: skip

    def accept() -> bool:
        with office.database.transaction() as connection:
            return accept_case(connection, number, "agreed", office.clock.now(), "cora")

    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(accept)
        until_somebody_waits(office, told)
        worker.execute("select 1 from tieout.cases where case_id = %s for update nowait", (number,))
        worker.rollback()
        assert told.result(timeout=60)
    worker.close()


@pytest.mark.parametrize("what", ["solve", "assign"])
def test_several_are_decided_once_no_worker_is_at_anything(site: Front, what: str) -> None:
    numbers = held_entries(site.office, "600.00", "700.00")
    cora = site.sign_in("cora")
    worker = site.office.database.connect()
    beside_others(worker)

    def decide() -> int:
        body = {"cases": numbers, "reason": "agreed", "owner": "cora"}
        del body["owner" if what == "solve" else "reason"]
        return int(cora.post(f"/cases/{what}", json=body).status_code)

    with ThreadPoolExecutor(1) as pool:
        status = pool.submit(decide)
        until_somebody_waits(site.office, status)
        assert not status.done()
        worker.execute("select 1 from tieout.cases where case_id = any(%s) for update nowait", (numbers,))
        worker.rollback()
        # What is held is booked nowhere: of all of them, or of none.
        assert status.result(timeout=60) == (409 if what == "solve" else 200)
    worker.close()
