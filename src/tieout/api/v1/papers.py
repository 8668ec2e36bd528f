"""Papers for an auditor: the tie-out, a payout's proof and a close as PDF, with their figures attached."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from tieout.api.v1 import closing, origins, proving, surveying
from tieout.api.v1.calling import Caller, needs
from tieout.api.v1.context import RequestContext, TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Code, Filter, MonthFilter, MonthInPath, month
from tieout.close import printed_close
from tieout.papers import (
    Made,
    Paper,
    instant,
    paper_of_close,
    paper_of_payout,
    paper_of_survey,
    paper_of_tie_out,
)

router = APIRouter(tags=["papers"])
Reader = Annotated[Caller, needs("documents:read")]
CloseReader = Annotated[Caller, needs("close:read")]
SurveyReader = Annotated[Caller, needs("survey:read")]
_MOST_AT_ONCE = 2
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_PDF = "application/pdf"
_RESPONSES = {200: {"content": {_PDF: {"schema": {"type": "string", "format": "binary"}}}, "description": "the paper"}}  # fmt: skip


@router.get("/papers/tie-out", response_class=Response, responses=_RESPONSES)  # type: ignore[arg-type]
def tie_out_paper(
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    entity: Filter = None,
    interface: Filter = None,
    period: MonthFilter = None,
) -> Response:
    """The tie-out and its governed accounts, printed."""
    # A paper that says of what is not there, or is somebody else's, that nothing came would be a wrong one.
    release = context.release()
    of = release.interfaces.get(interface or "")
    for what, name, owner, known in (
        ("entity", entity, entity or "", entity in release.entities),
        ("interface", interface, of.entity if of else "", of is not None),
    ):
        if name is not None and not (known and caller.may("documents:read", owner)):
            raise ProblemError(404, what, f"no {what} {name!r}")
    told = proving.tieout(caller, context, connection, entity, interface, period)
    accounts = [] if interface else origins.governed(caller, connection, entity, period)
    asked = {"entity": entity or "", "interface": interface or "", "period": period or ""}
    paper = paper_of_tie_out(
        told.model_dump(mode="json"),
        [a.model_dump(mode="json") for a in accounts],
        asked,
        _made(caller, context),
    )
    named = "-".join(x for x in ("tie-out", entity, interface, period) if x)
    return _drawn(context, paper, named)


@router.get("/papers/payouts/{document_id}", response_class=Response, responses=_RESPONSES)  # type: ignore[arg-type]
def payout_paper(
    document_id: int, caller: Reader, context: TheContext, connection: TheConnection
) -> Response:
    """A payout's proof with every movement, printed."""
    told = proving.payout(document_id, caller, context, connection)
    # Where things open elsewhere is no figure.
    links: Any = {
        "elsewhere": True,
        "movements": {"__all__": {"elsewhere"}},
        "arrivals": {"__all__": {"in_books"}},
    }
    paper = paper_of_payout(told.model_dump(mode="json", exclude=links), _made(caller, context))
    return _drawn(context, paper, f"payout-{told.payout_key}")


@router.get("/papers/surveys/{number}", response_class=Response, responses=_RESPONSES)  # type: ignore[arg-type]
def survey_paper(
    number: surveying.Number, caller: SurveyReader, context: TheContext, connection: TheConnection
) -> Response:
    """A survey with every figure, printed."""
    told = surveying.survey(number, caller, connection)
    paper = paper_of_survey(told.model_dump(mode="json"), _made(caller, context))
    return _drawn(context, paper, f"survey-{told.system}-{number}")


@router.get("/papers/closes/{entity}/{period}", response_class=Response, responses=_RESPONSES)  # type: ignore[arg-type]
def close_paper(
    entity: Code,
    period: MonthInPath,
    caller: CloseReader,
    context: TheContext,
    connection: TheConnection,
    sheet: Annotated[int, Query(ge=0, lt=2**62)] = 0,
) -> Response:
    """A close, printed from the figures that were kept when somebody signed or locked last (or those of a `sheet`); a draft where
    nothing was."""
    release = closing.entity_to_read(context, caller, entity)
    try:
        with connection.transaction():
            found = printed_close(connection, release, entity, month(period), context.clock.now(), sheet)
    except LookupError as error:
        raise ProblemError(404, "sheet", str(error.args[0])) from None
    return _drawn(context, paper_of_close(found, _made(caller, context)), f"close-{entity}-{period}")


def _made(caller: Caller, context: RequestContext) -> Made:
    return Made(context.name, context.environment, caller.name, instant(context.clock.now().isoformat()))


def _drawn(context: RequestContext, paper: Paper, name: str) -> Response:
    # A large library, which most who serve pages never need.
    from tieout.papers.pdf import as_pdf

    with context.expensive.place("papers", _MOST_AT_ONCE):
        made = as_pdf(paper)
    safe = _UNSAFE.sub("_", name)
    return Response(
        made, media_type=_PDF, headers={"content-disposition": f'attachment; filename="{safe}.pdf"'}
    )
