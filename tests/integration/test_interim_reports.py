"""Interim reports book nothing, and are a case where no statement of their day comes: nothing is dropped without a word.

Sources: BAI, Cash Management Balance Reporting Specifications, version 2 (as-of-date modifiers 1 to 4); SWIFT MT942; ISO 20022
camt.052. Every file is invented.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.banks import Banks, banks
from tests.integration.test_process import NOW
from tests.integration.test_statement_identity import IBAN, booked, cases
from tests.statement_files import Told, bai2, camt, mt940, told
from tieout.store import Database

DAY = told("START", "1", "1000", ("12.50", "A1"), ("-3.00", "A2"))


def interim_bai2(modifier: str) -> Any:
    def write(statement: Told) -> bytes:
        return bai2(statement).replace(b",USD,2/", f",USD,{modifier}/".encode())

    return write


def mt942(statement: Told) -> bytes:
    day, entries = f"{statement.day:%y%m%d}", statement.entries
    lines = "".join(
        f":61:{day}{'C' if e.amount > 0 else 'D'}{abs(e.amount):.2f}NTRFNONREF\r\n:86:166?00X?20SVWZ+{e.text}\r\n".replace(
            ".", ",", 1
        )
        for e in entries
    )
    return f":20:X\r\n:25:{statement.account}\r\n:28C:1\r\n:34F:USDD0,\r\n:13D:{day}1200+0100\r\n{lines}-\r\n".encode()


def camt052(statement: Told) -> bytes:
    return (
        camt(statement).replace(b"camt.053", b"camt.052").replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt").replace(b"Stmt>", b"Rpt>")
    )  # fmt: skip


WRITERS = [interim_bai2("1"), interim_bai2("3"), mt942, camt052]


def later(made: Banks, days: int) -> None:
    """What waits is looked at again after this many days."""
    made.clock.at = NOW + timedelta(days=days)
    made.work()


@pytest.mark.parametrize("write", WRITERS)
def test_a_day_of_which_only_interim_reports_came_is_a_case(database: Database, write: Any) -> None:
    made = banks(database, IBAN)
    made.give(write(DAY))
    later(made, 2)
    assert not booked(made) and not cases(made)
    later(made, 6)
    assert not booked(made)
    (case,) = cases(made)
    assert (case["cause"], case["amount"]) == ("interim_only", Decimal("9.50"))
    assert "2 lines" in case["detail"] and "2026-10-05" in case["detail"]


@pytest.mark.parametrize(
    ("write", "final"), [(WRITERS[0], bai2), (WRITERS[1], bai2), (mt942, mt940), (camt052, camt)]
)
@pytest.mark.parametrize("late", [False, True])
def test_the_days_statement_ends_what_waits_for_it(
    database: Database, write: Any, final: Any, late: bool
) -> None:
    made = banks(database, IBAN)
    made.give(write(replace(DAY, entries=DAY.entries[:1])), write(DAY))
    later(made, 6 if late else 1)
    assert bool(cases(made)) is late
    made.give(final(DAY))
    later(made, 7)
    assert booked(made) == ["A1", "A2"] and not cases(made)
    made.give(write(replace(DAY, entries=(*DAY.entries, *DAY.entries))))
    later(made, 8)
    assert booked(made) == ["A1", "A2"] and not cases(made)


def test_the_last_report_of_a_day_is_the_one_that_is_missed(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(
        mt942(replace(DAY, entries=DAY.entries[:1])), mt942(DAY), mt942(replace(DAY, day=date(2026, 10, 6)))
    )
    later(made, 9)
    assert sorted(c["amount"] for c in cases(made)) == [Decimal("9.50")] * 2


def test_a_statement_of_another_day_or_account_ends_nothing(database: Database) -> None:
    other = "DE75512108001245126199"
    made = banks(database, IBAN, other)
    made.give(mt942(DAY), camt(replace(DAY, day=date(2026, 10, 6))), camt(replace(DAY, account=other)))
    later(made, 6)
    assert [c["cause"] for c in cases(made)] == ["interim_only"]


@pytest.mark.parametrize("write", [mt940, camt])
def test_a_statement_that_only_begins_with_a_days_balance_ends_nothing(
    database: Database, write: Any
) -> None:
    """Most banks date an opening balance by the day before: the day itself is told by nobody."""
    made = banks(database, IBAN)
    next_day = told("NEXT", "2", "1009.50", ("1.00", "B1"), day=date(2026, 10, 6))
    file = write(next_day).replace(b":60F:C261006", b":60F:C261005")
    opening = b"<Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='USD'>1009.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-10-0"
    assert write is mt940 or opening in file
    made.give(mt942(DAY), file.replace(opening + b"6", opening + b"5"))
    later(made, 6)
    assert [c["cause"] for c in cases(made)] == ["interim_only"]
    made.give(write(replace(DAY, identifier="FIVE", number="5")))
    later(made, 7)
    assert not [c for c in cases(made) if c["cause"] == "interim_only"]


def test_a_test_of_a_bank_is_missed_by_nobody(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(interim_bai2("3")(DAY).replace(b"02,RECEIVER,SENDER,1,", b"02,RECEIVER,SENDER,4,"))
    later(made, 9)
    assert not cases(made)
