"""Cases: by root cause, one by one, many at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.charts import Bar, bars
from tieout.console.rendering import Page, Renderer, as_text
from tieout.console.words import amount, cause

_FILTERS = ("cause", "entity", "interface", "period", "owner", "source_key")


class Cases:
    """Open cases by root cause; several are assigned or solved at once."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Cases by cause and one by one, filtered by what the address says, the open ones unless it asks for
        others."""
        causes = await page.api.get("/cases/causes")
        wanted = {k: page.arg(k) for k in _FILTERS}
        state = page.arg("state") if page.arg("state") in ("solved", "all") else "open"
        found = await page.api.get("/cases", **wanted, state=state, after=page.arg("after"))
        mine = [
            c
            for c in causes
            if c["cause"] == wanted["cause"] and wanted["entity"] in ("", c["entity"]) and state == "open"
        ]
        ageing = (await page.api.get("/series/ageing"))["rows"] if not wanted["cause"] else []
        return self._r.render(
            page, "cases.html", list=found, causes=causes, cluster=mine, ageing=ageing, now=page.now,
            ageing_chart=ageing_chart(ageing), cause_names=sorted({(x["cause"], cause(x["title"])) for x in causes}),
            entity_names=sorted({x["entity"] for x in causes}),
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """One deed on all cases of a cause, or on those that were ticked; what became of them, as a sentence,
        or None where the answer is shown on the page (a trial). Raises AnswerError where none was ticked."""
        what = page.typed.get("act")
        if what == "try":
            page.shown["tried"] = await page.api.post("/cases/try", {"cause": page.arg("cause")})
            return None
        if what == "replay-all":
            done = await page.api.post("/cases/replay", {"cause": page.arg("cause")})
            return f"{done['replayed']} are planned again: what was mended leaves this list by itself"
        numbers = [int(n) for n in page.values("case") if n.isdigit()]
        if not numbers:
            raise AnswerError(422, {"detail": "choose cases first: the boxes before them"})
        if what == "assign":
            given = {"cases": numbers, "owner": page.typed.get("owner", "")}
            done = await page.api.post("/cases/assign", given)
            return f"{done['done']} cases are {given['owner']}'s now"
        if what == "solve":
            given = {"cases": numbers, "reason": page.typed.get("reason", "")}
            done = await page.api.post("/cases/solve", given)
            return f"{done['done']} cases are solved"
        replayed = 0
        for number in numbers:
            replayed += (await page.api.post(f"/cases/{number}/replay"))["replayed"]
        return f"{replayed} documents and effects of {len(numbers)} cases are planned again"


class Case:
    """One case: what it costs, what would be booked, what can be done."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One case with its document and its source, where whoever looks may see these."""
        found = await page.api.get(f"/cases/{page.request.path_params['number']}")
        document = source = None
        if found["document_id"] and page.may("documents:read"):
            document = await page.api.maybe(f"/documents/{found['document_id']}")
            source = await page.api.maybe(f"/documents/{found['document_id']}/source")
        return self._r.render(
            page, "case.html", c=found, document=document, source=source, now=page.now, as_text=as_text
        )

    async def act(self, page: Page) -> str | None:
        """One deed on one case; what became of it, as a sentence, or None where the answer is shown on the
        page (a trial)."""
        number = page.request.path_params["number"]
        reason = {"reason": page.typed.get("reason", "")}
        match page.typed.get("act"):
            case "try":
                page.shown["tried"] = await page.api.post(f"/cases/{number}/try")
                return None
            case "replay":
                done = await page.api.post(f"/cases/{number}/replay")
                return (
                    "it is planned again"
                    if done["replayed"]
                    else "it holds nothing that could be planned again"
                )
            case "solve":
                await page.api.post(f"/cases/{number}/solve", reason)
                return "the case is solved: things stand as they are"
            case "exclude":
                done = await page.api.post(f"/cases/{number}/exclude", reason)
                if done["request"]:
                    return f"/approvals/{done['request']} somebody else must approve that"
                return "the document is excluded"
            case "assign":
                given = {"cases": [number], "owner": page.typed.get("owner", "")}
                await page.api.post("/cases/assign", given)
                return f"the case is {given['owner']}'s now"
            case _:
                await page.api.post(f"/cases/{number}/notes", {"text": page.typed.get("text", "")})
                return "written down"


def ageing_chart(rows: list[dict[str, Any]]) -> Any:
    """How many cases have been open for how long, overdue ones apart."""
    sums: dict[tuple[int, str], list[int]] = {}
    money: dict[tuple[int, str], dict[str, Decimal]] = {}
    for r in rows:
        key = (r["from_day"], r["age"])
        count = sums.setdefault(key, [0, 0])
        count[0] += r["count"] - r["overdue"]
        count[1] += r["overdue"]
        held = money.setdefault(key, {})
        held[r["currency"]] = held.get(r["currency"], Decimal(0)) + Decimal(r["amount"])
    drawn = []
    for key in sorted(sums):
        fresh, late = sums[key]
        worth = ", ".join(str(amount(v, c).striptags()) for c, v in sorted(money[key].items()))
        late_words = f", {late} late" if late else ""
        drawn.append(
            Bar(
                key[1],
                ((fresh, "series"), (late, "series bad")),
                f"{fresh + late}{late_words}",
                f"{key[1]}: {worth}",
            )
        )
    return bars("How long cases have been open", drawn)
