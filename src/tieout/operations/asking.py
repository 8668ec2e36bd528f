"""What people and stages ask of an open project: its ledgers, its close, its payments, its mappings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

from tieout.close import (
    CloseState,
    Revalued,
    gather,
    revaluation_interface,
    revalue,
    sign,
    state_of,
)
from tieout.connector_api import (
    ConnectorError,
    LedgerFacts,
    LedgerReader,
    OpenItem,
    SetupError,
    TaxEngine,
)
from tieout.documents import JournalEntry
from tieout.documents.taxation import TaxDetermination, TaxQuestion
from tieout.engine import Lane
from tieout.evidence import Entry, record
from tieout.extracts import Extract, make_extract
from tieout.money import Period
from tieout.operations.open_project import OpenProject
from tieout.payables import (
    PaymentRunError,
    Proposal,
    accrual_interface,
    accrue,
    payment_interface,
    propose_run,
)
from tieout.reconcile.ledger import (
    Reconciler,
    Run,
    reconciliation_interface,
)
from tieout.rules import Entity, Interface
from tieout.security import Person
from tieout.store import Connection


class Asked(OpenProject):
    """Whatever asks a system raises ConnectorError."""

    # what processing asks of the ledger

    def facts(self, entity: Entity) -> LedgerFacts:
        reader = self.reader_of(entity.ledger)
        return reader.facts() if reader else LedgerFacts(None, {})

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        reader = self.reader_of(entity.ledger)
        return reader.foreign(references) if reader else {}

    def determine(
        self, engine: str, questions: Sequence[TaxQuestion]
    ) -> dict[str, tuple[TaxDetermination | None, str]]:
        """What a tax engine says of each document by its key, or why it says nothing."""
        session = self.session(engine) if engine in self.project.systems else None
        if not isinstance(session, TaxEngine):
            return {q.key: (None, f"{engine!r} is no tax engine of this project") for q in questions}
        found: dict[str, tuple[TaxDetermination | None, str]] = {}
        for question in questions:
            try:
                found[question.key] = session.determine([question])[0], ""
            except ConnectorError as error:
                found[question.key] = None, str(error)[:300]
        return found

    # reconciling

    def reconcile(self, entity: str, until: date, dry: bool = False) -> Run:
        """Match what is open in an entity's ledger up to a day. One run of an entity at a time.

        Raises LookupError where nothing governs it, MatchingError (rules), ConnectorError.
        """
        connection = self.database.connect(autocommit=True)
        lane = Lane(connection, "reconcile", entity)
        try:
            while not lane.take():
                time.sleep(0.1)
            return self._reconciler(entity, until)[1].run(connection, dry)
        finally:
            connection.close()

    def open_items(
        self, entity: str, until: date, lines: Sequence[int] = ()
    ) -> tuple[Interface, list[OpenItem], list[OpenItem]]:
        """The interface that reconciles an entity; cash, and what is due, that nobody is at: of these `lines`,
        where any are given.

        Raises as `reconcile` does.
        """
        interface, reconciler = self._reconciler(entity, until)
        connection = self.database.connect(autocommit=True)
        try:
            return interface, *reconciler.open(connection, lines)
        finally:
            connection.close()

    def _reconciler(self, entity: str, until: date) -> tuple[Interface, Reconciler]:
        release = self.release()
        interface = reconciliation_interface(release, entity)
        if interface is None:
            raise LookupError(
                f"no interface reconciles {entity}: put interfaces/reconciliation.toml into the project, with "
                f'system = "{release.entities[entity].ledger}" and entity = "{entity}"'
            )
        reader = self.reader_of(interface.system)
        if reader is None:
            raise LookupError(f"{interface.system} is no ledger that can be read")
        return interface, Reconciler(release, interface, reader, until, self.clock.now())

    # closing

    def close_state(self, entity: str, period: Period) -> CloseState:
        """How an entity's close of a period stands, by evidence read now. Raises ConnectorError."""
        release, now = self.release(), self.clock.now()
        connection = self.database.connect(autocommit=True)
        try:
            gather(connection, release, self.session, entity, period, now)
            return state_of(connection, release, self.session, entity, period, now)
        finally:
            connection.close()

    def sign_close(
        self, entity: str, period: Period, tasks: Sequence[str], who: str | Person, key: str = ""
    ) -> list[tuple[str, str]]:
        """A person's signature of tasks. Raises CloseError, AuthorityError, ConnectorError."""
        release, now = self.release(), self.clock.now()
        connection = self.database.connect(autocommit=True)
        try:
            gather(connection, release, self.session, entity, period, now)
            return sign(connection, release, self.session, entity, period, tasks, who, key, now)
        finally:
            connection.close()

    def set_lock(self, entity: str, period: Period, kind: str, who: str) -> dict[str, date | None]:
        """Lock an entity's books up to a period's end; every lock as it is then. Raises ConnectorError.

        Evidence that it was asked for is there before the ledger is asked: a lock that stands there was ours, even where
        nobody heard its answer. Again it changes nothing: a lock is moved ahead, never back.
        """
        reader = self._ledger_of(entity, "locked")
        detail = {"kind": kind, "until": period.last.isoformat()}
        with self.database.transaction() as connection:
            now, subject = self.clock.now(), f"{entity}:{period}"
            record(connection, [Entry(now, who, "close.lock_asked", subject, entity, detail)])
        reader.set_lock(kind, period.last)
        return reader.locks()

    def lock_books(self, entity: str, period: Period, kind: str, who: str) -> dict[str, date | None]:
        """As `set_lock`, with evidence that it is done."""
        found = self.set_lock(entity, period, kind, who)
        detail = {"kind": kind, "until": period.last.isoformat()}
        with self.database.transaction() as connection:
            now, subject = self.clock.now(), f"{entity}:{period}"
            record(connection, [Entry(now, who, "close.locked", subject, entity, detail)])
        return found

    def _ledger_of(self, entity: str, what: str) -> LedgerReader:
        ledger = self.release().entities[entity].ledger
        reader = self.reader_of(ledger)
        if reader is None:
            raise SetupError(f"{ledger} is no ledger that can be {what}")
        return reader

    def extract(self, entity: str, period: Period) -> Extract:
        """An extract of a period, in a snapshot of its own. Raises ExtractError, ConnectorError."""
        state = self.close_state(entity, period)
        release = self.release()
        reader = self._ledger_of(entity, "read")
        connection = self.database.connect(autocommit=True)
        try:
            now = self.clock.now()
            return make_extract(connection, release, reader, entity, period, state.closed_at, now)
        finally:
            connection.close()

    def revalue(self, entity: str, on: date, dry: bool = False) -> list[Revalued]:
        """Revalue an entity's foreign items at a day's end. Raises LookupError where nothing governs it,
        ValueError without a rate, ConnectorError."""
        release = self.release()
        interface = revaluation_interface(release, entity)
        if interface is None:
            raise LookupError(
                f"nothing revalues {entity}: mappings/accounts.csv needs revaluation.adjustment, .gain and .loss, and "
                f"an interface of {release.entities[entity].ledger} the stream revaluations"
            )
        reader = self.reader_of(interface.system)
        if reader is None:
            raise LookupError(f"{interface.system} is no ledger that can be read")
        connection = self.database.connect(autocommit=True)
        try:
            return revalue(connection, release, interface, reader, on, self.clock.now(), dry)
        finally:
            connection.close()

    # paying

    def begin_proposal(self, connection: Connection, entity: str) -> bool:
        """Whether nobody else proposes payments of an entity, from here to the end of the transaction."""
        return Lane(connection, "propose payments", entity).take_for_transaction()

    def payer(self, entity: str) -> tuple[Interface, LedgerReader]:
        """By which interface an entity pays, and where its bills are open. Raises PaymentRunError."""
        release = self.release()
        interface = payment_interface(release, entity)
        if interface is None:
            raise PaymentRunError(
                f"no interface pays for {entity}: put interfaces/payments.toml into the project, with a system "
                f'of connector "payments" and entity = "{entity}"'
            )
        reader = self.reader_of(release.entities[entity].ledger)
        if reader is None:
            raise PaymentRunError(f"{release.entities[entity].ledger} is no ledger that can be read")
        return interface, reader

    def propose_payments(
        self, entity: str, pay_on: date, until: date, by: str = "", dry: bool = False
    ) -> Proposal:
        """Propose a payment run of an entity. Raises PaymentRunError, ConnectorError."""
        interface, reader = self.payer(entity)
        with self.database.transaction() as connection:
            while not self.begin_proposal(connection, entity):
                time.sleep(0.1)
            return propose_run(
                connection,
                self.release(),
                interface,
                reader,
                pay_on=pay_on,
                until=until,
                by=by,
                now=self.clock.now(),
                dry=dry,
            )

    def accrue(self, entity: str, on: date, dry: bool = False) -> list[JournalEntry]:
        """Accrue what an entity received and was not billed for at a day's end.

        Raises LookupError where nothing governs it, ValueError where Odoo's stock accrues by itself.
        """
        release = self.release()
        interface = accrual_interface(release, entity)
        if interface is None:
            raise LookupError(
                f'no interface accrues for {entity}: its interface of connector "procurement" needs the stream '
                "accruals"
            )
        connection = self.database.connect(autocommit=True)
        try:
            return accrue(connection, interface, on, self.clock.now(), dry)
        finally:
            connection.close()
