"""What a policy holds back until people approve it; everything else goes on.

An approval is bound to a document's content and to every effect that its plan has in a ledger: an
edit at the source, a mapping that changed, a date that a lock moved, and nobody approved it yet.
What money did already (a bank's lines, a provider's movements) is never held back: it is booked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from tieout.approvals import (
    ApprovalError,
    Decided,
    Request,
    Subject,
    approval_of,
    ask,
    content_hash,
    decide,
    standing_of,
)
from tieout.approvals.model import RequestState
from tieout.cases import NewCase, open_cases
from tieout.documents import (
    canonical_bytes,
    decode_document,
)
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.money import Amount, Period, minor_digits
from tieout.money.period import accounting_date
from tieout.planning.causes import APPROVAL_REJECTED
from tieout.planning.replay import exclude_case
from tieout.planning.work import Beside, Work
from tieout.processes import Facts, money_of, recipe_of, without_rate
from tieout.processes.recipe import PlanDecision
from tieout.rules import Demand, Interface, Release, Step, both, demand_of
from tieout.security import Authority, Person, StampError, load_authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


def worth_of(amount: Decimal, currency: str, facts: Facts | None, own: str) -> Decimal | None:
    """`amount` in the entity's currency; None where its plan found no rate. Nothing is worth nothing anywhere."""
    if currency == own or not amount:
        return amount
    if facts is None or facts.rate is None:
        return None
    return Amount.rounded(amount / facts.rate, own).value


class Approving:
    """Holds documents of one interface back at one instant."""

    def __init__(self, connection: Connection, release: Release, interface: Interface, now: datetime) -> None:
        self._connection, self._release = connection, release
        self._interface, self._now = interface, now
        self._entity = release.entities[interface.entity]
        self._authority: Authority | None = None

    def hold(self, works: Sequence[Work]) -> None:
        """Mark what waits for an approval, and ask for it; note by what the rest goes on."""
        for work in works:
            words = recipe_of(work.document).approval
            if not self._release.policies and words.must is None:
                continue
            plan, facts = work.planned
            if plan.decision is not PlanDecision.PLANNED or not plan.effects or not words.held:
                continue
            amount = abs(money_of(work.document).value)
            company = worth_of(amount, work.document.currency, facts, self._entity.currency)
            if company is None:
                # Policies go by what a document is worth: nobody guesses which of them holds for this one.
                work.plan = without_rate(work.document, self._entity.currency, work.on)
                continue
            demand = self._demand(work, amount, company, plan.on or work.on)
            if demand is None:
                continue
            about = self._subject(work, amount, company)
            request = self._approval(about, demand)
            if request is not None:
                who = ", ".join(d.person for d in request.decisions)
                work.approval = f"request {request.request_id}: {who}"
                continue
            number = standing_of(self._connection, about, demand)
            number = number or ask(self._connection, about, demand, self._now)
            work.plan = msgspec.structs.replace(
                plan, decision=PlanDecision.HELD, effects=(), cases=(), reason=f"approval {number}"
            )

    def _approval(self, about: Subject, demand: Demand) -> Request | None:
        try:
            return approval_of(self._connection, about, demand)
        except StampError as error:
            # What somebody wrote past us approves nothing, and is asked anew.
            self._not_ours(about.subject, str(error))
            return None

    def _not_ours(self, subject: str, why: str) -> None:
        entry = Entry(self._now, "process", "approval.not_ours", subject, self._entity.code, {"why": why})
        record(self._connection, [entry])

    def ask_to_exclude(
        self,
        work: Work,
        case_id: int,
        amount: Decimal,
        company: Decimal,
        reason: str,
        beside: Beside | None = None,
    ) -> int:
        """Ask for an exclusion, where a policy wants that; the request's number, else 0."""
        together, said = amount, reason
        if beside is not None:
            together = max(amount, beside.amounts.get(work.document.currency, amount))
            company = max(company, beside.company)
            sums = ", ".join(f"{total:f} {currency}" for currency, total in sorted(beside.amounts.items()))
            said = f"{reason} (one of {beside.count} in bulk {beside.bulk}, together {sums})"
        demand = self._demand(work, together, company, work.on, "exclude")
        if demand is None:
            return 0
        about = Subject(
            action="exclude",
            subject=f"{self._interface.name}:{work.document.key}",
            revision=work.revision,
            interface=self._interface.name,
            entity=self._entity.code,
            summary=said,
            content=json.dumps({"document": json.loads(work.content), "postings": [], "reason": reason}),
            content_sha256=content_hash([work.content, reason.encode()]),
            currency=work.document.currency,
            amount=amount,
            company_amount=company,
            makers=self._makers(work),
            document_id=work.document_id,
            case_id=case_id,
        )
        return ask(self._connection, about, demand, self._now)

    def _demand(
        self, work: Work, amount: Decimal, company: Decimal, on: date, action: str = "post"
    ) -> Demand | None:
        document, words = work.document, recipe_of(work.document).approval
        party = getattr(document, "party", None) or getattr(document, "seller", None)
        values: dict[str, int | str] = {
            "action": action,
            "change": self._change(work),
            "amount": int(amount.scaleb(minor_digits(document.currency))),
            "company_amount": int(company.scaleb(minor_digits(self._entity.currency))),
            "counterparty": getattr(party, "name", "") if party else "",
            "currency": document.currency,
            "days_to_close": (Period.of(on).last - accounting_date(self._now, self._entity.zone)).days,
            "entity": self._entity.code,
            "interface": self._interface.name,
            "kind": words.kind(document),
            "maker": ", ".join(self._makers(work)),
            "process": self._interface.process,
            "risk": self._interface.risk,
            "source": self._interface.system,
        }
        demand = demand_of(self._release.policies, values)
        return demand if action != "post" else self._always(work, demand)

    @staticmethod
    def _change(work: Work) -> str:
        """What a revision changes of a document, where policies ask for that of its kind; "" for others."""
        change = recipe_of(work.document).approval.change
        if change is None:
            return ""
        before = decode_document(work.previous.content.encode()) if work.previous else None
        assert before is None or type(before) is type(work.document)
        return change(work.document, before)

    def _always(self, work: Work, demand: Demand | None) -> Demand | None:
        """What no project can do without: a second person for where a supplier is paid, and for every
        payment. The interface says whose role that is."""
        asked = recipe_of(work.document).approval.must
        must = asked(work.document, self._change(work)) if asked is not None else None
        role = self._interface.option(must.option, "controller") if must is not None else ""
        if must is None or not role:
            return demand
        own = Demand(policies=(must.name,), steps=(Step(role),), service_level_hours=24, escalate_to="")
        return own if demand is None else both(demand, own)

    def _makers(self, work: Work) -> tuple[str, ...]:
        """Everybody who had a hand in a document: who gave it, and who prepared it at its source."""
        names = [work.submitted_by, getattr(work.document, "prepared_by", "")]
        names += recipe_of(work.document).approval.makers(work.document)
        if self._authority is None:
            try:
                self._authority = load_authority(self._connection)
            except StampError as error:
                # Nobody can approve anything then; what needs nobody goes on.
                self._not_ours("people", str(error))
                self._authority = Authority()
        return tuple(sorted({self._authority.who_is(n) for n in names if n.strip()}))

    def _subject(self, work: Work, amount: Decimal, company: Decimal) -> Subject:
        plan, _ = work.planned
        document, recipe = work.document, recipe_of(work.document)
        words, entire = recipe.approval, recipe.entire(document)
        effects = [e for e in plan.effects if e.ledger or words.every_effect]
        shown = [{"effect": e.name, **msgspec.to_builtins(e.body)} for e in effects]
        parts, key = [work.content, *(canonical_bytes(e) for e in effects)], document.key
        kind, parts_said = words.kind(document).replace("_", " "), ""
        if entire is not None and entire.whole:
            # The parts of a long entry are approved as the one that they are. What they become
            # depends on the project's files: with those it changes.
            parts = [entire.whole.encode(), self._release.sha256.encode()]
            key = entire.key
            parts_said = f", the first of {entire.parts} parts is shown"
        return Subject(
            action="post",
            subject=f"{self._interface.name}:{key}",
            revision=work.revision,
            interface=self._interface.name,
            entity=self._entity.code,
            summary=f"{kind} {words.said(document) or key}"[:150] + parts_said,
            content=json.dumps(
                {"document": json.loads(work.content), "postings": shown}, default=str, ensure_ascii=False
            ),
            content_sha256=content_hash(parts),
            currency=document.currency,
            amount=amount,
            company_amount=company,
            makers=self._makers(work),
            batch=getattr(document, "batch", ""),
            document_id=work.document_id,
        )


def take_decision(
    connection: Connection,
    release: Release,
    who: str | Person,
    numbers: Sequence[int],
    verdict: str,
    reason: str,
    now: datetime,
    seen: str = "",
) -> list[Decided]:
    """Take a person's decision (see `approvals.decide`) and what follows from it: what is approved
    is planned again at once, what is rejected becomes a case."""
    done = decide(connection, release, who, numbers, verdict, reason, now, seen)
    for each in done:
        request = each.request
        if request is not None and request.state == RequestState.APPROVED:
            _take_up(connection, request, now)
        elif request is not None and request.state == RequestState.REJECTED:
            _turn_down(connection, release, request, now)
    wake(connection)
    return done


def _take_up(connection: Connection, request: Request, now: datetime) -> None:
    if request.about.action == "exclude":
        who = ", ".join(d.person for d in request.decisions)
        assert request.about.case_id is not None
        why = f"{request.about.summary} (request {request.request_id})"
        exclude_case(connection, request.about.case_id, why, now, who)
        return
    connection.execute(_SQL["take_up"], {"reason": f"approval {request.request_id}", "now": now})


def _turn_down(connection: Connection, release: Release, request: Request, now: datetime) -> None:
    about, last = request.about, request.decisions[-1]
    if about.action == "exclude":
        return
    changed = connection.execute(_SQL["turn_down"], {"reason": f"approval {request.request_id}"}).rowcount
    if not changed:
        raise ApprovalError(f"request {request.request_id}: its document does not wait any more")
    interface = release.interfaces[about.interface]
    case = NewCase(
        cause=APPROVAL_REJECTED.name,
        interface=about.interface,
        entity=about.entity,
        period=str(Period.of(accounting_date(now, release.entities[about.entity].zone))),
        source_key=about.subject.partition(":")[2],
        amount=about.amount,
        currency=about.currency,
        recovery=APPROVAL_REJECTED.say(),
        detail=f"{last.person}: {last.reason}"[:300],
        owner=interface.owner,
        opened_at=now,
        due_at=now,
        document_id=about.document_id,
    )
    open_cases(connection, [case], last.person)
