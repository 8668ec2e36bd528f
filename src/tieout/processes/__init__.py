"""Pure recipes: from a document and the facts read beside it to postings and other effects."""

from tieout.processes.external_ids import external_id, partner_external_id
from tieout.processes.facts import FactKeys, Facts, OrderFact, PayoutFact, UnappliedPayment
from tieout.processes.plan import money_of, plan_document, without_rate
from tieout.processes.rates import what_is_missing, what_to_do
from tieout.processes.recipe import CaseDraft, Effect, Plan
from tieout.processes.registry import (
    fact_sources,
    kinds_selling,
    kinds_waiting_for_anything,
    may_be_accepted,
    recipe_of,
)

__all__ = [
    "CaseDraft",
    "Effect",
    "Facts",
    "OrderFact",
    "PayoutFact",
    "Plan",
    "UnappliedPayment",
    "FactKeys",
    "external_id",
    "fact_sources",
    "kinds_selling",
    "kinds_waiting_for_anything",
    "may_be_accepted",
    "money_of",
    "partner_external_id",
    "plan_document",
    "recipe_of",
    "what_is_missing",
    "what_to_do",
    "without_rate",
]
