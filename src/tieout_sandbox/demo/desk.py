"""The sandbox's own page, beside Tieout's: who one is, what the company's people do in their systems, and throwing it all away.

It is served on loopback by the process that plays the company, and ends with it. Tieout itself has no page that does any of this: its
header only names this page's address, on a sandbox. Whoever has the link that `tieout up` prints is let in; a cookie that no other site
sends says so from then on.
"""

from __future__ import annotations

import hmac
import html
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tieout_sandbox.demo.deeds import DEEDS, answer_of, deed_of
from tieout_sandbox.demo.guests import CALLED, SHOWN, Guests
from tieout_sandbox.demo.living import Living

_COOKIE = "tieout_sandbox"
_FORM_SIZE = 4096
_NOT_DONE = "It cannot be done: "
COMPANIES = {
    "distributor": "Meridian Supply, a distributor: two shops, Stripe, a CRM, a bank",
    "services": "Northwind Services, a services company of two entities: payroll, expenses, subscriptions, suppliers",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">{more}
<title>Sandbox – {name}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="{base}/static/tieout.css"><link rel="stylesheet" href="{base}/static/console.css">
</head><body class="desk"><main id="content">{body}</main></body></html>
"""


@dataclass
class Company:
    """What the page is about, once it is up."""

    base: str
    name: str
    kind: str
    guests: Guests
    living: Living
    open_cases: Callable[[], list[dict[str, Any]]]
    facts: Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass
class Desk:
    """The page at `port`. `again` hears which company is wanted instead."""

    port: int
    key: str
    again: Callable[[str], None]
    company: Company | None = None
    said: str = ""
    _server: uvicorn.Server | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://localhost:{self.port}"

    @property
    def link(self) -> str:
        """The address that lets its holder in, as the accountant."""
        return f"{self.url}/enter?key={self.key}"

    def start(self) -> None:
        """Serve it from a thread of its own."""
        routes = [
            Route("/enter", self._enter),
            Route("/", self._mine(self._show)),
            Route("/continue", self._mine(self._continue)),
            Route("/do", self._mine(self._do), methods=["POST"]),
            Route("/throw-away", self._mine(self._throw_away), methods=["GET", "POST"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), host="127.0.0.1", port=self.port, log_level="critical", access_log=False,
            lifespan="off", timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        threading.Thread(target=self._server.run, name="desk", daemon=True).start()

    def stop(self) -> None:
        """Serve nobody any more."""
        if self._server is not None:
            self._server.should_exit = True

    # who is let in

    def _mine(
        self, page: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            given = request.cookies.get(_COOKIE, "")
            # Another name for this machine would be another site's.
            local = request.headers.get("host", "") in (f"localhost:{self.port}", f"127.0.0.1:{self.port}")
            if not local or not hmac.compare_digest(given.encode(), self.key.encode()):
                return PlainTextResponse("Take the link that `tieout up` printed.\n", 403)
            if request.method == "POST" and request.headers.get("origin", self.url) != self.url:
                return PlainTextResponse("Only from this page.\n", 403)
            if self.company is None:
                return self._page(
                    "<h1>A company is being set up</h1><p>This page goes on by itself.</p>", wait=True
                )
            return await page(request)

        return endpoint

    async def _enter(self, request: Request) -> Response:
        if not hmac.compare_digest(request.query_params.get("key", "").encode(), self.key.encode()):
            return PlainTextResponse("Take the link that `tieout up` printed.\n", 403)
        response = RedirectResponse(f"{self.url}/continue?as=accountant&back=/start", 303)
        response.set_cookie(
            _COOKIE, self.key, httponly=True, samesite="strict", path="/", max_age=30 * 24 * 3600
        )
        return response

    # what it does

    async def _continue(self, request: Request) -> Response:
        """Another person, on the page that one came from."""
        company = self._company()
        name, back = request.query_params.get("as", ""), request.query_params.get("back", "/")
        if name not in CALLED or not back.startswith("/") or back.startswith("//"):
            return PlainTextResponse("There are the accountant, the approver and the CFO (cfo).\n", 404)
        token = await run_in_threadpool(company.guests.session, CALLED[name])
        response = RedirectResponse(f"{company.base}{back}", 303)
        # As Tieout itself gives it: a cookie knows no ports.
        response.set_cookie("tieout", token, httponly=True, samesite="lax", path="/", max_age=24 * 3600)
        return response

    async def _do(self, request: Request) -> Response:
        company, form = self._company(), await _form(request)
        number, what = form.get("case", ""), form.get("what", "")
        cases = await run_in_threadpool(company.open_cases)
        case = next((c for c in cases if str(c["case_id"]) == number), {})
        if what not in DEEDS or (case and deed_of(company.kind, case["cause"]) != what):
            return PlainTextResponse("That is nothing that can be done here.\n", 404)

        def act() -> str:
            given = company.facts(what, case)
            try:
                return company.living.act(what, DEEDS[what].act, **given)
            except (RuntimeError, LookupError, ValueError, StopIteration) as error:
                return f"{_NOT_DONE}{error or type(error).__name__}"

        said = await run_in_threadpool(act)
        if not case or said.startswith(_NOT_DONE):
            self.said = said
            return RedirectResponse(f"{self.url}/{f'?case={number}' if case else ''}", 303)
        # Back to the case, which says it: what is shown once is a cookie there, too.
        response = RedirectResponse(f"{company.base}/cases/{number}", 303)
        response.set_cookie(
            "tieout_said", quote(said), httponly=True, samesite="strict", path="/", max_age=30
        )
        return response

    async def _throw_away(self, request: Request) -> Response:
        if request.method == "POST":
            kind = (await _form(request)).get("company", "")
            if kind not in COMPANIES:
                return PlainTextResponse("There are distributor and services.\n", 404)
            self.company = None
            self.again(kind)
            return self._page(
                "<h1>A company is being set up</h1><p>This page goes on by itself.</p>", wait=True
            )
        choices = "".join(
            f'<p><button class="danger" name="company" value="{kind}">Throw it away, begin with {html.escape(words)}</button></p>'
            for kind, words in COMPANIES.items()
        )
        folder = html.escape(str(self._company().living.folder))
        return self._page(
            f"<h1>Throw this company away?</h1><p>Everything in <code>{folder}</code> is deleted: the project, its database, its "
            f'evidence, and the simulated systems. It cannot be brought back.</p><form method="post" action="/throw-away">{choices}</form>'
            '<p><a href="/">Keep it</a></p>'
        )

    # what it shows

    async def _show(self, request: Request) -> Response:
        company = self._company()
        cases = await run_in_threadpool(company.open_cases)
        people = "".join(
            f'<li><a class="button" href="/continue?as={called}">Continue as the {SHOWN[called]}</a> <span class="quiet">{name}</span></li>'
            for called, name in CALLED.items()
        )
        wanted = request.query_params.get("case", "")
        asked = [c for c in cases if str(c["case_id"]) == wanted] if wanted else cases
        rows = "".join(self._row(company, case) for case in asked if deed_of(company.kind, case["cause"]))
        nothing = "Nothing is asked of anybody outside now."
        if wanted and asked and not rows:
            answer = answer_of(company.kind, asked[0]["cause"])
            nothing = (
                answer
                or "Nobody outside has to do anything about this case: what its page offers recovers it."
            )
        said, self.said = self.said, ""
        told = f'<p class="flash good" role="status">{html.escape(said)}</p>' if said else ""
        return self._page(
            f'{told}<h1>The sandbox</h1><p>{html.escape(COMPANIES[company.kind])}. <a href="{company.base}/">Back to Tieout</a></p>'
            f"<h2>Who you are</h2><ul class='plain'>{people}</ul><p class='quiet'>What each does stands under their own name in the "
            "evidence. Only the sandbox knows their passwords.</p>"
            f"<h2>What the company's people do outside</h2><p>You cannot sign in to the simulated Odoo, Stripe or Salesforce: these "
            f"buttons do there what a case asks for.</p>{rows or f'<p>{html.escape(nothing)}</p>'}{_back(company, wanted)}"
            "<p class='quiet'>What is corrected of October is booked while its books are open; lock them again afterwards.</p>"
            f"{self._button('late_event', '', DEEDS['late_event'].label)}{self._button('lock', '', DEEDS['lock'].label)}"
            "<h2>Done with it?</h2><p><a class='button' href='/throw-away'>Throw it away, or take the other company</a></p>"
        )

    def _row(self, company: Company, case: dict[str, Any]) -> str:
        what = deed_of(company.kind, case["cause"])
        words = f"{case['title']}: {case['amount']:,} {case['currency']}"
        link = f'<a href="{company.base}/cases/{case["case_id"]}">{html.escape(words)}</a>'
        return f"<section class='panel'><p>{link}</p>{self._button(what, str(case['case_id']), DEEDS[what].label)}</section>"

    @staticmethod
    def _button(what: str, case: str, label: str) -> str:
        return (
            f'<form method="post" action="/do"><input type="hidden" name="what" value="{what}"><input type="hidden" name="case" '
            f'value="{case}"><button>{html.escape(label)}</button></form>'
        )

    def _page(self, body: str, wait: bool = False) -> Response:
        base, name = (self.company.base, self.company.name) if self.company else ("", "Tieout")
        more = (
            f'<meta http-equiv="refresh" content="2;url={self.url}/continue?as=accountant&amp;back=/start">'
            if wait
            else ""
        )
        styles = base or "'none'"
        headers = {
            "content-security-policy": f"default-src 'none'; style-src {styles}; img-src data:; form-action 'self' {base}; base-uri 'none'; "
            "frame-ancestors 'none'",
            # Without any referrer a browser names no origin either, and a form of this page would be another site's.
            "referrer-policy": "same-origin", "cache-control": "no-store", "x-content-type-options": "nosniff",
        }  # fmt: skip
        return HTMLResponse(
            _PAGE.format(more=more, base=base, name=html.escape(name), body=body), headers=headers
        )

    def _company(self) -> Company:
        assert self.company is not None
        return self.company


def _back(company: Company, case: str) -> str:
    """The way back to a case, and to what other cases ask for."""
    if not case.isdigit():
        return ""
    return f'<p><a href="{company.base}/cases/{case}">Back to the case</a> <a href="/">What other cases ask for</a></p>'


async def _form(request: Request) -> dict[str, str]:
    """What a form of this page has; nothing where it is larger than any of them."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _FORM_SIZE:
            return {}
    return dict(parse_qsl(body.decode(errors="replace")))
