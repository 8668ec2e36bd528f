"""Finding: the page of what was found, and what is shown while somebody types."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tieout.console.rendering import Page, Renderer
from tieout.console.views.keeping import kept_views
from tieout.finding import THINGS

_WHILE_TYPING = 8
_NOTHING: dict[str, Any] = {"items": [], "more": False, "common": False, "not_entered": 0, "waiting": 0}


class Find:
    """One search over everything that people know things by."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """What was found, the best first."""
        typed = page.arg("q").strip()
        asked = {"q": typed, "thing": page.arg("thing"), "limit": 30}
        found = await page.api.get("/find", **asked) if typed else _NOTHING
        return self._r.render(
            page, "find.html", found=found, views=await kept_views(page), typed=typed, things=THINGS
        )

    async def list(self, page: Page) -> Response:
        """What fits what is typed so far, to choose from; no page of its own."""
        typed = page.arg("q").strip()
        found = await page.api.get("/find", q=typed, limit=_WHILE_TYPING) if typed else _NOTHING
        return self._r.render(page, "find_list.html", found=found, typed=typed)
