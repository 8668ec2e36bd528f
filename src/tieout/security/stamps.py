"""Stamps: keyed hashes (HMAC-SHA256, RFC 2104) over the rows that move money or give authority.

The key lies outside the database, so that whoever can write SQL still cannot make a row that we
act on. A stamp says what a row is, never that it is the latest: rows that may not be taken back
are append-only as well.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tieout.settings.key_files import made_once
from tieout.store import AsyncConnection, Connection


class StampError(Exception):
    """A row that was not made by us, or was changed since."""


def load_or_make_key(path: Path) -> bytes:
    """The key in `path` (mode 0600), made at the first start: whole, or not at all."""
    return bytes.fromhex(made_once(path, lambda: secrets.token_hex(32)))


def stamper(connection: Connection | AsyncConnection) -> Stamper:
    """Makes and checks the stamps of a connection's database. Raises RuntimeError where the connection carries no key: a
    defect, and never a reason to go on without stamps."""
    if connection.stamp_key is None:
        raise RuntimeError(
            f"no stamp key came with the connection to the database {connection.info.dbname!r}"
        )
    return Stamper(connection.stamp_key)


class Stamper:
    """Stamps under one key. `what` names the kind of row, so that no stamp serves for another."""

    def __init__(self, key: bytes) -> None:
        self._key, self._keyed = key, hmac.new(key, digestmod=hashlib.sha256)

    def stamp(self, what: str, *parts: object) -> bytes:
        """A hash of 32 bytes over every part with its length before it, so that no two lists of parts are one text."""
        said: list[bytes] = []
        for part in (what, *parts):
            raw = part if isinstance(part, bytes) else str(part).encode()
            said += (len(raw).to_bytes(8, "big"), raw)
        # At once, and with the key worked in beforehand. Not by `hmac.digest`: that lets another thread go first, and
        # where two are busy it waits for its turn, once a row.
        made = self._keyed.copy()
        made.update(b"".join(said))
        return made.digest()

    def derived(self, purpose: str) -> bytes:
        """A key of 256 bits for another purpose (HKDF-SHA256, RFC 5869)."""
        return HKDF(hashes.SHA256(), 32, None, f"tieout {purpose}".encode()).derive(self._key)

    def holds(self, stamp: bytes | None, what: str, *parts: object) -> bool:
        """Whether `stamp` is this row's."""
        return stamp is not None and hmac.compare_digest(bytes(stamp), self.stamp(what, *parts))

    def message(
        self,
        interface: str,
        stream: str,
        dedupe_key: str,
        transport: str,
        submitted_by: str,
        body_sha256: bytes,
    ) -> bytes:
        """The stamp of a message."""
        return self.stamp("message", interface, stream, dedupe_key, transport, submitted_by, body_sha256)

    def document(
        self, interface: str, key: str, revision: int, message_id: int, content_sha256: bytes
    ) -> bytes:
        """The stamp of a document."""
        return self.stamp("document", interface, key, revision, message_id, content_sha256)

    def control_total(
        self,
        interface: str,
        entity: str,
        period: str,
        currency: str,
        group: str,
        count: int,
        debit: Decimal,
        credit: Decimal,
        taken_at: datetime,
    ) -> bytes:
        """The stamp of what a source says of itself for a month, as it was taken at an instant."""
        sums = [f"{value.normalize():f}" for value in (debit, credit)]
        at = taken_at.astimezone(UTC).isoformat()
        return self.stamp("control total", interface, entity, period, currency, group, count, *sums, at)

    def delivery(self, system: str, external_id: str, document_id: int, requires: str, body: bytes) -> bytes:
        """`requires` are external ids, a space between two; `body` is the effect's hash."""
        return self.stamp("delivery", system, external_id, document_id, requires, body)
