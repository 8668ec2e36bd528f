"""A bill of two lines, and one of eleven, whose last line another page has."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tieout.documents.taxation import TaxedLine, TaxQuestion
from tieout_sandbox import World
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.stripetax import StripeTax

NOW = datetime(2026, 10, 5, 14, tzinfo=UTC)


def settings(world: World) -> dict[str, str]:
    """A Stripe Tax of its own."""
    port, simulator = free_port(), StripeTax(lambda: NOW, key="k")
    simulator.rates = {"US-NY": Decimal("8.875")}
    serve({port: simulator})
    return {"url": f"http://127.0.0.1:{port}", "key": "k"}


def ask(session: Any, world: World) -> None:
    """Both bills."""
    for count in (2, 11):
        lines = tuple(TaxedLine(line=str(n), net=Decimal(n), category="txcd_10000000" if n < 2 else "x") for n in range(1, count + 1))  # fmt: skip
        session.determine(
            [
                TaxQuestion(
                    key="V:B-1", on=date(2026, 10, 5), currency="USD", seller="Acme", seller_country="US", seller_tax_id="",
                    buyer_country="US", buyer_region="NY", buyer_postal_code="10001", buyer_tax_id="", exemption="E", lines=lines,
                )
            ]
        )  # fmt: skip
