"""Approvals: what waits for people, with its content and what changed; their decisions."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.language import _
from tieout.console.rendering import Page, Renderer, as_text
from tieout.console.views.evidenced import evidence_of
from tieout.console.views.keeping import kept_views, known_interfaces

_MOST = 40


class Approvals:
    """What waits for whoever looks."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The open requests of whoever looks, or with `state=all` every one, a page at a time."""
        state = "all" if page.arg("state") == "all" else "open"
        wanted = {k: page.arg(k) for k in ("sort", "entity", "interface", "after")}
        found = await page.api.get("/approvals", state=state, **wanted)
        return self._r.render(
            page, "approvals.html", list=found, now=page.now, interfaces=await known_interfaces(page),
            entities=page.who["entities"], views=await kept_views(page),
        )  # fmt: skip

    async def act(self, page: Page) -> str:
        """Decide the requests that were ticked; what became of them, as a sentence. Raises AnswerError where
        none was."""
        numbers = [int(n) for n in page.values("request") if n.isdigit()]
        if not numbers:
            raise AnswerError(422, {"detail": _("choose requests first: the boxes before them")})
        return await _decide(page, numbers, "")


class Approval:
    """One request: its content, what changed, who decided; the form to decide."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One request: what it is about, with its postings, beside what it was before."""
        found = await page.api.get(f"/approvals/{page.request.path_params['number']}")
        return self._r.render(
            page, "approval.html", r=found, postings=lines_of(found["content"]), as_text=as_text,
            before=await _before(page, found), now=page.now, entries=await evidence_of(page, found["subject"]),
        )  # fmt: skip

    async def act(self, page: Page) -> str:
        """Decide one request as it was seen: the digest of the content goes along, so an edit in between
        refuses it."""
        return await _decide(page, [page.request.path_params["number"]], page.typed.get("seen", ""))


async def _decide(page: Page, numbers: list[int], seen: str) -> str:
    verdict = "approve" if page.typed.get("act") == "approve" else "reject"
    given = {"requests": numbers, "verdict": verdict, "reason": page.typed.get("reason", ""), "seen": seen}
    done = await page.api.post("/approvals/decide", given)
    states = {d["state"] for d in done}
    if states == {"open"}:
        return _("noted: %(done)s wait for the next step", done=len(done))
    said = (
        _("%(count)s approved", count=len(done))
        if verdict == "approve"
        else _("%(count)s rejected", count=len(done))
    )
    return said


def lines_of(content: Any) -> list[dict[str, Any]]:
    """The journal lines of what is approved, wherever its postings hold them."""
    found: list[dict[str, Any]] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            raw = value.get("amount")
            money = raw.get("value") if isinstance(raw, dict) else raw
            if "account" in value and money is not None and _number(money):
                text = value.get("text") or value.get("name") or value.get("reference") or ""
                found.append({"account": value["account"], "amount": money, "text": text})
                return
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(content.get("postings", []) if isinstance(content, dict) else [])
    return found


def _number(value: Any) -> bool:
    try:
        Decimal(str(value))
    except InvalidOperation:
        return False
    return True


async def _before(page: Page, request: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(field, before, now) of what the document said by its revision before this one."""
    _, _, key = request["subject"].partition(":")
    if request["revision"] < 2 or not page.may("documents:read"):
        return []
    listed = await page.api.get("/documents", source_key=key, interface=request["interface"])
    older = [d for d in listed["items"] if d["revision"] < request["revision"]]
    if not older:
        return []
    last = max(older, key=lambda d: (d["revision"], d["document_id"]))
    before = (await page.api.get(f"/documents/{last['document_id']}"))["content"]
    now = request["content"].get("document", {}) if isinstance(request["content"], dict) else {}
    return differences(before, now)[:_MOST]


def differences(before: Any, now: Any, place: str = "") -> list[tuple[str, str, str]]:
    """(place, before, now) wherever two JSON values are not the same."""
    if isinstance(before, dict) and isinstance(now, dict):
        found = []
        for key in sorted({*before, *now}):
            found += differences(before.get(key), now.get(key), f"{place}.{key}" if place else key)
        return found
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        found = []
        for index, (old, new) in enumerate(zip(before, now, strict=True)):
            found += differences(old, new, f"{place}[{index + 1}]")
        return found
    return [] if before == now else [(place, _text(before), _text(now))]


def _text(value: Any) -> str:
    return "–" if value is None else value if isinstance(value, str) else as_text(value)
