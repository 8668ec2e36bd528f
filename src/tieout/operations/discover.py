"""Finds connectors and recipes: built-ins where they stand, outsiders by entry points."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points

import tieout.connectors
from tieout.connector_api import Connector, ConnectorRegistry
from tieout.processes.recipe import Recipe
from tieout.processes.registry import declare


def discover() -> ConnectorRegistry:
    """Every connector there is; what they read, outsiders' kinds of documents among it, can be read from then on.
    Raises ValueError where two have one name."""
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
    return registry


def _declare_recipes() -> None:
    for point in entry_points(group="tieout.recipes"):
        recipes = point.load()
        if not isinstance(recipes, tuple) or not all(isinstance(r, Recipe) for r in recipes):
            raise ValueError(f"entry point {point.name} is no tuple of tieout.processes.recipe.Recipe")
        declare(recipes)
