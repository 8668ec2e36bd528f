"""Who may decide a request, and when it is decided. Pure.

Nobody decides what they made, under whatever name; nor what was made by somebody who let them in
or gave them the role; nor for somebody who made it. Nobody counts twice, in whatever capacity.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from tieout.approvals.model import Decision, Request, RequestState
from tieout.rules import Step
from tieout.security import Authority, Person, had_a_hand


class ApprovalError(ValueError):
    """A decision that cannot be taken: why, and what to do."""


def open_step(request: Request, authority: Authority) -> int | None:
    """The first step that still needs somebody; None where all are done."""
    for number, step in enumerate(request.steps):
        if not _done(request, number, step, request.decisions, authority):
            return number
    return None


def judge(
    request: Request,
    authority: Authority,
    person: Person,
    now: datetime,
    on: date,
    rejects: bool = False,
    before: Decimal = Decimal(0),
) -> tuple[int, str, bool]:
    """The step that `person` decides, by whose right, and whether an approval of theirs completes
    the request. `on` is today in the entity's zone. Who `rejects` needs a right to one of the steps, whichever is open and
    whatever the amount: to say no risks nothing. `before` is what counts against a limit beside the request's own amount, in the
    entity's currency. Raises ApprovalError."""
    if request.state != RequestState.OPEN:
        raise ApprovalError(f"request {request.request_id} is {request.state}: nothing is left to decide")
    number = open_step(request, authority)
    if number is None:
        raise ApprovalError(f"request {request.request_id} needs nobody any more")
    _check_hands(request, authority, person)
    roles = [s.role for s in request.steps] if rejects else [request.steps[number].role]
    if request.escalate_to and now >= request.due_at:
        roles.append(request.escalate_to)
    standing_in = [authority.people[n] for n in authority.stood_in_for(person.name, on)]
    refusals = []
    for holder in (person, *standing_in):
        try:
            _check_right(request, holder, roles, None if rejects else before)
        except ApprovalError as error:
            refusals.append(str(error))
            continue
        return number, holder.name, _completes(request, number, person.name, holder.name, authority)
    raise ApprovalError(refusals[0])


def _check_hands(request: Request, authority: Authority, person: Person) -> None:
    """Whether this person may decide it at all."""
    if not person.active or not person.human:
        raise ApprovalError(f"{person.name} is a service account: people approve")
    if why := had_a_hand(person, request.about.makers):
        raise ApprovalError(why)
    for decision in request.decisions:
        if person.name in (decision.person, decision.authority):
            raise ApprovalError(f"{person.name} decided it already, in person or by {decision.person}")


def _check_right(request: Request, holder: Person, roles: list[str], before: Decimal | None) -> None:
    """Whether `holder` has a right that decides the open step; a limit is of what they approve, with what was `before` it (None:
    they approve nothing)."""
    makers = set(request.about.makers)
    if not holder.active or had_a_hand(holder, makers):
        raise ApprovalError(f"{holder.name} made it, or does not act any more")
    if any(holder.name in (d.person, d.authority) for d in request.decisions):
        raise ApprovalError(f"{holder.name} decided it already")
    grants = [g for role in roles for g in holder.grants_of(role, request.about.entity)]
    if not grants:
        raise ApprovalError(f"{holder.name} is no {' or '.join(roles)} of {request.about.entity}")
    free = [g for g in grants if not g.given_by & makers]
    if not free:
        raise ApprovalError(f"somebody who made it gave {holder.name} the role: somebody else approves it")
    if before is not None and not any(_within(g.limit, request, before) for g in free):
        raise ApprovalError(
            f"{_worth(request, before)} is above what {holder.name} may approve as {' or '.join(roles)}"
        )


def _within(limit: Decimal | None, request: Request, before: Decimal = Decimal(0)) -> bool:
    about = request.about
    return limit is None or (about.worth_known and about.company_amount + before <= limit)


def _worth(request: Request, before: Decimal) -> str:
    about = request.about
    if not about.worth_known:
        return f"{about.amount} {about.currency}, of which nobody knows the worth in the entity's currency,"
    more = f" ({before} of it was asked for before by the same person)" if before else ""
    return f"{about.company_amount + before}{more}"


def _completes(request: Request, number: int, person: str, right: str, authority: Authority) -> bool:
    """Whether nobody is needed any more once this approval is there."""
    given = Decision(number, person, right, "approve", "", False, request.requested_at)
    after = (*request.decisions, given)
    return all(_done(request, n, step, after, authority) for n, step in enumerate(request.steps))


def _done(
    request: Request, number: int, step: Step, decisions: tuple[Decision, ...], authority: Authority
) -> bool:
    given = {d.authority for d in decisions if d.step == number and d.verdict == "approve"}
    if step.need:
        return len(given) >= step.need
    makers = set(request.about.makers)
    wanted = {
        p.name
        for p in authority.holders(step.role, request.about.entity)
        if not had_a_hand(p, makers)
        and any(
            _within(g.limit, request) and not g.given_by & makers
            for g in p.grants_of(step.role, request.about.entity)
        )
    }
    return bool(given) and wanted <= given
