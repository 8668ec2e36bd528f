"""Treasury: a provider's balance movements (`provider_movements`) and a bank's lines (`bank_lines`).

Cash is booked on its date whatever is unknown about it.
"""

from __future__ import annotations

from tieout.documents import Dispute, PayoutComposition, ProviderMovement, Statement, StatementLine
from tieout.processes import namesakes, told_again
from tieout.processes.bank_lines import held, keys_of_line, statement_line
from tieout.processes.deposit_taxes import DEPOSIT_TAX_BY_HAND
from tieout.processes.disputes import (
    DISPUTE_TAX_UNDECLARED,
    DISPUTED_SALES,
    dispute,
    keys_of_dispute,
)
from tieout.processes.linked import LINKED, REFUNDS_OF_ORDER, REFUNDS_TOLD
from tieout.processes.provider_fees import FEE_TREATMENT_UNDECLARED
from tieout.processes.provider_movements import (
    keys_of_movement,
    movement,
    rank_of_movement,
)
from tieout.processes.recipe import MOVED_ALREADY, Rank, Recipe, Recipes, Restating, never
from tieout.processes.treasury_causes import OF_LINES, OF_MOVEMENTS, OF_STATEMENTS

RECIPES: Recipes = (
    Recipe(
        kind=ProviderMovement,
        plan=movement,
        at_risk=lambda doc: doc.net if doc.net else doc.gross,
        restating=Restating(money=lambda doc: (doc.category, doc.gross, doc.fee, doc.net)),
        causes=(*OF_MOVEMENTS, DEPOSIT_TAX_BY_HAND, FEE_TREATMENT_UNDECLARED),
        rank=rank_of_movement,
        fact_keys=keys_of_movement,
        sources=(LINKED, REFUNDS_TOLD, REFUNDS_OF_ORDER),
        gives_back=lambda doc: doc.payment_key if doc.category == "refund" else "",
        approval=MOVED_ALREADY,
    ),
    Recipe(
        kind=PayoutComposition,
        locked=never,
        composes=lambda doc: tuple((doc.payout_key, key) for key in doc.movement_keys),
        approval=MOVED_ALREADY,
    ),
    Recipe(
        kind=Dispute,
        plan=dispute,
        at_risk=lambda doc: doc.amount,
        restating=Restating(
            money=lambda doc: (doc.status, doc.amount, doc.loss, doc.payment_key), edits=True
        ),
        causes=(DISPUTE_TAX_UNDECLARED,),
        sources=(DISPUTED_SALES,),
        fact_keys=keys_of_dispute,
        approval=MOVED_ALREADY,
    ),
    Recipe(
        kind=Statement,
        plan=namesakes.statement,
        at_risk=lambda doc: doc.closing,
        locked=never,
        causes=OF_STATEMENTS,
        rank=lambda doc: Rank.NAMED,
        fact_keys=namesakes.keys_of_statement,
        sources=(namesakes.NAMESAKES,),
        approval=MOVED_ALREADY,
    ),
    Recipe(
        kind=StatementLine,
        plan=statement_line,
        excluding=held,
        sources=(namesakes.ITS_STATEMENT, told_again.TOLD_ELSEWHERE),
        at_risk=lambda doc: doc.amount,
        restating=Restating(money=lambda doc: (doc.account, doc.booked_on, doc.amount)),
        causes=OF_LINES,
        fact_keys=keys_of_line,
        waits_for_anything=True,
        approval=MOVED_ALREADY,
    ),
)
