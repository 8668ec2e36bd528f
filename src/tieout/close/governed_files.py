"""What a project goes by beside its mappings, as tables of rows that are compared as they come into force. Pure.

Its approval policies, its interfaces (what must come over each, whether the close waits for it, who releases what), its entities (since
when, by which zone, what their people make in the ledger by intent), who signs, and whom the company's own sign-on lets in. Limits and
tasks are not here: a raised limit holds from the next period on by itself (`since_it_began`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tieout.rules import Release

POLICIES, SIGN_ON, INTERFACES, ENTITY = "approval policies", "sign-on", "interfaces", "entity"
Rows = list[list[str]]
# Of a longer row (a dialect, say) only that it changed is said.
_MOST = 2000


def governed_tables(release: Release) -> dict[str, Rows]:
    """By name: what holds for every entity; and, with the entity's code behind a colon, what holds for one. Each row is its key and
    its content as text."""
    found = {
        POLICIES: _rows({p.name: asdict(p) for p in release.policies}),
        SIGN_ON: _rows(dict(release.sign_on)),
    }
    for code, entity in release.entities.items():
        mine = {
            i.name: {k: v for k, v in asdict(i).items() if k not in _WORK}
            for i in release.interfaces.values() if i.entity == code
        }  # fmt: skip
        found[f"{INTERFACES}:{code}"] = _rows(mine)
        rules = release.closing.of(code)
        found[f"{ENTITY}:{code}"] = _rows(
            {
                **asdict(entity),
                "sign_role": rules.sign_role,
                "split_days": rules.split_days,
                "banking": rules.banking,
            }
        )
    return found


# How work is done, and who is told: nothing that a figure or a right hangs on.
_WORK = ("name", "every_minutes", "overlap_minutes", "owner", "service_level_hours")


def of_entity(table: str, entity: str) -> bool:
    """Whether a table says something of an entity."""
    _, _, code = table.partition(":")
    return not code or code == entity


def _rows(said: Mapping[str, Any]) -> Rows:
    return sorted([name, _text(content)] for name, content in said.items())


def _text(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return text if len(text) <= _MOST else f"sha256 {hashlib.sha256(text.encode()).hexdigest()}"
