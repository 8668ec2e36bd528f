"""Counts what was matched against the truth; every false match is counted.

Invoices (and credit notes) are counted one by one; an invoice is right when its automatic group
holds exactly its bank lines and exactly the invoices that those lines pay. A payout's rows are
counted apart. Intervals are Wilson's, 95%.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from math import sqrt


@dataclass
class Score:
    payable: int = 0  # invoices that have a partner
    right: int = 0
    false: int = 0  # invoices in a group that is not theirs
    false_groups: int = 0
    suggested: int = 0  # invoices or lines with suggestions, of those not matched
    first_three: int = 0
    payouts: int = 0
    payouts_right: int = 0
    payouts_false: int = 0
    groups: int = 0  # whole groups that have a partner, and those that were found whole
    groups_right: int = 0
    of_kind: Counter = field(default_factory=Counter)  # invoices that have a partner, by kind
    right_of: Counter = field(default_factory=Counter)
    false_of: Counter = field(default_factory=Counter)  # false groups, by the kind of their lines
    missed: Counter = field(default_factory=Counter)
    wrong: list = field(default_factory=list)

    def __add__(self, other: Score) -> Score:
        return Score(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def told(self) -> str:
        """Every figure, in words."""
        low, high = wilson(self.right, self.right + self.false)
        lines = [
            f"{self.right} of {self.payable} invoices matched rightly ({self.rate:.2%}), {self.false} falsely",
            f"precision {self.precision:.4%} (95%: {low:.4%} to {high:.4%})",
            f"right among the first three suggestions: {self.first_three} of {self.suggested}",
            f"payouts: {self.payouts_right} of {self.payouts} right, {self.payouts_false} false",
        ]
        lines += [f"false: {left} with {right}" for left, right, *_ in self.wrong]
        return "\n".join(lines)

    def found(self, kind: str) -> float:
        """Of a kind's invoices, those that were matched rightly."""
        return self.right_of[kind] / max(1, self.of_kind[kind])

    @property
    def whole(self) -> float:
        """Of the groups, those that were found whole."""
        return self.groups_right / max(1, self.groups)

    @property
    def rate(self) -> float:
        return self.right / self.payable

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.false)

    @property
    def errors(self) -> int:
        """Invoices not matched rightly, and false groups on top."""
        return self.payable - self.right + self.false


def wilson(hits: int, of: int) -> tuple[float, float]:
    if not of:
        return 0.0, 1.0
    z, p = 1.96, hits / of
    middle, half = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def score(truth: Iterable[dict], groups: Iterable[tuple[tuple[str, ...], tuple[str, ...], str]]) -> Score:  # noqa: C901 - one pass over the groups, a branch for each way of being right or wrong
    """`groups` are (left ids, right ids, "auto" or "suggested" in order of rank)."""
    found = Score()
    of_left, of_right = {}, {}
    for group in truth:
        for key in group["left"]:
            of_left[key] = group
        for key in group["right"]:
            of_right[key] = group
    taken: set[str] = set()
    options: dict[int, list] = {}
    for left, right, status in groups:
        group = of_right.get(right[0]) if right else None
        exact = group is not None and set(right) == set(group["right"]) and set(left) in _lines(group)
        if status != "auto":
            for key in left:
                options.setdefault(id(of_left.get(key)), []).append((left, right, exact))
            continue
        payout = group is not None and group["kind"] == "payout"
        if payout:
            found.payouts_right += exact
            found.payouts_false += not exact
            continue
        if exact:
            found.right += len(right)
            found.groups_right += 1
            found.right_of[group["kind"]] += len(right)
        else:
            found.false += max(1, len(right))
            found.false_groups += 1
            whose = (of_left.get(left[0]) if left else None) or group
            found.false_of[whose["kind"] if whose else "open"] += 1
            found.wrong.append((left, right, of_left.get(left[0] if left else "", {}), group))
        taken.update(right)
    for group in {id(g): g for g in of_right.values()}.values():
        if group["kind"] == "payout":
            found.payouts += 1
            continue
        if not group["left"]:
            continue
        found.payable += len(group["right"])
        found.groups += 1
        found.of_kind[group["kind"]] += len(group["right"])
        if not taken.isdisjoint(group["right"]):
            continue
        name = "+".join([group["kind"], *sorted(set(group["noise"]))])
        found.missed[name] += len(group["right"])
        shown = options.get(id(group))
        if shown:
            found.suggested += 1
            found.first_three += any(exact for *_, exact in shown)
    return found


def _lines(group: dict) -> list[set[str]]:
    """The sets of lines that may pay a group: of two equal payments, either."""
    return [set(group["left"]), *(set(other) for other in group.get("or", ()))]
