"""Today: what failed, what it costs, what recovers it; and what is near."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from starlette.responses import RedirectResponse, Response

from tieout.console.asking import AnswerError
from tieout.console.charts import Bar, bars
from tieout.console.language import _
from tieout.console.rendering import Page, Renderer
from tieout.console.words import amount, plain


class Today:
    """The page that opens first: what failed, what it costs, what recovers it."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """What failed with its money at risk, summed by currency, the largest first. Who may see no cases is
        told so."""
        if page.may("systems:read") and await _is_new(page):
            return RedirectResponse("/set-up", 303)
        if not page.may("cases:read"):
            return self._r.render(page, "nothing.html")
        whose = "mine" if page.arg("whose") == "mine" else ""
        told = await page.api.get("/today", entity=page.arg("entity"), whose=whose)
        sums: dict[str, Decimal] = {}
        for f in told["failed"]:
            sums[f["currency"]] = sums.get(f["currency"], Decimal(0)) + Decimal(f["amount"])
        return self._r.render(
            page,
            "today.html",
            t=told,
            mine=bool(whose),
            at_risk=sorted(sums.items(), key=lambda x: -x[1]),
            overdue=sum(f["overdue"] for f in told["failed"]),
            cash_chart=cash_chart(told["cash"]),
        )


async def _is_new(page: Page) -> bool:
    """Whether the project is still to be set up: it reads nothing yet. Where its files are not at hand, nothing can be set up."""
    try:
        how = await page.api.get("/set-up")
    except AnswerError as error:
        if error.status != 503:
            raise
        return False
    return not any(s["done"] for s in how["steps"] if s["key"] == "interface")


def cash_chart(rows: list[dict[str, Any]]) -> Any:
    """Cash by kind and currency; a debt is drawn as such."""
    sums: dict[tuple[str, str], Decimal] = {}
    for r in rows:
        key = (r["kind"], r["currency"])
        sums[key] = sums.get(key, Decimal(0)) + Decimal(r["amount"])
    drawn = [
        Bar(
            f"{plain(kind)} {currency}",
            ((abs(total), "series neg" if total < 0 else "series"),),
            str(amount(total, currency).striptags()),
        )
        for (kind, currency), total in sorted(sums.items())
    ]
    return bars(_("Cash by what it is"), drawn)
