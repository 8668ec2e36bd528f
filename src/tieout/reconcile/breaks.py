"""What is left over: each item with why it has no partner, and what comes nearest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta

from tieout.money import from_minor
from tieout.reconcile.frames import pl
from tieout.reconcile.model import Break, Match
from tieout.reconcile.ruleset import Rules


def breaks(
    left: pl.DataFrame,
    right: pl.DataFrame,
    groups: Iterable[Match],
    crowded: dict[str, int],
    rules: Rules,
    rated: Collection[str],
    as_of: date | None = None,
) -> list[Break]:
    """Every item that no automatic group of `groups` holds, and what a part payment leaves open.
    `rated` are the currencies that a rate leads to or from; `as_of` the day on which it is judged
    (that of the latest row where none is given)."""
    days = [d for d in (left["date"].max(), right["date"].max()) if isinstance(d, date)]
    day = as_of or max(days, default=date.min)
    nearest: dict[tuple[str, str], list[Match]] = defaultdict(list)
    taken: dict[str, set[str]] = {"left": set(), "right": set()}
    found = []
    for group in groups:
        if group.status == "auto":
            taken["left"].update(group.left)
            taken["right"].update(group.right)
            if not group.closed:
                found.append(_rest(group))
            continue
        for key in group.left:
            nearest["left", key].append(group)
        for key in group.right:
            nearest["right", key].append(group)
    for side, rows, other in (("left", left, right), ("right", right, left)):
        known = {*other["currency"].unique().to_list(), *rated}
        waits = rules.timing.left if side == "left" else rules.timing.right
        columns = rows.select("id", "date", "due", "minor", "currency")
        for key, on, due, minor, currency in columns.iter_rows():
            if key in taken[side]:
                continue
            if currency not in known:
                cause, why = "no_rate", f"nothing on the other side is in {currency}, and no rate leads there"
            else:
                expected = max(on + timedelta(waits), due or on)
                equal = crowded.get(key, 0) if side == "left" else 0
                cause, why = _why(nearest.get((side, key), []), equal, expected, day)
            found.append(
                Break(
                    side=side,  # type: ignore[arg-type]
                    id=key,
                    amount=from_minor(minor, currency).value,
                    currency=currency,
                    cause=cause,
                    why=why,
                )
            )
    return found


def _why(near: list[Match], equal: int, expected: date, day: date) -> tuple[str, str]:
    """Why an item has no partner: suggestions wait for it, `equal` others fit as well, it may still come, or nothing
    fits."""
    if near:
        return "suggested", f"{len(near)} to choose from; {near[0].rule}: {near[0].why}"
    if equal:
        return "ambiguous", f"{equal} are equally good, and nothing tells them apart"
    if expected >= day:
        return "timing", f"may still come: expected until {expected}"
    return "unmatched", f"nothing fits; expected until {expected}"


def _rest(group: Match) -> Break:
    """What stays open of the last item: of what is due, or of what was paid too much."""
    over = group.difference.explained_as == "over_payment"
    return Break(
        side="left" if over else "right",
        id=(group.left if over else group.right)[-1],
        amount=group.difference.amount if over else 0 - group.difference.amount,
        currency=group.difference.currency,
        cause="over_paid" if over else "part_paid",
        why=f"{', '.join(group.right if over else group.left)} took the rest",
    )
