"""Whether a bank's statements reach a month's end: its last banking day, or as far as the next balance proves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import groupby

import msgspec

from tieout.proofs.continuity import Frame, in_order
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")


class Short(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose statements end before the month does: its `last` one up to then (None: there is none), the `following`
    one where there is one, and `until`, which they had to reach. `spans`: the following one has lines of this month and ends in
    another, so that nobody stated the balance at the end."""

    last: Frame | None
    following: Frame | None
    until: date
    spans: bool

    @property
    def says(self) -> str:
        """What is missing, and what to do."""
        known = self.last or self.following
        assert known is not None
        account = f"{known.account} {known.currency}"
        ask = f"ask the bank for the rest (`tieout ingest FILE --interface {known.interface}`)"
        if self.spans and self.following is not None:
            return (
                f"{account}: {self.following.name} tells of days before the month's end and after it, so nobody stated the "
                f"balance on {self.until}: ask the bank for one that ends on it (`tieout ingest FILE --interface "
                f"{known.interface}`)"
            )
        assert self.last is not None
        said = f"{account}: its statements end on {self.last.to_on}, and the last banking day is {self.until}"
        if self.following is not None:
            return (
                f"{said}; the next one ({self.following.name}) opens with {self.following.opening}, not with "
                f"{self.last.closing}, so {self.following.opening - self.last.closing} {known.currency} is in no statement: {ask}"
            )
        return f"{said}: {ask}, or for the next statement, which must open with {self.last.closing}"


def statements_of(connection: Connection, entity: str) -> list[Frame]:
    """Every statement of an entity's banks, as it was told last."""
    rows = connection.execute(_SQL["statements"]).fetchall()
    frames = msgspec.convert([r for r in rows if r["entity"] == entity], list[Frame])
    return [f for f in frames if not f.account.startswith("provider:")]


def falls_short(
    frames: Iterable[Frame],
    end: date,
    until: Callable[[str, str], date],
    has_lines: Callable[[Frame], bool],
) -> list[Short]:
    """Accounts whose statements do not reach a month's `end`: up to `until` (account, currency), the last day on which their
    bank books in it, unless the next statement opens with what the last one closed with. `has_lines` says of a statement
    that begins by then and ends later whether it has lines up to the month's end."""
    found = []
    for _, chain in groupby(sorted(frames, key=_chain), _chain):
        ordered = in_order(chain)
        before = [f for f in ordered if f.to_on <= end]
        after = [f for f in ordered if f.to_on > end]
        last, following = (before or [None])[-1], (after or [None])[0]  # type: ignore[list-item]
        day = until(ordered[0].account, ordered[0].currency)
        if last is not None and last.to_on >= day:
            continue
        spans = following is not None and following.from_on <= end and has_lines(following)
        carries_on = last is None or (following is not None and following.opening == last.closing)
        if spans or not carries_on:
            found.append(Short(last=last, following=following, until=day, spans=spans))
    return found


def lines_up_to(connection: Connection, frame: Frame, end: date) -> bool:
    """Whether a statement has lines that its bank booked up to a day."""
    given = {"interface": frame.interface, "source_key": frame.source_key, "end": end}
    return connection.execute(_SQL["lines_up_to"], given).fetchone() is not None


def _chain(frame: Frame) -> tuple[str, str, str]:
    return frame.interface, frame.account, frame.currency
