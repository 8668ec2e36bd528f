"""Systems: what is connected, as what, and whether it answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from tieout.api.v1.calling import Caller, TheConnection, TheDesk, needs
from tieout.api.v1.office import TheOffice
from tieout.api.v1.problems import ProblemError
from tieout.connect import ConnectorError
from tieout.evidence import Entry, record

router = APIRouter(prefix="/systems", tags=["systems"])
Reader = Annotated[Caller, needs("systems:read")]
Tester = Annotated[Caller, needs("systems:write")]
System = Annotated[str, Path(max_length=80)]


class Setting(BaseModel):
    """`value` of a secret is never shown: only whether there is one."""

    name: str
    help: str
    secret: bool
    value: str


class Connected(BaseModel):
    """A system: `can` are its connector's capabilities, `assumed` what nobody saw the real system do yet."""

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


class Step(BaseModel):
    """`said`: what it is, or what to do."""

    step: str
    works: bool
    said: str


@router.get("")
def systems(caller: Reader, desk: TheDesk, office: TheOffice) -> list[Connected]:
    """Every system that the project connects."""
    release, found = desk.release(), []
    for name, config in office.project.systems.items():
        connector = office.connector_of(name)
        settings = [
            Setting(
                name=f.name,
                help=f.help,
                secret=f.secret,
                value=("set" if config.text(f.name) else "missing") if f.secret else config.text(f.name),
            )
            for f in connector.config
        ]
        found.append(
            Connected(
                system=name, connector=connector.name, title=connector.title, version=connector.version,
                environment=config.environment, can=list(connector.can), streams=[s.name for s in connector.streams],
                interfaces=[i.name for i in release.interfaces.values() if i.system == name], limits=connector.limits,
                assumed=list(connector.assumed), settings=settings,
            )
        )  # fmt: skip
    return found


@router.post("/{system}/test")
def test_system(
    system: System, caller: Tester, desk: TheDesk, connection: TheConnection, office: TheOffice
) -> list[Step]:
    """Ask a system step by step, until one does not work: it says what is missing."""
    if system not in office.project.systems:
        raise ProblemError(404, "system", f"no system {system!r}")
    try:
        steps = [Step(step=s, works=works, said=said) for s, works, said in office.check_system(system)]
    except ConnectorError as error:
        steps = [Step(step="answers", works=False, said=str(error))]
    detail = {"works": all(s.works for s in steps), "steps": len(steps)}
    with connection.transaction():
        record(connection, [Entry(desk.clock.now(), caller.name, "system.tested", system, "", detail)])
    return steps
