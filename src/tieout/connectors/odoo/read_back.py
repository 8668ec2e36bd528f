"""What Odoo holds for what was sent, compared by content."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tieout.connector_api import Outcome, OutcomeStatus, Sending
from tieout.connector_api.causes import CHANGED, DELETED, UNPOSTED, UNRECONCILED
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import actual_lines, compare, gone
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.matching import Matcher, reversals_of
from tieout.connectors.odoo.models import BANK_LINE, MOVE, PAYMENT, model_of
from tieout.connectors.odoo.rows import has_analytic, has_tax
from tieout.connectors.odoo.undoing import moves_of
from tieout.documents import MatchRequest, UnmatchRequest

LINE_FIELDS = ["move_id", "account_id", "amount_currency", "tax_line_id", "display_type"]
# What a copy of the database that lags would say of what was posted just now.
_UNSURE = (UNPOSTED.name, DELETED.name, UNRECONCILED.name, CHANGED.name)
_TAX_FIELDS = ["tax_ids", "tax_tag_ids", "tax_repartition_line_id"]


def _as_before(sending: Sending, outcome: Outcome) -> bool:
    """Whether the ledger says of it what it said the last time: then no copy lags."""
    said: dict[str, Any] = json.loads(json.dumps(outcome.read_back))
    return bool(sending.before) and said == dict(sending.before)


class ReadBack:
    """Reads records again, a batch of any kinds at a time."""

    def __init__(self, client: OdooClient, names: Directory, matcher: Matcher) -> None:
        self._client, self._names, self._matcher = client, names, matcher

    def read(self, batch: Sequence[Sending], ids: Sequence[int], reversals: bool = False) -> list[Outcome]:
        """Outcomes in the batch's order; with `reversals`, what reverses a record counts against it. What is a draft, gone or other
        than was sent, and was not when it was read last, was looked at twice."""

        def unsure(found: Sequence[Outcome]) -> list[int]:
            return [n for n, o in enumerate(found) if o.cause in _UNSURE and not _as_before(batch[n], o)]

        def again(found: list[Outcome]) -> list[Outcome]:
            doubted = unsure(found)
            looked = self.glance([batch[n] for n in doubted], [ids[n] for n in doubted], reversals)
            second = dict(zip(doubted, looked, strict=True))
            return [second.get(n, outcome) for n, outcome in enumerate(found)]

        return self._client.once_more(
            lambda: self.glance(batch, ids, reversals), lambda found: bool(unsure(found)), again
        )

    def glance(self, batch: Sequence[Sending], ids: Sequence[int], reversals: bool = False) -> list[Outcome]:
        """As `read`, on one look."""
        outcomes: dict[str, Outcome] = {}
        matches = [s for s in batch if isinstance(s.body, MatchRequest)]
        if matches:
            outcomes |= {o.external_id: o for o in self._matcher.read_back(matches)}
        for s in batch:
            if isinstance(s.body, UnmatchRequest):
                outcomes[s.external_id] = Outcome(s.external_id, OutcomeStatus.CONFIRMED)
        pairs = [(s, i) for s, i in zip(batch, ids, strict=True) if s.external_id not in outcomes]
        for model in (BANK_LINE, PAYMENT, MOVE):
            group = [(s, i) for s, i in pairs if model_of(s.body) == model]
            if group:
                outcomes |= self._read_group(group, model, reversals)
        return [outcomes[s.external_id] for s in batch]

    def _read_group(
        self, group: list[tuple[Sending, int]], model: str, reversals: bool
    ) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        moves = moves_of(self._client, model, [i for _, i in group])
        wanted = sorted(set(moves.values()))
        states = {r["id"]: r for r in self._client.call(MOVE, "read", ids=wanted, fields=["state", "date"])}
        turned = reversals_of(self._client, wanted) if reversals else {}
        of = {key: move for move, found in turned.items() for key in found}
        by_move: dict[int, list[dict[str, Any]]] = {}
        for line in self._client.bare(
            "account.move.line",
            "search_read",
            domain=[["move_id", "in", [*wanted, *of]]],
            # Analytic accounts and taxes are asked for only where some were sent.
            fields=[
                *LINE_FIELDS,
                *(["analytic_distribution"] if any(has_analytic(s.body) for s, _ in group) else []),
                *(_TAX_FIELDS if any(has_tax(s.body) for s, _ in group) else []),
            ],
        ):
            key = line["move_id"]
            by_move.setdefault(of.get(key, key), []).append(line)
        for sending, key in group:
            move = states.get(moves.get(key, 0))
            if move is None:
                outcomes[sending.external_id] = gone(sending.external_id, sending.body, key, model)
                continue
            lines = actual_lines(by_move.get(move["id"], []), self._names, has_tax(sending.body))
            outcomes[sending.external_id] = compare(
                sending.external_id, sending.body, key, model, move["state"], move["date"], lines,
                tuple(turned.get(move["id"], {}).values()),
            )  # fmt: skip
        return outcomes
