"""The zero-residual proof of a payout: order, invoice, charge, fee, payout, bank line.

An automatic payout is proven when the movements that its provider lists for it sum to it, each
of them stands in the ledger with its own net and is matched, and what arrived at the bank is
what was sent. A manual or instant payout has no composition: its proof is the roll-forward of
the provider's balance, so here only its arrival is proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents.states import EffectState
from tieout.money import Period
from tieout.security import ChangedRow, changed_rows, in_words
from tieout.store import Connection, Queries, snapshot

_SQL = Queries("tieout.proofs")


class PayoutProof(msgspec.Struct, frozen=True, kw_only=True):
    """`residual` = amount less its parts (0 for a payout without composition), signed in the
    payout's currency; `in_transit` is what has not arrived; `why` is empty where proven."""

    payout_key: str
    entity: str
    currency: str
    amount: Decimal
    automatic: bool
    parts: int
    residual: Decimal
    in_transit: Decimal
    why: str

    @property
    def proven(self) -> bool:
        """Whether nothing of it is unexplained."""
        return not self.why


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """By which document a payout arrived, or came back: a bank line that names it, a `payout_reversal` at its provider, or a
    `reconciliation` that somebody or the matcher made. `amount` in the payout's currency is positive where it had come to
    us. `target_model` and `target_id` are where it stands in the ledger, "" and None while it does not."""

    document_id: int
    interface: str
    source_key: str
    accounting_on: date
    amount: Decimal
    effect: str
    matched: bool
    target_model: str
    target_id: int | None


def _why(
    amount: Decimal,
    automatic: bool,
    parts: list[dict[str, Any]],
    arrived: list[dict[str, Any]],
    changed: list[ChangedRow],
) -> tuple[Decimal, Decimal, str]:
    residual = Decimal(0)
    # A payout out of the bank, of a balance below zero, is negative: what arrived of it left the bank.
    transit = (abs(amount) - sum((abs(a["amount"]) for a in arrived), Decimal(0))).copy_sign(amount)
    problems = [in_words(changed)] if changed else []
    # What came back whole went back into the balance: its provider may list what it was made of in the next one.
    came_back = not transit and all(a["effect"] == "payout_reversal" for a in arrived)
    if automatic and (parts or not came_back):
        missing = [p["movement_key"] for p in parts if p["net"] is None]
        residual = amount - sum((p["net"] or Decimal(0) for p in parts), Decimal(0))
        if missing:
            problems.append(f"{len(missing)} of its movements never came: {missing[0]}")
        if residual:
            problems.append(f"its movements leave {residual}")
        for part in parts:
            if part["in_case"]:
                problems.append(f"{part['movement_key']} is in a case")
            elif part["net"] is not None and part["net"] != (part["in_ledger"] or 0):
                problems.append(f"the ledger holds {part['in_ledger']} for {part['movement_key']}")
            elif part["all_confirmed"] is False:
                problems.append(f"{part['movement_key']} is not matched yet")
    if not arrived:
        problems.append("it has not arrived at the bank")
    elif transit:
        problems.append(f"{transit} of it did not arrive")
    elif any(a["state"] != EffectState.CONFIRMED for a in arrived):
        problems.append("its bank line is not matched")
    return residual, transit, "; ".join(problems[:3])


def payout_keys(
    connection: Connection,
    entities: Sequence[str] | None,
    after: tuple[date, int] | None,
    limit: int,
    document_id: int | None = None,
    interface: str | None = None,
    month: Period | None = None,
) -> list[dict[str, Any]]:
    """Payouts of some entities (None: of every one), of one interface or of any, of one month or of any, the latest first,
    beginning `after` (day, document)."""
    on, number = after or (None, None)
    given = {
        "entities": list(entities) if entities is not None else None, "on": on, "after": number, "limit": limit,
        "document_id": document_id, "interface": interface, "first": month.first if month else None,
        "last": month.last if month else None,
    }  # fmt: skip
    return list(connection.execute(_SQL["payout_keys"], given).fetchall())


def payout_totals(
    connection: Connection,
    entities: Sequence[str] | None,
    interface: str | None = None,
    month: Period | None = None,
) -> list[dict[str, Any]]:
    """How many payouts fit and what they come to (`count`, `amount`: positive where it came to us), by `currency`: never across
    currencies. Filters as `payout_keys` has them."""
    given = {
        "entities": list(entities) if entities is not None else None, "interface": interface,
        "first": month.first if month else None, "last": month.last if month else None,
    }  # fmt: skip
    return list(connection.execute(_SQL["payout_totals"], given).fetchall())


def prove_payouts(connection: Connection, given: Sequence[dict[str, Any]] | None = None) -> list[PayoutProof]:
    """A proof for each of some payouts, in their order; for every one, in order of date. Each is of one instant."""
    with snapshot(connection):
        return _prove_payouts(connection, given)


def arrivals_of(connection: Connection, payout: dict[str, Any]) -> list[Arrival]:
    """What arrived, or came back, of a payout (a row of `payout_keys`), by its day: what its proof holds against what was sent."""
    effects = [payout["external_id"]] if payout["external_id"] else []
    found = connection.execute(_SQL["payout_arrivals"], {"effects": effects}).fetchall()
    given = {
        "documents": [r["document_id"] for r in found],
        "deliveries": [r["delivery_id"] for r in found],
        "numbers": list(range(len(found))),
    }
    # Money that came to us stands against what was sent, whichever way an effect is signed.
    sent = -payout["amount"]
    return [
        Arrival(
            document_id=r["document_id"],
            interface=r["interface"],
            source_key=r["source_key"],
            accounting_on=r["accounting_on"],
            amount=abs(found[r["number"]]["amount"]).copy_sign(sent),
            effect=found[r["number"]]["effect"],
            matched=found[r["number"]]["state"] == EffectState.CONFIRMED,
            target_model=r["target_model"] or "",
            target_id=r["target_id"],
        )
        for r in connection.execute(_SQL["arrived_by"], given)
    ]


def _prove_payouts(connection: Connection, given: Sequence[dict[str, Any]] | None) -> list[PayoutProof]:
    payouts = connection.execute(_SQL["payouts"]).fetchall() if given is None else list(given)
    proofs: dict[str, PayoutProof] = {}
    for entity in sorted({p["entity"] for p in payouts}):
        mine = [p for p in payouts if p["entity"] == entity]
        parts: dict[str, list[dict[str, Any]]] = {}
        keys = [p["payout_key"] for p in mine]
        for row in connection.execute(_SQL["payout_parts"], {"entity": entity, "payouts": keys}):
            parts.setdefault(row["payout_key"], []).append(row)
        arrivals: dict[str, list[dict[str, Any]]] = {}
        effects = [p["external_id"] for p in mine if p["external_id"]]
        for row in connection.execute(_SQL["payout_arrivals"], {"effects": effects}):
            arrivals.setdefault(row["payout_effect"], []).append(row)
        behind = {_name(p): _behind(p, parts, arrivals) for p in mine}
        past_us = {
            x.document_id: x
            for x in changed_rows(connection, entity, documents=sorted(set().union(*behind.values())))
        }
        for p in mine:
            listed = parts.get(p["payout_key"], [])
            arrived = arrivals.get(p["external_id"] or "", [])
            changed = [past_us[n] for n in sorted(behind[_name(p)] & past_us.keys())]
            residual, transit, why = _why(-p["amount"], p["automatic"], listed, arrived, changed)
            proofs[_name(p)] = PayoutProof(
                payout_key=p["payout_key"],
                entity=entity,
                currency=p["currency"],
                amount=-p["amount"],
                automatic=p["automatic"],
                parts=len(listed),
                residual=residual,
                in_transit=transit,
                why=why,
            )
    return [proofs[_name(p)] for p in payouts]


def _behind(
    payout: dict[str, Any], parts: dict[str, list[dict[str, Any]]], arrivals: dict[str, list[dict[str, Any]]]
) -> set[int]:
    """The documents that the proof of a payout is read from."""
    listed = {x["document_id"] for x in parts.get(payout["payout_key"], [])} - {None}
    arrived = {n for x in arrivals.get(payout["external_id"] or "", []) for n in x["documents"]}
    return {payout["document_id"], *listed, *arrived}


def _name(payout: dict[str, Any]) -> str:
    return f"{payout['interface']}:{payout['source_key']}"
