"""An open Odoo: sends effects in sets, looks up unknown outcomes, reads back by content.

Every load is insert-or-ignore from the first (`mode: update`, `noupdate: True`), so a repeat of
an external id never makes or changes a record; posting takes drafts only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import (
    JournalItem,
    LedgerFacts,
    OpenItem,
    OthersMove,
    Outcome,
    OutcomeStatus,
    RefusedError,
    Right,
    Sending,
    SettledItem,
    SetupError,
    SystemConfig,
    TransientError,
)
from tieout.connectors.odoo import closing, extracting
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.comparing import actual_lines, compare, exact, gone
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.matching import Matcher, moves_of, reversals_of
from tieout.connectors.odoo.opening import open_items, settled_items
from tieout.connectors.odoo.rights import rights_of
from tieout.connectors.odoo.rows import (
    PARTNER_FIELDS,
    PAYMENT_FIELDS,
    PRODUCT_FIELDS,
    Rows,
    by_own_partners,
    cash_fields,
    cash_rows,
    entry_fields,
    entry_rows,
    has_analytic,
    invoice_fields,
    invoice_rows,
    partner_rows,
    payment_rows,
)
from tieout.documents import (
    CashPosting,
    EffectBody,
    EntryPosting,
    InvoicePosting,
    MatchRequest,
    PartnerRecord,
    PaymentPosting,
    ProductRecord,
    UnmatchRequest,
)
from tieout.money import Amount

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
_LINE_FIELDS = ["move_id", "account_id", "amount_currency", "tax_line_id", "display_type"]
_LOCKS = ("fiscalyear_lock_date", "hard_lock_date", "sale_lock_date", "tax_lock_date")
_MARKER_ID, _MARKER = "tieout.marker_of_this_database", "Tieout marker (do not delete)"
MOVE, BANK_LINE, PARTNER = "account.move", "account.bank.statement.line", "res.partner"
PAYMENT, PRODUCT = "account.payment", "product.product"


def open_session(config: SystemConfig) -> OdooSession:
    """A session for one company of one database, by API key. `own_log` = yes lets Odoo write its chatter,
    which is quiet otherwise. Nothing is asked of Odoo yet."""
    client = OdooClient(
        config.text("url"),
        config.text("database"),
        config.text("key"),
        int(config.text("company", "0") or 0),
    )
    return OdooSession(client, quiet=config.text("own_log", "no") != "yes")


class _Pace:
    """Rows a call: grows while answers are quick, shrinks when they are slow."""

    def __init__(self) -> None:
        self.size = 50

    def took(self, seconds: float) -> None:
        # Far from Odoo's limit_time_cpu, 60 s a call as shipped, past which its worker is killed and
        # nothing made.
        if seconds > 8:
            self.size = max(10, self.size // 2)
        elif seconds < 3:
            self.size = min(400, self.size * 2)


class OdooSession:
    """Writer and LedgerReader over one client."""

    def __init__(self, client: OdooClient, quiet: bool = True) -> None:
        self._client, self._names = client, Directory(client)
        self._context = {**_IGNORE, **(_QUIET if quiet else {})}
        self._pace = _Pace()
        self._matcher = Matcher(client, self._names)

    # checking

    def check(self) -> str:
        """What this is, in a line; SetupError where it is not usable, naming what to do."""
        version = self._client.version()
        # Odoo Online has versions between the yearly ones, such as saas~19.1.
        if int(version.split(".")[0].removeprefix("saas~") or 0) < 19:
            raise SetupError(f"Odoo {version} has no JSON-2: version 19 or newer is needed")
        self._names.refresh()
        return f"Odoo {version}, company {self._names.company_name}"

    def rights(self) -> list[Right]:
        """See `RightsTeller.rights`."""
        return rights_of(self._client)

    def marker(self, value: str) -> str:
        """The fingerprint of this database: a record of ours, loaded once by its external id.

        The first caller's `value` stays; another database answers another value.
        """
        # database.uuid would say it as well, but to a user of base.group_system alone.
        rows = [[_MARKER_ID, _MARKER, "", value]]
        ids = self._load(PARTNER, PARTNER_FIELDS, rows)
        found = self._client.call(PARTNER, "read", ids=ids, fields=["ref"])
        return str(found[0]["ref"]) if found else ""

    def marker_found(self, value: str) -> str:
        """The fingerprint that this database carries, "" where it carries none; nothing is written.

        It is known by its name or by `value`, archived or not; among several the one with our external id counts.
        """
        rows = self._client.call(
            PARTNER,
            "search_read",
            domain=["|", ["name", "=", _MARKER], ["ref", "=", value]],
            fields=["name", "ref"],
            limit=100,
            context={"active_test": False},
        )
        # A service account may not search ir.model.data: records are found first, and then asked for their
        # external ids.
        ids = self._client.call(PARTNER, "get_external_id", ids=[r["id"] for r in rows]) if rows else {}
        ours = [r for r in rows if ids.get(str(r["id"])) == self._named(_MARKER_ID)]
        found = ours or [r for r in rows if r["name"] == _MARKER]
        return str(found[0]["ref"] or "") if found else ""

    # Writer

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Send one kind of effect; see `Writer.send`."""
        match batch[0].body:
            case PartnerRecord():
                return self._send_partners(batch)
            case ProductRecord():
                return self._send_products(batch)
            case MatchRequest():
                return self._matcher.match(batch)
            case UnmatchRequest():
                return self._matcher.unmatch(batch)
            case _:
                return self._send_moves(batch)

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """What became of these, by external id: a match by its marks, a partner, a product and an unmatch as
        absent, since sending them again changes nothing, any other by the entry that stands there. One
        batch holds one kind."""
        match batch[0].body:
            case MatchRequest():
                return self._matcher.match(batch, only_look=True)
            case PartnerRecord() | ProductRecord() | UnmatchRequest():
                # A repeated load answers the same record, and what is apart stays apart: sending
                # again is the look-up.
                return [Outcome(s.external_id, OutcomeStatus.ABSENT) for s in batch]
            case _:
                return self._look_up_moves(batch)

    def _chunks(self, batch: Sequence[Sending]) -> list[list[Sending]]:
        """Batches of the size that the server answers in good time, by records and by their lines."""
        chunks: list[list[Sending]] = []
        lines = 0
        for sending in batch:
            own = len(getattr(sending.body, "lines", ()))
            if not chunks or len(chunks[-1]) >= self._pace.size or lines + own > _MOST_LINES:
                chunks.append([])
                lines = 0
            chunks[-1].append(sending)
            lines += own
        return chunks

    def _load(self, model: str, fields: list[str], rows: Rows) -> list[int]:
        """Ids in order. Raises RefusedError with `.bad` (record numbers) where rows are bad."""
        named = [n for n, field in enumerate(fields) if field == "id" or field.endswith("/id")]
        rows = [[self._named(c) if n in named and c else c for n, c in enumerate(row)] for row in rows]
        started = time.monotonic()
        answer = self._client.call(model, "load", fields=fields, data=rows, context=self._context)
        self._pace.took(time.monotonic() - started)
        if answer["ids"]:
            return list(answer["ids"])
        texts = [str(m.get("message", "")) for m in answer["messages"]]
        # Odoo tries a call again that lost such a race, but not a `load`, which answers 200 with this
        # message.
        if any("could not serialize" in text for text in texts):
            raise TransientError(f"{model}.load: {texts[0]}")
        raise _BadRowsError(
            "; ".join(texts[:3]),
            {int(m["record"]): str(m["message"]) for m in answer["messages"] if "record" in m},
        )

    def _named(self, external_id: str) -> str:
        """The id as this database knows it: external ids are unique in a database, ours in a
        company, so that two companies of one Odoo never take each other's records."""
        company = self._client.company
        return external_id.replace("tieout.", f"tieout.c{company}_", 1) if company else external_id

    def _load_some(
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
                ids = self._load(model, fields, [row for _, rows in left for row in rows])
                return [(s, i) for (s, _), i in zip(left, ids, strict=True)], refused
            except _BadRowsError as error:
                # A message may name no record: then none of them can be told from the bad one.
                bad = error.bad or dict.fromkeys(range(len(left)), str(error))
                refused += [
                    Outcome(left[n][0].external_id, OutcomeStatus.REFUSED, error=why)
                    for n, why in bad.items()
                ]
                left = [pair for n, pair in enumerate(left) if n not in bad]
        return [], refused

    def _send_partners(self, batch: Sequence[Sending]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for chunk in self._chunks(batch):
            done, refused = self._load_some(
                PARTNER,
                PARTNER_FIELDS,
                chunk,
                lambda s: partner_rows(s.external_id, s.body) if isinstance(s.body, PartnerRecord) else [],
            )
            outcomes += refused
            outcomes += [Outcome(s.external_id, OutcomeStatus.CONFIRMED, i, PARTNER) for s, i in done]
        return outcomes

    def _send_products(self, batch: Sequence[Sending]) -> list[Outcome]:
        """A product that Odoo has under its number is used as it is; others are made."""
        numbers = sorted({s.body.sku for s in batch if isinstance(s.body, ProductRecord)})
        rows = self._client.call(
            PRODUCT,
            "search_read",
            domain=[["default_code", "in", numbers]],
            fields=["default_code"],
            order="id",
        )
        # Of several under one number the oldest: rows come by id, and the last one that is put here stays.
        known = {r["default_code"]: r["id"] for r in reversed(rows)}
        outcomes: list[Outcome] = []
        missing: list[Sending] = []
        for sending in batch:
            assert isinstance(sending.body, ProductRecord)
            found = known.get(sending.body.sku)
            if found is None:
                missing.append(sending)
            else:
                outcomes.append(Outcome(sending.external_id, OutcomeStatus.CONFIRMED, found, PRODUCT))
        for chunk in self._chunks(missing):
            done, refused = self._load_some(
                PRODUCT,
                PRODUCT_FIELDS,
                chunk,
                lambda s: (
                    [[s.external_id, s.body.name, s.body.sku]] if isinstance(s.body, ProductRecord) else []
                ),
            )
            outcomes += refused
            outcomes += [Outcome(s.external_id, OutcomeStatus.CONFIRMED, i, PRODUCT) for s, i in done]
        return outcomes

    def _foreign(self, body: EffectBody) -> bool:
        if isinstance(body, EntryPosting) and any(isinstance(x.own, Amount) for x in body.lines):
            return True
        return getattr(body, "currency", "") != self._names.own_currency()

    def _rows_of(self, sending: Sending) -> Rows:
        body = sending.body
        if isinstance(body, InvoicePosting):
            products = {x: key for x, (model, key) in sending.targets.items() if model == PRODUCT}
            return invoice_rows(sending.external_id, body, self._names, products)
        if isinstance(body, PaymentPosting):
            return payment_rows(sending.external_id, body, self._names)
        if isinstance(body, CashPosting):
            return cash_rows(sending.external_id, body, self._names, self._foreign(body))
        assert isinstance(body, EntryPosting)
        return entry_rows(sending.external_id, body, self._names, self._foreign(body))

    def _send_moves(self, batch: Sequence[Sending]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        groups: dict[tuple[bool, bool, bool], list[Sending]] = {}
        for sending in batch:
            body = sending.body
            kind = self._foreign(body), by_own_partners(body), has_analytic(body)
            groups.setdefault(kind, []).append(sending)
        for kind, group in groups.items():
            for chunk in self._chunks(group):
                outcomes += self._send_chunk(chunk, kind)
        return outcomes

    def _send_chunk(self, chunk: list[Sending], kind: tuple[bool, bool, bool]) -> list[Outcome]:
        chunk, settled = self._still_wanted(chunk)
        return settled + (self._send_moves_of(chunk, *kind) if chunk else [])

    def _still_wanted(self, chunk: list[Sending]) -> tuple[list[Sending], list[Outcome]]:
        """Entries whose lines are open as they were when they were made for them; the others are
        refused before anything is posted, unless they are posted already."""
        expects = {
            s.external_id: s.body.expects
            for s in chunk
            if isinstance(s.body, EntryPosting) and s.body.expects
        }
        if not expects:
            return chunk, []
        odd = self._matcher.as_expected([x for lines in expects.values() for x in lines])
        late = [s for s in chunk if any(x.line in odd for x in expects.get(s.external_id, ()))]
        if not late:
            return chunk, []
        settled = []
        for sending, known in zip(late, self._look_up_moves(late), strict=True):
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

    def _send_moves_of(self, chunk: list[Sending], foreign: bool, own: bool, analytic: bool) -> list[Outcome]:
        first = chunk[0].body
        if isinstance(first, CashPosting):
            done, refused = self._load_some(BANK_LINE, cash_fields(foreign), chunk, self._rows_of)
            return refused + self._read([s for s, _ in done], [i for _, i in done])
        model, fields = MOVE, entry_fields(foreign, own, analytic)
        if isinstance(first, InvoicePosting):
            fields = invoice_fields(analytic)
        elif isinstance(first, PaymentPosting):
            model, fields = PAYMENT, PAYMENT_FIELDS
        done, refused = self._load_some(model, fields, chunk, self._rows_of)
        ids = [i for _, i in done]
        drafts = set()
        if ids:
            # One id that is posted already fails the whole of action_post.
            rows = self._client.call(model, "read", ids=ids, fields=["state"])
            drafts = {r["id"] for r in rows if r["state"] == "draft"}
        if drafts:
            if isinstance(first, InvoicePosting):
                self._complete_invoices([(s, i) for s, i in done if i in drafts])
            self._mark([s for s, i in done if i in drafts])
            refused += self._post([(s, i) for s, i in done if i in drafts], model)
        bad = {o.external_id for o in refused}
        good = [(s, i) for s, i in done if s.external_id not in bad]
        return refused + self._read([s for s, _ in good], [i for _, i in good])

    def _complete_invoices(self, drafts: list[tuple[Sending, int]]) -> None:
        """Put the source's own tax on the tax lines and the match key on the due line."""
        ids = [i for _, i in drafts]
        lines = self._client.call(
            "account.move.line",
            "search_read",
            domain=[["move_id", "in", ids], ["display_type", "in", ["tax", "payment_term"]]],
            fields=_LINE_FIELDS,
            order="id",
        )
        by_move: dict[int, list[dict[str, Any]]] = {}
        for line in lines:
            by_move.setdefault(line["move_id"][0], []).append(line)
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
            self._load("account.move.line", [".id", "amount_currency"], taxes)
        if keys:
            self._load("account.move.line", [".id", "matching_number"], keys)

    def _mark(self, drafts: list[Sending]) -> None:
        """Put match keys on lines that are there already, so that Odoo pairs them with the drafts'
        own as it posts these."""
        marks = [m for s in drafts if isinstance(s.body, EntryPosting) for m in s.body.marks]
        rows = self._matcher.to_mark(marks) if marks else []
        if rows:
            self._load("account.move.line", [".id", "matching_number"], rows)

    def _post(self, drafts: list[tuple[Sending, int]], model: str) -> list[Outcome]:
        """Post drafts; where the set is refused each is posted alone, so one stops no other."""
        context = {k: v for k, v in self._context.items() if k not in _IGNORE}
        try:
            self._client.call(model, "action_post", ids=[i for _, i in drafts], context=context)
            return []
        except RefusedError as error:
            if len(drafts) == 1:
                return [
                    Outcome(
                        drafts[0][0].external_id, OutcomeStatus.REFUSED, drafts[0][1], model, error=str(error)
                    )
                ]
            half = len(drafts) // 2
            return self._post(drafts[:half], model) + self._post(drafts[half:], model)

    def _look_up_moves(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Find records by reference and external id; a draft or nothing may be sent again."""
        model = _model_of(batch[0].body)
        # The reference narrows it down, the external id says which: references are not unique in Odoo.
        named = "memo" if model == PAYMENT else "ref"
        references = sorted({str(getattr(s.body, "reference", "")) for s in batch})
        rows = self._client.call(model, "search_read", domain=[[named, "in", references]], fields=[named])
        names = self._client.call(model, "get_external_id", ids=[r["id"] for r in rows]) if rows else {}
        ids = {name: int(key) for key, name in names.items()}
        found = [s for s in batch if self._named(s.external_id) in ids]
        read = self._read(found, [ids[self._named(s.external_id)] for s in found]) if found else []
        known = {o.external_id: o for o in read if o.read_back.get("state") == "posted"}
        return [known.get(s.external_id) or Outcome(s.external_id, OutcomeStatus.ABSENT) for s in batch]

    # LedgerReader

    def read_back(self, batch: Sequence[Sending], ids: Sequence[int]) -> list[Outcome]:
        """What Odoo holds for each sending, compared by content, in the batch's order; what reverses it
        there counts against it."""
        return self._read(batch, ids, reversals=True)

    def _read(self, batch: Sequence[Sending], ids: Sequence[int], reversals: bool = False) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        matches = [s for s in batch if isinstance(s.body, MatchRequest)]
        if matches:
            outcomes |= {o.external_id: o for o in self._matcher.read_back(matches)}
        for s in batch:
            if isinstance(s.body, UnmatchRequest):
                outcomes[s.external_id] = Outcome(s.external_id, OutcomeStatus.CONFIRMED)
        pairs = [(s, i) for s, i in zip(batch, ids, strict=True) if s.external_id not in outcomes]
        for model in (BANK_LINE, PAYMENT, MOVE):
            group = [(s, i) for s, i in pairs if _model_of(s.body) == model]
            if group:
                self._read_group(group, model, outcomes, reversals)
        return [outcomes[s.external_id] for s in batch]

    def _read_group(
        self, group: list[tuple[Sending, int]], model: str, outcomes: dict[str, Outcome], reversals: bool
    ) -> None:
        moves = moves_of(self._client, model, [i for _, i in group])
        wanted = sorted(set(moves.values()))
        states = {r["id"]: r for r in self._client.call(MOVE, "read", ids=wanted, fields=["state", "date"])}
        turned = reversals_of(self._client, wanted) if reversals else {}
        of = {key: move for move, found in turned.items() for key in found}
        by_move: dict[int, list[dict[str, Any]]] = {}
        for line in self._client.call(
            "account.move.line",
            "search_read",
            domain=[["move_id", "in", [*wanted, *of]]],
            # Analytic accounts are asked for only where some were sent.
            fields=[
                *_LINE_FIELDS,
                *(["analytic_distribution"] if any(has_analytic(s.body) for s, _ in group) else []),
            ],
        ):
            key = line["move_id"][0]
            by_move.setdefault(of.get(key, key), []).append(line)
        for sending, key in group:
            move = states.get(moves.get(key, 0))
            if move is None:
                outcomes[sending.external_id] = gone(sending.external_id, sending.body, key, model)
                continue
            lines = actual_lines(by_move.get(move["id"], []), self._names)
            outcomes[sending.external_id] = compare(
                sending.external_id, sending.body, key, model, move["state"], move["date"], lines,
                tuple(turned.get(move["id"], {}).values()),
            )  # fmt: skip

    def facts(self) -> LedgerFacts:
        """The latest of the company's lock dates (fiscal year, hard, sale, tax), and every rate of every
        currency by day: units of the currency for one of the company's."""
        # Without its id the first company by name would answer, which need not be the user's own.
        domain = [["id", "=", self._client.company]] if self._client.company else []
        company = self._client.call("res.company", "search_read", domain=domain, fields=list(_LOCKS), limit=1)
        locks = [date.fromisoformat(company[0][n]) for n in _LOCKS if company and company[0][n]]
        rates: dict[str, list[tuple[date, Decimal]]] = {}
        rows = self._client.call(
            "res.currency.rate",
            "search_read",
            domain=[],
            fields=["currency_id", "name", "rate"],
            # A rate's name is its day.
            order="name",
        )
        for row in rows:
            day = date.fromisoformat(row["name"])
            rates.setdefault(row["currency_id"][1], []).append((day, Decimal(str(row["rate"]))))
        return LedgerFacts(max(locks, default=None), rates)

    def foreign(self, references: Sequence[str]) -> dict[str, str]:
        """Customer invoices with these references that stand and carry none of our external ids: reference to
        the invoice's number, or to its id while it is a draft."""
        rows = self._client.call(
            MOVE,
            "search_read",
            domain=[
                ["ref", "in", list(references)],
                ["move_type", "=", "out_invoice"],
                ["state", "!=", "cancel"],
            ],
            fields=["ref", "name"],
        )
        if not rows:
            return {}
        names = self._client.call(MOVE, "get_external_id", ids=[r["id"] for r in rows])
        return {
            r["ref"]: r["name"] or f"draft {r['id']}"
            for r in rows
            if not names.get(str(r["id"]), "").startswith("tieout.")
        }

    def open_items(self, accounts: Sequence[str], until: date, lines: Sequence[int] = ()) -> list[OpenItem]:
        """See `LedgerReader.open_items`."""
        return open_items(self._client, self._names, accounts, until, self._named("tieout."), lines)

    def settled_items(self, until: date, most: int) -> list[SettledItem]:
        """See `PastReader.settled_items`."""
        return settled_items(self._client, until, most)

    def others_moves(self, accounts: Sequence[str], start: date, end: date) -> list[OthersMove]:
        """See `LedgerReader.others_moves`."""
        return closing.others_moves(self._client, self._names, accounts, start, end, self._named("tieout."))

    def foreign_balances(self, until: date) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
        """See `LedgerReader.foreign_balances`."""
        return closing.foreign_balances(self._client, self._names, until)

    def journal_items(self, start: date, end: date) -> Iterator[JournalItem]:
        """See `LedgerReader.journal_items`."""
        return extracting.journal_items(self._client, self._names, start, end)

    def movements(self, start: date, end: date) -> dict[str, tuple[int, Decimal, Decimal]]:
        """See `LedgerReader.movements`."""
        return extracting.movements(self._client, self._names, start, end)

    def locks(self) -> dict[str, date | None]:
        """See `LedgerReader.locks`."""
        return closing.locks(self._client)

    def set_lock(self, kind: str, until: date) -> None:
        """See `LedgerReader.set_lock`."""
        closing.set_lock(self._client, kind, until)

    def trial_balance(self, until: date) -> dict[tuple[str, str], Decimal]:
        """See `LedgerReader.trial_balance`: one grouped read, whatever the number of lines."""
        rows = self._client.call(
            "account.move.line",
            "formatted_read_group",
            domain=[["parent_state", "=", "posted"], ["date", "<=", until.isoformat()]],
            groupby=["account_id", "currency_id"],
            aggregates=["amount_currency:sum"],
        )
        return {
            (self._names.code_of(r["account_id"][0]), r["currency_id"][1]): exact(
                r["amount_currency:sum"] or 0
            )
            for r in rows
            if r["account_id"]
        }

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._client.close()


class _BadRowsError(RefusedError):
    """Rows that `load` refuses, by record number."""

    def __init__(self, message: str, bad: dict[int, str]) -> None:
        super().__init__(message)
        self.bad = bad


def _model_of(body: EffectBody) -> str:
    """The model in which a posting is a record."""
    return {CashPosting: BANK_LINE, PaymentPosting: PAYMENT}.get(type(body), MOVE)
