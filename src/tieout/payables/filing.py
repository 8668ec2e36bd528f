"""Makes the bank's file of a run, once nothing of it is undecided: of what was posted, and of no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from tieout.cases import NewCase, open_cases
from tieout.connector_api import Item
from tieout.documents import PaymentFile, VendorPayment, canonical_bytes
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, text_of
from tieout.formats.payments import PaymentError, write_transfers
from tieout.inbox import accept
from tieout.money import Amount, Period
from tieout.payables.causes import FILE_REFUSED, PAYMENT_STOPPED
from tieout.payables.guarding import unread_answers
from tieout.payables.ordering import bank_profile, files_of, order_of
from tieout.payables.payees import Doubts, doubts
from tieout.payables.reading import FILED_BY, SQL, ChangedError, check, ours, payments_version
from tieout.payables.service import STREAM
from tieout.processes.vendor_payments import PAYEE_DIFFERS
from tieout.rules import Interface, Release
from tieout.store import Connection

FILES = "files"


class FilingStage:
    """An interface of payments is a lane, a run an item."""

    name, pace = "file payments", Pace()

    def __init__(self, release: Callable[[], Release], clock: Clock) -> None:
        self._release, self._clock = release, clock

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane an interface that pays and writes files."""
        paying = self._release().interfaces.values()
        return [Due((i.name,)) for i in paying if STREAM in i.streams and FILES in i.streams]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Makes the bank's file of every run of which nothing is undecided."""
        interface = self._release().interfaces.get(lane[0])
        if interface is None:
            return False
        # The inbox first, as that is how the bank's word goes.
        if self._undecided(connection, interface):
            return False
        rows = self._to_file(connection, interface)
        found = _by_run(connection, interface, rows)

        @cache
        def changed() -> str:
            """Which run a payment is of, and whether its bank doubts it, is read without stamps: one wrong row holds all.
            Looked for where a file is about to be written: a run that no bank takes comes with each turn."""
            try:
                check(connection, interface.entity, FILED_BY)
            except ChangedError as error:
                return str(error)
            return ""

        def hold() -> bool:
            with connection.transaction():
                self._hold(connection, interface, rows, changed())
            return False

        if sum(map(len, found.values())) < len(rows) and changed():
            return hold()
        found = self._made(connection, interface, rows, found)

        def hand_on(run: str) -> bool:
            with connection.transaction():
                documents = self._written(connection, interface, run, found[run])
            if not documents:
                return False
            if changed():
                return hold()
            items = [Item(FILES, d.key, d.key, canonical_bytes(d)) for d in documents]
            with connection.transaction():
                # It was written a while ago: what came since, or is held by now, stops it.
                if self._undecided(connection, interface) or not self._still(
                    connection, interface, found[run]
                ):
                    return False
                return bool(accept(connection, interface.name, items, "proposal", self._clock.now()).new)

        def give_up(run: str, error: Exception) -> None:
            with connection.transaction():
                self._no_bank_takes(connection, interface, run, found[run], text_of(error))

        return turn.each(list(found), lambda run: run, hand_on, give_up)

    @staticmethod
    def _undecided(connection: Connection, interface: Interface) -> bool:
        """Whether a file was handed on and is not planned yet, or the bank said something that nobody looked at."""
        pending = connection.execute(SQL["pending_files"], {"interface": interface.name}).fetchone()
        return bool(pending) or unread_answers(connection, interface)

    @staticmethod
    def _to_file(connection: Connection, interface: Interface) -> list[dict[str, Any]]:
        given = {"interface": interface.name, "undecided": PAYEE_DIFFERS.name}
        return connection.execute(SQL["to_file"], given).fetchall()

    def _still(self, connection: Connection, interface: Interface, payments: list[VendorPayment]) -> bool:
        """Whether all of these are to be filed still."""
        doubted = doubts(connection, interface)
        here = {r["source_key"] for r in self._to_file(connection, interface)}
        return all(p.key in here and not doubted.why(p) for p in payments)

    def _made(
        self,
        connection: Connection,
        interface: Interface,
        rows: Sequence[dict[str, Any]],
        found: dict[str, list[VendorPayment]],
    ) -> dict[str, list[VendorPayment]]:
        """Of each run the payments that are to be made, and none of a run of which somebody has to decide about one; a case of each that
        is never to be: it is booked, and its account is not its payee's."""
        if not found:
            return {}
        doubted = doubts(connection, interface)
        stopped = [p for some in found.values() for p in some if doubted.stopped(p)]
        if stopped:
            numbers = {r["source_key"]: r["document_id"] for r in rows}
            with connection.transaction():
                open_cases(
                    connection,
                    [self._stopped(interface, p, doubted, numbers[p.key]) for p in stopped],
                    "payables",
                )
        made = {
            run: [p for p in some if not doubted.stopped(p)]
            for run, some in found.items() if not any(doubted.undecided(p) for p in some)
        }  # fmt: skip
        return {run: some for run, some in made.items() if some}

    def _written(
        self, connection: Connection, interface: Interface, run: str, payments: list[VendorPayment]
    ) -> list[PaymentFile]:
        """The bank's files of a run; none where no bank takes it, which is a case."""
        given = {"entity": interface.entity, "name": f"run:{run}"}
        row = connection.execute(SQL["files_of"], given).fetchone()
        assert row is not None
        country = self._release().entities[interface.entity].country
        version, now = payments_version(country), self._clock.now()
        parts = files_of(payments, interface.option("account"), max(p.booked_on for p in payments))
        try:
            return [
                file_of(run, number, part, interface, now, version, country)
                for number, part in enumerate(parts, row["count"] + 1)
            ]
        except PaymentError as error:
            self._no_bank_takes(connection, interface, run, payments, str(error))
            return []

    def _no_bank_takes(
        self, connection: Connection, interface: Interface, run: str, payments: list[VendorPayment], why: str
    ) -> None:
        total = sum((p.pays for p in payments), Amount.zero(payments[0].currency))
        self._open(connection, interface, run, str(Period.of(payments[0].booked_on)), total, why)

    def _hold(
        self, connection: Connection, interface: Interface, rows: Sequence[dict[str, Any]], why: str
    ) -> None:
        """Nothing is written for a bank: what it is worth is by what the payments counted for, which no text can change."""
        total = Amount.exact(sum((r["measure_credit"] for r in rows), Decimal(0)), rows[0]["currency"])
        recovery = FILE_REFUSED.say("changed")
        self._open(
            connection, interface, f"files of {interface.name}", rows[0]["period"], total, why, recovery
        )

    def _stopped(
        self, interface: Interface, payment: VendorPayment, doubted: Doubts, document_id: int
    ) -> NewCase:
        now = self._clock.now()
        return NewCase(
            cause=PAYMENT_STOPPED.name,
            interface=interface.name,
            entity=interface.entity,
            period=str(Period.of(payment.booked_on)),
            source_key=payment.key,
            amount=payment.pays.value,
            currency=payment.currency,
            recovery=PAYMENT_STOPPED.say(),
            detail=f"{payment.end_to_end_id} to {payment.party.name}: {doubted.stopped(payment)}"[:500],
            owner=PAYMENT_STOPPED.who,
            opened_at=now,
            due_at=now,
            blocking=False,
            document_id=document_id,
        )

    def _open(
        self,
        connection: Connection,
        interface: Interface,
        key: str,
        period: str,
        worth: Amount,
        why: str,
        recovery: str = "",
    ) -> None:
        now = self._clock.now()
        case = NewCase(
            cause=FILE_REFUSED.name,
            interface=interface.name,
            entity=interface.entity,
            period=period,
            source_key=key,
            amount=worth.value,
            currency=worth.currency,
            recovery=recovery or FILE_REFUSED.say(),
            detail=why,
            owner=interface.owner,
            opened_at=now,
            due_at=now,
            blocking=False,
        )
        open_cases(connection, [case], "payables")


def _by_run(
    connection: Connection, interface: Interface, rows: Sequence[dict[str, Any]]
) -> dict[str, list[VendorPayment]]:
    """The payments of each run, without those that are not as they were written."""
    found: dict[str, list[VendorPayment]] = {}
    for row in rows:
        document = ours(connection, interface.name, row)
        if isinstance(document, VendorPayment):
            found.setdefault(document.run, []).append(document)
    return found


def file_of(
    run: str,
    number: int,
    payments: list[VendorPayment],
    interface: Interface,
    at: datetime,
    version: str = "09",
    country: str = "",
) -> PaymentFile:
    """The bank's file of payments of one run, as the interface's profile of its bank has it, pain.001 of `version` where
    that says none, made `at` an instant. Raises PaymentError."""
    message = run if number == 1 else f"{run}/{number}"
    order = order_of(message, payments, interface, at, country)
    on, currency = order.batches[0].on, payments[0].currency
    return PaymentFile(
        key=message,
        occurred_at=datetime.combine(on, time(12), UTC),
        currency=currency,
        run=run,
        booked_on=on,
        name=f"{message.replace('/', '-')}.xml",
        content=write_transfers(order, profile=bank_profile(interface, version)).decode(),
        payments={p.end_to_end_id: f"{p.pays.value:f}" for p in payments},
        total=sum((p.pays for p in payments), Amount.zero(currency)),
    )
