"""What Salesforce is asked beside what every source is: an account's exposure is written and read again."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout.connector_api import Sending
from tieout.documents import CrmUpdate
from tieout.money import Amount
from tieout_sandbox import World


def ask(session: Any, world: World) -> None:
    crm, at = world.salesforce, next(iter(world.salesforce.opportunities.values()))["CloseDate"]
    lines = [(f"Part {n}", 1, Decimal("1.00")) for n in range(60)]
    crm.win(
        99_999,
        "SO-99999",
        None,
        datetime.fromisoformat(at).replace(tzinfo=UTC),
        lines,
        None,
        Decimal("60.00"),
    )
    session.poll("won_orders", {}, datetime.now(UTC))
    key = next(iter(crm.accounts))
    body = CrmUpdate(account_key=key, exposure=Amount(Decimal("12.50"), "USD"), collection_status="open")
    session.send([Sending("e", body)])
    session.look_up([Sending("e", body)])
