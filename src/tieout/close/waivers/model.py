"""What a waiver is, the sums of many by kind, and revenue left out as a share: pure, of rows alone.

The same functions serve the close as it is read from the database and as it is printed from its evidence (`as_plain`,
`from_plain`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tieout.money import Amount


class WaiverKind(StrEnum):
    """What was waived, as it is shown."""

    EXCLUDED = "excluded"
    LEDGER = "difference in the ledger accepted"
    ENTRY = "entry of others explained"
    CASE = "case accepted"
    NO_AMOUNT = "case without an amount accepted"
    WRITTEN_OFF = "written off"
    DIFFERENCE = "difference booked by a match"
    PAID_FOR_OTHERS = "paid for others"
    SOURCE = "left out by its source"


# What nobody here decided: it is shown, and is no waiver of people.
_NOBODYS = (WaiverKind.SOURCE,)
# Rows in one entry of evidence.
_A_PART = 200


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was waived. `about` is the document, entry or match; `amount` is positive in `currency`, `company` in the
    entity's (None: nobody knows, its currency has no rate). `by` decided, `second` approved ("": nobody else had to, or nobody
    did). `revenue` is what it takes from the entity's revenue (negative: it adds), None where nobody knows; `count` is how
    many one line stands for."""

    kind: WaiverKind
    about: str
    cause: str
    interface: str
    amount: Decimal
    currency: str
    company: Decimal | None
    at: datetime | None
    by: str
    second: str
    reason: str
    revenue: Decimal | None = Decimal(0)
    count: int = 1

    def alone_above(self, limit: Decimal) -> bool:
        """Whether one person decided it who may not alone: a person, not a rule of the project."""
        waived = self.company is None or self.company > limit
        return self.kind not in _NOBODYS and not self.second and not self.by.startswith("policy") and waived


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """Waivers of one kind and currency. `company` sums those whose worth is known, `unknown` counts the others."""

    kind: WaiverKind
    currency: str
    count: int
    amount: Decimal
    company: Decimal
    unknown: int


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Revenue that people left out, in the entity's currency without tax. `sales` and `credits` are both positive: an invoice
    and a credit note left out do not make up for each other. `booked` is what stands; `unknown` counts documents of which nobody
    knows what they are worth."""

    sales: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)
    booked: Decimal = Decimal(0)
    unknown: int = 0

    @property
    def left_out(self) -> Decimal:
        """All of it, whatever its sign."""
        return self.sales + self.credits

    @property
    def percent(self) -> Decimal:
        """Of the revenue that there would be with it, to two places; 100 where there is none."""
        whole = self.booked + self.sales - self.credits
        if not self.left_out:
            return Decimal("0.00")
        found = self.left_out / whole * 100 if whole > 0 else Decimal(100)
        return min(found, Decimal(100)).quantize(Decimal("0.01"))

    def above(self, limit: Decimal) -> bool:
        """Whether it needs an explanation; what nobody knows does."""
        whole = self.booked + self.sales - self.credits
        return bool(self.unknown) or self.left_out * 100 > max(whole, Decimal(0)) * limit


class Waivers(msgspec.Struct, frozen=True, kw_only=True):
    """All that was waived of an entity's period. `limit` is what one person may decide alone, `percent_limit` how much revenue may
    be left out without an explanation, `explained` the explanation and whose it is, "" where there is none."""

    entity: str
    period: str
    currency: str
    rows: tuple[Waiver, ...]
    share: Share
    limit: Decimal
    percent_limit: Decimal
    explained: str = ""

    @property
    def revenue_key(self) -> str:
        """What the case of revenue left out is of: these documents, and no others."""
        left = [[w.interface, w.about, str(w.revenue)] for w in self.rows if w.revenue is None or w.revenue]
        return f"{self.entity}:{self.period}:{_digest(left)[:12]}"

    @property
    def alone_key(self) -> str:
        """What the case of decisions by one person is of."""
        return f"{self.entity}:{self.period}:{_digest([_plain(w) for w in self.alone])[:12]}"

    @property
    def alone(self) -> list[Waiver]:
        """What one person decided that two must decide."""
        return [w for w in self.rows if w.alone_above(self.limit)]

    @property
    def wanting(self) -> list[str]:
        """What keeps the period from being closed, in words."""
        if not self.share.above(self.percent_limit) or self.explained:
            return []
        unknown = f", and {self.share.unknown} of which nobody knows the worth" if self.share.unknown else ""
        return [
            f"{_said(self.share.left_out, self.currency)} of revenue left out{unknown}, {self.share.percent}% of it, more than "
            f"{self.percent_limit}%: two people explain it"
        ]

    def said(self) -> str:
        """The whole of it in a sentence or two."""
        parts = [f"{s.count} {s.kind} ({_said(s.amount, s.currency)})" for s in sums_of(self.rows)] or [
            "nothing was waived"
        ]
        if self.share.left_out:
            left = _said(self.share.left_out, self.currency)
            parts.append(f"{self.share.percent}% of revenue left out ({left})")
        if alone := self.alone:
            parts.append(
                f"{len(alone)} above {self.limit} {self.currency} by one person, such as {alone[0].about}"
            )
        if self.explained:
            parts.append(f"explained: {self.explained}")
        return "; ".join([*self.wanting, *parts])

    def figures(self) -> list[Any]:
        """What people sign."""
        return [[list(x.values()) for x in map(_plain, self.rows)], _plain(self.share), self.explained]


def sums_of(rows: Sequence[Waiver]) -> list[Sum]:
    """By kind, in the kinds' order, and by currency."""
    found: dict[tuple[WaiverKind, str], list[Waiver]] = {}
    for row in rows:
        found.setdefault((row.kind, row.currency), []).append(row)
    order = list(WaiverKind)
    return [
        Sum(
            kind=kind,
            currency=currency,
            count=sum(w.count for w in some),
            amount=sum((w.amount for w in some), Decimal(0)),
            company=sum((w.company for w in some if w.company is not None), Decimal(0)),
            unknown=sum(w.count for w in some if w.company is None),
        )
        for (kind, currency), some in sorted(found.items(), key=lambda x: (order.index(x[0][0]), x[0][1]))
    ]


def as_plain(waivers: Waivers) -> dict[str, Any]:
    """As JSON has it, with the sums and the share in percent: amounts are text, times ISO 8601."""
    return {
        **_plain(waivers),
        "sums": [_plain(s) for s in sums_of(waivers.rows)],
        "share_percent": str(waivers.share.percent),
    }


def from_plain(plain: Mapping[str, Any]) -> Waivers:
    """What `as_plain` wrote. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(plain), Waivers, strict=False)


def as_evidence(waivers: Waivers) -> list[dict[str, Any]]:
    """The list as details of entries of evidence, in order: each with its part, and so many rows."""
    plain, digest = as_plain(waivers), digest_of(waivers)
    rows = plain.pop("rows")
    parts = [rows[n : n + _A_PART] for n in range(0, len(rows), _A_PART)] or [[]]
    return [
        {"digest": digest, "part": n, "parts": len(parts), "rows": some, **(plain if n == 1 else {})}
        for n, some in enumerate(parts, 1)
    ]


def from_evidence(details: Sequence[Mapping[str, Any]]) -> Waivers | None:
    """The last list that is whole among details of a period's entries `close.waived`, in their order; None without one."""
    for end in range(len(details), 0, -1):
        count = details[end - 1]["parts"]
        parts = details[max(end - count, 0) : end]
        if [p["part"] for p in parts] == list(range(1, count + 1)):
            return from_plain({**parts[0], "rows": [r for p in parts for r in p["rows"]]})
    return None


def digest_of(waivers: Waivers) -> str:
    """Of every figure of the list."""
    return _digest(waivers.figures())


def _said(value: Decimal, currency: str) -> str:
    """An amount in words: to the currency's minor unit, however a column holds it. A case without an amount may name no
    currency."""
    with contextlib.suppress(ValueError):
        value = Amount.rounded(value, currency).value
    return f"{value:f} {currency}".strip()


def _digest(figures: object) -> str:
    return hashlib.sha256(json.dumps(figures, sort_keys=True, default=str).encode()).hexdigest()


def _plain(value: Any) -> dict[str, Any]:
    found = msgspec.to_builtins(value)
    assert isinstance(found, dict)
    return found
