"""Mappings, evidence, systems: what the platform stands on."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.language import _
from tieout.console.rendering import Page, Renderer
from tieout.console.views.connecting import connect_entered, entered_system, works
from tieout.console.views.keeping import kept_views

_SEARCH = ("subject", "action", "actor", "entity")


class Mappings:
    """The tables of mappings."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Every mapping table, with how many rows it has."""
        return self._r.render(page, "mappings.html", tables=await page.api.get("/mappings"))


class Mapping:
    """One table, edited as CSV; each change is in evidence."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One table, its rows filtered by words and by the day they hold on; the text that is edited is
        always the whole."""
        path = self._path(page)
        words, on = page.arg("words"), page.day("on")
        found = await page.api.get(path, words=words, on=on)
        whole = found if not (words or on) else await page.api.get(path)
        return self._r.render(page, "mapping.html", m=found, text=as_table(whole["rows"]))

    async def act(self, page: Page) -> str | None:
        """Put another content in force, where the table still is what was seen; or show what that would
        change (None)."""
        given = {"content": page.typed.get("content", "")}
        if page.typed.get("act") == "try":
            page.shown["diff"] = await page.api.post(f"{self._path(page)}/try", given)
            return None
        given |= {"seen": page.typed.get("seen", ""), "reason": page.typed.get("reason", "")}
        done = await page.api.post(self._path(page), given, "PUT")
        return _(
            "in force: %(added)s rows added, %(removed)s taken out",
            added=len(done["added"]),
            removed=len(done["removed"]),
        )

    def _path(self, page: Page) -> str:
        return f"/mappings/{quote(page.request.path_params['table'], safe='')}"


def as_table(rows: list[dict[str, Any]]) -> str:
    """Rows as the CSV that is edited."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["key", "value", "valid_from", "valid_to"])
    for r in rows:
        writer.writerow([r["key"], r["value"], r["valid_from"] or "", r["valid_to"] or ""])
    return text.getvalue()


class Evidence:
    """The log: how far it is sealed, its latest entries, packs."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Entries of the evidence that fit the address's filters, a page at a time, and the key by which to
        verify them."""
        wanted = {k: page.arg(k) for k in _SEARCH}
        found = await page.api.get("/evidence", **wanted, after=page.arg("after"))
        return self._r.render(
            page,
            "evidence.html",
            list=found,
            views=await kept_views(page),
            key=await page.api.maybe("/evidence/key"),
        )


class Systems:
    """Systems, how they answer, and connecting one."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Systems and how they stand, what can be connected by the browser, and who is told of events."""
        kinds = await page.api.get("/systems/kinds")
        wanted = page.typed.get("connector") or page.arg("kind")
        chosen = next((k for k in kinds if k["connector"] == wanted and k["by_browser"]), None)
        return self._r.render(
            page, "systems.html", systems=await page.api.get("/systems"), told=await page.api.get("/subscriptions"),
            types=await page.api.get("/event-types"), kinds=kinds, kind=chosen,
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """Test, connect or take out a system, begin or end a subscription; what became of it, as a sentence,
        or None where the answer is shown on the page (a test's steps, a new secret: once)."""
        match page.typed.get("act"):
            case "test":
                name = quote(page.typed.get("system", ""), safe="")
                page.shown["steps"] = await page.api.post(f"/systems/{name}/test")
                return None
            case "connect":
                return await self._connect(page)
            case "take out":
                name = page.typed.get("system", "")
                await page.api.post(f"/systems/{quote(name, safe='')}", method="DELETE")
                return _("%(name)s is not connected any more", name=name)
            case "end":
                number = quote(page.typed.get("number", ""), safe="")
                await page.api.post(f"/subscriptions/{number}", method="DELETE")
                return _("it is told nothing more")
            case _:
                given = {
                    "url": page.typed.get("url", ""), "entity": page.typed.get("entity", "") or "*",
                    "types": page.values("type"),
                }  # fmt: skip
                made = await page.api.post("/subscriptions", given)
                page.shown["secret"] = made["secret"]
                page.typed, page.many = {}, []
                return None

    async def _connect(self, page: Page) -> str | None:
        """Ask it step by step, and connect it where every step works."""
        name = page.typed.get("name", "").strip()
        count = await connect_entered(page, name, entered_system(page))
        return "/systems " + works(name, count)
