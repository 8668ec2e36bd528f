"""What calls cost on the measured server, in milliseconds: ratios of one noisy 2-core machine.

Three-line untaxed invoices; the flags that switch Odoo's own message log off are seen in the
context.
"""

from __future__ import annotations

from typing import Any


def cost_ms(
    model: str, method: str, ids: Any, context: dict[str, Any] | None, arguments: dict[str, Any]
) -> float:
    """The documented cost of a call; unmeasured calls count 10 ms and 0.05 ms a row."""
    quiet = bool((context or {}).get("tracking_disable"))
    count = len(ids or [])
    if method == "load":
        rows = arguments.get("data") or []
        heads = sum(1 for row in rows if row and row[0])
        if model == "account.move":
            return 90 + heads * (23.4 if quiet else 29.3)
        if model == "account.bank.statement.line":
            return 70 + heads * (17.4 if not quiet else 14.0)
        return 20 + 1.5 * heads
    if method == "create":
        values = arguments.get("vals_list")
        heads = len(values) if isinstance(values, list) else 1
        each = {"account.move": 31.6, "account.bank.statement.line": 17.2}.get(model, 2.0)
        return (100 if model == "account.move" else 20) + each * heads
    if (model, method) == ("account.move", "action_post"):
        return 58 + count * (7.0 if quiet else 12.5)
    if method == "reconcile":
        return 86
    if method in ("read", "search_read", "search_count", "formatted_read_group"):
        return 10 + 0.04 * count
    return 10 + 0.05 * count
