"""The pages of getting in: sign-in, and the welcome of whoever holds a link."""

from __future__ import annotations

import html
from collections.abc import Callable
from importlib import resources
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from tieout.console.rendering import HEADERS
from tieout.security.own_paths import own_path

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_SHELL = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} – {name}</title>
<link rel="icon" href="/static/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/tieout.css">
<script src="/static/signin.js" defer></script>
</head>
<body class="gate">
<main data-next="{next}">
<header><img src="/static/mark.svg" alt="" width="28" height="28"><div><strong>{name}</strong> <span class="quiet">{environment}</span></div></header>
{body}
<p id="said" role="alert" hidden></p>
<noscript><p class="bad">This page needs JavaScript, which it takes from this server alone.</p></noscript>
</main>
</body>
</html>
"""
_SIGN_IN = """<section id="first">
<h1>Sign in</h1>
<form id="password-form" novalidate>
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username webauthn" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="main">Continue</button>
</form>
<div class="or"><span>or</span></div>
<button id="passkey" type="button">Use a passkey</button>
{sso}
</section>
"""
_NOBODY = """<section id="first">
<h1>Nobody was let in yet</h1>
<p>Whoever runs <code>tieout up</code> finds a link in what it prints: it makes the first administrator, and serves once.</p>
<p class="quiet">It is lost? <code>tieout people link</code> prints another one while nobody is let in.</p>
</section>
"""
_WELCOME = """<section id="first">
<h1>{heading}</h1>
<p class="quiet">{words}</p>
<form id="welcome-form" novalidate data-first="{first}">
{name_field}
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required aria-describedby="rule">
<p id="rule" class="quiet">12 characters or more; several words do well.</p>
<label for="again">Once more</label>
<input id="again" name="again" type="password" autocomplete="new-password" required>
<button class="main">Continue</button>
</form>
</section>
"""
_NAME_FIELD = """<label for="name">Your name here</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus aria-describedby="name-rule">
<p id="name-rule" class="quiet">Small letters, digits, point or dash, such as anna.meyer.</p>
"""
_STEPS = """<section id="code" hidden>
<h1>Second factor</h1>
<form id="code-form" novalidate>
<label for="otp">The code of your authenticator app</label>
<input id="otp" name="code" inputmode="numeric" autocomplete="one-time-code" class="code" required aria-describedby="otp-rule">
<p id="otp-rule" class="quiet">Six digits; or one of your recovery codes.</p>
<button class="main">Sign in</button>
</form>
<button id="passkey-second" type="button" hidden>Use a passkey</button>
</section>
<section id="enrol" hidden>
<h1>A second factor</h1>
<p class="quiet">Your roles need one. Scan this with an authenticator app, and type its code.</p>
<div id="qr" role="img" aria-label="QR code of the secret below"></div>
<p class="secret"><span class="quiet">or type</span> <code id="secret"></code></p>
<form id="enrol-form" novalidate>
<label for="first-code">The code that the app shows</label>
<input id="first-code" name="code" inputmode="numeric" autocomplete="one-time-code" class="code" required>
<button class="main">Set it up</button>
</form>
<div class="or"><span>or</span></div>
<button id="passkey-enrol" type="button">Set up a passkey instead</button>
</section>
<section id="recovery" hidden>
<h1>Recovery codes</h1>
<p class="quiet">Each lets you in once without your app. They are shown now and never again.</p>
<ol id="codes"></ol>
<button id="kept" class="main" type="button">I have kept them</button>
</section>
"""


def gate(name: str, environment: str, sso: bool, people_exist: Callable[[], bool]) -> list[BaseRoute]:
    """Routes of the pages; `people_exist` is asked in a thread of its own."""

    def page(title: str, body: str, target: str = "/") -> Response:
        text = _SHELL.format(
            title=title, name=html.escape(name), environment=html.escape(environment), body=body + _STEPS,
            next=html.escape(target),
        )  # fmt: skip
        return HTMLResponse(
            text,
            headers={**HEADERS, "referrer-policy": "no-referrer"},
        )

    async def sign_in(request: Request) -> Response:
        if not await run_in_threadpool(people_exist):
            return page("Sign in", _NOBODY)
        target = own_path(request.query_params.get("next", ""))
        link = ""
        if sso:
            after = "" if target == "/" else f"?next={quote(target, safe='/')}"
            link = f'<a class="button" href="/api/v1/sign-in/sso{after}">Use the company’s sign-on</a>'
        return page("Sign in", _SIGN_IN.format(sso=link), target)

    async def welcome(request: Request) -> Response:
        first = not await run_in_threadpool(people_exist)
        words = (
            "You are the first here: you let the others in."
            if first
            else "Choose how you sign in. This link serves once."
        )
        body = _WELCOME.format(
            heading="Begin" if first else "Welcome",
            words=words,
            first=str(first).lower(),
            name_field=_NAME_FIELD if first else "",
        )
        return page("Begin" if first else "Welcome", body)

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
