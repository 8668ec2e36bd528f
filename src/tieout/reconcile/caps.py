"""How much of a kind of difference one party may have in a month without a person. Pure.

One difference within its limit says nothing of the tenth: a customer who keeps back a little of every invoice keeps
within each limit. What passes the month's sum is suggested, the latest first to stay out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from tieout.reconcile.model import Match
from tieout.reconcile.ruleset import Limit


class Taken(NamedTuple):
    """Of what kind, with whom and in which month something was accepted."""

    kind: str
    party: str
    month: str


def capped(
    matches: Sequence[Match],
    limits: Mapping[str, Limit],
    about: Callable[[Match], tuple[str, date]],
    worth: Mapping[str, Decimal] | None = None,
    taken: Mapping[Taken, Decimal] | None = None,
) -> list[Match]:
    """The matches, of which those that pass their kind's sum of the month are suggested. `about` says whose a match
    is and when it was paid; `taken` is what was accepted before, in the limits' own currency."""
    sums = dict(taken or {})
    over: dict[str, Match] = {}
    closing = [(about(m), m) for m in matches if m.status == "auto" and m.difference.explained_as in limits]
    for (party, on), match in sorted(closing, key=lambda each: (each[0][1], each[1].match)):
        unit = Decimal(1) if worth is None else worth[match.difference.currency]
        kind = match.difference.explained_as
        key = Taken(kind, party, f"{on:%Y-%m}")
        total = sums.get(key, Decimal(0)) + abs(match.difference.amount) * unit
        if total <= limits[kind].month:
            sums[key] = total
        else:
            over[match.match] = _suggested(match, key, limits[kind].month)
    return [over.get(m.match, m) for m in matches] if over else list(matches)


def _suggested(match: Match, key: Taken, most: Decimal) -> Match:
    words = f"{key.kind.replace('_', ' ')} of {key.party or 'nobody'} would pass {most} in {key.month}"
    return msgspec.structs.replace(
        match, match=f"{match.match}~1", status="suggested", why=f"{match.why}; but {words}"
    )
