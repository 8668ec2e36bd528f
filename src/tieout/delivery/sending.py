"""Deliveries as they are sent and read back, and the money in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.connector_api import Sending
from tieout.documents import EffectBody, EntryPosting, MatchRequest, UnmatchRequest, decode_effect
from tieout.money import Amount
from tieout.store import Connection, Queries

_SQL = Queries("tieout.delivery")
Row = dict[str, Any]


def measure_of(read_back: dict[str, Any], account: str) -> Decimal | None:
    """What the ledger holds on `account` for this effect, signed (a debit is positive)."""
    if not account:
        return None
    return sum(
        (Decimal(amount) for code, amount in read_back.get("lines", []) if code == account),
        Decimal(0),
    )


def sendings_of(connection: Connection, rows: list[Row]) -> list[Sending]:
    """Deliveries as they are sent, each with the records of the effects that it requires."""
    wanted = sorted({x for r in rows for x in r["requires"] or ()})
    targets = {
        t["external_id"]: (t["target_model"], t["target_id"])
        for t in connection.execute(_SQL["targets"], {"ids": wanted})
        if t["target_id"] is not None
    }
    return [
        Sending(
            r["external_id"],
            decode_effect(r["body"].encode()),
            tuple(r["requires"] or ()),
            {x: targets[x] for x in r["requires"] or () if x in targets},
            json.loads(r.get("read_back") or "{}"),
        )
        for r in rows
    ]


def differing(read_back: Mapping[str, Any], body: str, currency: str) -> Amount:
    """By how much the ledger holds something else than was sent, positive: as what was read back says it, else the money that
    a match joins."""
    said = abs(Decimal(read_back.get("difference", "0")))
    return Amount.exact(said or at_risk(decode_effect(body.encode())), currency)


def at_risk(body: EffectBody) -> Decimal:
    """The money that a match joins: the larger of both sides, positive; 0 for other effects."""
    zero = Decimal(0)
    if isinstance(body, EntryPosting) and body.expects:
        return sum((x.amount for x in body.lines if x.amount > 0), zero)
    if not isinstance(body, MatchRequest | UnmatchRequest):
        return zero
    used = [x.residual - x.rest for x in body.lines]
    return max(sum((x for x in used if x > 0), zero), -sum((x for x in used if x < 0), zero))
