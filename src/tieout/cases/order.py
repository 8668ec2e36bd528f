"""In which order rows are locked where cases are worked on, so that nobody waits for who waits for them.

A decision of many cases locks all of them, and then the documents and effects that they hold; a worker locks
documents and effects first, and their cases as it finds what became of them. So a decision of many goes alone: workers are
beside one another, and it waits for those that are at it and they for it, before either has locked anything. A decision of
one case locks its document first, as workers do. Of cases that are locked by one statement the oldest comes first.
"""

from __future__ import annotations

from tieout.store import Connection, Queries

_SQL = Queries("tieout.cases")


def beside_others(connection: Connection) -> None:
    """Work on documents and their cases, in the caller's transaction, before it locks anything: beside other workers, and
    beside no decision of many."""
    connection.execute(_SQL["beside_others"])


def go_alone(connection: Connection) -> None:
    """Decide many cases, in the caller's transaction, before it locks anything: beside no worker."""
    connection.execute(_SQL["go_alone"])
