"""Balance-sheet accounts at a month's end beside what they should hold, and people's word for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, needs
from tieout.api.v1.context import TheConnection, TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Code, MonthInPath, month
from tieout.close import CloseError, kept_accounts, sign_accounts
from tieout.operations import closing

router = APIRouter(tags=["close"])
Reader = Annotated[Caller, needs("close:read")]
Certifier = Annotated[Caller, needs("close:certify")]


class Account(BaseModel):
    """An account as it was read last, at `read_at`. Amounts are exact texts in its currency, a debit positive; `limit` is in the
    entity's. `expected` is null where nothing apart from the ledger knows it, `known_from` says what does. `state`: certified
    (`by_itself`, or by two people with their `explanation`), prepared by one, or open."""

    account: str
    currency: str
    role: str
    risk_class: str
    in_ledger: str
    expected: str | None
    known_from: str
    difference: str
    limit: str
    state: str
    by_itself: bool
    explanation: str
    prepared_by: str
    signed_by: str
    read_at: datetime


class Named(BaseModel):
    """An account in one currency."""

    account: Annotated[str, Field(max_length=64)]
    currency: Annotated[str, Field(max_length=3)]


class Word(BaseModel):
    """`accounts` empty: all that wait. `explanation` is of whoever prepares."""

    accounts: Annotated[list[Named], Field(max_length=500)] = []
    explanation: Annotated[str, Field(max_length=500)] = ""


class AccountSaid(BaseModel):
    """What became of an account: `done` where it is prepared or signed now."""

    account: str
    said: str
    done: bool


@router.get("/closes/{entity}/{period}/accounts")
def accounts(
    entity: Code, period: MonthInPath, caller: Reader, context: TheContext, connection: TheConnection
) -> list[Account]:
    """Every governed account of the balance sheet, as it was read last."""
    _known(context, caller, entity)
    return [
        Account(risk_class=r["class"], **{n: r[n] for n in Account.model_fields if n != "risk_class"})
        for r in kept_accounts(connection, entity, str(month(period)))
    ]


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
    _known(context, caller, entity)
    if not caller.may("close:certify", entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for close:certify of {entity}")
    if caller.session is None:
        raise ProblemError(403, "people", "people certify accounts, signed in")
    wanted = month(period)
    context.expensive.do(entity, lambda: closing.close_state(project, entity, wanted))
    keys = [(a.account, a.currency) for a in body.accounts]
    now = context.clock.now()
    try:
        found = sign_accounts(
            connection, context.release(), entity, wanted, keys, caller.person, "", body.explanation, now
        )
    except CloseError as error:
        raise ProblemError(409, "close", str(error)) from None
    good = ("signed", "prepared", "is certified")
    return [AccountSaid(account=a, said=said, done=said.startswith(good)) for a, said in found]


def _known(context: TheContext, caller: Caller, entity: str) -> None:
    if entity not in context.release().entities or not caller.may("close:read", entity):
        raise ProblemError(404, "entity", f"no entity {entity!r}")
