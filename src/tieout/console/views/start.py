"""Getting started: from nothing to a first proven payout, and from there to a real Odoo."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tieout.console.language import _, marked
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
            _step(_("You are in"), True, _("You are %(person)s. A second administrator is let in on Access; whatever gives rights takes two from then on.", person=page.who['person']), "/access", marked("Access")),
            _step(_("You see figures"), sees, _("An administrator sees no figures by that. Give a role that does: add somebody as viewer or controller, and invite them.") if not sees else _("Your roles show figures."), "/access" if not sees else "", marked("Access")),
            _step(_("Sources are asked"), documents > 0, _("%(documents)s documents came from %(interfaces)s interfaces.", documents=documents, interfaces=sum(f['documents'] > 0 for f in flows)) if documents else _("Nothing came yet: Interfaces says what is asked and what answers."), "/interfaces", marked("Interfaces")),
            _step(_("Odoo has them"), posted > 0, _("%(posted)s documents are posted, each read back from Odoo.", posted=posted) if posted else _("A document is posted once it was read back from Odoo."), "/documents", marked("Documents")),
            _step(_("A first payout is proven"), first is not None, _("%(payout_key)s: what it is made of (%(parts)s of the provider's movements) sums to what arrived at the bank, residual 0.00.", payout_key=first['payout_key'], parts=first['parts']) if first else _("A payout is proven once its movements sum to it, stand in Odoo, and it arrived at the bank. The provider pays out after two days."), f"/payouts/{first['document_id']}" if first else "/payouts", _("Its proof") if first else marked("Payouts")),
            _step(_("Exceptions wait for people"), bool(cases), _("%(count)s cases wait, each with what it costs and what recovers it.", count=sum(c['count'] for c in cases)) if cases else _("Nothing is in exception."), "/cases", marked("Cases")),
            *([_own()] if page.site.environment == "sandbox" else []),
        ]  # fmt: skip


def _own() -> dict[str, Any]:
    """The step out of the sandbox; a project of one's own has its set-up for it."""
    words = _(
        "End this one with Ctrl-C (it goes on where it was, once it is started again). Then `tieout init books-of-ours` makes an empty project, and `tieout up --dir books-of-ours` leads through its set-up in the browser, to a first figure of your own. It takes an Odoo user with few rights, and an API key of that user; every right that is missing is named once you try."
    )
    return _step(_("Your own Odoo"), False, words, "", "")


def _step(title: str, done: bool, words: str, href: str, link: str) -> dict[str, Any]:
    return {"title": title, "done": done, "words": words, "href": href, "link": link, "next": False}
