"""Reads what an entity's customers owe, keeps it, and tells their CRM what changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tieout.cases import beside_others
from tieout.connector_api import CustomerReader, Item, LedgerCustomer, LedgerFacts, LedgerReader, OpenItem
from tieout.documents import (
    CollectionStatus,
    CustomerInvoice,
    CustomerStanding,
    canonical_bytes,
    decode_document,
)
from tieout.engine import wake
from tieout.evidence import mark
from tieout.inbox import accept
from tieout.money import Amount
from tieout.processes.external_ids import partner_external_id
from tieout.receivables.collection import gravest
from tieout.receivables.exposure import Exposure, OpenOrder, exposures, owing
from tieout.receivables.following import ended, follow, open_invoices
from tieout.rules import Interface, Release, role_accounts
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.receivables")
STREAM = "standings"
# What a customer paid and nothing was applied to waits on these.
_UNAPPLIED = ("unapplied.", "customer_deposits")
_PARTS = ("invoiced", "credited", "unapplied", "orders")


@dataclass(frozen=True)
class Read:
    """What was read of an entity: its customers' exposures, the largest first, and which accounts of the CRM are told."""

    exposures: tuple[Exposure, ...]
    told: tuple[str, ...]


def standing_interface(release: Release, entity: str) -> Interface | None:
    """The interface that says what an entity's customers owe, if its project declares one."""
    return next((i for i in release.interfaces.values() if i.entity == entity and STREAM in i.streams), None)


class Receivables:
    """What one entity's customers owe at one instant. `crm` is the system that is told, "" for none."""

    def __init__(
        self, release: Release, interface: Interface, reader: LedgerReader, crm: str, now: datetime
    ) -> None:
        self._release, self._interface, self._reader = release, interface, reader
        self._crm, self._now = crm, now
        self._entity = release.entities[interface.entity]
        self._statuses: dict[str, list[CollectionStatus]] = {}

    @property
    def _today(self) -> date:
        return self._now.astimezone(self._entity.zone).date()

    def read(self, connection: Connection) -> Read:
        """Read, keep and tell, in transactions of its own. Raises ConnectorError (the ledger)."""
        seen = mark(connection)
        # What is booked while the ledger is read counts twice or not at all until it is read again, which it makes due.
        orders = self._orders(connection, self._reader.facts())
        accounts = role_accounts(self._release, _UNAPPLIED, self._today)
        items = self._reader.open_items(sorted(accounts), date.max)
        partners = self._partners(connection, orders)
        customers = self._customers(items, partners.values())
        found = exposures(items, accounts.keys(), customers, [o for o, _ in orders], partners)
        invoices = open_invoices(items, customers)
        standing = ended(connection, self._entity.code, invoices, self._reader)
        with connection.transaction():
            beside_others(connection)
            self._keep(connection, found.values())
            self._statuses = follow(connection, self._entity, invoices, standing, self._now)
            standings = self._standings(found, customers, orders, partners)
            told = self._tell(connection, standings)
            given = {"entity": self._entity.code, "seen": seen, "now": self._now}
            connection.execute(_SQL["keep_read"], given)
        return Read(tuple(sorted(found.values(), key=lambda e: (-e.amount, e.customer))), tuple(told))

    # reading

    def _orders(self, connection: Connection, facts: LedgerFacts) -> list[tuple[OpenOrder, str]]:
        """Orders that are not invoiced yet, each with the CRM's key of its customer ("": it is another system's)."""
        found, stamps = [], stamper(connection)
        for row in connection.execute(_SQL["orders_open"], {"entity": self._entity.code}):
            sha = hashlib.sha256(row["content"].encode()).digest()
            told = (row["interface"], row["source_key"], row["revision"], row["message_id"], sha)
            order = decode_document(row["content"].encode())
            if not stamps.holds(row["stamp"], "document", *told) or not isinstance(order, CustomerInvoice):
                continue
            interface = self._release.interfaces.get(row["interface"])
            if order.party is None or order.exclusion or interface is None:
                continue
            left = order.total.value - _total(row["billed"])
            effect = partner_external_id(interface.system, order.party.key)
            amount = self._worth(left, order.currency, facts)
            key = order.party.key if interface.system == self._crm else ""
            if left:
                found.append((OpenOrder(effect=effect, name=order.party.name, amount=amount), key))
        return found

    def _worth(self, amount: Decimal, currency: str, facts: LedgerFacts) -> Decimal | None:
        if currency == self._entity.currency:
            return amount
        rate = facts.rate(currency, self._today)
        return Amount.rounded(amount / rate, self._entity.currency).value if rate else None

    def _partners(self, connection: Connection, orders: Iterable[tuple[OpenOrder, str]]) -> dict[str, int]:
        ids = sorted({order.effect for order, _ in orders})
        rows = connection.execute(_SQL["partners_of"], {"ids": ids}) if ids else ()
        return {row["external_id"]: row["target_id"] for row in rows}

    def _customers(self, items: Iterable[OpenItem], more: Iterable[int]) -> dict[int, LedgerCustomer]:
        wanted = sorted({i.partner for i in items if i.partner} | set(more))
        if not isinstance(self._reader, CustomerReader) or not wanted:
            return {}
        return {c.partner: c for c in self._reader.customers(wanted)}

    # telling

    def _standings(
        self,
        found: Mapping[str, Exposure],
        customers: Mapping[int, LedgerCustomer],
        orders: Iterable[tuple[OpenOrder, str]],
        partners: Mapping[str, int],
    ) -> dict[str, CustomerStanding]:
        """By the CRM's key: of its customers whom the ledger has, and of those who ordered."""
        if not self._crm:
            return {}
        keys = {
            c.reference: owing(c.partner, c.name, customers)[0]
            for c in customers.values()
            if c.reference and c.effect == partner_external_id(self._crm, c.reference)
        }
        for order, key in orders:
            if key and key not in keys:
                partner = partners.get(order.effect)
                keys[key] = owing(partner, order.name, customers)[0] if partner else order.effect
        return {key: self._standing(key, found[who]) for key, who in sorted(keys.items()) if who in found}

    def _standing(self, key: str, exposure: Exposure) -> CustomerStanding:
        own = self._entity.currency
        open_ones = self._statuses.get(exposure.customer, [])
        # What is open and is no invoice (an opening balance) is open all the same.
        status = gravest([*open_ones, *([CollectionStatus.OPEN] if exposure.invoiced else [])])
        return CustomerStanding(
            key=f"standing:{key}",
            occurred_at=self._now,
            currency=own,
            account_key=key,
            name=exposure.name,
            exposure=Amount.exact(exposure.amount, own),
            orders=Amount.exact(exposure.orders, own),
            status=status,
        )

    def _tell(self, connection: Connection, standings: Mapping[str, CustomerStanding]) -> list[str]:
        """Hand on what is not as it was told last; the keys. Who owes nothing any more is told that."""
        rows = connection.execute(_SQL["told"], {"entity": self._entity.code})
        before = {row["account_key"]: row["content"] for row in rows}
        wanted = dict(standings)
        for key in before.keys() - standings.keys() if self._crm else ():
            wanted[key] = self._standing(key, Exposure(customer=key, name=json.loads(before[key])["name"]))
        items, told = [], []
        for key, standing in sorted(wanted.items()):
            content = _said(standing)
            if before.get(key) == content:
                continue
            raw = canonical_bytes(standing)
            sha = hashlib.sha256(raw).hexdigest()[:16]
            # The same may be true again later: each change is a message of its own.
            items.append(Item(STREAM, standing.key, f"{standing.key}:{self._now.isoformat()}:{sha}", raw))
            given = {"entity": self._entity.code, "account_key": key, "content": content, "now": self._now}
            connection.execute(_SQL["keep_told"], given)
            told.append(key)
        if items:
            accept(connection, self._interface.name, items, "proposal", self._now)
            wake(connection)
        return told

    def _keep(self, connection: Connection, found: Iterable[Exposure]) -> None:
        code, own = self._entity.code, self._entity.currency
        connection.execute(_SQL["forget_exposures"], {"entity": code})
        # The ledger's amounts come with four decimals: what is kept has its currency's own.
        rows = [
            {"entity": code, "currency": own, "now": self._now, "customer": e.customer, "name": e.name, "unrated": e.unrated}
            | {part: Amount.exact(getattr(e, part), own).value for part in _PARTS}
            for e in found
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.executemany(_SQL["keep_exposure"], rows)


def _total(content: str | None) -> Decimal:
    """What an order came to as it is billed; 0 where it is not."""
    document = decode_document(content.encode()) if content else None
    return document.total.value if isinstance(document, CustomerInvoice) else Decimal(0)


def _said(standing: CustomerStanding) -> str:
    """What a CRM learns of a standing, whenever it was read."""
    said = {"name": standing.name, "exposure": str(standing.exposure), "orders": str(standing.orders)}
    return json.dumps({**said, "status": standing.status}, sort_keys=True)
