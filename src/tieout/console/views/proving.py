"""Tie-out, the documents behind a figure, and payouts with their proofs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from tieout.console.rendering import Page, Renderer
from tieout.console.views.keeping import kept_views, known_interfaces


def net_of(figure: dict[str, Any]) -> Decimal:
    """Debit less credit."""
    return Decimal(figure["debit"]) - Decimal(figure["credit"])


def declared_of(row: dict[str, Any]) -> dict[str, Any]:
    """All that was made in the ledger by declaration on one account, as one figure."""
    figures = row["made_in_ledger"].values()
    sums = {side: sum((Decimal(f[side]) for f in figures), Decimal(0)) for side in ("debit", "credit")}
    return {"count": sum(f["count"] for f in figures), **sums}


def by_month(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Governed accounts by month, as the API gives them: the latest first."""
    months = sorted({r["period"] for r in rows}, reverse=True)
    return [(m, [r for r in rows if r["period"] == m]) for m in months]


def _of_interface(months: list[dict[str, Any]], interface: str) -> list[dict[str, Any]]:
    """Months with the bridge of one interface alone, where one is asked for."""
    if not interface:
        return months
    return [{**m, "bridge": [r for r in m["bridge"] if r["interface"] == interface]} for m in months]


class TieOut:
    """The tie-out by interface and period, and the documents behind each figure."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The tie-out by period, newest first, filtered by what the address says; filters offer what there is
        without them."""
        every = await page.api.get("/tie-out")
        wanted = {k: page.arg(k) for k in ("period", "entity", "interface")}
        asked_for = {k: v for k, v in wanted.items() if v}
        told = await page.api.get("/tie-out", **asked_for) if asked_for else every
        rows = told["rows"]
        periods = sorted({r["period"] for r in every["rows"]}, reverse=True)
        by_period = [
            (p, [r for r in rows if r["period"] == p]) for p in periods if any(r["period"] == p for r in rows)
        ]
        asked = {k: wanted[k] for k in ("period", "entity")}
        governed = await page.api.get("/tie-out/governed", **asked)
        months = await page.api.get("/tie-out/ledger-months", **asked)
        origins = await page.api.get("/origins", entity=wanted["entity"])
        return self._r.render(
            page, "tieout.html", views=await kept_views(page), told=told, filters=f"?{urlencode(asked_for)}" if asked_for else "", by_period=by_period, net_of=net_of, periods=periods,
            governed=by_month(governed), origins=origins, declared=declared_of, months=_of_interface(months, wanted["interface"]),
            entities=sorted({r["entity"] for r in every["rows"]}),
            interfaces=sorted({r["interface"] for r in every["rows"]}),
        )  # fmt: skip

    async def behind(self, page: Page) -> Response:
        """The documents behind one figure of the tie-out, beside that figure."""
        wanted = {k: page.arg(k) for k in ("interface", "entity", "period", "currency", "bucket")}
        found = await page.api.get("/tie-out/documents", **wanted, after=page.arg("after"))
        keys = ("interface", "entity", "period")
        rows = (await page.api.get("/tie-out", **{k: wanted[k] for k in keys}))["rows"]
        figure = next((r[wanted["bucket"]] for r in rows if r["currency"] == wanted["currency"]), None)
        return self._r.render(page, "behind.html", list=found, figure=figure, net_of=net_of)


class Payouts:
    """Payouts and the proof of each."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Payouts with how their proofs stand, a page at a time."""
        wanted = {k: page.arg(k) for k in ("sort", "entity", "interface", "period")}
        found = await page.api.get("/payouts", **wanted, after=page.arg("after"))
        return self._r.render(
            page, "payouts.html", list=found, interfaces=await known_interfaces(page), entities=page.who["entities"],
            views=await kept_views(page),
        )  # fmt: skip

    async def one(self, page: Page) -> Response:
        """One payout: what it is made of, by what it arrived, and its movements."""
        number = page.request.path_params["number"]
        return self._r.render(page, "payout.html", p=await page.api.get(f"/payouts/{number}"))
