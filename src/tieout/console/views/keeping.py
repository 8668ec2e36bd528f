"""Views that people keep of lists: a list's filters and order under a name, for themselves, for a role of theirs or for everybody."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.language import _, marked
from tieout.console.rendering import PLACES, Page, Renderer

# Lists that have something to keep: what stands behind their address.
LISTS = {path: title for path, title, _, _ in PLACES if path in (
    "/tie-out", "/cases", "/approvals", "/documents", "/payouts", "/receivables", "/deliveries", "/evidence",
)} | {"/find": marked("Find")}  # fmt: skip


async def known_interfaces(page: Page) -> list[str]:
    """The interfaces that a list may be filtered by: those that something came through."""
    told = await page.api.maybe("/series/flows")
    return sorted({r["interface"] for r in told["rows"]}) if told else []


async def kept_views(page: Page) -> list[dict[str, Any]]:
    """The views of the page's list that whoever looks may open."""
    found: list[dict[str, Any]] = await page.api.get("/views", page=page.request.url.path)
    return found


class Views:
    """The views of one list: kept, opened, taken away."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The form that keeps what the address says of a list, and the views that there are."""
        of = page.typed.get("page") or page.arg("page")
        known = of if of in LISTS else next(iter(LISTS))
        roles = sorted({g["role"] for g in page.who["grants"]})
        return self._r.render(
            page, "views.html", of=known, title=_(LISTS[known]), roles=roles, views=await page.api.get("/views", page=known),
            asked=page.typed.get("asked") or page.arg("asked"), lists=LISTS,
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """Keep a view, or take one away; back to where it was kept of."""
        if page.typed.get("act") == "forget":
            number, name = page.typed.get("number", ""), page.typed.get("name", "")
            await page.api.post(f"/views/{quote(number, safe='')}", method="DELETE")
            return _("“%(name)s” is not kept any more", name=name)
        if page.typed.get("page") not in LISTS:
            raise AnswerError(
                422,
                {
                    "detail": _(
                        "%(page)s is no list whose views are kept", page=page.typed.get("page", "")[:60]
                    )
                },
            )
        to = page.typed.get("to", "")
        given = {
            "page": page.typed.get("page", ""), "name": page.typed.get("name", "").strip(), "asked": page.typed.get("asked", ""),
            "shared": to != "", "role": to.removeprefix("role:") if to.startswith("role:") else "",
        }  # fmt: skip
        made = await page.api.post("/views", given)
        return f"{made['page']}?{made['asked']} " + _("“%(name)s” is kept", name=made["name"])
