"""Where somebody goes on once they are signed in: a page of this server, and of no other. Pure.

What stands in an address is anybody's word. A browser takes `//host`, `/\\host` and paths with a tab or a line break in them to
another host (WHATWG URL, 4.4: they are removed, and a backslash is a slash), so none of these is a path of ours.
"""

from __future__ import annotations

from urllib.parse import quote

_MOST = 2000
# Nobody goes on where they come from, or to what is no page.
_NO_PAGES = ("/sign-in", "/welcome", "/static/", "/api/")
_PAGES_OF_THE_API = ("/api/docs",)


def own_path(text: str) -> str:
    """A path of this server with its query, as it was given; "/" for anything else."""
    plain = text[:1] == "/" and text[:2] != "//" and "\\" not in text and len(text) <= _MOST
    if not plain or any(not "!" <= c <= "~" for c in text):
        return "/"
    path = text.partition("?")[0].partition("#")[0]
    return "/" if path.startswith(_NO_PAGES) and path not in _PAGES_OF_THE_API else text


def sign_in_path(path: str, query: str = "", why: str = "") -> str:
    """The address of the page where people sign in, from where they go on to a page of ours; `why` is said there."""
    target = own_path(quote(path, safe="/:@!$&'()*+,;=~-._") + (f"?{query}" if query else ""))
    parts = [f"why={quote(why)}"] if why else []
    parts += [f"next={quote(target, safe='/')}"] if target != "/" else []
    return "/sign-in" + (f"?{'&'.join(parts)}" if parts else "")
