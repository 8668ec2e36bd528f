"""What a replay would come to, in money, before anybody replays."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from pydantic import BaseModel

from tieout.api.v1.shapes import Money
from tieout.planning import Tried as TriedNow

# Of a long journal, and of many cases, the first.
_MOST_SHOWN = 500


class TriedLine(BaseModel):
    """A journal line that would be booked: a debit is positive."""

    document_id: int
    effect: str
    on: date
    account: str
    currency: str
    amount: Money
    company_amount: Money


class TriedSum(BaseModel):
    """What an account would move by: signed, a debit is positive."""

    account: str
    currency: str
    amount: Money


class TriedCase(BaseModel):
    """A case as it would be."""

    document_id: int
    cause: str
    amount: Money
    currency: str
    recovery: str
    detail: str


class TriedMoney(BaseModel):
    """An amount of one currency."""

    currency: str
    amount: Money


class Tried(BaseModel):
    """What a replay would come to now: `planned` documents would leave exception with `amounts`, by currency and
    absolute; `held` would stay, with `cases` as they would be; `waiting` would wait for an approval or another
    document. `sums` are the journal's, a debit is positive; of `lines` the first 500."""

    documents: int
    planned: int
    held: int
    waiting: int
    left_out: int
    amounts: list[TriedMoney]
    sums: list[TriedSum]
    lines: list[TriedLine]
    cases: list[TriedCase]


def tried_now(tried: TriedNow) -> Tried:
    """A preview as the API says it."""
    return Tried(
        documents=tried.documents, planned=tried.planned, held=tried.held, waiting=tried.waiting,
        left_out=tried.left_out,
        amounts=[TriedMoney(currency=c, amount=a) for c, a in sorted(tried.amounts.items())],
        sums=[TriedSum(account=a, currency=c, amount=v) for a, c, v in tried.by_account()],
        lines=[TriedLine(**asdict(x)) for x in tried.lines[:_MOST_SHOWN]],
        cases=[TriedCase(**c) for c in tried.cases[:_MOST_SHOWN]],
    )  # fmt: skip
