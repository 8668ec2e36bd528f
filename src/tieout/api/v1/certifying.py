"""Balance-sheet accounts at a month's end beside what they should hold, and people's word for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, needs
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Code, MonthInPath, Reason, month
from tieout.close import CloseError, account_history, accounts_for, reject_accounts, sign_accounts
from tieout.close import Word as Spoken
from tieout.money import Period
from tieout.operations import closing
from tieout.store import Connection

router = APIRouter(tags=["close"])
Reader = Annotated[Caller, needs("close:read")]
Certifier = Annotated[Caller, needs("close:certify")]
_PEOPLE = "people certify accounts, signed in"
# How what was done begins, of what became of an account.
_GOOD = ("signed", "prepared", "rejected", "taken back", "is certified")


class Account(BaseModel):
    """An account as it was read last, at `read_at`; `digest` is of its figures. Amounts are exact texts in its currency, a debit
    positive; `limit` is in the entity's, `limit_currency`. `expected` is null where nothing apart from the ledger knows it, `known_from` says what
    does. `state`: certified (`by_itself`, or by two people with their `explanation`), prepared by one, or open.

    `waits_for` is what is open ("": nothing), `may` what whoever asks may do about it (prepare, sign, reject), `why_not` why they
    neither prepare nor sign it, in the words of a refusal. `taken_back` is why what people said of it last does not stand."""

    account: str
    currency: str
    role: str
    risk_class: str
    in_ledger: str
    expected: str | None
    known_from: str
    difference: str
    limit: str
    limit_currency: str
    digest: str
    state: str
    by_itself: bool
    explanation: str
    prepared_by: str
    prepared_at: datetime | None
    signed_by: str
    signed_at: datetime | None
    waits_for: str
    may: list[Literal["prepare", "sign", "reject"]]
    why_not: str
    taken_back: str
    read_at: datetime


class Certification(BaseModel):
    """What was said of an account and what became of it: `in_ledger`, `expected` and `difference` as they were then. `revoked_at`
    is null where it stands; `ours` is false of what was written past Tieout."""

    in_ledger: str
    expected: str | None
    known_from: str
    difference: str
    limit: str
    by_itself: bool
    explanation: str
    prepared_by: str
    prepared_at: datetime
    signed_by: str
    signed_at: datetime | None
    revoked_at: datetime | None
    revoked_why: str
    ours: bool


class AccountAlone(BaseModel):
    """One account, and what was said of it so far: the last first, at most 50."""

    account: Account
    history: list[Certification]


class Named(BaseModel):
    """An account in one currency; `seen` is the digest of the figures that were looked at: of others nothing is said."""

    account: Annotated[str, Field(max_length=64)]
    currency: Annotated[str, Field(max_length=3)]
    seen: Annotated[str, Field(max_length=64)] = ""


class Word(BaseModel):
    """`accounts` empty: all that it is their turn for. `explanation` is of whoever prepares, `shown_by` what shows it: a document, a
    file, an entry."""

    accounts: Annotated[list[Named], Field(max_length=500)] = []
    explanation: Annotated[str, Field(max_length=500)] = ""
    shown_by: Annotated[str, Field(max_length=200)] = ""


class Rejection(BaseModel):
    """What is not signed as it was prepared, or what who prepared it takes back; and why."""

    accounts: Annotated[list[Named], Field(min_length=1, max_length=500)]
    reason: Reason


class AccountSaid(BaseModel):
    """What became of an account: `done` where it is prepared, signed, rejected or taken back now."""

    account: str
    said: str
    done: bool


@router.get("/closes/{entity}/{period}/accounts")
def accounts(
    entity: Code, period: MonthInPath, caller: Reader, context: TheContext, connection: TheConnection
) -> list[Account]:
    """Every governed account of the balance sheet, as it was read last."""
    return _accounts(context, connection, caller, entity, month(period))


@router.get("/closes/{entity}/{period}/accounts/{account}/{currency}")
def one_account(
    entity: Code,
    period: MonthInPath,
    account: Annotated[str, Path(max_length=64)],
    currency: Annotated[str, Path(max_length=3)],
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
) -> AccountAlone:
    """One account in one currency, with what was said of it so far."""
    found = _accounts(context, connection, caller, entity, month(period))
    wanted = next((a for a in found if (a.account, a.currency) == (account, currency)), None)
    if wanted is None:
        raise ProblemError(404, "account", f"{account} {currency} is no account of this close")
    rows = account_history(connection, entity, str(month(period)), (account, currency))
    plain = ("in_ledger", "expected", "known_from", "difference", "limit")
    return AccountAlone(
        account=wanted,
        history=[
            Certification(
                **{n: r["figures"][n] for n in plain},
                **{n: r[n] for n in Certification.model_fields if n not in plain},
            ) for r in rows
        ],
    )  # fmt: skip


@router.post("/closes/{entity}/{period}/accounts/sign")
def certify(
    entity: Code,
    period: MonthInPath,
    body: Word,
    caller: Certifier,
    context: TheContext,
    connection: TheConnection,
    project: TheProject,
) -> list[AccountSaid]:
    """Say why accounts are as they are, with the preparer's role; another person, with the role that signs the close, signs
    that."""
    wanted = _certifying(context, caller, entity, period)
    # Read before anything is changed: what is said is said of the figures as they are now.
    context.expensive.do(entity, lambda: closing.close_state(project, entity, wanted))
    said = Spoken(body.explanation, body.shown_by, _seen(body.accounts))
    return _said(context, connection, caller, entity, wanted, body.accounts, said, sign_accounts)


@router.post("/closes/{entity}/{period}/accounts/reject")
def reject(
    entity: Code,
    period: MonthInPath,
    body: Rejection,
    caller: Certifier,
    context: TheContext,
    connection: TheConnection,
) -> list[AccountSaid]:
    """Do not sign what another one prepared, with the role that signs the close; or take back what one prepared oneself."""
    wanted = _certifying(context, caller, entity, period)
    said = Spoken(body.reason)
    return _said(context, connection, caller, entity, wanted, body.accounts, said, reject_accounts)


def _accounts(
    context: RequestContext, connection: Connection, caller: Caller, entity: str, period: Period
) -> list[Account]:
    _known(context, caller, entity)
    release = context.release()
    rows = accounts_for(connection, release, entity, period, caller.person, context.clock.now())
    if caller.session is None:
        rows = [{**r, "may": [], "why_not": r["waits_for"] and _PEOPLE} for r in rows]
    more = {"limit_currency": release.entities[entity].currency}
    return [
        Account(**{n: v for n, v in {**r, **more, "risk_class": r["class"]}.items() if n in Account.model_fields})
        for r in rows
    ]  # fmt: skip


def _certifying(context: RequestContext, caller: Caller, entity: str, period: str) -> Period:
    """The month; raises ProblemError where whoever calls certifies nothing of the entity."""
    _known(context, caller, entity)
    if not caller.may("close:certify", entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for close:certify of {entity}")
    if caller.session is None:
        raise ProblemError(403, "people", _PEOPLE)
    return month(period)


def _said(
    context: RequestContext,
    connection: Connection,
    caller: Caller,
    entity: str,
    period: Period,
    accounts: Sequence[Named],
    word: Spoken,
    act: Callable[..., list[tuple[str, str]]],
) -> list[AccountSaid]:
    keys = [(a.account, a.currency) for a in accounts]
    try:
        found = act(
            connection, context.release(), entity, period, keys, caller.person, "", word, context.clock.now()
        )
    except CloseError as error:
        raise ProblemError(409, "close", str(error)) from None
    return [AccountSaid(account=a, said=said, done=said.startswith(_GOOD)) for a, said in found]


def _seen(accounts: Sequence[Named]) -> dict[tuple[str, str], str]:
    return {(a.account, a.currency): a.seen for a in accounts if a.seen}


def _known(context: RequestContext, caller: Caller, entity: str) -> None:
    if entity not in context.release().entities or not caller.may("close:read", entity):
        raise ProblemError(404, "entity", f"no entity {entity!r}")
