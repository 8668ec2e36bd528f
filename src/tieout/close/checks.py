"""What completes a task: evidence, read now, with a digest of the figures behind it.

Figures of `complete`, `cases` and `waived` come from the database alone, so late data shows at once; the others
ask the ledger, the bank's and the providers' own balances.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.causes import causes_by_two
from tieout.close.accounts import exact
from tieout.close.accounts import in_words as certified_in_words
from tieout.close.arrivals import in_words as in_words_of
from tieout.close.arrivals import lacking, read_came, undeclared
from tieout.close.case_limits import case_limits
from tieout.close.cases_past_us import cases_past_us, log_gaps
from tieout.close.certifications import keep_accounts, tell_rules
from tieout.close.certify_rules import rules_for
from tieout.close.certifying import read_accounts
from tieout.close.cutting_off import cutoff_entry, cutoff_interface, read_open_sales, what_lacks
from tieout.close.deciding_late import late_events
from tieout.close.ending import too_early
from tieout.close.late import LateDecision, late_figures, late_verdict
from tieout.close.model import Finding, Task
from tieout.close.odd_rates import odd_rates, tell_odd_rates
from tieout.close.planning import tasks_of
from tieout.close.revaluing import entry_of, read_revalued, revaluation_interface
from tieout.close.waivers import read_waivers
from tieout.connector_api import ConnectorError, LedgerReader
from tieout.delivery.causes import IN_LEDGER
from tieout.documents import JournalEntry
from tieout.documents.states import DocumentState
from tieout.money import Period
from tieout.payables import Worked, accrual_interface, work_out
from tieout.proofs import (
    ClearingRow,
    Itemised,
    Judged,
    Short,
    Standing,
    clearing_rows,
    falls_short,
    ledger_rows,
    lines_up_to,
    signed_figures,
    statements_of,
    tax_verdict,
    tie_out,
)
from tieout.proofs.causes import INTERCOMPANY_DIFFERS, ONE_SIDED, STATEMENT_GAP
from tieout.rules import Interface, Release
from tieout.security import ChangedRow, changed_rows, in_words
from tieout.store import Connection, Queries, snapshot

_SQL = Queries("tieout.close")
QUICK = ("complete", "cases", "waived", "")
# Read of the database alone.
_OWN = ("complete", "cases", "waived")


class Evidence:
    """Reads what tasks of one entity and period hang on; each figure once. `read_back_at` is when what is posted was read
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
        self._connection, self._release, self._session_of = connection, release, session_of
        self._entity, self._period, self._now = entity, period, now
        self._zone = release.entities[entity].zone
        self._read_back_at, self._tax_figures = read_back_at, taxes
        self._items, self._judged = items, judged
        self._rows: list[Any] | None = None
        self._balances: list[Any] | None = None
        self._held: list[ClearingRow] | None = None
        self._changed: list[ChangedRow] | None = None
        self._own: dict[str, Finding] | None = None

    def find(self, task: Task) -> Finding:
        """What the evidence says of a machine's task. A system that does not answer leaves it open, as does a period that
        is not over: that nothing is missing of it is not known before."""
        found = self._at_once(task) if task.check in _OWN else self._find(task)
        if early := too_early(task, self._period, self._zone, self._now):
            return msgspec.structs.replace(found, done=False, why=f"{early}; so far: {found.why}")
        return found

    def _at_once(self, task: Task) -> Finding:
        """What is read of the database alone, for all such tasks of one instant: what goes from one to another meanwhile (a
        request that is turned down is a case) would be in none."""
        if self._own is None:
            tasks = tasks_of(self._release, self._entity, self._period)
            with snapshot(self._connection):
                # With what was changed past us by then, whatever was asked before.
                self._changed = None
                self._own = {t.name: self._find(t) for t in tasks if t.check in _OWN}
        return self._own[task.name]

    def _find(self, task: Task) -> Finding:
        # Cases are rows of their own; whatever else is signed is added up of documents and effects.
        if task.check not in ("cases", "lock") and (changed := self._past_us()):
            return _finding(False, in_words(changed), sorted(x.says for x in changed))
        try:
            return {
                "complete": self._complete,
                "cases": self._cases,
                "waived": self._waived,
                "bank": self._bank,
                "clearing": self._clearing,
                "intercompany": self._intercompany,
                "ledger": self._ledger,
                "lock": self._lock,
                "revalued": self._revalued,
                "cut_off": self._cut_off,
                "accrued": self._accrued,
                "accounts": self._accounts,
                "itemised": self._itemised,
                "taxes": self._taxes,
                "late": self._late,
            }[task.check](task)
        except ConnectorError as error:
            return _finding(False, f"cannot be read now: {error}"[:200], [str(type(error))])

    def _past_us(self) -> list[ChangedRow]:
        """What somebody changed in the database past us and no case says yet."""
        if self._changed is None:
            self._changed = [x for x in changed_rows(self._connection, self._entity) if not x.told]
        return self._changed

    def _tie_out(self) -> list[Any]:
        if self._rows is None:
            written = {self._entity: self._past_us()}
            self._rows = tie_out(self._connection, self._release, [self._entity], written)
        return self._rows

    def _complete(self, task: Task) -> Finding:
        """The source's own total is there, and all of it is somewhere; nothing waits."""
        rows = [r for r in self._tie_out() if r.interface == task.subject and r.period == str(self._period)]
        figures = [
            [r.currency, r.source, r.posted, r.waiting, r.in_exception, r.excluded, r.ledger_gap]
            for r in rows
        ]
        wrong = []
        for r in rows:
            if r.source is None:
                wrong.append(f"{r.currency}: its source has no control figure for the period")
            elif r.changed:
                wrong.append(
                    f"{r.currency}: {r.changed} of the figures behind {r.source.net} were written in the database past Tieout"
                )
            elif not r.proven:
                wrong.append(f"{r.currency}: a residual of {r.residual.net} ({r.residual.count} documents)")
            if r.waiting.count or r.waiting.debit or r.waiting.credit:
                wrong.append(f"{r.currency}: {r.waiting.count} documents wait")
        missing = self._missing(self._release.interfaces[task.subject], bool(rows))
        wrong += [missing] if missing else []
        said = "; ".join(wrong) or (
            _count(sum(r.source.count for r in rows), "document") + " proven"
            if rows
            else "nothing came, and nothing had to"
        )
        if self._read_back_at is not None and rows:
            said += f"; the ledger read back at {self._read_back_at.astimezone(self._zone):%Y-%m-%d %H:%M}"
        return _finding(not wrong, said, [*figures, missing] if missing else figures)

    def _missing(self, interface: Interface, came: bool) -> str:
        """What had to come over an interface and did not, in words; "" where all of it is here."""
        if interface.expected is None:
            return "" if came else undeclared(interface)
        zone = self._zone
        here = read_came(self._connection, interface, zone, self._period)
        rules = self._release.closing.of(self._entity)
        found = lacking(interface.expected, self._period, here, rules.calendar, rules.banking_days, zone)
        return in_words_of(interface, self._period, found) if found else ""

    def _cases(self, task: Task) -> Finding:
        """No case of the period or before it is open above the limit, nor one whose money nobody knows."""
        given: dict[str, Any] = {"entity": self._entity, "period": str(self._period)}
        limits = case_limits(self._connection, self._release, self._entity, self._period)
        given |= {"currencies": list(limits), "limits": list(limits.values()), "by_two": causes_by_two()}
        rows = self._connection.execute(_SQL["open_cases"], given).fetchall()
        waiting = self._connection.execute(
            _SQL["open_requests"], {"entity": self._entity, "until": self._period.last}
        ).fetchone()
        assert waiting is not None
        wrong = [
            f"{r['count']} {r['cause'].replace('_', ' ')} ({exact(r['amount'])} {r['currency']})"
            for r in rows
        ]
        if waiting["count"]:
            wrong.append(f"{waiting['count']} requests wait for an approval")
        past = cases_past_us(self._connection, self._entity, self._period)
        wrong += [x.says for x in past]
        gone = log_gaps(self._connection, self._entity, self._period)
        wrong += gone
        excluded = self._connection.execute(
            _SQL["excluded"], {"entity": self._entity, "period": str(self._period)}
        ).fetchone()
        assert excluded is not None
        digest = [
            [list(map(str, r.values())) for r in rows],
            waiting["count"],
            str(excluded["sum"]),
            excluded["count"],
            [x.says for x in past],
            *([gone] if gone else []),
        ]
        return _finding(not wrong, "; ".join(wrong) or "no case is open above the limit", digest)

    def _waived(self, task: Task) -> Finding:
        """What was waived, as people sign it; too much revenue left out is explained by two."""
        found = read_waivers(self._connection, self._release, self._entity, self._period)
        return _finding(not found.wanting, found.said()[:1000], found.figures())

    def _ledger_rows(self) -> list[Any]:
        if self._balances is None:
            self._balances = ledger_rows(
                self._connection, self._release, self._session_of, self._period, [self._entity]
            )
        return self._balances

    def _bank(self, task: Task) -> Finding:
        """Every bank account in the ledger is what the bank says; statements follow one another."""
        rows = [r for r in self._ledger_rows() if r.role.startswith("bank.")]
        gaps = self._connection.execute(
            _SQL["cases_of"],
            {"entity": self._entity, "causes": [STATEMENT_GAP.name], "period": str(self._period)},
        ).fetchone()
        assert gaps is not None
        wrong = [f"{r.account} {r.currency}: {r.difference} more at the bank" for r in rows if r.difference]
        wrong += [
            f"{r.account} {r.currency}: the bank states no balance"
            for r in rows
            if r.source is None and r.in_ledger
        ]
        wrong += [f"{gaps['count']} statements are missing"] if gaps["count"] else []
        short = [x.says for x in self._short()]
        wrong += short
        figures = [[r.account, r.currency, str(r.in_ledger), str(r.source)] for r in rows] + short
        return _finding(
            not wrong, "; ".join(wrong) or _count(len(rows), "account") + " as the bank has it", figures
        )

    def _short(self) -> list[Short]:
        """Accounts whose statements end before the period's last banking day, and no later one carries on from them."""
        rules, first, last = self._release.closing.of(self._entity), self._period.first, self._period.last
        return falls_short(
            statements_of(self._connection, self._entity),
            last,
            lambda account, currency: rules.banking_days(account, currency).last_of(first, last),
            lambda frame: lines_up_to(self._connection, frame, last),
        )

    def _clearing(self, task: Task) -> Finding:
        rows = self._clearing_rows()
        wrong = [
            f"{r.account} {r.currency}: {r.difference or r.unexplained} is not explained"
            for r in rows
            if r.difference or r.unexplained
        ]
        figures = [[r.account, r.currency, str(r.in_ledger), str(r.source)] for r in rows]
        return _finding(
            not wrong, "; ".join(wrong) or _count(len(rows), "clearing account") + " explained", figures
        )

    def _clearing_rows(self) -> list[ClearingRow]:
        if self._held is None:
            self._held = clearing_rows(
                self._connection, self._release, self._session_of, self._period.last, [self._entity]
            )
        return self._held

    def _accounts(self, task: Task) -> Finding:
        """Every balance-sheet account is what something apart from the ledger says, within its limit, or two people said why
        not; by the rules that held at the month's end."""
        reader = self._session_of(self._release.entities[self._entity].ledger)
        if not isinstance(reader, LedgerReader):
            return _finding(
                False, f"{self._release.entities[self._entity].ledger} is no ledger that can be read", []
            )
        rules, changed, key = rules_for(self._connection, self._release, self._entity, self._period)
        rows = read_accounts(
            self._connection, self._release, reader, self._entity, self._period, self._ledger_rows(),
            self._clearing_rows(), rules,
        )  # fmt: skip
        tell_rules(self._connection, self._release, self._entity, self._period, changed, key, self._now)
        certified = keep_accounts(self._connection, rows, self._now)
        pairs = [(r, certified.get((r.account, r.currency))) for r in rows]
        done, said = certified_in_words(pairs)
        said = f"the rules were changed after the month's end: {changed}; {said}" if changed else said
        figures = [[r.account, r.currency, r.digest, c.explanation if c else ""] for r, c in pairs]
        return _finding(done and not changed, said, [figures, changed])

    def _itemised(self, task: Task) -> Finding:
        """Every account on its way to zero is zero, or named item by item; a rest that nobody explains is nobody's to sign."""
        found = self._items
        if found is None:
            ledger = self._release.entities[self._entity].ledger
            return _finding(False, f"{ledger} is no ledger that says what stands on an account", [])
        wrong = [
            f"{r.account} {r.currency}: {r.rest or r.company_rest:f} of {r.balance:f} is not explained ({r.why})"
            for r in found.rows
            if not r.explained
        ]
        items, past = sum(len(r.items) for r in found.rows), sum(i.past for r in found.rows for i in r.items)
        said = f"{_count(found.accounts, 'account')}: {_count(items, 'item')} on {len(found.rows)}, the others at zero"
        said += f"; {past} past their age by then" if past else ""
        return _finding(not wrong, "; ".join([*wrong, said])[:1000], signed_figures(found.rows))

    def _intercompany(self, task: Task) -> Finding:
        """Nets, or somebody explained what does not: its case is decided."""
        causes = [ONE_SIDED.name, INTERCOMPANY_DIFFERS.name]
        row = self._connection.execute(
            _SQL["pairs"], {"causes": causes, "period": str(self._period)}
        ).fetchone()
        assert row is not None
        why = f"{row['count']} pairs do not net" if row["count"] else "every pair nets, or is explained"
        return _finding(not row["count"], why, [row["count"], str(row["amount"])])

    def _ledger(self, task: Task) -> Finding:
        """Reverse completeness: whatever stands on governed accounts has a source, or a reason that
        somebody gave; and what we booked stands as we booked it."""
        entity = self._release.entities[self._entity]
        judged = self._judged
        if judged is None:
            return _finding(False, f"{entity.ledger} is no ledger that can be read", [])
        others = [j for j in judged if j.standing in (Standing.EXPLAINED, Standing.UNDECLARED)]
        declared = [j for j in judged if j.standing is Standing.DECLARED]
        unexplained = [j.move for j in others if j.standing is Standing.UNDECLARED]
        explained = {j.told.key for j in others if j.standing is Standing.EXPLAINED and j.told}
        changed = self._connection.execute(
            _SQL["cases_of"],
            {
                "entity": self._entity,
                "period": str(self._period),
                "causes": [c.name for c in IN_LEDGER],
            },
        ).fetchone()
        assert changed is not None
        wrong = (
            [f"{len(unexplained)} entries of nobody's, such as {unexplained[0].name}"] if unexplained else []
        )
        wrong += [f"{changed['count']} entries were changed in the ledger"] if changed["count"] else []
        figures = [
            [j.move.name, str(j.move.amount), j.told.key if j.told and j.told.by_hand else ""] for j in others
        ]
        figures += [[changed["count"]]]
        # Another declaration is another figure: who signed did not see it.
        figures += [[j.move.name, str(j.move.amount), j.origin] for j in declared]
        said = "; ".join(wrong) or f"every entry has a source, but {_count(len(explained), 'explained one')}"
        said += f"; {len(declared)} made in the ledger by declaration" if declared else ""
        return _finding(not wrong, said, figures)

    def _revalued(self, task: Task) -> Finding:
        """What is open in foreign currency stands at the closing rate: it was worked out, and is booked."""
        entity, on = self._release.entities[self._entity], self._period.last
        reader = self._session_of(entity.ledger)
        interface = revaluation_interface(self._release, self._entity)
        if not isinstance(reader, LedgerReader) or interface is None:
            return _finding(False, f"{entity.ledger} is no ledger that can be read", [])
        try:
            found = read_revalued(self._release, reader, self._entity, on)
        except ValueError as error:
            return _finding(False, str(error), [str(error)])
        booked = self._booked(
            interface,
            entry_of(found, entity.currency, on),
            "tieout revalue",
            "nothing is open in foreign currency, or it is worth what it is carried at",
        )
        odd = odd_rates(found, reader.facts(), entity.currency, on) if found else []
        odd = tell_odd_rates(self._connection, self._release, self._entity, self._period, odd, self._now)
        if not odd:
            return booked
        said = "; ".join([*(x.says for x in odd), booked.why])[:1000]
        return _finding(False, said, [booked.digest, [x.says for x in odd]])

    def _cut_off(self, task: Task) -> Finding:
        """What was invoiced and not delivered is deferred, what was delivered and not invoiced is accrued: worked out
        anew, and booked."""
        entity, on = self._release.entities[self._entity], self._period.last
        reader = self._session_of(entity.ledger)
        if lacking := what_lacks(self._release, self._entity, on):
            return _finding(False, lacking, [lacking])
        interface = cutoff_interface(self._release, self._entity)
        if not isinstance(reader, LedgerReader) or interface is None:
            return _finding(False, f"{entity.ledger} is no ledger that can be read", [])
        try:
            sales = read_open_sales(self._connection, self._release, reader.facts(), self._entity, on)
        except ValueError as error:
            return _finding(False, str(error), [str(error)])
        wanted = cutoff_entry(sales, entity.currency, on)
        return self._booked(interface, wanted, "tieout cutoff", "what was invoiced is delivered, and no more")

    def _accrued(self, task: Task) -> Finding:
        """What came and is not billed is accrued: worked out anew, by what the ledger accrues itself as well, and booked."""
        entity, on = self._release.entities[self._entity], self._period.last
        interface = accrual_interface(self._release, self._entity)
        reader = self._session_of(entity.ledger)
        if not isinstance(reader, LedgerReader) or interface is None:
            return _finding(False, f"{entity.ledger} is no ledger that can be read", [])
        if on >= self._now.astimezone(entity.zone).date():
            return _finding(False, f"{on} is not over", [str(on)])
        try:
            worked = work_out(self._connection, self._release, interface, reader, on)
        except ValueError as error:
            return _finding(False, str(error), [str(error)])
        command, nothing = "tieout accruals", "all that came is billed"
        found = [self._booked(interface, x, command, nothing) for x in worked.entries]
        limit = self._release.closing.of(self._entity).case_limit
        wrong = [
            f"the ledger accrues {x.amount} of {x.order}, {wanted} came of it unbilled"
            for x, wanted in worked.differing()
            if abs(x.amount - wanted) > limit
        ]
        done = not wrong and all(x.done for x in found)
        left = _left_to_ledger(worked)
        said = [*wrong, *(x.why for x in found if done or not x.done), *left] or [nothing]
        figures = [[x.digest for x in found], [[x.order, str(x.amount)] for x in worked.there], left]
        return _finding(done, "; ".join(said)[:1000], figures)

    def _booked(self, interface: Interface, wanted: JournalEntry, command: str, nothing: str) -> Finding:
        """Whether the entry of the period's end is booked as it should be by now; `nothing` says why there is none."""
        row = self._connection.execute(
            _SQL["month_end_entry"], {"interface": interface.name, "key": wanted.key}
        ).fetchone()
        figures = [wanted.batch, row["state"] if row else ""]
        if not wanted.lines and row is None:
            return _finding(True, nothing, figures)
        if row is None or row["batch"] != wanted.batch:
            return _finding(
                False, f"{wanted.total} is not booked: `{command} --period {self._period}`", figures
            )
        return _finding(row["state"] == DocumentState.POSTED, f"{wanted.total} is {row['state']}", figures)

    def _late(self, task: Task) -> Finding:
        """What of locked periods is booked in this one is decided, and what is passed is immaterial in all."""
        entity, rules = self._release.entities[self._entity], self._release.closing.of(self._entity)
        events = late_events(self._connection, [self._entity], str(self._period))
        reader, locks = self._session_of(entity.ledger), dict[str, date | None]()
        if any(e.decision == LateDecision.REOPEN for e in events):
            if not isinstance(reader, LedgerReader):
                return _finding(False, f"{entity.ledger} is no ledger that can be read", [])
            locks = reader.locks()
        done, said = late_verdict(events, rules.late_limit, rules.late_materiality, locks)
        return _finding(done, said[:1000], [late_figures(e) for e in events])

    def _taxes(self, task: Task) -> Finding:
        """Source tax is the ledger's tax, or what differs is named and somebody decided that it may."""
        if self._tax_figures is None:
            return _finding(
                False, f"{self._release.entities[self._entity].ledger} does not say its taxes", []
            )
        done, said = tax_verdict(self._tax_figures)
        return _finding(done, said[:1000], self._tax_figures)

    def _lock(self, task: Task) -> Finding:
        entity = self._release.entities[self._entity]
        reader = self._session_of(entity.ledger)
        if not isinstance(reader, LedgerReader):
            return _finding(False, f"{entity.ledger} is no ledger that can be read", [])
        locks = reader.locks()
        until = max((d for n, d in locks.items() if d and n in ("fiscal year", "hard")), default=date.min)
        done = until >= self._period.last
        said = ", ".join(f"{n} until {d}" for n, d in sorted(locks.items()) if d) or "nothing is locked"
        return _finding(done, said, [str(until >= self._period.last)])


def _left_to_ledger(worked: Worked) -> list[str]:
    """What of a period's accruals the ledger makes itself, in words, a currency each."""
    sums: dict[str, tuple[int, Decimal, str]] = {}
    for x in worked.left:
        count, amount, why = sums.get(x.amount.currency, (0, Decimal(0), x.ledgers))
        sums[x.amount.currency] = count + 1, amount + x.amount.value, why
    return [
        f"{_count(count, 'line')} of {amount} {currency} left to the ledger ({why})"
        for currency, (count, amount, why) in sorted(sums.items())
    ]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _finding(done: bool, why: str, figures: object) -> Finding:
    raw = json.dumps(figures, default=str, sort_keys=True).encode()
    return Finding(done=done, why=why, digest=hashlib.sha256(raw).hexdigest())
