"""What an account holds at a month's end beside what it should hold by something apart from the ledger. Pure.

    in the ledger = expected + difference

A row certifies itself where the difference is within its limit; else two people of two roles say why it is as it is, and the
difference stands in the close. Amounts are signed in the account's currency, a debit is positive.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from tieout.rules.certifying import NONE, CertifyRules

_NAMED = 5


def exact(amount: Decimal) -> str:
    """An amount as text, with two decimals or as many more as it needs."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount.normalize():f}"


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """One balance-sheet account in one currency at a month's end. `expected` is None where nothing apart from the ledger knows
    it; `known_from` says what does. `limit` and `worth` (what the difference is, positive) are in the entity's currency; `worth`
    is None where there is no rate, or nothing to differ from. `may_alone`: its class may certify itself."""

    entity: str
    period: str
    account: str
    currency: str
    role: str
    risk_class: str
    limit: Decimal
    may_alone: bool
    in_ledger: Decimal
    expected: Decimal | None
    known_from: str
    worth: Decimal | None

    @property
    def difference(self) -> Decimal:
        """What the ledger has more than is expected; all of it where nothing is."""
        return self.in_ledger - (self.expected or Decimal(0))

    @property
    def by_itself(self) -> bool:
        """Whether it needs no people: within its limit, by a balance that is known apart."""
        known = self.expected is not None and self.worth is not None
        return self.may_alone and known and self.worth <= self.limit  # type: ignore[operator]

    @property
    def figures(self) -> dict[str, Any]:
        """All that a certification is about, as plain values: exact texts of amounts."""
        return {
            "role": self.role, "class": self.risk_class, "limit": exact(self.limit), "alone": self.may_alone,
            "in_ledger": exact(self.in_ledger), "expected": None if self.expected is None else exact(self.expected),
            "known_from": self.known_from, "difference": exact(self.difference),
        }  # fmt: skip

    @property
    def digest(self) -> str:
        """A digest of its figures: of others, a certification does not hold."""
        raw = json.dumps([self.account, self.currency, self.figures], sort_keys=True).encode()
        return hashlib.sha256(raw).hexdigest()

    def says(self) -> str:
        """Both figures, in words."""
        of = "nothing" if self.expected is None else f"{self.expected:.2f}"
        apart = "known apart" if self.expected is None else f"expected by {self.known_from}"
        return f"{self.account} {self.currency}: {self.in_ledger:.2f} in the ledger, {of} {apart}"


class Certified(msgspec.Struct, frozen=True, kw_only=True):
    """How a row stands: `by_itself`, or by two people with their explanation; `signed_by` is "" until the second has."""

    by_itself: bool
    explanation: str = ""
    prepared_by: str = ""
    signed_by: str = ""

    @property
    def stands(self) -> bool:
        """Whether nothing is left to do."""
        return self.by_itself or bool(self.signed_by)


def account_row(
    entity: str,
    period: str,
    key: tuple[str, str],
    role: str,
    rules: CertifyRules,
    in_ledger: Decimal,
    known: tuple[Decimal | None, str],
    rate: Decimal | None,
) -> AccountRow:
    """A row by its rules. `known` is the expected balance and from where; `rate` are units of its currency for one of the
    entity's, None where there is none."""
    expected, source = known
    difference = None if expected is None else abs(in_ledger - expected)
    worth = difference if not difference or rate is None else difference / rate
    risk = rules.class_of(key[0], role)
    return AccountRow(
        entity=entity, period=period, account=key[0], currency=key[1], role=role, risk_class=risk,
        limit=rules.limits[risk], may_alone=risk not in rules.never_alone, in_ledger=in_ledger, expected=expected,
        known_from=source if expected is not None else NONE,
        worth=None if rate is None and difference else worth,
    )  # fmt: skip


def in_words(rows: Iterable[tuple[AccountRow, Certified | None]]) -> tuple[bool, str]:
    """Whether all of them are certified, and what is said of them in the close: each that is not, with both figures; and the
    differences that people explained."""
    given = list(rows)
    left = [(r, c) for r, c in given if c is None or not c.stands]
    if left:
        named = "; ".join(
            r.says() + (f", prepared by {c.prepared_by}" if c else f", limit {r.limit:.2f}")
            for r, c in left[:_NAMED]
        )
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        return (
            False,
            f"{len(left)} of {len(given)} accounts are not certified: {named}{more}: `tieout close accounts sign`",
        )
    alone = [r for r, c in given if c is not None and c.by_itself]
    people = [(r, c) for r, c in given if c is not None and not c.by_itself]
    within: dict[str, Decimal] = {}
    for r in alone:
        within[r.currency] = within.get(r.currency, Decimal(0)) + abs(r.difference)
    said = f"{len(alone)} of {len(given)} accounts certified themselves"
    if any(within.values()):
        said += (
            f", {', '.join(f'{a:.2f} {c}' for c, a in sorted(within.items()) if a)} apart within their limits"
        )
    if people:
        listed = "; ".join(
            f"{r.account} {r.difference:.2f} {r.currency} ({c.explanation})" for r, c in people
        )
        said += f"; {len(people)} by two people: {listed}"
    return True, said[:1000]
