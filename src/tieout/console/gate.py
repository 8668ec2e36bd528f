"""The pages of getting in: sign-in, and the welcome of whoever holds a link. Nobody is known there, so they speak what the browser asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from tieout.console.language import gettext, marked, speaking, speech, speech_of
from tieout.console.rendering import HEADERS, environment_of_templates
from tieout.security.own_paths import own_path

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
# What their script says, and of what the API refuses there that which is always said alike: the page gives them in its language.
_SCRIPT_SAYS = (
    marked("the server does not answer: try again"),
    marked("answered with {status}"),
    marked("{field}: something was expected here"),
    marked("no passkey was used: try again, or use your password"),
    marked("no passkey was made: try again, or use an authenticator app"),
    marked("the two passwords differ: type the same twice"),
    marked("name or password is wrong"),
    marked("this code is not right, or was used: take the next one"),
    marked("this link was used or is too old: start again for a new one"),
    marked("this link was used or is too old: ask an administrator for a new one"),
    marked("a password has 12 characters or more; several words do well"),
    marked("a password that is not your name, a common word or one character repeated was expected"),
    marked("sign in with your password first"),
    marked("sign in with your second factor first"),
    marked("a second factor was set up meanwhile: sign in with it"),
    marked("the sign-on's provider does not answer: try again, or sign in with a password"),
    marked("none of your groups is let in here: ask an administrator"),
    marked("you are not let in here any more: ask an administrator"),
    marked("nobody administers this yet: the first start's link comes first"),
)


def gate(name: str, environment: str, sso: bool, people_exist: Callable[[], bool]) -> list[BaseRoute]:
    """Routes of the pages; `people_exist` is asked in a thread of its own."""
    templates = environment_of_templates()

    def page(request: Request, template: str, title: str, **given: Any) -> Response:
        with speaking(speech_of({}, request.headers.get("accept-language", ""))):
            words = {text: gettext(text) for text in _SCRIPT_SAYS}
            text = templates.get_template(template).render(
                title=gettext(title),
                name=name,
                environment=environment,
                language=speech().language,
                words=json.dumps(words, ensure_ascii=False),
                **{"target": "/", **given},
            )
        return HTMLResponse(text, headers={**HEADERS, "referrer-policy": "no-referrer"})

    async def sign_in(request: Request) -> Response:
        if not await run_in_threadpool(people_exist):
            return page(request, "gate_nobody.html", marked("Sign in"))
        target = own_path(request.query_params.get("next", ""))
        link = ""
        if sso:
            after = "" if target == "/" else f"?next={quote(target, safe='/')}"
            link = f"/api/v1/sign-in/sso{after}"
        return page(request, "gate_sign_in.html", marked("Sign in"), target=target, sso=link)

    async def welcome(request: Request) -> Response:
        first = not await run_in_threadpool(people_exist)
        return page(
            request, "gate_welcome.html", marked("Begin") if first else marked("Welcome"), first=first
        )

    async def static(request: Request) -> Response:
        wanted = request.path_params["file"]
        path = resources.files("tieout.console").joinpath("static", wanted)
        kind = _TYPES.get(wanted.rpartition(".")[2], "")
        if "/" in wanted or not kind or not path.is_file():
            return Response(status_code=404)
        headers = {"cache-control": "max-age=300", "x-content-type-options": "nosniff"}
        return Response(path.read_bytes(), media_type=kind, headers=headers)

    return [
        Route("/sign-in", sign_in),
        Route("/welcome", welcome),
        Route("/static/{file}", static),
    ]
