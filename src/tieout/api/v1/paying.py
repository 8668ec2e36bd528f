"""Payment runs: proposed here, released as approvals."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from tieout.api.v1.calling import Caller, needs
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.expensive import NotNowError
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Money, Name
from tieout.operations import paying
from tieout.operations.open_project import OpenProject
from tieout.payables import (
    PaymentRunError,
    Proposal,
    check_run,
    checked_payments,
    payment_interface,
)
from tieout.payables import (
    propose_run as propose_payments,
)
from tieout.payables import runs as read_runs
from tieout.store import Connection

router = APIRouter(prefix="/payment-runs", tags=["payments"])
Reader = Annotated[Caller, needs("documents:read")]
Proposer = Annotated[Caller, needs("payments:propose")]


class Run(BaseModel):
    """How a run's payments stand: numbers of them, and the positive sum of what they pay."""

    run: str
    on: date
    currency: str
    payments: int
    amount: Money
    waiting: int
    released: int
    in_exception: int
    excluded: int
    released_amount: Money


class RunPayment(BaseModel):
    """A payment of a run, with what the bank says of it. `account` is masked; `check` is of its payee (RCVC: match, RVMC:
    close match, RVNM: no match, RVNA: not possible; "": none came), `said` what the bank adds to it, `answer` the last
    other status. Where it is `undecided` somebody solves `case`, which says who decided, and why."""

    end_to_end_id: str
    name: str
    account: str
    pays: Money
    currency: str
    state: str
    check: str
    words: str
    said: str
    answer: str
    undecided: bool
    case: int | None
    decided_by: str
    decision: str


class Propose(BaseModel):
    """Pay what is due up to a day (default: the day of execution). `dry`: only say what would be proposed."""

    entity: Name
    pay_on: date
    due_until: date | None = None
    dry: bool = False


class Settled(BaseModel):
    """A bill or credit that a payment settles, and how much of it."""

    number: str
    amount: Money


class Payment(BaseModel):
    """`account` is masked; `pays` and `withheld` are positive."""

    end_to_end_id: str
    supplier: str
    name: str
    account: str
    pays: Money
    withheld: Money
    currency: str
    settles: list[Settled]


class HeldBill(BaseModel):
    """A bill that is not proposed, and why."""

    supplier: str
    number: str
    amount: Money
    currency: str
    why: str


class Proposed(BaseModel):
    """A run as it is proposed, or would be (`dry`)."""

    run: str
    entity: str
    pay_on: date
    dry: bool
    payments: list[Payment]
    held: list[HeldBill]


class Payer(BaseModel):
    """An entity whose suppliers are paid from here, by the interface that does it."""

    entity: str
    interface: str


@router.get("/entities")
def payers(caller: Reader, context: TheContext) -> list[Payer]:
    """The entities that somebody may look at and that pay from here."""
    release = context.release()
    found = ((e, payment_interface(release, e)) for e in sorted(release.entities))
    return [Payer(entity=e, interface=i.name) for e, i in found if i and caller.may("documents:read", e)]


@router.get("")
def payment_runs(
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    entity: Annotated[str, Query(max_length=80)],
) -> list[Run]:
    """Every run of an entity, and how its payments stand."""
    release = context.release()
    interface = payment_interface(release, entity) if entity in release.entities else None
    if interface is None or not caller.may("documents:read", entity):
        return []
    return [Run(**r) for r in read_runs(connection, interface)]


@router.get("/{run}/payments")
def run_payments(
    run: Annotated[str, Path(max_length=80)],
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    entity: Annotated[str, Query(max_length=80)],
) -> list[RunPayment]:
    """The payments of a run, with the checks of their payees: to be looked at before somebody releases them."""
    release = context.release()
    interface = payment_interface(release, entity) if entity in release.entities else None
    if interface is None or not caller.may("documents:read", entity):
        return []
    return [RunPayment(**msgspec.structs.asdict(p)) for p in checked_payments(connection, interface, run)]


def _proposal(
    body: Propose, caller: Caller, context: RequestContext, connection: Connection, project: OpenProject
) -> Proposal:
    """The ledger is asked in the entity's lane, which the transaction of the proposal holds: what is open now is in no
    run that another makes at the same time. Raises PaymentRunError."""
    release, now = context.release(), context.clock.now()
    interface, reader = paying.payer(project, body.entity)
    check_run(release, interface, body.pay_on, now)
    if not body.dry and not paying.begin_proposal(connection, body.entity):
        raise NotNowError(f"another run of {body.entity} is being proposed: try again in a moment", 2)
    return propose_payments(
        connection, release, interface,
        lambda: context.expensive.do(body.entity, lambda: reader.open_items([], body.pay_on)),
        pay_on=body.pay_on, until=body.due_until or body.pay_on,
        by=caller.name, now=now, dry=body.dry,
    )  # fmt: skip


@router.post("")
def propose_run(
    body: Propose, caller: Proposer, context: TheContext, connection: TheConnection, project: TheProject
) -> Proposed:
    """Propose a payment of every supplier's due bills, less its credits; it waits for its release."""
    if body.entity not in context.release().entities or not caller.may("documents:read", body.entity):
        raise ProblemError(404, "entity", f"no entity {body.entity!r}")
    if not caller.may("payments:propose", body.entity):
        raise ProblemError(
            403, "forbidden", f"{caller.name} has no role for payments:propose of {body.entity}"
        )
    try:
        found = _proposal(body, caller, context, connection, project)
    except PaymentRunError as error:
        raise ProblemError(409, "payment-run", str(error)) from None
    return Proposed(
        run=found.run, entity=found.entity, pay_on=found.pay_on, dry=body.dry,
        payments=[
            Payment(
                end_to_end_id=p.end_to_end_id, supplier=p.supplier, name=p.party.name,
                account=f"…{p.account.iban[-4:]}", pays=p.pays.value, withheld=p.withheld.value, currency=p.currency,
                settles=[Settled(number=x.number, amount=-x.residual) for x in p.settles],
            )
            for p in found.payments
        ],
        held=[
            HeldBill(supplier=h.supplier, number=h.number, amount=-h.amount, currency=h.currency, why=h.why)
            for h in found.held
        ],
    )  # fmt: skip
