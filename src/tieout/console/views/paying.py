"""Payments: runs and how they stand, and a run that is looked at before it is proposed."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.language import _
from tieout.console.rendering import Page, Renderer


class Payments:
    """Payment runs, and a run that is looked at before it is proposed."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The runs of one entity: the one that was chosen, else the first that pays; of a chosen run its payments, with the
        checks of their payees."""
        entities = [e["entity"] for e in await page.api.get("/payment-runs/entities")]
        entity = page.among(entities)
        runs = await page.api.get("/payment-runs", entity=entity) if entity in entities else []
        run = page.arg("run")
        checked = (
            await page.api.get(f"/payment-runs/{quote(run, safe='')}/payments", entity=entity)
            if run and runs
            else []
        )
        return self._r.render(
            page, "payments.html", entities=entities, entity=entity, runs=runs, today=page.now[:10],
            run=run, checked=checked,
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """Propose a run, which waits for somebody else; or look at what one would pay (None: it is shown on
        the page)."""
        given: dict[str, Any] = {
            "entity": page.typed.get("entity", ""),
            "pay_on": page.day("pay_on"),
        }
        if due_until := page.day("due_until"):
            given["due_until"] = due_until
        if page.typed.get("act") == "look":
            page.shown["proposed"] = await page.api.post("/payment-runs", {**given, "dry": True})
            return None
        made = await page.api.post("/payment-runs", given)
        count = len(made["payments"])
        return _(
            "run %(run)s is proposed: %(count)s payments wait for somebody else's approval",
            run=made["run"],
            count=count,
        )
