"""What persons earn: kept in the vault, shown to whoever holds the payroll role, and to nobody else.

Every reading leaves evidence, also one that is refused.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal

import msgspec

from tieout.evidence import Entry, record
from tieout.rules import Interface
from tieout.security import AuthorityError, load_authority, person_of, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.inbox")


class Pay(msgspec.Struct, frozen=True, kw_only=True):
    """One component of an employee's pay: `amount` as the run's file says it, in its currency."""

    run: str
    employee: str
    component: str
    amount: Decimal
    currency: str
    cost_centre: str = ""
    place: str = ""


def persons(connection: Connection, interface: Interface, run: str, key: str, now: datetime) -> list[Pay]:
    """What of a run is each person's, by its last revision.

    Raises AuthorityError where the key's holder has not the role that the interface names
    (`detail_role`, "payroll" unless it does), LookupError for a run that was never taken in.
    """
    role = interface.option("detail_role", "payroll")
    try:
        if not load_authority(connection).people:
            raise AuthorityError(
                "let people in first (`tieout people`): what persons earn is for a role alone"
            )
        person = person_of(connection, key)
        if not person.human or not person.grants_of(role, interface.entity):
            raise AuthorityError(
                f"{person.name} is no {role} of {interface.entity}: that role sees what persons earn"
            )
    except AuthorityError as error:
        _note(connection, interface, run, "persons.refused", str(error), now)
        raise
    found = _rows(connection, interface, run)
    if not found:
        raise LookupError(f"{interface.name} has no run {run!r} whose persons are kept")
    _note(connection, interface, run, "persons.read", person.name, now)
    return found


def _note(
    connection: Connection, interface: Interface, run: str, action: str, who: str, now: datetime
) -> None:
    entry = Entry(
        now, "command line", action, f"{interface.name}:{run}", interface.entity, {"who": who[:200]}
    )
    with connection.transaction():
        record(connection, [entry])


def _rows(connection: Connection, interface: Interface, run: str) -> list[Pay]:
    """The rows of the last file that told the run; a message that somebody changed past us is none."""
    stamps, files = stamper(connection), dict[str, list[Pay]]()
    last = ""
    for row in connection.execute(_SQL["details"], {"interface": interface.name}).fetchall():
        body = bytes(row["body"])
        given = (
            row["stream"],
            row["dedupe_key"],
            row["transport"],
            row["submitted_by"],
            hashlib.sha256(body).digest(),
        )
        if not stamps.holds(row["stamp"], "message", interface.name, *given):
            continue
        kept = json.loads(body)
        for number, values in kept["rows"]:
            if values.get("run") == run:
                last = kept["file_sha256"]
                files.setdefault(last, []).append(
                    Pay(
                        run=run,
                        employee=str(values.get("employee", "")),
                        component=str(values.get("component", "")),
                        amount=Decimal(str(values["amount"])),
                        currency=str(values.get("currency", "")),
                        cost_centre=str(values.get("cost_centre", "")),
                        place=f"{kept['file']}, row {number}",
                    )
                )
    return files.get(last, [])
