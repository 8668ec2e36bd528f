"""Invoices, entries, payments and bank lines: loaded as drafts, completed, posted, and looked up.

Posting takes drafts only, so that a repeat posts nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import Outcome, OutcomeStatus, RefusedError, Sending
from tieout.connector_api.causes import LOCKED_MEANWHILE
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.closing import binding_locks
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.loading import Loader
from tieout.connectors.odoo.matching import Matcher
from tieout.connectors.odoo.models import BANK_LINE, MOVE, PAYMENT, PRODUCT, model_of
from tieout.connectors.odoo.read_back import LINE_FIELDS, ReadBack
from tieout.connectors.odoo.rows import (
    PAYMENT_FIELDS,
    Rows,
    by_own_partners,
    cash_fields,
    cash_rows,
    entry_fields,
    entry_rows,
    has_analytic,
    has_tax,
    invoice_fields,
    invoice_rows,
    payment_rows,
)
from tieout.documents import (
    BooksLock,
    CashPosting,
    EffectBody,
    EntryPosting,
    InvoicePosting,
    MatchedLine,
    PaymentPosting,
    day_of,
    stopped_by,
)
from tieout.money import Amount


class Moves:
    """Postings of one company."""

    def __init__(
        self, client: OdooClient, names: Directory, loader: Loader, matcher: Matcher, read_back: ReadBack
    ) -> None:
        self._client, self._names, self._loader = client, names, loader
        self._matcher, self._read_back = matcher, read_back

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Load, complete and post them, and read back what stands. What a lock would make Odoo book on another day,
        without a word, is not sent."""
        batch, outcomes = self._within_locks(batch)
        groups: dict[tuple[bool, bool, bool, bool], list[Sending]] = {}
        for sending in batch:
            body = sending.body
            kind = self._foreign(body), by_own_partners(body), has_analytic(body), has_tax(body)
            groups.setdefault(kind, []).append(sending)
        for kind, group in groups.items():
            for chunk in self._loader.chunks(group):
                outcomes += self._send_chunk(chunk, kind)
        return outcomes

    def _within_locks(self, batch: Sequence[Sending]) -> tuple[Sequence[Sending], list[Outcome]]:
        """What no lock of the books stops, as they stand now; of the rest what is posted already, or why it is not sent."""
        locks = binding_locks(self._client)
        late = {s.external_id: found for s in batch if (found := self._stopped(s.body, locks))}
        if not late:
            return batch, []
        settled = []
        stopped = [s for s in batch if s.external_id in late]
        for sending, known in zip(stopped, self.look_up(stopped), strict=True):
            if known.status == OutcomeStatus.CONFIRMED:
                settled.append(known)
                continue
            lock, until = late[sending.external_id]
            why = f"dated {day_of(sending.body)}, and the {lock} lock stands at {until}"
            settled.append(
                Outcome(sending.external_id, OutcomeStatus.REFUSED, error=why, cause=LOCKED_MEANWHILE.name)
            )
        return [s for s in batch if s.external_id not in late], settled

    def _stopped(self, body: EffectBody, locks: Mapping[str, date]) -> tuple[BooksLock, date] | None:
        if not locks:
            return None
        return stopped_by(body, locks, self._names.journal_type(str(getattr(body, "journal", ""))))

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Find records by reference and external id; a draft or nothing may be sent again."""
        return self._client.once_more(
            lambda: self._looked_up(batch),
            lambda found: any(o.status == OutcomeStatus.ABSENT for o in found),
        )

    def _looked_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        model = model_of(batch[0].body)
        # The reference narrows it down, the external id says which: references are not unique in Odoo.
        named = "memo" if model == PAYMENT else "ref"
        references = sorted({str(getattr(s.body, "reference", "")) for s in batch})
        rows = self._client.call(model, "search_read", domain=[[named, "in", references]], fields=[named])
        names = self._client.call(model, "get_external_id", ids=[r["id"] for r in rows]) if rows else {}
        ids = {name: int(key) for key, name in names.items()}
        found = [s for s in batch if self._loader.named(s.external_id) in ids]
        read = (
            self._read_back.glance(found, [ids[self._loader.named(s.external_id)] for s in found])
            if found
            else []
        )
        known = {o.external_id: o for o in read if o.read_back.get("state") == "posted"}
        return [known.get(s.external_id) or Outcome(s.external_id, OutcomeStatus.ABSENT) for s in batch]

    def _foreign(self, body: EffectBody) -> bool:
        if isinstance(body, EntryPosting) and any(isinstance(x.own, Amount) for x in body.lines):
            return True
        return getattr(body, "currency", "") != self._names.own_currency()

    def _rows_of(self, sending: Sending) -> Rows:
        body = sending.body
        if isinstance(body, InvoicePosting):
            products = {x: key for x, (model, key) in sending.targets.items() if model == PRODUCT}
            columns = self._client.differs.invoice_columns
            return invoice_rows(sending.external_id, body, self._names, products, columns)
        if isinstance(body, PaymentPosting):
            return payment_rows(sending.external_id, body, self._names)
        if isinstance(body, CashPosting):
            return cash_rows(sending.external_id, body, self._names, self._foreign(body))
        assert isinstance(body, EntryPosting)
        return entry_rows(sending.external_id, body, self._names, self._foreign(body))

    def _send_chunk(self, chunk: list[Sending], kind: tuple[bool, bool, bool, bool]) -> list[Outcome]:
        """Each line that entries expect to be open is looked at once for each of them, after the one before it is posted."""
        outcomes: list[Outcome] = []
        for together in _apart(chunk):
            wanted, settled = self._still_wanted(together)
            outcomes += settled + (self._send_alike(wanted, *kind) if wanted else [])
        return outcomes

    def _still_wanted(self, chunk: list[Sending]) -> tuple[list[Sending], list[Outcome]]:
        """Entries whose lines are open as they were when they were made for them; the others are
        refused before anything is posted, unless they are posted already."""
        expects = {s.external_id: found for s in chunk if (found := _expected(s))}
        if not expects:
            return chunk, []
        odd = self._matcher.as_expected([x for lines in expects.values() for x in lines])
        late = [s for s in chunk if any(x.line in odd for x in expects.get(s.external_id, ()))]
        if not late:
            return chunk, []
        settled = []
        for sending, known in zip(late, self.look_up(late), strict=True):
            if known.status == OutcomeStatus.CONFIRMED:
                settled.append(known)
                continue
            why = next(odd[x.line] for x in expects[sending.external_id] if x.line in odd)
            cause = sending.body.late if isinstance(sending.body, EntryPosting) else ""
            settled.append(
                Outcome(sending.external_id, OutcomeStatus.REFUSED, error=f"meanwhile {why}", cause=cause)
            )
        gone = {s.external_id for s in late}
        return [s for s in chunk if s.external_id not in gone], settled

    def _send_alike(
        self, chunk: list[Sending], foreign: bool, own: bool, analytic: bool, taxed: bool
    ) -> list[Outcome]:
        first = chunk[0].body
        if isinstance(first, CashPosting):
            done, refused = self._loader.load_some(BANK_LINE, cash_fields(foreign), chunk, self._rows_of)
            return refused + self._read_back.read([s for s, _ in done], [i for _, i in done])
        model, fields = MOVE, entry_fields(foreign, own, analytic, taxed)
        if isinstance(first, InvoicePosting):
            fields = invoice_fields(analytic, self._client.differs.invoice_columns)
        elif isinstance(first, PaymentPosting):
            model, fields = PAYMENT, PAYMENT_FIELDS
        done, refused = self._loader.load_some(model, fields, chunk, self._rows_of)
        ids = [i for _, i in done]
        drafts = set()
        if ids:
            # One id that is posted already fails the whole of action_post.
            states = self._client.once_more(
                lambda: self._states(model, ids), lambda found: len(found) < len(set(ids))
            )
            drafts = {key for key, state in states.items() if state == "draft"}
        if drafts:
            if isinstance(first, InvoicePosting):
                self._complete_invoices([(s, i) for s, i in done if i in drafts])
            self._mark([s for s, i in done if i in drafts])
            refused += self._post([(s, i) for s, i in done if i in drafts], model)
        bad = {o.external_id for o in refused}
        good = [(s, i) for s, i in done if s.external_id not in bad]
        return refused + self._read_back.read([s for s, _ in good], [i for _, i in good])

    def _states(self, model: str, ids: list[int]) -> dict[int, str]:
        rows = self._client.call(model, "read", ids=ids, fields=["state"])
        return {r["id"]: str(r["state"]) for r in rows}

    def _complete_invoices(self, drafts: list[tuple[Sending, int]]) -> None:
        """Put the source's own tax on the tax lines and the match key on the due line."""
        drafts = [(s, i) for s, i in drafts if _is_completed(s.body)]
        if not drafts:
            return
        ids = [i for _, i in drafts]
        by_move = self._client.once_more(
            lambda: self._made_lines(ids), lambda found: any(key not in found for key in ids)
        )
        taxes: Rows = []
        keys: Rows = []
        for sending, move in drafts:
            body = sending.body
            assert isinstance(body, InvoicePosting)
            sign = 1 if body.refund != body.purchase else -1
            left = dict(body.tax_totals)
            # A tax that no total is given for is due and deducted at once: it comes to nothing.
            own = {t for x in body.lines for t in x.taxes} - left.keys() if body.purchase else set()
            for line in by_move.get(move, []):
                if line["display_type"] == "payment_term":
                    if body.match:
                        keys.append([str(line["id"]), f"I{body.match}"])
                    continue
                name = self._names.tax_name_of(line["tax_line_id"][0])
                if name in own:
                    continue
                # A tax on several accounts has several lines: the first takes the source's sum.
                wanted = sign * left.pop(name, Decimal(0))
                if exact(line["amount_currency"]) != wanted:
                    taxes.append([str(line["id"]), str(wanted)])
        if taxes:
            self._loader.load_lines([".id", "amount_currency"], taxes)
        if keys:
            self._loader.load_lines([".id", "matching_number"], keys)

    def _made_lines(self, moves: list[int]) -> dict[int, list[dict[str, Any]]]:
        """By entry: the lines that Odoo made of it, its taxes and what is due."""
        lines = self._client.call(
            "account.move.line",
            "search_read",
            domain=[["move_id", "in", moves], ["display_type", "in", ["tax", "payment_term"]]],
            fields=LINE_FIELDS,
            order="id",
        )
        by_move: dict[int, list[dict[str, Any]]] = {}
        for line in lines:
            by_move.setdefault(line["move_id"][0], []).append(line)
        return by_move

    def _mark(self, drafts: list[Sending]) -> None:
        """Put match keys on lines that are there already, so that Odoo pairs them with the drafts'
        own as it posts these."""
        marks = [m for s in drafts if isinstance(s.body, EntryPosting) for m in s.body.marks]
        rows = self._matcher.to_mark(marks) if marks else []
        if rows:
            self._loader.load_lines([".id", "matching_number"], rows)

    def _post(self, drafts: list[tuple[Sending, int]], model: str) -> list[Outcome]:
        """Post drafts; where the set is refused each is posted alone, so one stops no other."""
        context = self._loader.quiet
        try:
            self._client.call(model, "action_post", ids=[i for _, i in drafts], context=context)
            return []
        except RefusedError as error:
            if len(drafts) == 1:
                ((sending, key),) = drafts
                # What was read as a draft may have been posted meanwhile, or was read of a copy that lags.
                if self._states(model, [key]).get(key, "draft") not in ("draft", "cancel"):
                    return []
                return [Outcome(sending.external_id, OutcomeStatus.REFUSED, key, model, error=str(error))]
            half = len(drafts) // 2
            return self._post(drafts[:half], model) + self._post(drafts[half:], model)


def _is_completed(body: EffectBody) -> bool:
    """Whether an invoice's draft has lines to be looked at before it is posted: without tax, product (which may bring taxes of its
    own) and match key it is as it was loaded, and read back in any case."""
    if not isinstance(body, InvoicePosting):
        return False
    return bool(body.match or body.tax_totals or any(x.taxes or x.product for x in body.lines))


def _expected(sending: Sending) -> tuple[MatchedLine, ...]:
    return sending.body.expects if isinstance(sending.body, EntryPosting) else ()


def _apart(chunk: list[Sending]) -> list[list[Sending]]:
    """Sendings in their order, in sets of which no two expect the same line: what two of one set expect, both would find open,
    and both would be posted."""
    sets: list[list[Sending]] = []
    nth: dict[int, int] = {}
    for sending in chunk:
        lines = [x.line for x in _expected(sending)]
        place = max((nth.get(line, 0) for line in lines), default=0)
        if place == len(sets):
            sets.append([])
        sets[place].append(sending)
        nth |= dict.fromkeys(lines, place + 1)
    return sets
