"""Finds connectors: built-ins by a scan of their folder, outsiders by entry points."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points

import tieout.connectors
from tieout.connect import Connector, ConnectorRegistry


def discover() -> ConnectorRegistry:
    """Every connector there is. Raises ValueError where two have one name."""
    registry = ConnectorRegistry()
    for found in pkgutil.iter_modules(tieout.connectors.__path__):
        module = importlib.import_module(f"tieout.connectors.{found.name}.connector")
        registry.add(module.CONNECTOR)
    for point in entry_points(group="tieout.connectors"):
        connector = point.load()
        if not isinstance(connector, Connector):
            raise ValueError(f"entry point {point.name} is no tieout.connect.Connector")
        registry.add(connector)
    return registry
