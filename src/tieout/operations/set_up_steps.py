"""What stands between a project and its first figure: step by step, each seen by what is there, so that whoever comes back goes on
where it stopped. And the roles that the one administrator of a test environment gives themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tieout.operations.choosing_accounts import mapped, roles_of
from tieout.operations.open_project import OpenProject
from tieout.rules import Release
from tieout.security import (
    OF_THE_ENVIRONMENT,
    OWN_ROLES,
    TEST_ENVIRONMENTS,
    Authority,
    RevokeRole,
    StampError,
    TakeRole,
    change_authority,
    load_authority,
)
from tieout.security.roles import OPERATIONS
from tieout.store import Connection, Queries

_SQL = Queries("tieout.operations")
# What somebody needs who sets up, and sees the figures.
_NEEDED = ("systems:write", "documents:read", "mappings:write", "interfaces:run")


@dataclass(frozen=True)
class SetUpStep:
    """One step: `key` is its page, `done` is seen by what is there, `said` what there is, or what to do."""

    key: str
    title: str
    done: bool
    said: str


@dataclass(frozen=True)
class Missing:
    """Somebody who has to be let in before it can go on: what they are to be, and why it takes them."""

    role: str
    why: str


@dataclass(frozen=True)
class SetUp:
    """How far a project is. `takes` are roles that whoever asks may give themselves now; `missing` who else it takes where they may
    not; `reads_only` the entities whose sources are read and proven while nothing is posted."""

    environment: str
    steps: tuple[SetUpStep, ...]
    takes: tuple[str, ...]
    missing: tuple[Missing, ...]
    reads_only: tuple[str, ...]


def is_test(project: OpenProject) -> bool:
    """Whether a project is of a test environment, in which one person may begin alone."""
    return project.settings.environment in TEST_ENVIRONMENTS


def set_up_of(project: OpenProject, connection: Connection, who: str) -> SetUp:
    """How far a project is, as somebody sees it."""
    authority, release = load_authority(connection), project.release()
    proven = connection.execute(_SQL["first_figure"]).fetchone()
    systems = project.settings.systems
    ledgers = {n for n in systems if "read_back" in project.connector_of(n).can}
    sources = sorted(set(systems) - ledgers)
    flows = sorted(i.name for i in release.interfaces.values() if i.system in sources)
    accounts = release.mappings.get("accounts")
    mine = _lacks(authority, who)
    steps = (
        SetUpStep("roles", "Who may set up", not mine, _roles_said(mine)),
        SetUpStep("odoo", "Odoo", bool(ledgers), ", ".join(sorted(ledgers)) or "its address and a key of its own"),
        SetUpStep("company", "Companies", bool(release.entities), _entities_said(release)),
        SetUpStep("accounts", "Accounts", bool(accounts and accounts.rows), _accounts_said(project, release)),
        SetUpStep("source", "A first source", bool(sources), ", ".join(sources) or "a payment provider, a shop, a bank's files"),
        SetUpStep("interface", "What is read", bool(flows), ", ".join(flows) or "for whose books, and how often"),
        SetUpStep("figure", "The first figure", proven is not None, _figure_said(proven)),
    )  # fmt: skip
    takes, missing = _people(project, authority, who, mine)
    quiet = tuple(sorted(e.code for e in release.entities.values() if not e.posts))
    return SetUp(project.settings.environment, steps, takes, missing, quiet)


def take_roles(project: OpenProject, connection: Connection, who: str, now: datetime) -> tuple[str, ...]:
    """Let the one administrator of a test environment give themselves what setting up takes, in the caller's transaction; the roles.
    Raises AuthorityError where it is no such environment, or there are two administrators."""
    authority = load_authority(connection)
    takes, _ = _people(project, authority, who, _lacks(authority, who))
    for role in takes or OWN_ROLES[:1]:
        # Where there is nothing to take it says why not.
        change_authority(
            connection, TakeRole(name=who, role=role, environment=project.settings.environment), who, now
        )
    return takes


def end_taken_roles(project: OpenProject, connection: Connection, now: datetime) -> None:
    """Where the environment is no test's any more, what people gave themselves in it ends, in the caller's transaction."""
    if is_test(project):
        return
    try:
        people = load_authority(connection).people.values()
    except StampError:
        # Nobody may do anything then, and it is told where somebody tries.
        return
    for person in people:
        for grant in person.grants:
            if grant.own:
                ended = RevokeRole(name=person.name, role=grant.role, entity=grant.entity)
                change_authority(connection, ended, OF_THE_ENVIRONMENT, now)


def _lacks(authority: Authority, who: str) -> list[str]:
    """Operations that somebody needs to set up and may not do everywhere."""
    person = authority.people.get(who)
    held = {g.role for g in person.grants if g.entity == "*"} if person else set()
    return [o for o in _NEEDED if not held & set(OPERATIONS[o])]


def _people(
    project: OpenProject, authority: Authority, who: str, lacks: list[str]
) -> tuple[tuple[str, ...], tuple[Missing, ...]]:
    """What somebody may give themselves, else who is missing."""
    if not lacks:
        return (), ()
    alone = authority.alone()
    if is_test(project) and alone == who:
        return ("integrator",), ()
    missing = []
    if alone:
        missing.append(
            Missing(
                "administrator",
                "whatever gives rights takes two administrators: one makes it, another confirms it",
            )
        )
    able = sorted(
        p.name for p in authority.people.values() if p.active and p.human and not _lacks(authority, p.name)
    )
    if not able:
        missing.append(
            Missing(
                "integrator",
                "somebody who connects systems, declares interfaces and sees figures; neither of the two who let them in",
            )
        )
    return (), tuple(missing)  # fmt: skip


def _roles_said(lacks: list[str]) -> str:
    return "your roles do" if not lacks else "an administrator sees no figures by that, and connects nothing"


def _entities_said(release: Release) -> str:
    return ", ".join(f"{e.code} {e.name}" for e in release.entities.values()) or "read from Odoo"


def _accounts_said(project: OpenProject, release: Release) -> str:
    now = mapped(release)
    currency = next((e.currency for e in release.entities.values()), "")
    wanted = [role.key for role in roles_of(project, currency)] if currency else []
    picked = sum(key in now for key in wanted)
    return f"{picked} of {len(wanted)} roles" if now and wanted else "from the chart in Odoo"


def _figure_said(proven: object) -> str:
    if not isinstance(proven, dict):
        return "the source's own figure beside what was read"
    return f"{proven['interface']}, {proven['period']}"
