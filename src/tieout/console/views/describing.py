"""What there is to read up on: the API's description, and what the words on these pages mean."""

from __future__ import annotations

from itertools import groupby

from starlette.responses import Response

from tieout.console.described import operations, shapes
from tieout.console.glossary import TERMS
from tieout.console.rendering import Page, Renderer


class ApiDocs:
    """The page `/api/docs`: made here of what `/openapi.json` says, with no script of anybody's."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """All of it, or what has each of the `words`."""
        told = await page.api.get("/openapi.json")
        asked = page.arg("words")
        found = operations(told, asked)
        parts = [
            (name, list(each))
            for name, each in groupby(sorted(found, key=lambda o: o.group), lambda o: o.group)
        ]
        return self._r.render(
            page, "api_docs.html", parts=parts, shapes=[] if asked else shapes(told), count=len(found), version=told["openapi"]
        )  # fmt: skip


class Glossary:
    """The page `/glossary`: what the words on these pages mean."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Every term, in the order in which somebody meets them."""
        return self._r.render(page, "glossary.html", terms=TERMS.values())
