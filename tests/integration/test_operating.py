"""Pauses, replays that are tried first, what is kept of figures, open lines, notes: over the database as it is."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from tests.conformance.test_connectors import CONNECTORS
from tests.integration.office import Office
from tests.integration.test_work_api import Front, operator, site
from tests.stages import step
from tieout.connector_api import OpenItem
from tieout.evidence import Entry, record
from tieout.inbox import pause, resume
from tieout.kept_figures import keeping, read_kept
from tieout.planning import ProcessStage, in_range, replay, replay_range, try_case, try_range
from tieout.proofs import tie_out
from tieout.reconcile.ledger import keep_lines, open_lines, open_sums
from tieout.store import Connection, Queries

pytestmark = pytest.mark.long

__all__ = ["site"]


def stage(office: Office) -> ProcessStage:
    return ProcessStage(office.release, lambda _: CONNECTORS["ledgers"], office, {}, office.clock)


@pytest.fixture
def held(office: Office) -> Office:
    """An office with two entries in exception: their cost centre is missing."""
    office.policies = ()
    office.dimensions = {}
    office.options = {"require": {"6": "cost_centre"}}
    office.journal("J-1", "10.00", on=date(2026, 10, 5))
    office.journal("J-2", "20.00", on=date(2026, 10, 15))
    office.work()
    assert office.states() == {"J-1": "refused", "J-2": "refused"}
    return office


def everything(connection: Connection) -> list[Any]:
    """All that a replay could change, as it is."""
    found: list[Any] = []
    for table in ("document", "delivery", "posting_line", "cases", "evidence", "message", "document_name"):
        rows = connection.execute(f"select to_jsonb(t) as t from tieout.{table} t order by 1".encode())
        found.append([r["t"] for r in rows])
    return found


def test_a_preview_changes_nothing_and_says_what_then_happens(held: Office) -> None:
    connection = held.database.connect(autocommit=True)
    journals = held.interface
    before = everything(connection)
    now = held.clock.now()
    tried = try_range(
        connection, stage(held), held.release(), journals, date(2026, 10, 1), date(2026, 10, 31), now
    )
    assert (tried.documents, tried.planned, tried.held) == (2, 0, 2) and not tried.lines
    assert {c["cause"] for c in tried.cases} == {"missing_dimension"}
    held.options = {}
    tried = try_range(
        connection, stage(held), held.release(), held.interface, date(2026, 10, 1), date(2026, 10, 10), now
    )
    assert (tried.documents, tried.planned) == (1, 1)
    assert tried.by_account() == [("212300", "USD", Decimal("-10.00")), ("621000", "USD", Decimal("10.00"))]
    assert everything(connection) == before
    rows = in_range(connection, held.interface, date(2026, 10, 1), date(2026, 10, 31))
    assert [r["count"] for r in rows if r["state"] == "refused"] == [2]
    with connection.transaction():
        ids = replay_range(connection, held.interface, date(2026, 10, 1), date(2026, 10, 10), now, "ira")
    assert len(ids) == 1
    held.work()
    assert held.states() == {"J-1": "posted", "J-2": "refused"}
    assert held.booked() == [("J-1", "212300", Decimal("-10.00")), ("J-1", "621000", Decimal("10.00"))]
    assert held.evidence("interface.replayed") == 1
    connection.close()


def test_a_case_is_tried_alone_and_another_entitys_are_left_out(held: Office) -> None:
    connection = held.database.connect(autocommit=True)
    row = connection.execute("select case_id from tieout.cases where source_key = 'J-2'").fetchone()
    assert row is not None
    held.options = {}
    now = held.clock.now()
    tried = try_case(connection, stage(held), held.release(), row["case_id"], None, None, now)
    assert (tried.documents, tried.planned) == (1, 1)
    tried = try_case(connection, stage(held), held.release(), None, "missing_dimension", ["DE"], now)
    assert tried.documents == 0
    tried = try_case(connection, stage(held), held.release(), None, "missing_dimension", ["US"], now)
    assert tried.documents == 2
    connection.close()


def test_everything_of_a_cause_is_reprocessed_of_one_entity_where_it_is_named(held: Office) -> None:
    connection = held.database.connect(autocommit=True)
    now = held.clock.now()
    with connection.transaction():
        assert replay(connection, now, "ira", cause="missing_dimension", entity="DE") == 0
        assert replay(connection, now, "ira", cause="missing_dimension", entity="US") == 2
    connection.close()


def test_over_http_chosen_cases_are_tried_or_those_of_a_cause_and_an_entity(held: Office) -> None:
    held.let_in()
    operator(held, "otto", "DE")
    project: Any = SimpleNamespace(
        database=held.database, clock=held.clock, release=held.release, reader_of=lambda _: held.session,
        settings=SimpleNamespace(systems={}, sinks={}), connector_of=lambda _: CONNECTORS["ledgers"], look_now=lambda: None,
    )  # fmt: skip
    rows = held.database.rows("select case_id, source_key from tieout.cases order by source_key")
    first, second = (int(r["case_id"]) for r in rows)
    held.options = {}
    front = Front(held, project)
    try:
        cora, otto = front.sign_in("cora"), front.sign_in("otto", second_factor=False)

        def tried(**body: Any) -> Any:
            reply = cora.post("/cases/try", json=body)
            assert reply.status_code == 200, reply.text
            return reply.json()

        assert tried(cases=[second])["amounts"] == [{"currency": "USD", "amount": "20.00"}]
        assert tried(cases=[first, second, second])["documents"] == 2
        assert tried(cause="missing_dimension", entity="US")["documents"] == 2
        assert tried(cause="missing_dimension", entity="DE")["documents"] == 0
        assert held.states() == {"J-1": "refused", "J-2": "refused"}
        for wrong in ({}, {"cause": "missing_dimension", "cases": [first]}, {"cases": [0]}):
            assert cora.post("/cases/try", json=wrong).status_code == 422
        # Of another entity nobody is told that there is this one.
        assert otto.post("/cases/try", json={"cases": [first]}).status_code == 404
        refused = otto.post("/cases/replay", json={"cause": "missing_dimension", "entity": "US"})
        assert refused.status_code == 403
        done = cora.post("/cases/replay", json={"cause": "missing_dimension", "entity": "US"})
        assert done.json() == {"replayed": 2}
    finally:
        front.stop()


def test_of_what_is_paused_nothing_is_planned_or_delivered(office: Office) -> None:
    office.policies = ()
    connection = office.database.connect(autocommit=True)
    now = office.clock.now()
    with pytest.raises(ValueError, match="reason"):
        pause(connection, office.interface, "ira", " ", now)
    assert pause(connection, office.interface, "ira", "the ledger moves", now)
    assert not pause(connection, office.interface, "ira", "again", now)
    office.journal("J-1", "10.00")
    office.work()
    assert office.states() == {} and office.booked() == []
    assert resume(connection, office.interface, "ira", now) and not resume(
        connection, office.interface, "ira", now
    )
    office.plan()
    assert office.states() == {"J-1": "planned"}
    # Paused between plan and delivery: nothing reaches the ledger.
    assert pause(connection, office.interface, "ira", "wait", now)
    office.deliver()
    assert office.states() == {"J-1": "planned"} and office.booked() == []
    resume(connection, office.interface, "ira", now)
    office.deliver()
    assert office.states() == {"J-1": "posted"} and len(office.booked()) == 2
    assert office.evidence("interface.paused") == 2 and office.evidence("interface.resumed") == 2
    connection.close()


def test_a_lane_that_is_shared_goes_on_without_what_is_paused(office: Office) -> None:
    """Two interfaces book into one journal: of the lane's batch only the other's goes out."""
    connection = office.database.connect(autocommit=True)
    office.policies = ()
    office.journal("J-1", "10.00")
    office.journal("J-2", "20.00")
    office.plan()
    connection.execute(
        "update tieout.delivery set interface = 'other' where external_id like '%J_2%' or external_id like '%J-2%'"
    )
    row = connection.execute("select system, lane from tieout.delivery limit 1").fetchone()
    assert row is not None
    given = {"system": row["system"], "lane": row["lane"], "limit": 10, "bytes": 1 << 20, "waiting": []}
    claim = Queries("tieout.delivery")["claim"]
    assert {r["interface"] for r in connection.execute(claim, given)} == {"journals", "other"}
    pause(connection, office.interface, "ira", "wait", office.clock.now())
    assert {r["interface"] for r in connection.execute(claim, given)} == {"other"}
    connection.close()


def test_pausing_is_for_whoever_runs_the_entity(site: Front) -> None:
    operator(site.office, "otto", "DE")
    otto, cora = site.sign_in("otto", second_factor=False), site.sign_in("cora")
    assert otto.post("/interfaces/journals/pause", json={"reason": "because"}).status_code == 404
    assert cora.post("/interfaces/journals/pause", json={"reason": ""}).status_code == 422
    told = cora.post("/interfaces/journals/pause", json={"reason": "the shop moves"})
    assert told.status_code == 200 and told.json()["paused"]["by"] == "cora"
    assert cora.post("/interfaces/journals/pause", json={"reason": "again"}).status_code == 409
    assert cora.get("/today").json()["paused"] == ["journals"]
    assert cora.post("/interfaces/journals/resume").json()["paused"] is None
    assert cora.post("/interfaces/journals/resume").status_code == 409


def test_a_figure_is_of_now_where_it_is_cheap_and_says_of_when_where_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.policies = ()
    office.journal("J-1", "10.00")
    office.work()
    connection = office.database.connect(autocommit=True)
    release, now = office.release(), office.clock.now()
    kept = read_kept(connection, release, "tie_out", now)
    assert kept.current and [r["posted"]["debit"] for r in kept.rows] == ["10.00"]
    office.journal("J-2", "5.00")
    office.work()
    kept = read_kept(connection, release, "tie_out", now)
    assert kept.current and kept.rows[0]["posted"]["debit"] == "15.00"
    # One that took long is told as it was, and says so; exact, it is of now.
    connection.execute("update tieout.kept_figure set took_ms = 5000")
    office.journal("J-3", "1.00")
    office.work()
    later = now + timedelta(minutes=1)
    kept = read_kept(connection, release, "tie_out", later)
    assert not kept.current and kept.as_of == now and kept.rows[0]["posted"]["debit"] == "15.00"
    assert read_kept(connection, release, "tie_out", later, exact=True).rows[0]["posted"]["debit"] == "16.00"
    # A worker computes what is not current, and what it computes is what the proof says.
    connection.execute("update tieout.kept_figure set took_ms = 5000, watermark = 'old'")
    step(keeping.KeptFiguresStage(office.release, lambda _: None, office.clock), connection)
    kept = read_kept(connection, release, "tie_out", later)
    (row,) = tie_out(connection, release)
    assert kept.current and kept.rows[0]["posted"] == {
        "count": row.posted.count, "debit": f"{row.posted.debit:f}", "credit": f"{row.posted.credit:f}",
    }  # fmt: skip
    with pytest.raises(KeyError):
        read_kept(connection, release, "nonsense", now)
    connection.close()


def item(line: int, on: date, residual: str, partner: str = "Harbor", text: str = "") -> OpenItem:
    return OpenItem(
        line=line, move=line, account="212130", kind="other", is_payment=True, on=on, due=None, currency="USD",
        residual=Decimal(residual), company=Decimal(residual), partner=1, partner_name=partner, numbers=(f"N-{line}",),
        label=text,
    )  # fmt: skip


def test_open_lines_are_listed_whole_by_side_and_found_by_words(office: Office) -> None:
    connection = office.database.connect(autocommit=True)
    cash = [item(n, date(2026, 10, 1 + n % 5), f"-{n}.50") for n in range(1, 40)]
    due = [item(100, date(2026, 10, 2), "7.00", "100%_sure", "a\\b")]
    for _ in range(2):
        with connection.transaction():
            keep_lines(connection, "US", cash, due, office.clock.now())
    found, after = [], None
    while True:
        rows = open_lines(connection, "US", "cash", after=after, limit=7)
        found += rows
        if len(rows) < 7:
            break
        after = (rows[-1]["booked_on"], rows[-1]["line"])
    assert len(found) == 39 and len({r["line"] for r in found}) == 39
    assert found == sorted(found, key=lambda r: (r["booked_on"], r["line"]))
    # What was received is positive, as it is signed on its side.
    assert {r["amount"] for r in found} == {Decimal(f"{n}.50") for n in range(1, 40)}
    sums = {(s["side"], s["count"], s["amount"]) for s in open_sums(connection, ["US"])}
    assert sums == {("cash", 39, sum(Decimal(f"{n}.50") for n in range(1, 40))), ("due", 1, Decimal("7.00"))}
    assert [r["line"] for r in open_lines(connection, "US", "cash", amount=Decimal("3.50"))] == [3]
    for words, count in (
        ("0%_S", 1),
        ("100%%", 0),
        ("a\\b", 1),
        ("%", 1),
        ("_", 1),
        ("n-100", 1),
        ("harbor", 0),
    ):
        assert len(open_lines(connection, "US", "due", words=words)) == count, words
    assert open_lines(connection, "DE", "cash") == [] and open_sums(connection, []) == []
    connection.close()


def test_cases_are_noted_given_away_and_solved_together(site: Front) -> None:
    one, two, theirs = (
        site.case("10.00", key="a"),
        site.case("20.00", key="b"),
        site.case("30.00", "DE", key="c"),
    )
    operator(site.office, "otto", "US")
    otto = site.sign_in("otto", second_factor=False)
    assert otto.post(f"/cases/{one}/notes", json={"text": " "}).status_code == 422
    told = otto.post(f"/cases/{one}/notes", json={"text": "called the shop <b>"}).json()
    assert [(n["person"], n["text"]) for n in told["notes"]] == [("otto", "called the shop <b>")]
    assert otto.post(f"/cases/{theirs}/notes", json={"text": "x"}).status_code == 404
    # One that is another entity's: nothing at all is done.
    for path, body in (("assign", {"owner": "cora"}), ("solve", {"reason": "agreed"})):
        assert otto.post(f"/cases/{path}", json={"cases": [one, theirs], **body}).status_code == 404
    assert {c["owner"] for c in otto.get("/cases").json()["items"]} == {"o"}
    done = otto.post(
        "/cases/assign", json={"cases": [one, two], "owner": "cora", "due_at": "2026-12-01T09:00:00Z"}
    )
    assert done.json() == {"done": 2, "left": [], "waits": []}
    assert (
        otto.post(
            "/cases/assign", json={"cases": [one], "owner": "cora", "due_at": "2026-12-01T09:00:00"}
        ).status_code
        == 422
    )
    assert otto.post("/cases/solve", json={"cases": [one, 999999], "reason": "agreed"}).json() == {
        "done": 1,
        "left": [999999],
        "waits": [],
    }
    assert [c["case_id"] for c in otto.get("/cases").json()["items"]] == [two]
    assert site.office.evidence("case.assigned") == 2 and site.office.evidence("case.noted") == 1
    with pytest.raises(Exception, match="append-only"):
        site.c.execute("update tieout.case_note set text = 'else'")


def test_what_stands_behind_a_figure_adds_up_to_it(site: Front) -> None:
    office = site.office
    office.policies = ()
    office.dimensions = {}
    office.options = {"require": {"6": "cost_centre"}}
    for number in range(5):
        office.journal(f"H-{number}", f"{number + 1}.00")
    office.work()
    office.options = {}
    for number in range(7):
        office.journal(f"J-{number}", f"{number + 1}.25", on=date(2026, 10, 1 + number))
    office.work()
    office.journal("J-x", "3.00", on=date(2026, 9, 30))
    office.work()
    # One that is posted and has a case that holds its money: in exception, and not posted.
    number = site.case("3.25", key="J-2")
    site.c.execute(
        "update tieout.cases set blocking = true, document_id = (select document_id from tieout.document"
        " where source_key = 'J-2' and state = 'posted') where case_id = %s", (number,),
    )  # fmt: skip
    cora = site.sign_in("cora")
    checked = 0
    for row in cora.get("/tie-out").json()["rows"]:
        for bucket in ("posted", "waiting", "in_exception", "excluded"):
            cell = {k: row[k] for k in ("interface", "entity", "period", "currency")} | {"bucket": bucket}
            found, after = [], ""
            while True:
                page = cora.get("/tie-out/documents", params={**cell, "limit": 2, "after": after}).json()
                found += page["items"]
                after = page["next"]
                if not after:
                    break
            for side in ("debit", "credit"):
                total = sum((Decimal(d[f"measure_{side}"]) for d in found), Decimal(0))
                assert total == Decimal(row[bucket][side]), (row, bucket)
            assert sum(d["measure_count"] for d in found) == row[bucket]["count"]
            checked += bool(found)
    assert checked >= 3
    # Another entity's cell is empty to whoever may not see it.
    operator(office, "dora", "DE")
    dora = site.sign_in("dora", second_factor=False)
    cell = {
        "interface": "journals",
        "entity": "US",
        "period": "2026-10",
        "currency": "USD",
        "bucket": "posted",
    }
    told = dora.get("/tie-out/documents", params=cell).json()
    assert (told["items"], told["next"]) == ([], None)


def test_a_stream_tells_what_happens_and_ends_with_its_session(site: Front) -> None:
    cora = site.sign_in("cora")
    assert httpx2.get(f"{site.base}/api/v1/events").status_code == 401
    assert cora.get("/events", params={"seconds": 0}).status_code == 422
    heard: list[str] = []
    with cora.stream("GET", "/events", params={"seconds": 60}) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        lines = reply.iter_lines()
        assert next(lines) == "retry: 2000"
        time.sleep(1.2)
        site.case("10.00")
        record(site.c, [Entry(site.office.clock.now(), "process", "case.opened", "k", "US")])
        for line in lines:
            heard.append(line)
            if line.startswith("data:"):
                break
        assert 'data: ["case"]' in heard and "event: changed" in heard
        # Whoever is signed out hears no more.
        site.identity.end_sessions_of("cora", "alice")
        started = time.monotonic()
        for _ in lines:
            pass
        assert time.monotonic() - started < 30
