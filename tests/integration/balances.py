"""A provider's balance as its API tells it, over the books of a company: polls, planning, delivery, and the proofs of its payouts."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.conformance.test_connectors import CONNECTORS
from tests.integration.test_reconciling import Books, by_line
from tests.stages import forget_failures, step
from tieout.connector_api import Item
from tieout.delivery import DeliveryStage
from tieout.inbox import accept
from tieout.planning import ProcessStage
from tieout.proofs import ClearingRow, PayoutProof, clearing_rows, prove_payouts
from tieout.rules import Interface, Mapping, MappingRow, Release


@dataclass
class Balance:
    """`connector` tells of `provider`'s balance by `session`; its interface is named pay."""

    books: Books
    connector: str
    provider: str
    session: Any
    streams: tuple[str, ...]
    accounts: dict[str, str]
    journals: dict[str, str]
    options: dict[str, Any] = field(default_factory=dict)
    cursors: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Interface] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.books.accounts = self.accounts

    @property
    def interface(self) -> Interface:
        return Interface("pay", self.connector, "US", self.streams, "treasury", "treasury", patience_hours=0,
                         late_events="first_open", options=self.options)  # fmt: skip

    def release(self) -> Release:
        made = self.books.release()
        table = Mapping("journals", tuple(MappingRow(k, v) for k, v in self.journals.items()))
        return replace(made, interfaces={**made.interfaces, **self.beside, "pay": self.interface},
                       mappings={**made.mappings, "journals": table})  # fmt: skip

    def poll(self) -> None:
        """Every stream to its end, as it is now, and what follows from it."""
        for stream in self.streams:
            cursor = {**self.cursors.get(stream, {}), "options": self.options}
            while True:
                page = self.session.poll(stream, cursor, self.books.clock.now())
                with self.books.database.transaction() as connection:
                    accept(connection, "pay", page.items, "poll", self.books.clock.now())
                cursor = {**page.cursor, "options": self.options}
                if not page.more:
                    break
            self.cursors[stream] = page.cursor
        self.work()

    def work(self) -> None:
        """Plans and delivers until nothing moves."""
        connection = self.books.database.connect(autocommit=True)
        stage = ProcessStage(
            self.release,
            lambda s: CONNECTORS[s],
            self.books,
            {},
            self.books.clock,
        )
        delivery = DeliveryStage(lambda _: self.books.session, self.books.clock, lambda: ["odoo"])
        for _ in range(3):
            while step(stage, connection):
                pass
            for _ in range(20):
                forget_failures(connection)
                step(delivery, connection)
        connection.close()

    def tell(self, interface: Interface, stream: str, raw: bytes) -> None:
        """Something comes by another interface, such as a file."""
        self.beside[interface.name] = interface
        with self.books.database.transaction() as connection:
            accept(
                connection,
                interface.name,
                [Item(stream, "f", f"file:{hash(raw)}", raw)],
                "file",
                self.books.clock.now(),
            )
        # What is told apart from its like is planned once all of it is kept.
        for _ in range(2):
            self.work()
            self.books.clock.at += timedelta(hours=1)

    def arrives(self, name: str, amount: str, payout_key: str, **more: Any) -> None:
        """The bank tells of a payout, by a text of its own, and a person says which one it is."""
        self.books.cash(name, amount, name, **more)
        interface, cash, due = by_line(self.books, name)
        self.books.decide("ann").join(interface, cash, [x for x in due if payout_key in x.label])
        self.work()

    # what there is

    def clearing(self, day: date) -> list[ClearingRow]:
        """The clearing accounts of this provider, as they stand at the end of a day."""
        connection = self.books.database.connect(autocommit=True)
        found = clearing_rows(connection, self.release(), lambda _: self.books.session, day)
        connection.close()
        return [r for r in found if r.provider == self.provider]

    def proofs(self) -> dict[str, PayoutProof]:
        with self.books.database.transaction() as connection:
            return {p.payout_key: p for p in prove_payouts(connection)}

    def stands(self) -> Table[str, Decimal]:
        """The balance of each account that is mapped, those of nothing left out."""
        return {
            code: value for code in sorted(set(self.accounts.values())) if (value := self.books.balance(code))
        }


def at(day: int, hour: int = 12) -> datetime:
    """A moment of October."""
    return datetime.fromisoformat(f"2026-10-{day:02d}T{hour:02d}:00:00+00:00")
