"""Books that nothing is posted to: what their sources say is read and proven, and waits until the books are taken over."""

from __future__ import annotations

from tieout.processes import Plan
from tieout.processes.recipe import PlanDecision
from tieout.rules import Entity

NOTHING_IS_POSTED = "nothing is posted to these books"


def only_read(plan: Plan, entity: Entity) -> Plan:
    """The plan, where the entity's books are posted to or it has no effect; else one that waits, whatever it would have come to: what
    would be an effect, or a case of what cannot be booked, is neither while nothing is."""
    without_effect = plan.decision in (PlanDecision.PLANNED, PlanDecision.EXCLUDED) and not plan.effects
    if entity.posts or without_effect:
        return plan
    return Plan(decision=PlanDecision.WAIT, reason=NOTHING_IS_POSTED, names=plan.names, long=True)
