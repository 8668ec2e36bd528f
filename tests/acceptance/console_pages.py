"""Every page of the console, by its route: which addresses stand for it where data are there, and which routes are no page."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulation.house import House
from tieout.console import pages

# By route, addresses that stand for it. A name in braces is looked up in the house (`_LOOKED_UP`).
EXAMPLES: dict[str, tuple[str, ...]] = {
    "/": ("/", "/?whose=mine"),
    "/start": ("/start",),
    "/set-up": ("/set-up",),
    "/set-up/{step}": tuple(
        f"/set-up/{step}"
        for step in ("roles", "odoo", "company", "accounts", "source", "interface", "figure")
    ),
    "/find": ("/find", "/find?q=US"),
    "/views": ("/views?page=/documents",),
    "/tie-out": ("/tie-out", "/tie-out?period=2026-10&entity=US"),
    "/tie-out/documents": (
        "/tie-out/documents?interface=shop_us&entity=US&period=2026-10&currency=USD&bucket=posted",
    ),
    "/cases": ("/cases", "/cases?state=all", "/cases?cause={cause}&entity=US"),
    # A case of each cause that is open: each has a look of its own.
    "/cases/{number:int}": ("/cases/{case}",),
    "/matching": ("/matching",),
    "/matching/lessons": ("/matching/lessons",),
    "/approvals": ("/approvals", "/approvals?state=all"),
    "/approvals/{number:int}": ("/approvals/{request}",),
    "/documents": ("/documents", "/documents?q=a"),
    "/documents/{number:int}": ("/documents/{document}", "/documents/{longest}"),
    "/deliveries": ("/deliveries",),
    "/payouts": ("/payouts",),
    "/payouts/{number:int}": ("/payouts/{payout}",),
    "/payments": ("/payments",),
    "/receivables": ("/receivables",),
    "/close": ("/close",),
    # The second has what is booked at a period's end before it.
    "/close/{entity}/{period}": ("/close/US/2026-10", "/close/US/2026-11"),
    "/close/{entity}/{period}/printed": ("/close/US/2026-10/printed",),
    "/close/{entity}/{period}/accounts": ("/close/US/2026-10/accounts",),
    "/close/{entity}/{period}/accounts/{account}/{currency}": ("/close/US/2026-10/accounts/{account}",),
    "/interfaces": ("/interfaces",),
    "/declare": ("/declare", "/declare?name=shop_us"),
    "/interfaces/{name}": ("/interfaces/shop_us",),
    "/mappings": ("/mappings",),
    "/mappings/{table}": ("/mappings/accounts",),
    "/evidence": ("/evidence",),
    "/access": ("/access",),
    "/systems": ("/systems", "/systems?kind=odoo"),
    "/survey": ("/survey",),
    "/survey/{number:int}": ("/survey/{survey}",),
    "/survey/{number:int}/{part}": tuple(
        f"/survey/{{survey}}/{part}" for part in ("entries", "lines", "parties")
    ),
    "/glossary": ("/glossary",),
    "/me": ("/me",),
    "/api/docs": ("/api/docs", "/api/docs?words=cases"),
    # Asked by nobody who is signed in.
    "/sign-in": ("/sign-in",),
    "/welcome": ("/welcome",),
}
# What answers and is no page.
NO_PAGE = {
    "/static/{file}": "styles, scripts and the mark",
    "/index.html": "leads to Today",
    "/find/list": "a part of a page, put below the field that asks for it",
    "/export/{list}.{form}": "a file",
    "/close/days.csv": "a file",
}
BEFORE_SIGN_IN = frozenset(("/sign-in", "/welcome"))
# What is not there: a page all the same.
NOT_THERE = "/cases/999999999"

_LOOKED_UP = {
    "cause": "select cause from tieout.cases where state = 'open' order by case_id limit 1",
    "request": "select request_id from tieout.approval_request order by request_id desc limit 1",
    "document": "select document_id from tieout.document where state = 'posted' and kind = 'customer_invoice'"
    " order by document_id limit 1",
    # A key is as long a word as its source likes, with nowhere to break a line.
    "longest": "select document_id from tieout.document order by"
    " (select max(length(word)) from regexp_split_to_table(source_key, '[^[:alnum:]_:]+') word) desc,"
    " document_id limit 1",
    "survey": "select survey from tieout.survey order by survey desc limit 1",
    "payout": "select document_id from tieout.document where kind = 'provider_movement'"
    " and content::jsonb ->> 'category' = 'payout' order by document_id limit 1",
}


def routes() -> list[Route]:
    """The console's routes that answer GET."""

    async def nothing(scope: Any, receive: Any, send: Any) -> None:
        await Response(status_code=404)(scope, receive, send)

    made = pages("Test", "test", False, lambda: True)(nothing)
    return [r for r in made if isinstance(r, Route) and r.methods and "GET" in r.methods]


def route_of(path: str) -> str:
    """The route that answers an address: the first that fits it, as the web side finds it; "" where none does."""
    scope = {"type": "http", "method": "GET", "path": path.partition("?")[0], "headers": [], "root_path": ""}
    request = Request(scope)
    return next((r.path for r in routes() if r.matches(request.scope)[0].value == 2), "")


def filled(house: House, account: str) -> list[str]:
    """Every example's address with what the house has; `account` is one of October's accounts, as `code/currency`."""
    found = {}
    for name, sql in _LOOKED_UP.items():
        row = house.connection.execute(sql.encode()).fetchone()
        assert row is not None, f"the house has no {name}: {sql}"
        found[name] = next(iter(row.values()))
    cases = house.connection.execute(
        "select min(case_id) as case_id from tieout.cases where state = 'open' group by cause order by 1"
    ).fetchall()
    assert cases, "the house has no open case"
    addresses = []
    for examples in EXAMPLES.values():
        for path in examples:
            if "{case}" in path:
                addresses += [f"/cases/{row['case_id']}" for row in cases]
            else:
                addresses.append(path.format(**found, account=account))
    return addresses
