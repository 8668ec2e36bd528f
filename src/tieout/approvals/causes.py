"""What waits for a person longer than it may."""

from __future__ import annotations

from tieout.causes import Action, Cause

OVERDUE = Cause(
    name="approval_overdue",
    means="An approval was not given in its time.",
    says="`tieout approvals show {request}` says whom it waits for{else_who}",
    actions=(Action.APPROVE,),
    who="whoever may decide it now",
)

CAUSES = (OVERDUE,)
