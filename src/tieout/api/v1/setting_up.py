"""Setting a project up: how far it is, companies and charts that are read from a ledger, entities, accounts, first roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from pydantic import Field as Length

from tieout.api.v1.calling import Caller, TheUnit, needs, needs_person, needs_shortly
from tieout.api.v1.context import RequestContext, TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.systems import SystemDraft
from tieout.connector_api import AddressError, ConnectorError
from tieout.connector_api.books import LedgerCompany
from tieout.evidence import Entry, record
from tieout.operations import choosing_accounts, entering, set_up_steps
from tieout.operations.choosing_accounts import AccountChoices, RoleChoice
from tieout.operations.entering import EntityDraft
from tieout.operations.open_project import OpenProject
from tieout.settings import ChangedMeanwhileError, ProjectError, entity_source, seen_of

router = APIRouter(prefix="/set-up", tags=["set-up"])
Reader = Annotated[Caller, needs("systems:read")]
Asker = Annotated[Caller, needs_shortly("systems:write")]
Writer = Annotated[Caller, needs_person("systems:write")]
Taker = Annotated[Caller, needs_person("access:write")]
ChartReader = Annotated[Caller, needs_shortly("mappings:read")]
Chooser = Annotated[Caller, needs_person("mappings:write")]
Code = Annotated[str, Path(pattern=r"^[A-Z][A-Z0-9_]{0,19}$")]
Name = Annotated[str, Length(min_length=1, max_length=80)]
T = TypeVar("T")


class Step(BaseModel):
    """`key` is the step's page; `said` what there is, or what to do."""

    key: str
    title: str
    done: bool
    said: str


class MissingPerson(BaseModel):
    """Somebody whom it takes: as what, and why."""

    role: str
    why: str


class HowFar(BaseModel):
    """How far the project is. `takes`: roles that whoever asks may give themselves; `missing`: who else it takes;
    `reads_only`: entities to whose books nothing is posted."""

    environment: str
    steps: list[Step]
    takes: list[str]
    missing: list[MissingPerson]
    reads_only: list[str]
    entities: list[str]


class Taken(BaseModel):
    roles: list[str]


class Company(BaseModel):
    """A company of a ledger. `entries` stand posted in its books; `entity` is the code by which it is known here already, "" where it is
    none yet, `code` and `time_zone` are proposed for it; `posts` whether anything is, or could be, posted to its books."""

    company: int
    name: str
    currency: str
    country: str
    entries: int
    entity: str
    code: str
    time_zone: str
    begins_on: date | None
    posts: bool
    seen: str


class EntityEntered(BaseModel):
    """Which company an entity is. `posts` false, or a company whose books hold entries already: its sources are read and
    proven, and nothing is posted."""

    system: Name
    company: Annotated[int, Length(ge=1)]
    time_zone: Annotated[str, Length(min_length=1, max_length=60)]
    begins_on: date | None = None
    posts: bool = False
    seen: Annotated[str, Length(pattern=r"^[0-9a-f]{64}$")]


class EntityText(BaseModel):
    """What entities/CODE.toml says now; `posts` whether anything is posted to its books."""

    entity: str
    text: str
    posts: bool


class CanServe(BaseModel):
    """An account, or a journal with the account that it keeps: `code` is what is chosen by."""

    code: str
    account: str
    name: str
    type: str


class RoleAsked(BaseModel):
    """A role: `now` what is mapped, `proposed` what is proposed and `why`; `candidates` what can serve for it."""

    role: str
    title: str
    means: str
    now: str
    proposed: str
    why: str
    candidates: list[CanServe]


class Choices(BaseModel):
    """`seen` goes along with what is chosen: it says of which state."""

    entity: str
    roles: list[RoleAsked]
    accounts: int
    journals: int
    seen: str


class Chosen(BaseModel):
    """By role the code of its account, or of its journal; "" leaves a role out."""

    entity: Name
    chosen: Annotated[dict[Name, Annotated[str, Length(max_length=80)]], Length(max_length=200)]
    banks: Annotated[list[Name], Length(max_length=50)] = []
    seen: Annotated[str, Length(pattern=r"^[0-9a-f]{64}$")]


class Added(BaseModel):
    added: int


@router.get("")
def how_far(caller: Reader, context: TheContext, project: TheProject) -> HowFar:
    """Each step to a first figure, done or not, by what is there."""
    with context.pool.connection() as connection:
        found = set_up_steps.set_up_of(project, connection, caller.name)
    return HowFar(
        environment=found.environment,
        steps=[Step(key=s.key, title=s.title, done=s.done, said=s.said) for s in found.steps],
        takes=list(found.takes),
        missing=[MissingPerson(role=m.role, why=m.why) for m in found.missing],
        reads_only=list(found.reads_only),
        entities=list(context.release().entities),
    )


@router.post("/roles")
def take_roles(caller: Taker, context: TheContext, unit: TheUnit, project: TheProject) -> Taken:
    """Give oneself the roles that show figures, as the one administrator of a test environment; another administrator, once
    there is one, confirms them or takes them back."""
    with unit.connection.transaction():
        taken = set_up_steps.take_roles(project, unit.connection, caller.name, context.wall.now())
    return Taken(roles=list(taken))


@router.get("/companies")
async def companies(
    caller: Annotated[Caller, needs_shortly("systems:read")],
    context: TheContext,
    project: TheProject,
    system: Annotated[str, Query(max_length=80)],
) -> list[Company]:
    """The companies of a ledger that is connected, as it tells them now."""
    return await _asked(context, system, lambda: _companies(project, system))


@router.post("/companies/try")
async def try_companies(
    body: SystemDraft, caller: Asker, context: TheContext, project: TheProject
) -> list[Company]:
    """The companies of a ledger that is not connected yet; nothing is kept."""
    return await _asked(
        context,
        "set up",
        lambda: [
            _company(project, "", c)
            for c in entering.companies_of_draft(project, "odoo", body.connector, body.settings)
        ],
    )


@router.put("/entities/{code}")
def enter_entity(
    code: Code, body: EntityEntered, caller: Writer, context: TheContext, unit: TheUnit, project: TheProject
) -> EntityText:
    """Declare an entity, as entities/CODE.toml: a company of a connected ledger, whose name and currency are read there."""
    _every_entity(caller, "systems:write")
    told = _refused(
        lambda: context.expensive.do(body.system, lambda: entering.companies_of(project, body.system))
    )
    company = next((c for c in told if c.key == body.company), None)
    if company is None:
        raise ProblemError(422, "company", f"{body.system} has no company {body.company}")
    draft = EntityDraft(body.system, body.company, body.time_zone, body.begins_on, body.posts)

    def enter() -> str:
        with unit.connection.transaction():
            text, after = entering.enter_entity(project, unit.connection, code, draft, company, body.seen)
            detail = {
                "system": body.system,
                "company": company.key,
                "entries": company.entries,
                "text": text[:8000],
            }
            record(
                unit.connection,
                [Entry(context.clock.now(), caller.name, "entity.declared", code, code, detail)],
            )
        unit.after.append(after)
        return text  # fmt: skip

    text = _refused(enter)
    return EntityText(entity=code, text=text, posts="posts = false" not in text)


@router.get("/accounts")
async def account_choices(
    caller: ChartReader,
    context: TheContext,
    project: TheProject,
    entity: Annotated[str, Query(max_length=80)],
    bank: Annotated[list[Annotated[str, Length(max_length=80)]] | None, Query(max_length=50)] = None,
) -> Choices:
    """Which roles need an account, and which accounts of the chart could serve, as the ledger has it now."""
    if not caller.may("mappings:read", entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for mappings:read of {entity}")
    return await _asked(
        context, entity, lambda: _choices(choosing_accounts.account_choices(project, entity, bank or ()))
    )


@router.put("/accounts")
def choose_accounts(
    body: Chosen, caller: Chooser, context: TheContext, unit: TheUnit, project: TheProject
) -> Added:
    """Map roles to accounts that were picked for them; what is mapped already stays as it is."""
    _every_entity(caller, "mappings:write")
    offered = _refused(
        lambda: context.expensive.do(
            body.entity, lambda: choosing_accounts.account_choices(project, body.entity, body.banks)
        )
    )
    if offered.seen != body.seen:
        raise ProblemError(409, "mapping", "the mappings were changed meanwhile: look at them again")

    def choose() -> int:
        with unit.connection.transaction():
            added, after = choosing_accounts.choose_accounts(project, unit.connection, body.chosen, offered)
            detail: dict[str, Any] = {"added": added, "chosen": {k: v for k, v in body.chosen.items() if v}}
            entry = Entry(context.clock.now(), caller.name, "mapping.chosen", "accounts", body.entity, detail)
            record(unit.connection, [entry])
        unit.after.append(after)
        return added

    return Added(added=_refused(choose))


def _companies(project: OpenProject, system: str) -> list[Company]:
    return [_company(project, system, c) for c in entering.companies_of(project, system)]


def _company(project: OpenProject, system: str, company: LedgerCompany) -> Company:
    code = entering.entity_of(project, system, company.key) if system else ""
    wanted = code or entering.proposed_code(project, company)
    known = project.settings.release.entities.get(code)
    return Company(
        company=company.key, name=company.name, currency=company.currency, country=company.country,
        entries=company.entries, entity=code, code=wanted,
        time_zone=known.time_zone if known else entering.proposed_zone(company.country),
        begins_on=known.begins_on if known else None, posts=known.posts if known else not company.entries,
        seen=seen_of(entity_source(project.settings.folder, wanted)),
    )  # fmt: skip


def _choices(found: AccountChoices) -> Choices:
    return Choices(
        entity=found.entity, roles=[_role(c) for c in found.choices], accounts=found.accounts,
        journals=found.journals, seen=found.seen,
    )  # fmt: skip


def _role(choice: RoleChoice) -> RoleAsked:
    proposal = choice.proposal
    return RoleAsked(
        role=choice.role.key, title=choice.role.title, means=choice.role.why, now=choice.now,
        proposed=(proposal.choice.journal or proposal.choice.account) if proposal else "",
        why=proposal.why if proposal else "",
        candidates=[
            CanServe(code=c.journal or c.account, account=c.account, name=c.name, type=c.type)
            for c in choice.candidates
        ],
    )  # fmt: skip


def _every_entity(caller: Caller, operation: str) -> None:
    if not caller.may(operation, "*"):
        raise ProblemError(403, "forbidden", "this is of every entity: so must the role be")


async def _asked(context: RequestContext, subject: str, call: Callable[[], T]) -> T:
    try:
        return await context.expensive.ask(subject, call)
    except (ProjectError, AddressError, ConnectorError) as error:
        raise ProblemError(422, "set-up", str(error)) from None


def _refused(call: Callable[[], T]) -> T:
    """What a call gives; what it refuses as a problem. Raises ProblemError."""
    try:
        return call()
    except ChangedMeanwhileError as error:
        raise ProblemError(409, "set-up", str(error)) from None
    except (ProjectError, AddressError, ConnectorError) as error:
        raise ProblemError(422, "set-up", str(error)) from None
