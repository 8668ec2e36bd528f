"""Rules of matching, as a TOML file declares them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import resources
from math import log
from pathlib import Path
from typing import Literal

import msgspec

from tieout.reconcile.model import MatchingError

Number = Literal["strong", "medium", "similar", "weak", "none"]
Party = Literal["same", "similar", "unknown", "other"]
Kind = Literal[
    "exact", "rounding", "bank_charge", "early_payment_discount", "withholding", "exchange", "partial_payment",
    "over_payment",
]  # fmt: skip
# Differences that close an item though its amount was not paid: each needs its ground and its limit.
Closing = Literal["rounding", "bank_charge", "early_payment_discount", "withholding", "exchange"]


class _Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is misspelt is refused."""


class Window(_Declared, frozen=True, kw_only=True):
    """Days that a left item may lie before and after its right one, and mostly does."""

    before: int = 10
    after: int = 400
    usual_before: int = 3
    usual_after: int = 90


class Evidence(_Declared, frozen=True, kw_only=True):
    """What each sign speaks for a group, in nats."""

    strong_number: float = 4.5
    medium_number: float = 3.0
    similar_number: float = 2.0
    weak_number: float = 1.0
    other_number: float = -4.0
    amount_limit: float = 9.0
    party_least: float = 4.6
    party_limit: float = 8.0
    similar_party: float = -2.0
    other_party: float = -4.0
    unusual_date: float = -3.0
    out_of_turn: float = -6.0
    several: float = -1.5
    explained: dict[Kind, float] = {}

    def party(self, names: int) -> float:
        """What a party's name speaks where there are so many names: a name is one of many, however few are open."""
        return min(self.party_limit, max(self.party_least, log(max(1, names))))


class BankCharge(_Declared, frozen=True, kw_only=True):
    """At most an amount and a share (per cent) of what is due, in whole steps."""

    at_most: Decimal
    step: Decimal
    share: Decimal


class Discount(_Declared, frozen=True, kw_only=True):
    """Percentages of a cash discount, and the days in which it may be taken."""

    percent: tuple[Decimal, ...]
    days: int


class Withholding(_Declared, frozen=True, kw_only=True):
    """Percentages of tax that a payer may keep back."""

    percent: tuple[Decimal, ...]


class Exchange(_Declared, frozen=True, kw_only=True):
    percent: Decimal


class OverPayment(_Declared, frozen=True, kw_only=True):
    """At most so much more than what is due, per cent of it."""

    percent: Decimal


class Differences(_Declared, frozen=True, kw_only=True):
    """What a difference may look like; None switches an explanation off. None of this accepts anything: see `Limit`."""

    rounding: Decimal | None = None
    bank_charge: BankCharge | None = None
    early_payment_discount: Discount | None = None
    withholding: Withholding | None = None
    exchange: Exchange | None = None
    over_payment: OverPayment | None = None


class Limit(_Declared, frozen=True, kw_only=True):
    """How much one difference of a kind may be: at most an amount and a share (per cent) of what is due; and all of
    one party's in a calendar month."""

    amount: Decimal
    percent: Decimal
    month: Decimal


class Withheld(_Declared, frozen=True, kw_only=True):
    """A tax that a payer keeps back by law: a share (per cent) of what is due with its tax (gross) or without (net),
    on the days from `valid_from` to `valid_to`."""

    name: str
    percent: Decimal
    base: Literal["gross", "net"]
    valid_from: date = date.min
    valid_to: date = date.max


class Pass(_Declared, frozen=True, kw_only=True):
    """What must hold of a group; an empty list asks for nothing."""

    name: str
    number: tuple[Number, ...] = ()
    party: tuple[Party, ...] = ()
    amount: tuple[Kind, ...] = ()
    weight: float = 0.0
    automatic: bool = True
    netting: bool = False
    interchangeable: bool = False

    def takes(self, number: str, party: str, amount: str, netting: bool = False) -> bool:
        """Whether a group with these signs belongs to the pass; `netting` is a group of one side
        alone, whose amounts cancel."""
        return (
            not self.interchangeable
            and self.netting == netting
            and (not self.number or number in self.number)
            and (not self.party or party in self.party)
            and (not self.amount or amount in self.amount)
        )


class Timing(_Declared, frozen=True, kw_only=True):
    """Days for which a missing partner of either side is expected, and not yet a mismatch."""

    left: int = 3
    right: int = 35


class Key(_Declared, frozen=True, kw_only=True):
    """Two columns whose equal values name each other, such as a charge or an end-to-end id."""

    left: str
    right: str


class Rules(_Declared, frozen=True, kw_only=True):
    """A whole file of rules."""

    passes: tuple[Pass, ...] = msgspec.field(name="pass")
    confidence: float = 0.998
    window: Window = Window()
    evidence: Evidence = Evidence()
    differences: Differences = Differences()
    limits: dict[Closing, Limit] = {}
    withheld: tuple[Withheld, ...] = msgspec.field(name="withholding", default=())
    timing: Timing = Timing()
    keys: tuple[Key, ...] = msgspec.field(name="key", default=())

    @property
    def allowed(self) -> dict[str, Limit]:
        """Limits by kind."""
        return {str(kind): limit for kind, limit in self.limits.items()}

    @property
    def threshold(self) -> float:
        """The confidence as odds, in nats."""
        return log(self.confidence / (1 - self.confidence))

    def of(self, number: str, party: str, amount: str, netting: bool = False) -> Pass | None:
        """The first pass that takes these signs."""
        return next((p for p in self.passes if p.takes(number, party, amount, netting)), None)


def read_rules(path: Path | None = None) -> Rules:
    """The rules of a file, or those that come with the product.

    Raises MatchingError where a word of it is not known or a value is out of range.
    """
    if path is None:
        text = (resources.files("tieout.reconcile") / "rules" / "default.toml").read_text("utf-8")
    else:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise MatchingError([f"{path}: {error}"]) from None
    return parse_rules(text, path.name if path else "default.toml")


def parse_rules(text: str, name: str) -> Rules:
    """The rules of a text that is called `name`. Raises MatchingError as `read_rules` does."""
    try:
        rules = msgspec.toml.decode(text, type=Rules)
    except (msgspec.DecodeError, ValueError) as error:
        raise MatchingError([f"{name}: {error}"]) from None
    if not rules.passes:
        raise MatchingError([f"{name}: no [[pass]] at all: nothing could match"])
    if not 0.5 < rules.confidence < 1:
        raise MatchingError([f"{name}: confidence is {rules.confidence}; it lies between 0.5 and 1"])
    if rules.window.before < 0 or rules.window.after < 0:
        raise MatchingError([f"{name}: [window] counts days: before and after are 0 or more"])
    for kind, limit in rules.limits.items():
        if min(limit.amount, limit.percent, limit.month) < 0:
            raise MatchingError([f"{name}: [limits.{kind}] has no negative amount, percent or month"])
    for each in rules.passes:
        if each.interchangeable and (each.party, each.amount, each.number) != (
            ("same",),
            ("exact",),
            ("none",),
        ):
            raise MatchingError(
                [
                    f'{name}: pass {each.name!r} is interchangeable: it has number = ["none"], party = ["same"] '
                    f'and amount = ["exact"]'
                ]
            )
    names = [p.name for p in rules.passes]
    if len(set(names)) != len(names):
        raise MatchingError([f"{name}: two passes have one name"])
    return rules
