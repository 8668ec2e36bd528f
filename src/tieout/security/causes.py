"""What is found where somebody wrote into the database past Tieout."""

from __future__ import annotations

from tieout.causes import Action, Cause

NOT_MADE_BY_TIEOUT = Cause(
    name="not_made_by_tieout",
    means="A row has no stamp of Tieout's, or another one: somebody wrote into the database past it.",
    says="somebody wrote into the database past Tieout: find out who; take the source's message in again",
    also={
        "effect": "somebody wrote into the database past Tieout: find out who; nothing of it was sent",
        "earlier": "somebody wrote into the database past Tieout: find out who; put the row back as the backup has it, then "
        "`tieout replay --cause not_made_by_tieout`",
    },
    actions=(Action.ASK, Action.RUN, Action.REPLAY),
)

CAUSES = (NOT_MADE_BY_TIEOUT,)
