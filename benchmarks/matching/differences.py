"""Every difference that was accepted without a person, held against what the rows say: an oracle of its own.

It reads the rows as they are written, counts in Decimals, and knows nothing of the engine but its answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from benchmarks.matching.company import Books, Company, Noise, frames
from benchmarks.matching.said import LIMITS, WITHHELD, limited, tell
from tieout.reconcile import Match, checked, match, read_rules
from tieout.reconcile.ruleset import Limit

OPEN = ("partial_payment", "over_payment")
# Companies of differences: half of what is paid is not what was due.
SHORT = Noise(
    fee=0.12,
    discount=0.12,
    withholding=0.08,
    rounding=0.1,
    partial=0.06,
    foreign=0.15,
    merged=0.05,
    split=0.03,
)
_CENT = Decimal("0.01")


@dataclass
class Found:
    """Groups, those with a difference by what became of it, and every one that ought not to have been accepted."""

    groups: int = 0
    accepted: Counter = field(default_factory=Counter)
    open: Counter = field(default_factory=Counter)
    suggested: Counter = field(default_factory=Counter)
    unfounded: list = field(default_factory=list)

    def __add__(self, other: Found) -> Found:
        return Found(
            self.groups + other.groups, self.accepted + other.accepted, self.open + other.open,
            self.suggested + other.suggested, self.unfounded + other.unfounded,
        )  # fmt: skip


def judge(books: Books, groups: Iterable[Match], limits: Mapping[str, Limit]) -> Found:
    """Every group with a difference, looked at."""
    found = Found()
    left = {key: n for n, key in enumerate(books.left["id"])}
    right = {key: n for n, key in enumerate(books.right["id"])}
    sums: Counter = Counter()
    for group in groups:
        found.groups += 1
        kind = group.difference.explained_as
        if not group.difference.amount or not kind:
            if group.status == "auto" and group.difference.amount:
                found.unfounded.append((group, "a difference that is nothing"))
            continue
        if group.status != "auto":
            found.suggested[kind] += 1
            continue
        if kind in OPEN:
            found.open[kind] += 1
            continue
        found.accepted[kind] += 1
        lines, items = [left[x] for x in group.left], [right[x] for x in group.right]
        why = _unfounded(books, lines, items, group, limits)
        on = max(*(books.left["date"][n] for n in lines), *(books.right["date"][n] for n in items))
        key = kind, books.right["counterparty"][items[0]], on.strftime("%Y-%m")
        sums[key] += abs(group.difference.amount)
        if not why and sums[key] > limits[kind].month:
            why = "past the month's sum"
        if why:
            found.unfounded.append((group, why))
    return found


def _unfounded(
    books: Books, lines: list[int], items: list[int], group: Match, limits: Mapping[str, Limit]
) -> str:
    """Why a difference ought not to have been accepted, "" where it may."""
    kind, paid = group.difference.explained_as, sum(Decimal(books.left["amount"][n]) for n in lines)
    on = max(books.left["date"][n] for n in lines)
    due = sum((_worth(books, n, on) for n in items), Decimal(0))
    less = due - paid
    if less != -group.difference.amount:
        return f"it is {less}, not what is told"
    if kind not in limits:
        return "no limit"
    limit = limits[kind]
    if abs(less) > limit.amount or abs(less) * 100 > abs(due) * limit.percent:
        return "past its limit"
    return "" if _GROUNDS[kind](books, lines, items, less, due, on) else "no ground"


def _worth(books: Books, n: int, on: date) -> Decimal:
    amount, currency = Decimal(books.right["amount"][n]), books.right["currency"][n]
    if currency == "EUR":
        return amount
    return (amount / books.rates[on, currency]).quantize(_CENT, ROUND_HALF_UP)


def _charged(books: Books, lines: list[int], items: list[int], less: Decimal, due: Decimal, on: date) -> bool:
    return less == sum(Decimal(books.left["bank_charge"][n] or 0) for n in lines)


def _in_time(books: Books, lines: list[int], items: list[int], less: Decimal, due: Decimal, on: date) -> bool:
    granted = [
        Decimal(books.right["early_discount"][n])
        for n in items
        if books.right["early_discount"][n] and books.right["early_discount_until"][n] >= on.isoformat()
    ]
    return bool(granted) and abs(sum(granted) - less) <= _CENT * len(granted)


def _withheld(
    books: Books, lines: list[int], items: list[int], less: Decimal, due: Decimal, on: date
) -> bool:
    return any(abs(due * w.percent / 100 - less) < _CENT for w in WITHHELD)


def _abroad(books: Books, lines: list[int], items: list[int], less: Decimal, due: Decimal, on: date) -> bool:
    return any(books.right["currency"][n] != "EUR" for n in items)


_GROUNDS = {
    "rounding": lambda *_: True,
    "bank_charge": _charged,
    "early_payment_discount": _in_time,
    "withholding": _withheld,
    "exchange": _abroad,
}


def one(invoices: int, seed: int, on: bool) -> Found:
    """A company of differences, with limits or with none."""
    books = Company(invoices, seed, SHORT).make()
    tell(books, seed)
    left, right = frames(books)
    rates = {(day, "EUR", code): rate for (day, code), rate in books.rates.items()}
    rules = limited() if on else read_rules()
    result = match(checked(left, "left"), checked(right, "right"), rules, rates)
    return judge(books, result.groups(), LIMITS if on else {})


def page(groups: int, invoices: int = 20_000, first: int = 8101) -> str:
    """What docs/campaigns/differences.md says: companies until there are so many groups, with limits and with none."""
    totals, seeds = {True: Found(), False: Found()}, []
    while min(t.groups for t in totals.values()) < groups:
        seeds.append(first + len(seeds))
        for on in totals:
            totals[on] += one(invoices, seeds[-1], on)
    rows = [
        f"| {'on' if on else 'off'} | {t.groups:,} | {sum(t.accepted.values()):,} | {sum(t.open.values()):,} "
        f"| {sum(t.suggested.values()):,} | {len(t.unfounded)} |"
        for on, t in totals.items()
    ]
    kinds = [
        f"| {kind.replace('_', ' ')} | {totals[True].accepted[kind]:,} | {totals[True].suggested[kind]:,} "
        f"| {totals[False].suggested[kind]:,} |"
        for kind in LIMITS
    ]
    wrong = [f"- {why}: {group}" for t in totals.values() for group, why in t.unfounded[:20]]
    return "\n".join([
        "# Differences, and what lets them pass",
        "",
        f"`make campaign-differences`: {len(seeds)} invented companies of {invoices:,} invoices (seeds {seeds[0]} to {seeds[-1]}), of",
        "which about half are not paid as they are due: charges, discounts, withholdings, roundings, part payments and other",
        "currencies. Of the charges and discounts 85% have their ground; half of the others have one that does not hold (another",
        "amount, a day too late). Each is matched with limits and with none, and every difference that was accepted without a",
        "person is held against the rows by an oracle of its own: its ground, its limit in money and per cent, its month's sum.",
        "",
        "| limits | groups | accepted | part paid or over-paid | suggested | **accepted without ground or limit** |",
        "|---|---:|---:|---:|---:|---:|",
        *rows,
        "",
        "| with limits | accepted | suggested | suggested with limits off |",
        "|---|---:|---:|---:|",
        *kinds,
        "",
        *wrong,
    ]).rstrip() + "\n"  # fmt: skip
