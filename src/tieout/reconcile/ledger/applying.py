"""Reconciles an entity: reads what is open in its ledger, matches it, and hands on what is sure.

What is sure becomes a message of the entity's reconciliation interface, so that it is planned,
delivered, read back, evidenced and replayed like whatever else a source says. What is not sure is
put on the work list; cash that belongs to nothing becomes a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from tieout.cases import NewCase, beside_others, open_cases, solve, solve_by_key
from tieout.causes import Cause
from tieout.connector_api import LedgerFacts, LedgerReader, OpenItem, PastReader
from tieout.documents import Reconciliation
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.money import Amount, Period
from tieout.processes.unmatched import UNMATCHED_CASH, UNREADABLE_ITEM
from tieout.reconcile.breaks import breaks
from tieout.reconcile.caps import Taken
from tieout.reconcile.ledger.accepting import judged, taken, with_limits, worth
from tieout.reconcile.ledger.discounts import unfit
from tieout.reconcile.ledger.grouping import (
    STAYS_OPEN,
    GroupError,
    is_cash,
    lines_key,
    match_document,
    settled,
    sides,
    spoken,
    told_by,
)
from tieout.reconcile.ledger.handoff import STREAM, close_matched_cases, fresh, hand_on, suggestion_row
from tieout.reconcile.ledger.lessons import Learned, in_force
from tieout.reconcile.ledger.memory import Memory, account_name, recall
from tieout.reconcile.ledger.open_lines import keep_lines
from tieout.reconcile.ledger.overtaking import not_overtaken
from tieout.reconcile.ledger.unreadable import readable
from tieout.reconcile.model import Break, Difference, Match, MatchingError
from tieout.reconcile.ruleset import Rules, parse_rules, read_rules
from tieout.reconcile.service import match
from tieout.rules import Interface, Release, UnmappedError, role_accounts
from tieout.rules.origins import Made, origin_of
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")
POLICY = "policy: automatic"
# Money that waits stands on these; what it may pay stands on those, beside receivables and payables.
_CASH_ROLES = ("unapplied.",)
# `open.NAME`: accounts of a company's own that a bank line closes, such as net pay.
_DUE_ROLES = ("bank_in_transit", "outstanding_", "open.")
# Of what is settled so many are looked at: enough to say how rare an amount is.
_PAST = 5000


class Aged(msgspec.Struct, frozen=True, kw_only=True):
    """An open item that belongs to nothing yet: `amount` is signed as its side is (cash received
    and what is owed to us are positive), `days` is its age at the day of the run."""

    side: str
    line: int
    account: str
    kind: str
    on: date
    days: int
    amount: Decimal
    currency: str
    partner: str
    number: str
    cause: str
    why: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to. `applied` are matches that were handed on; `known` were handed on
    before; `suggested` counts the work list's; `refused` says why a sure match was not applied."""

    entity: str
    until: date
    items: int
    applied: tuple[Reconciliation, ...]
    known: int
    suggested: int
    refused: tuple[str, ...]
    left_over: tuple[Aged, ...]


def reconciliation_interface(release: Release, entity: str) -> Interface | None:
    """The interface that governs an entity's reconciliation, if its project declares one."""
    return next((i for i in release.interfaces.values() if i.entity == entity and STREAM in i.streams), None)


def rules_of(interface: Interface) -> Rules:
    """The rules that an interface declares. Raises MatchingError."""
    text = interface.option("rules")
    return parse_rules(text, f"rules of {interface.name}") if text else read_rules()


def amount_option(interface: Interface, name: str) -> Decimal:
    """An amount that an interface declares; 0 where it declares none. Raises MatchingError."""
    text = interface.option(name, "0")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise MatchingError([f"{name} of {interface.name} is {text!r}: no amount, such as 5.00"]) from None


class Reconciler:
    """Runs of one entity."""

    def __init__(
        self, release: Release, interface: Interface, reader: LedgerReader, until: date, now: datetime
    ) -> None:
        self._release, self._interface, self._reader = release, interface, reader
        self._until, self._now = until, now
        self._entity = release.entities[interface.entity]
        self._cash = role_accounts(release, _CASH_ROLES, until)
        self._facts: LedgerFacts | None = None

    def run(self, connection: Connection, dry: bool = False) -> Run:
        """Match everything that is open and dated up to the day; with `dry` nothing is written.

        Raises MatchingError (rules), ConnectorError (the ledger).
        """
        rules = with_limits(rules_of(self._interface), self._entity)
        if not dry:
            close_matched_cases(connection, self._now)
            self._give_up(connection)
        cash, due, strange = self._readable(*self.open(connection))
        learned = in_force(connection.execute(_SQL["lessons_in_force"], self._given).fetchall())
        left, right = sides(cash, due, learned)
        units = worth([*cash, *due], self._entity.currency)
        since = min((i.on for i in cash), default=self._until)

        def accepted() -> dict[Taken, Decimal]:
            return taken(connection, self._interface, units, since) if rules.limits else {}

        before = accepted()
        memory = recall(connection, self._entity.code, [*cash, *due])
        past = self._reader.settled_items(self._until, _PAST) if isinstance(self._reader, PastReader) else ()
        rates = self._rates(cash, due)
        result = match(left, right, rules, rates, units, before, memory.pairs, settled(past))
        by_line = {str(i.line): i for i in (*cash, *due)}
        groups = list(result.groups())
        groups += self._by_lesson(groups, cash, learned)
        sure, suggestions, refused = self._documents(connection, groups, by_line, memory)
        left_over = breaks(
            result.left, result.right, _taken(groups, sure), result.crowded, rules, _rated(rates), self._until
        )
        aged = tuple(self._aged(b, by_line[b.id]) for b in left_over)
        new, overtaken = fresh(connection, self._interface, sure), list[str]()
        if not dry:
            with connection.transaction():
                beside_others(connection)
                new, overtaken = not_overtaken(connection, self._interface, new, before, accepted)
                hand_on(connection, self._interface, new, self._now)
                self._propose(connection, suggestions)
                self._open_breaks(connection, aged, by_line)
                self._open_unreadable(connection, strange)
                keep_lines(connection, self._entity.code, cash, due, self._now)
                self._testify(connection, len(by_line), new, suggestions)
                wake(connection)
        return Run(
            entity=self._entity.code,
            until=self._until,
            items=len(by_line),
            applied=tuple(new),
            known=len(sure) - len(new),
            suggested=len(suggestions),
            refused=(
                *refused,
                *overtaken,
                *(f"{i.numbers[0] if i.numbers else f'line {i.line}'}: {why}" for i, why in strange.items()),
            ),
            left_over=aged,
        )

    def open(
        self, connection: Connection, lines: Sequence[int] = ()
    ) -> tuple[list[OpenItem], list[OpenItem]]:
        """Cash and what is due, of what is open and nobody is at; of these `lines`, where any are given."""
        accounts = [*self._cash, *role_accounts(self._release, _DUE_ROLES, self._until)]
        # A match may end while the ledger is read, or begin: neither is taken for free.
        before = self._busy(connection)
        items = self._reader.open_items(accounts, self._until, lines)
        after = self._busy(connection)
        effects, busy = before[0] | after[0], before[1] | after[1]
        items = [i for i in items if i.effect not in effects and i.line not in busy]
        cash = [i for i in items if is_cash(i, self._cash)]
        due = [i for i in items if not is_cash(i, self._cash)]
        cash = spoken(cash, self._told(connection, cash))
        return cash, judged(self._named(connection, due), self._entity.country)

    def _readable(
        self, cash: list[OpenItem], due: list[OpenItem]
    ) -> tuple[list[OpenItem], list[OpenItem], dict[OpenItem, str]]:
        """Cash and what is due that is money; and why each of the others is none: that is its own matter, and no reason to
        match nothing."""
        own = self._entity.currency
        (cash, strange), (due, others) = readable(cash, own), readable(due, own)
        return cash, due, {**strange, **others}

    def _by_lesson(self, groups: list[Match], cash: list[OpenItem], learned: Learned) -> list[Match]:
        """Cash that pays nothing and that people book to an account: sure up to a limit that the
        interface declares, else a suggestion."""
        taken = {x for g in groups for x in g.left}
        limit = amount_option(self._interface, "learned_limit")
        found = []
        for item in cash:
            role = learned.role(item.partner_name, item.label, item.residual < 0)
            if not role or str(item.line) in taken or item.kind == "suspense":
                continue
            found.append(
                Match(
                    match=str(item.line),
                    left=(str(item.line),),
                    right=(),
                    rule="learned account",
                    confidence=1.0,
                    # What stands with its partner already is the partner's: such money is nobody else's by itself.
                    status="auto" if item.kind == "other" and abs(item.residual) <= limit else "suggested",
                    rank=1,
                    difference=Difference(-item.residual, item.currency, role),
                    why=f"lines like this are booked to {role}",
                )
            )
        return found

    @property
    def _given(self) -> dict[str, str]:
        return {"interface": self._interface.name}

    def _busy(self, connection: Connection) -> tuple[set[str], set[int]]:
        """Effects and lines that somebody is at: a match of them is on its way, or was taken apart by
        hand."""
        given = {"entity": self._entity.code}
        effects = {r["effect"] for r in connection.execute(_SQL["busy_effects"], given)}
        return effects, {r["line"] for r in connection.execute(_SQL["busy_lines"], given)}

    def _give_up(self, connection: Connection) -> None:
        """Matches that somebody else was quicker with, and for which nothing was booked: what is
        open now is matched anew."""
        with connection.transaction():
            beside_others(connection)
            rows = connection.execute(_SQL["give_up"], {"entity": self._entity.code}).fetchall()
            ids = [r["document_id"] for r in rows]
            connection.execute(_SQL["drop_deliveries"], {"ids": ids})
            solve(connection, ids, self._now, "nothing was booked; the ledger is read again", "reconcile")

    def _told(self, connection: Connection, cash: list[OpenItem]) -> Any:
        effects = [i.effect for i in cash if i.effect]
        rows = connection.execute(_SQL["bank_lines"], {"effects": effects})
        return told_by({r["external_id"]: r["content"].encode() for r in rows})

    def _named(self, connection: Connection, due: list[OpenItem]) -> list[OpenItem]:
        """Payouts in transit, called as their provider calls them, too."""
        effects = [i.effect for i in due if i.effect and i.kind == "other"]
        rows = connection.execute(_SQL["payouts_named"], {"effects": effects})
        names = {r["external_id"]: (r["link_key"], r["provider"].replace("_", " ")) for r in rows}
        return [
            replace(i, numbers=(names[i.effect][0], *i.numbers), partner_name=names[i.effect][1])
            if i.effect in names
            else i
            for i in due
        ]

    def _documents(
        self, connection: Connection, groups: list[Match], by_line: dict[str, OpenItem], memory: Memory
    ) -> tuple[list[Reconciliation], list[tuple[Match, Reconciliation]], list[str]]:
        """Matches to apply; groups for people, with what would be applied; why one is for people
        though it is sure."""
        keys = {g.match: lines_key(by_line[x] for x in (*g.left, *g.right)) for g in groups}
        given = {"interface": self._interface.name, "keys": sorted(set(keys.values()))}
        rejected = {r["lines_key"] for r in connection.execute(_SQL["rejected"], given)}
        automatic = self._interface.option("automatic", "yes") == "yes"
        sure, suggestions, refused = [], [], []
        for group in groups:
            if keys[group.match] in rejected:
                continue
            try:
                document = self._document(group, by_line)
            except (GroupError, UnmappedError) as error:
                refused.append(f"{group.match}: {error}")
                continue
            held = unfit(document)
            if held:
                # What it looks like is known, and how it would be booked is not: a person sees both.
                document = self._document(group, by_line, "partial_payment")
                document = msgspec.structs.replace(document, why=f"{document.why}; but {held}"[:500])
            # What a person took apart only a person puts together again, alone or with something more.
            booked = [account_name(document.difference_account)] if not group.right else []
            apart = memory.within([*group.left, *group.right, *booked])
            if group.status == "auto" and automatic and apart is None and not held:
                sure.append(document)
                continue
            if apart is not None:
                document = msgspec.structs.replace(document, why=f"{document.why}; {apart.told}"[:500])
            suggestions.append((group, document))
        return sure, suggestions, refused

    def _document(self, group: Match, by_line: dict[str, OpenItem], kind: str = "") -> Reconciliation:
        """What would be applied of a group, its difference taken as what was found, or as `kind`."""
        kind = kind or group.difference.explained_as
        account = ""
        if not group.right and group.difference.amount:
            account = self._release.account(kind, self._until)
        elif group.difference.amount and kind not in (*STAYS_OPEN, "exchange"):
            account = self._release.account(f"difference.{kind}", self._until)
        return match_document(
            [by_line[x] for x in group.left],
            [by_line[x] for x in group.right],
            explained_as=kind,
            difference_account=account,
            rule=group.rule,
            confidence=f"{group.confidence:.4f}",
            why=group.why,
            decided_by=POLICY,
            own_currency=self._entity.currency,
            rate=self._facts.rate if self._facts is not None else None,
            closes=kind in ("", "exchange"),
        )

    def _rates(
        self, cash: Sequence[OpenItem], due: Sequence[OpenItem]
    ) -> dict[tuple[date, str, str], Decimal]:
        """The ledger's rates of the days of cash, between its currencies and those of what is due: units of the second
        for one of the first. The ledger is asked where there are several."""
        own = self._entity.currency
        if len({i.currency for i in (*cash, *due)}) < 2:
            return {}
        self._facts = self._reader.facts()
        wanted = {
            (i.on, i.currency, other) for i in cash for other in {x.currency for x in due} - {i.currency}
        }
        found = {}
        for day, paid, owed in sorted(wanted):
            one, other = (
                Decimal(1) if currency == own else self._facts.rate(currency, day)
                for currency in (paid, owed)
            )
            if one is not None and other is not None:
                found[day, paid, owed] = other / one
        return found

    def _propose(self, connection: Connection, suggestions: list[tuple[Match, Reconciliation]]) -> None:
        keys = []
        for group, document in suggestions:
            key = lines_key([*document.cash, *document.due])
            keys.append(key)
            row = suggestion_row(document, about=group.left[0] if group.left else group.right[0])
            row |= {"interface": self._interface.name, "entity": self._entity.code, "lines_key": key}
            row |= {"rank": group.rank, "now": self._now}
            row |= {"lines": [x.line for x in (*document.cash, *document.due)]}
            connection.execute(_SQL["propose"], row)
        connection.execute(
            _SQL["suggestions_gone"], {"interface": self._interface.name, "keys": keys, "now": self._now}
        )

    def _aged(self, left_over: Break, item: OpenItem) -> Aged:
        return Aged(
            side="cash" if left_over.side == "left" else "due",
            line=item.line,
            account=item.account,
            kind=item.kind,
            on=item.on,
            days=(self._until - item.on).days,
            amount=left_over.amount,
            currency=left_over.currency,
            partner=item.partner_name,
            number=item.numbers[0] if item.numbers else "",
            cause=left_over.cause,
            why=left_over.why,
        )

    def _open_breaks(
        self, connection: Connection, aged: Sequence[Aged], by_line: dict[str, OpenItem]
    ) -> None:
        """A case for cash that nobody expects any more; one that is settled is solved. What is due
        and not paid is no break of ours: it is listed with its age."""
        late = [
            a
            for a in aged
            if a.side == "cash"
            and a.cause not in ("timing", "over_paid")
            and not self._is_theirs(by_line[str(a.line)])
        ]
        effects = [by_line[str(a.line)].effect for a in late]
        told = {r["external_id"] for r in connection.execute(_SQL["effect_cases"], {"effects": effects})}
        cases = [
            self._case(a, by_line[str(a.line)]) for a in late if by_line[str(a.line)].effect not in told
        ]  # fmt: skip
        self._stand(connection, UNMATCHED_CASH, cases, "it is matched")

    def _open_unreadable(self, connection: Connection, strange: Mapping[OpenItem, str]) -> None:
        """A case for each open item that is no money, at what the ledger says that it is worth."""
        cases = [self._strange(i, why) for i, why in strange.items() if not self._is_theirs(i)]
        self._stand(connection, UNREADABLE_ITEM, cases, "it is open no more, or can be read")

    def _stand(self, connection: Connection, cause: Cause, cases: Sequence[NewCase], why: str) -> None:
        """Of a cause that a run looks for these are open, and no others."""
        open_cases(connection, cases, "reconcile")
        still = {c.source_key for c in cases}
        given = {"interface": self._interface.name, "cause": cause.name}
        for row in connection.execute(_SQL["open_breaks"], given).fetchall():
            if row["source_key"] not in still:
                solve_by_key(connection, cause.name, row["source_key"], self._now, why, "reconcile")

    def _case(self, aged: Aged, item: OpenItem) -> NewCase:
        detail = f"{aged.account} {aged.on} {aged.partner}: {aged.why}"
        return self._of(item, UNMATCHED_CASH, Amount(abs(aged.amount), aged.currency), detail)

    def _strange(self, item: OpenItem, why: str) -> NewCase:
        own = self._entity.currency
        detail = f"{item.account} {item.on} {item.partner_name} {' '.join(item.numbers)}: {item.residual:f} open: {why}"
        return self._of(item, UNREADABLE_ITEM, Amount.rounded(abs(item.company), own), detail)

    def _of(self, item: OpenItem, cause: Cause, amount: Amount, detail: str) -> NewCase:
        """A case of an open item; how it was made is said where others made it."""
        made = item.made or Made("", "", "")
        return NewCase(
            cause=cause.name,
            interface=self._interface.name,
            entity=self._entity.code,
            period=str(Period.of(item.on)),
            source_key=f"line:{item.line}",
            amount=amount.value,
            currency=amount.currency,
            recovery=cause.say(),
            detail=detail[:500],
            owner=self._interface.owner,
            opened_at=self._now,
            due_at=self._now + timedelta(hours=self._interface.service_level_hours),
            blocking=False,
            standing=cause.standing,
            made_journal=made.journal,
            made_user=made.user,
            made_kind=made.kind,
            made_accounts=item.account if item.made else "",
        )

    def _is_theirs(self, item: OpenItem) -> bool:
        """Whether cash is of the opening, or was made in the ledger by declaration: it is matched like any other, and is
        nobody's case here while it waits."""
        if item.made is None:
            return False
        first = self._entity.begins_on
        if first is not None and item.on < first:
            return True
        return origin_of(self._entity.origins, item.made, item.on, abs(item.company)) is not None

    def _testify(
        self,
        connection: Connection,
        items: int,
        new: Sequence[Reconciliation],
        suggestions: Sequence[Any],
    ) -> None:
        detail = {
            "until": self._until.isoformat(),
            "release": self._release.sha256[:16],
            "items": items,
            "applied": len(new),
            "suggested": len(suggestions),
        }
        entry = Entry(
            self._now, "reconcile", "reconciliation.run", self._interface.name, self._entity.code, detail
        )
        record(connection, [entry])


def _rated(rates: Iterable[tuple[date, str, str]]) -> set[str]:
    return {currency for _, *both in rates for currency in both}


def _taken(groups: Iterable[Match], sure: Sequence[Reconciliation]) -> list[Match]:
    """The groups with those that are not applied as suggestions: their items are open still."""
    applied = {frozenset(str(x.line) for x in (*d.cash, *d.due)) for d in sure}
    return [
        g
        if g.status == "suggested" or frozenset((*g.left, *g.right)) in applied
        else msgspec.structs.replace(g, status="suggested")
        for g in groups
    ]
