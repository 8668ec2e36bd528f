"""Getting started: from nothing to a first proven payout, and from there to a real Odoo."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tieout.console.rendering import Page, Renderer


class Start:
    """Step by step to a first payout that is proven, each step ticked by what is there."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The steps from nothing to a proven payout; the first that is not done is the one to take."""
        steps = await self._steps(page)
        first_open = next((s for s in steps if not s["done"]), None)
        for step in steps:
            step["next"] = step is first_open
        return self._r.render(page, "start.html", steps=steps, done=sum(s["done"] for s in steps))

    async def _steps(self, page: Page) -> list[dict[str, Any]]:
        flows = await page.api.maybe("/interfaces") or []
        documents, posted = sum(f["documents"] for f in flows), sum(f["posted"] for f in flows)
        payouts = (await page.api.maybe("/payouts", limit=200) or {"items": []})["items"]
        proven = [p for p in payouts if p["proven"] and p["automatic"] and p["parts"]]
        cases = await page.api.maybe("/cases/causes") or []
        sees = page.may("documents:read")
        first = proven[-1] if proven else None
        return [
            _step("You are in", True, f"You are {page.who['person']}. A second administrator is let in on Access; whatever gives rights takes two from then on.", "/access", "Access"),
            _step("You see figures", sees, "An administrator sees no figures by that. Give a role that does: add somebody as viewer or controller, and invite them." if not sees else "Your roles show figures.", "/access" if not sees else "", "Access"),
            _step("Sources are asked", documents > 0, f"{documents} documents came from {', '.join(f['interface'] for f in flows if f['documents'])}." if documents else "Nothing came yet: Interfaces says what is asked and what answers.", "/interfaces", "Interfaces"),
            _step("Odoo has them", posted > 0, f"{posted} documents are posted, each read back from Odoo." if posted else "A document is posted once it was read back from Odoo.", "/documents", "Documents"),
            _step("A first payout is proven", first is not None, f"{first['payout_key']}: what it is made of ({first['parts']} of the provider's movements) sums to what arrived at the bank, residual 0.00." if first else "A payout is proven once its movements sum to it, stand in Odoo, and it arrived at the bank. The provider pays out after two days.", f"/payouts/{first['document_id']}" if first else "/payouts", "Its proof" if first else "Payouts"),
            _step("Exceptions wait for people", bool(cases), f"{sum(c['count'] for c in cases)} cases wait, each with what it costs and what recovers it." if cases else "Nothing is in exception.", "/cases", "Cases"),
            *([_own()] if page.site.environment == "sandbox" else []),
        ]  # fmt: skip


def _own() -> dict[str, Any]:
    """The step out of the sandbox; a project of one's own has its set-up for it."""
    words = "End this one with Ctrl-C (it goes on where it was, once it is started again). Then `tieout init books-of-ours` makes an empty project, and `tieout up --dir books-of-ours` leads through its set-up in the browser, to a first figure of your own. It takes an Odoo user with few rights, and an API key of that user; every right that is missing is named once you try."
    return _step("Your own Odoo", False, words, "", "")


def _step(title: str, done: bool, words: str, href: str, link: str) -> dict[str, Any]:
    return {"title": title, "done": done, "words": words, "href": href, "link": link, "next": False}
