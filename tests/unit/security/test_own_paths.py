"""Where somebody goes on after signing in is never another's server."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tieout.security.own_paths import own_path, sign_in_path


@pytest.mark.parametrize(
    "path",
    ["/", "/cases/42", "/cases?cause=unknown_tax&entity=DE&whose=mine", "/close/DE/2026-10#tasks", "/find?q=a%20b%2F", "/api/docs?words=x"],
)  # fmt: skip
def test_a_page_of_ours_is_gone_on_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "cases", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example/", "/\t/evil.example",
        "/\n/evil.example", "/a\r\nset-cookie: x", "javascript:alert(1)", " /cases", "/cases /x", "/é", "/" + "a" * 2000,
        "/x\\..\\\\evil.example", "/sign-in?next=/", "/welcome", "/static/x.js", "/api/v1/session", "/api/docs/../v1/session", "http:/cases", "/\x00",
    ],
)  # fmt: skip
def test_anything_else_leads_to_the_first_page(path: str) -> None:
    assert own_path(path) == "/"


def test_the_address_of_the_sign_in_keeps_where_somebody_was_going() -> None:
    assert sign_in_path("/") == "/sign-in"
    assert sign_in_path("/", why="try again") == "/sign-in?why=try%20again"
    made = sign_in_path("/cases", "cause=a&entity=D%26E")
    assert parse_qs(urlsplit(made).query) == {"next": ["/cases?cause=a&entity=D%26E"]}
    made = sign_in_path("/interfaces/straße", "", "no & never")
    assert parse_qs(urlsplit(made).query) == {"why": ["no & never"], "next": ["/interfaces/stra%C3%9Fe"]}
    assert sign_in_path("//evil.example") == "/sign-in" == sign_in_path("/x", "a=\\")
