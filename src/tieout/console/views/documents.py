"""Documents, and one document's way from its source's bytes to Odoo and back."""

from __future__ import annotations

from starlette.responses import Response

from tieout.console.rendering import Page, Renderer, as_text
from tieout.console.views.evidenced import evidence_of
from tieout.console.views.keeping import kept_views, known_interfaces

_FILTERS = ("sort", "source_key", "interface", "entity", "period", "state", "kind")


class Documents:
    """Documents by filter; one on its way from its source to the ledger and back."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Documents that fit the address's filters, a page at a time."""
        wanted = {k: page.arg(k) for k in _FILTERS}
        found = await page.api.get("/documents", **wanted, after=page.arg("after"))
        return self._r.render(
            page, "documents.html", list=found, interfaces=await known_interfaces(page), views=await kept_views(page),
            entities=page.who["entities"],
        )  # fmt: skip

    async def deliveries(self, page: Page) -> Response:
        """Effects on their way to systems that fit the address's filters, a page at a time."""
        wanted = {k: page.arg(k) for k in ("sort", "interface", "entity", "period", "state")}
        found = await page.api.get("/deliveries", **wanted, after=page.arg("after"))
        return self._r.render(
            page, "deliveries.html", list=found, interfaces=await known_interfaces(page), views=await kept_views(page),
            entities=page.who["entities"], now=page.now,
        )  # fmt: skip

    async def one(self, page: Page) -> Response:
        """One document with its story, its source's bytes, its effects and, for whoever may see it, its evidence."""
        number = page.request.path_params["number"]
        found = await page.api.get(f"/documents/{number}")
        source = await page.api.maybe(f"/documents/{number}/source")
        story = await page.api.get(f"/documents/{number}/story")
        entries = await evidence_of(page, found["source_key"])
        deliveries = found["deliveries"]
        return self._r.render(
            page, "document.html", d=found, source=source, entries=entries, as_text=as_text, story=story,
            named=next((c for c in story["chapters"] if c["itself"]), None),
            confirmed=sum(v["state"] == "confirmed" for v in deliveries),
            failed=any(v["state"] == "refused" for v in deliveries), changed=any(v["changed"] for v in deliveries),
        )  # fmt: skip
