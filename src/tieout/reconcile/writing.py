"""Results as JSON Lines, and their summary. A file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from tieout.money import from_minor
from tieout.reconcile.frames import pl
from tieout.reconcile.model import Break
from tieout.reconcile.service import Result


def write_lines(path: Path, rows: Iterable[msgspec.Struct]) -> None:
    """One object a line; amounts as decimal texts. Raises OSError."""
    encode = msgspec.json.Encoder()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            buffer = bytearray()
            for row in rows:
                encode.encode_into(row, buffer, len(buffer))
                buffer += b"\n"
                if len(buffer) > 1 << 20:
                    file.write(buffer)
                    buffer.clear()
            file.write(buffer)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def summary(result: Result, left_over: list[Break]) -> dict[str, Any]:
    """Counts of groups and breaks, and for each side and currency: total = matched + left over,
    as signed decimal texts."""
    rules: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    for group in result.groups():
        statuses[group.status] += 1
        if group.status == "auto":
            rules[group.rule] += 1
            if group.difference.explained_as:
                explained[group.difference.explained_as] += 1
    return {
        "matches": {"auto": statuses["auto"], "suggested": statuses["suggested"]},
        "rules": dict(rules.most_common()),
        "differences": dict(explained.most_common()),
        "breaks": dict(Counter(f"{b.side} {b.cause}" for b in left_over).most_common()),
        "left": _side(result.left, [b for b in left_over if b.side == "left"]),
        "right": _side(result.right, [b for b in left_over if b.side == "right"]),
    }


def _side(rows: pl.DataFrame, left_over: list[Break]) -> list[dict[str, Any]]:
    totals = rows.group_by("currency").agg(pl.len().alias("n"), pl.col("minor").sum()).sort("currency")
    found = []
    for currency, n, minor in totals.iter_rows():
        total = from_minor(minor, currency).value
        mine = [b for b in left_over if b.currency == currency]
        rest = sum((b.amount for b in mine), start=from_minor(0, currency).value)
        found.append(
            {
                "currency": currency,
                "rows": n,
                "total": str(total),
                "matched_rows": n - sum(b.cause not in ("part_paid", "over_paid") for b in mine),
                "matched": str(total - rest),
                "left_over_rows": sum(b.cause not in ("part_paid", "over_paid") for b in mine),
                "left_over": str(rest),
            }
        )
    return found
