"""Two databases of commit 6e54738, stopped in mid-month, are what today's code says that they were.

Where today's code is asked, it is asked in the functions right below, so that a change of its house is a change there.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from tests.acceptance.commands import start_tieout
from tests.integration.test_delivery import Target
from tests.migration.mid_month.kept import SCENARIOS
from tests.migration.restoring import HalfMonth, restore_half_month
from tests.stages import forget_failures, step
from tieout.cli.tables import tie_out_json
from tieout.connector_api import Item, LedgerFacts
from tieout.delivery import DeliveryStage
from tieout.documents import MatchRequest, canonical_bytes, decode_document, decode_effect, encode_effect
from tieout.documents.taxation import TaxQuestion
from tieout.engine import Lane
from tieout.evidence import Sealer, export_pack
from tieout.evidence.verify import main as verify_pack
from tieout.inbox import accept
from tieout.operations.open_project import OpenProject
from tieout.planning import ProcessStage
from tieout.processes import plan_document
from tieout.processes.facts import Facts
from tieout.proofs import tie_out
from tieout.rules import Entity
from tieout.security import load_authority, stamper
from tieout.store import EmbeddedServer, Queries

# What today's code makes of what is stored


def normalised(month: HalfMonth, row: dict[str, Any]) -> list[bytes]:
    opened = month.open()
    interface = opened.settings.release.interfaces[row["interface"]]
    normalise = opened.connector_of(interface.system).stream(row["stream"]).normalise
    return [canonical_bytes(d) for d in normalise(bytes(row["body"]), interface.options)]


def planned(release: Any, row: dict[str, Any]) -> tuple[str, list[tuple[str, bytes]]]:
    """The decision, and each effect's external id and body, from the document and the facts kept with it."""
    facts = msgspec.json.decode(row["facts"].encode(), type=Facts)
    document, interface = decode_document(row["content"].encode()), release.interfaces[row["interface"]]
    plan = plan_document(document, row["revision"], facts, release, interface, row["accounting_on"])
    return plan.decision, [(e.external_id, encode_effect(e.body)) for e in plan.effects]


def stamp_of(connection: Any, table: str, row: dict[str, Any]) -> bytes:
    stamps = stamper(connection)
    if table == "message":
        return stamps.message(
            row["interface"], row["stream"], row["dedupe_key"], row["transport"], row["submitted_by"],
            bytes(row["body_sha256"]),
        )  # fmt: skip
    if table == "document":
        sha = hashlib.sha256(row["content"].encode()).digest()
        return stamps.document(row["interface"], row["source_key"], row["revision"], row["message_id"], sha)
    sha = hashlib.sha256(row["body"].encode()).digest()
    requires = " ".join(row["requires"] or ())
    return stamps.delivery(row["system"], row["external_id"], row["document_id"], requires, sha)


# The half months


@pytest.fixture(scope="module", params=SCENARIOS)
def month(
    request: pytest.FixtureRequest, server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> HalfMonth:
    """One that today's code has migrated; tests only read it."""
    restored = restore_half_month(request.param, tmp_path_factory.mktemp(request.param), server)
    restored.migrate()
    return restored


@pytest.fixture(params=SCENARIOS)
def own_month(request: pytest.FixtureRequest, server: EmbeddedServer, tmp_path: Path) -> HalfMonth:
    """One to change."""
    restored = restore_half_month(request.param, tmp_path, server)
    restored.migrate()
    return restored


@pytest.fixture
def connection(month: HalfMonth) -> Iterator[Any]:
    found = month.open().database.connect(autocommit=True)
    yield found
    found.close()


def digest(*parts: bytes) -> str:
    """As the driver digests."""
    made = hashlib.sha256()
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.hexdigest()[:16]


@pytest.mark.long
def test_what_is_kept_is_worth_it(month: HalfMonth, connection: Any) -> None:
    """Rows of every kind in which work waits, or the checks below say nothing."""
    states = {
        (table, row["state"])
        for table in ("message", "document", "delivery")
        for row in connection.execute(f"select distinct state from tieout.{table}")
    }
    assert {("message", "received"), ("document", "planned"), ("document", "refused")} <= states
    assert {("document", "posted"), ("delivery", "waiting"), ("delivery", "confirmed")} <= states
    counts = month.facts["counts"]
    assert counts["evidence"] > counts["evidence_leaf"] > 100
    assert month.facts["migrations"][-1] == "0011_accepted_and_open_lines.sql"


def test_no_row_is_lost_or_added(month: HalfMonth, connection: Any) -> None:
    for table, count in month.facts["counts"].items():
        there = connection.execute("select to_regclass(%s) as name", (f"tieout.{table}",)).fetchone()
        if there["name"] is None or table == "schema_migration":
            continue
        # By what statements are found is worked out of them (0020).
        ours = (
            "where name not like 'frame:%' and name not like 'statement:%'"
            if table == "document_name"
            else ""
        )
        found = connection.execute(f"select count(*)::int as n from tieout.{table} {ours}").fetchone()
        assert (table, found["n"]) == (table, count)


def test_documents_keep_their_canonical_bytes(month: HalfMonth, connection: Any) -> None:
    rows = connection.execute(
        "select interface, source_key, revision, state, content from tieout.document order by 1, 2, 3"
    ).fetchall()
    for row in rows:
        content = row["content"].encode()
        assert canonical_bytes(decode_document(content)) == content, row["source_key"]
    assert month.facts["documents"] == [
        [r["interface"], r["source_key"], r["revision"], r["state"], digest(r["content"].encode())]
        for r in rows
    ]


def test_stored_messages_become_the_same_documents(month: HalfMonth, connection: Any) -> None:
    rows = connection.execute(
        "select m.message_id, m.interface, m.stream, b.body from tieout.message m join tieout.message_body b"
        " using (message_id) where m.state <> 'listed' order by m.message_id"
    ).fetchall()
    found = []
    for row in rows:
        try:
            made = [digest(content) for content in normalised(month, row)]
        except Exception as error:  # noqa: BLE001 - which error it is, is the fact
            made = [type(error).__name__]
        found.append([row["message_id"], made])
    assert len(found) > 80 and found == month.facts["normalised"]


def test_effects_keep_their_external_ids_and_bodies(month: HalfMonth, connection: Any) -> None:
    rows = connection.execute(
        "select system, external_id, plan_no, body from tieout.delivery order by system, external_id"
    ).fetchall()
    assert month.facts["deliveries"] == [
        [r["system"], r["external_id"], r["plan_no"], digest(r["body"].encode())] for r in rows
    ]
    for row in rows:
        body = row["body"].encode()
        assert encode_effect(decode_effect(body)) == body, row["external_id"]


def test_recipes_make_the_same_effects_of_the_same_facts(month: HalfMonth, connection: Any) -> None:
    release = month.open().settings.release
    rows = connection.execute(
        "select document_id, interface, source_key, revision, content, facts, accounting_on from tieout.document"
        " where facts is not null order by document_id"
    ).fetchall()
    assert len(rows) == len(month.facts["planned"]) > 80
    for row, (number, decision, effects) in zip(rows, month.facts["planned"], strict=True):
        found, made = planned(release, row)
        assert (row["document_id"], found) == (number, decision), row["source_key"]
        # A payment told its customer's CRM what was owed until 0054: the ledger's open items say it now, by themselves.
        expected = [x for x in effects if "_crm_" not in x[0]]
        assert [[x, digest(body)] for x, body in made] == expected, row["source_key"]


def test_stamps_hold_under_the_project_s_key(month: HalfMonth, connection: Any) -> None:
    for table, key in (("message", "message_id"), ("document", "document_id"), ("delivery", "delivery_id")):
        rows = connection.execute(f"select * from tieout.{table} order by {key}").fetchall()
        assert rows
        for row in rows:
            assert bytes(row["stamp"]) == stamp_of(connection, table, row), (table, row[key])
    orders = {
        "message": "message_id", "document": "document_id", "delivery": "delivery_id", "authority": "no",
        "approval_request": "request_id", "approval_decision": "request_id, step, person",
    }  # fmt: skip
    for table, order in orders.items():
        stamps = connection.execute(
            f"select stamp from tieout.{table} where stamp is not null order by {order}"
        )
        assert digest(*(bytes(r["stamp"]) for r in stamps)) == month.facts["stamps"][table], table
    # Reads the whole chain of changes, and refuses one whose stamp is another's.
    people = load_authority(connection).people
    assert (len(people) == 7) == (month.facts["scenario"] == "services"), sorted(people)


def test_requests_for_approval_hold(month: HalfMonth, connection: Any) -> None:
    """Each is loaded with its decisions, whose stamps are checked on the way."""
    from tieout.approvals import requests

    found = requests(connection, None, True)
    decisions = sum(len(r.decisions) for r in found)
    counts = month.facts["counts"]
    assert (len(found), decisions) == (counts["approval_request"], counts["approval_decision"])


def test_the_tie_out_is_as_before(month: HalfMonth, connection: Any) -> None:
    rows = tie_out_json(tie_out(connection, month.open().settings.release))
    before = month.facts["tieout"]
    assert [{k: v for k, v in row.items() if k in before[0]} for row in rows] == before and len(rows) > 4
    assert any(row["waiting"]["count"] for row in before) and any(row["posted"]["count"] for row in before)


def test_the_evidence_pack_of_before_verifies_and_evidence_goes_on(own_month: HalfMonth) -> None:
    month, opened = own_month, own_month.open()
    key = ["--key", month.facts["public_key"]]
    witness = ["--witness", str(opened.settings.witness)]
    before = str(month.folder / "evidence.zip")
    assert verify_pack([before, *witness, *key]) == 0
    kept = month.folder / "witness of before"
    kept.write_bytes(opened.settings.witness.read_bytes())
    connection = opened.database.connect(autocommit=True)
    sealer = Sealer(opened.signer, opened.clock, opened.settings.witness)
    while step(sealer, connection):
        pass
    with opened.database.transaction() as reading:
        count = export_pack(reading, opened.signer, opened.settings.witness, month.folder / "now.zip")
    connection.close()
    assert count == month.facts["counts"]["evidence"] > month.facts["counts"]["evidence_leaf"]
    assert verify_pack([str(month.folder / "now.zip"), "--witness", str(kept), *key]) == 0
    # A pack is held against the witness of its own time.
    assert verify_pack([before, "--witness", str(kept), *key]) == 0


def advisory(connection: Any) -> set[int]:
    """The keys of the session locks that a connection holds."""
    rows = connection.execute(
        "select classid::bigint as high, objid::bigint as low from pg_locks"
        " where locktype = 'advisory' and objsubid = 1 and pid = pg_backend_pid()"
    )
    return {
        int.from_bytes(((r["high"] << 32) | r["low"]).to_bytes(8, "big"), "big", signed=True) for r in rows
    }


def test_lanes_have_the_same_locks(month: HalfMonth, connection: Any) -> None:
    assert len(month.facts["lanes"]) > 50
    for names, key in month.facts["lanes"]:
        lane = Lane(connection, *names)
        assert lane.take()
        assert advisory(connection) == {key}, names
        lane.free()


def test_orders_have_the_same_locks(month: HalfMonth, connection: Any) -> None:
    assert month.facts["slots"]
    for entity, order, slot in month.facts["slots"]:
        with connection.transaction():
            given = {"entity": entity, "orders": [order]}
            connection.execute(Queries("tieout.planning")["lock_orders"], given).fetchall()
            held = connection.execute(
                "select classid::int as class, objid::int as slot from pg_locks where locktype = 'advisory'"
                " and objsubid = 2 and pid = pg_backend_pid()"
            ).fetchall()
        assert held == [{"class": 7401, "slot": slot}], order


def tried_locks(server: EmbeddedServer, since: int) -> set[int]:
    """Every lock of one key that anybody tried to take, by what the server logged from `since` on."""
    with (server.folder / "server.log").open(errors="replace") as log:
        log.seek(since)
        text = log.read()
    pattern = r"pg_try_advisory_lock\(\$1\).*\n.*[Pp]arameters: \$1 = '(-?\d+)'"
    return {int(found) for found in re.findall(pattern, text)}


@pytest.mark.long
def test_a_worker_of_today_asks_for_the_locks_that_one_of_before_holds(
    own_month: HalfMonth, server: EmbeddedServer
) -> None:
    """By the server's log, whatever the code is called. No system answers, so of each kind of lane one will do."""
    month = own_month
    wanted = {"poll", "process", "deliver", "evidence", "alerts"}
    if month.facts["scenario"] == "services":
        wanted.add("file payments")
    with psycopg.connect(month.dsn, autocommit=True) as connection:
        connection.execute("update tieout.poll_cursor set due_at = '2026-10-01'")
        name = psycopg.conninfo.conninfo_to_dict(month.dsn)["dbname"]
        connection.execute(f"alter database {name} set log_statement = 'all'".encode())
    since = (server.folder / "server.log").stat().st_size
    worker = start_tieout(
        "worker", "--dir", str(month.project), environment=month.environment, log=month.folder / "worker.log"
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            tried = tried_locks(server, since)
            missing = wanted - {names[0] for names, key in month.facts["lanes"] if key in tried}
            if not missing:
                break
            assert time.monotonic() < deadline, (
                f"nobody asked for a lane of {sorted(missing)} by its old lock"
            )
            assert worker.poll() is None
            time.sleep(0.1)
    finally:
        # It has nothing to finish well, and waits long for systems that are not there.
        worker.kill()
        worker.wait()


def test_an_overlapping_poll_makes_no_message_and_no_revision(own_month: HalfMonth) -> None:
    """All that was ever taken in comes again: as it came, and under keys that are new."""
    opened = own_month.open()
    connection = opened.database.connect(autocommit=True)
    count = "select count(*)::int as n, (select count(*)::int from tieout.document) as revisions from tieout.message"
    before = connection.execute(count).fetchone()
    rows = connection.execute(
        "select m.*, b.body from tieout.message m join tieout.message_body b using (message_id) order by message_id"
    ).fetchall()
    for row in rows:
        item = Item(row["stream"], row["source_key"], row["dedupe_key"], bytes(row["body"]))
        done = accept(connection, row["interface"], [item], row["transport"], opened.clock.now())
        assert (done.new, done.known) == (0, 1), row["dedupe_key"]
    assert connection.execute(count).fetchone() == before
    # What waited stays aside here: without a ledger nothing new can be planned.
    connection.execute("update tieout.message set state = 'listed' where state = 'received'")
    connection.execute("update tieout.document set retry_at = null where state = 'normalised'")
    again = [r for r in rows if r["state"] == "normalised"]
    for row in again:
        item = Item(row["stream"], row["source_key"], f"{row['dedupe_key']} again", bytes(row["body"]))
        assert accept(connection, row["interface"], [item], "poll", opened.clock.now()).new == 1
    process(opened, connection)
    after = connection.execute(count).fetchone()
    states = connection.execute("select distinct state from tieout.message where dedupe_key like '% again'")
    assert len(again) > 40 and [r["state"] for r in states] == ["normalised"]
    assert (after["n"], after["revisions"]) == (before["n"] + len(again), before["revisions"])
    connection.close()


class Silent:
    """A ledger that says nothing."""

    def facts(self, entity: Entity) -> LedgerFacts:
        return LedgerFacts(None, {})

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}

    def determine(self, engine: str, questions: Sequence[TaxQuestion]) -> dict[str, Any]:
        raise AssertionError(f"{engine} is not to be asked")


def process(opened: OpenProject, connection: Any) -> None:
    """Let everything that was received be planned, with a ledger that says nothing."""
    sinks = dict(opened.settings.sinks)
    stage = ProcessStage(opened.release, opened.connector_of, Silent(), sinks, opened.clock)
    while step(stage, connection):
        pass


def test_what_waited_is_planned_sent_once_and_posted(own_month: HalfMonth) -> None:
    """Today's code goes on where the old product was stopped: nothing that it had sent is sent again."""
    opened, target = own_month.open(), Target()
    connection = opened.database.connect(autocommit=True)

    def by_state() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in connection.execute("select external_id, state from tieout.delivery"):
            found.setdefault(row["state"], set()).add(row["external_id"])
        return found

    before = by_state()
    process(opened, connection)
    stage = DeliveryStage(lambda _: target, opened.clock, lambda: list(opened.settings.systems))
    for _ in range(200):
        forget_failures(connection)
        if not step(stage, connection):
            break
    after = by_state()
    # The target asserts that nothing comes twice.
    assert len(before["waiting"]) > 0 and before["waiting"] <= set(target.held) | after.get("waiting", set())
    assert set(target.held) & before["confirmed"] == set() and before["confirmed"] < after["confirmed"]
    assert after.get("waiting", set()) == set(), after["waiting"]
    left = connection.execute(
        "select count(*)::int as n from tieout.document d where state = 'planned' and not exists"
        " (select from tieout.delivery v where v.document_id = d.document_id and v.state <> 'confirmed')"
    ).fetchone()
    assert left == {"n": 0}
    connection.close()


def test_statements_are_found_by_their_names_and_by_where_they_stand(
    month: HalfMonth, connection: Any
) -> None:
    """As those that come later say it themselves."""
    names: dict[int, set[str]] = {}
    for row in connection.execute("select document_id, name from tieout.document_name"):
        names.setdefault(row["document_id"], set()).add(row["name"])
    rows = connection.execute("select document_id, content from tieout.v_statement").fetchall()
    assert rows
    for row in rows:
        assert set(decode_document(row["content"].encode()).names()) <= names[row["document_id"]]


# What a view calls otherwise than the document does, and what it takes from elsewhere.
BESIDE = {"document_id", "interface", "entity", "source_key", "revision", "content", "message_id", "stamp", "accounting_on",
          "period", "currency", "measure_count", "measure_debit", "measure_credit", "order_key", "link_key", "state",
          "reason", "posted_at"}  # fmt: skip
KINDS_OF = {
    "v_provider_movement": "provider_movement", "v_statement": "statement", "v_reconciliation": "reconciliation",
    "v_journal_entry": "journal_entry", "v_trial_balance": "trial_balance", "v_batch_control": "batch_control",
    "v_vendor_payment": "vendor_payment",
}  # fmt: skip


def test_views_say_what_documents_say(month: HalfMonth, connection: Any) -> None:
    """Every column of every document that they are of."""
    seen = set()
    for view, kind in KINDS_OF.items():
        rows = connection.execute(f"select * from tieout.{view}").fetchall()
        (count,) = connection.execute("select count(*) as n from tieout.document where kind = %s", (kind,))
        assert len(rows) == count["n"], view
        for row in rows:
            document = decode_document(row["content"].encode())
            for column in row.keys() - BESIDE:
                said = getattr(document, column)
                assert row[column] == getattr(said, "value", said), (view, column, row["source_key"])
        seen |= {view} if rows else set()
    assert len(seen) >= 2, seen


def test_views_of_parts_say_what_documents_say(month: HalfMonth, connection: Any) -> None:
    for view, kind, lines in (
        ("v_journal_line", "journal_entry", lambda d: [(x.account, x.pair, x.amount.value) for x in d.lines]),
        ("v_reconciliation_due", "reconciliation", lambda d: [(x.line, x.residual, x.rest) for x in d.due]),
    ):
        contents = connection.execute("select content from tieout.document where kind = %s", (kind,))
        wanted = [x for r in contents for x in lines(decode_document(r["content"].encode()))]
        names = "account, pair, amount" if kind == "journal_entry" else "line, residual, rest"
        rows = connection.execute(f"select {names} from tieout.{view}").fetchall()
        assert sorted(tuple(r.values()) for r in rows) == sorted(wanted), view
    lines_of_bank = connection.execute("select kind, content, stated_on from tieout.v_document").fetchall()
    for row in lines_of_bank:
        booked = (
            decode_document(row["content"].encode()).booked_on if row["kind"] == "statement_line" else None
        )
        assert row["stated_on"] == booked


def test_views_of_effects_say_what_effects_say(month: HalfMonth, connection: Any) -> None:
    bodies = {
        r["external_id"]: decode_effect(r["body"].encode())
        for r in connection.execute("select external_id, body from tieout.delivery")
    }
    matches = connection.execute("select * from tieout.v_effect_match").fetchall()
    assert {r["external_id"] for r in matches} == {
        x for x, b in bodies.items() if isinstance(b, MatchRequest)
    }
    for row in matches:
        body = bodies[row["external_id"]]
        assert (row["left_effect"], row["right_effect"]) == (body.left, body.right)
    bookings = connection.execute("select * from tieout.v_effect_booking").fetchall()
    assert len(bookings) == len(bodies)
    for row in bookings:
        body = bodies[row["external_id"]]
        said = (getattr(body, "partner", None), getattr(body, "amount", None), getattr(body, "company", None))
        assert (row["partner"], row["amount"], row["company_amount"]) == said, row["external_id"]
