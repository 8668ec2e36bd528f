"""What the connector asks beside its polls and control totals: the further lines of a very long invoice."""

from __future__ import annotations

from typing import Any

from tests.conformance.furnished import NOW
from tieout_sandbox import World


def ask(session: Any, world: World) -> None:
    """Poll while an invoice has more lines than a list shows."""
    first = next(iter(world.chargebee.rows["invoices"].values()))
    first["line_items"] = [first["line_items"][0], {**first["line_items"][0], "id": "li_more"}]
    world.chargebee.most_lines = 1
    try:
        session.poll("invoices", {}, NOW)
    finally:
        world.chargebee.most_lines = 1000
        first["line_items"] = first["line_items"][:1]
