"""Loads of records in sets: insert or ignore, as many at once as Odoo answers in good time.

A repeat of an external id never makes or changes a record, for every load carries `mode: update` and
`noupdate: True` from the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tieout.connector_api import Outcome, OutcomeStatus, RefusedError, Sending
from tieout.connectors.odoo.answers import TooLargeError, error_within_load
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.rows import Rows

# Insert or ignore. It protects only what was first loaded with noupdate, so every load of ours carries it.
_IGNORE = {"mode": "update", "noupdate": True}
# Without these Odoo writes a log message and a follower for each record: a fifth to a third of the time.
_QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}
_MOST_LINES = 3000
# A call that took so long was too large.
_SLOW_S, _QUICK_S = 8.0, 3.0


class _Pace:
    """Records a call: grows while answers to full ones are quick, shrinks when they are slow."""

    def __init__(self) -> None:
        self.size = 50

    def took(self, seconds: float, records: int) -> None:
        # Far from Odoo's limit_time_cpu, 60 s a call as shipped, past which its worker is killed and
        # nothing made.
        if seconds >= _SLOW_S:
            self.size = max(10, self.size // 2)
        elif seconds < _QUICK_S and records >= self.size:
            # A call of a few records is always quick: it says nothing of a full one.
            self.size = min(400, self.size * 2)


class Loader:
    """`load` of one company's records. `quiet`: Odoo writes no chatter about them."""

    def __init__(self, client: OdooClient, quiet: bool) -> None:
        self._client = client
        self.quiet: dict[str, Any] = dict(_QUIET) if quiet else {}
        self._context = {**_IGNORE, **self.quiet}
        self._pace = _Pace()

    def chunks(self, batch: Sequence[Sending]) -> Iterator[list[Sending]]:
        """Batches of the size that the server answers in good time, by records and by their lines; what the server made of one
        decides the size of the next."""
        chunk: list[Sending] = []
        lines = 0
        for sending in batch:
            own = len(getattr(sending.body, "lines", ()))
            if chunk and (len(chunk) >= self._pace.size or lines + own > _MOST_LINES):
                yield chunk
                chunk, lines = [], 0
            chunk.append(sending)
            lines += own
        if chunk:
            yield chunk

    def load(self, model: str, fields: list[str], rows: Rows) -> list[int]:
        """Ids in order. Raises RefusedError with `.bad` (record numbers) where rows are bad."""
        named = [n for n, field in enumerate(fields) if field == "id" or field.endswith("/id")]
        rows = [[self.named(c) if n in named and c else c for n, c in enumerate(row)] for row in rows]
        started = time.monotonic()
        answer = self._client.call(model, "load", fields=fields, data=rows, context=self._context)
        self._pace.took(time.monotonic() - started, sum(1 for row in rows if row[0]))
        if answer["ids"]:
            return list(answer["ids"])
        texts = [str(m.get("message", "")) for m in answer["messages"]]
        # Odoo tries a call again that lost such a race, but not a `load`, which answers 200 with this
        # message.
        if error := error_within_load(texts):
            raise error
        raise _BadRowsError("; ".join(texts[:3]), _bad(answer["messages"]))

    def load_lines(self, fields: list[str], rows: Rows) -> None:
        """Change journal items that are there, by their ids; in halves where they are too many for what stands before Odoo. Raises as
        `load`."""
        try:
            self.load("account.move.line", fields, rows)
        except TooLargeError:
            if len(rows) == 1:
                raise
            half = len(rows) // 2
            self.load_lines(fields, rows[:half])
            self.load_lines(fields, rows[half:])

    def named(self, external_id: str) -> str:
        """The id as this database knows it: external ids are unique in a database, ours in a
        company, so that two companies of one Odoo never take each other's records."""
        company = self._client.company
        return external_id.replace("tieout.", f"tieout.c{company}_", 1) if company else external_id

    def load_some(
        self,
        model: str,
        fields: list[str],
        batch: list[Sending],
        rows_of: Callable[[Sending], Rows],
    ) -> tuple[list[tuple[Sending, int]], list[Outcome]]:
        """Load what can be loaded: bad records are taken out and the rest is loaded again."""
        refused: list[Outcome] = []
        left: list[tuple[Sending, Rows]] = []
        for sending in batch:
            try:
                left.append((sending, rows_of(sending)))
            except RefusedError as error:
                refused.append(Outcome(sending.external_id, OutcomeStatus.REFUSED, error=str(error)))
        while left:
            try:
                return self._loaded(model, fields, left), refused
            except _BadRowsError as error:
                refused += [
                    Outcome(left[n][0].external_id, OutcomeStatus.REFUSED, error=_advised(why))
                    for n, why in error.bad.items()
                ]
                left = [pair for n, pair in enumerate(left) if n not in error.bad]
        return [], refused

    def _loaded(
        self, model: str, fields: list[str], left: list[tuple[Sending, Rows]], first: int = 0
    ) -> list[tuple[Sending, int]]:
        """All of them at once; in halves where they are too large for what stands before Odoo. Bad rows are counted from
        `first` on. Raises _BadRowsError."""
        try:
            ids = self.load(model, fields, [row for _, rows in left for row in rows])
        except TooLargeError as error:
            if len(left) == 1:
                raise _BadRowsError(str(error), {first: str(error)}) from None
            self._pace.took(_SLOW_S, len(left))
            half = len(left) // 2
            return [
                *self._loaded(model, fields, left[:half], first),
                *self._loaded(model, fields, left[half:], first + half),
            ]
        except _BadRowsError as error:
            # A message may name no record: then none of them can be told from the bad one.
            bad = error.bad or dict.fromkeys(range(len(left)), str(error))
            raise _BadRowsError(str(error), {first + n: why for n, why in bad.items()}) from None
        return [(s, i) for (s, _), i in zip(left, ids, strict=True)]


def _bad(messages: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Which records are refused, and why. Odoo tries all of them at once before it tries each alone; where that fails it names the first
    for what another one did. So what is said of the first alone, and before others are named, is not believed: it is loaded again
    without those. Source: `load` in odoo/orm/models.py of 19 (odoo/models.py of 18); seen of a real 19.0 on 2026-11-29."""
    named = [(int(m["record"]), str(m["message"])) for m in messages if "record" in m]
    if len({record for record, _ in named}) > 1 and named[0][0] not in [record for record, _ in named[1:]]:
        named = named[1:]
    return dict(named)


def _advised(why: str) -> str:
    """A refusal with what to do about it, where that is known."""
    if "computing the inalterability" not in why:
        return why
    return (
        f"{why} Nothing was booked: the journal is hashed, and takes nothing while one of its bank lines stands on suspense. Match "
        "what waits there, then deliver this again"
    )


class _BadRowsError(RefusedError):
    """Rows that `load` refuses, by record number."""

    def __init__(self, message: str, bad: dict[int, str]) -> None:
        super().__init__(message)
        self.bad = bad
