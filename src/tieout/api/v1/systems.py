"""Systems: what is connected, as what, and whether it answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel
from pydantic import Field as Length
from starlette.concurrency import run_in_threadpool

from tieout.api.v1.calling import Caller, TheUnit, needs, needs_shortly
from tieout.api.v1.context import RequestContext, TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.connector_api import AddressError, Connector, SystemConfig
from tieout.evidence import Entry, record
from tieout.operations import systems as system_operations
from tieout.rules import Release
from tieout.settings import ProjectError
from tieout.store import Connection

router = APIRouter(prefix="/systems", tags=["systems"])
Reader = Annotated[Caller, needs("systems:read")]
Tester = Annotated[Caller, needs("systems:write")]
Asker = Annotated[Caller, needs_shortly("systems:write")]
System = Annotated[str, Path(max_length=80)]


class Setting(BaseModel):
    """`value` of a secret is never shown: only whether there is one."""

    name: str
    help: str
    secret: bool
    value: str


class Connected(BaseModel):
    """A system: `can` are its connector's capabilities, `assumed` what nobody saw the real system do yet. One that was
    connected `by_browser` can be changed and taken out by this API; every other stands in tieout.toml."""

    system: str
    connector: str
    title: str
    version: str
    environment: str
    can: list[str]
    streams: list[str]
    interfaces: list[str]
    limits: str
    assumed: list[str]
    settings: list[Setting]
    by_browser: bool


class Field(BaseModel):
    name: str
    help: str
    secret: bool
    required: bool
    default: str


class RightNeeded(BaseModel):
    """A right that the account there needs, by the vendor's own name, and what for."""

    name: str
    needed_for: str


class Kind(BaseModel):
    """A kind of system. `by_browser`: it can be connected by this API; what is in a folder of this machine, say,
    stands in tieout.toml."""

    connector: str
    title: str
    version: str
    can: list[str]
    streams: list[str]
    limits: str
    by_browser: bool
    settings: list[Field]
    rights: list[RightNeeded]


class SystemDraft(BaseModel):
    """A system as somebody enters it, every secret with it: none is taken from one that is connected already."""

    connector: Annotated[str, Length(min_length=1, max_length=40)]
    settings: Annotated[dict[str, Annotated[str, Length(max_length=4000)]], Length(max_length=30)] = {}


class CheckedStep(BaseModel):
    """`said`: what it is, or what to do."""

    step: str
    works: bool
    said: str


@router.get("")
def systems(caller: Reader, context: TheContext, project: TheProject) -> list[Connected]:
    """Every system that the project connects."""
    release = context.release()
    return [
        _connected(name, config, project.connector_of(name), release)
        for name, config in project.settings.systems.items()
    ]


def _connected(name: str, config: SystemConfig, connector: Connector, release: Release) -> Connected:
    settings = [
        Setting(
            name=f.name,
            help=f.help,
            secret=f.secret,
            value=("set" if config.text(f.name) else "missing") if f.secret else config.text(f.name),
        )
        for f in connector.config
    ]
    return Connected(
        system=name, connector=connector.name, title=connector.title, version=connector.version,
        environment=config.environment, can=list(connector.can), streams=[s.name for s in connector.streams],
        interfaces=[i.name for i in release.interfaces.values() if i.system == name], limits=connector.limits,
        assumed=list(connector.assumed), settings=settings, by_browser=config.private is not None,
    )  # fmt: skip


@router.get("/kinds")
def kinds(caller: Reader, project: TheProject) -> list[Kind]:
    """Every kind of system that can be connected, with what it wants to know."""
    return [
        Kind(
            connector=c.name, title=c.title, version=c.version, can=list(c.can), streams=[s.name for s in c.streams],
            limits=c.limits, by_browser=c.by_browser,
            settings=[Field(name=f.name, help=f.help, secret=f.secret, required=f.required, default=f.default)
                      for f in c.config],
            rights=[RightNeeded(name=r.name, needed_for=r.needed_for) for r in c.rights],
        )
        for _, c in sorted(project.registry.by_name.items())
    ]  # fmt: skip


@router.post("/{system}/try")
async def try_system(
    system: System, body: SystemDraft, caller: Asker, context: TheContext, project: TheProject
) -> list[CheckedStep]:
    """Ask a system that is not connected yet, step by step: its address, whether it lets us in, what can be read, and
    every right that is missing. Nothing is kept."""
    found = await context.expensive.ask(
        system, lambda: system_operations.try_system(project, system, body.connector, body.settings)
    )
    steps = _steps(found)
    await run_in_threadpool(_told_shortly, context, caller, "system.tried", system, _said(body, steps))
    return steps


@router.put("/{system}")
def connect_system(
    system: System, body: SystemDraft, caller: Tester, context: TheContext, unit: TheUnit, project: TheProject
) -> Connected:
    """Connect a system, or change one that was connected so: in force at once."""
    _by_a_person(caller)
    with unit.connection.transaction():
        _told(unit.connection, context, caller, "system.connected", system, _said(body, []))
        try:
            config, after = system_operations.connect_system(
                project, unit.connection, system, body.connector, body.settings
            )
        except (ProjectError, AddressError) as error:
            raise ProblemError(422, "system", str(error)) from None
    unit.after.append(after)
    return _connected(system, config, project.registry[body.connector], context.release())


@router.delete("/{system}", status_code=204)
def disconnect_system(
    system: System, caller: Tester, context: TheContext, unit: TheUnit, project: TheProject
) -> None:
    """Take a system out that nothing needs any more, and its secrets."""
    _by_a_person(caller)
    if system not in project.settings.systems:
        raise ProblemError(404, "system", f"no system {system!r}")
    with unit.connection.transaction():
        _told(unit.connection, context, caller, "system.disconnected", system, {})
        try:
            unit.after.append(system_operations.disconnect_system(project, unit.connection, system))
        except ProjectError as error:
            raise ProblemError(409, "system", str(error)) from None


@router.post("/{system}/test")
async def test_system(
    system: System, caller: Asker, context: TheContext, project: TheProject
) -> list[CheckedStep]:
    """Ask a system step by step, until one does not work: it says what is missing."""
    if system not in project.settings.systems:
        raise ProblemError(404, "system", f"no system {system!r}")
    found = await context.expensive.ask(
        system, lambda: system_operations.check_system(project, system), share=("test", system)
    )
    steps = _steps(found)
    detail = {"works": all(s.works for s in steps), "steps": len(steps)}
    await run_in_threadpool(_told_shortly, context, caller, "system.tested", system, detail)
    return steps


def _steps(found: list[tuple[str, bool, str]]) -> list[CheckedStep]:
    return [CheckedStep(step=s, works=works, said=said) for s, works, said in found]


def _said(body: SystemDraft, steps: list[CheckedStep]) -> dict[str, Any]:
    """What evidence keeps: never a secret, nor what might be one in the wrong place."""
    detail: dict[str, Any] = {"connector": body.connector, "settings": sorted(body.settings)[:30]}
    return detail | ({"works": all(s.works for s in steps), "steps": len(steps)} if steps else {})


def _told(
    connection: Connection,
    context: RequestContext,
    caller: Caller,
    action: str,
    system: str,
    detail: dict[str, Any],
) -> None:
    with connection.transaction():
        record(connection, [Entry(context.clock.now(), caller.name, action, system, "", detail)])


def _told_shortly(
    context: RequestContext, caller: Caller, action: str, system: str, detail: dict[str, Any]
) -> None:
    with context.pool.connection() as connection:
        _told(connection, context, caller, action, system, detail)


def _by_a_person(caller: Caller) -> None:
    if caller.session is None or not caller.session.second_factor:
        raise ProblemError(
            403,
            "second-factor",
            "people connect systems, signed in with a second factor: add one on the page about yourself",
        )
