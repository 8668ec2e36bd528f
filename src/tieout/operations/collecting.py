"""What an entity's customers owe: read from its ledger, one reading of an entity at a time."""

from __future__ import annotations

from tieout.engine import Lane
from tieout.operations.open_project import OpenProject
from tieout.receivables import Read, Receivables, standing_interface


def read_receivables(project: OpenProject, entity: str) -> Read:
    """Read what an entity's customers owe, keep it, and tell their CRM what changed. Whoever comes while another reads
    waits, for two minutes at most. Raises LookupError where nothing governs it, ConnectorError; LaneBusyError, which is one."""
    release = project.release()
    interface = standing_interface(release, entity)
    ledger = release.entities[entity].ledger
    if interface is None:
        raise LookupError(
            f"nothing reads the receivables of {entity}: an interface of {ledger} for it needs the stream standings"
        )
    reader = project.reader_of(ledger)
    if reader is None:
        raise LookupError(f"{ledger} is no ledger that can be read")
    connection = project.database.connect(autocommit=True)
    # A name of its own: the stage whose round calls this holds the lane of its own name.
    lane = Lane(connection, "read receivables", entity)
    try:
        lane.wait(f"reads what the customers of {entity} owe")
        crm = dict(project.settings.sinks).get("crm", "")
        return Receivables(release, interface, reader, crm, project.clock.now()).read(connection)
    finally:
        # The lane is the connection's.
        connection.close()
