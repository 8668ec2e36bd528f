"""The words that recipes are written in, and what a recipe is.

A recipe is what one kind of document means: its postings, and everything that planning has to know of
that kind. Each process module exports its recipes as `RECIPES`; `registry` finds them by a document's type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

import msgspec

from tieout.causes import Cause
from tieout.documents import Document, EffectBody, PartnerRecord, Party, ProductRecord, kind_of
from tieout.documents.taxation import TaxQuestion
from tieout.money import Amount
from tieout.processes.causes import LATE_EVENT
from tieout.processes.external_ids import external_id, partner_external_id, product_external_id
from tieout.processes.facts import Entire, FactKeys, Facts, RelatedFact
from tieout.processes.rates import MissingRateError, what_is_missing
from tieout.processes.sources import FactSource
from tieout.rules import Entity, Interface, Release


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One effect on one target. `target` is ledger, crm, mail or event; `requires` are the
    effects that must be confirmed before it; `lane` keeps contention down."""

    name: str
    external_id: str
    target: str
    lane: str
    body: EffectBody
    ledger: bool = False
    requires: tuple[str, ...] = ()
    account: str = ""


class PlanDecision(StrEnum):
    """What a plan comes to: effects; waiting for what comes by itself; held for an approval; left out; or refused: a
    blocking case and no effect."""

    PLANNED = "planned"
    WAIT = "wait"
    HELD = "held"
    EXCLUDED = "excluded"
    REFUSED = "refused"


class CaseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A business exception that the plan found. `amount` is the money at risk, positive;
    `blocking` keeps the document out of the posted bucket until it is solved."""

    cause: str
    amount: Amount
    recovery: str
    detail: str = ""
    blocking: bool = True


class LateBooking(msgspec.Struct, frozen=True, kw_only=True):
    """That a lock keeps a document off its own day `event_on`: it is booked on `booked_on`, or would be, where it is held.
    `amount` is what it moves, positive, and `company` the same in the entity's currency."""

    lock: str
    event_on: date
    booked_on: date
    amount: Amount
    company: Decimal


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a document comes to. A plan that waits is made again soon, or with `long` once a day: what it waits for comes by itself.
    `names` are what others find the document by, beside those that it says itself; `late` that a lock moved it."""

    decision: PlanDecision
    effects: tuple[Effect, ...] = ()
    cases: tuple[CaseDraft, ...] = ()
    reason: str = ""
    on: date | None = None
    unapplied_account: str = ""
    long: bool = False
    names: tuple[str, ...] = ()
    late: LateBooking | None = None


class Context:
    """What every recipe needs: release, interface, entity, facts, and the posting day."""

    def __init__(
        self,
        document: Document,
        revision: int,
        facts: Facts,
        release: Release,
        interface: Interface,
        on: date,
    ) -> None:
        self.document, self.revision, self.facts = document, revision, facts
        self.release, self.interface = release, interface
        self.entity: Entity = release.entities[interface.entity]
        self.event_on = on
        self.on = on
        # The lock that moved it, and the day that it moved it off.
        self.moved_by: tuple[str, date] | None = None

    @property
    def foreign_currency(self) -> bool:
        return self.document.currency != self.entity.currency

    @property
    def on_fulfilment(self) -> bool:
        """Whether this interface bills an order when it is fulfilled, not when it is paid."""
        return self.interface.option("invoice_on", "payment") == "fulfilment"

    @property
    def goes_past_locks(self) -> bool:
        """Whether what a lock stops is booked on the first open day: as its interface says, or as somebody decided of it."""
        return self.interface.late_events == "first_open" or LATE_EVENT.name in self.facts.accepted

    def company(self, value: Decimal) -> Decimal:
        """`value` of the document's currency in the entity's, rounded to its minor unit. Raises MissingRateError."""
        if not self.foreign_currency:
            return value
        if self.facts.rate is None:
            raise MissingRateError(
                what_is_missing(self.document.currency, self.entity.currency, self.event_on)
            )
        return Amount.rounded(value / self.facts.rate, self.entity.currency).value

    def account(self, role: str) -> str:
        return self.release.account(role, self.on)

    def journal(self, role: str) -> str:
        return self.release.journal(role, self.on)

    def id(self, effect: str) -> str:
        return external_id(self.interface.name, self.document.key, effect, self.revision)

    def effect(
        self,
        name: str,
        body: EffectBody,
        *,
        target: str = "ledger",
        ledger: bool = False,
        requires: tuple[str, ...] = (),
        lane: str = "",
        account: str = "",
        external_id: str = "",
    ) -> Effect:
        return Effect(
            name=name,
            external_id=external_id or self.id(name),
            target=target,
            lane=lane or getattr(body, "journal", "") or name,
            body=body,
            ledger=ledger,
            requires=tuple(r for r in requires if r),
            account=account,
        )

    def partner(self, party: Party, system: str = "") -> Effect:
        """The effect that makes the partner of a customer of `system` (the interface's own)."""
        body = PartnerRecord(name=party.name, email=party.email, country=party.country, source=party.key)
        return Effect(
            name="partner",
            external_id=partner_external_id(system or self.interface.system, party.key),
            target="ledger",
            lane="partner",
            body=body,
        )

    def product(self, sku: str, name: str) -> Effect | None:
        """The effect that finds or makes a product, where the interface keeps them."""
        if not sku or self.interface.option("products", "none") != "by_sku":
            return None
        return Effect(
            name="product",
            external_id=product_external_id(self.entity.code, sku),
            target="ledger",
            lane="product",
            body=ProductRecord(sku=sku, name=name),
        )


def found(
    cause: Cause, amount: Amount, detail: str = "", says: str = "", *, blocking: bool = True, **fields: object
) -> CaseDraft:
    """A case of `cause`: of `amount`, whatever its sign. `says` names one of the other sentences of the cause; `fields` are
    what its sentence holds."""
    size = amount if amount.value >= 0 else -amount
    recovery = cause.say(says, **fields)
    return CaseDraft(cause=cause.name, amount=size, recovery=recovery, detail=detail, blocking=blocking)


def refused(cause: Cause, amount: Amount, detail: str = "", says: str = "", **fields: object) -> Plan:
    """No effect: a blocking case holds the document (see `found`)."""
    case = found(cause, amount, detail, says, blocking=True, **fields)
    return Plan(decision=PlanDecision.REFUSED, cases=(case,), reason=cause.name)


def late_booking(ctx: Context, money: Amount, lock: str, event_on: date, booked_on: date) -> LateBooking:
    """That a lock keeps a document of so much money off its day. Raises MissingRateError."""
    amount = Amount.exact(abs(money.value), money.currency)
    company = amount.value if money.currency == ctx.entity.currency else ctx.company(amount.value)
    return LateBooking(lock=lock, event_on=event_on, booked_on=booked_on, amount=amount, company=company)


def held_late(ctx: Context, plan: Plan, money: Amount, lock: tuple[str, date], event_on: date) -> Plan:
    """A refused plan, as that of a late event which somebody may decide of: it would be booked on the day after the lock. Without a rate
    of its currency nobody can say yet what it is worth."""
    with suppress(MissingRateError):
        late = late_booking(ctx, money, lock[0], event_on, lock[1] + timedelta(days=1))
        return msgspec.structs.replace(plan, late=late)
    return plan


D = TypeVar("D", bound=Document)


class Rank(IntEnum):
    """When a document is planned within its batch: what others name comes before them, so that they find it."""

    NAMED = 0
    MOVED = 1
    REFERRING = 2


class Must(msgspec.Struct, frozen=True, kw_only=True):
    """An approval that no project can do without: the interface's `option` names the role that gives it
    (controller where it says none); `name` is what people read."""

    option: str
    name: str


def no_money(document: Document) -> Amount:
    """Nothing is at risk."""
    return Amount.zero(document.currency)


def always(ctx: Context, document: Document) -> bool:
    """It stands on a day of the books."""
    return True


def never(ctx: Context, document: Document) -> bool:
    """It is booked on no day: a locked period holds nothing of it back."""
    return False


def none_excluded(ctx: Context, document: Document) -> Plan | None:
    """Its source leaves none out."""
    return None


def nothing_to_book(ctx: Context, document: Document) -> Plan:
    """A frame, a status: others are held against it, and nothing is booked."""
    return Plan(decision=PlanDecision.PLANNED, on=ctx.on)


def no_revenue(document: Document, release: Release, interface: Interface, on: date) -> Decimal:
    """It sells nothing: what is paid or owed for a sale is none of it."""
    return Decimal(0)


def no_facts(document: Document, options: Mapping[str, Any]) -> FactKeys:
    """Its plan needs no more than what it says itself."""
    return FactKeys()


def referring(document: Document) -> Rank:
    """It comes after what it refers to."""
    return Rank.REFERRING


def no_more_names(document: Document, related: Sequence[RelatedFact]) -> tuple[str, ...]:
    """What was found is all that there is to find."""
    return ()


def no_payment(document: Document) -> str:
    """It gives no payment back."""
    return ""


def no_items(document: Document) -> tuple[tuple[str, str], ...]:
    """It lists no payout."""
    return ()


def in_one(document: Document) -> Entire | None:
    """Its kind never comes in parts."""
    return None


def by_its_kind(document: Document) -> str:
    """A policy calls it what it is."""
    return kind_of(document)


def by_reference(document: Document) -> str:
    """People read its reference, where it has one."""
    return str(getattr(document, "reference", ""))


def nobody_else(document: Document) -> tuple[str, ...]:
    """Nobody had a hand in it but who gave it and who prepared it."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Approval(Generic[D]):
    """What approvals know of a kind.

    `held` is False for what money did already, which nothing holds back. `kind` is what policies call it, `said`
    what people read of it, accounts by their last letters; `change` is what a revision changes, by the one that was
    planned before it (None for the first), for kinds of which policies ask it; `must` is asked whatever the policies
    say, by that change; `makers` had a hand in it beside who gave and prepared it. Bound to the approval are its
    effects in a ledger, with `every_effect` all of them.
    """

    held: bool = True
    kind: Callable[[D], str] = by_its_kind
    said: Callable[[D], str] = by_reference
    change: Callable[[D, D | None], str] | None = None
    must: Callable[[D, str], Must | None] | None = None
    makers: Callable[[D], tuple[str, ...]] = nobody_else
    every_effect: bool = False


# What money did: it is booked, and people are asked nothing first.
MOVED_ALREADY: Approval[Any] = Approval(held=False)


@dataclass(frozen=True, kw_only=True)
class Restating(Generic[D]):
    """What holds where a document that was planned comes again in other words. `money` is all of it that
    must stay for nothing to be booked; with other money its recipe plans an edit where it `edits`, and it is
    a case where not, for nobody may change what was booked."""

    money: Callable[[D], tuple[object, ...]]
    edits: bool = False


@dataclass(frozen=True, kw_only=True)
class Recipe(Generic[D]):
    """Everything that planning knows of a kind of document.

    `plan` is what it means, pure; `at_risk` the amount that is in doubt where it cannot be booked, signed as the
    document is. `excluding` is the plan of one that its source leaves out (a test order), None for the rest;
    `restating` is for kinds that may come again after they were planned; `locked` says whether the period
    lock holds for it. `causes` are those of the cases that it may be found to be, beside what holds of every
    kind; past an acceptable one of them a person may let it go on.

    `fact_keys` say what is looked up for its plan (with its interface's options), and `more_related` the names under
    which more is related to it, once the first are known. `sources` are sorts of facts that stand with this kind: any
    recipe may ask for them. Patience counts from when it came where
    `patient_from_receipt`, else from when it happened. `tax_question` is what a tax engine is asked, with the
    entity's country. Where it `takes_payments` payments wait for it: it takes in what is unapplied for its order, and
    what waits for that order goes on though it waits itself. Where `waits_for_anything` nobody can say what it
    waits for: it is planned again whenever anything went on. `gives_back` names a payment that it gives back
    whole; `composes` says which movements a payout paid out, as pairs of their keys; `entire` of what it is a part,
    for kinds that come in parts. `revenue` is what it sells, without tax, in its currency: what it gives back is negative.
    """

    kind: type[D]
    plan: Callable[[Context, D], Plan] = nothing_to_book
    at_risk: Callable[[D], Amount] = no_money
    excluding: Callable[[Context, D], Plan | None] = none_excluded
    restating: Restating[D] | None = None
    locked: Callable[[Context, D], bool] = always
    causes: tuple[Cause, ...] = ()
    rank: Callable[[D], Rank] = referring
    fact_keys: Callable[[D, Mapping[str, Any]], FactKeys] = no_facts
    more_related: Callable[[D, Sequence[RelatedFact]], tuple[str, ...]] = no_more_names
    sources: tuple[FactSource, ...] = ()
    patient_from_receipt: bool = False
    tax_question: Callable[[D, Interface, str], TaxQuestion] | None = None
    takes_payments: bool = False
    waits_for_anything: bool = False
    gives_back: Callable[[D], str] = no_payment
    composes: Callable[[D], tuple[tuple[str, str], ...]] = no_items
    entire: Callable[[D], Entire | None] = in_one
    approval: Approval[D] = Approval()
    revenue: Callable[[D, Release, Interface, date], Decimal] = no_revenue


# The recipes of a module: each of another kind.
Recipes = tuple[Recipe[Any], ...]
