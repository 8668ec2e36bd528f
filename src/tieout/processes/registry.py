"""Which recipe a document has: one line a module, and an outsider's by its entry point."""

from __future__ import annotations

from typing import Any

from tieout.documents import Document, declare_kind, kind_of, name_of_kind
from tieout.processes import (
    customers,
    delivering,
    gift_cards,
    interim,
    order_to_cash,
    procure_to_pay,
    receivables,
    reconciliation,
    record_to_report,
    revenue,
    treasury,
    vendor_payments,
)
from tieout.processes.recipe import Recipe, Recipes, no_revenue
from tieout.processes.sources import FactSource

OWN: Recipes = (
    *customers.RECIPES,
    *order_to_cash.RECIPES,
    *delivering.RECIPES,
    *gift_cards.RECIPES,
    *treasury.RECIPES,
    *interim.RECIPES,
    *receivables.RECIPES,
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
        self._sources: dict[str, FactSource] = {}
        for recipe in recipes:
            self._take(recipe)

    def _take(self, recipe: Recipe[Any]) -> None:
        if self._by_kind.setdefault(recipe.kind, recipe) is not recipe:
            raise ValueError(
                f"{recipe.kind.__module__}.{recipe.kind.__name__} has two recipes: keep one of them"
            )
        for source in recipe.sources:
            known = self._sources.setdefault(source.name, source)
            if known is not source:
                raise ValueError(
                    f"{source.module} and {known.module} both bring a source of facts {source.name!r}: "
                    "call one of them something else"
                )

    def declare(self, recipes: Recipes) -> None:
        """Take an outsider's recipes, and read documents of their kinds. Raises ValueError where a kind has a
        recipe already, or another kind or another source of facts is called the same."""
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

    def sources(self) -> tuple[FactSource, ...]:
        """Every sort of fact that a recipe may ask for."""
        return tuple(self._sources.values())

    def waiting_for_anything(self) -> tuple[str, ...]:
        """The kinds of documents of which nobody can say what they wait for."""
        recipes = self._by_kind.values()
        return tuple(name_of_kind(recipe.kind) for recipe in recipes if recipe.waits_for_anything)

    def selling(self) -> tuple[str, ...]:
        """The kinds of documents that may sell something."""
        recipes = self._by_kind.values()
        return tuple(name_of_kind(r.kind) for r in recipes if r.revenue is not no_revenue)

    def may_be_accepted(self, cause: str) -> bool:
        """Whether any kind says so of a cause (see `may_be_accepted`)."""
        return any(c.acceptable and c.name == cause for r in self._by_kind.values() for c in r.causes)


_REGISTRY = Registry(OWN)


def declare(recipes: Recipes) -> None:
    """See `Registry.declare`."""
    _REGISTRY.declare(recipes)


def recipe_of(document: Document) -> Recipe[Any]:
    """The recipe of a document's kind. Raises NoRecipeError."""
    return _REGISTRY.of(document)


def fact_sources() -> tuple[FactSource, ...]:
    """See `Registry.sources`."""
    return _REGISTRY.sources()


def kinds_waiting_for_anything() -> tuple[str, ...]:
    """See `Registry.waiting_for_anything`."""
    return _REGISTRY.waiting_for_anything()


def kinds_selling() -> tuple[str, ...]:
    """See `Registry.selling`."""
    return _REGISTRY.selling()


def may_be_accepted(cause: str) -> bool:
    """Whether a person may let a document go on that is held for this cause: once the case is solved with a
    reason, it is planned past it."""
    return _REGISTRY.may_be_accepted(cause)
