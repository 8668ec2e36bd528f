"""Approval policies of a project: `rules/approvals.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tieout.rules import ApprovalPolicy, ConditionError, Step
from tieout.rules.deciding_roles import decides, no_decider
from tieout.settings.tomlfile import TomlFile

_POLICY = {"name", "when", "steps", "service_level_hours", "escalate_to"}
_STEP = {"role", "need"}


def read_policies(folder: Path) -> tuple[ApprovalPolicy, ...]:
    """The policies; none where the file is absent. Raises ProjectError."""
    path = folder / "rules" / "approvals.toml"
    if not path.exists():
        return ()
    file = TomlFile(path, folder)
    file.check_keys(file.data, {"policy"}, "")
    found: list[ApprovalPolicy] = []
    tables = file.data.get("policy", [])
    if not isinstance(tables, list):
        raise file.fail("policy", "", "policies are written [[policy]], one a table")
    for table in tables:
        file.check_keys(table, _POLICY, "policy")
        name = file.need(table, "name", str, "policy")
        if name in {p.name for p in found}:
            raise file.fail("name", "policy", f"two policies are named {name!r}")
        hours = table.get("service_level_hours", 24)
        if not isinstance(hours, int) or isinstance(hours, bool) or hours < 1:
            raise file.fail("service_level_hours", "policy", f"policy {name!r}: hours are a whole number")
        try:
            policy = ApprovalPolicy(
                name=name,
                when=file.need(table, "when", str, "policy"),
                steps=_steps(file, table, name),
                service_level_hours=hours,
                escalate_to=str(table.get("escalate_to", "")),
            )
        except ConditionError as error:
            raise file.fail("when", "policy", f"policy {name!r}: {error}") from None
        found.append(policy)
    return tuple(found)


def _steps(file: TomlFile, table: dict[str, Any], name: str) -> tuple[Step, ...]:
    steps = []
    for row in file.need(table, "steps", list, "policy"):
        if not isinstance(row, dict):
            raise file.fail("steps", "policy", f'policy {name!r}: a step is written {{role = "controller"}}')
        file.check_keys(row, _STEP, "policy")
        role, need = row.get("role", ""), row.get("need", "any")
        if not isinstance(role, str) or not role:
            raise file.fail("steps", "policy", f"policy {name!r}: each step names a role")
        if not decides(role):
            raise file.fail("steps", "policy", f"policy {name!r}: {no_decider(role)}")
        counts = {"any": 1, "all": 0}
        number = counts.get(need, need) if isinstance(need, str) else need
        if not isinstance(number, int) or isinstance(number, bool) or (number < 1 and need != "all"):
            raise file.fail(
                "steps", "policy", f"policy {name!r}: need is any, all or a number of people, not {need!r}"
            )
        steps.append(Step(role, number))
    if not steps:
        raise file.fail("steps", "policy", f"policy {name!r} has no step: nobody would approve it")
    return tuple(steps)
