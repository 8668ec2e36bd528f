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
from tieout.money import Period, minor_digits
from tieout.money.period import accounting_date
from tieout.planning.accepting import take_acceptance
from tieout.planning.causes import APPROVAL_REJECTED
from tieout.planning.deciding_alone import Alone
from tieout.planning.makers import made, makers_before
from tieout.planning.replay import exclude_case
from tieout.planning.splitting import ALONE, Splits, Together
from tieout.planning.work import Beside, Work
from tieout.planning.worth import worth_of
from tieout.processes import money_of, recipe_of, without_rate
from tieout.processes.recipe import PlanDecision, refused
from tieout.rules import Demand, Interface, Release, Step, both, demand_of
from tieout.rules.deciding_roles import decides
from tieout.security import Authority, Person, StampError, load_authority
from tieout.security.causes import NOT_MADE_BY_TIEOUT
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


class Approving:
    """Holds documents of one interface back at one instant."""

    def __init__(self, connection: Connection, release: Release, interface: Interface, now: datetime) -> None:
        self._connection, self._release = connection, release
        self._interface, self._now = interface, now
        self._entity = release.entities[interface.entity]
        self._authority: Authority | None = None
        self._splits = Splits(connection, interface, release.closing.of(interface.entity).split_days)
        self._before: dict[str, frozenset[str]] = {}

    def hold(self, works: Sequence[Work]) -> None:
        """Mark what waits for an approval, and ask for it; note by what the rest goes on."""
        asked = [w for w in works if self._may_be_asked(w)]
        self._before, changed = makers_before(
            self._connection, self._interface.name, [w.document for w in asked]
        )
        for work in asked:
            plan, facts = work.planned
            if work.document.key in changed:
                # Nobody knows who made it, so nobody could be told apart from them.
                work.plan = refused(
                    NOT_MADE_BY_TIEOUT,
                    money_of(work.document),
                    "the stamp of a revision before it, or of who gave that, is not right",
                    "earlier",
                )
                continue
            amount = abs(money_of(work.document).value)
            company = worth_of(amount, work.document.currency, facts, self._entity.currency)
            if company is None:
                # Policies go by what a document is worth: nobody guesses which of them holds for this one.
                work.plan = without_rate(work.document, self._entity.currency, work.on)
                continue
            together = self._splits.before(work, self._makers(work), self._people())
            demand = self._demand(work, amount, company, plan.on or work.on, together=together)
            policies = demand.policies if demand is not None else ()
            self._splits.keep(work, self._makers(work), self._people(), amount, company, policies)
            if demand is None:
                continue
            about = self._subject(work, amount, company, together)
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

    def _may_be_asked(self, work: Work) -> bool:
        words = recipe_of(work.document).approval
        if not self._release.policies and words.must is None:
            return False
        plan, _ = work.planned
        return plan.decision is PlanDecision.PLANNED and bool(plan.effects) and words.held

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
        known: Decimal | None,
        reason: str,
        beside: Beside | None = None,
    ) -> int:
        """Ask for an exclusion, where a policy wants that, or it is above what one person decides alone; the request's number,
        else 0. `known` is what it is worth in the entity's currency, None where nobody knows."""
        together, said, company = amount, reason, known or Decimal(0)
        if beside is not None:
            together = max(amount, beside.amounts.get(work.document.currency, amount))
            company = max(company, beside.company)
            known = None if known is None else company
            sums = ", ".join(f"{total:f} {currency}" for currency, total in sorted(beside.amounts.items()))
            said = f"{reason} (one of {beside.count} in bulk {beside.bulk}, together {sums})"
        self._before, changed = makers_before(self._connection, self._interface.name, [work.document])
        if changed:
            raise ValueError(
                f"{work.document.key}: a revision of it was changed past us, so that nobody knows who made it: "
                "restore it from a backup"
            )
        demand = self._demand(work, together, company, work.on, "exclude")
        alone = Alone(self._connection, self._release, self._entity.code, work.submitted_by, self._now)
        if alone.above(known):
            demand = alone.demand if demand is None else both(demand, alone.demand)
        if demand is None:
            alone.keep("exclude", f"{self._interface.name}:{work.document.key}", known)
            return 0
        about = Subject(
            action="exclude",
            subject=f"{self._interface.name}:{work.document.key}",
            revision=work.revision,
            interface=self._interface.name,
            entity=self._entity.code,
            summary=said,
            content=json.dumps(
                {
                    "document": json.loads(work.content),
                    "postings": [],
                    "reason": reason,
                    "asked_by": work.submitted_by,
                }
            ),
            content_sha256=content_hash([work.content, reason.encode()]),
            currency=work.document.currency,
            amount=amount,
            company_amount=company,
            makers=self._makers(work),
            document_id=work.document_id,
            case_id=case_id,
            worth_known=known is not None,
            asked_by=work.submitted_by,
            bulk=beside.bulk if beside is not None else "",
        )
        return ask(self._connection, about, demand, self._now)

    def _demand(
        self,
        work: Work,
        amount: Decimal,
        company: Decimal,
        on: date,
        action: str = "post",
        together: Together = ALONE,
    ) -> Demand | None:
        document, words = work.document, recipe_of(work.document).approval
        party = getattr(document, "party", None) or getattr(document, "seller", None)
        values: dict[str, int | str] = {
            **self._amounts(document.currency, amount, company),
            "action": action,
            "change": self._change(work),
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

        def with_pieces(policy: str) -> dict[str, int | str]:
            sums = together.amounts(policy, document.currency, amount, company)
            return self._amounts(document.currency, *sums)

        demand = demand_of(self._release.policies, values, with_pieces if together.pieces else None)
        return demand if action != "post" else self._always(work, demand)

    def _amounts(self, currency: str, amount: Decimal, company: Decimal) -> dict[str, int | str]:
        """As conditions ask of them, in minor units."""
        return {
            "amount": int(amount.scaleb(minor_digits(currency))),
            "company_amount": int(company.scaleb(minor_digits(self._entity.currency))),
        }

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
        if must is None:
            return demand
        role = self._interface.option(must.option, "controller")
        if not decides(role):
            # What no project can do without is not taken away by naming nobody, or somebody who decides nothing.
            role = "controller"
        own = Demand(policies=(must.name,), steps=(Step(role),), service_level_hours=24, escalate_to="")
        return own if demand is None else both(demand, own)

    def _makers(self, work: Work) -> tuple[str, ...]:
        """Everybody who had a hand in a document: who gave any revision of it, and who prepared it at its source."""
        names = made(work.document, work.submitted_by) | self._before.get(work.document.key, frozenset())
        people = self._people()
        return tuple(sorted({people.who_is(n) for n in names}))

    def _people(self) -> Authority:
        if self._authority is None:
            try:
                self._authority = load_authority(self._connection)
            except StampError as error:
                # Nobody can approve anything then; what needs nobody goes on.
                self._not_ours("people", str(error))
                self._authority = Authority()
        return self._authority

    def _subject(self, work: Work, amount: Decimal, company: Decimal, together: Together = ALONE) -> Subject:
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
            summary=f"{kind} {words.said(document) or key}"[:150]
            + parts_said
            + together.said(company, self._entity.currency),
            content=json.dumps(
                {"document": json.loads(work.content), "postings": shown}, default=str, ensure_ascii=False
            ),
            content_sha256=content_hash(parts),
            currency=document.currency,
            amount=amount,
            company_amount=together.company(company),
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
    is planned again at once, what is rejected becomes a case. What waits for it is locked before, as planning locks it."""
    reasons = [f"approval {n}" for n in numbers]
    connection.execute(_SQL["lock_held_back"], {"reasons": reasons}).fetchall()
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
    if request.about.action == "accept":
        take_acceptance(connection, request, now)
        return
    if request.about.action == "exclude":
        who = ", ".join(d.person for d in request.decisions)
        assert request.about.case_id is not None
        why = f"{request.about.summary} (request {request.request_id})"
        exclude_case(connection, request.about.case_id, why, now, who)
        return
    connection.execute(_SQL["take_up"], {"reason": f"approval {request.request_id}", "now": now})


def _turn_down(connection: Connection, release: Release, request: Request, now: datetime) -> None:
    about, last = request.about, request.decisions[-1]
    if about.action in ("exclude", "accept"):
        return
    given = {"reason": f"approval {request.request_id}"}
    changed = connection.execute(_SQL["turn_down"], given).fetchall()
    if not changed:
        raise ApprovalError(f"request {request.request_id}: its document does not wait any more")
    interface = release.interfaces[about.interface]
    case = NewCase(
        cause=APPROVAL_REJECTED.name,
        interface=about.interface,
        entity=about.entity,
        # Its document's month, whenever somebody turned it down: that month is not whole.
        period=min(row["period"] for row in changed),
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
