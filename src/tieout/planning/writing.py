"""Writes a planned group: documents, deliveries, posting lines, cases and their evidence, all
in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tieout.cases import NewCase, open_cases, solve, solve_others
from tieout.documents import Frame, canonical_bytes, encode_effect, kind_of, ledger_lines
from tieout.documents.states import DocumentState
from tieout.evidence import Entry, record, salted_hash
from tieout.finding import enter_later
from tieout.money import Period
from tieout.planning.work import Work
from tieout.processes import Effect, kinds_waiting_for_anything, recipe_of
from tieout.processes.recipe import PlanDecision
from tieout.processes.treasury_causes import (
    INTERIM_ONLY,
    OF_STATEMENTS,
    PAYMENT_WITHOUT_ORDER,
    REFUND_WITHOUT_CREDIT_NOTE,
)
from tieout.rules import Entity, Interface, Release
from tieout.security import changed_rows, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
# Cases of statements that share a name, and of their lines: what becomes of a frame says what becomes of its lines; and of days
# of which no statement came.
OF_NAMESAKES = [*(c.name for c in OF_STATEMENTS), INTERIM_ONLY.name]
# Cases of money that waited for an order.
_WITHOUT_ORDER = [PAYMENT_WITHOUT_ORDER.name, REFUND_WITHOUT_CREDIT_NOTE.name]
RETRY, LONG_RETRY = timedelta(minutes=15), timedelta(days=1)

_DOCUMENT_COLUMNS = (
    "document_id, interface, entity, kind, source_key, revision, version, content, content_sha256,"
    " message_id, occurred_at, accounting_on, period, currency, control_group, measure_count,"
    " measure_debit, measure_credit, order_key, link_key, state, reason, parked_account, facts,"
    " facts_sha256, release, retry_at, posted_at, stamp"
)

# How a document stands that is not on its way.
_STANDS = {
    PlanDecision.WAIT: DocumentState.NORMALISED,
    PlanDecision.HELD: DocumentState.NORMALISED,
    PlanDecision.REFUSED: DocumentState.REFUSED,
    PlanDecision.EXCLUDED: DocumentState.EXCLUDED,
}


def take_up_held(
    connection: Connection,
    interface: str,
    entity: str,
    names: Iterable[str],
    now: datetime,
    but: Sequence[int] = (),
) -> None:
    """Let what is held because of a document of one of these names be planned again, but what was planned just now."""
    given = {
        "interface": interface,
        "entity": entity,
        "names": sorted(names),
        "now": now,
        "planned": list(but),
    }
    connection.execute(_SQL["take_up_held"], given | {"reasons": OF_NAMESAKES})


class Writer:
    """Writes groups of one interface at one instant."""

    def __init__(
        self,
        connection: Connection,
        release: Release,
        interface: Interface,
        sinks: dict[str, str],
        now: datetime,
    ) -> None:
        self._connection, self._release, self._interface = connection, release, interface
        self._entity: Entity = release.entities[interface.entity]
        self._sinks, self._now = sinks, now
        self._stamps = stamper(connection)

    def write(self, group: list[Work]) -> None:
        if not group:
            return
        new = [w for w in group if w.is_new]
        self._documents(new)
        enter_later(self._connection, [w.document_id for w in new])
        self._names(group)
        self._replanned([w for w in group if not w.is_new])
        self._deliveries(group)
        self._late(group)
        self._payout_items(group)
        self._cases(group)
        self._evidence(group)
        self._follow_up(group)

    def _state(self, work: Work) -> DocumentState:
        plan, _ = work.planned
        if plan.decision is PlanDecision.PLANNED:
            return DocumentState.PLANNED if any(e.ledger for e in plan.effects) else DocumentState.POSTED
        return _STANDS[plan.decision]

    def _decision(self, work: Work) -> dict[str, Any]:
        plan, facts = work.planned
        raw = canonical_bytes(facts)
        state = self._state(work)
        return {
            "state": state,
            "reason": plan.reason,
            # What waits for an approval is planned again when that was decided, and not before.
            "retry_at": self._now + (LONG_RETRY if plan.long else RETRY)
            if plan.decision is PlanDecision.WAIT
            else None,
            "unapplied": plan.unapplied_account,
            "facts": raw.decode(),
            "facts_sha": hashlib.sha256(raw).digest(),
            "posted_at": self._now if state is DocumentState.POSTED else None,
            "accounting_on": plan.on or work.on,
        }

    def _documents(self, works: list[Work]) -> None:
        if not works:
            return
        statement = f"copy tieout.document ({_DOCUMENT_COLUMNS}) from stdin"
        with self._connection.cursor().copy(statement.encode()) as copy:
            for work in works:
                document, row = work.document, self._decision(work)
                measure, sha = work.measure, hashlib.sha256(work.content).digest()
                copy.write_row(
                    (
                        work.document_id,
                        self._interface.name,
                        self._entity.code,
                        kind_of(document),
                        document.key,
                        work.revision,
                        document.version,
                        work.content.decode(),
                        sha,
                        work.message_id,
                        document.occurred_at,
                        row["accounting_on"],
                        str(Period.of(row["accounting_on"])),
                        document.currency,
                        document.control_group,
                        measure.count,
                        measure.debit,
                        measure.credit,
                        getattr(document, "order_key", ""),
                        document.link(),
                        row["state"],
                        row["reason"],
                        row["unapplied"],
                        row["facts"],
                        row["facts_sha"],
                        self._release.sha256,
                        row["retry_at"],
                        row["posted_at"],
                        self._stamps.document(
                            self._interface.name, document.key, work.revision, work.message_id, sha
                        ),
                    )
                )

    def _names(self, works: list[Work]) -> None:
        named = [(name, w.document_id) for w in works for name in w.planned[0].names]
        named += [(name, w.document_id) for w in works if w.is_new for name in w.document.names()]
        if named:
            names, ids = zip(*named, strict=True)
            given = {"entity": self._entity.code, "names": list(names), "ids": list(ids)}
            self._connection.execute(_SQL["add_names"], given)

    def _replanned(self, works: list[Work]) -> None:
        if not works:
            return
        rows = [self._decision(w) for w in works]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        columns |= {
            "id": [w.document_id for w in works],
            "release": [self._release.sha256] * len(works),
        }
        self._connection.execute(_SQL["replanned"], columns)
        done = [
            w.document_id
            for w in works
            if w.planned[0].decision in (PlanDecision.PLANNED, PlanDecision.EXCLUDED)
        ]
        solve(self._connection, done, self._now, "planned again", "process")
        held = [
            (w.document_id, w.document.key, [c.cause for c in w.planned[0].cases])
            for w in works
            if w.planned[0].decision is PlanDecision.REFUSED
        ]
        solve_others(self._connection, held, self._now, "it is held for another cause", "process")

    def _effects(self, group: Iterable[Work]) -> Iterable[tuple[Work, Effect, str]]:
        for work in group:
            for effect in work.planned[0].effects:
                system = self._entity.ledger
                if effect.target != "ledger":
                    system = self._sinks.get(effect.target, "")
                # A target that the project does not have has no effect.
                if system:
                    yield work, effect, system

    def _deliveries(self, group: list[Work]) -> None:
        # Several orders of one new customer all ask for that customer: the first one makes it.
        first = {
            (system, effect.external_id): (work, effect, system)
            for work, effect, system in reversed(list(self._effects(group)))
        }
        rows = list(first.values())[::-1]
        if not rows:
            return
        bodies = [encode_effect(effect.body) for _, effect, _ in rows]
        hashes = [hashlib.sha256(body).digest() for body in bodies]
        written = self._connection.execute(
            _SQL["add_deliveries"],
            {
                "interface": self._interface.name,
                "entity": self._entity.code,
                "urgent": self._interface.close_critical,
                "document_id": [work.document_id for work, _, _ in rows],
                "system": [system for _, _, system in rows],
                "lane": [effect.lane for _, effect, _ in rows],
                "effect": [effect.name for _, effect, _ in rows],
                "external_id": [effect.external_id for _, effect, _ in rows],
                "ledger": [effect.ledger for _, effect, _ in rows],
                "body": [body.decode() for body in bodies],
                "sha": hashes,
                "stamp": [
                    self._stamps.delivery(
                        system, effect.external_id, work.document_id, " ".join(effect.requires), sha
                    )
                    for (work, effect, system), sha in zip(rows, hashes, strict=True)
                ],
                "account": [effect.account for _, effect, _ in rows],
                "requires": [" ".join(effect.requires) for _, effect, _ in rows],
            },
        ).fetchall()
        plans = {row["external_id"]: row["plan_no"] for row in written}
        with self._connection.cursor().copy(
            b"copy tieout.posting_line (external_id, plan_no, line_no, entity, accounting_on, account,"
            b" currency, amount, company_amount, partner) from stdin"
        ) as copy:
            for _, effect, _ in rows:
                if effect.external_id not in plans:
                    continue
                on = getattr(effect.body, "on", None)
                currency = getattr(effect.body, "currency", "")
                for number, line in enumerate(ledger_lines(effect.body)):
                    copy.write_row(
                        (
                            effect.external_id,
                            plans[effect.external_id],
                            number,
                            self._entity.code,
                            on,
                            line.account,
                            currency,
                            line.amount,
                            line.company,
                            line.partner,
                        )
                    )

    def _late(self, group: list[Work]) -> None:
        """What a lock moved to another day; what is planned again on its own day is late no more."""
        again = [w.document_id for w in group if not w.is_new]
        if again:
            self._connection.execute(_SQL["not_late"], {"ids": again})
        found = [(w, plan.late) for w in group if (plan := w.planned[0]).late is not None]
        for work, late in found:
            assert late is not None
            given = {
                "document_id": work.document_id, "entity": self._entity.code, "event_on": late.event_on, "booked_on": late.booked_on,
                "lock": late.lock, "amount": late.amount.value, "currency": late.amount.currency,
                "company_amount": late.company,
            }  # fmt: skip
            self._connection.execute(_SQL["put_late"], given)
            detail = {k: str(v) for k, v in given.items() if k not in ("document_id", "entity")}
            subject = f"{self._interface.name}:{work.document.key}"
            if work.planned[0].decision is PlanDecision.REFUSED:
                # Its case is evidence.
                continue
            record(
                self._connection,
                [Entry(self._now, "process", "late.booked", subject, self._entity.code, detail)],
            )

    def _payout_items(self, group: list[Work]) -> None:
        pairs = [pair for w in group for pair in recipe_of(w.document).composes(w.document)]
        if pairs:
            self._connection.execute(
                _SQL["add_payout_items"],
                {
                    "entity": self._entity.code,
                    "payouts": [p for p, _ in pairs],
                    "movements": [m for _, m in pairs],
                },
            )

    def _cases(self, group: list[Work]) -> None:
        found = [
            NewCase(
                cause=case.cause,
                interface=self._interface.name,
                entity=self._entity.code,
                period=str(Period.of(work.planned[0].on or work.on)),
                source_key=work.document.key,
                amount=case.amount.value,
                currency=case.amount.currency,
                recovery=case.recovery,
                detail=case.detail,
                owner=self._interface.owner,
                opened_at=self._now,
                due_at=self._now + timedelta(hours=self._interface.service_level_hours),
                blocking=case.blocking,
                document_id=work.document_id,
            )
            for work in group
            for case in work.planned[0].cases
        ]
        open_cases(self._connection, found, "process")

    def _evidence(self, group: list[Work]) -> None:
        def entries() -> Iterable[Entry]:
            for work in group:
                plan, facts = work.planned
                yield Entry(
                    self._now,
                    "process",
                    f"document.{plan.decision}",
                    f"{self._interface.name}:{work.document.key}",
                    self._entity.code,
                    {
                        "revision": work.revision,
                        "message_id": work.message_id,
                        "reason": plan.reason,
                        "release": self._release.sha256[:16],
                        "facts": hashlib.sha256(canonical_bytes(facts)).hexdigest()[:16],
                        "effects": [e.external_id for e in plan.effects],
                        "approval": work.approval or "policy: automatic",
                    },
                    salted_hash(work.salt, work.content),
                )

        record(self._connection, entries())

    def _given_back(self, group: list[Work]) -> None:
        links = [link for w in group if (link := recipe_of(w.document).gives_back(w.document))]
        if links:
            given: dict[str, Any] = {"entity": self._entity.code, "links": links}
            linked = [r["document_id"] for r in self._connection.execute(_SQL["linked_to"], given)]
            changed = changed_rows(self._connection, self._entity.code, documents=linked)
            given["changed"] = [x.document_id for x in changed]
            rows = self._connection.execute(_SQL["given_back"], given).fetchall()
            solve(
                self._connection,
                [r["document_id"] for r in rows],
                self._now,
                "it was given back",
                "process",
                _WITHOUT_ORDER,
            )

    def _namesakes(self, group: list[Work]) -> None:
        """What is held because of a frame that went on just now: its lines, and others of its name."""
        went_on = [
            w
            for w in group
            if isinstance(w.document, Frame)
            and w.planned[0].decision in (PlanDecision.PLANNED, PlanDecision.EXCLUDED)
        ]
        names = {n for w in went_on for n in (*w.document.names(), *w.document.awaited_as())}
        if names:
            take_up_held(
                self._connection,
                self._interface.name,
                self._entity.code,
                names,
                self._now,
                [w.document_id for w in group],
            )

    def _follow_up(self, group: list[Work]) -> None:
        """Payments that an invoice took in, or that were given back whole, are unapplied no longer; what waits is
        hurried."""
        self._given_back(group)
        self._namesakes(group)
        applied = [
            name
            for w in group
            for name in w.document.order_names()
            if recipe_of(w.document).takes_payments
            and any(e.name.startswith("apply") for e in w.planned[0].effects)
        ]
        if applied:
            rows = self._connection.execute(
                _SQL["applied"], {"entity": self._entity.code, "orders": applied}
            ).fetchall()
            solve(
                self._connection,
                [r["document_id"] for r in rows],
                self._now,
                "its order came and took it in",
                "process",
            )
        # An order that waits for its fulfilment is known by now: its payments are deposits.
        moved = [
            w
            for w in group
            if w.planned[0].decision is not PlanDecision.WAIT or recipe_of(w.document).takes_payments
        ]
        orders = sorted({name for w in moved for name in w.document.order_names()})
        if moved:
            self._connection.execute(
                _SQL["hurry"],
                {
                    "now": self._now,
                    "entity": self._entity.code,
                    "orders": orders,
                    "kinds": list(kinds_waiting_for_anything()),
                    "names": sorted({name for w in moved for name in w.document.awaited_as()}),
                    "planned": [w.document_id for w in group],
                },
            )
