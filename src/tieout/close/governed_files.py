"""What a project goes by beside its mappings, as tables of rows that are compared as they come into force. Pure.

Its approval policies, its interfaces (what must come over each, whether the close waits for it, who releases what), its entities (since
when, by which zone, what their people make in the ledger by intent), who signs, and whom the company's own sign-on lets in. Limits and
tasks are not here: a raised limit holds from the next period on by itself (`since_it_began`).

A row is where something is said in the project's files, and what is said there as JSON. What is left out, or as if it were, is no row, so
that a later version that knows more to declare changes nothing by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec

from tieout.rules import Entity, Interface, Release

POLICIES, SIGN_ON, INTERFACES, ENTITY = "approval policies", "sign-on", "interfaces", "entity"
Rows = list[list[str]]
# Of a longer row (a dialect, say) only that it changed is said.
_MOST = 2000
# How work is done, and who is told: nothing that a figure or a right hangs on.
_WORK = ("name", "entity", "every_minutes", "overlap_minutes", "owner", "service_level_hours")
# Said one by one below.
_PARTS = ("code", "limits", "origins")
_OF_ITS_CLOSE = ("calendar", "banking", "sign_role", "split_days")


def governed_tables(release: Release) -> dict[str, Rows]:
    """By name: what holds for every entity; and, with the entity's code behind a colon, what holds for one."""
    found = {
        POLICIES: _rows({p.name: p for p in release.policies}),
        SIGN_ON: _rows(dict(release.sign_on)),
    }
    for code, entity in release.entities.items():
        mine = (i for i in release.interfaces.values() if i.entity == code)
        found[f"{INTERFACES}:{code}"] = _rows({w: v for i in mine for w, v in _of_interface(i).items()})
        found[f"{ENTITY}:{code}"] = _rows(_of_entity(release, entity))
    return found


def of_entity(table: str, entity: str) -> bool:
    """Whether a table says something of an entity."""
    _, _, code = table.partition(":")
    return not code or code == entity


def expected_of(interface: str) -> str:
    """The row that says what must come over an interface."""
    return f"interfaces/{interface}.toml expected"


def origins_of(entity: str) -> str:
    """How the rows begin that each declare what an entity's people make in the ledger by intent; its name comes after it."""
    return f"tieout.toml entities.{entity}.origins."


def _of_interface(interface: Interface) -> dict[str, Any]:
    names = (f.name for f in fields(interface) if f.name not in _WORK)
    return {f"interfaces/{interface.name}.toml {name}": getattr(interface, name) for name in names}


def _of_entity(release: Release, entity: Entity) -> dict[str, Any]:
    rules, at = release.closing.of(entity.code), f"entities.{entity.code}"
    names = (f.name for f in fields(entity) if f.name not in _PARTS)
    return {
        **{f"tieout.toml {at}.{name}": getattr(entity, name) for name in names},
        **{f"{origins_of(entity.code)}{o.name}": o.content() for o in entity.origins},
        **{f"tieout.toml {at}.differences.{kind}": limit for kind, limit in entity.limits.items()},
        **{f"calendar.toml {at}.{name}": getattr(rules, name) for name in _OF_ITS_CLOSE},
    }


def _rows(said: Mapping[str, Any]) -> Rows:
    plain = {where: _plain(value) for where, value in said.items()}
    return sorted([where, _text(value)] for where, value in plain.items() if value or value in (0, False))


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=str, order="sorted", str_keys=True)


def _text(content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content, sort_keys=True)
    return text if len(text) <= _MOST else f"sha256 {hashlib.sha256(text.encode()).hexdigest()}"
