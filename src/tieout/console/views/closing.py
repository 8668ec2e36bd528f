"""Close: every close, and one with its tasks, its critical path, its signatures."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.charts import Bar, Box, bars, flow
from tieout.console.language import _, counted
from tieout.console.rendering import HEADERS, Page, Renderer
from tieout.console.words import day, plain, state, task

_PRINTED = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
}
# Where the page of a close shows what a task is about; the others are of one interface, or are their own words.
_ABOUT = {
    "accounts certified": "{at}/accounts", "accounts itemised": "{at}#standing", "cases decided": "/cases?entity={entity}",
    "taxes tie out": "{at}/printed#taxes", "late events decided": "{at}/printed#late",
    "waivers decided": "{at}/printed#waived", "ledger is ours": "{at}/printed#governed",
}  # fmt: skip
# What is booked at the period's end, by the task that waits for it.
_BOOKED = {"foreign items revalued": "revalue", "sales cut off": "cutoff", "purchases accrued": "accruals"}
# As many of a column as are read at a glance; the others are a click away.
_FEW = 6
_KINDS = {"signed": "good", "prepared": "busy", "done": "busy", "open": "quiet", "blocked": "quiet"}


class Closes:
    """Every close and how it stands."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """Every close of every entity, or of the chosen one, how many business days each took, and the runbooks."""
        entity = page.arg("entity")
        found = [c for c in await page.api.get("/closes") if entity in ("", c["entity"])]
        books = await page.api.maybe("/runbooks") or []
        days = [c for c in found if c["business_days"] is not None][:24]
        return self._r.render(
            page,
            "closes.html",
            closes=found,
            answer=closes_answer(found),
            runbooks=books,
            days=days,
            days_chart=days_chart(days),
        )

    async def days(self, page: Page) -> Response:
        """Business days to close, as CSV."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(["entity", "period", "business_days"])
        for c in await page.api.get("/closes"):
            if c["business_days"] is not None:
                writer.writerow([c["entity"], c["period"], c["business_days"]])
        headers = {**HEADERS, "content-disposition": 'attachment; filename="days-to-close.csv"'}
        return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


class Close:
    """One close: tasks, evidence, critical path, signatures, locks."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One entity's period: its tasks by day, who signed, what the close waits for."""
        path = close_path(page)
        found = await page.api.get(path)
        items = await page.api.maybe(f"{path}/items")
        about = {
            name: where.format(at=page.request.url.path, entity=quote(found["entity"]))
            for name, where in _ABOUT.items()
        }
        days, columns = found["days"], board_columns(found)
        by_name = {t["name"]: t for t in found["tasks"]}
        return self._r.render(
            page, "close.html", c=found, items=items, signed=len(columns["signed"]), about=about, columns=columns, few=_FEW,
            steps=[by_name[n] for n in found["critical_path"] if n in by_name],
            drawing=path_drawing(found), today=page.now[:10],
            weeks=[days[i : i + 7] for i in range(0, len(days), 7)], states=by_name,
            to_book=[(t, _BOOKED[t["name"]]) for t in found["tasks"] if t["name"] in _BOOKED and t["state"] in ("open", "blocked")],
        )  # fmt: skip

    async def printed(self, page: Page) -> Response:
        """The close as it is printed for an auditor: a page of its own, which brings its own style and nothing else."""
        found = await page.api.get(f"{close_path(page)}/printed")
        return Response(found, media_type="text/html; charset=utf-8", headers={**HEADERS, **_PRINTED})

    async def act(self, page: Page) -> str | None:
        """Read the evidence anew, book what is booked at the period's end, lock the ledger, sign everything that is done or the tasks
        that were ticked; what became of it, as a sentence, or None where the answer is shown on the page (a trial). Raises AnswerError
        where none was."""
        path = close_path(page)
        match page.typed.get("act"):
            case "look":
                return await look(page)
            case "lock":
                done = await page.api.post(f"{path}/lock", {"kind": page.typed.get("kind", "")})
                until = (
                    _("%(lock)s until %(day)s", lock=plain(k), day=day(v))
                    for k, v in done["locks"].items()
                    if v
                )
                return _("locked: %(locks)s", locks=", ".join(until))
            case "sign":
                return await self._sign(page, [])
            case "book-try" | "book" as act:
                return await self._book(page, dry=act == "book-try")
        tasks = page.values("task")
        if not tasks:
            raise AnswerError(422, {"detail": _("choose tasks first: the boxes before them")})
        return await self._sign(page, tasks)

    async def _book(self, page: Page, dry: bool) -> str | None:
        given = {"what": page.typed.get("what", "")}
        if not dry:
            given["seen"] = page.typed.get("shown", "")
        done = await page.api.post(f"{close_path(page)}/book{'/try' if dry else ''}", given)
        if dry:
            page.shown["booking"] = done
            return None
        if not done["count"]:
            return _("nothing is to be booked")
        return _(
            "booked, for %(count)s of what is open: once Odoo has it, read the evidence", count=done["count"]
        )

    async def _sign(self, page: Page, tasks: list[str]) -> str:
        # Each of what the page has shown: the digest, then the task's name.
        shown = (x.partition(" ") for x in page.values("seen"))
        seen = {name: digest for digest, _, name in shown if digest}
        said = await page.api.post(f"{close_path(page)}/sign", {"tasks": tasks, "seen": seen})
        left = [s for s in said if not s["done"]]
        done = _("%(left)s signed or prepared", left=len(said) - len(left))
        return f"{done}; {left[0]['task']}: {left[0]['said']}" if left else done


async def look(page: Page) -> str:
    """Read a close's evidence anew; what became of that, as a sentence. Raises AnswerError."""
    seen = await page.api.post(f"{close_path(page)}/look")
    if not seen["current"]:
        return _(
            "the evidence could not be read now, it is of %(as_of)s: %(why_not)s",
            as_of=seen["as_of"][:16],
            why_not=seen["why_not"],
        )
    return _("the evidence was read")


def close_path(page: Page) -> str:
    """Where the API has the close that a page's address names."""
    given = page.request.path_params
    return f"/closes/{quote(given['entity'], safe='')}/{quote(given['period'], safe='')}"


def closes_answer(closes: list[dict[str, Any]]) -> str:
    """How closes stand, in a sentence: how many are open and late, and what is the looker's turn."""
    left = [c for c in closes if not c["closed"]]
    if not left:
        return _("Every close is closed.")
    late, mine = sum(bool(c["late"]) for c in left), sum(c["mine"] for c in left)
    said = _("%(left)s of %(closes)s are open", left=len(left), closes=len(closes)) + (
        _(", %(late)s with tasks that are late", late=late) if late else ""
    )
    return f"{said}. " + (
        counted("%(count)s task is your turn.", "%(count)s tasks are your turn.", mine)
        if mine
        else _("Nothing is your turn.")
    )


def board_columns(close: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tasks of a close by what they ask of people: whose turn it is, what is not done, what is due next, what is signed (the last
    first)."""
    left = [t for t in close["tasks"] if t["state"] != "signed"]
    signed = [t for t in close["tasks"] if t["state"] == "signed"]
    return {
        "mine": [t for t in left if t["turn"]],
        "blocked": [t for t in left if t["state"] in ("open", "blocked") and not t["turn"]],
        "due": sorted(left, key=lambda t: t["due_at"]),
        "signed": sorted(signed, key=lambda t: t["signed_at"] or "", reverse=True),
    }


def days_chart(rows: list[dict[str, Any]]) -> Any:
    """How many business days each close took."""
    drawn = [
        Bar(f"{c['entity']} {c['period']}", ((c["business_days"], "series"),), str(c["business_days"]))
        for c in rows
    ]
    return bars(_("Business days to close"), drawn)


def path_drawing(close: dict[str, Any]) -> Any:
    """Tasks by how many others they come after; what the close waits for is drawn strong."""
    tasks = {t["name"]: t for t in close["tasks"]}
    depth: dict[str, int] = {}

    def deep(name: str) -> int:
        if name not in depth:
            depth[name] = 0
            before = [deep(b) for b in tasks[name]["after"] if b in tasks]
            depth[name] = max(before, default=-1) + 1
        return depth[name]

    critical = set(close["critical_path"])
    path = set(pairwise(close["critical_path"]))
    boxes = [
        Box(
            name, deep(name), task(name), str(state(t["state"]).striptags()) + (", " + _("late") if t["late"] else ""),
            f"{'bad' if t['late'] else _KINDS.get(t['state'], 'quiet')}{' critical' if name in critical else ''}",
        )
        for name, t in tasks.items()
    ]  # fmt: skip
    edges = [
        (before, name, "critical" if (before, name) in path else "")
        for name, t in tasks.items()
        for before in t["after"]
    ]
    return flow(_("Tasks and what they wait for"), boxes, edges, wide=184, gap=44)
