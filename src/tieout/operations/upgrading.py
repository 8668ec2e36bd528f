"""Upgrades that the database alone cannot make: it does not have the key."""

from __future__ import annotations

import hashlib

from tieout.security import stamper
from tieout.store import Connection


def stamp_what_is_there(connection: Connection) -> int:
    """Stamp the rows that were written before there were stamps: messages that may still move, and every document and
    effect, since proofs are read from those that are booked as well; how many.

    Called once, right after the migration that brought them.
    """
    stamps = stamper(connection)
    done = _stamp_messages(connection, ["received", "listed"])
    rows = connection.execute(
        "select document_id, interface, source_key, revision, message_id, content from tieout.document"
        " where stamp is null"
    ).fetchall()
    for r in rows:
        sha = hashlib.sha256(r["content"].encode()).digest()
        stamp = stamps.document(r["interface"], r["source_key"], r["revision"], r["message_id"], sha)
        connection.execute(
            "update tieout.document set stamp = %s where document_id = %s", (stamp, r["document_id"])
        )
        done += 1
    rows = connection.execute(
        "select delivery_id, system, external_id, document_id, requires, body from tieout.delivery"
        " where stamp is null"
    ).fetchall()
    for r in rows:
        requires, sha = " ".join(r["requires"] or ()), hashlib.sha256(r["body"].encode()).digest()
        stamp = stamps.delivery(r["system"], r["external_id"], r["document_id"], requires, sha)
        connection.execute(
            "update tieout.delivery set stamp = %s where delivery_id = %s", (stamp, r["delivery_id"])
        )
        done += 1
    return done + stamp_who_gave(connection)


def stamp_who_gave(connection: Connection) -> int:
    """Stamp the messages that were normalised before there were stamps: who gave them is asked of every later revision of
    their documents; how many. Called once, right after the migration from which on that is asked."""
    return _stamp_messages(connection, ["normalised"])


def stamp_totals(connection: Connection) -> int:
    """Stamp what sources said of themselves before that was stamped; how many. Called once, right after the migration from
    which on it is."""
    stamps = stamper(connection)
    rows = connection.execute(
        "select interface, entity, period, currency, control_group, count, debit, credit, taken_at"
        " from tieout.control_total where stamp is null"
    ).fetchall()
    for r in rows:
        connection.execute(
            "update tieout.control_total set stamp = %s where interface = %s and period = %s and currency = %s"
            " and control_group = %s",
            (
                stamps.control_total(*r.values()),
                r["interface"],
                r["period"],
                r["currency"],
                r["control_group"],
            ),
        )
    return len(rows)


def _stamp_messages(connection: Connection, states: list[str]) -> int:
    stamps = stamper(connection)
    rows = connection.execute(
        "select message_id, interface, stream, dedupe_key, transport, submitted_by, body_sha256"
        " from tieout.message where stamp is null and state = any(%s)",
        (states,),
    ).fetchall()
    for r in rows:
        sha = bytes(r["body_sha256"])
        given = (r["interface"], r["stream"], r["dedupe_key"], r["transport"], r["submitted_by"], sha)
        connection.execute(
            "update tieout.message set stamp = %s where message_id = %s",
            (stamps.message(*given), r["message_id"]),
        )
    return len(rows)
