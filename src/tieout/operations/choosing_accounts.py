"""Accounts picked from the chart that was read: which roles this project needs, what is proposed for each, and what is chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tieout.connector_api.books import BooksTeller, Chart
from tieout.operations.files import begin_change, change_files
from tieout.operations.open_project import OpenProject
from tieout.rules import Release
from tieout.rules.account_roles import (
    BOOKS,
    JOURNALS,
    Candidate,
    Proposal,
    Role,
    bank_role,
    fits,
    propose,
    provider_roles,
)
from tieout.rules.nearest import nearest
from tieout.settings import ChangedMeanwhileError, FileChange, ProjectError, cells_of, stage_table
from tieout.store import Connection

ACCOUNTS, JOURNAL_TABLE = "accounts", "journals"
_HEADER = ["key", "value", "valid_from", "valid_to"]
# Kinds of systems that keep a balance of money by the name of their provider.
_PROVIDERS = ("stripe", "paypal")


@dataclass(frozen=True)
class RoleChoice:
    """A role with what serves for it: `now` what is mapped ("" nothing yet), `proposal` what is proposed, `candidates` what can serve
    at all, by what is written into the mapping."""

    role: Role
    now: str
    proposal: Proposal | None
    candidates: Sequence[Candidate]


@dataclass(frozen=True)
class AccountChoices:
    """Every role that this project needs; `seen` is by what the state of the mappings is known again."""

    entity: str
    choices: Sequence[RoleChoice]
    accounts: int
    journals: int
    seen: str


def account_choices(project: OpenProject, entity: str, banks: Sequence[str] = ()) -> AccountChoices:
    """What can be picked for the roles of this project from an entity's chart, which is read now; `banks` are numbers of bank accounts
    to be picked for as well. Raises ProjectError where the entity is not there or its ledger tells no chart, ConnectorError."""
    chart, own = _chart_of(project, entity)
    release = project.release()
    now = mapped(release)
    roles = roles_of(project, own, banks)
    found = []
    for role in roles:
        candidates = [c for c in candidates_of(chart, role) if fits(role, c, own)]
        found.append(RoleChoice(role, now.get(role.key, ""), propose(role, candidates, own), candidates))
    return AccountChoices(entity, found, len(chart.accounts), len(chart.journals), _seen(project))


def roles_of(project: OpenProject, own: str, banks: Sequence[str] = ()) -> list[Role]:
    """The roles that this project needs: those of any books, those of each provider that is connected, and of each bank account that is
    mapped or asked for."""
    release = project.release()
    kinds = {config.connector for config in project.settings.systems.values()}
    now = mapped(release)
    found = [*BOOKS, *JOURNALS]
    for provider in (p for p in _PROVIDERS if p in kinds):
        held = {k.rpartition(".")[2] for k in now if k.startswith(f"clearing.{provider}.")}
        found += provider_roles(provider, [own, *sorted(held - {own})])
    numbers = [k.removeprefix("bank.") for k in now if k.startswith("bank.")]
    found += [bank_role(n) for n in dict.fromkeys([*numbers, *banks])]
    return found


def mapped(release: Release) -> dict[str, str]:
    """What is mapped, by role: of money its journal, else its account."""
    accounts, journals = release.mappings.get(ACCOUNTS), release.mappings.get(JOURNAL_TABLE)
    found = {row.key: row.value for row in (accounts.rows if accounts else ())}
    kept = {row.key: row.value for row in (journals.rows if journals else ())}
    return found | kept


def candidates_of(chart: Chart, role: Role) -> list[Candidate]:
    """What of a chart could serve for a role: accounts, or journals with the account that they keep."""
    if not role.journal:
        return [Candidate(a.code, a.name, a.type, a.matched, a.currency) for a in chart.accounts]
    accounts = {a.code: a for a in chart.accounts}
    if role.table == JOURNAL_TABLE:
        return [Candidate("", j.name, j.type, False, j.currency, j.code) for j in chart.journals]
    return [
        Candidate(
            j.account, j.name, accounts[j.account].type, accounts[j.account].matched, j.currency, j.code
        )
        for j in chart.journals
        if j.account in accounts
    ]


def choose_accounts(
    project: OpenProject, connection: Connection, chosen: Mapping[str, str], offered: AccountChoices
) -> tuple[int, Callable[[], None]]:
    """Map roles to what was picked for them, once the transaction of `connection` committed: how many are new, and what is to be done
    after the commit. `chosen` are codes of accounts, of money and entries codes of journals, by role; each is one of those that were
    `offered` a moment ago. What is mapped already stays: it is changed where mappings are. Raises ProjectError,
    ChangedMeanwhileError."""
    begin_change(project, connection)
    if _seen(project) != offered.seen:
        raise ChangedMeanwhileError("the mappings were changed meanwhile: look at them again")
    rows: dict[str, list[list[str]]] = {ACCOUNTS: [], JOURNAL_TABLE: []}
    by_key = {c.role.key: c for c in offered.choices}
    for key, code in chosen.items():
        if not code:
            continue
        if key not in by_key:
            raise ProjectError(f"{key!r} is no role that was asked for")
        _add(rows, by_key[key], code)
    added = len({row[0] for some in rows.values() for row in some})
    changes = [_with(project, table, some) for table, some in rows.items() if some]
    return added, change_files(project, connection, changes) if changes else _nothing


def _add(rows: dict[str, list[list[str]]], choice: RoleChoice, code: str) -> None:
    role = choice.role
    if choice.now:
        if choice.now != code:
            raise ProjectError(
                f"{role.key} is mapped to {choice.now} already: Mappings says from when another one holds"
            )
        return
    found = next((c for c in choice.candidates if code == (c.journal or c.account)), None)
    if found is None:
        raise ProjectError(
            f"{role.title}: {code!r} cannot serve for it: it is not there, or of another type or currency{_meant(code, choice)}"
        )
    if found.account:
        rows[ACCOUNTS].append([role.key, found.account, "", ""])
    if found.journal:
        rows[JOURNAL_TABLE].append([role.key, found.journal, "", ""])


def _meant(code: str, choice: RoleChoice) -> str:
    """Behind a refusal: what may have been meant of what can serve, by code or by name."""
    called = {c.name: c for c in choice.candidates} | {(c.journal or c.account): c for c in choice.candidates}
    found = dict.fromkeys(
        (c.journal or c.account, c.name) for c in (called[x] for x in nearest(code, called))
    )
    said = ", ".join(f"{known} {name}" for known, name in found)
    return f"; did you mean {said}?" if said else ""


def _with(project: OpenProject, table: str, added: list[list[str]]) -> FileChange:
    """The table with these rows behind its own."""
    path = project.settings.folder / "mappings" / f"{table}.csv"
    if not path.is_file() and table in project.settings.release.mappings:
        raise ProjectError(f"[mappings.{table}] stands in tieout.toml: its rows are added there")
    header, rows = cells_of(path.read_text(encoding="utf-8-sig")) if path.is_file() else (_HEADER, [])
    known = [[dict(zip(_HEADER, row, strict=True)).get(name, "") for name in header] for row in added]
    return stage_table(project.settings.folder, table, header, [*rows, *known])


def _nothing() -> None:
    """Nothing was changed."""


def _chart_of(project: OpenProject, entity: str) -> tuple[Chart, str]:
    release = project.release()
    if entity not in release.entities:
        raise ProjectError(
            f"no entity {entity!r}: {', '.join(sorted(release.entities)) or 'none was entered yet'}"
        )
    found = release.entities[entity]
    session = project.session(found.ledger)
    if not isinstance(session, BooksTeller):
        raise ProjectError(f"{found.ledger} tells no chart of accounts")
    return session.chart(), found.currency


def _seen(project: OpenProject) -> str:
    """By what the state of both tables is known again."""
    digest = hashlib.sha256()
    for table in (ACCOUNTS, JOURNAL_TABLE):
        path = project.settings.folder / "mappings" / f"{table}.csv"
        digest.update(path.read_bytes() if path.is_file() else b"")
        digest.update(b"\0")
    return digest.hexdigest()
