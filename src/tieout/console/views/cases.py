"""Cases: by root cause, one by one, many at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.charts import Bar, bars
from tieout.console.language import _, marked, told
from tieout.console.rendering import Page, Renderer, as_text
from tieout.console.views.curing import HERE, LATE, OUTSIDE, became, cured
from tieout.console.views.evidenced import evidence_of
from tieout.console.views.keeping import kept_views
from tieout.console.words import amount, cause

_FILTERS = ("sort", "cause", "entity", "interface", "period", "owner", "whose", "source_key", "group")


_GROUPS = 100
_DEEDS = {
    "solve": marked("cases are solved"),
    "exclude": marked("documents are excluded"),
    "assign": marked("cases are given"),
    "replay": marked("cases are reprocessed"),
}


class Cases:
    """Open cases by root cause; several are assigned or solved at once."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Cases by cause and one by one, filtered by what the address says, the open ones unless it asks for
        others."""
        wanted = {k: page.arg(k) for k in _FILTERS}
        if wanted["whose"] not in ("mine", "nobody"):
            wanted["whose"] = ""
        state = page.arg("state") if page.arg("state") in ("solved", "all") else "open"
        # Each is a look over every open case: they are taken side by side.
        causes, found, group, groups, ageing, views = await asyncio.gather(
            page.api.get("/cases/causes"),
            page.api.get("/cases", **wanted, state=state, after=page.arg("after")),
            self._group(page, wanted["group"]),
            self._groups(page, wanted, state),
            self._ageing(page, wanted),
            kept_views(page),
        )
        mine = [
            c
            for c in causes
            if c["cause"] == wanted["cause"] and wanted["entity"] in ("", c["entity"]) and state == "open"
        ]
        return self._r.render(
            page, "cases.html", list=found, causes=causes, views=views, cluster=mine, group=group, case_groups=groups, ageing=ageing,
            now=page.now, people=await _people(page, "" if group is None else group["entity"]),
            ageing_chart=ageing_chart(ageing), cause_names=sorted({(x["cause"], cause(x["title"])) for x in causes}),
            entity_names=sorted({x["entity"] for x in causes}),
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """One deed on all cases of a cause, or on those that were ticked; what became of them, as a sentence,
        or None where the answer is shown on the page (a trial). Raises AnswerError where none was ticked."""
        what = page.typed.get("act")
        if what == "try-all":
            # Of what the list is narrowed to, and no other entity's.
            of = {"cause": page.arg("cause"), "entity": page.arg("entity")}
            page.shown["tried"] = await page.api.post("/cases/try", of)
            return None
        if what == "replay-all":
            of = {"cause": page.arg("cause"), "entity": page.arg("entity")}
            done = await page.api.post("/cases/replay", of)
            return _(
                "%(replayed)s are reprocessed: what was mended leaves this list by itself",
                replayed=done["replayed"],
            )
        chosen = [c for v in page.values("case") if (c := _seen(v)) is not None]
        if what in ("group-solve", "group-assign", "group-replay", "group-exclude", "group-try"):
            # What the page showed of the whole group, and not what it is by now.
            chosen = [c for v in page.typed.get("seen", "").split(" ") if (c := _seen(v)) is not None]
            what = what.removeprefix("group-")
        if not chosen:
            raise AnswerError(422, {"detail": _("choose cases first: the boxes before them")})
        if what == "try":
            page.shown["tried"] = await page.api.post("/cases/try", {"cases": [c["case_id"] for c in chosen]})
            return None
        given = {"action": what if what in _DEEDS else "replay", "cases": chosen}
        for name in ("reason", "owner"):
            if page.typed.get(name):
                given[name] = page.typed[name]
        return _told(await page.api.post("/cases/decide", given))

    @staticmethod
    async def _group(page: Page, key: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await page.api.maybe(f"/cases/groups/{quote(key)}") if key else None
        return found

    @staticmethod
    async def _groups(page: Page, wanted: dict[str, str], state: str) -> list[dict[str, Any]]:
        """Groups of more than one open case, the largest amount first, as far as one page goes; none on the page of one."""
        if state != "open" or wanted["group"]:
            return []
        asked = {k: wanted[k] for k in ("cause", "entity", "interface", "period")}
        found = (await page.api.get("/cases/groups", **asked, limit=_GROUPS))["items"]
        return [g for g in found if g["count"] > 1]

    @staticmethod
    async def _ageing(page: Page, wanted: dict[str, str]) -> list[dict[str, Any]]:
        """How old all are, where none of them are left out."""
        if wanted["cause"] or wanted["group"]:
            return []
        found: list[dict[str, Any]] = (await page.api.get("/series/ageing"))["rows"]
        return found


async def _people(page: Page, entity: str) -> list[str]:
    """Whose cases of an entity can be ("": of one at least), whoever looks first."""
    if not page.may("cases:write"):
        return []
    found = [p["name"] for p in await page.api.get("/cases/people", entity=entity) if p["works"]]
    return sorted(found, key=lambda name: (name != page.who["person"], name))


async def _readers(page: Page, entity: str) -> list[str]:
    """Whom a comment may name: everybody else who may see cases of an entity."""
    if not page.may("cases:write"):
        return []
    found = await page.api.get("/cases/people", entity=entity)
    return [p["name"] for p in found if p["name"] != page.who["person"]]


def _seen(value: str) -> dict[str, int] | None:
    """A case as a page showed it: "case.revision"; None for what is no such thing."""
    number, _, revision = value.partition(".")
    if not (number.isdigit() and revision.isdigit()):
        return None
    return {"case_id": int(number), "revision": int(revision)}


def _told(done: dict[str, Any]) -> str:
    """What became of a decision of many, as a sentence; the first that was left says why."""
    parts = [f"{done['done']} {told(_DEEDS[done['action']])}"]
    if done["waits"]:
        parts.append(_("%(waits)s wait for an approval", waits=done["waits"]))
    if done["left"]:
        first = next(o for o in done["outcomes"] if o["outcome"] == "left")
        parts.append(
            _(
                "%(left)s left as they were, such as no. %(case_id)s: %(why)s",
                left=done["left"],
                case_id=first["case_id"],
                why=first["why"],
            )
        )
    return "; ".join(parts)


class Case:
    """One case: what it costs, what would be booked, what can be done."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One case with its document and its source, where whoever looks may see these."""
        found = await page.api.get(f"/cases/{page.request.path_params['number']}")
        document = source = row = None
        here = [a for a, operation in HERE.items() if page.may(operation)]
        offered = {r["action"] for r in found["recoveries"]}
        for each in found["recoveries"]:
            # It is done on this very page, by whoever may.
            if each["action"] in HERE and each["action"] not in here:
                each["page"] = None
        if page.arg("do") == "map" and "map" in offered and "map" in here:
            row = await page.api.maybe(f"/cases/{found['case_id']}/map")
        if found["document_id"] and page.may("documents:read"):
            document = await page.api.maybe(f"/documents/{found['document_id']}")
            source = await page.api.maybe(f"/documents/{found['document_id']}/source")
        return self._r.render(
            page, "case.html", c=found, entries=await evidence_of(page, found["source_key"]), document=document, source=source, now=page.now, as_text=as_text, row=row,
            here=[a for a in here if a != "map" or row], outside=offered & OUTSIDE, late=LATE,
            people=await _people(page, found["entity"]),
            watch=await page.api.get(f"/cases/{found['case_id']}/watch"), readers=await _readers(page, found["entity"]),
        )  # fmt: skip

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
                if not done["replayed"]:
                    return _("it holds nothing that could be reprocessed")
                return _("it is reprocessed") + await became(page, number)
            case "solve":
                done = await page.api.post(f"/cases/{number}/solve", reason)
                if done["request"]:
                    return f"/approvals/{done['request']} " + _("somebody else must approve that")
                return _("the case is solved: things stand as they are")
            case "exclude":
                done = await page.api.post(f"/cases/{number}/exclude", reason)
                if done["request"]:
                    return f"/approvals/{done['request']} " + _("somebody else must approve that")
                return _("the document is excluded")
            case "assign":
                given = {"cases": [number], "owner": page.typed.get("owner", "")}
                await page.api.post("/cases/assign", given)
                return _("the case is %(owner)s's now", owner=given["owner"])
            case "watch" | "unwatch" as which:
                await page.api.post(f"/cases/{number}/watch", {"watching": which == "watch"}, "PUT")
                return (
                    _("you are told of what becomes of it")
                    if which == "watch"
                    else _("you are told of it no more")
                )
            case "map-try" | "map" | "read_back" | "decide_late" | "look" | "poll" | "run" as cure:
                return await cured(page, number, cure)
            case _:
                await page.api.post(f"/cases/{number}/notes", {"text": page.typed.get("text", "")})
                return _("written down")


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
        late_words = _(", %(late)s late", late=late) if late else ""
        drawn.append(
            Bar(
                told(key[1]),
                ((fresh, "series"), (late, "series bad")),
                f"{fresh + late}{late_words}",
                f"{told(key[1])}: {worth}",
            )
        )
    return bars(_("How long cases have been open"), drawn)
