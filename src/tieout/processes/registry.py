"""Which recipe a document has: one line a module."""

from __future__ import annotations

from typing import Any

from tieout.documents import Document
from tieout.processes import (
    order_to_cash,
    paying,
    procure_to_pay,
    reconciliation,
    record_to_report,
    revenue,
    treasury,
)
from tieout.processes.recipe import Recipe, Recipes

OWN: Recipes = (
    *order_to_cash.RECIPES,
    *treasury.RECIPES,
    *reconciliation.RECIPES,
    *revenue.RECIPES,
    *record_to_report.RECIPES,
    *procure_to_pay.RECIPES,
    *paying.RECIPES,
)
_BY_KIND: dict[type[Document], Recipe[Any]] = {recipe.kind: recipe for recipe in OWN}


def recipe_of(document: Document) -> Recipe[Any]:
    """The recipe of a document's kind."""
    return _BY_KIND[type(document)]


def may_be_accepted(cause: str) -> bool:
    """Whether a person may let a document go on that is held for this cause: once the case is solved with a
    reason, it is planned past it."""
    return any(cause in recipe.acceptable for recipe in OWN)
