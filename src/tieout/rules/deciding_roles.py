"""Which roles may let something happen: approve, sign, release. Pure.

Those of Tieout's own that only read, bring, work or let people in never do: a file of the project that names one of them there is a
mistake, or somebody who would decide by a role that they have already. Roles of other names are a company's own, and are granted
by two administrators for just that.
"""

from __future__ import annotations

# Of `security.roles.ROLES` those that decide nothing.
_DECIDE_NOTHING = ("viewer", "operator", "preparer", "auditor", "integrator", "administrator")


def decides(role: str) -> bool:
    """Whether a role is one that may decide."""
    return bool(role.strip()) and role not in _DECIDE_NOTHING


def no_decider(role: str) -> str:
    """Why a role is named where one that decides is expected, in words."""
    return f"{role!r} decides nothing: controller, approver or a role of your own was expected"
