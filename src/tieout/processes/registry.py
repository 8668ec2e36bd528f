"""Which recipe a document has: one line a module, and an outsider's by its entry point."""

from __future__ import annotations

from typing import Any

from tieout.documents import Document, declare_kind, kind_of
from tieout.processes import (
    order_to_cash,
    procure_to_pay,
    reconciliation,
    record_to_report,
    revenue,
    treasury,
    vendor_payments,
)
from tieout.processes.recipe import Recipe, Recipes

OWN: Recipes = (
    *order_to_cash.RECIPES,
    *treasury.RECIPES,
    *reconciliation.RECIPES,
    *revenue.RECIPES,
    *record_to_report.RECIPES,
    *procure_to_pay.RECIPES,
    *vendor_payments.RECIPES,
)


class NoRecipeError(LookupError):
    """A document of a kind for which nobody declared a recipe."""


class Registry:
    """Recipes by kind: our own, and what an outsider declares as a process starts. A second declaration of the
    same recipe changes nothing."""

    def __init__(self, recipes: Recipes) -> None:
        self._by_kind: dict[type[Document], Recipe[Any]] = {}
        for recipe in recipes:
            self._take(recipe)

    def _take(self, recipe: Recipe[Any]) -> None:
        if self._by_kind.setdefault(recipe.kind, recipe) is not recipe:
            raise ValueError(
                f"{recipe.kind.__module__}.{recipe.kind.__name__} has two recipes: keep one of them"
            )

    def declare(self, recipes: Recipes) -> None:
        """Take an outsider's recipes, and read documents of their kinds. Raises ValueError where a kind has a
        recipe already, or another kind is called the same."""
        for recipe in recipes:
            declare_kind(recipe.kind)
            self._take(recipe)

    def of(self, document: Document) -> Recipe[Any]:
        """The recipe of a document's kind. Raises NoRecipeError."""
        found = self._by_kind.get(type(document))
        if found is None:
            raise NoRecipeError(
                f"{document.key} is a {kind_of(document)}, for which nobody declared a recipe: name it in the "
                "entry points of its package, under tieout.recipes"
            )
        return found

    def may_be_accepted(self, cause: str) -> bool:
        """Whether any kind says so of a cause (see `may_be_accepted`)."""
        return any(cause in recipe.acceptable for recipe in self._by_kind.values())


_REGISTRY = Registry(OWN)


def declare(recipes: Recipes) -> None:
    """See `Registry.declare`."""
    _REGISTRY.declare(recipes)


def recipe_of(document: Document) -> Recipe[Any]:
    """The recipe of a document's kind. Raises NoRecipeError."""
    return _REGISTRY.of(document)


def may_be_accepted(cause: str) -> bool:
    """Whether a person may let a document go on that is held for this cause: once the case is solved with a
    reason, it is planned past it."""
    return _REGISTRY.may_be_accepted(cause)
