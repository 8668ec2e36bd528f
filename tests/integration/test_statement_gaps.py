"""Gaps between statements, told through the pipeline from a bank's own files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.integration.test_process import ACCOUNTS, Site
from tests.statement_files import Told, camt, told
from tests.statement_files import mt940 as mt940_of
from tieout.proofs import statement_gaps
from tieout.proofs.continuity import Frame, gaps, in_order
from tieout.proofs.ledger import provider_balances
from tieout.store import Database

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
IBAN = "DE02120300000000202051"


def mt940(reference: str, number: str, day: str, currency: str, opening: str, closing: str) -> bytes:
    """A statement of a day with one line that carries its opening balance to its closing one."""
    move = Decimal(closing.replace(",", ".")) - Decimal(opening.replace(",", "."))
    mark, amount = ("C" if move >= 0 else "D"), f"{abs(move):.2f}".replace(".", ",")
    return (
        f":20:{reference}\r\n:25:{IBAN}\r\n:28C:{number}\r\n:60F:C{day}{currency}{opening}\r\n"
        f":61:{day}{mark}{amount}NTRFNONREF//B{reference}\r\n:86:thanks\r\n:62F:C{day}{currency}{closing}\r\n-\r\n"
    ).encode()


def site(database: Database) -> Site:
    accounts = {**ACCOUNTS, f"bank.{IBAN}": "101511", "unapplied.bank": "212130"}
    return Site(database, accounts, kind="bankfile", stream="statements")


def found(made: Site, *files: bytes) -> list[dict[str, Any]]:
    made.take(*files)
    made.work()
    connection = made.database.connect(autocommit=True)
    statement_gaps(connection, NOW)
    connection.close()
    return made.database.rows(
        "select amount, currency, detail from tieout.cases where cause = 'statement_gap' and state = 'open'"
        " order by currency, amount"
    )


def test_the_tenth_statement_of_a_day_comes_after_the_ninth(database: Database) -> None:
    files = [
        mt940(f"S{n}", str(n), "261005", "USD", f"{100 + n},00", f"{101 + n},00") for n in (8, 9, 10, 11)
    ]
    assert found(site(database), *files) == []


def test_two_currencies_of_an_account_are_two_chains(database: Database) -> None:
    made = site(database)
    dollars = [
        mt940(f"U{n}", str(n), f"26100{n}", "USD", f"{100 + n},00", f"{101 + n},00") for n in (1, 2, 3)
    ]
    euros = [mt940(f"E{n}", str(n), f"26100{n}", "EUR", f"{500 + n},00", f"{501 + n},00") for n in (1, 3)]
    (gap,) = found(made, *dollars, *euros)
    assert (gap["currency"], gap["amount"]) == ("EUR", Decimal("1.00"))
    assert "3 of 2026-10-03" in gap["detail"] and "502.00" in gap["detail"]
    assert found(made, mt940("E2", "2", "261002", "EUR", "502,00", "503,00")) == []


def test_what_a_bank_holds_is_what_its_last_statement_of_the_day_says(database: Database) -> None:
    made = site(database)
    made.take(
        *(mt940(f"S{n}", str(n), "261005", "USD", f"{100 + n},00", f"{101 + n},00") for n in (10, 8, 9))
    )
    made.work()
    release = made.release()
    connection = database.connect(autocommit=True)
    held = provider_balances(
        connection, release, release.entities["US"], lambda _: None, NOW, date(2026, 10, 20)
    )
    connection.close()
    assert held == {(f"bank.{IBAN}", "USD"): Decimal("111.00")}


MONDAY, WEDNESDAY, FRIDAY = (date(2026, 10, n) for n in (5, 7, 9))
WEEK = told("WEEK", "40", "80", ("20.00", "M"), ("10.00", "W"), ("30.00", "F"), day=FRIDAY)
DAYS = {
    "monday": told("D1", "211", "80", ("20.00", "M"), day=MONDAY),
    "wednesday": told("D2", "212", "100", ("10.00", "W"), day=WEDNESDAY),
    "friday": told("D3", "213", "110", ("30.00", "F"), day=FRIDAY),
}
BEFORE = told("B", "39", "50", ("30.00", "B"), day=date(2026, 10, 2))
AFTER = told("A", "41", "140", ("1.00", "A"), day=date(2026, 10, 12))


def week(read: Any) -> bytes:
    """The statement of the week, each line on its own day."""
    mark, day = (b"<Ntry>", "{:%Y-%m-%d}") if read is camt else (b":61:", "{:%y%m%d}")
    friday = day.format(FRIDAY).encode()
    head, *lines = read(WEEK).split(mark)
    days = [day.format(d.day).encode() for d in DAYS.values()]
    head = head.replace(friday, day.format(MONDAY).encode(), 1)
    return mark.join([head, *(line.replace(friday, d, 1) for line, d in zip(lines, days, strict=True))])


@pytest.mark.parametrize(
    ("names", "around", "read"),
    [
        (("monday",), (BEFORE, AFTER), camt), (("wednesday",), (), camt), (("wednesday",), (AFTER,), mt940_of),
        (("wednesday", "friday"), (BEFORE, AFTER), mt940_of), (("friday", "monday"), (BEFORE,), camt),
    ],
)  # fmt: skip
def test_a_day_of_a_week_that_came_before_its_week_leaves_no_gap(
    database: Database, names: tuple[str, ...], around: tuple[Told, ...], read: Any
) -> None:
    made = site(database)
    for day in names:
        found(made, read(DAYS[day]))
    assert found(made, week(read), *(read(s) for s in around)) == []
    (count,) = database.rows("select count(*) as lines from tieout.document where kind = 'statement_line'")
    assert count["lines"] == 3 + len(around)


def test_a_statement_that_is_missing_beside_a_week_is_a_gap_all_the_same(database: Database) -> None:
    made = site(database)
    found(made, camt(DAYS["wednesday"]))
    late = told("A", "42", "200", ("1.00", "A"), day=date(2026, 10, 12))
    (gap,) = found(made, week(camt), camt(late))
    assert gap["amount"] == Decimal("60.00") and "42 of 2026-10-12" in gap["detail"]


@pytest.mark.parametrize("overlap", [0, 1, 2])
def test_a_missing_day_is_no_less_missing_where_the_balance_came_back(
    database: Database, overlap: int
) -> None:
    """From 0 to 5, from 5 to 3 (missing), from 3 to 0: the other way round they would carry on. Many banks date an opening
    balance with the day of the closing one before it: a day in common is none."""
    made = site(database)
    first = told("D1", "1", "0", ("5.00", "A"), day=date(2026, 10, 5))
    third = told("D3", "3", "3", ("-3.00", "C"), day=date(2026, 10, 7))
    files = [
        mt940_of(s).replace(
            f":60F:C{s.day:%y%m%d}".encode(), f":60F:C{s.day - timedelta(overlap):%y%m%d}".encode()
        )
        for s in (first, third)
    ]
    (gap,) = found(made, *files)
    assert gap["amount"] == Decimal("2.00")


def frame(key: str, begin: int, end: int, opening: int, closing: int) -> Frame:
    days = {"from_on": date(2026, 10, begin), "to_on": date(2026, 10, end)}
    return Frame(
        interface="i", entity="e", account="a", currency="USD", source_key=key, document_id=1, sequence="7", **days,
        opening=Decimal(opening), closing=Decimal(closing),
    )  # fmt: skip


def test_the_order_is_the_balances_own_where_days_overlap() -> None:
    day, first, last = frame("d", 7, 7, 100, 110), frame("w", 5, 9, 80, 100), frame("w2", 5, 9, 110, 140)
    later = frame("l", 12, 16, 140, 150)
    for chain in permutations([day, first, last, later]):
        assert [f.source_key for f in in_order(chain)] == ["w", "d", "w2", "l"]
    assert len(gaps([day, first, later])) == 1


def test_no_day_is_told_after_a_later_one_though_all_overlap() -> None:
    """From 0 to 5, from 5 to 3 (missing), from 3 to 8, from 8 to 0: with the first behind the last they would carry on."""
    first, second = frame("a", 1, 5, 0, 5), frame("b", 4, 9, 3, 8)
    third = frame("c", 6, 10, 8, 0)
    for chain in permutations([first, second, third]):
        assert [(a.source_key, b.source_key) for a, b in gaps(chain)] == [("a", "b")]
