"""Every page's address."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from tieout.console.gate import gate
from tieout.console.rendering import Act, Renderer, Site, View
from tieout.console.views.approvals import Approval, Approvals
from tieout.console.views.cases import Case, Cases
from tieout.console.views.certifying import Account, Accounts
from tieout.console.views.closing import Close, Closes
from tieout.console.views.declaring import InterfaceForm
from tieout.console.views.describing import ApiDocs, Glossary
from tieout.console.views.documents import Documents
from tieout.console.views.exporting import Exports
from tieout.console.views.finding import Find
from tieout.console.views.interfaces import Interface, Interfaces
from tieout.console.views.keeping import Views
from tieout.console.views.matching import Lessons, Matching
from tieout.console.views.owing import Receivables
from tieout.console.views.paying import Payments
from tieout.console.views.people import Access, Me
from tieout.console.views.platform import Evidence, Mapping, Mappings, Systems
from tieout.console.views.proving import Payouts, TieOut
from tieout.console.views.set_up import SetUp
from tieout.console.views.start import Start
from tieout.console.views.surveying import Surveys
from tieout.console.views.today import Today

Pages = Callable[[ASGIApp], Sequence[BaseRoute]]


def pages(
    name: str, environment: str, sso: bool, people_exist: Callable[[], bool], sandbox: str = ""
) -> Pages:
    """What makes the routes of every page, once the API is there that they ask; `people_exist` is asked in a thread
    of its own."""

    def made(api: ASGIApp) -> Sequence[BaseRoute]:
        r = Renderer(Site(name, environment, sandbox), api)

        def at(path: str, view: View, act: Act | None = None) -> Route:
            methods = ["GET", "HEAD", "POST"] if act is not None else ["GET", "HEAD"]
            return Route(path, r.page(view, act), methods=methods)

        cases, case, approvals, approval = Cases(r), Case(r), Approvals(r), Approval(r)
        matching, lessons, close, closes = Matching(r), Lessons(r), Close(r), Closes(r)
        tie_out, payouts, documents = TieOut(r), Payouts(r), Documents(r)
        receivables, accounts, account = Receivables(r), Accounts(r), Account(r)
        payments, interfaces, interface = Payments(r), Interfaces(r), Interface(r)
        mappings, mapping, systems = Mappings(r), Mapping(r), Systems(r)
        access, me, find = Access(r), Me(r), Find(r)
        declaring, set_up, views, surveys = InterfaceForm(r), SetUp(r), Views(r), Surveys(r)
        return [
            *gate(name, environment, sso, people_exist),
            at("/", Today(r).view),
            at("/start", Start(r).view),
            at("/set-up", set_up.view),
            at("/set-up/{step}", set_up.view, set_up.act),
            at("/find", find.view),
            at("/find/list", find.list),
            at("/views", views.view, views.act),
            at("/export/{list}.{form}", Exports().view),
            at("/tie-out", tie_out.view),
            at("/tie-out/documents", tie_out.behind),
            at("/cases", cases.view, cases.act),
            at("/cases/{number:int}", case.view, case.act),
            at("/matching", matching.view, matching.act),
            at("/matching/lessons", lessons.view, lessons.act),
            at("/approvals", approvals.view, approvals.act),
            at("/approvals/{number:int}", approval.view, approval.act),
            at("/documents", documents.view),
            at("/documents/{number:int}", documents.one),
            at("/deliveries", documents.deliveries),
            at("/payouts", payouts.view),
            at("/payouts/{number:int}", payouts.one),
            at("/payments", payments.view, payments.act),
            at("/receivables", receivables.view, receivables.act),
            at("/close", closes.view),
            at("/close/days.csv", closes.days),
            at("/close/{entity}/{period}", close.view, close.act),
            at("/close/{entity}/{period}/printed", close.printed),
            at("/close/{entity}/{period}/accounts", accounts.view, accounts.act),
            at("/close/{entity}/{period}/accounts/{account}/{currency}", account.view, account.act),
            at("/interfaces", interfaces.view),
            at("/declare", declaring.view, declaring.act),
            at("/interfaces/{name}", interface.view, interface.act),
            at("/mappings", mappings.view),
            at("/mappings/{table}", mapping.view, mapping.act),
            at("/evidence", Evidence(r).view),
            at("/access", access.view, access.act),
            at("/systems", systems.view, systems.act),
            at("/survey", surveys.view, surveys.act),
            at("/survey/{number:int}", surveys.one),
            at("/survey/{number:int}/{part}", surveys.rows),
            at("/me", me.view, me.act),
            at("/glossary", Glossary(r).view),
            at("/api/docs", ApiDocs(r).view),
            Route("/index.html", _home),
        ]

    return made


async def _home(request: Request) -> Response:
    return RedirectResponse("/", 308)
