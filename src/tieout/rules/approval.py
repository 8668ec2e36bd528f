"""Approval policies: what needs whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tieout.rules.conditions import ConditionError, check_condition, holds

# What a condition may ask. Amounts are positive, in minor units: `amount` of the document's own
# currency, `company_amount` of the entity's. `days_to_close` counts to the period's last day; `change` is what a revision changes of a
# supplier: new, bank_details or other.
VARIABLES: tuple[tuple[str, str], ...] = (
    ("action", "STRING"),
    ("amount", "INT"),
    ("change", "STRING"),
    ("company_amount", "INT"),
    ("counterparty", "STRING"),
    ("currency", "STRING"),
    ("days_to_close", "INT"),
    ("entity", "STRING"),
    ("interface", "STRING"),
    ("kind", "STRING"),
    ("maker", "STRING"),
    ("process", "STRING"),
    ("risk", "STRING"),
    ("source", "STRING"),
)


@dataclass(frozen=True)
class Step:
    """`need` people who hold `role` must approve; 0: all of them."""

    role: str
    need: int = 1


@dataclass(frozen=True)
class ApprovalPolicy:
    """Where `when` holds, every step in its order. Past the service level those who hold
    `escalate_to` may decide in place of a step's own ("" for nobody)."""

    name: str
    when: str
    steps: tuple[Step, ...]
    service_level_hours: int = 24
    escalate_to: str = ""

    def __post_init__(self) -> None:
        check_condition(self.when, VARIABLES)


@dataclass(frozen=True)
class Demand:
    """What the policies ask of one thing: their names, the steps in order, the shortest service
    level and who may step in past it."""

    policies: tuple[str, ...]
    steps: tuple[Step, ...]
    service_level_hours: int
    escalate_to: str


def demand_of(
    policies: Sequence[ApprovalPolicy],
    values: dict[str, int | str],
    together: Callable[[str], dict[str, int | str]] | None = None,
) -> Demand | None:
    """What applies to something with these values; None where nothing does. `together` says, by a policy's name, what it is
    worth with what went before it: a policy that holds of either holds.

    Every policy that holds adds its steps, so that another policy can never weaken one. A
    condition that cannot be evaluated holds: what nobody can judge waits for people.
    """
    found = []
    for policy in policies:
        try:
            if holds(policy.when, VARIABLES, values) or (
                together is not None and holds(policy.when, VARIABLES, values | together(policy.name))
            ):
                found.append(policy)
        except ConditionError:
            found.append(policy)
    if not found:
        return None
    return Demand(
        policies=tuple(p.name for p in found),
        steps=_stricter(s for p in found for s in p.steps),
        service_level_hours=min(p.service_level_hours for p in found),
        escalate_to=next((p.escalate_to for p in found if p.escalate_to), ""),
    )


def both(one: Demand, other: Demand) -> Demand:
    """What either of two demands asks."""
    return Demand(
        policies=(*one.policies, *other.policies),
        steps=_stricter((*one.steps, *other.steps)),
        service_level_hours=min(one.service_level_hours, other.service_level_hours),
        escalate_to=one.escalate_to or other.escalate_to,
    )


def _stricter(steps: Iterable[Step]) -> tuple[Step, ...]:
    """A step a role, in the order in which they were asked for: all of them is more than any number."""
    found: dict[str, Step] = {}
    for step in steps:
        known = found.get(step.role)
        if known is None or (known.need and (not step.need or step.need > known.need)):
            found[step.role] = step
    return tuple(found.values())
