"""A survey: what was read of a ledger, and every figure that follows from it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from tieout.connector_api.inventory import EntryThere, LedgerCompanySet, OpenThere, PartyThere
from tieout.survey.ages import Age, ages
from tieout.survey.feeders import PACED, Feeder, FeederKind, feeders_of
from tieout.survey.months import MonthEnd, Volume, month_ends, volumes
from tieout.survey.parties import Alike, alike

# These write by a program: two of them in one journal are two that may write the same.
MACHINES = frozenset(
    {
        FeederKind.TIEOUT,
        FeederKind.CONNECTOR,
        FeederKind.IMPORT,
        FeederKind.SYNCHRONISED,
        FeederKind.STATEMENT,
        FeederKind.PROVIDER,
        FeederKind.SHOP,
        FeederKind.PROGRAM,
    }
)


@dataclass(frozen=True)
class Source:
    """Another system that is connected: the connector's name, whether it was `reached`, what it `said` of itself or why it was not, and
    the streams that can be read of it."""

    system: str
    connector: str
    reached: bool
    said: str
    streams: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """What was read of a ledger: entries with accounting days from `since` to `until`, where `asked` is the first day that was asked for (what is
    before `since` was too much); `lines` and `parties`, and how many of each there are."""

    company: LedgerCompanySet
    sources: Sequence[Source]
    asked: date
    since: date
    until: date
    entries: Sequence[EntryThere]
    lines: Sequence[OpenThere]
    all_lines: int
    parties: Sequence[PartyThere]
    all_parties: int


@dataclass(frozen=True)
class Wrote:
    """What a feeder (`how`, and the `name` of the program or account) wrote into one journal: entries of these kinds, their amounts (without a sign, in the company's currency), the days
    of the first and the last of them, by which accounts, and what one of them showed by which it was told ("" where nothing)."""

    feeder: str
    how: FeederKind
    name: str
    journal: str
    kinds: tuple[str, ...]
    entries: int
    amount: Decimal
    first: date
    last: date
    logins: tuple[str, ...]
    example: str


@dataclass(frozen=True)
class Found:
    """Every figure of a survey. `shared` are journals into which more than one program writes."""

    company: LedgerCompanySet
    sources: Sequence[Source]
    asked: date
    since: date
    until: date
    wrote: Sequence[Wrote]
    shared: Sequence[str]
    volumes: Sequence[Volume]
    month_ends: Sequence[MonthEnd]
    ages: Sequence[Age]
    alike: Sequence[Alike]
    entries: int
    by_hand: int
    lines: int
    all_lines: int
    parties: int
    all_parties: int

    def as_json(self) -> dict[str, Any]:
        """Every figure as JSON has it: amounts and days as text."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def found_in(read: Read, now: datetime, zone: tzinfo) -> tuple[Found, list[Feeder]]:
    """The figures of what was read at the instant `now`, days beginning in the company's `zone`; and the feeder of each entry."""
    feeders = feeders_of(read.entries)
    wrote = _wrote(read.entries, feeders)
    machines: dict[str, set[str]] = defaultdict(set)
    for w in wrote:
        if w.how in MACHINES:
            machines[w.journal].add(w.feeder)
    found = Found(
        company=read.company,
        sources=read.sources,
        asked=read.asked,
        since=read.since,
        until=read.until,
        wrote=wrote,
        shared=sorted(j for j, names in machines.items() if len(names) > 1),
        volumes=volumes(read.entries, feeders),
        month_ends=month_ends(read.entries, now, zone),
        ages=ages(read.lines, read.until),
        alike=alike(read.parties),
        entries=len(read.entries),
        by_hand=sum(f.by_hand for f in feeders),
        lines=len(read.lines),
        all_lines=read.all_lines,
        parties=len(read.parties),
        all_parties=read.all_parties,
    )
    return found, feeders


def _wrote(entries: Sequence[EntryThere], feeders: Sequence[Feeder]) -> list[Wrote]:
    """By feeder and journal, whoever wrote most at the beginning."""
    groups: dict[tuple[Feeder, str], list[EntryThere]] = defaultdict(list)
    for entry, feeder in zip(entries, feeders, strict=True):
        groups[feeder, entry.journal].append(entry)
    found = [_one(feeder, journal, rows) for (feeder, journal), rows in groups.items()]
    return sorted(found, key=lambda w: (-w.entries, w.feeder, w.journal))


def _one(feeder: Feeder, journal: str, rows: Sequence[EntryThere]) -> Wrote:
    days = [e.day for e in rows]
    return Wrote(
        feeder=feeder.key,
        how=feeder.how,
        name=feeder.name,
        journal=journal,
        kinds=tuple(sorted({e.kind for e in rows})),
        entries=len(rows),
        amount=sum((e.amount for e in rows), Decimal(0)),
        first=min(days),
        last=max(days),
        logins=tuple(sorted({e.login for e in rows if e.login})),
        example=_told_by(feeder, rows),
    )


def _told_by(feeder: Feeder, rows: Sequence[EntryThere]) -> str:
    """What an entry of a feeder showed, by which it was told; "" for what shows nothing."""
    if feeder.how is FeederKind.PROGRAM:
        return PACED
    if feeder.how is FeederKind.HAND:
        return ""
    return next((shown for e in rows if (shown := e.external_id or ", ".join(e.signs) or e.origin)), "")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
