"""Matching in Odoo: lines of effects, and lines that others made, reconciled in sets.

What is paired already is never paired again; what somebody paired otherwise is left alone and
told. Exchange differences and cash-basis entries are Odoo's own: they are read back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tieout.connector_api import Outcome, OutcomeStatus, RefusedError, Sending
from tieout.connector_api.causes import MATCHED_OTHERWISE, NOT_MATCHED, UNPOSTED, UNRECONCILED
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.undoing import LINE, MOVE, PARTIAL, Undoer, ends, moves_of, partials_of
from tieout.documents import Mark, MatchedLine, MatchRequest, UnmatchRequest
from tieout.processes.reconciliation import MATCH_IMPOSSIBLE

_FIELDS = [
    "move_id",
    "account_id",
    "reconciled",
    "matching_number",
    "full_reconcile_id",
    "parent_state",
    "amount_residual_currency",
    "amount_currency",
]
Row = dict[str, Any]


def reversals_of(client: OdooClient, moves: list[int]) -> dict[int, dict[int, str]]:
    """The posted entries that reverse each of `moves` (id to name and date), those that reverse these
    included. The field is that of Odoo's own wizard; nothing that we send sets it."""
    roots, level = {m: m for m in moves}, list(moves)
    found: dict[int, dict[int, str]] = {}
    while level:
        rows = client.call(
            MOVE, "search_read", domain=[["reversed_entry_id", "in", level], ["state", "=", "posted"]],
            fields=["name", "date", "reversed_entry_id"], order="id",
        )  # fmt: skip
        level = []
        for row in rows:
            if row["id"] not in roots:
                root = roots[row["id"]] = roots[row["reversed_entry_id"][0]]
                found.setdefault(root, {})[row["id"]] = f"{row['name']} of {row['date']}"
                level.append(row["id"])
    return found


def _number(row: Row) -> str:
    """The number under which a line is matched; "" where it waits for its pair, or for none. A load
    of a mark whose answer was lost may come to pass after the match: the mark then hides the number,
    and the full match that the line belongs to says it."""
    if row["full_reconcile_id"]:
        return str(row["full_reconcile_id"][0])
    found = str(row["matching_number"] or "")
    return "" if found.startswith("I") else found


class Matcher:
    """Match requests of one company's ledger."""

    def __init__(self, client: OdooClient, names: Directory) -> None:
        self._client, self._names = client, names
        self._undoer = Undoer(client, names)

    # matching

    def match(self, batch: Sequence[Sending], only_look: bool = False) -> list[Outcome]:
        """Pair the lines of each request, unless they are paired already."""
        outcomes: dict[str, Outcome] = {}
        waiting = list(batch)
        # Look, reconcile what is open, and look again: what became of the lines is what they say then.
        if not only_look:
            waiting = self._judged(waiting, outcomes, reconcile=True)
        waiting = self._judged(waiting, outcomes, reconcile=False)
        for sending in waiting:
            outcomes[sending.external_id] = (
                Outcome(sending.external_id, OutcomeStatus.ABSENT)
                if only_look
                else Outcome(
                    sending.external_id,
                    OutcomeStatus.REFUSED,
                    error="Odoo left the lines open",
                    cause=NOT_MATCHED.name,
                )
            )
        return [outcomes[s.external_id] for s in batch]

    def _judged(self, batch: list[Sending], outcomes: dict[str, Outcome], reconcile: bool) -> list[Sending]:
        """Those that are still open; asked to, their lines are reconciled. What cannot be matched is looked at twice, and so is
        what should be by now and is not."""

        def doubted(still: list[Sending]) -> list[Sending]:
            refused = [
                s
                for s in batch
                if (known := outcomes.get(s.external_id)) and known.status == OutcomeStatus.REFUSED
            ]
            return refused if reconcile else refused + still

        def again(still: list[Sending]) -> list[Sending]:
            looked_at = doubted(still)
            for sending in looked_at:
                outcomes.pop(sending.external_id, None)
            left = self._judge_all(looked_at, outcomes, reconcile)
            return still + left if reconcile else left

        return self._client.once_more(
            lambda: self._judge_all(batch, outcomes, reconcile), lambda still: bool(doubted(still)), again
        )

    def read_back(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Whether what was matched is matched still: where every line has the number that it had,
        nothing happened, and one read says so for all. Numbers change with what others match on the same lines, and
        what is undone of it: then the partials say whether ours is there."""
        found = self._as_before(batch)
        found |= self._partials_there([s for s in batch if s.external_id not in found])
        self._judge_all([s for s in batch if s.external_id not in found], found, reconcile=False)
        apart = [
            s
            for s in batch
            if s.external_id not in found or found[s.external_id].status != OutcomeStatus.CONFIRMED
        ]
        lines = self._lines(apart)
        outcomes = []
        for sending in batch:
            now = found.get(sending.external_id)
            if now is not None and now.status == OutcomeStatus.CONFIRMED:
                outcomes.append(now)
            elif now is not None and now.cause == UNPOSTED.name:
                # A draft keeps its match; that it is one is told of its own effect.
                outcomes.append(
                    Outcome(sending.external_id, OutcomeStatus.CONFIRMED, read_back=now.read_back)
                )
            else:
                why = now.error if now is not None else "somebody took the match apart"
                left_open = [exact(x["amount_residual_currency"]) for x in lines[sending.external_id][1]]
                outcomes.append(
                    Outcome(
                        sending.external_id,
                        OutcomeStatus.CONFIRMED,
                        read_back={"difference": str(max(left_open, default=0))},
                        error=why,
                        cause=UNRECONCILED.name,
                    )
                )
        return outcomes

    def _as_before(self, batch: Sequence[Sending]) -> dict[str, Outcome]:
        stored = {s.external_id: s.before.get("numbers") or {} for s in batch}
        ids = sorted({int(x) for numbers in stored.values() for x in numbers})
        now = self._numbers(ids)
        return {
            s.external_id: Outcome(s.external_id, OutcomeStatus.CONFIRMED, read_back=dict(s.before))
            for s in batch
            if (numbers := stored[s.external_id]) and all(now.get(x) == n for x, n in numbers.items())
        }

    def _partials_there(self, batch: Sequence[Sending]) -> dict[str, Outcome]:
        """Those of which every partial that we made is there; with the numbers of today."""
        made: dict[str, set[int]] = {}
        for s in batch:
            mine = {int(x) for x in s.before.get("numbers") or {}}
            # What was read back once may name others' partials of the same lines.
            made[s.external_id] = {p[0] for p in s.before.get("partials") or () if {p[1], p[2]} <= mine}
        wanted = sorted(set().union(*made.values()))
        if not wanted:
            return {}
        domain = [["id", "in", wanted]]
        there = {r["id"] for r in self._client.call(PARTIAL, "search_read", domain=domain, fields=["amount"])}
        still = [s for s in batch if made[s.external_id] and made[s.external_id] <= there]
        ids = sorted({int(x) for s in still for x in s.before["numbers"]})
        now = self._numbers(ids)
        return {
            s.external_id: Outcome(
                s.external_id,
                OutcomeStatus.CONFIRMED,
                read_back={**s.before, "numbers": {x: now.get(x, "") for x in s.before["numbers"]}},
            )
            for s in still
        }

    def _numbers(self, ids: list[int]) -> dict[str, str]:
        """The number of each line, by its id as text."""
        now: dict[str, str] = {}
        for start in range(0, len(ids), 2000):
            domain = [["id", "in", ids[start : start + 2000]]]
            fields = ["matching_number", "full_reconcile_id"]
            rows = self._client.call(LINE, "search_read", domain=domain, fields=fields)
            now |= {str(row["id"]): _number(row) for row in rows}
        return now

    def unmatch(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Take matches apart, and no others' (see `Undoer.undo`). Odoo reverses the exchange and cash-basis entries that
        it made for them."""
        return [self._undoer.undo(sending) for sending in batch]

    def _judge_all(
        self, batch: list[Sending], outcomes: dict[str, Outcome], reconcile: bool
    ) -> list[Sending]:
        """Those that are still open; asked to, their lines are reconciled."""
        still = []
        for sending in batch:
            if sending.external_id in outcomes:
                continue
            still.append(sending)
        known = self._lines(still)
        confirmed: dict[str, list[Row]] = {}
        left_open = []
        for sending in still:
            body = sending.body
            assert isinstance(body, MatchRequest)
            by_effect, lines = known[sending.external_id]
            if body.lines:
                account = self._names.account(body.account)
                outcome = judge_set(sending.external_id, body.lines, lines, account, body.keeps is True)
            else:
                outcome = judge_pair(
                    sending.external_id, by_effect.get(body.left, []), by_effect.get(body.right, [])
                )
            if outcome is None:
                left_open.append(sending)
                if reconcile:
                    self._reconcile(body, lines)
                continue
            outcomes[sending.external_id] = outcome
            if outcome.status == OutcomeStatus.CONFIRMED:
                outcome.read_back["numbers"] = {str(x["id"]): _number(x) for x in lines}
                if body.lines:
                    confirmed[sending.external_id] = lines
        for key, made in self._made(confirmed).items():
            outcomes[key].read_back.update(made)
        return left_open

    def _reconcile(self, body: MatchRequest, lines: list[Row]) -> None:
        for line in body.lines:
            if line.partner:
                # Community has no method that matches a bank line: its suspense line is moved to the
                # account, since lines of two accounts cannot be reconciled.
                values: Row = {"account_id": self._names.account(body.account)}
                if line.partner > 0:
                    values["partner_id"] = line.partner
                self._client.call(LINE, "write", ids=[line.line], vals=values)
        # One line that is matched in full fails the whole call (422).
        still = [x for x in lines if not x["reconciled"]]
        ids, first = [x["id"] for x in still], closed_first(body.lines, still)
        if not first:
            self._close(ids)
        elif self._close(first):
            # A copy that lags knows nothing of what was closed a moment ago, or of lines that are new.
            beside = set(ids) - set(first)
            left = self._client.once_more(
                lambda: self._open_of(ids), lambda found: not beside <= set(found) or set(first) <= set(found)
            )
            self._close(left)

    def _open_of(self, ids: list[int]) -> list[int]:
        domain = [["id", "in", ids], ["reconciled", "=", False]]
        rows = self._client.call(LINE, "search_read", domain=domain, fields=["reconciled"], order="id")
        return [row["id"] for row in rows]

    def _close(self, ids: list[int]) -> bool:
        """Reconcile lines; False where one of them is closed already: somebody was quicker, and reading again says what became of
        them. Raises RefusedError."""
        try:
            self._client.call(LINE, "reconcile", ids=ids)
        except RefusedError as error:
            if "already reconciled" not in str(error):
                raise
            return False
        return True

    def _lines(self, batch: Sequence[Sending]) -> dict[str, tuple[dict[str, list[Row]], list[Row]]]:
        """Of each request: the lines of its effects on its account, by effect, and all of its lines."""
        found: dict[str, tuple[dict[str, list[Row]], list[Row]]] = {}
        accounts: dict[str, list[Sending]] = {}
        for sending in batch:
            accounts.setdefault(_request(sending).account, []).append(sending)
        own = sorted({x.line for s in batch for x in _request(s).lines})
        by_id: dict[int, Row] = {}
        for start in range(0, len(own), 2000):
            chunk = own[start : start + 2000]
            rows = self._client.call(LINE, "search_read", domain=[["id", "in", chunk]], fields=_FIELDS)
            by_id |= {row["id"]: row for row in rows}
        for account, group in accounts.items():
            made = self._lines_of([t for s in group for t in s.targets.values()], account)
            for sending in group:
                by_effect = {x: made.get(target, []) for x, target in sending.targets.items()}
                lines = {row["id"]: row for rows in by_effect.values() for row in rows}
                lines |= {x.line: by_id[x.line] for x in _request(sending).lines if x.line in by_id}
                found[sending.external_id] = by_effect, list(lines.values())
        return found

    def _lines_of(self, targets: Iterable[tuple[str, int]], account: str) -> dict[tuple[str, int], list[Row]]:
        """The lines of records on one account, by (model, id): one call a model."""
        by_model: dict[str, set[int]] = {}
        for model, key in targets:
            by_model.setdefault(model, set()).add(key)
        found: dict[tuple[str, int], list[Row]] = {}
        for model, keys in by_model.items():
            record_of = {move: key for key, move in moves_of(self._client, model, sorted(keys)).items()}
            for row in self._client.call(
                LINE,
                "search_read",
                domain=[
                    ["move_id", "in", sorted(record_of)],
                    ["account_id", "=", self._names.account(account)],
                ],
                fields=_FIELDS,
                order="id",
            ):
                found.setdefault((model, record_of[row["move_id"][0]]), []).append(row)
        return found

    def _made(self, confirmed: dict[str, list[Row]]) -> dict[str, Row]:
        """What Odoo made for each match: partials, exchange differences, cash-basis entries."""
        ids = sorted({x["id"] for lines in confirmed.values() for x in lines})
        if not ids:
            return {}
        partials = partials_of(self._client, ids)
        basis = self._client.call(
            MOVE,
            "search_read",
            domain=[["tax_cash_basis_rec_id", "in", [p["id"] for p in partials]]],
            fields=["tax_cash_basis_rec_id"],
            order="id",
        )
        found: dict[str, Row] = {}
        for key, lines in confirmed.items():
            mine = {x["id"] for x in lines}
            # A line may be matched with others', too: only what joins two lines of the set is ours.
            own = [p for p in partials if ends(p) <= mine]
            keys = {p["id"] for p in own}
            found[key] = {
                "partials": [
                    [p["id"], p["debit_move_id"][0], p["credit_move_id"][0], str(exact(p["amount"]))]
                    for p in own
                ],
                "exchange": sorted({p["exchange_move_id"][0] for p in own if p["exchange_move_id"]}),
                "cash_basis": [m["id"] for m in basis if m["tax_cash_basis_rec_id"][0] in keys],
            }
        return found

    # what an entry is made for

    def as_expected(self, wanted: Sequence[MatchedLine]) -> dict[int, str]:
        """Why lines are not open as they were, by line; those that are, are left out."""
        return self._client.once_more(lambda: self._not_as_expected(wanted), bool)

    def _not_as_expected(self, wanted: Sequence[MatchedLine]) -> dict[int, str]:
        by_line = {x.line: x for x in wanted}
        rows = {
            r["id"]: r
            for r in self._client.call(
                LINE, "search_read", domain=[["id", "in", sorted(by_line)]], fields=_FIELDS
            )
        }
        found = {}
        for key, line in by_line.items():
            row = rows.get(key)
            if row is None or row["parent_state"] != "posted":
                found[key] = f"line {key} is not posted any more"
            elif _residual(row, line) != exact(line.residual):
                found[key] = _otherwise(row, line)
        return found

    def to_mark(self, marks: Sequence[Mark]) -> list[list[str]]:
        """Rows of `load` that put match keys on lines: on those that nothing is matched with yet."""
        return self._client.once_more(
            lambda: self._to_mark(marks), lambda rows: len(rows) < len({m.line for m in marks})
        )

    def _to_mark(self, marks: Sequence[Mark]) -> list[list[str]]:
        keys = {mark.line: mark.match for mark in marks}
        rows = self._client.call(LINE, "search_read", domain=[["id", "in", sorted(keys)]], fields=_FIELDS)
        return [
            [str(row["id"]), f"I{keys[row['id']]}"]
            for row in rows
            # A mark that somebody else put there waits for an import of theirs.
            if not row["reconciled"]
            and row["parent_state"] == "posted"
            and not row["full_reconcile_id"]
            and (row["matching_number"] or "") in ("", f"I{keys[row['id']]}")
        ]


def _request(sending: Sending) -> MatchRequest | UnmatchRequest:
    assert isinstance(sending.body, MatchRequest | UnmatchRequest)
    return sending.body


def judge_pair(external_id: str, left: list[Row], right: list[Row]) -> Outcome | None:
    """Whether two effects' lines are paired already, or cannot be; None: they can be paired."""
    numbers = {_number(x) for x in left} & {_number(x) for x in right} - {""}
    every = Counter(_number(x) for x in (*left, *right))
    if (
        left
        and right
        and not numbers
        and all(x["reconciled"] and every[_number(x)] > 1 for x in (*left, *right))
    ):
        # Lines of both signs on each side: the ledger may close each side within itself.
        numbers = set(every)
    if numbers:
        return Outcome(external_id, OutcomeStatus.CONFIRMED, None, "", read_back={"match": min(numbers)})
    if any(x["parent_state"] != "posted" for x in (*left, *right)):
        why = "one side is not posted any more"
        return Outcome(external_id, OutcomeStatus.REFUSED, error=why, cause=UNPOSTED.name)
    if not left or not right:
        why = "one side has no line on the account any more"
        return Outcome(external_id, OutcomeStatus.REFUSED, error=why, cause=MATCH_IMPOSSIBLE.name)
    if all(x["reconciled"] for x in left) or all(x["reconciled"] for x in right):
        why = "one side is matched with something else"
        return Outcome(external_id, OutcomeStatus.REFUSED, error=why, cause=MATCHED_OTHERWISE.name)
    return None


def judge_set(
    external_id: str, wanted: Sequence[MatchedLine], lines: list[Row], account: int, keeps: bool = False
) -> Outcome | None:
    """Whether a set is paired within itself already, or cannot be; None: it can be paired.

    A line is done where another of the set has its number and nothing of it is open that should
    not be. One that is not done must be open by as much as when the match was made: else somebody
    else matched it meanwhile, and is right. `keeps` says that some of our own lines stays open.
    """
    by_line = {x.line: x for x in wanted}
    gone = sorted(by_line.keys() - {x["id"] for x in lines})
    if gone or len(lines) < 2:
        why = f"line {gone[0]} is not there any more" if gone else "there is nothing to match it with"
        return Outcome(external_id, OutcomeStatus.REFUSED, error=why, cause=MATCH_IMPOSSIBLE.name)
    if any(x["parent_state"] != "posted" for x in lines):
        why = "one side is not posted any more"
        return Outcome(external_id, OutcomeStatus.REFUSED, error=why, cause=UNPOSTED.name)
    numbers = Counter(_number(x) for x in lines)
    undone = []
    for row in lines:
        mine = by_line.get(row["id"])
        paired = bool(_number(row)) and numbers[_number(row)] > 1
        rests = keeps if mine is None else bool(mine.rest)
        if not (paired and (row["reconciled"] or rests)):
            undone.append(row)
    if not undone:
        return Outcome(external_id, OutcomeStatus.CONFIRMED, None, "", read_back={"match": sorted(numbers)})
    for row in undone:
        mine = by_line.get(row["id"])
        if mine is None and row["reconciled"]:
            why = f"line {row['id']} is matched with something else"
        elif mine is not None and not mine.partner and row["account_id"][0] != account:
            why = f"line {row['id']} has left its account"
        elif mine is not None and _residual(row, mine) != exact(mine.residual):
            why = _otherwise(row, mine)
        else:
            continue
        return Outcome(
            external_id, OutcomeStatus.REFUSED, error=f"meanwhile {why}", cause=MATCHED_OTHERWISE.name
        )
    return None


def closed_first(wanted: Sequence[MatchedLine], rows: Sequence[Row]) -> list[int]:
    """The lines that are to be closed, where others beside them are to stay open in part: those are matched after them.
    Of all at once Odoo closes what is due first, whichever of them was to stay open. Nothing where the order is no question."""
    by_line = {x.line: x for x in wanted}
    if not any(x.rest for x in wanted):
        return []
    first = [row for row in rows if row["id"] not in by_line or not by_line[row["id"]].rest]
    ids = {row["id"] for row in first}
    # Odoo reconciles nothing of lines that all hang together already: these are left to its own order.
    if {_number(x) for x in first} & {_number(x) for x in rows if x["id"] not in ids} - {""}:
        return []
    signs = {
        (
            _residual(row, by_line[row["id"]])
            if row["id"] in by_line
            else exact(row["amount_residual_currency"])
        )
        > 0
        for row in first
    }
    return [row["id"] for row in first] if len(signs) == 2 else []


def _residual(row: Row, line: MatchedLine) -> Any:
    """A suspense account is not reconciled, so all of its line is open."""
    if line.partner and not row["reconciled"] and not row["amount_residual_currency"]:
        return exact(row["amount_currency"])
    return exact(row["amount_residual_currency"])


def _otherwise(row: Row, line: MatchedLine) -> str:
    """How a line is open otherwise than it was, with what may be behind it."""
    said = f"line {row['id']} is open by {_residual(row, line):f}, and was by {line.residual}"
    if _residual(row, line) or row["reconciled"] or row["matching_number"]:
        return said
    # So is every line of an account as its tick goes (account.account: `_toggle_reconcile_to_false`).
    return f"{said}, and nothing is matched with it: tick Allow Reconciliation on its account in Odoo, if somebody took it away"
