"""One instant: what is read in a snapshot is as it was when its first query was asked, whatever commits meanwhile.

Each query of a transaction sees what was committed as that query began (PostgreSQL, READ COMMITTED). Figures that are added up,
or decided on, together are read in one snapshot (REPEATABLE READ), or a document that moves between two queries is counted twice,
or not at all. It costs nothing, holds no row, and is short: no system outside is asked within one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import IsolationLevel
from psycopg.errors import ActiveSqlTransaction
from psycopg.pq import TransactionStatus

from tieout.store.database import Connection


class ManyInstantsError(RuntimeError):
    """A snapshot was asked for within a transaction whose queries each see another instant."""


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """What is read within is of one instant. Within another snapshot it is of that one's instant.

    Raises ManyInstantsError in a transaction that has read already and is no snapshot: whoever began that begins a snapshot
    instead, or reads before.
    """
    if connection.info.transaction_status == TransactionStatus.IDLE and connection.autocommit:
        before = connection.isolation_level
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with connection.transaction():
                yield
        finally:
            connection.isolation_level = before
        return
    try:
        # It changes nothing in a snapshot, and is refused once something was read in a transaction that is none.
        connection.execute("set transaction isolation level repeatable read")
    except ActiveSqlTransaction:
        raise ManyInstantsError(
            "figures of one instant are asked for in a transaction that sees several"
        ) from None
    yield
