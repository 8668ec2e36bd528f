"""Pages speak what somebody chose, else what their browser asks for; what one chooses shows nobody else, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import httpx2
import pytest

from tests.integration.test_views_and_exports import Desk
from tieout.store import Database


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    made = Desk(database)
    yield made
    made.front.stop()


def page(desk: Desk, who: str, path: str, accepted: str = "") -> str:
    found = desk.pages[who].get(path, headers={"accept-language": accepted} if accepted else {})
    assert found.status_code == 200, found.text
    return found.text


def choose(desk: Desk, who: str, status: int = 200, **chosen: str) -> dict[str, str]:
    made = desk.api[who].put("/me/preferences", json=chosen)
    assert made.status_code == status, made.text
    return dict(made.json())


def test_a_page_is_in_the_language_that_was_chosen_or_is_asked_for(desk: Desk) -> None:
    assert '<html lang="en">' in page(desk, "cy", "/cases")
    german = page(desk, "cy", "/cases", "de-DE,de;q=0.9")
    assert '<html lang="de">' in german and ">Belege</a>" in german
    assert choose(desk, "cy", language="en") == {"language": "en", "forms": "", "entity": ""}
    assert '<html lang="en">' in page(desk, "cy", "/cases", "de")
    # Nobody else's.
    assert '<html lang="de">' in page(desk, "eve", "/cases", "de")
    assert choose(desk, "cy", forms="language") == {"language": "en", "forms": "language", "entity": ""}
    choose(desk, "cy", language="de")
    assert '<html lang="de">' in page(desk, "cy", "/cases")


def test_it_is_chosen_on_ones_own_page(desk: Desk) -> None:
    desk.fill()
    in_english = desk.file("cy", "documents")
    shown = page(desk, "cy", "/me")
    csrf = re.search(r'name="csrf" value="([^"]+)"', shown)
    assert csrf is not None
    given = {"csrf": csrf[1], "act": "speak", "language": "de", "forms": "language"}
    done = desk.pages["cy"].post("/me", data=given)
    assert done.status_code == 303
    assert "Seiten erscheinen ab jetzt in dieser Sprache" in unquote(done.cookies["tieout_said"])
    assert '<option value="de" lang="de" selected>Deutsch</option>' in page(desk, "cy", "/me")
    found = page(desk, "cy", "/find?q=1.234,56")
    assert "1.234,56" in found and "1,234.56" not in found
    # A file has no language.
    assert desk.file("cy", "documents") == in_english
    assert any("1234.56" in r.values() or "-1234.56" in r.values() for r in in_english)


def test_what_is_no_choice_is_refused(desk: Desk) -> None:
    choose(desk, "cy", status=422, language="xx")
    choose(desk, "cy", status=422, forms="de")
    choose(desk, "cy", status=422, entity="nobody")
    choose(desk, "eve", status=422, entity="US")
    assert choose(desk, "eve", entity="")["entity"] == ""


def test_an_entity_that_one_may_not_see_any_more_is_none(desk: Desk) -> None:
    desk.front.c.execute(
        "insert into tieout.preference values ('eve', '', '', 'US', now()), ('cy', '', '', 'US', now())"
    )
    chosen = {who: desk.api[who].get("/session").json()["preferences"]["entity"] for who in ("cy", "eve")}
    assert chosen == {"cy": "US", "eve": ""}


def rows(desk: Desk, who: str, path: str) -> set[str]:
    """The entities of the documents that a list shows."""
    return set(re.findall(r"</td><td>(US|EU)</td><td", page(desk, who, path)))


def test_lists_open_with_the_entity_that_was_chosen_until_the_address_says_another(desk: Desk) -> None:
    desk.fill()
    assert rows(desk, "cy", "/documents") == {"US", "EU"}
    csrf = re.search(r'name="csrf" value="([^"]+)"', page(desk, "cy", "/me"))
    assert csrf is not None
    given = {"csrf": csrf[1], "act": "entity", "entity": "US", "back": "/documents?state=posted"}
    done = desk.pages["cy"].post("/me", data=given)
    assert (done.status_code, done.headers["location"]) == (303, "/documents?state=posted")
    assert rows(desk, "cy", "/documents") == {"US"}
    # The page's own filter wins, and so does "all", which stays said from page to page.
    assert rows(desk, "cy", "/documents?entity=EU") == {"EU"}
    assert rows(desk, "cy", "/documents?entity=") == {"US", "EU"}
    assert "entity=&amp;sort=" in page(desk, "cy", "/documents?entity=")
    # Of cases as well; a file of the list holds what the list shows.
    assert "us_case" in page(desk, "cy", "/cases") and "eu_case" not in page(desk, "cy", "/cases")
    assert "/export/documents.csv?entity=US" in page(desk, "cy", "/documents")
    # One who sees a single entity has nothing to choose.
    assert "Lists open with:" not in page(desk, "eve", "/documents")


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil", "https://evil.example", "/a b", ""])
def test_choosing_leads_to_no_other_site(desk: Desk, back: str) -> None:
    csrf = re.search(r'name="csrf" value="([^"]+)"', page(desk, "cy", "/me"))
    assert csrf is not None
    given = {"csrf": csrf[1], "act": "entity", "entity": "", "back": back}
    assert desk.pages["cy"].post("/me", data=given).headers["location"] == "/"


def test_what_a_german_types_in_a_form_is_understood_and_what_may_be_two_is_refused_with_both(
    desk: Desk,
) -> None:
    desk.fill()
    choose(desk, "cy", language="de", forms="language")
    admin = desk.front.sign_in("alice")
    assert admin.put("/me/preferences", json={"language": "de", "forms": "language"}).status_code == 200
    access = httpx2.Client(base_url=desk.front.base, headers=admin.headers, timeout=60)
    given = {
        "csrf": admin.headers["x-tieout-csrf"],
        "act": "grant",
        "name": "vic",
        "role": "approver",
        "entity": "US",
    }
    refused = access.post("/access", data={**given, "limit": "1.234"})
    assert refused.status_code == 422 and "kann 1234 oder 1,234 heißen" in refused.text
    assert 'value="1.234"' in refused.text
    assert access.post("/access", data={**given, "limit": "12.34,5.6"}).status_code == 422
    assert access.post("/access", data={**given, "limit": "1.234,56"}).status_code == 303
    changes = [str(c) for c in desk.front.c.execute("select * from tieout.authority order by no").fetchall()]
    assert "approver" in changes[-1] and "1234.56" in changes[-1]
    # A filter says so as well, and its list is shown.
    assert "kann 1234 oder 1,234 heißen" in page(desk, "cy", "/matching?amount=1.234")
    assert "heißen" not in page(desk, "cy", "/matching?amount=1.234,56")
    # Days, of a browser that has no calendar of its own.
    assert desk.pages["cy"].get("/mappings/accounts?on=31/10/2026").status_code == 422
    assert "31.10.2026" in page(desk, "cy", "/mappings/accounts?on=31.10.2026")
