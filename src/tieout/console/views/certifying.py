"""Close: its balance-sheet accounts beside what they should hold, and people's word for them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.language import _, told
from tieout.console.rendering import Page, Renderer
from tieout.console.views.closing import close_path, look


class Accounts:
    """Every account of a close: what is open first."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The accounts as they were read last: those that wait for people, those that people certified, those that certified
        themselves."""
        found = await page.api.get(f"{close_path(page)}/accounts")
        parts = {
            "open": [a for a in found if a["waits_for"]],
            "people": [a for a in found if not a["waits_for"] and not a["by_itself"]],
            "itself": [a for a in found if a["by_itself"]],
        }
        return self._r.render(
            page, "accounts.html", **_named(page), accounts=found, parts=parts, mine=[a for a in found if a["why_not"] == "" and a["may"]],
            read_at=min((a["read_at"] for a in found), default=None),
        )  # fmt: skip

    async def act(self, page: Page) -> str:
        """Read the evidence anew, or sign what others prepared of the accounts that were ticked; what became of it, as a
        sentence. Raises AnswerError where none was."""
        if page.typed.get("act") == "look":
            return await look(page)
        # Each that the page has shown: the digest of its figures, its currency, its code.
        chosen = [x.split(" ", 2) for x in page.values("account")]
        if not chosen or any(len(x) != 3 for x in chosen):
            raise AnswerError(422, {"detail": _("choose accounts first: the boxes before them")})
        named = [{"account": code, "currency": currency, "seen": digest} for digest, currency, code in chosen]
        return _told(await page.api.post(f"{close_path(page)}/accounts/sign", {"accounts": named}))


class Account:
    """One account: its figures, what people said of it, and the form for whoever's turn it is."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One account in one currency, with what was said of it so far."""
        given = page.request.path_params
        key = "/".join(quote(given[n], safe="") for n in ("account", "currency"))
        found = await page.api.get(f"{close_path(page)}/accounts/{key}")
        return self._r.render(
            page, "account.html", **_named(page), a=found["account"], history=found["history"]
        )

    async def act(self, page: Page) -> str:
        """Prepare, sign, reject, or read the evidence anew; what became of it, as a sentence. Raises AnswerError with the API's own
        words where it was not done."""
        given, act = page.request.path_params, page.typed.get("act")
        if act == "look":
            return await look(page)
        named = [
            {"account": given["account"], "currency": given["currency"], "seen": page.typed.get("seen", "")}
        ]
        if act == "reject":
            body = {"accounts": named, "reason": page.typed.get("reason", "")}
            return _told(await page.api.post(f"{close_path(page)}/accounts/reject", body))
        body = {
            "accounts": named,
            "explanation": page.typed.get("because", ""),
            "shown_by": page.typed.get("shown_by", ""),
        }
        return _told(await page.api.post(f"{close_path(page)}/accounts/sign", body))


def _named(page: Page) -> dict[str, Any]:
    """Which close it is, and the address of its page."""
    given = page.request.path_params
    at = f"/close/{quote(given['entity'], safe='')}/{quote(given['period'], safe='')}"
    return {"entity": given["entity"], "period": given["period"], "at": at}


def _told(said: list[dict[str, Any]]) -> str:
    """What became of accounts, as a sentence; raises AnswerError where one of them was left."""
    left = [s for s in said if not s["done"]]
    done = [f"{s['account']}: {told(s['said'])}" for s in said if s["done"]]
    if left:
        first = _("%(count)s done; ", count=len(done)) if done else ""
        raise AnswerError(
            409, {"detail": first + "; ".join(f"{s['account']}: {s['said']}" for s in left[:3])}
        )
    return done[0] if len(done) == 1 else _("%(done)s accounts signed", done=len(done))
