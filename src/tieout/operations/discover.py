"""Finds connectors and recipes, and declares their causes: built-ins where they stand, outsiders by entry points."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points

import tieout.connectors
from tieout.causes import declare as declare_causes
from tieout.connector_api import Connector, ConnectorRegistry
from tieout.operations.causes import homes_of_causes
from tieout.planning import check_sources
from tieout.processes.recipe import Recipe
from tieout.processes.registry import declare


def discover() -> ConnectorRegistry:
    """Every connector there is; what they read, outsiders' kinds of documents among it, can be read from then on,
    and what they are cases of is known. Raises ValueError where two have one name, and
    where a source of facts has no SQL."""
    _declare_recipes()
    registry = ConnectorRegistry()
    for found in pkgutil.iter_modules(tieout.connectors.__path__):
        module = importlib.import_module(f"tieout.connectors.{found.name}.connector")
        registry.add(module.CONNECTOR)
    for point in entry_points(group="tieout.connectors"):
        connector = point.load()
        if not isinstance(connector, Connector):
            raise ValueError(f"entry point {point.name} is no tieout.connector_api.Connector")
        registry.add(connector)
    for _, causes in homes_of_causes(registry.by_name.values()):
        declare_causes(causes)
    return registry


def _declare_recipes() -> None:
    for point in entry_points(group="tieout.recipes"):
        recipes = point.load()
        if not isinstance(recipes, tuple) or not all(isinstance(r, Recipe) for r in recipes):
            raise ValueError(f"entry point {point.name} is no tuple of tieout.processes.recipe.Recipe")
        declare(recipes)
        declare_causes(c for recipe in recipes for c in recipe.causes)
    check_sources()
