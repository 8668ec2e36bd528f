"""Downloads of one account that overlap at random, of lines that equal each other and balances that come back: no line is booked
more often than it was, and none is lost without a case.

Everything is taken as files, by the stage, on PostgreSQL. Every file is invented, by the seed that a failure names.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from tests.examples import examples
from tests.integration.banks import Banks, banks
from tieout.store import Database

# Each of the first ones was once booked twice, or lost.
SEEDS = (5, 11, 36, 40, 105, 119, 208, 350, 952, 985, *range(1000, 1000 + examples(30, 4)))


@dataclass(frozen=True)
class Line:
    """A line of the account as it was."""

    day: date
    amount: Decimal
    text: str


def account_of(random: Random) -> list[Line]:
    """A few lines of small amounts, many in the same words."""
    day, found = date(2026, 10, 5), []
    for n in range(random.randint(3, 8)):
        if random.random() < 0.3:
            day += timedelta(days=1)
        found.append(
            Line(day, Decimal(random.choice([-2, -1, 1, 2])), random.choice(["FEE", "FEE", f"T{n}"]))
        )
    return found


def mark(amount: Decimal) -> str:
    return "C" if amount >= 0 else "D"


def download(account: str, name: str, number: str, opening: Decimal, lines: list[Line], begun: date) -> bytes:
    """An MT940 of several days, its opening balance dated by `begun`."""
    closing = opening + sum(x.amount for x in lines)
    entries = "".join(
        f":61:{x.day:%y%m%d}{mark(x.amount)}{abs(x.amount)},00NTRFNONREF\r\n:86:166?00X?20SVWZ+{x.text}\r\n"
        for x in lines
    )
    return (
        f":20:{name}\r\n:25:{account}\r\n:28C:{number}\r\n:60F:C{begun:%y%m%d}USD{opening},00\r\n{entries}"
        f":62F:C{lines[-1].day:%y%m%d}USD{closing},00\r\n-\r\n"
    ).encode()


def downloads(random: Random, account: str, lines: list[Line]) -> tuple[list[bytes], set[int]]:
    """Some stretches of the account, under names of their own or one for all; and the places of all lines told."""
    files, told = [], set[int]()
    for n in range(random.randint(2, 5)):
        first = random.randint(0, len(lines) - 1)
        end = random.randint(first + 1, len(lines))
        opening = Decimal(100) + sum(x.amount for x in lines[:first])
        begun = lines[first].day - timedelta(days=random.choice([0, 0, 1]))
        name, number = random.choice(["SAME", f"S{n}"]), random.choice(["1", str(n)])
        files.append(download(account, name, number, opening, lines[first:end], begun))
        told |= set(range(first, end))
    return files, told


def taken(made: Banks, account: str) -> tuple[Counter[tuple[Decimal, str]], Counter[tuple[Decimal, str]]]:
    """What is booked of an account, and what there is of it at all."""
    rows = made.database.rows(
        "select state, (content::jsonb #>> '{amount,value}')::numeric as amount, content::jsonb ->> 'remittance' as text"
        " from tieout.document where kind = 'statement_line' and state <> 'superseded'"
        " and content::jsonb ->> 'account' = %s",
        account,
    )
    said = [(r["state"], (r["amount"], r["text"])) for r in rows]
    return Counter(x for state, x in said if state != "refused"), Counter(x for _, x in said)


def test_lines_of_downloads_that_overlap_are_booked_once(database: Database) -> None:
    made = banks(database)
    for seed in SEEDS:
        random, account = Random(seed), str(10000000 + seed)
        made.map([account])
        lines = account_of(random)
        files, told = downloads(random, account, lines)
        if random.random() < 0.3:
            made.take(*files)
            made.work()
        else:
            made.give(*files)
        booked, known = taken(made, account)
        truth = Counter((x.amount, x.text) for x in lines)
        assert not booked - truth, (seed, "booked twice", booked - truth)
        left = Counter((lines[n].amount, lines[n].text) for n in told) - known
        held = database.rows(
            "select 1 from tieout.cases where cause like 'statement%%' and source_key like %s", f"{account}:%"
        )
        assert held or not left, (seed, "lost", left)
    assert not database.rows("select 1 from tieout.cases where cause = 'unreadable_message'")
