"""Reads documents for payables: nothing that somebody wrote past us is one."""

from __future__ import annotations

import hashlib
from typing import Any

from tieout.documents import Document, Supplier, decode_document
from tieout.payables.proposing import SupplierRevision
from tieout.rules import Release
from tieout.rules.packs import load_pack
from tieout.security import stamper
from tieout.store import Connection, Queries

SQL = Queries("tieout.payables")


def ours(connection: Connection, interface: str, row: dict[str, Any]) -> Document | None:
    """A row's document; None where its stamp is not right."""
    sha = hashlib.sha256(row["content"].encode()).digest()
    given = (interface, row["source_key"], row["revision"], row["message_id"], sha)
    if not stamper(connection).holds(row["stamp"], "document", *given):
        return None
    return decode_document(row["content"].encode())


def payments_version(country: str) -> str:
    """The version of pain.001 that a country's banks take, where an interface says none."""
    return load_pack(country).payments_version if country else "09"


def supplier_revisions(
    connection: Connection, release: Release, entity: str
) -> dict[tuple[str, str], list[SupplierRevision]]:
    """Every supplier's revisions in order, by its interface's system and its own key."""
    interfaces = [i.name for i in release.interfaces.values() if i.entity == entity]
    found: dict[tuple[str, str], list[SupplierRevision]] = {}
    for row in connection.execute(SQL["suppliers"], {"interfaces": interfaces}).fetchall():
        document = ours(connection, row["interface"], row)
        if isinstance(document, Supplier):
            key = release.interfaces[row["interface"]].system, document.party.key
            found.setdefault(key, []).append(
                SupplierRevision(
                    revision=row["revision"], state=row["state"], supplier=document, since=row["posted_at"]
                )
            )
    return found
