"""No line of a good file is lost, and none is booked twice, in whatever files and order its statements come.

By real intake and planning on PostgreSQL. Banks call their statements by one name or by several, count them or do not, cut
them into pages, keep several currencies of an account, send them again, twice in one file, and otherwise than before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.integration.banks import Banks, banks
from tests.statement_files import Entry, Told, bai2, camt, mt940, ofx
from tieout.formats import parse
from tieout.store import Database

WRITERS: dict[str, Callable[..., bytes]] = {"mt940": mt940, "camt": camt, "bai2": bai2, "ofx": ofx}
FIRST = date(2026, 10, 1)
_ACCOUNTS, _TEXTS = count(1), count(1)
# What a line of a parser, or of a document, is told from another by.
Said = tuple[str, str, date, Decimal, str]


@dataclass(frozen=True)
class Bank:
    """How a bank names the statements of one account, and what it told."""

    format: str
    naming: str
    statements: tuple[Told, ...]


@st.composite
def told_by_banks(draw: st.DrawFn) -> Bank:
    """Statements of one account, each from the balance at which the one before it ended."""
    writer = draw(st.sampled_from(sorted(WRITERS)))
    naming = draw(st.sampled_from(["one name", "counted", "paged", "own name"]))
    account, found = f"DE{next(_ACCOUNTS):08d}", []
    for currency in draw(st.sampled_from([("USD",), ("USD", "EUR")])):
        balance, day = Decimal(1000), FIRST
        several = draw(st.integers(1, 4))
        for number in range(1, several + 1):
            day += timedelta(days=0 if naming == "paged" else draw(st.sampled_from([0, 0, 1])))
            lines = tuple(
                Entry(Decimal(draw(st.sampled_from([1, -1, 2, 5, -3]))), text)
                for text in draw(st.lists(st.sampled_from(["", "FEE"]), max_size=3))
            )
            lines = tuple(e if e.text else replace(e, text=f"T{next(_TEXTS)}") for e in lines)
            found.append(
                Told(
                    account,
                    currency,
                    f"S{number}" if naming == "own name" else "START",
                    str(number) if naming == "counted" else "1",
                    day,
                    balance,
                    lines,
                    page=number if naming == "paged" else 1,
                    last_page=naming != "paged" or number == several,
                )
            )
            balance = found[-1].closing
    return Bank(writer, naming, tuple(found))


def told_otherwise(draw: st.DrawFn, statement: Told) -> Told:
    """The same statement, as another version of it: less, more, or other words."""
    entries = statement.entries
    how = draw(st.sampled_from(["less", "more", "other words"]))
    if how == "more" or not entries:
        return replace(statement, entries=(*entries, Entry(Decimal(7), f"T{next(_TEXTS)}")))
    if how == "less":
        return replace(statement, entries=entries[:-1])
    return replace(statement, entries=(*entries[:-1], replace(entries[-1], text=f"T{next(_TEXTS)}")))


def _told_apart(bank: Bank) -> bool:
    """Whether no two of a bank's statements begin at one balance under one name: nobody could say what it means."""
    if bank.format == "ofx":
        # An export that has an equal line of a day under another id may tell the same one under a new id.
        each = Counter(
            (s.currency, s.day, amount) for s in bank.statements for amount in {e.amount for e in s.entries}
        )
        return max(each.values(), default=0) < 2
    if any(_may_overlap(one, other) for one, other in permutations(bank.statements, 2)):
        return False
    named = bank.format != "bai2"
    begun = Counter(
        (s.currency, s.day, s.opening, *((s.identifier, s.number, s.page) if named else ()))
        for s in bank.statements
        if s.entries
    )
    # The very same words and balances under two numbers are one statement told twice, for all that anybody knows.
    said = Counter((s.currency, s.day, s.opening, s.entries) for s in bank.statements if s.entries)
    return max(begun.values(), default=0) < 2 and max(said.values(), default=0) < 2


def _may_overlap(one: Told, other: Told) -> bool:
    """Whether one begins at a balance that another of its day leads through, with a line that both have: it may be what
    was downloaded before that, or after."""
    balance = other.opening
    for entry in other.entries:
        same = balance == one.opening and (one.currency, one.day) == (other.currency, other.day)
        if same and set(one.entries) & set(other.entries):
            return True
        balance += entry.amount
    return False


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Bank], list[list[bytes]], bool]:
    """Banks, the files that come of them (those that come together, together), and whether any bank contradicts or
    repeats itself in one file."""
    made, files, clean = draw(st.lists(told_by_banks(), min_size=1, max_size=2)), [], True
    for bank in made:
        told = list(bank.statements)
        if bank.format != "ofx":
            for statement in bank.statements:
                if draw(st.integers(0, 7)) == 0:
                    told.append(told_otherwise(draw, statement))
                    clean = False
        told += draw(st.lists(st.sampled_from(told), max_size=3))
        told = draw(st.permutations(told))
        while told:
            size = draw(st.integers(1, len(told)))
            some, told = told[:size], told[size:]
            clean &= len(set(some)) == len(some)
            files.append(WRITERS[bank.format](*some))
        clean &= _told_apart(bank)
    files = draw(st.permutations(files))
    batches: list[list[bytes]] = []
    for file in files:
        if batches and draw(st.booleans()):
            batches[-1].append(file)
        else:
            batches.append([file])
    return made, batches, clean


def lines_of(file: bytes) -> list[Counter[Said]]:
    """What a parser says, a statement each."""
    return [
        Counter(
            (s.head.account, line.currency, line.booked_on, line.amount, line.remittance or line.counterparty)
            for line in s.lines
            if line.booked_on is not None
        )
        for s in parse(file).statements
    ]


def documents(site: Banks, accounts: set[str]) -> tuple[Counter[Said], Counter[Said]]:
    """The lines of these accounts that are booked, and those that a case holds."""
    rows = site.database.rows(
        "select d.state, d.content::jsonb as said, d.currency, exists (select 1 from tieout.cases c"
        " where c.document_id = d.document_id and c.state = 'open') as in_case"
        " from tieout.document d where d.kind = 'statement_line'"
    )
    booked, held = Counter[Said](), Counter[Said]()
    for row in rows:
        said = row["said"]
        if said["account"] not in accounts:
            continue
        line = (
            said["account"], row["currency"], date.fromisoformat(said["booked_on"]), Decimal(said["amount"]["value"]),
            said["remittance"] or said["counterparty"],
        )  # fmt: skip
        if row["state"] in ("planned", "posted"):
            booked[line] += 1
        else:
            assert row["in_case"], f"{line} is {row['state']}, and no case says so"
            held[line] += 1
    return booked, held


@pytest.fixture
def site(database: Database) -> Banks:
    return banks(database)


@settings(
    max_examples=examples(12, 5), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deliveries())
def test_every_line_is_booked_once_or_in_a_case(
    site: Banks, delivered: tuple[list[Bank], list[list[bytes]], bool]
) -> None:
    made, batches, clean = delivered
    accounts = {s.account for bank in made for s in bank.statements}
    site.map(accounts)
    for batch in batches:
        site.take(*batch)
        site.work()
    booked, held = documents(site, accounts)
    # As often as any one statement says it, and never more often than all that differ say it together.
    least, most = Counter[Said](), Counter[Said]()
    for file in (f for batch in batches for f in batch):
        for told in lines_of(file):
            least |= told
    for bank in made:
        for statement in bank.statements:
            for said in lines_of(WRITERS[bank.format](statement)):
                most += said
    for line, times in least.items():
        assert booked[line] + held[line] >= times, f"{line} was lost"
    for line, times in booked.items():
        assert times <= max(most[line], least[line]), f"{line} is booked {times} times"
    if clean:
        assert booked == most and not held
    before = site.counts()
    # The same statements in other files, the last ones first.
    for batch in reversed(batches):
        site.take(*(file + b"\n" for file in reversed(batch)))
        site.work()
    assert site.counts() == before


# A bank that calls every download of a day the same.


@st.composite
def days_downloaded(draw: st.DrawFn) -> tuple[str, Told, list[list[Told]]]:
    """A day of an account, and its downloads: each tells the day as far as it had come, in any order and batches. Many of its
    lines are equal."""
    entries = tuple(
        Entry(
            Decimal(draw(st.sampled_from([1, 1, 2, 5, -1, -3]))),
            draw(st.sampled_from(["FEE", "FEE", "RENT"])),
        )
        for _ in range(draw(st.integers(1, 6)))
    )
    day = Told(f"DE{next(_ACCOUNTS):08d}", "USD", "STARTUMS", "00000", FIRST, Decimal(1000), entries)
    hours = draw(st.lists(st.integers(0, len(entries)), min_size=1, max_size=4))
    downloads = draw(st.permutations([*hours, len(entries)]))
    batches: list[list[Told]] = []
    for hour in downloads:
        download = replace(day, entries=entries[:hour])
        if batches and draw(st.booleans()):
            batches[-1].append(download)
        else:
            batches.append([download])
    return draw(st.sampled_from(["mt940", "camt", "bai2"])), day, batches


@settings(
    max_examples=examples(12, 5), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(days_downloaded())
def test_every_line_of_a_day_is_booked_once_however_often_it_is_downloaded(
    site: Banks, downloaded: tuple[str, Told, list[list[Told]]]
) -> None:
    format_, day, batches = downloaded
    site.map([day.account])
    for batch in batches:
        site.take(*(WRITERS[format_](told) for told in batch))
        site.work()
    booked, held = documents(site, {day.account})
    (lines,) = lines_of(WRITERS[format_](day))
    balances = [
        day.opening,
        *(replace(day, entries=day.entries[:n]).closing for n in range(1, len(day.entries) + 1)),
    ]
    assert not booked - lines and not lines - (booked + held)
    # Where an account came back to a balance, other lines may have the same words.
    if len(set(balances)) == len(balances):
        assert booked == lines and not held
    before = site.counts()
    for batch in reversed(batches):
        site.take(*(WRITERS[format_](told, tail="\n") for told in reversed(batch)))
        site.work()
    assert site.counts() == before
