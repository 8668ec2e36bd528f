"""The roles, and what each lets its holder do. Pure.

A role is granted for one entity or for every one. Roles of other names are those of a company's own approval
policies (`cfo`, say): they let their holders decide what a policy asks of them, and read what they decide on.
"""

from __future__ import annotations

from typing import Any

ROLES: dict[str, str] = {
    "viewer": "reads",
    "operator": "runs interfaces, works cases and matches",
    "preparer": "brings files, works matches, prepares what others approve and accounts that others certify",
    "approver": "decides what waits for an approval",
    "controller": "approves, works cases, signs the close, keeps mappings",
    "auditor": "reads everything, evidence and accesses included, and changes nothing",
    "integrator": "declares and runs interfaces, keeps mappings, replays",
    "administrator": "lets people in; sees no business figures by that",
}
_READERS = ("viewer", "operator", "preparer", "approver", "controller", "auditor", "integrator")
# What can be done, and by whom. What is about access is done everywhere or nowhere.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "documents:read": _READERS,
    "cases:read": _READERS,
    "cases:write": ("operator", "controller"),
    "matches:read": _READERS,
    "matches:write": ("operator", "preparer", "controller"),
    "approvals:read": _READERS,
    "approvals:decide": ("approver", "controller"),
    "payments:propose": ("operator", "preparer"),
    "close:read": _READERS,
    "close:sign": ("controller",),
    "close:certify": ("preparer", "controller"),
    "files:write": ("operator", "preparer", "integrator"),
    "interfaces:read": _READERS,
    "interfaces:run": ("operator", "integrator", "controller"),
    "interfaces:replay": ("integrator", "controller"),
    "mappings:read": _READERS,
    "mappings:write": ("integrator", "controller"),
    "evidence:read": ("auditor", "controller"),
    "access:read": ("administrator", "auditor"),
    "access:write": ("administrator",),
    "survey:read": ("integrator", "controller", "auditor"),
    "survey:take": ("integrator", "controller"),
    "systems:read": ("integrator", "administrator", "auditor"),
    "systems:write": ("integrator",),
}
EVERYWHERE_ONLY = ("access:read", "access:write", "systems:read", "systems:write")
# Whoever only reads, runs or brings needs no second factor; whoever approves or lets people in does, and so
# does every role of a company's own.
_ONE_FACTOR = ("viewer", "operator", "preparer", "auditor", "integrator")
_OF_A_POLICY = ("documents:read", "cases:read", "approvals:read", "approvals:decide")


def may(grants: Any, operation: str, entity: str) -> bool:
    """Whether grants (of `role` and `entity`) let their holder do `operation` for `entity` ("*": for every
    one). Raises KeyError for an operation that does not exist."""
    roles = OPERATIONS[operation]
    for grant in grants:
        own = grant.role not in ROLES and operation in _OF_A_POLICY
        if (grant.role in roles or own) and (grant.entity in ("*", entity)):
            return True
    return False


def entities_of(grants: Any, operation: str) -> frozenset[str]:
    """The entities for which grants let their holder do `operation`; "*" among them: every one."""
    return frozenset(g.entity for g in grants if may((g,), operation, g.entity))


def needs_second_factor(grants: Any) -> bool:
    """Whether somebody with these grants signs in with two factors or not at all."""
    return any(g.role not in _ONE_FACTOR for g in grants)
