"""Every cause that the product declares, by what opens its cases: what docs/CASES.md lists, and what a process declares
as it starts."""

from __future__ import annotations

from collections.abc import Iterable

import tieout.alerting.causes
import tieout.approvals.causes
import tieout.close.causes
import tieout.connector_api.causes
import tieout.delivery.causes
import tieout.inbox.causes
import tieout.payables.causes
import tieout.planning.causes
import tieout.processes.unmatched
import tieout.proofs.causes
import tieout.receivables.causes
import tieout.security.causes
from tieout.causes import Cause
from tieout.connector_api import Connector
from tieout.processes import (
    customers,
    gift_cards,
    interim,
    order_to_cash,
    procure_to_pay,
    reconciliation,
    record_to_report,
    revenue,
    treasury,
    vendor_payments,
)
from tieout.processes.causes import COMMON
from tieout.processes.recipe import Recipes

Home = tuple[str, tuple[Cause, ...]]

_OF_PROCESSES: tuple[tuple[str, Recipes], ...] = (
    (
        "Orders, credit notes and gift cards",
        (*customers.RECIPES, *order_to_cash.RECIPES, *gift_cards.RECIPES),
    ),
    ("Revenue over time", revenue.RECIPES),
    ("Providers and banks", (*treasury.RECIPES, *interim.RECIPES)),
    ("Matches", reconciliation.RECIPES),
    ("Suppliers, orders and bills", procure_to_pay.RECIPES),
    ("Payments to suppliers", vendor_payments.RECIPES),
    ("Entries of other ledgers, payroll, expenses", record_to_report.RECIPES),
)
_OF_ROOMS: tuple[Home, ...] = (
    ("Files", (*tieout.connector_api.causes.FILES, *tieout.inbox.causes.CAUSES)),
    ("Messages and documents of any kind", (*tieout.planning.causes.CAUSES, *tieout.security.causes.CAUSES)),
    ("Approvals", tieout.approvals.causes.CAUSES),
    (
        "What a target or the ledger says",
        (*tieout.delivery.causes.CAUSES, *tieout.connector_api.causes.OF_LEDGERS),
    ),
    ("Payment files", tieout.payables.causes.CAUSES),
    ("Receivables", tieout.receivables.causes.CAUSES),
    ("Cash that is not matched", tieout.processes.unmatched.CAUSES),
    ("Proofs", tieout.proofs.causes.CAUSES),
    ("The close", tieout.close.causes.CAUSES),
)
# What is told, and is no case.
ALERTS: Home = ("Alerts that are no cases", tieout.alerting.causes.CAUSES)


def homes_of_causes(connectors: Iterable[Connector] = ()) -> list[Home]:
    """Causes by what opens their cases, in the order of the data's way; each once, where it comes first."""
    recipes = [(title, tuple(c for r in found for c in r.causes)) for title, found in _OF_PROCESSES]
    own = ("Connectors' own", tuple(c for connector in connectors for c in connector.causes))
    seen, homes = set[str](), list[Home]()
    for title, causes in (("Any document", COMMON), *recipes, own, *_OF_ROOMS, ALERTS):
        fresh = {c.name: c for c in causes if c.name not in seen}
        seen |= fresh.keys()
        if fresh:
            homes.append((title, tuple(fresh.values())))
    return homes
