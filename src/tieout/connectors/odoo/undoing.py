"""Taking matches apart in Odoo: what we matched goes, what people matched on the same lines stays.

`remove_move_reconcile` takes every partial of the lines that it is given, whoever made it, and
`action_undo_reconciliation` deletes a bank line's journal items and makes new ones with new ids (both observed on
Odoo 19). So partials are taken by their own ids, and a bank line goes back to suspense only where all that hangs
on it is ours. From Odoo 20 on it takes what else joins the entries that the bank line was matched with as well (read in the
source): where that is somebody else's, the line is put back by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from tieout.connector_api import Outcome, OutcomeStatus, RefusedError, Sending, SetupError
from tieout.connector_api.causes import MATCHED_OTHERWISE, UNDONE_IN_PART
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.closing import binding_locks
from tieout.connectors.odoo.directory import Directory
from tieout.documents import GENERAL, UnmatchRequest

LINE, MOVE, PARTIAL = "account.move.line", "account.move", "account.partial.reconcile"
STATEMENT_LINE = "account.bank.statement.line"
_LIQUIDITY = ("asset_cash", "liability_credit_card")
_FIELDS = ["move_id", "account_id", "account_type", "statement_line_id", "date"]
Row = dict[str, Any]


def moves_of(client: OdooClient, model: str, keys: list[int]) -> dict[int, int]:
    """The entry behind each record; a bank line and a payment have one of their own."""
    if model == MOVE:
        return {key: key for key in keys}
    rows = client.bare(model, "read", ids=keys, fields=["move_id"])
    return {r["id"]: r["move_id"] for r in rows if r["move_id"]}


def ends(partial: Row) -> set[int]:
    """The two lines that a partial matches."""
    return {partial["debit_move_id"][0], partial["credit_move_id"][0]}


def partials_of(client: OdooClient, lines: Iterable[int]) -> list[Row]:
    """Every partial that one of these lines is in, in the order in which they were made."""
    wanted = sorted(set(lines))
    found: dict[int, Row] = {}
    for start in range(0, len(wanted), 2000):
        chunk = wanted[start : start + 2000]
        rows = client.call(
            PARTIAL,
            "search_read",
            domain=["|", ["debit_move_id", "in", chunk], ["credit_move_id", "in", chunk]],
            fields=["debit_move_id", "credit_move_id", "amount", "exchange_move_id"],
            order="id",
        )
        found |= {row["id"]: row for row in rows}
    return [found[key] for key in sorted(found)]


class _Others(Exception):
    """Somebody matched what is ours with something that is not."""


class _InPart(Exception):
    """Odoo refused the rest after a part was taken apart."""


class Undoer:
    """Undo requests of one company's ledger."""

    def __init__(self, client: OdooClient, names: Directory) -> None:
        self._client, self._names = client, names

    def undo(self, sending: Sending) -> Outcome:
        """Take one match apart; what is apart already stays so, and nobody's later match is touched.

        Refused, with nothing taken apart: an entry of ours that somebody matched with something else meanwhile, and a
        bank line whose day is locked. What is refused after that says what was taken apart; sent again it goes on.
        """
        body = sending.body
        assert isinstance(body, UnmatchRequest)
        entries = [sending.targets[x] for x in (body.left,) if x in sending.targets]
        try:
            # What is apart already says so twice: a copy that lags may not know of the match yet.
            apart = self._client.once_more(lambda: self._undo(body, entries), lambda found: not found)
        except _Others as found:
            why, cause = str(found), MATCHED_OTHERWISE.name
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=why, cause=cause)
        except _InPart as found:
            why, cause = str(found), UNDONE_IN_PART.name
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=why, cause=cause)
        except RefusedError as error:
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=str(error))
        return Outcome(sending.external_id, OutcomeStatus.CONFIRMED, read_back={"apart": apart})

    def _undo(self, body: UnmatchRequest, entries: Sequence[tuple[str, int]]) -> list[int]:
        """The ids of the partials that were taken away. Raises _Others, RefusedError."""
        account = self._names.account(body.account)
        given = self._read([["id", "in", sorted(x.line for x in body.lines)]])
        moves = {m for model, key in entries for m in moves_of(self._client, model, [key]).values()}
        entry = self._read([["move_id", "in", sorted(moves)]])
        banks = self._read([["statement_line_id", "in", list(body.statement_lines)]])
        own = {row["id"] for row in (*given, *entry) if row["account_id"][0] == account}
        partials = partials_of(self._client, own | {row["id"] for row in (*entry, *banks)})
        within = own | set(body.whole or ()) | {row["id"] for row in entry}
        exchanged = self._exchanged(partials)
        self._refuse_others(body, account, entry, partials, within | exchanged)
        self._refuse_sealed(banks)
        ours = [p for p in partials if ends(p) <= own]
        whole, by_hand = self._ways(body, account, banks, partials, own | exchanged)
        others = {x for p in partials if not ends(p) <= own | exchanged for x in ends(p)}
        self._refuse_locked([row for row in by_hand if row["id"] not in others])
        # First what a lock may refuse: then nothing has happened yet.
        restored = self._restore(whole)
        self._take_all(ours, restored, (*given, *entry), by_hand)
        return [p["id"] for p in ours]

    def _take_all(
        self, ours: Sequence[Row], restored: set[int], lines: Sequence[Row], by_hand: Sequence[Row]
    ) -> None:
        """The partials one by one, and then the lines that go back by hand. Raises RefusedError where nothing has happened yet,
        else _InPart."""
        gone = [p for p in ours if ends(p) & restored]
        taken = len(gone)
        try:
            for partial in ours:
                if partial not in gone:
                    self._take(partial, lines)
                    taken += 1
            self._moved_back(by_hand)
        except RefusedError as error:
            if ours and not taken:
                raise
            apart = (
                f"{taken} of {len(ours)} matches were taken apart" if ours else "its matches were taken apart"
            )
            raise _InPart(
                f"{error}; {apart} before, and what is left stays as it is: its money stands open on its account"
            ) from None

    def _read(self, domain: list[Any]) -> list[Row]:
        """Lines, none where nothing is asked for."""
        if not domain[0][2]:
            return []
        rows: list[Row] = self._client.call(LINE, "search_read", domain=domain, fields=_FIELDS, order="id")
        return rows

    def _exchanged(self, partials: Sequence[Row]) -> set[int]:
        """Lines of the exchange differences that Odoo booked for these: they go with their partial."""
        moves = sorted({p["exchange_move_id"][0] for p in partials if p["exchange_move_id"]})
        return {row["id"] for row in self._read([["move_id", "in", moves]])}

    def _refuse_sealed(self, banks: Sequence[Row]) -> None:
        """A bank line of a hashed journal cannot go back to suspense: nothing of it is taken apart. Raises RefusedError."""
        moves = sorted({row["move_id"][0] for row in banks})
        if not moves:
            return
        for row in self._client.call(MOVE, "read", ids=moves, fields=["name", "inalterable_hash"]):
            if row["inalterable_hash"]:
                raise RefusedError(
                    f"{row['name']} stands in a hashed journal and is sealed: its bank line keeps its match. Nothing was undone; "
                    "correct it by an entry of its own"
                )

    @staticmethod
    def _refuse_others(
        body: UnmatchRequest, account: int, entry: Sequence[Row], partials: Sequence[Row], within: set[int]
    ) -> None:
        """An entry that is to be booked back must be free of others. Raises _Others."""
        looked_at = {row["id"] for row in entry if body.whole or row["account_id"][0] == account}
        for partial in partials:
            for line in ends(partial) & looked_at:
                other = (ends(partial) - {line}).pop()
                if other not in within:
                    raise _Others(
                        f"line {line}, which Tieout booked for this match, was matched with line {other} in Odoo: take "
                        "that apart there first; nothing was undone"
                    )

    def _ways(
        self,
        body: UnmatchRequest,
        account: int,
        banks: Sequence[Row],
        partials: Sequence[Row],
        known: set[int],
    ) -> tuple[list[Row], list[Row]]:
        """The moved lines whose bank lines fall back to suspense whole, since nothing but ours hangs on them, and those that are
        put back by hand: where people split the bank line, and where others' matches would go with ours."""
        moved = {x.line for x in body.lines if x.partner}
        touched = {x for p in partials if not ends(p) <= known for x in ends(p)}
        whole: list[Row] = []
        by_hand: list[Row] = []
        for key in body.statement_lines:
            rows = [r for r in banks if r["statement_line_id"][0] == key]
            # Where its moved line is gone or has left the account, it was undone already, by us or by somebody.
            mine = [r for r in rows if r["id"] in moved and r["account_id"][0] == account]
            if any(r not in mine and r["account_type"] not in _LIQUIDITY for r in rows):
                by_hand += mine
            elif mine and not touched & {r["id"] for r in rows}:
                others = self._others_between({r["id"] for r in mine}, partials, known)
                (by_hand if others else whole).extend(mine)
        return whole, by_hand

    def _refuse_locked(self, by_hand: Sequence[Row]) -> None:
        """A line that is put back by hand changes its entry, which a lock of its day refuses. Raises RefusedError."""
        locks = binding_locks(self._client) if by_hand else {}
        for kind in GENERAL:
            for row in by_hand:
                if kind in locks and date.fromisoformat(row["date"]) <= locks[kind]:
                    raise RefusedError(
                        f"{row['move_id'][1]} is a bank line of {row['date']}, and the {kind} lock stands at {locks[kind]}: it "
                        "does not go back to suspense. Nothing was undone; reopen the period, or correct it by an entry of its own"
                    )

    def _restore(self, whole: Sequence[Row]) -> set[int]:
        """Let bank lines fall back to suspense; the lines that are gone with it."""
        if not whole:
            return set()
        try:
            keys = sorted({row["statement_line_id"][0] for row in whole})
            self._client.call(STATEMENT_LINE, "action_undo_reconciliation", ids=keys)
        except SetupError as error:
            if not self._client.differs.reviews:
                raise
            group = self._client.differs.undo_group
            raise SetupError(
                f"{error}; where documents are set to be reviewed, taking a bank line's match apart wants the group {group}"
            ) from None
        return {row["id"] for row in whole}

    def _others_between(self, lines: set[int], partials: Sequence[Row], known: set[int]) -> bool:
        """Whether the entries that these lines of a bank line are matched with are joined by somebody else's match, which would
        go with ours: a bank line's own entry is left out of that."""
        if not self._client.differs.unmatch_takes_siblings:
            return False
        matched = {x for p in partials if ends(p) & lines for x in ends(p) - lines}
        entries = {
            row["move_id"][0]
            for row in self._read([["id", "in", sorted(matched)]])
            if not row["statement_line_id"]
        }
        between = {row["id"] for row in self._read([["move_id", "in", sorted(entries)]])}
        return any(ends(p) <= between and not ends(p) <= known for p in partials_of(self._client, between))

    def _moved_back(self, by_hand: Sequence[Row]) -> None:
        """Put lines back by themselves where undoing the bank line whole would take others', too. One of which people matched
        the rest stays on its account, as money that waits there."""
        for row in by_hand:
            if not partials_of(self._client, [row["id"]]):
                values = self._before(row["statement_line_id"][0])
                self._client.call(LINE, "write", ids=[row["id"]], vals=values)

    def _before(self, statement_line: int) -> Row:
        """Where a bank line's open part stands before it is matched: suspense, and its own partner."""
        (line,) = self._client.call(
            STATEMENT_LINE, "read", ids=[statement_line], fields=["journal_id", "partner_id"]
        )
        (journal,) = self._client.call(
            "account.journal", "read", ids=[line["journal_id"][0]], fields=["suspense_account_id"]
        )
        partner = line["partner_id"][0] if line["partner_id"] else False
        return {"account_id": journal["suspense_account_id"][0], "partner_id": partner}

    def _take(self, partial: Row, lines: Iterable[Row]) -> None:
        """Take one partial away; one that somebody took meanwhile is away."""
        mine = ends(partial)
        # From the side that is no bank line's: with Odoo's accountant module the method undoes a bank line otherwise.
        moves = {bool(row["statement_line_id"]): row["move_id"][0] for row in lines if row["id"] in mine}
        move = moves.get(False) or moves[True]
        try:
            self._client.call(MOVE, "js_remove_outstanding_partial", ids=[move], partial_id=partial["id"])
        except RefusedError:
            domain = [["id", "=", partial["id"]]]
            if self._client.once_more(
                lambda: self._client.call(PARTIAL, "search_read", domain=domain, fields=["amount"]), bool
            ):
                raise
