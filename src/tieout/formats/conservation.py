"""The proof of a statement: opening + lines = closing, and the file's own counts and sums.

Only booked lines count. Two equal lines are two lines. A statement that gives neither balances
nor sums proves nothing: `holds` is None then, never True.
"""

from __future__ import annotations

from decimal import Decimal

from tieout.formats.model import Conservation, Head, Line, Place, Stated

_ZERO = Decimal(0)
DERIVED = "derived from the lines"


def _is_of_several(head: Head) -> bool:
    """Whether it is a page among others of one statement."""
    return (
        head.last_page is False
        or (head.page or 1) > 1
        or (head.opening is not None and head.opening.code == "ITBD")
    )


class Tally:
    """Sums of a statement's lines as they stream by; amounts in the account's currency."""

    def __init__(self) -> None:
        self.net, self.credits, self.debits = _ZERO, _ZERO, _ZERO
        self.credit_count = self.debit_count = self.zero_count = 0
        self.unbooked: dict[str, Tally] = {}
        self.currencies: dict[str, Place] = {}

    def add(self, line: Line) -> None:
        """Count a line: what is booked in the sums (debits positive), anything else only apart from them, since
        no balance holds it."""
        currency = line.currency
        if currency not in self.currencies:
            self.currencies[currency] = line.place
        if line.status != "booked":
            self.unbooked.setdefault(line.status, Tally())._count(line.amount)
            return
        self._count(line.amount)

    def _count(self, amount: Decimal) -> None:
        self.net += amount
        if amount < 0:
            self.debits -= amount
            self.debit_count += 1
        elif amount:
            self.credits += amount
            self.credit_count += 1
        else:
            # Nothing says on which side a bank counts a line of zero.
            self.zero_count += 1

    @property
    def count(self) -> int:
        """How many lines there are of what is counted here."""
        return self.credit_count + self.debit_count + self.zero_count

    def _plus(self, other: Tally) -> Tally:
        both = Tally()
        both.net, both.credits, both.debits = (
            self.net + other.net,
            self.credits + other.credits,
            self.debits + other.debits,
        )
        both.credit_count = self.credit_count + other.credit_count
        both.debit_count = self.debit_count + other.debit_count
        both.zero_count = self.zero_count + other.zero_count
        return both

    def prove(self, head: Head) -> Conservation:
        """The proof against what the statement's head says."""
        opening = head.opening.amount if head.opening else None
        closing = head.closing.amount if head.closing else None
        problems = list(head.problems)
        residual = None if opening is None or closing is None else closing - opening - self.net
        # Of a test or a deletion nothing counts; lines that are not all given cannot reach sums and balances.
        lines_count = head.status in ("update", "correction") and not head.partial
        # A page may repeat the totals of its whole statement: its own balances prove it.
        if lines_count and (residual != 0 or not _is_of_several(head)):
            problems += self._stated_problems(head.stated)
            if residual:
                problems.append(f"{opening} + {self.net} is not {closing}: {residual} is left")
        # An opening balance that was made from the lines holds nothing against them.
        derived = head.opening is not None and head.opening.code == DERIVED
        known = (residual is not None and not derived) or head.stated != Stated() or head.checked
        return Conservation(
            opening=opening,
            sum_lines=self.net,
            closing=closing,
            residual=residual,
            holds=False if problems else (True if known and lines_count and not head.unproven else None),
            problems=tuple(problems),
        )

    def _stated_problems(self, stated: Stated) -> list[str]:
        """Where the file's own counts and sums are others. A bank may count unbooked lines or
        leave them out: it is taken at whichever agrees, with the booked ones alone, with those that
        are pending, or with all."""
        counted, found = self, self._contradictions(stated)
        for status in ("pending", "information"):
            if found and status in self.unbooked:
                counted = counted._plus(self.unbooked[status])
                if not counted._contradictions(stated):
                    return []
        return found

    def _contradictions(self, stated: Stated) -> list[str]:
        found: list[str] = []
        if stated.count not in (None, self.count):
            found.append(f"the file states {stated.count} lines, it holds {self.count}")
        for what, theirs, ours in (
            ("credits", stated.credit_count, self.credit_count),
            ("debits", stated.debit_count, self.debit_count),
        ):
            if theirs is not None and not ours <= theirs <= ours + self.zero_count:
                found.append(f"the file states {theirs} {what}, it holds {ours}")
        for what, total, mine in (
            ("credits", stated.credit_sum, self.credits),
            ("debits", stated.debit_sum, self.debits),
            ("a net", stated.net, self.net),
        ):
            if total is not None and total != mine:
                found.append(f"the file states {what} of {total}, it holds {mine}")
        # Some banks write the net's size as the sum of all entries.
        gross = self.credits + self.debits
        if stated.sum is not None and abs(stated.sum) not in (gross, abs(self.net)):
            found.append(f"the file states a sum of {stated.sum}, it holds {gross}")
        return found
