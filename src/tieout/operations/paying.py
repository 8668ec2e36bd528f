"""Payment runs, and accruals of what was received and not billed."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import LedgerReader
from tieout.engine import Lane
from tieout.inbox import UNASKED, Asked
from tieout.operations.open_project import OpenProject
from tieout.payables import (
    PaymentRunError,
    Proposal,
    Worked,
    accrual_interface,
    payment_interface,
    propose_run,
)
from tieout.payables import accrue as accrue_receipts
from tieout.rules import Interface
from tieout.store import Connection


def proposing(connection: Connection, entity: str) -> Lane:
    """The lane of whoever proposes payments of an entity, from here to the end of the transaction."""
    return Lane(connection, "propose payments", entity)


def begin_proposal(connection: Connection, entity: str) -> bool:
    """Whether nobody else proposes payments of an entity, from here to the end of the transaction."""
    return proposing(connection, entity).take_for_transaction()


def payer(project: OpenProject, entity: str) -> tuple[Interface, LedgerReader]:
    """By which interface an entity pays, and where its bills are open. Raises PaymentRunError, ConnectorError."""
    release = project.release()
    interface = payment_interface(release, entity)
    if interface is None:
        raise PaymentRunError(
            f"no interface pays for {entity}: put interfaces/payments.toml into the project, with a system "
            f'of connector "payments" and entity = "{entity}"'
        )
    reader = project.reader_of(release.entities[entity].ledger)
    if reader is None:
        raise PaymentRunError(f"{release.entities[entity].ledger} is no ledger that can be read")
    return interface, reader


def propose_payments(
    project: OpenProject, entity: str, pay_on: date, until: date, by: str = "", dry: bool = False
) -> Proposal:
    """Propose to pay on a day what an entity owes and is due up to another; `dry`: only say what would be proposed.

    Raises PaymentRunError, ConnectorError; LaneBusyError, which is one, where somebody else proposes for two minutes.
    """
    interface, reader = payer(project, entity)
    with project.database.transaction() as connection:
        proposing(connection, entity).wait(f"proposes payments of {entity}", for_transaction=True)
        return propose_run(
            connection,
            project.release(),
            interface,
            lambda: reader.open_items([], pay_on),
            pay_on=pay_on,
            until=until,
            by=by,
            now=project.clock.now(),
            dry=dry,
        )


def accrue(project: OpenProject, entity: str, on: date, dry: bool = False, asked: Asked = UNASKED) -> Worked:
    """Accrue what an entity received and was not billed for at a day's end; `dry`: only say what it would be.

    Raises LookupError where nothing governs it, ValueError where Odoo's stock accrues by itself, ConnectorError.
    """
    release = project.release()
    interface = accrual_interface(release, entity)
    if interface is None:
        raise LookupError(
            f'no interface accrues for {entity}: its interface of connector "procurement" needs the stream '
            "accruals"
        )
    reader = project.reader_of(release.entities[entity].ledger)
    connection = project.database.connect(autocommit=True)
    try:
        now = project.clock.now()
        return accrue_receipts(connection, release, interface, reader, on, now, dry, asked)
    finally:
        connection.close()
