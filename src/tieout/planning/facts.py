"""Reads, for a whole batch, what its plans depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec

from tieout.connector_api import LedgerFacts
from tieout.documents import Document, Party, order_number
from tieout.documents.taxation import TaxDetermination
from tieout.processes import (
    FactKeys,
    Facts,
    OrderFact,
    ParkedFact,
    PayoutFact,
    partner_external_id,
    recipe_of,
)
from tieout.processes.facts import PreviousFact, RelatedFact
from tieout.rules import Interface, Release
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
_STATES = {"posted": "posted", "planned": "planned", "refused": "exception", "excluded": "excluded"}


@dataclass(frozen=True)
class Asked:
    """A document whose plan is due, and the planned revision before it, if any."""

    document: Document
    on: date
    previous: PreviousFact | None = None
    document_id: int = 0
    received_at: datetime | None = None


def _begins(asked: Asked) -> datetime:
    """From when a document's patience counts: of a bill from when it came, whatever its date."""
    if recipe_of(asked.document).patient_from_receipt and asked.received_at is not None:
        return asked.received_at
    return asked.document.occurred_at


Known = tuple[int, RelatedFact]
# What an engine says of a document, or why it says nothing.
TaxWord = tuple[TaxDetermination | None, str]


def _with_more(asked: Asked, wants: FactKeys, related: dict[str, list[Known]]) -> FactKeys:
    """What is related to a document by what was found first: a bill by the supplier that it is of."""
    found = [fact for name in wants.related for _, fact in related.get(name, ())]
    more = recipe_of(asked.document).more_related(asked.document, found)
    return msgspec.structs.replace(wants, related=(*wants.related, *more)) if more else wants


def _beside(asked: Asked, wants: FactKeys, related: dict[str, list[Known]]) -> tuple[RelatedFact, ...]:
    """What stands beside one document, each once with its names, oldest first; not itself."""
    names: dict[int, list[str]] = {}
    facts: dict[int, RelatedFact] = {}
    for name in dict.fromkeys(wants.related):
        for number, fact in related.get(name, ()):
            if number != asked.document_id:
                names.setdefault(number, []).append(name)
                facts[number] = fact
    return tuple(
        msgspec.structs.replace(
            facts[n], names=tuple(names[n]), earlier=not asked.document_id or n < asked.document_id
        )
        for n in sorted(facts)
    )


class FactReader:
    """Facts of one batch of one interface: a handful of queries, whatever its size."""

    def __init__(
        self,
        connection: Connection,
        release: Release,
        interface: Interface,
        ledger: LedgerFacts,
        foreign: dict[str, str],
        now: datetime,
        taxes: Mapping[str, TaxWord] = MappingProxyType({}),
    ) -> None:
        self._connection, self._release, self._interface = connection, release, interface
        self._taxes = taxes
        self._entity = release.entities[interface.entity]
        self._ledger, self._foreign, self._now = ledger, foreign, now

    def read(self, asked: Sequence[Asked]) -> list[Facts]:
        wants = [recipe_of(a.document).fact_keys(a.document, self._interface.options) for a in asked]
        orders = self._orders(wants)
        links = self._links(wants)
        parked = self._parked(wants)
        refunds = self._refunds(wants)
        parties = self._parties(wants)
        twins = self._twins(wants)
        revisions = self._tellings(asked)
        related = self._related(wants)
        accepted = self._accepted(asked)
        wants = [_with_more(a, w, related) for a, w in zip(asked, wants, strict=True)]
        related |= self._related(wants, known=related)
        found = [
            self._facts(a, w, orders, links, parked, refunds, parties, twins, revisions)
            for a, w in zip(asked, wants, strict=True)
        ]
        return [
            msgspec.structs.replace(
                facts,
                related=_beside(a, w, related),
                tax=self._taxes.get(a.document.key, (None, ""))[0],
                tax_outage=self._taxes.get(a.document.key, (None, ""))[1],
                accepted=accepted.get(a.document_id, ()),
            )
            for a, w, facts in zip(asked, wants, found, strict=True)
        ]

    def _accepted(self, asked: Sequence[Asked]) -> dict[int, tuple[str, ...]]:
        """The causes that a person let each document go on with."""
        ids = [a.document_id for a in asked if a.document_id]
        rows = self._connection.execute(_SQL["accepted"], {"ids": ids}) if ids else ()
        return {row["document_id"]: tuple(row["causes"]) for row in rows}

    def _related(
        self, wants: Sequence[FactKeys], known: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, list[Known]]:
        """Documents by each name that is asked for and not `known`; what somebody changed past us is none."""
        names = sorted({n for w in wants for n in w.related if n not in known})
        if not names:
            return {}
        stamps, found = stamper(self._connection), dict[str, list[Known]]()
        for row in self._connection.execute(
            _SQL["related"], {"entity": self._entity.code, "names": names}
        ).fetchall():
            sha = hashlib.sha256(row["content"].encode()).digest()
            given = (row["interface"], row["source_key"], row["revision"], row["message_id"], sha)
            if not stamps.holds(row["stamp"], "document", *given):
                continue
            interface = self._release.interfaces.get(row["interface"])
            fact = RelatedFact(
                kind=row["kind"],
                interface=row["interface"],
                system=interface.system if interface else "",
                key=row["source_key"],
                revision=row["revision"],
                state=row["state"],
                content=row["content"],
                on=row["accounting_on"],
                since=row["posted_at"],
                effect=row["effect"],
            )
            for name in row["names"]:
                found.setdefault(name, []).append((row["document_id"], fact))
        return found

    def _orders(self, wants: Sequence[FactKeys]) -> dict[str, OrderFact]:
        keys = sorted({w.order_key for w in wants if w.order_key})
        references = {r for w in wants for r in w.references}
        references |= {k.removeprefix("number:") for k in keys if k.startswith("number:")}
        if not keys and not references:
            return {}
        given = {"entity": self._entity.code, "orders": keys, "references": sorted(references)}
        rows = self._connection.execute(_SQL["orders_by_key"], given).fetchall()
        found_keys = sorted({row["order_key"] for row in rows})
        paid = {
            row["order_key"]
            for row in self._connection.execute(
                _SQL["paid_out_orders"], {"entity": self._entity.code, "orders": found_keys}
            )
        }
        facts: dict[str, OrderFact] = {}
        for row in rows:
            shop = self._release.interfaces.get(row["interface"])
            on_fulfilment = shop is not None and shop.option("invoice_on") == "fulfilment"
            state = _STATES.get(row["state"], "")
            if row["state"] == "normalised" and (row["reason"] or "").startswith("approval "):
                # It waits for people: what is paid for it is booked, and taken in by it later.
                state = "exception"
            elif row["state"] == "normalised" and on_fulfilment:
                state = "deposit"
            earlier = facts.get(row["order_key"])
            if not state:
                continue
            # An edit that waits or became a case does not undo the invoice that stands.
            if earlier is not None and earlier.invoice and state in ("exception", "deposit"):
                continue
            fact = OrderFact(
                state=state,
                reason=row["reason"] or "",
                on_fulfilment=on_fulfilment,
                invoice_on=date.fromisoformat(row["invoice_on"]) if row["invoice_on"] else None,
                party=msgspec.json.decode(row["party"].encode(), type=Party) if row["party"] else None,
                system=shop.system if shop else "",
                invoice=row["invoice"] or "",
                partner=row["partner"] or "",
                number=row["link_key"],
                match=row["match"] or "",
                total=Decimal(row["total"]),
                currency=row["currency"],
                paid_out=row["order_key"] in paid,
            )
            facts[row["order_key"]] = fact
            facts["ref:" + row["link_key"]] = fact
            facts[order_number(row["link_key"])] = fact
        return facts

    def _links(self, wants: Sequence[FactKeys]) -> dict[str, dict[str, Any]]:
        keys = {k for w in wants for k in (w.payout_key, w.refund_key, w.payment_key)}
        keys.discard("")
        if not keys:
            return {}
        rows = self._connection.execute(
            _SQL["linked_effects"], {"entity": self._entity.code, "links": sorted(keys)}
        )
        return {row["link_key"]: row for row in rows}

    def _parked(self, wants: Sequence[FactKeys]) -> dict[str, list[ParkedFact]]:
        orders = [name for w in wants for name in w.takes_in]
        if not orders:
            return {}
        rows = self._connection.execute(
            _SQL["parked"], {"entity": self._entity.code, "orders": orders}
        ).fetchall()
        charges = {row["link_key"]: dict(row) for row in rows if row["effect"] == "charge"}
        for row in rows:
            # What was given back is matched with its charge: less of that is left.
            if row["effect"] != "charge" and row["link_key"] in charges:
                charges[row["link_key"]]["amount"] += row["amount"]
                charges[row["link_key"]]["company"] += row["company"]
        found: dict[str, list[ParkedFact]] = {}
        for row in charges.values():
            fact = ParkedFact(
                effect=row["external_id"],
                account=row["parked_account"],
                amount=row["amount"],
                company=row["company"],
                key=row["source_key"],
                payment_key=row["link_key"],
                on=row["accounting_on"],
            )
            if fact.amount:
                found.setdefault(row["order_key"], []).append(fact)
        return found

    def _refunds(self, wants: Sequence[FactKeys]) -> dict[str, str]:
        """The account that each credit note's refund went out of, by the credit note's key."""
        orders = [w.refunds_of for w in wants if w.refunds_of is not None]
        if not orders:
            return {}
        rows = self._connection.execute(_SQL["refunds"], {"entity": self._entity.code, "orders": orders})
        return {row["refund_key"]: row["account"] for row in rows}

    def _twins(self, wants: Sequence[FactKeys]) -> dict[str, tuple[int, str]]:
        """The first document of each thing that there may be one of."""
        links = {w.twin for w in wants if w.twin}
        if not links:
            return {}
        rows = self._connection.execute(_SQL["twins"], {"entity": self._entity.code, "links": sorted(links)})
        return {row["link_key"]: (row["document_id"], row["source_key"]) for row in rows}

    @staticmethod
    def _twin(asked: Asked, twin: str, twins: dict[str, tuple[int, str]]) -> str:
        first, key = twins.get(twin, (0, ""))
        if not first or first == asked.document_id:
            return ""
        # Parts of one entry are no twins.
        entire = recipe_of(asked.document).entire(asked.document)
        theirs = key.rpartition("#")[0] if entire is not None and entire.parts > 1 else key
        return "" if theirs == (entire.key if entire is not None else asked.document.key) else key

    def _tellings(self, asked: Sequence[Asked]) -> dict[str, str]:
        """How entries were booked before: the hash over all parts by key, of a first part or a whole."""
        stems = {
            entire.key for a in asked if (entire := recipe_of(a.document).entire(a.document)) is not None
        }
        if not stems:
            return {}
        keys = sorted(key for stem in stems for key in (stem, f"{stem}#1"))
        given = {"interface": self._interface.name, "keys": keys}
        rows = self._connection.execute(_SQL["revisions"], given)
        return {row["source_key"]: row["whole"] for row in rows}

    @staticmethod
    def _retold(document: Document, revisions: dict[str, str]) -> bool:
        """Whether an entry was booked in other parts than it comes in now."""
        entire = recipe_of(document).entire(document)
        if entire is None:
            return False
        if entire.parts == 1:
            return bool(revisions.get(f"{entire.key}#1"))
        return entire.key in revisions or revisions.get(f"{entire.key}#1", entire.whole) != entire.whole

    def _parties(self, wants: Sequence[FactKeys]) -> set[str]:
        if self._interface.option("customers") != "from_crm":
            return set()
        ids = {partner_external_id(self._interface.system, w.customer) for w in wants if w.customer}
        rows = self._connection.execute(
            _SQL["known_effects"], {"system": self._entity.ledger, "ids": sorted(ids)}
        )
        return {row["external_id"] for row in rows}

    def _facts(
        self,
        asked: Asked,
        wants: FactKeys,
        orders: dict[str, OrderFact],
        links: dict[str, dict[str, Any]],
        parked: dict[str, list[ParkedFact]],
        refunds: dict[str, str],
        parties: set[str],
        twins: dict[str, tuple[int, str]],
        revisions: dict[str, str],
    ) -> Facts:
        document = asked.document
        same = document.currency == self._entity.currency
        rate = Decimal(1) if same else self._ledger.rate(document.currency, asked.on)
        order = orders.get(wants.order_key) if wants.order_key else None
        if order is None:
            order = next((orders["ref:" + r] for r in wants.references if "ref:" + r in orders), None)
        payout, credit = links.get(wants.payout_key), links.get(wants.refund_key)
        charge = links.get(wants.payment_key)
        party = partner_external_id(self._interface.system, wants.customer) if wants.customer else ""
        return Facts(
            rate=rate,
            lock_on=self._ledger.lock_on,
            patience_over=self._now >= _begins(asked) + timedelta(hours=self._interface.patience_hours),
            order=order,
            credit_note=credit["external_id"] if credit else "",
            payout=PayoutFact(
                effect=payout["external_id"],
                match=payout["line_match"] or "",
                amount=-payout["amount"],
            )
            if payout
            else None,
            payment=ParkedFact(
                effect=charge["external_id"],
                account=charge["counter"] or "",
                amount=charge["amount"],
                company=charge["company"],
                key=wants.payment_key,
            )
            if charge and charge["effect"] == "charge"
            else None,
            parked=tuple(p for name in wants.takes_in for p in parked.get(name, ())),
            refund_account=refunds.get(document.key, "") if wants.refunds_of is not None else "",
            previous=asked.previous,
            party_effect=party if party in parties else "",
            foreign=self._foreign.get(wants.number, "") if wants.number else "",
            twin=self._twin(asked, wants.twin, twins),
            restated_already=self._retold(document, revisions),
        )
