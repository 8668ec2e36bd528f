"""Companies that are read from a ledger, and entities that people enter by the browser: each is a company of a ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import available_timezones

from tieout.connector_api import SystemConfig, open_system
from tieout.connector_api.books import BooksTeller, LedgerCompany
from tieout.operations.files import begin_change, change_files
from tieout.operations.open_project import OpenProject
from tieout.rules import Entity
from tieout.rules.packs import countries, load_pack
from tieout.settings import (
    ChangedMeanwhileError,
    FileChange,
    ProjectError,
    check_code,
    entered,
    entity_source,
    entity_text,
    seen_of,
    stage_entity,
    stage_system,
)
from tieout.store import Connection

_MOST = 50


@dataclass(frozen=True)
class EntityDraft:
    """An entity as somebody entered it: which company of which system it is. `posts` False: it is read and proven alone."""

    system: str
    company: int
    time_zone: str
    begins_on: date | None
    posts: bool


def companies_of_draft(
    project: OpenProject, name: str, connector: str, given: Mapping[str, str]
) -> list[LedgerCompany]:
    """The companies of a ledger that is not connected yet; nothing is kept. Raises ProjectError where its settings are not usable
    or it is no ledger with companies, ConnectorError, AddressError."""
    project.release()
    try:
        kind = project.registry[connector]
    except KeyError as error:
        raise ProjectError(str(error.args[0])) from None
    config = entered(name, kind, given, project.settings.environment, project.settings.private)
    session = open_system(kind, replace(config, tokens=project.tokens))
    if not isinstance(session, BooksTeller):
        raise ProjectError(f"{kind.title} is no ledger with companies")
    return session.companies()


def companies_of(project: OpenProject, system: str) -> list[LedgerCompany]:
    """The companies of a ledger that is connected. Raises ProjectError where there is no such one, ConnectorError."""
    project.release()
    if system not in project.settings.systems:
        raise ProjectError(f"no system is named {system!r}")
    session = project.open_session(system)
    if not isinstance(session, BooksTeller):
        raise ProjectError(f"{system} is no ledger with companies")
    return session.companies()


def entity_of(project: OpenProject, system: str, company: int) -> str:
    """The code of the entity that is a company of a system's database already, "" where it is none."""
    settings = project.settings
    here = settings.systems[system]
    for entity in settings.release.entities.values():
        config = settings.systems[entity.ledger]
        same = (config.text("url"), config.text("database")) == (here.text("url"), here.text("database"))
        if same and int(config.text("company", "0") or 0) == company:
            return entity.code
    return ""


def proposed_code(project: OpenProject, company: LedgerCompany) -> str:
    """A code for an entity that no other one has: its country, or the first letters of its name."""
    letters = "".join(c for c in company.name.upper() if c.isascii() and c.isalnum())[:6]
    first = company.country or (letters if letters[:1].isalpha() else "") or "MAIN"
    taken = set(project.release().entities)
    return next(c for c in (first, *(f"{first}_{n}" for n in range(2, _MOST + 2))) if c not in taken)


def proposed_zone(country: str) -> str:
    """The time zone of a country's pack; "" where there is none."""
    return load_pack(country).time_zone if country in countries() else ""


def enter_entity(
    project: OpenProject,
    connection: Connection,
    code: str,
    draft: EntityDraft,
    company: LedgerCompany,
    seen: str,
) -> tuple[str, Callable[[], None]]:
    """Put an entity into entities/CODE.toml, and its company into its system's settings, once the transaction of `connection`
    committed: the file's text, and what is to be done after the commit. `company` is as the ledger told it. Where other entries stand
    in its books nothing is posted, whatever the draft says. Raises ProjectError, ChangedMeanwhileError."""
    check_code(code)
    begin_change(project, connection)
    release, folder = project.release(), project.settings.folder
    before = entity_source(folder, code)
    if seen_of(before) != seen:
        raise ChangedMeanwhileError(f"entities/{code}.toml was changed meanwhile: look at it again")
    if not before and code in release.entities:
        raise ProjectError(f"{code} stands in tieout.toml: it is changed there")
    if not before and len(list((folder / "entities").glob("*.toml"))) >= _MOST:
        raise ProjectError(f"{_MOST} entities were entered by the browser already")
    if draft.time_zone not in available_timezones():
        raise ProjectError(f"no time zone {draft.time_zone!r}; such as Europe/Berlin")
    system, changes = _ledger_for(project, code, draft.system, company.key)
    known = release.entities.get(code)
    posts = draft.posts and (not company.entries or (known is not None and known.posts))
    country = company.country if company.country in countries() else ""
    entity = Entity(
        code, company.name, company.currency, draft.time_zone, system, country=country, begins_on=draft.begins_on,
        posts=posts,
    )  # fmt: skip
    text = entity_text(before, entity)
    return text, change_files(project, connection, [*changes, stage_entity(folder, code, text)])


def _ledger_for(project: OpenProject, code: str, system: str, company: int) -> tuple[str, list[FileChange]]:
    """The system that works in a company, and what has to change for that: a company is a system of its own."""
    settings = project.settings
    if system not in settings.systems:
        raise ProjectError(f"no system is named {system!r}")
    config = settings.systems[system]
    mine = int(config.text("company", "0") or 0)
    others = [e.code for e in settings.release.entities.values() if e.ledger == system and e.code != code]
    if mine == company and not others:
        return system, []
    if others and mine == company:
        raise ProjectError(f"company {company} of {system} is entity {', '.join(others)} already")
    if config.private is None:
        raise ProjectError(
            f'{system} stands in tieout.toml and works in company {mine or "of its user"}: put company = "{company}" there'
        )
    if not others:
        return system, _as(project, config, company)
    name = f"{system}_{code.lower()}"[:40]
    if name in settings.systems:
        raise ProjectError(f"a system is named {name!r} already: connect this company by a name of its own")
    return name, _as(project, replace(config, name=name), company)


def _as(project: OpenProject, config: SystemConfig, company: int) -> list[FileChange]:
    """The files of a system that works in a company, and is the same one else: no address changes, so that its key goes on."""
    values = {**config.values, "company": str(company)}
    kind = project.registry[config.connector]
    return stage_system(project.settings.folder, replace(config, values=values), kind)
