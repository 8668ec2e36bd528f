"""Surveys: what stands in a ledger that runs already, and the rows that make each figure up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from pydantic import Field as Length

from tieout.api.v1.calling import Caller, needs, needs_shortly
from tieout.api.v1.context import TheConnection, TheContext, TheProject
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money
from tieout.connector_api import ConnectorError, SetupError
from tieout.operations.surveying import MOST_MONTHS, NoEntityError, take_survey
from tieout.survey import FeederKind, Kept, kept, kept_rows, kept_surveys

router = APIRouter(prefix="/surveys", tags=["surveys"])
Reader = Annotated[Caller, needs("survey:read")]
Taker = Annotated[Caller, needs_shortly("survey:take")]
Number = Annotated[int, Path(gt=0, lt=2**62)]
OfSurvey = Annotated[int, Query(gt=0, lt=2**62, description="which survey")]
Keys = Annotated[
    str | None, Query(max_length=2000, pattern=r"^[0-9]+(,[0-9]+)*$", description="these alone, by comma")
]
YesNo = Annotated[str | None, Query(pattern="^(yes|no)$")]
_MOST = 50


class SurveyOf(BaseModel):
    """A survey: of which system and entity, when and by whom it was taken, the hash of its figures, and the first of them."""

    number: int
    system: str
    entity: str
    taken_at: datetime
    taken_by: str
    sha256: str
    company: str
    currency: str
    since: date
    until: date
    entries: int
    by_hand: int
    shared: list[str]


class SurveyNotice(BaseModel):
    """Something of the ledger's set-up; `known` is false where our account may not see it, and `said` names who can."""

    topic: str
    said: str
    known: bool


class SurveyedSource(BaseModel):
    """Another system that is connected: whether it was reached, and what it says that it is."""

    system: str
    connector: str
    reached: bool
    said: str
    streams: list[str]


class SurveyFeeder(BaseModel):
    """What one feeder wrote into one journal: amounts without a sign, in the company's currency; `example` told it."""

    feeder: str
    how: FeederKind
    name: str
    journal: str
    kinds: list[str]
    entries: int
    amount: Money
    currency: str
    first: date
    last: date
    logins: list[str]
    example: str


class SurveyVolume(BaseModel):
    """What of one kind was booked in a month, in the company's currency, without a sign; so many of it by hand."""

    month: str
    kind: str
    entries: int
    by_hand: int
    amount: Money
    currency: str


class SurveyMonth(BaseModel):
    """When a month was done: so many entries were made `after` its end, the last `days` after it, 95 of 100 within `most_days`."""

    month: str
    entries: int
    after: int
    last_at: datetime
    days: int
    most_days: int
    over: bool


class SurveyAge(BaseModel):
    """Open lines by kind, account, currency and age: each side without a sign, in `currency`."""

    kind: str
    account: str
    currency: str
    band: str
    lines: int
    debit: Money
    credit: Money


class SurveyAlike(BaseModel):
    """Parties that share what should be one's own."""

    by: str
    value: str
    parties: list[int]


class SurveyFigures(SurveyOf):
    """A survey with every figure. What was not read is the difference of each count to its `all_`; `asked` is the first day that was
    asked for, and what is before `since` was too much."""

    asked: date
    noticed: list[SurveyNotice]
    sources: list[SurveyedSource]
    wrote: list[SurveyFeeder]
    volumes: list[SurveyVolume]
    month_ends: list[SurveyMonth]
    ages: list[SurveyAge]
    alike: list[SurveyAlike]
    lines: int
    all_lines: int
    parties: int
    all_parties: int


class SurveyedEntry(BaseModel):
    """A posted entry as it stood there; `amount` in the company's currency, without a sign."""

    key: int
    day: date
    made_at: datetime
    journal: str
    kind: str
    number: str
    reference: str
    origin: str
    party: str
    login: str
    amount: Money
    currency: str
    record: str
    record_key: int
    external_id: str
    feeder: str


class SurveyedLine(BaseModel):
    """An open line as it stood there: debit positive, in its currency and in the company's."""

    key: int
    entry: int
    kind: str
    account: str
    band: str
    day: date
    due: date
    party: str
    number: str
    currency: str
    open: Money
    company_open: Money


class SurveyedParty(BaseModel):
    """A customer or supplier as it stood there; `parent` is the party that it is a contact of, 0 for none."""

    key: int
    name: str
    tax_number: str
    mail: str
    reference: str
    parent: int


class SurveyAsked(BaseModel):
    """A survey to be taken: of a ledger of the project, for so many months back, this one among them."""

    system: Annotated[str, Length(min_length=1, max_length=80)]
    months: Annotated[int, Length(ge=1, le=MOST_MONTHS)] = 36


@router.get("")
def surveys(caller: Reader, connection: TheConnection, context: TheContext) -> list[SurveyOf]:
    """Surveys that were taken, the newest first, fifty at most."""
    mine = [e for e in context.release().entities if caller.may("survey:read", e)]
    return [_of(k) for k in kept_surveys(connection, mine, _MOST)]


@router.post("", status_code=201)
async def take_one(
    body: SurveyAsked, caller: Taker, context: TheContext, project: TheProject
) -> SurveyFigures:
    """Take one now: the ledger is read, and nothing of it is changed. What takes longer than somebody waits goes on; it stands among the
    surveys once it is done."""
    entities = [e.code for e in context.release().entities.values() if e.ledger == body.system]
    if not any(caller.may("survey:take", e) for e in entities):
        raise ProblemError(404, "system", f"no ledger {body.system!r} that you may survey")
    try:
        found = await context.expensive.ask(
            body.system,
            lambda: take_survey(project, body.system, body.months, caller.name),
            share=("survey", body.system, body.months),
        )
    except (SetupError, NoEntityError) as error:
        raise ProblemError(409, "system", str(error)) from None
    except ConnectorError as error:
        raise ProblemError(503, "system", str(error)) from None
    return _figures(found)


@router.get("/ledgers")
def surveyable(caller: Reader, context: TheContext) -> list[str]:
    """The ledgers of which somebody may take a survey."""
    return sorted(
        {
            e.ledger
            for e in context.release().entities.values()
            if e.ledger and caller.may("survey:take", e.code)
        }
    )


@router.get("/entries")
def surveyed_entries(
    survey: OfSurvey,
    caller: Reader,
    connection: TheConnection,
    feeder: Filter = None,
    journal: Filter = None,
    month: Filter = None,
    kind: Filter = None,
    login: Filter = None,
    by_hand: YesNo = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[SurveyedEntry]:
    """The entries behind a figure of a survey, as they stood there; none where the rows of an old one are gone."""
    of = _mine(connection, caller, survey)
    only = {
        "feeder": feeder,
        "journal": journal,
        "month": month,
        "kind": kind,
        "login": login,
        "by_hand": by_hand,
    }
    rows, following = _rows(connection, survey, "entries", only, limit, after)
    currency = of.found["company"]["currency"]
    return Page(items=[SurveyedEntry(**r, currency=currency) for r in rows], next=following)


@router.get("/lines")
def surveyed_lines(
    survey: OfSurvey,
    caller: Reader,
    connection: TheConnection,
    kind: Filter = None,
    account: Filter = None,
    currency: Filter = None,
    band: Filter = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[SurveyedLine]:
    """The open lines behind a figure of a survey."""
    _mine(connection, caller, survey)
    only = {"kind": kind, "account": account, "currency": currency, "band": band}
    rows, following = _rows(connection, survey, "lines", only, limit, after)
    return Page(items=[SurveyedLine(**r) for r in rows], next=following)


@router.get("/parties")
def surveyed_parties(
    survey: OfSurvey,
    caller: Reader,
    connection: TheConnection,
    key: Keys = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[SurveyedParty]:
    """The customers and suppliers of a survey, or those with these keys."""
    _mine(connection, caller, survey)
    rows, following = _rows(connection, survey, "parties", {"key": key}, limit, after)
    return Page(items=[SurveyedParty(**r) for r in rows], next=following)


@router.get("/{number}")
def survey(number: Number, caller: Reader, connection: TheConnection) -> SurveyFigures:
    """A survey with every figure."""
    return _figures(_mine(connection, caller, number))


def _mine(connection: Any, caller: Caller, number: int) -> Kept:
    found = kept(connection, number)
    if found is None or not caller.may("survey:read", found.entity):
        raise ProblemError(404, "survey", f"no survey {number}")
    return found


def _rows(
    connection: Any, number: int, part: str, only: Mapping[str, str | None], limit: int, after: str
) -> tuple[Sequence[dict[str, Any]], str | None]:
    (behind,) = read_place(after, (int,))
    given = {k: v for k, v in only.items() if v is not None}
    rows, more = cut(kept_rows(connection, number, part, given, behind or 0, limit + 1), limit)
    return rows, place(rows[-1]["key"]) if more else None


def _of(taken: Kept) -> SurveyOf:
    return SurveyOf(**_head(taken))


def _figures(taken: Kept) -> SurveyFigures:
    found, head = taken.found, _head(taken)
    more = {k: found[k] for k in SurveyFigures.model_fields if k in found and k not in SurveyOf.model_fields}
    # Both are in the company's currency.
    for name in ("wrote", "volumes"):
        more[name] = [{**row, "currency": head["currency"]} for row in more[name]]
    return SurveyFigures(**head, **more, noticed=found["company"]["noticed"])


def _head(taken: Kept) -> dict[str, Any]:
    found = taken.found
    return {
        "number": taken.number, "system": taken.system, "entity": taken.entity, "taken_at": taken.taken_at, "taken_by": taken.taken_by,
        "sha256": taken.sha256, "company": found["company"]["name"], "currency": found["company"]["currency"],
        **{k: found[k] for k in ("since", "until", "entries", "by_hand", "shared")},
    }  # fmt: skip
