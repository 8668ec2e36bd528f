"""What a qualification found of other companies' counts and sums, and of what all companies share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.connector_api import ConnectorError
from tieout.connectors.odoo.client import OdooClient
from tieout_sandbox.counting import Counts, moved
from tieout_sandbox.qualify.report import AGREED, DIFFERED, Found

# What all companies share: a qualification adds to these, and they are told.
_SHARED = ("res.partner", "product.product", "res.users")


def shared(client: OdooClient) -> dict[str, int]:
    """How many records all companies share, by model."""
    context: dict[str, Any] = {"allowed_company_ids": [], "active_test": False}
    found = {}
    for model in _SHARED:
        try:
            found[model] = int(client.call(model, "search_count", domain=[], context=context))
        except ConnectorError:
            continue
    return found


def compared(before: Counts, after: Counts, names: Mapping[int, str]) -> list[Found]:
    """A finding a company: whether every count and sum is as it was."""
    found = []
    for company, others in moved(before, after).items():
        said = (
            f"{'; '.join(others)}: somebody else worked there meanwhile, or something is wrong"
            if others
            else "; ".join(f"{model} {told}" for model, told in before[company].items())
        )
        found.append(Found(f"company {company} {names[company]}", DIFFERED if others else AGREED, said))
    return found
