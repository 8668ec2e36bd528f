"""Approval policies: read with file and line, and never weakened by one more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.rules import ApprovalPolicy, ConditionError, Step, demand_of
from tieout.rules.approval import VARIABLES
from tieout.settings.policies import read_policies
from tieout.settings.tomlfile import ProjectError

VALUES: dict[str, int | str] = {name: 0 if kind == "INT" else "" for name, kind in VARIABLES}
STEPS = '[{role = "controller"}]'


def written(folder: Path, text: str) -> Any:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "approvals.toml").write_text(text)
    return read_policies(folder)


def test_a_project_without_policies_asks_nobody(folder: Path) -> None:
    assert read_policies(folder) == () and demand_of((), VALUES) is None


def test_steps_are_any_all_or_a_number(folder: Path) -> None:
    steps = '[{role = "a"}, {role = "b", need = "all"}, {role = "c", need = 3}, {role = "d", need = "any"}]'
    (policy,) = written(folder, f'[[policy]]\nname = "x"\nwhen = "true"\nsteps = {steps}\n')
    assert policy.steps == (Step("a", 1), Step("b", 0), Step("c", 3), Step("d", 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[policy]]\nname = "x"\nwhen = "amont > 3"\nsteps = STEPS', "undeclared reference to 'amont'"),
        ('[[policy]]\nname = "x"\nwhen = "amount + 3"\nsteps = STEPS', "gives no true or false"),
        ('[[policy]]\nname = "x"\nwhen = "amount > 1.5"\nsteps = STEPS', "no matching overload"),
        ('[[policy]]\nname = "x"\nwhen = "true"\nsteps = []', "has no step"),
        ('[[policy]]\nname = "x"\nwhen = "true"\nsteps = [{role = "a", need = 0}]', "need is any, all or a number"),
        ('[[policy]]\nname = "x"\nwhen = "true"\nsteps = [{role = "a", need = "most"}]', "need is any, all"),
        ('[[policy]]\nname = "x"\nwhen = "true"\nsteps = [{rol = "a"}]', "did you mean 'role'"),
        ('[[policy]]\nname = "x"\nwhen = "true"\nsteps = STEPS\nservice_level = 3', "service_level_hours"),
        ('[[policy]]\nwhen = "true"\nsteps = STEPS', "lacks 'name'"),
        ('[[policy]]\nname="x"\nwhen="true"\nsteps=STEPS\n[[policy]]\nname="x"\nwhen="true"\nsteps=STEPS', "two policies"),
        ('[policy]\nname = "x"', "one a table"),
    ],
)  # fmt: skip
def test_a_policy_that_is_wrong_is_refused_with_its_file(folder: Path, text: str, said: str) -> None:
    with pytest.raises(ProjectError, match=r"rules/approvals\.toml") as refused:
        written(folder, text.replace("STEPS", STEPS))
    assert said in str(refused.value)


def test_a_condition_that_cannot_be_evaluated_asks_people() -> None:
    policy = ApprovalPolicy("x", "amount / days_to_close > 3", (Step("a"),))
    assert demand_of((policy,), {**VALUES, "amount": 100}) is not None
    with pytest.raises(ConditionError):
        ApprovalPolicy("x", "amount /", (Step("a"),))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), min_size=1, max_size=6),
       st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), min_size=1, max_size=6))  # fmt: skip
def test_another_policy_never_weakens_one(one: list[tuple[str, int]], two: list[tuple[str, int]]) -> None:
    """Whoever was needed is still needed, and not fewer of them; 0 is all of them."""
    policies = [ApprovalPolicy(str(n), "true", (Step(*s),)) for n, s in enumerate([*one, *two])]
    alone, both = demand_of(policies[: len(one)], VALUES), demand_of(policies, VALUES)
    assert alone is not None and both is not None
    after = {s.role: s.need for s in both.steps}
    for step in alone.steps:
        assert after[step.role] == 0 or (step.need and after[step.role] >= step.need)
    assert len(after) == len(both.steps)
