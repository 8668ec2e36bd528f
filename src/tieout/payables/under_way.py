"""What pays a bill already: payments that are taken in, wait for their release, are being booked, or are in exception; and such
as were left out though the ledger holds them, whatever their documents say.

Asked before the ledger is, always. A payment goes one way only, from the inbox to a document to the ledger: what is not seen
here any more as the ledger is asked afterwards is booked there, and its bills are not open. The other way round a payment that is booked between the
two questions is seen by neither, and its bills are paid twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tieout.documents import VendorPayment, decode_document
from tieout.documents.states import DocumentState
from tieout.payables.reading import SQL
from tieout.rules import Interface
from tieout.store import Connection

WAITS = "it is in a run that waits for its release"
STANDS = "a payment of it stands in the ledger though it was left out: match that with the bill there"
IN_EXCEPTION = "a payment of it is in exception: retry or exclude that first"

_WHY = {
    DocumentState.REFUSED: IN_EXCEPTION, DocumentState.EXCLUDED: STANDS, DocumentState.SUPERSEDED: STANDS,
}  # fmt: skip


class UnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """`lines`: why a line of the ledger may not be paid once more, by its number; `runs`: the names of all runs of a day."""

    lines: dict[int, str]
    runs: frozenset[str]


def under_way(connection: Connection, interface: Interface, name: str) -> UnderWay:
    """What is under way of an interface that pays, and its runs whose names begin with `name`.

    The inbox is read before the documents, as that is how a payment goes.
    """
    coming = list(_coming(connection, interface))
    given = {"interface": interface.name, "name": name}
    waiting = connection.execute(SQL["unbooked_payments"], given).fetchall()
    runs = {r["run"] for r in connection.execute(SQL["runs_named"], given)}
    lines = {x.line: WAITS for payment in coming for x in payment.settles}
    for row in waiting:
        why = _WHY.get(row["state"], WAITS)
        payment = decode_document(row["content"].encode())
        assert isinstance(payment, VendorPayment)
        lines |= {x.line: why for x in payment.settles}
    return UnderWay(lines=lines, runs=frozenset(runs | {p.run for p in coming if _is_of(p.run, name)}))


def _is_of(run: str, name: str) -> bool:
    return run.partition(".")[0] == name


def _coming(connection: Connection, interface: Interface) -> Iterator[VendorPayment]:
    for row in connection.execute(SQL["coming_payments"], {"interface": interface.name}).fetchall():
        document = decode_document(bytes(row["body"]))
        if isinstance(document, VendorPayment):
            yield document
