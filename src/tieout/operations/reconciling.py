"""Reconciling an entity's ledger: one run of an entity at a time, and what is open in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from tieout.connector_api import OpenItem
from tieout.engine import Lane
from tieout.operations.open_project import OpenProject
from tieout.reconcile.ledger import Reconciler, Run, reconciliation_interface
from tieout.rules import Interface


def reconcile(project: OpenProject, entity: str, until: date, dry: bool = False) -> Run:
    """Match what is open in an entity's ledger up to a day; `dry`: only say what would be done. Whoever comes while
    another runs for the entity waits, for two minutes at most.

    Raises LookupError where nothing governs it, MatchingError (rules), ConnectorError; LaneBusyError, which is one.
    """
    connection = project.database.connect(autocommit=True)
    lane = Lane(connection, "reconcile", entity)
    try:
        lane.wait(f"matches what is open in the ledger of {entity}")
        return _reconciler(project, entity, until)[1].run(connection, dry)
    finally:
        # The lane is the connection's.
        connection.close()


def open_items(
    project: OpenProject, entity: str, until: date, lines: Sequence[int] = ()
) -> tuple[Interface, list[OpenItem], list[OpenItem]]:
    """The interface that reconciles an entity; cash, and what is due, that nobody is at: of these `lines`,
    where any are given.

    Raises as `reconcile` does.
    """
    interface, reconciler = _reconciler(project, entity, until)
    connection = project.database.connect(autocommit=True)
    try:
        return interface, *reconciler.open(connection, lines)
    finally:
        connection.close()


def rate_between(
    project: OpenProject, entity: str, items: Sequence[OpenItem]
) -> Callable[[str, date], Decimal | None] | None:
    """The ledger's rates where items of several currencies are to be one match: units of a currency for one of the
    entity's on a day; None where they have one currency. Raises LookupError, ConnectorError."""
    if len({i.currency for i in items}) < 2:
        return None
    system = project.release().entities[entity].ledger
    reader = project.reader_of(system)
    if reader is None:
        raise LookupError(f"{system} is no ledger that can be read")
    return reader.facts().rate


def _reconciler(project: OpenProject, entity: str, until: date) -> tuple[Interface, Reconciler]:
    release = project.release()
    interface = reconciliation_interface(release, entity)
    if interface is None:
        raise LookupError(
            f"no interface reconciles {entity}: put interfaces/reconciliation.toml into the project, with "
            f'system = "{release.entities[entity].ledger}" and entity = "{entity}"'
        )
    reader = project.reader_of(interface.system)
    if reader is None:
        raise LookupError(f"{interface.system} is no ledger that can be read")
    return interface, Reconciler(release, interface, reader, until, project.clock.now())
