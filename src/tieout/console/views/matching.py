"""Matching: what is suggested with its reasons, breaks on both sides, what was matched; lessons."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.charts import Bar, bars
from tieout.console.language import _
from tieout.console.rendering import Page, Renderer


class Matching:
    """The work list: suggestions with their reasons, and what is left on both sides."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One entity's open lines of both sides, what is suggested, what was matched, and how well matching
        does by itself."""
        sums = await page.api.get("/matches/open/sums")
        entities = page.who["entities"]
        entity = page.among([s["entity"] for s in sums] or entities)
        asked = {"entity": entity, "words": page.arg("words"), "limit": 30}
        try:
            asked["amount"] = page.amount("amount")
        except AnswerError as error:
            # The lists are shown without it, and what was typed stays.
            page.problem = error.detail
        nothing: dict[str, Any] = {"items": [], "next": None}

        async def lines(side: str) -> Any:
            if not entity:
                return nothing
            return await page.api.get("/matches/open", side=side, after=page.arg(f"after_{side}"), **asked)

        # All at once: neither side waits for the other's search.
        cash, due, roles, series, suggested, matched, taught = await asyncio.gather(
            lines("cash"),
            lines("due"),
            page.api.maybe("/mappings/accounts"),
            page.api.get("/series/matching"),
            page.api.get("/matches/suggestions", entity=entity, after=page.arg("after"), limit=20),
            page.api.get("/matches", entity=entity, limit=20),
            page.api.get("/lessons", entity=entity, state="proposed"),
        )
        keys = sorted({r["key"] for r in (roles or {"rows": []})["rows"]})
        rates = [r for r in series["rows"] if r["entity"] == entity]
        return self._r.render(
            page, "matching.html", entity=entity, entities=entities, sums=[s for s in sums if s["entity"] == entity],
            suggestions=suggested, matched=matched, rates=rates,
            cash=cash, due=due, chosen=set(page.values("line")),
            differences=[k.removeprefix("difference.") for k in keys if k.startswith("difference.")],
            accounts=[k for k in keys if not k.startswith(("difference.", "bank."))],
            taught=len(taught), rate_chart=rate_chart(rates),
        )  # fmt: skip

    async def act(self, page: Page) -> str:
        """Decide a suggestion, or match, book or take apart the lines that were ticked; what became of it, as
        a sentence. Raises AnswerError where too few were."""
        number, reason = page.typed.get("suggestion", ""), {"reason": page.typed.get("reason", "")}
        lines = [int(n) for n in page.values("line") if n.isdigit()]
        where = f"/matches/suggestions/{number}"
        match page.typed.get("act"):
            case "accept":
                await page.api.post(f"{where}/accept")
                return _("accepted: it is applied now")
            case "split":
                await page.api.post(f"{where}/accept", {"lines": lines})
                return _("accepted with these lines alone: the others stay open")
            case "reject":
                await page.api.post(f"{where}/reject", reason)
                return _("rejected: it is not suggested again")
            case "write-off":
                done = await page.api.post(f"{where}/write-off", reason)
                return _("written off") if done["applied"] else _("the write-off waits for a second person")
            case "approve":
                await page.api.post(f"{where}/approve")
                return _("approved: it is applied now")
            case "undo":
                await page.api.post("/matches/undo", {"key": page.typed.get("key", ""), **reason})
                return _("it is taken apart now")
        entity = await self._entity(page)
        if page.typed.get("act") == "read":
            done = await page.api.post("/matches/read", {"entity": entity})
            return _(
                "%(items)s open lines were read: %(applied)s matches were sure, %(suggested)s are suggested",
                items=done["items"],
                applied=done["applied"],
                suggested=done["suggested"],
            )
        if not lines:
            raise AnswerError(422, {"detail": _("choose lines first: the boxes before them")})
        if page.typed.get("act") == "book":
            if len(lines) != 1:
                raise AnswerError(422, {"detail": _("choose the one line of cash that is booked")})
            given = {"entity": entity, "line": lines[0], "account": page.typed.get("account", "")}
            await page.api.post("/matches/book", given)
            return _("booked: it is applied now")
        given = {"entity": entity, "lines": lines, "difference": page.typed.get("difference", "")}
        await page.api.post("/matches/join", given)
        return _("matched: it is applied now")

    async def _entity(self, page: Page) -> str:
        sums = await page.api.get("/matches/open/sums")
        return page.among([s["entity"] for s in sums])


class Lessons:
    """What matches by hand taught, and whether somebody approved it."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Every lesson that matches by hand taught, whatever became of it."""
        return self._r.render(page, "lessons.html", lessons=await page.api.get("/lessons"))

    async def act(self, page: Page) -> str:
        """Approve a lesson, or reject it with a reason; what became of it."""
        number = page.typed.get("lesson", "")
        if page.typed.get("act") == "approve":
            await page.api.post(f"/lessons/{number}/approve")
            return _("approved: matching uses it from the next run on")
        await page.api.post(f"/lessons/{number}/reject", {"reason": page.typed.get("reason", "")})
        return _("rejected")


def rate_chart(rows: list[dict[str, Any]]) -> Any:
    """By month: how many matches the policy applied, and how many people did."""
    drawn = []
    for r in rows[-12:]:
        total = r["by_policy"] + r["by_people"]
        share = Decimal(100 * r["by_policy"]) / total if total else Decimal(0)
        parts = ((r["by_policy"], "series"), (r["by_people"], "series second"))
        note = _(
            "%(period)s: %(by_policy)s by policy, %(by_people)s by people",
            period=r["period"],
            by_policy=r["by_policy"],
            by_people=r["by_people"],
        )
        drawn.append(
            Bar(
                r["period"],
                parts,
                _("%(total)s, %(share)s %% by policy", total=total, share=round(share)),
                note,
            )
        )
    return bars(_("Who matched"), drawn)
