"""An office whose banks send files: their accounts and journals are mapped, and the ledger has a rate of the euro."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.integration.test_process import ACCOUNTS, Site
from tests.stages import step
from tieout.connector_api import Item, LedgerFacts
from tieout.inbox import accept
from tieout.operations.discover import discover
from tieout.planning import ProcessStage
from tieout.planning.process import LedgerSide
from tieout.rules import Entity, Mapping, MappingRow, Release
from tieout.store import Database


class _Ledger:
    def facts(self, entity: Entity) -> LedgerFacts:
        return LedgerFacts(None, {"EUR": [(date(2026, 1, 1), Decimal("0.9"))]})

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}


class Banks(Site):
    """Takes bank files into an entity of dollars, by one of two interfaces; `ledger` is what planning asks."""

    interface = "bankfile"
    ledger: LedgerSide = _Ledger()

    def release(self) -> Release:
        made = super().release()
        banks = sorted(k for k in self.accounts if k.startswith("bank."))
        journals = Mapping("journals", tuple(MappingRow(k, "BNK") for k in banks))
        (first,) = made.interfaces.values()
        interfaces = {**made.interfaces, "second": replace(first, name="second")}
        return replace(made, mappings={**made.mappings, "journals": journals}, interfaces=interfaces)

    def take(self, *bodies: bytes) -> None:
        with self.database.transaction() as connection:
            items = [Item(self.stream, f"k{n}", f"d{hash(b)}-{n}", b) for n, b in enumerate(bodies)]
            accept(connection, self.interface, items, "poll", self.clock.now())

    def map(self, accounts: Iterable[str]) -> None:
        """Let these accounts of banks be booked."""
        self.accounts |= {f"bank.{a}": "101511" for a in accounts}

    def work(self) -> None:
        connector = discover()[self.kind]
        stage = ProcessStage(self.release, lambda _: connector, self.ledger, {}, self.clock)
        connection = self.database.connect(autocommit=True)
        while step(stage, connection):
            pass
        connection.close()

    def give(self, *files: bytes) -> None:
        """Each file by itself."""
        for file in files:
            self.take(file)
            self.work()

    def counts(self) -> dict[str, int]:
        """How many documents, effects and cases there are."""
        (row,) = self.database.rows(
            "select (select count(*) from tieout.document) as documents, (select count(*) from tieout.delivery) as effects,"
            " (select count(*) from tieout.cases) as cases"
        )
        return row


def banks(database: Database, *accounts: str) -> Banks:
    """An office with these accounts."""
    made = Banks(database, {**ACCOUNTS, "unapplied.bank": "212130"}, kind="bankfile", stream="statements")
    made.map(accounts)
    return made
