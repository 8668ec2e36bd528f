"""Looks again at the bank's file as it is about to be written: whether each of its payments is still to be made.

A file that is planned may wait for its folder for long, and the bank's word of a payee comes whenever it does. What nobody read or decided yet
leaves the file waiting; what was decided against a payment, or took it out of what is posted, holds the file as a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tieout.delivery import Objection
from tieout.documents import PaymentFile, VendorPayment
from tieout.documents.states import DocumentState
from tieout.payables.causes import FILE_HELD
from tieout.payables.payees import doubts
from tieout.payables.reading import FILED_BY, SQL, ChangedError, check, ours
from tieout.rules import Interface, Release
from tieout.store import Connection

_FILE = "file"


def file_guard(
    release: Callable[[], Release],
) -> Callable[[Connection, Sequence[Mapping[str, Any]]], Mapping[str, Objection]]:
    """What speaks against files of payments as they are about to be written; nothing of other effects."""

    def guard(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Objection]:
        by_document = {r["document_id"]: r for r in rows if r["effect"] == _FILE}
        if not by_document:
            return {}
        found = connection.execute(SQL["files"], {"ids": list(by_document)}).fetchall()
        against = {}
        for row in found:
            interface = release().interfaces.get(row["interface"])
            said = (
                _against(connection, interface, row)
                if interface is not None
                else Objection(why=f"interfaces/{row['interface']}.toml is gone")
            )
            if said is not None:
                against[str(by_document[row["document_id"]]["external_id"])] = said
        return against

    return guard


def unread_answers(connection: Connection, interface: Interface) -> bool:
    """Whether the bank said something that nobody looked at yet: it may doubt a payee."""
    given = {"interface": interface.name}
    return connection.execute(SQL["pending_answers"], given).fetchone() is not None


def _against(connection: Connection, interface: Interface, row: Mapping[str, Any]) -> Objection | None:
    """What speaks against one file; None where nothing does."""
    # The inbox first, as that is how the bank's word goes.
    if unread_answers(connection, interface):
        return Objection(why="the bank said something that nobody looked at yet")
    document = ours(connection, interface.name, dict(row))
    if not isinstance(document, PaymentFile):
        return Objection(why=f"file {row['source_key']} was changed past us", cause=FILE_HELD.name)
    try:
        check(connection, interface.entity, FILED_BY)
    except ChangedError as error:
        return Objection(why=str(error), cause=FILE_HELD.name, worth=document.total)
    waits, wrong = _of_payments(connection, interface, document)
    if wrong:
        return Objection(
            why=f"{document.name}: {'; '.join(wrong)}", cause=FILE_HELD.name, worth=document.total
        )
    return Objection(why="; ".join(waits)) if waits else None


def _of_payments(
    connection: Connection, interface: Interface, file: PaymentFile
) -> tuple[list[str], list[str]]:
    """Payments of a file about which somebody has to decide, and those that are not to be made, in words."""
    given = {"interface": interface.name, "ids": sorted(file.payments)}
    rows = connection.execute(SQL["filed_payments"], given).fetchall()
    doubted = doubts(connection, interface)
    waits, wrong, seen = [], [], set()
    for row in rows:
        payment = ours(connection, interface.name, row)
        if not isinstance(payment, VendorPayment):
            continue
        seen.add(payment.end_to_end_id)
        named = f"{payment.end_to_end_id} to {payment.party.name}"
        if row["state"] != DocumentState.POSTED:
            wrong.append(f"{named} is {row['state']} by now")
        elif why := doubted.stopped(payment):
            wrong.append(f"{named}: {why}")
        elif why := doubted.undecided(payment):
            waits.append(f"{named}: {why}")
    wrong += [f"{x} is no payment any more" for x in sorted(set(file.payments) - seen)]
    return waits, wrong
