"""What completes a task: evidence, read now, with a digest of the figures behind it.

Figures of `complete`, `cases` and `waived` come from the database alone, so late data shows at once; the others
ask the ledger, the bank's and the providers' own balances (`figures.py` reads all of them).
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal

import msgspec

from tieout.close.accounts import exact
from tieout.close.accounts import in_words as certified_in_words
from tieout.close.cutting_off import cutoff_entry, cutoff_interface, read_open_sales, what_lacks
from tieout.close.ending import too_early
from tieout.close.figures import Figures
from tieout.close.late import LateDecision, late_figures, late_verdict
from tieout.close.model import Finding, Task
from tieout.close.planning import tasks_of
from tieout.close.revaluing import entry_of, read_revalued, revaluation_interface
from tieout.connector_api import ConnectorError, answered
from tieout.delivery.causes import IN_LEDGER
from tieout.documents import JournalEntry
from tieout.documents.states import DocumentState
from tieout.payables import Worked, accrual_interface, work_out
from tieout.proofs import Figure, Standing, signed_figures, tax_verdict
from tieout.proofs.causes import INTERCOMPANY_DIFFERS, ONE_SIDED, STATEMENT_GAP
from tieout.rules import Interface
from tieout.security import in_words
from tieout.store import snapshot

QUICK = ("complete", "cases", "waived", "")
# Read of the database alone.
_OWN = ("complete", "cases", "waived")


class Evidence:
    """What the figures of a look say of each task."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._own: dict[str, Finding] | None = None

    def find(self, task: Task) -> Finding:
        """What the evidence says of a machine's task. A system that does not answer leaves it open, as does a period that
        is not over: that nothing is missing of it is not known before."""
        found = self._at_once(task) if task.check in _OWN else self._find(task)
        figures = self._figures
        if early := too_early(task, figures.period, figures.book.zone, figures.now):
            return msgspec.structs.replace(found, done=False, why=f"{early}; so far: {found.why}")
        return found

    def _at_once(self, task: Task) -> Finding:
        """What is read of the database alone, for all such tasks of one instant: what goes from one to another meanwhile (a
        request that is turned down is a case) would be in none."""
        if self._own is None:
            figures = self._figures
            tasks = tasks_of(figures.release, figures.entity, figures.period)
            with snapshot(figures.connection):
                # With what was changed past us by then, whatever was asked before.
                figures.changed_since()
                self._own = {t.name: self._find(t) for t in tasks if t.check in _OWN}
        return self._own[task.name]

    def _find(self, task: Task) -> Finding:
        # Cases are rows of their own; whatever else is signed is added up of documents and effects.
        if task.check not in ("cases", "lock") and (changed := self._figures.changed()):
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

    def _complete(self, task: Task) -> Finding:
        """The source's own total is there, and all of it is somewhere; nothing waits."""
        rows = self._figures.tie_out(task.subject)
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
            elif r.residual is not None and r.residual != Figure():
                wrong.append(f"{r.currency}: a residual of {r.residual.net} ({r.residual.count} documents)")
            elif not r.proven:
                wrong.append(f"{r.currency}: the ledger has {r.ledger_gap:+f} beside what is posted")
            if r.waiting.count or r.waiting.debit or r.waiting.credit:
                wrong.append(
                    f"{r.currency}: {_count(r.waiting.count, 'document')} {'waits' if r.waiting.count == 1 else 'wait'}"
                )
        if self._figures.unread(task.subject):
            wrong.append("its source's own figures cannot be read: its case says why")
        missing = self._figures.missing(self._figures.release.interfaces[task.subject], bool(rows))
        wrong += [missing] if missing else []
        said = "; ".join(wrong) or (
            _count(sum(r.source.count for r in rows if r.source), "document") + " proven"
            if rows
            else "nothing came, and nothing had to"
        )
        read_at = self._figures.read_back_at
        if read_at is not None and rows:
            said += f"; the ledger read back at {read_at.astimezone(self._figures.book.zone):%Y-%m-%d %H:%M}"
        return _finding(not wrong, said, [*figures, missing] if missing else figures)

    def _cases(self, task: Task) -> Finding:
        """No case of the period or before it is open above the limit, nor one whose money nobody knows."""
        found = self._figures.open_cases()
        wrong = [
            f"{r['count']} {r['cause'].replace('_', ' ')} ({exact(r['amount'])} {r['currency']})"
            for r in found.rows
        ]
        if found.waiting:
            wrong.append(
                f"{_count(found.waiting, 'request')} {'waits' if found.waiting == 1 else 'wait'} for an approval"
            )
        wrong += [*found.past_us, *found.gone]
        excluded, total = found.excluded
        digest = [
            [list(map(str, r.values())) for r in found.rows],
            found.waiting,
            str(total),
            excluded,
            list(found.past_us),
            *([list(found.gone)] if found.gone else []),
        ]
        return _finding(not wrong, "; ".join(wrong) or "no case is open above the limit", digest)

    def _waived(self, task: Task) -> Finding:
        """What was waived, as people sign it; too much revenue left out is explained by two."""
        found = self._figures.waived()
        return _finding(not found.wanting, found.said()[:1000], found.figures())

    def _bank(self, task: Task) -> Finding:
        """Every bank account in the ledger is what the bank says; statements follow one another."""
        rows = [r for r in self._figures.balances() if r.role.startswith("bank.")]
        gaps = self._figures.told([STATEMENT_GAP.name])
        wrong = [f"{r.account} {r.currency}: {r.difference} more at the bank" for r in rows if r.difference]
        wrong += [
            f"{r.account} {r.currency}: the bank states no balance"
            for r in rows
            if r.source is None and r.in_ledger
        ]
        wrong += [f"{gaps} statements are missing"] if gaps else []
        short = [x.says for x in self._figures.short()]
        wrong += short
        figures = [[r.account, r.currency, str(r.in_ledger), str(r.source)] for r in rows] + short
        return _finding(
            not wrong, "; ".join(wrong) or _count(len(rows), "account") + " as the bank has it", figures
        )

    def _clearing(self, task: Task) -> Finding:
        rows = self._figures.clearing()
        wrong = [
            f"{r.account} {r.currency}: {r.difference or r.unexplained} is not explained"
            for r in rows
            if r.difference or r.unexplained
        ]
        figures = [[r.account, r.currency, str(r.in_ledger), str(r.source)] for r in rows]
        said = _count(len(rows), "clearing account") + " explained"
        if alone := sorted({f"{r.account} {r.currency}" for r in rows if r.source is None}):
            # Its own movements explain it; whether more of them was to come only people can say.
            said += f", of {', '.join(alone)} nothing states the balance apart: people certify it"
        return _finding(not wrong, "; ".join(wrong) or said, figures)

    def _accounts(self, task: Task) -> Finding:
        """Every balance-sheet account is what something apart from the ledger says, within its limit, or two people said why
        not; by the rules that held at the month's end."""
        reader = self._figures.reader()
        if reader is None:
            return self._no_ledger()
        pairs, changed = self._figures.certified(reader)
        done, said = certified_in_words(pairs)
        said = f"the rules were changed after the month's end: {changed}; {said}" if changed else said
        figures = [[r.account, r.currency, r.digest, c.explanation if c else ""] for r, c in pairs]
        return _finding(done and not changed, said, [figures, changed])

    def _itemised(self, task: Task) -> Finding:
        """Every account on its way to zero is zero, or named item by item; a rest that nobody explains is nobody's to sign."""
        found = self._figures.items
        if found is None:
            ledger = self._figures.book.ledger
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
        count, amount = self._figures.pairs([ONE_SIDED.name, INTERCOMPANY_DIFFERS.name])
        why = f"{count} pairs do not net" if count else "every pair nets, or is explained"
        return _finding(not count, why, [count, str(amount)])

    def _ledger(self, task: Task) -> Finding:
        """Reverse completeness: whatever stands on governed accounts has a source, or a reason that
        somebody gave; and what we booked stands as we booked it."""
        judged = self._figures.judged
        if judged is None:
            return self._no_ledger()
        others = [j for j in judged if j.standing in (Standing.EXPLAINED, Standing.UNDECLARED)]
        declared = [j for j in judged if j.standing is Standing.DECLARED]
        unexplained = [j.move for j in others if j.standing is Standing.UNDECLARED]
        explained = {j.told.key for j in others if j.standing is Standing.EXPLAINED and j.told}
        changed = self._figures.told([c.name for c in IN_LEDGER])
        wrong = (
            [f"{len(unexplained)} entries of nobody's, such as {unexplained[0].name}"] if unexplained else []
        )
        wrong += [f"{changed} entries were changed in the ledger"] if changed else []
        figures = [
            [j.move.name, str(j.move.amount), j.told.key if j.told and j.told.by_hand else ""] for j in others
        ]
        # Another declaration is another figure: who signed did not see it.
        declarations = [[j.move.name, str(j.move.amount), j.origin] for j in declared]
        said = "; ".join(wrong) or f"every entry has a source, but {_count(len(explained), 'explained one')}"
        said += f"; {len(declared)} made in the ledger by declaration" if declared else ""
        return _finding(not wrong, said, [*figures, [changed], *declarations])

    def _revalued(self, task: Task) -> Finding:
        """What is open in foreign currency stands at the closing rate: it was worked out, and is booked."""
        figures, reader = self._figures, self._figures.reader()
        own, on = figures.book.currency, figures.period.last
        interface = revaluation_interface(figures.release, figures.entity)
        if reader is None or interface is None:
            return self._no_ledger()
        try:
            found = read_revalued(figures.release, reader, figures.facts(reader), figures.entity, on)
        except ValueError as error:
            return _finding(False, str(error), [str(error)])
        booked = self._booked(
            interface,
            entry_of(found, own, on),
            "tieout revalue",
            "nothing is open in foreign currency, or it is worth what it is carried at",
        )
        odd = figures.odd(found, reader)
        if not odd:
            return booked
        said = "; ".join([*(x.says for x in odd), booked.why])[:1000]
        return _finding(False, said, [booked.digest, [x.says for x in odd]])

    def _cut_off(self, task: Task) -> Finding:
        """What was invoiced and not delivered is deferred, what was delivered and not invoiced is accrued: worked out
        anew, and booked."""
        figures, reader = self._figures, self._figures.reader()
        on = figures.period.last
        if lacking := what_lacks(figures.release, figures.entity, on):
            return _finding(False, lacking, [lacking])
        interface = cutoff_interface(figures.release, figures.entity)
        if reader is None or interface is None:
            return self._no_ledger()
        try:
            sales = read_open_sales(
                figures.connection, figures.release, figures.facts(reader), figures.entity, on
            )
        except ValueError as error:
            return _finding(False, str(error), [str(error)])
        wanted = cutoff_entry(sales, figures.book.currency, on)
        return self._booked(interface, wanted, "tieout cutoff", "what was invoiced is delivered, and no more")

    def _accrued(self, task: Task) -> Finding:
        """What came and is not billed is accrued: worked out anew, by what the ledger accrues itself as well, and booked."""
        figures, reader = self._figures, self._figures.reader()
        on = figures.period.last
        interface = accrual_interface(figures.release, figures.entity)
        if reader is None or interface is None:
            return self._no_ledger()
        if on >= figures.now.astimezone(figures.book.zone).date():
            return _finding(False, f"{on} is not over", [str(on)])
        try:
            worked = work_out(figures.connection, figures.release, interface, reader, on)
        except ValueError as error:
            return _finding(False, str(error), [str(error)])
        command, nothing = "tieout accruals", "all that came is billed"
        found = [self._booked(interface, x, command, nothing) for x in worked.entries]
        limit = figures.rules.case_limit
        wrong = [
            f"the ledger accrues {x.amount} of {x.order}, {wanted} came of it unbilled"
            for x, wanted in worked.differing()
            if abs(x.amount - wanted) > limit
        ]
        done = not wrong and all(x.done for x in found)
        left = _left_to_ledger(worked)
        said = [*wrong, *(x.why for x in found if done or not x.done), *left] or [nothing]
        signed = [[x.digest for x in found], [[x.order, str(x.amount)] for x in worked.there], left]
        return _finding(done, "; ".join(said)[:1000], signed)

    def _booked(self, interface: Interface, wanted: JournalEntry, command: str, nothing: str) -> Finding:
        """Whether the entry of the period's end is booked as it should be by now; `nothing` says why there is none."""
        row = self._figures.month_end_entry(interface, wanted.key)
        figures = [wanted.batch, row["state"] if row else ""]
        if not wanted.lines and row is None:
            return _finding(True, nothing, figures)
        if row is None or row["batch"] != wanted.batch:
            return _finding(
                False, f"{wanted.total} is not booked: `{command} --period {self._figures.period}`", figures
            )
        return _finding(row["state"] == DocumentState.POSTED, f"{wanted.total} is {row['state']}", figures)

    def _late(self, task: Task) -> Finding:
        """What of locked periods is booked in this one is decided, and what is passed is immaterial in all."""
        rules, events, locks = self._figures.rules, self._figures.late(), dict[str, date | None]()
        if any(e.decision == LateDecision.REOPEN for e in events):
            reader = self._figures.reader()
            if reader is None:
                return self._no_ledger()
            locks = answered(reader.locks, "its locks")
        done, said = late_verdict(events, rules.late_limit, rules.late_materiality, locks)
        return _finding(done, said[:1000], [late_figures(e) for e in events])

    def _taxes(self, task: Task) -> Finding:
        """Source tax is the ledger's tax, or what differs is named and somebody decided that it may."""
        taxes = self._figures.taxes
        if taxes is None:
            return _finding(False, f"{self._figures.book.ledger} does not say its taxes", [])
        done, said = tax_verdict(taxes)
        return _finding(done, said[:1000], taxes)

    def _lock(self, task: Task) -> Finding:
        reader, last = self._figures.reader(), self._figures.period.last
        if reader is None:
            return self._no_ledger()
        locks = answered(reader.locks, "its locks")
        until = max((d for n, d in locks.items() if d and n in ("fiscal year", "hard")), default=date.min)
        said = ", ".join(f"{n} until {d}" for n, d in sorted(locks.items()) if d) or "nothing is locked"
        return _finding(until >= last, said, [str(until >= last)])

    def _no_ledger(self) -> Finding:
        return _finding(False, f"{self._figures.book.ledger} is no ledger that can be read", [])


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
