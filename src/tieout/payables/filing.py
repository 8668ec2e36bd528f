"""Makes the bank's file of a run, once nothing of it is undecided: of what was posted, and of no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal

from tieout.cases import NewCase, open_cases
from tieout.connector_api import Item
from tieout.documents import PaymentFile, VendorPayment, canonical_bytes
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, text_of
from tieout.formats.payments import PaymentError, write_transfers
from tieout.inbox import accept
from tieout.money import Amount, Period
from tieout.payables.causes import FILE_REFUSED
from tieout.payables.ordering import bank_profile, files_of, order_of
from tieout.payables.reading import SQL, ours, payments_version
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
        given = {"interface": interface.name}
        if connection.execute(SQL["pending_files"], given).fetchone():
            return False
        found: dict[str, list[VendorPayment]] = {}
        for row in connection.execute(SQL["to_file"], given | {"undecided": PAYEE_DIFFERS.name}).fetchall():
            document = ours(connection, interface.name, row)
            if isinstance(document, VendorPayment):
                found.setdefault(document.run, []).append(document)

        def hand_on(run: str) -> bool:
            with connection.transaction():
                return bool(self._hand_on(connection, interface, run, found[run]))

        def give_up(run: str, error: Exception) -> None:
            with connection.transaction():
                self._no_bank_takes(connection, interface, run, found[run], text_of(error))

        return turn.each(list(found), lambda run: run, hand_on, give_up)

    def _hand_on(
        self, connection: Connection, interface: Interface, run: str, payments: list[VendorPayment]
    ) -> int:
        given = {"entity": interface.entity, "name": f"run:{run}"}
        row = connection.execute(SQL["files_of"], given).fetchone()
        assert row is not None
        country = self._release().entities[interface.entity].country
        version, now = payments_version(country), self._clock.now()
        parts = files_of(payments, interface.option("account"), max(p.booked_on for p in payments))
        try:
            documents = [
                file_of(run, number, part, interface, now, version, country)
                for number, part in enumerate(parts, row["count"] + 1)
            ]
        except PaymentError as error:
            self._no_bank_takes(connection, interface, run, payments, str(error))
            return 0
        items = [Item(FILES, d.key, d.key, canonical_bytes(d)) for d in documents]
        return accept(connection, interface.name, items, "proposal", now).new

    def _no_bank_takes(
        self, connection: Connection, interface: Interface, run: str, payments: list[VendorPayment], why: str
    ) -> None:
        now = self._clock.now()
        total = sum((p.pays.value for p in payments), Decimal(0))
        case = NewCase(
            cause=FILE_REFUSED.name,
            interface=interface.name,
            entity=interface.entity,
            period=str(Period.of(payments[0].booked_on)),
            source_key=run,
            amount=total,
            currency=payments[0].currency,
            recovery=FILE_REFUSED.say(),
            detail=why,
            owner=interface.owner,
            opened_at=now,
            due_at=now,
            blocking=False,
        )
        open_cases(connection, [case], "payables")


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
