"""Monthly partitions of what retention drops: made ahead, so that the default one stays empty."""

from __future__ import annotations

from datetime import date, datetime

import psycopg

from tieout.store.database import Connection

_PARTITIONED = ("message_body",)


def _month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def ensure_partitions(connection: Connection, now: datetime) -> int:
    """Make the partitions of this month and of the next two; how many were made.

    Rows that came before a month's partition was made stay in the default one: then that month
    has none, which costs nothing but a slower drop.
    """
    made, month = 0, now.date().replace(day=1)
    for _ in range(3):
        after = _month_after(month)
        for table in _PARTITIONED:
            name = f"{table}_{month:%Y_%m}"
            found = connection.execute("select to_regclass(%s) as name", (f"tieout.{name}",)).fetchone()
            if found is not None and found["name"] is None:
                try:
                    with connection.transaction():
                        connection.execute(
                            f"create table tieout.{name} partition of tieout.{table}"
                            f" for values from ('{month}') to ('{after}')".encode()
                        )
                    made += 1
                except (psycopg.errors.CheckViolation, psycopg.errors.DuplicateTable):
                    pass
        month = after
    return made
