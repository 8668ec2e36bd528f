"""Receivables: what customers owe, their invoices and how each stands, and what people say of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.language import _, marked, told
from tieout.console.rendering import Page, Renderer
from tieout.console.views.keeping import kept_views

KINDS = (marked("reminded"), marked("promised"), marked("handed over"), marked("taken back"))
STATUSES = (marked("open"), marked("promised"), marked("reminded"), marked("in collection"), marked("paid"))


class Receivables:
    """What the customers of one entity owe, and their invoices."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The entity that was chosen, else the first whose receivables are read: whoever owes most, and invoices of a status
        page by page."""
        entities = await page.api.get("/receivables/entities")
        entity = page.among(entities)
        owed: dict[str, Any] = {"items": [], "next": None}
        invoices = owed
        if entity in entities:
            owed = await page.api.get("/receivables/exposures", entity=entity, limit=20)
            invoices = await page.api.get(
                "/receivables/invoices",
                entity=entity,
                **{k: page.arg(k) for k in ("status", "party", "sort", "after")},
            )
        return self._r.render(
            page, "receivables.html", entities=entities, entity=entity, owed=owed["items"], invoices=invoices,
            kinds=KINDS, statuses=STATUSES, views=await kept_views(page),
        )  # fmt: skip

    async def act(self, page: Page) -> str:
        """Say what happened to an invoice; how it stands then, as a sentence."""
        entity, move = page.typed.get("entity", ""), page.typed.get("move", "")
        said = {"kind": page.typed.get("kind", ""), "note": page.typed.get("note", "")}
        if promised := page.day("promised_on"):
            said["promised_on"] = promised
        path = f"/receivables/invoices/{quote(entity, safe='')}/{quote(move, safe='')}/events"
        stands = await page.api.post(path, said)
        return _(
            "invoice %(number)s is %(status)s",
            number=page.typed.get("number", move),
            status=told(stands["status"]),
        )
