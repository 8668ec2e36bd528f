"""Documents are found from the moment at which they are written; those of before are entered in batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.test_process import NOW, Site, row
from tieout.finding import Found, catch_up, find, not_entered
from tieout.store import Connection, Database


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


@pytest.fixture
def connection(database: Database) -> Connection:
    return database.connect(autocommit=True)


def looked(connection: Connection, typed: str, **more: Any) -> Found:
    while catch_up(connection):
        pass
    given = {"entities": None, "thing": None, "limit": 20, **more}
    return find(connection, typed, **given)


def keys(found: Found) -> list[str]:
    return [r["source_key"] for r in found.rows]


def charge(key: str, order: str, amount: int, name: str = "Ann Müller") -> bytes:
    return json.dumps(
        {"id": key, "amount": amount, "currency": "usd", "created": int(NOW.timestamp()) - 60, "fee": 0, "net": amount,
         "reporting_category": "charge", "type": "charge", "description": f"Order #{order}",
         "source": {"id": f"ch_{key}", "object": "charge", "metadata": {"order_number": order},
                    "billing_details": {"name": name}}}
    ).encode()  # fmt: skip


def test_a_document_is_found_by_what_people_know_it_by(site: Site, connection: Connection) -> None:
    site.take(row("txn_1", amount=-123456), row("txn_2", amount=-99900))
    site.work()
    for typed in (
        "txn_1",
        "TXN 1",
        "po_txn_1",
        "1,234.56",
        "1234.56",
        "1.234,56",
        "payout 1234.56",
        "1234.56 usd",
    ):
        assert keys(looked(connection, typed))[:1] == ["txn_1"], typed
    assert keys(looked(connection, "999")) == ["txn_2"]
    assert (
        set(keys(looked(connection, "2026-10-05")))
        == set(keys(looked(connection, "5 Oct 2026")))
        == {"txn_1", "txn_2"}
    )
    assert keys(looked(connection, "charge 1234.56")) == []
    assert looked(connection, "").rows == looked(connection, "—").rows == []
    (found,) = looked(connection, "1,234.56").rows
    assert found["thing"] == "payout" and found["number"] == "po_txn_1" and found["cases"] is None


def test_what_is_called_so_comes_before_what_only_begins_so(site: Site, connection: Connection) -> None:
    site.take(*(row(f"txn_10{n}") for n in range(3)), row("txn_1"))
    site.work()
    assert keys(looked(connection, "txn_1"))[0] == "txn_1"
    assert len(keys(looked(connection, "txn_1"))) == 4
    some = looked(connection, "txn_1", limit=2)
    assert len(some.rows) == 2 and some.more


def test_nobody_finds_what_is_of_an_entity_that_they_may_not_see(
    site: Site, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.take(row("txn_1", amount=-123456))
    site.work()
    assert keys(looked(connection, "txn_1", entities=["US"])) == ["txn_1"]
    # Nor whether there is much of it.
    monkeypatch.setattr("tieout.finding.service._MOST", 1)
    assert looked(connection, "txn_1", entities=["US"]).common
    for entities in (["EU"], []):
        found = looked(connection, "txn_1", entities=entities)
        assert (found.rows, found.more, found.common) == ([], False, False)


def test_by_what_an_earlier_revision_said_the_latest_is_found(site: Site, connection: Connection) -> None:
    site.take(row("txn_1", amount=-500))
    site.work()
    site.take(row("txn_1", amount=-700))
    site.work()
    (now,) = looked(connection, "7.00").rows
    (before,) = looked(connection, "5.00").rows
    assert now["document_id"] == before["document_id"] and now["amount"] == before["amount"] == -7


def test_what_was_there_before_is_entered_in_batches(site: Site, connection: Connection) -> None:
    site.take(*(row(f"txn_{n}") for n in range(5)))
    site.work()
    connection.execute("delete from tieout.findable")
    connection.execute("delete from tieout.findable_due")
    connection.execute("delete from tieout.findable_progress")
    assert find(connection, "txn_3", None, None, 20).rows == []
    assert keys(looked(connection, "txn_3")) == ["txn_3"]


def test_what_came_just_now_is_entered_by_a_worker_and_said(site: Site, connection: Connection) -> None:
    site.take(row("txn_1"), row("txn_2"))
    site.work()
    assert not_entered(connection)[1] == 2 and find(connection, "txn_1", None, None, 20).rows == []
    assert keys(looked(connection, "txn_1"))[0] == "txn_1"
    assert not_entered(connection) == (0, 0)


def test_what_cannot_be_read_stops_no_other(site: Site, connection: Connection) -> None:
    site.take(row("txn_1"), row("txn_2"))
    site.work()
    connection.execute("update tieout.document set content = '{}' where source_key = 'txn_1'")
    assert keys(looked(connection, "po_txn_2")) == ["txn_2"]
    assert not_entered(connection) == (0, 0)


def test_by_newer_rules_everything_is_entered_anew(site: Site, connection: Connection) -> None:
    site.take(row("txn_1"))
    site.work()
    looked(connection, "")
    connection.execute("update tieout.findable_progress set rules = 0")
    connection.execute("update tieout.findable set number = 'old'")
    while catch_up(connection):
        pass
    (found,) = looked(connection, "txn_1").rows
    assert found["number"] == "po_txn_1"


def test_what_takes_too_long_is_looked_for_among_the_last(
    site: Site, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that the server ends is no error: what came last is there, and that it is not all is said."""
    import tieout.finding.service as service

    site.take(row("txn_1"), row("txn_2"))
    site.work()
    monkeypatch.setattr(service, "_MOST", 1)
    found = looked(connection, "txn")
    assert found.common and keys(found)[0] == "txn_2"
    monkeypatch.undo()
    assert not looked(connection, "txn").common


def test_what_is_typed_is_never_a_query(site: Site, connection: Connection) -> None:
    site.take(row("txn_1"))
    site.work()
    for typed in (
        "'; drop table x; --",
        "txn & | ! ( ) : * <->",
        "\\",
        "'" * 50,
        "a:*",
        "%",
        "\x00",
        "😀",
        "x" * 200,
        "1 " * 90,
    ):
        looked(connection, typed)
    assert keys(looked(connection, "txn_1")) == ["txn_1"]
