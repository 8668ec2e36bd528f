"""Reads what somebody chose, and who they are to a message: their roles, names and language of this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tieout.cases import READS
from tieout.notifying.model import Choice, NoticePace, NoticeWay
from tieout.security import Authority, stamper
from tieout.security.roles import entities_of
from tieout.store import Connection, Queries

SQL = Queries("tieout.notifying")
Row = dict[str, Any]


@dataclass(frozen=True)
class Reader:
    """Somebody who may be told of cases: of which `entities` ("*" among them: of every one), and every name under which cases are theirs."""

    name: str
    entities: frozenset[str]
    names: frozenset[str]

    def asked(self) -> list[str] | None:
        """The entities as queries ask by them; None for every one."""
        return None if "*" in self.entities else sorted(self.entities)


def reader_of(authority: Authority, name: str) -> Reader | None:
    """Who somebody is now; None where they are let in no more, or may see no case."""
    person = authority.people.get(name)
    if person is None or not person.active or not person.human:
        return None
    entities = entities_of(person.grants, READS)
    return Reader(name, entities, person.called()) if entities else None


def choice_of(connection: Connection, person: str) -> Choice | None:
    """What somebody chose; None where they chose nothing yet."""
    row = connection.execute(SQL["choice"], {"person": person}).fetchone()
    return None if row is None else choice_in(row)


def choice_in(row: Row) -> Choice:
    """A choice as its row has it."""
    return Choice(
        NoticePace(row["pace"]),
        NoticeWay(row["channel"]),
        row["hour"],
        row["weekday"],
        row["time_zone"],
        row["next_at"],
    )


def address_stamp(connection: Connection, person: str, channel: str, address: str) -> bytes:
    """What shows that we saw an address confirmed."""
    return stamper(connection).stamp("notice address", person, channel, address)


def address_of(connection: Connection, person: str, channel: NoticeWay) -> Row | None:
    """An address as somebody gave it: address, asked_at, confirmed_at, and `confirmed`, whether we saw it confirmed. None where there is none."""
    return next((r for r in addresses_of(connection, person) if r["channel"] == channel), None)


def addresses_of(connection: Connection, person: str) -> list[Row]:
    """Every address that somebody gave, as `address_of` has it."""
    found = []
    for row in connection.execute(SQL["addresses"], {"person": person}):
        stamp = row.pop("stamp")
        parts = ("notice address", person, row["channel"], row["address"])
        row["confirmed"] = stamp is not None and stamper(connection).holds(stamp, *parts)
        found.append(row)
    return found


def language_of(connection: Connection, person: str) -> str:
    """The language that somebody chose for their pages, "" where none."""
    row = connection.execute(SQL["language"], {"person": person}).fetchone()
    return str(row["language"]) if row else ""
