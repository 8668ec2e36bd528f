"""What became of each sending, written down: confirmed and posted, waiting, or a case; with evidence, in the caller's
transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from tieout.cases import NewCase, beside_others, open_cases, solve
from tieout.causes import cause_named
from tieout.connector_api import Outcome, OutcomeStatus
from tieout.connector_api.causes import MATCHED_OTHERWISE, NOT_MATCHED, UNDONE_IN_PART
from tieout.delivery.causes import IN_LEDGER, NOT_TAKEN, OUTCOME_UNDECIDED, REFUSED_BY_TARGET
from tieout.delivery.guarding import Objection
from tieout.delivery.sending import Row, at_risk, differing, measure_of
from tieout.documents import decode_effect
from tieout.documents.states import EffectState
from tieout.engine import Clock
from tieout.evidence import Entry, record
from tieout.money import Amount, Period
from tieout.processes.reconciliation import MATCH_IMPOSSIBLE
from tieout.processes.vendor_payments import PAID_ALREADY
from tieout.security import NOT_OURS
from tieout.store import Connection, Queries

_SQL = Queries("tieout.delivery")
# Causes of effects that did not happen: delivering them solves the case.
_UNSENT = [
    c.name
    for c in (
        REFUSED_BY_TARGET, OUTCOME_UNDECIDED, NOT_MATCHED, MATCHED_OTHERWISE, MATCH_IMPOSSIBLE, UNDONE_IN_PART,
        PAID_ALREADY, NOT_TAKEN,
    )
]  # fmt: skip
_IN_LEDGER = frozenset(c.name for c in IN_LEDGER)


def _differs(row: Row, outcome: Outcome) -> bool:
    """Whether the ledger holds something else of a posting, as it tells it when that is read back."""
    return bool(row["ledger"]) and outcome.cause in _IN_LEDGER


class Settler:
    """Writes outcomes as `actor`, at the project's time."""

    def __init__(self, clock: Clock, actor: str) -> None:
        self._clock, self._actor = clock, actor

    def settle(self, connection: Connection, rows: list[Row], outcomes: Sequence[Outcome], how: str) -> None:
        """Write what became of each sending, with evidence, in the caller's transaction."""
        beside_others(connection)
        by_id = {o.external_id: o for o in outcomes}
        now = self._clock.now()
        confirmed, entries = [], []
        for row in rows:
            outcome = by_id[row["external_id"]]
            if outcome.status == OutcomeStatus.CONFIRMED:
                confirmed.append((row, outcome))
            elif outcome.status in (OutcomeStatus.ABSENT, OutcomeStatus.UNSENT):
                connection.execute(
                    _SQL["set_state"], {"state": EffectState.WAITING, "ids": [row["delivery_id"]]}
                )
            else:
                self.refuse(connection, row, outcome)
            detail = {"target": outcome.target_id, "how": how, "error": outcome.error[:200]}
            entries.append(
                Entry(
                    now, self._actor, f"delivery.{outcome.status}", row["external_id"], row["entity"], detail
                )
            )
        record(connection, entries)
        if confirmed:
            self._confirm(connection, confirmed)

    def _confirm(self, connection: Connection, confirmed: list[tuple[Row, Outcome]]) -> None:
        now = self._clock.now()
        connection.execute(
            _SQL["confirm"],
            {
                "at": now,
                "id": [row["delivery_id"] for row, _ in confirmed],
                "model": [o.model for _, o in confirmed],
                "target_id": [o.target_id for _, o in confirmed],
                "read_back": [json.dumps(o.read_back) for _, o in confirmed],
                "measure": [measure_of(o.read_back, row["account"]) for row, o in confirmed],
                "changed": [_differs(row, o) for row, o in confirmed],
            },
        )
        documents = sorted({row["document_id"] for row, _ in confirmed})
        connection.execute(_SQL["lock_documents"], {"ids": documents})
        posted = connection.execute(_SQL["post_documents"], {"ids": documents, "at": now})
        entries = [
            Entry(now, self._actor, "document.posted", f"{r['interface']}:{r['source_key']}", r["entity"])
            for r in posted
        ]
        record(connection, entries)
        # Of a document with several effects only those that happened now are settled.
        keys = [f"{row['source_key']} {row['effect']}" for row, _ in confirmed]
        solve(connection, documents, now, "it was delivered", self._actor, _UNSENT, keys)
        odd = [(row, o) for row, o in confirmed if o.cause]
        for row, outcome in odd:
            self._open_case(connection, row, outcome.cause, outcome.error, differs=outcome)

    def refuse(self, connection: Connection, row: Row, outcome: Outcome) -> None:
        beside_others(connection)
        connection.execute(_SQL["set_state"], {"state": EffectState.REFUSED, "ids": [row["delivery_id"]]})
        undecided = outcome.status == OutcomeStatus.UNDECIDED
        cause = outcome.cause or (OUTCOME_UNDECIDED if undecided else REFUSED_BY_TARGET).name
        if row["ledger"]:
            connection.execute(_SQL["refuse_document"], {"id": row["document_id"]})
        self._open_case(connection, row, cause, outcome.error)

    def hold(self, connection: Connection, row: Row, objection: Objection) -> None:
        """Something speaks against an effect that is about to be sent: it is not, nor does its document count as posted."""
        beside_others(connection)
        connection.execute(_SQL["set_state"], {"state": EffectState.REFUSED, "ids": [row["delivery_id"]]})
        given = {"id": row["document_id"], "reason": objection.cause}
        connection.execute(_SQL["hold_document"], given)
        self._open_case(connection, row, objection.cause, objection.why, objection.worth)
        detail = {"cause": objection.cause, "why": objection.why[:200]}
        entry = Entry(
            self._clock.now(), self._actor, "delivery.held", row["external_id"], row["entity"], detail
        )
        record(connection, [entry])

    def _open_case(
        self,
        connection: Connection,
        row: Row,
        cause: str,
        why: str,
        worth: Amount | None = None,
        differs: Outcome | None = None,
    ) -> None:
        found = connection.execute(_SQL["documents_of"], {"ids": [row["document_id"]]}).fetchone()
        assert found is not None
        now, known = self._clock.now(), cause_named(cause)
        key = f"{found['source_key']} {row['effect']}"
        if differs is not None and _differs(row, differs):
            # As the next look at the ledger tells it: one case, by how much it differs.
            key, worth = found["source_key"], differing(differs.read_back, row["body"], found["currency"])
        amount = abs(found["measure_debit"] - found["measure_credit"]) if row["ledger"] else Decimal(0)
        if cause != NOT_OURS:
            amount = worth.value if worth else amount or at_risk(decode_effect(row["body"].encode()))
        open_cases(
            connection,
            [
                NewCase(
                    cause=cause,
                    interface=found["interface"],
                    entity=found["entity"],
                    period=found["period"] or str(Period.of(now.date())),
                    source_key=key,
                    amount=amount,
                    currency=worth.currency if worth else found["currency"],
                    recovery=known.shown("effect" if "effect" in known.also else ""),
                    detail=why[:500],
                    owner=known.who or "finance",
                    opened_at=now,
                    due_at=now + timedelta(hours=24),
                    blocking=bool(row["ledger"]),
                    document_id=row["document_id"],
                )
            ],
            self._actor,
        )
