"""Reads, for a whole batch, what its plans depend on: what recipes ask for, from the sources that processes declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec

from tieout.connector_api import LedgerFacts
from tieout.documents import Document
from tieout.documents.taxation import TaxDetermination
from tieout.planning.late_decisions import go_past_locks
from tieout.planning.sources import FactSourceError, SourceReader, asked_of
from tieout.processes import Facts, fact_sources, recipe_of
from tieout.processes.causes import LATE_EVENT
from tieout.processes.facts import PreviousFact
from tieout.processes.sources import Asking, FactSource, Scope
from tieout.rules import Interface, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


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


# What an engine says of a document, or why it says nothing.
TaxWord = tuple[TaxDetermination | None, str]


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
        self._connection, self._interface = connection, interface
        self._scope = Scope(release, interface)
        self._sources = SourceReader(connection, self._scope)
        self._taxes, self._ledger, self._foreign, self._now = taxes, ledger, foreign, now

    def read(self, asked: Sequence[Asked]) -> list[Facts]:
        """The facts of each document, in their order. Raises FactSourceError."""
        asking = [self._asking(a) for a in asked]
        accepted = self._accepted(asked)
        given: list[dict[str, Any]] = [{} for _ in asked]
        for source in fact_sources():
            theirs = [n for n, one in enumerate(asking) if asked_of(source, one, self._scope)]
            if theirs:
                found = self._sources.found(source, [asking[n] for n in theirs])
                for n in theirs:
                    _add(given[n], source, source.facts_of(asking[n], found, self._scope))
        return [
            Facts(**self._beside(a, one, accepted.get(a.document_id, ())), **fields)
            for a, one, fields in zip(asked, asking, given, strict=True)
        ]

    def _asking(self, asked: Asked) -> Asking:
        document, recipe = asked.document, recipe_of(asked.document)
        return Asking(
            document=document,
            keys=recipe.fact_keys(document, self._interface.options),
            document_id=asked.document_id,
            entire=recipe.entire(document),
            more_related=partial(recipe.more_related, document),
        )

    def _beside(self, asked: Asked, asking: Asking, accepted: tuple[str, ...]) -> dict[str, Any]:
        """What no process has to declare: rates and locks, patience, what was told, decided and determined."""
        document, number = asked.document, asking.keys.number
        same = document.currency == self._scope.entity.currency
        tax, outage = self._taxes.get(document.key, (None, ""))
        return {
            "rate": Decimal(1) if same else self._ledger.rate(document.currency, asked.on),
            "lock_on": self._ledger.lock_on,
            "locks": self._ledger.locks or msgspec.UNSET,
            "patience_over": self._now >= _begins(asked) + timedelta(hours=self._interface.patience_hours),
            "previous": asked.previous,
            "foreign": self._foreign.get(number, "") if number else "",
            "accepted": accepted,
            "tax": tax,
            "tax_outage": outage,
        }

    def _accepted(self, asked: Sequence[Asked]) -> dict[int, tuple[str, ...]]:
        """The causes that a person let each document go on with."""
        ids = [a.document_id for a in asked if a.document_id]
        rows = self._connection.execute(_SQL["accepted"], {"ids": ids}) if ids else ()
        found = {row["document_id"]: tuple(row["causes"]) for row in rows}
        for number in go_past_locks(self._connection, ids):
            found[number] = tuple(sorted({*found.get(number, ()), LATE_EVENT.name}))
        return found


def _add(given: dict[str, Any], source: FactSource, fields: Mapping[str, Any]) -> None:
    """Take what a source found for a document. Raises FactSourceError where another gave the same."""
    for name, value in fields.items():
        if name == "own":
            given["own"] = {**given.get("own", {}), **value}
        elif name in given:
            raise FactSourceError(
                f"the source of facts {source.name!r} gives {name}, which another gives too"
            )
        else:
            given[name] = value
