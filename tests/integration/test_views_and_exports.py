"""Views that are kept of lists, and lists as files: nobody sees by either what they may not see, and no file says another thing than its list."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from openpyxl import load_workbook

from tests.integration.office import person
from tests.integration.test_process import Site as Books
from tests.integration.test_process import row
from tests.integration.test_work_api import Front
from tieout.console.routes import pages
from tieout.console.views.exporting import LISTS
from tieout.console.views.keeping import LISTS as KEPT
from tieout.security import Begin, Confirm, GrantRole, change_authority
from tieout.store import Database

pytestmark = pytest.mark.long
# What a spreadsheet would take for a formula (OWASP, CSV Injection).
FORMULAS = ("=HYPERLINK(1)", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1")


class Desk:
    """Two entities' documents and cases, and three people: of both, of one, of another role."""

    def __init__(self, database: Database) -> None:
        self.books = Books(database)
        with database.transaction() as connection:
            now = self.books.clock.now()
            change_authority(connection, Begin(people=(person("alice"), person("bob"))), "first start", now)
            for name, role, entity in (
                ("cy", "controller", "*"),
                ("eve", "controller", "EU"),
                ("vic", "viewer", "*"),
            ):
                for change in (person(name), GrantRole(name=name, role=role, entity=entity, limit=None)):
                    no = change_authority(connection, change, "alice", now)
                    change_authority(connection, Confirm(no=no), "bob", now)
        self.front = Front(self.books, None, pages("Test", "test", False, lambda: True))  # type: ignore[arg-type]
        self.api = {n: self.front.sign_in(n) for n in ("cy", "eve", "vic")}
        self.pages = {
            n: httpx2.Client(base_url=self.front.base, headers=c.headers, timeout=120)
            for n, c in self.api.items()
        }

    def fill(self) -> None:
        """A payout and a case of each entity; a source's keys that look like formulas."""
        self.books.take(
            row("us_1", amount=-123456), row("eu_1", amount=-100), *(row(f"{f}us") for f in FORMULAS)
        )
        self.books.work()
        self.front.c.execute("update tieout.document set entity = 'EU' where source_key = 'eu_1'")
        self.front.c.execute("update tieout.approval_request set entity = 'EU' where subject like '%eu_1%'")
        for entity in ("US", "EU"):
            self.front.case("12.50", entity=entity, key=f"{entity.lower()}_case")

    def file(self, who: str, name: str, form: str = "csv", **asked: str) -> Any:
        found = self.pages[who].get(f"/export/{name}.{form}", params=asked)
        assert found.status_code == 200, found.text
        if form == "xlsx":
            return load_workbook(io.BytesIO(found.content))
        return list(csv.DictReader(io.StringIO(found.text)))

    def views(self, who: str, page: str = "/documents") -> list[dict[str, Any]]:
        found = self.api[who].get("/views", params={"page": page})
        assert found.status_code == 200, found.text
        return list(found.json())

    def keep(self, who: str, name: str, status: int = 201, **more: Any) -> Any:
        given = {"page": "/documents", "name": name, "asked": "state=posted", **more}
        made = self.api[who].post("/views", json=given)
        assert made.status_code == status, made.text
        return made.json()


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    made = Desk(database)
    yield made
    made.front.stop()


def test_a_view_is_its_keepers_a_roles_or_everybodys(desk: Desk) -> None:
    desk.keep("cy", "mine")
    desk.keep("cy", "ours", shared=True, role="controller")
    made = desk.keep("cy", "everybodys", shared=True)
    names = {who: {v["name"] for v in desk.views(who)} for who in desk.api}
    assert names == {
        "cy": {"mine", "ours", "everybodys"},
        "eve": {"ours", "everybodys"},
        "vic": {"everybodys"},
    }
    assert desk.views("vic", "/cases") == []
    # Nobody takes another's away, nor changes it by its name.
    assert desk.api["eve"].delete(f"/views/{made['view_id']}").status_code == 404
    desk.keep("eve", "everybodys", asked="state=refused", shared=True)
    assert sorted(v["asked"] for v in desk.views("vic")) == ["state=posted", "state=refused"]
    assert desk.api["cy"].delete(f"/views/{made['view_id']}").status_code == 204
    assert [v["person"] for v in desk.views("vic")] == ["eve"]
    # Under a name of before it is changed; shared with nobody any more it is nobody else's.
    desk.keep("cy", "ours", asked="entity=EU")
    assert [v["name"] for v in desk.views("eve")] == ["everybodys"]


def test_nobody_shares_with_a_role_that_they_have_not(desk: Desk) -> None:
    desk.keep("vic", "x", status=422, shared=True, role="controller")
    assert desk.views("cy") == []


@pytest.mark.parametrize(
    "page", ["//evil.example", "/\\evil", "/documents?x", "documents", "https://evil.example", "/a//b"]
)
def test_a_view_is_of_a_page_of_ours(desk: Desk, page: str) -> None:
    desk.keep("cy", "x", status=422, page=page)


def test_a_view_begins_at_the_beginning_and_is_an_address_whatever_was_typed(desk: Desk) -> None:
    made = desk.keep("cy", "x", asked='state=posted&after=abc&source_key="><b>&kind=')
    assert made["asked"] == "state=posted&source_key=%22%3E%3Cb%3E"
    desk.keep("cy", "x", status=422, asked="&".join(f"a{n}=1" for n in range(40)))


def test_fifty_views_of_a_page_are_kept_at_most(desk: Desk) -> None:
    desk.front.c.execute(
        "insert into tieout.saved_view (person, page, name, asked, shared, made_at)"
        " select 'cy', '/documents', 'v' || n, '', false, now() from generate_series(1, 50) n"
    )
    desk.keep("cy", "one more", status=409)
    desk.keep("cy", "v7", asked="entity=EU")
    desk.keep("cy", "elsewhere", page="/cases")


def test_a_shared_view_shows_nobody_what_they_may_not_see(desk: Desk) -> None:
    desk.fill()
    desk.keep("cy", "all of us", asked="source_key=us_1", shared=True)
    (view,) = desk.views("eve")
    seen = {who: desk.pages[who].get(f"{view['page']}?{view['asked']}").text for who in ("cy", "eve")}
    assert "1,234.56" in seen["cy"] and "1,234.56" not in seen["eve"]


def test_a_list_is_kept_opened_and_taken_away_on_pages(desk: Desk) -> None:
    shown = desk.pages["cy"].get("/documents?state=posted&entity=US").text
    assert 'href="/views?page=/documents&amp;asked=state%3Dposted%26entity%3DUS" data-go="v"' in shown
    csrf = desk.api["cy"].headers["x-tieout-csrf"]
    given = {
        "csrf": csrf,
        "page": "/documents",
        "asked": "state=posted&entity=US",
        "name": "Posted of US",
        "to": "role:controller",
    }
    made = desk.pages["cy"].post("/views?page=/documents", data={**given, "act": "keep"})
    assert made.status_code == 303 and made.headers["location"] == "/documents?state=posted&entity=US"
    shown = desk.pages["eve"].get("/documents").text
    assert '<a href="/documents?state=posted&amp;entity=US">Posted of US</a> <span>(cy)</span>' in shown
    listed = desk.pages["cy"].get("/views?page=/documents").text
    assert "state posted, entity US" in listed and "Delete" in listed
    (view,) = desk.views("cy")
    gone = desk.pages["cy"].post(
        "/views?page=/documents",
        data={"csrf": csrf, "act": "forget", "number": view["view_id"], "name": view["name"]},
    )
    assert gone.status_code == 303 and desk.views("eve") == []
    assert (
        desk.pages["cy"].post("/views", data={**given, "page": "//evil.example", "act": "keep"}).status_code
        == 422
    )


def test_every_list_that_is_kept_has_its_views_on_its_page(desk: Desk) -> None:
    # The evidence's page asks for the key by which it is verified, which an open project has.
    for path in sorted(set(KEPT) - {"/evidence"}):
        assert f'href="/views?page={path}' in desk.pages["cy"].get(path).text, path


def test_a_file_holds_nothing_of_another_entity(desk: Desk) -> None:
    desk.fill()
    checked = set()
    for name, of in LISTS.items():
        if of.needed:
            continue
        heading = next(c.heading for c in of.columns if c.field == "entity")
        entities = {who: {r[heading] for r in desk.file(who, name)} for who in ("cy", "eve")}
        assert entities["eve"] <= {"EU"}, name
        if "EU" in entities["cy"]:
            checked.add(name)
            assert entities["eve"] == {"EU"} and "US" in entities["cy"], name
        # Asking for another does not help.
        assert desk.file("eve", name, entity="US") == [] or name == "evidence", name
        sheet = desk.file("eve", name, "xlsx")["List"]
        column = [c.value for c in next(iter(sheet.iter_rows()))].index(heading)
        assert {r[column].value for r in sheet.iter_rows(min_row=2)} <= {"EU"}, name
    assert {"documents", "cases"} <= checked
    # Of what is asked of one entity alone, another's is nothing.
    assert desk.file("eve", "receivables", entity="US") == []
    assert desk.pages["eve"].get("/export/receivables.csv").status_code == 422


def test_no_cell_of_a_file_is_a_formula(desk: Desk) -> None:
    desk.fill()
    for line in desk.file("cy", "documents"):
        assert not any(
            v.startswith(("=", "+", "-", "@", "\t", "\r")) for v in line.values() if not _number(v)
        ), line
    keys = {line["Source key"].lstrip("'") for line in desk.file("cy", "documents")}
    assert {f"{f}us".strip() for f in FORMULAS[:4]} <= keys
    book = desk.file("cy", "documents", "xlsx")
    for sheet in book:
        assert not any(c.data_type == "f" for r in sheet.iter_rows() for c in r), sheet.title


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_amounts_are_numbers_with_their_currency_beside_them(desk: Desk) -> None:
    desk.fill()
    sheet = desk.file("cy", "documents", "xlsx", source_key="us_1")["List"]
    head, line = ([c for c in r] for r in sheet.iter_rows())
    cells = {h.value: c for h, c in zip(head, line, strict=True)}
    (amount,) = (cells[n] for n in ("Debit", "Credit") if cells[n].value)
    assert (amount.data_type, amount.value, amount.number_format) == ("n", 1234.56, "#,##0.00")
    assert cells["Currency"].value == "USD" and cells["Accounted"].is_date
    (case,) = desk.file("cy", "cases", entity="EU")
    assert (case["At risk"], case["Currency"]) == ("12.50", "USD")
    about = {
        r[0].value: r[1].value for r in desk.file("cy", "cases", "xlsx", entity="EU")["About"].iter_rows()
    }
    assert (about["Made by"], about["Filters"], about["Rows"]) == ("cy", "entity EU", "1")
