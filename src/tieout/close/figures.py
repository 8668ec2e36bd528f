"""Reads what the tasks of a close hang on: of the database, the ledger, banks and providers. Never says what is done by it.

A figure that several tasks hang on is read once a look, so that all of them are judged by the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.close.accounts import AccountRow, Certified
from tieout.close.arrivals import in_words, lacking, read_came, undeclared
from tieout.close.case_limits import cases_above_limit
from tieout.close.cases_past_us import cases_past_us, log_gaps
from tieout.close.certifications import keep_accounts, tell_rules
from tieout.close.certify_rules import rules_for
from tieout.close.certifying import read_accounts
from tieout.close.deciding_late import late_events
from tieout.close.late import LateEvent
from tieout.close.odd_rates import OddRate, odd_rates, tell_odd_rates
from tieout.close.revaluing import Revalued
from tieout.close.waivers import Waivers, read_waivers
from tieout.connector_api import LedgerFacts, LedgerReader, answered
from tieout.money import Period
from tieout.proofs import (
    ClearingRow,
    Itemised,
    Judged,
    KeptBalances,
    LedgerRow,
    Short,
    TieOutRow,
    Unread,
    clearing_rows,
    falls_short,
    ledger_rows,
    lines_up_to,
    statements_of,
    tie_out,
)
from tieout.proofs.causes import FIGURES_UNREAD
from tieout.rules import Entity, EntityClose, Interface, Release
from tieout.security import ChangedRow, changed_rows
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")


class OpenCases(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps `cases decided` open. `rows` are the cases above the limit, by cause and currency, with their count and sum; `waiting` the requests that
    nobody decided; `past_us` says what of cases was changed past Tieout, `gone` what is missing of the log. `excluded` are the count and sum of
    what was left out, which are signed with it."""

    rows: tuple[Mapping[str, Any], ...]
    waiting: int
    past_us: tuple[str, ...]
    gone: tuple[str, ...]
    excluded: tuple[int, Decimal]


class Figures:
    """What tasks of one entity and period hang on. `read_back_at` is when what is posted was read
    back from the ledger for it, None where it was not; `items` what stands on itemised accounts, `taxes` the month's, and `judged` the
    entries of others, read with it, None where they cannot be."""

    def __init__(
        self,
        connection: Connection,
        release: Release,
        session_of: Callable[[str], object],
        entity: str,
        period: Period,
        now: datetime,
        read_back_at: datetime | None = None,
        taxes: list[dict[str, Any]] | None = None,
        items: Itemised | None = None,
        judged: Sequence[Judged] | None = None,
    ) -> None:
        self.connection, self.release, self._session_of = connection, release, session_of
        self.entity, self.period, self.now = entity, period, now
        self.read_back_at, self.taxes, self.items, self.judged = read_back_at, taxes, items, judged
        self._rows: list[TieOutRow] | None = None
        self._balances: list[LedgerRow] | None = None
        self._held: list[ClearingRow] | None = None
        self._changed: list[ChangedRow] | None = None
        self._facts: LedgerFacts | None = None
        self._ask = KeptBalances(connection, entity)

    @property
    def book(self) -> Entity:
        """The entity as it is declared."""
        return self.release.entities[self.entity]

    @property
    def rules(self) -> EntityClose:
        """What the entity's close goes by."""
        return self.release.closing.of(self.entity)

    def reader(self) -> LedgerReader | None:
        """The entity's ledger; None where its system is none. Raises ConnectorError."""
        found = self._session_of(self.book.ledger)
        return found if isinstance(found, LedgerReader) else None

    def facts(self, reader: LedgerReader) -> LedgerFacts:
        """The ledger's locks and rates. Raises ConnectorError."""
        if self._facts is None:
            self._facts = answered(reader.facts, "its locks and rates")
        return self._facts

    def changed_since(self) -> None:
        """What was changed past us is read again, whatever was asked before."""
        self._changed = None

    def changed(self) -> list[ChangedRow]:
        """What somebody changed in the database past us and no case says yet."""
        if self._changed is None:
            self._changed = [x for x in changed_rows(self.connection, self.entity) if not x.told]
        return self._changed

    def tie_out(self, interface: str) -> list[TieOutRow]:
        """The period's rows of an interface, a currency each."""
        if self._rows is None:
            written = {self.entity: self.changed()}
            self._rows = tie_out(self.connection, self.release, [self.entity], written)
        return [r for r in self._rows if r.interface == interface and r.period == str(self.period)]

    def missing(self, interface: Interface, came: bool) -> str:
        """What had to come over an interface and did not, in words; "" where all of it is here."""
        if interface.expected is None:
            return "" if came else undeclared(interface)
        zone, rules = self.book.zone, self.rules
        here = read_came(self.connection, interface, zone, self.period)
        found = lacking(interface.expected, self.period, here, rules.calendar, rules.banking_days, zone)
        return in_words(interface, self.period, found) if found else ""

    def open_cases(self) -> OpenCases:
        """What of cases, requests and the log is open or not right."""
        given: dict[str, Any] = {"entity": self.entity, "period": str(self.period)}
        rows = cases_above_limit(self.connection, self.release, self.entity, self.period)
        waiting = self._one("open_requests", {"entity": self.entity, "until": self.period.last})
        past = cases_past_us(self.connection, self.entity, self.period)
        gone = log_gaps(self.connection, self.entity, self.period)
        excluded = self._one("excluded", given)
        return OpenCases(
            rows=tuple(rows), waiting=waiting["count"], past_us=tuple(x.says for x in past), gone=tuple(gone),
            excluded=(excluded["count"], excluded["sum"]),
        )  # fmt: skip

    def waived(self) -> Waivers:
        """What people let pass, and what was left out."""
        return read_waivers(self.connection, self.release, self.entity, self.period)

    def told(self, causes: Sequence[str]) -> int:
        """How many cases of these causes are open in the period."""
        given = {"entity": self.entity, "causes": list(causes), "period": str(self.period)}
        count: int = self._one("cases_of", given)["count"]
        return count

    def unread(self, interface: str) -> bool:
        """Whether a source's own figures of the period could not be read when they were asked for last."""
        given = {"cause": FIGURES_UNREAD.name, "key": f"{interface}:{self.period}"}
        return bool(self._one("is_open", given)["count"])

    def pairs(self, causes: Sequence[str]) -> tuple[int, Decimal]:
        """How many intercompany pairs do not net and nobody explained, and what they come to."""
        row = self._one("pairs", {"causes": list(causes), "period": str(self.period)})
        return row["count"], row["amount"]

    def balances(self) -> list[LedgerRow]:
        """The ledger's balances beside their sources', at the period's end. Raises ConnectorError."""
        if self._balances is None:
            # Banks are known by their statements: a provider that cannot be read keeps its own task open, and none of theirs.
            unread: list[Unread] = []
            found = ledger_rows(
                self.connection, self.release, self._session_of, self.period, [self.entity], self._ask, unread
            )
            if of_ledger := [x.error for x in unread if x.of == self.book.ledger]:
                raise of_ledger[0]
            self._balances = found
        return self._balances

    def short(self) -> list[Short]:
        """Accounts whose statements end before the period's last banking day, and no later one carries on from them."""
        rules, first, last = self.rules, self.period.first, self.period.last
        return falls_short(
            statements_of(self.connection, self.entity),
            last,
            lambda account, currency: rules.banking_days(account, currency).last_of(first, last),
            lambda frame: lines_up_to(self.connection, frame, last),
        )

    def clearing(self) -> list[ClearingRow]:
        """Providers' clearing accounts beside their own balances, at the period's end. Raises ConnectorError."""
        if self._held is None:
            self._held = clearing_rows(
                self.connection, self.release, self._session_of, self.period.last, [self.entity], self._ask
            )
        return self._held

    def certified(self, reader: LedgerReader) -> tuple[list[tuple[AccountRow, Certified | None]], str]:
        """Every balance-sheet account beside what people said of it, kept as it is now; and what of the rules was changed after the
        month's end, told of, "" for nothing. Raises ConnectorError."""
        rules, changed, key = rules_for(self.connection, self.release, self.entity, self.period)
        balances, clearing, facts = self.balances(), self.clearing(), self.facts(reader)
        rows = read_accounts(
            self.connection,
            self.release,
            reader,
            facts,
            self.entity,
            self.period,
            balances,
            clearing,
            rules,
            self._ask,
        )
        tell_rules(self.connection, self.release, self.entity, self.period, changed, key, self.now)
        kept = keep_accounts(self.connection, rows, self.now)
        return [(r, kept.get((r.account, r.currency))) for r in rows], changed

    def odd(self, found: list[Revalued], reader: LedgerReader) -> list[OddRate]:
        """The rates out of line by which something is revalued, told of, but those that two people let stand. Raises ConnectorError."""
        odd = odd_rates(found, self.facts(reader), self.book.currency, self.period.last) if found else []
        return tell_odd_rates(self.connection, self.release, self.entity, self.period, odd, self.now)

    def month_end_entry(self, interface: Interface, key: str) -> Mapping[str, Any] | None:
        """An entry of the period's end as it was handed on last: its `batch` and `state`; None where there was none."""
        given = {"interface": interface.name, "key": key}
        return self.connection.execute(_SQL["month_end_entry"], given).fetchone()

    def late(self) -> list[LateEvent]:
        """What of locked periods is booked in this one, or held in it."""
        return late_events(self.connection, [self.entity], str(self.period))

    def _one(self, query: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        row = self.connection.execute(_SQL[query], given).fetchone()
        assert row is not None
        return row
