"""Renders templates, and what every page has: who looks, where they are, what was just said."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from tieout.console import charts, forms
from tieout.console.asking import AnswerError, Api
from tieout.console.glossary import TERMS
from tieout.console.language import (
    LANGUAGES,
    Speech,
    gettext,
    marked,
    ngettext,
    npgettext,
    pgettext,
    speaking,
    speech_of,
)
from tieout.console.words import FILTERS, TESTS
from tieout.security.own_paths import sign_in_path

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_SAID = "tieout_said"
_LARGEST_FORM = 1024 * 1024
# Path, title, the operation that lets see it, and the key behind `g` that leads there.
PLACES = (
    ("/", marked("Today"), "cases:read", "t"),
    ("/tie-out", marked("Tie-out"), "documents:read", "o"),
    ("/cases", marked("Cases"), "cases:read", "c"),
    ("/matching", marked("Matching"), "matches:read", "m"),
    ("/approvals", marked("Approvals"), "approvals:read", "a"),
    ("/documents", marked("Documents"), "documents:read", "d"),
    ("/payouts", marked("Payouts"), "documents:read", "p"),
    ("/payments", marked("Payments"), "documents:read", "y"),
    ("/receivables", marked("Receivables"), "documents:read", "r"),
    ("/close", marked("Close"), "close:read", "l"),
    ("/interfaces", marked("Interfaces"), "interfaces:read", "i"),
    ("/deliveries", marked("Deliveries"), "documents:read", "w"),
    ("/mappings", marked("Mappings"), "mappings:read", "n"),
    ("/evidence", marked("Evidence"), "evidence:read", "e"),
    ("/access", marked("Access"), "access:read", "u"),
    ("/systems", marked("Systems"), "systems:read", "s"),
    ("/set-up", marked("Set up"), "systems:read", "q"),
    ("/survey", marked("Survey"), "survey:read", "b"),
)
# Lists, and what is summed, that may be of one entity: they open with the one that somebody chose.
OF_ENTITIES = frozenset(
    (
        "/",
        "/tie-out",
        "/cases",
        "/matching",
        "/approvals",
        "/documents",
        "/payouts",
        "/payments",
        "/receivables",
        "/close",
        "/deliveries",
    )
)
GROUPS = ((marked("Work"), 0, 5), (marked("Books"), 5, 10), (marked("Platform"), 10, len(PLACES)))


@dataclass(frozen=True)
class Site:
    """The project that pages are of."""

    name: str
    environment: str
    # The address of the sandbox's own page, "" where there is none.
    sandbox: str = ""


@dataclass
class Page:
    """One request of somebody who is signed in."""

    request: Request
    api: Api
    site: Site
    who: dict[str, Any]
    typed: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    shown: dict[str, Any] = field(default_factory=dict)
    many: list[tuple[str, str]] = field(default_factory=list)
    speech: Speech = field(default_factory=Speech)

    def may(self, operation: str) -> bool:
        """Whether whoever looks may do that anywhere: only what is worth showing. The API decides each call
        by itself."""
        return operation in self.who["operations"]

    @property
    def now(self) -> str:
        """The clock by which the project lives, as text."""
        return str(self.who["at"])

    def arg(self, name: str, default: str = "") -> str:
        """A parameter of the address, its last value where it stands there several times. Of a list that may be of one entity, the one
        that whoever looks chose for all lists, unless the address says another one, or says "" for all."""
        if name == "entity" and self.opens_with:
            default = self.opens_with
        return self.request.query_params.get(name, default)

    def amount(self, name: str) -> str:
        """What a field of the form, or else of the address, has as an amount, in whoever types it's own marks: as the API takes it. Raises
        AnswerError for what is none, and for what may be two, with both."""
        return self._plain(forms.plain_amount, name)

    def day(self, name: str) -> str:
        """What a field has as a day, as the API takes it. Raises AnswerError for one that may be of two months."""
        return self._plain(forms.plain_day, name)

    def _plain(self, read: Callable[[str], str], name: str) -> str:
        try:
            return read(self.typed.get(name) or self.request.query_params.get(name, ""))
        except forms.TypedError as error:
            raise AnswerError(422, {"detail": str(error)}) from None

    @property
    def opens_with(self) -> str:
        """The entity that this list opens with; "" for all: where none is chosen, and where the address names a group, which is of one."""
        named = self.request.query_params.get("group")
        listed = self.request.url.path in OF_ENTITIES
        return str(self.who["preferences"]["entity"]) if listed and not named else ""

    def among(self, entities: list[str]) -> str:
        """The entity of a page that is always of one: what a form or the address says, else the chosen one where it is among them, else
        their first."""
        said = self.typed.get("entity") or self.request.query_params.get("entity", "")
        if said:
            return said
        chosen = str(self.who["preferences"]["entity"])
        return chosen if chosen in entities else next(iter(entities), "")

    @property
    def query(self) -> str:
        """What stands behind the address, with the entity that the list opened with: a file of it holds the same."""
        asked = self.request.url.query
        if self.opens_with and "entity" not in self.request.query_params:
            asked += ("&" if asked else "") + urlencode({"entity": self.opens_with})
        return asked

    def values(self, name: str) -> list[str]:
        """Every value that a form has of a name."""
        return [v for k, v in self.many if k == name]

    @property
    def asked(self) -> str:
        """What the address says of a list, as a view keeps it: from the list's beginning on."""
        return urlencode([(k, v) for k, v in parse_qsl(self.query) if k != "after"])

    def url(self, **changes: Any) -> str:
        """This page's address with other parameters; None leaves one out."""
        given = {**dict(self.request.query_params), **changes}
        # "" for all entities is said, where one is chosen.
        kept = {
            k: v
            for k, v in given.items()
            if v not in (None, "") or (v == "" and k == "entity" and self.opens_with)
        }
        return self.request.url.path + (f"?{urlencode(kept)}" if kept else "")


View = Callable[[Page], Awaitable[Response]]
# What was done, in words (the page is shown anew); None: `view` shows what it left in `page.shown`.
Act = Callable[[Page], Awaitable[str | None]]


class _EachTime(CodeGenerator):
    """Works out at each look what a template says of a constant: at the first it would be in the language of whoever looked then."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Any, finalize: Any) -> str:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class _Templates(Environment):
    code_generator_class = _EachTime


def environment_of_templates() -> Environment:
    """What makes pages of the console's templates, with its filters, in the language of whoever looks."""
    # Not optimized: that works constants out as well, within an expression.
    made = _Templates(
        loader=PackageLoader("tieout.console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n"], optimized=False,
    )  # fmt: skip
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    made.filters.update(FILTERS)
    made.tests.update(TESTS)
    return made


class Renderer:
    """Makes responses of templates."""

    def __init__(self, site: Site, api: ASGIApp) -> None:
        self.site, self.api = site, api
        self._jinja = environment_of_templates()
        self._jinja.globals.update(
            charts=charts,
            glossary=TERMS,
            places=PLACES,
            groups=GROUPS,
            zip=zip,
            quote=quote,
            languages=LANGUAGES,
        )

    def render(self, page: Page, template: str, status: int = 200, **given: Any) -> Response:
        """The page as HTML, under a policy that loads nothing from elsewhere and is kept nowhere. What was
        said after the last change is shown once: its cookie is taken away with it. A name that the
        template uses and nobody gives raises UndefinedError."""
        said = _said(page.request)
        text = self._jinja.get_template(template).render(
            page=page, site=self.site, said=said, path=page.request.url.path, **given
        )
        response = HTMLResponse(text, status, HEADERS)
        if said:
            response.delete_cookie(_SAID, path="/")
        return response

    def page(self, view: View, act: Act | None = None) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint: `view` shows, `act` does what a form asks and says what it did."""

        async def endpoint(request: Request) -> Response:
            asked = await _form(request) if request.method == "POST" else []
            typed = dict(asked)
            api = Api(self.api, request, typed.pop("csrf", ""))
            try:
                who = await api.get("/session")
            except AnswerError as error:
                if error.status in (401, 403):
                    return _to_sign_in(request)
                raise
            if who["level"] not in ("full", "key"):
                return _to_sign_in(request)
            heard = speech_of(who["preferences"], request.headers.get("accept-language", ""))
            page = Page(request, api, self.site, who, typed, many=asked, speech=heard)
            with speaking(heard):
                response = await self._served(request, page, view, act)
            for cookie in api.cookies:
                response.headers.append("set-cookie", cookie)
            return response

        return endpoint

    async def _served(self, request: Request, page: Page, view: View, act: Act | None) -> Response:
        if request.method != "POST" or act is None:
            return await self._shown(request, page, view, 200)
        try:
            said = await act(page)
        except AnswerError as error:
            if error.status == 401:
                return _to_sign_in(request)
            page.problem = error.detail
            return await self._shown(request, page, view, min(error.status, 499))
        return _go(request, said) if said is not None else await self._shown(request, page, view, 200)

    async def _shown(self, request: Request, page: Page, view: View, status: int) -> Response:
        try:
            response = await view(page)
        except AnswerError as error:
            if error.status == 401:
                return _to_sign_in(request)
            return self.render(page, "refused.html", error.status, error=error)
        if status != 200:
            response.status_code = status
        return response


def _to_sign_in(request: Request) -> Response:
    """To where people sign in, and from there back to this very page. htmx follows a redirect by itself and would put that page's
    words into this one, whose scripts are others: it is told to leave (https://htmx.org/headers/hx-redirect/)."""
    target = sign_in_path(request.url.path, request.url.query)
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={**HEADERS, "hx-redirect": target})
    return RedirectResponse(target, 303)


def _go(request: Request, said: str) -> Response:
    """Back to the page, which says what was done: sent again, the form is not."""
    target = request.url.path
    if said.startswith("/"):
        target, _, said = said.partition(" ")
    elif request.url.query:
        target = f"{target}?{request.url.query}"
    response = RedirectResponse(target, 303)
    if said:
        response.set_cookie(
            _SAID, quote(said), max_age=30, path="/", httponly=True, samesite="strict",
            secure=request.url.scheme == "https",
        )  # fmt: skip
    return response


def _said(request: Request) -> str:
    return unquote(request.cookies.get(_SAID, ""))[:300]


async def _form(request: Request) -> list[tuple[str, str]]:
    """The fields of a form, as they were sent; of a larger one than any here nothing."""
    size, parts = 0, []
    async for chunk in request.stream():
        size += len(chunk)
        if size > _LARGEST_FORM:
            return []
        parts.append(chunk)
    text = b"".join(parts).decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True)


def as_text(value: Any) -> str:
    """A value as JSON that people can read."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
