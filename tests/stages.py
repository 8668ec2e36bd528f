"""Stages by hand: one round of every lane that is due, as a worker runs them."""

from __future__ import annotations

from tieout.delivery import VerifyStage, request_verification
from tieout.engine import Clock, Runner, Stage
from tieout.store import Connection, Queries


def step(stage: Stage, connection: Connection, wall: Clock | None = None) -> bool:
    """One pass, whatever the stage's pace; True where something moved."""
    return Runner(stage, wall).step(connection)


def drain(stage: Stage, connection: Connection) -> None:
    """Passes until nothing moves."""
    while step(stage, connection):
        pass


def forget_failures(connection: Connection) -> None:
    """As if every wait were over."""
    connection.execute("delete from tieout.failure")


def read_back(stage: VerifyStage, connection: Connection) -> int:
    """A full read-back now; how many deliveries differ from what was sent."""
    request_verification(connection)
    connection.execute(
        "insert into tieout.poll_cursor (interface, stream, due_at) values ('odoo', '#verify', '-infinity')"
        " on conflict do nothing"
    )
    step(stage, connection)
    compared = {"system": "odoo", "after": 0, "limit": 100_000}
    return sum(r["changed"] for r in connection.execute(Queries("tieout.delivery")["to_verify"], compared))
