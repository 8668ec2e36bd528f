"""A bill within the United States and one from abroad."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tieout.documents.taxation import TaxedLine, TaxQuestion
from tieout_sandbox import World
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.avatax import AvaTax

NOW = datetime(2026, 10, 5, 14, tzinfo=UTC)


def settings(world: World) -> dict[str, str]:
    """An AvaTax of its own."""
    port, simulator = free_port(), AvaTax(lambda: NOW, account="7", key="k")
    simulator.rates = {"US-NY": Decimal("8.875"), "DE": Decimal(19)}
    serve({port: simulator})
    return {"url": f"http://127.0.0.1:{port}", "account": "7", "license_key": "k", "company_code": "DEFAULT"}


def ask(session: Any, world: World) -> None:
    """Both bills."""
    lines = (TaxedLine(line="1", net=Decimal("100.10"), category="P0000000"), TaxedLine(line="2", net=Decimal("-10.00"), category="a category that is no tax code"))  # fmt: skip
    for seller, buyer, region in (("US", "US", "NY"), ("FR", "DE", "")):
        session.determine(
            [
                TaxQuestion(
                    key="V:B-1", on=date(2026, 10, 5), currency="USD", seller="Acme", seller_country=seller, seller_tax_id="FR12345678901",
                    buyer_country=buyer, buyer_region=region, buyer_postal_code="10001", buyer_tax_id="", exemption="E", lines=lines,
                )
            ]
        )  # fmt: skip
