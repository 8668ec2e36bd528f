"""Reads a ledger beside our own rows of it, while nothing is posted between the two.

Neither order of the two reads is right by itself: what is posted in between is in one of them, and what they differ by is a residual that
passes. So who stands where on the way to the ledger is looked at before and after; where that moved, both are read once more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from tieout.connector_api import LedgerReader
from tieout.observe import get_logger
from tieout.proofs.control import ask_patiently
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
_log = get_logger(__name__)
Found = TypeVar("Found")
# By account code and currency: signed in it, a debit is positive.
Held = Mapping[tuple[str, str], Decimal]
AskBalances = Callable[[LedgerReader, date], Held]
# How often both are read at most; and how long what is being sent just now is waited for before. A system that never answers what
# became of an entry leaves it so for longer: then it differs, and is no passing figure.
_TRIES = 4
_PAUSE_S, _LONGEST_S = 0.1, 2.0


class OnTheWay(msgspec.Struct, frozen=True, kw_only=True):
    """How an entity's entries stand on their way to its ledger: the highest number, a digest of those that are not confirmed, and how
    many are being sent just now, or nobody knows whether they were."""

    top: int
    digest: str
    sending: int


def on_the_way(connection: Connection, entity: str) -> OnTheWay:
    """As it is now."""
    row = connection.execute(_SQL["on_the_way"], {"entity": entity}).fetchone()
    assert row is not None
    return OnTheWay(top=row["top"], digest=row["digest"], sending=row["sending"])


def read_still(connection: Connection, entity: str, read: Callable[[], Found]) -> Found:
    """What `read` says of an entity's ledger and our own rows of it, with nothing posted in between: read again where something was. It may
    be asked for in no snapshot. Where entries are posted however often it is read, it is as it was read last, and that is logged."""
    for left in range(_TRIES - 1, -1, -1):
        before = _settled(connection, entity)
        found = read()
        if on_the_way(connection, entity) == before:
            return found
        if not left:
            _log.warning("posted while it was read", entity=entity, tries=_TRIES)
    return found


def _settled(connection: Connection, entity: str) -> OnTheWay:
    """How entries stand once nothing is being sent; after a while all the same."""
    waited_s = 0.0
    while (stand := on_the_way(connection, entity)).sending and waited_s < _LONGEST_S:
        time.sleep(_PAUSE_S)
        waited_s += _PAUSE_S
    return stand


def ask_balances(reader: LedgerReader, day: date) -> Held:
    """What a ledger holds at the end of a day. Raises ConnectorError."""
    return ask_patiently(lambda: reader.trial_balance(day))


class KeptBalances:
    """What an entity's ledger holds at the end of a day, asked for once while nothing of ours is on its way there: figures that are held
    against each other are then of one answer, whatever people book meanwhile."""

    def __init__(self, connection: Connection, entity: str) -> None:
        self._connection, self._entity = connection, entity
        self._kept: dict[date, tuple[OnTheWay, Held]] = {}

    def __call__(self, reader: LedgerReader, day: date) -> Held:
        """As `ask_balances`. What was asked for while something else was on the way is asked for again."""
        # Before it is asked: what is posted while the ledger answers is another stand by the next time.
        stand = on_the_way(self._connection, self._entity)
        kept = self._kept.get(day)
        if kept is None or kept[0] != stand:
            kept = self._kept[day] = (stand, ask_balances(reader, day))
        return kept[1]
