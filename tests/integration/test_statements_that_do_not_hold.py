"""Statements whose closing balance leaves out a booked entry: a case that names the difference, and nothing is booked.

The shape is that of a published sample of PostFinance's test platform (moov-io/iso20022, test/testdata/
camt.053_P_CH2909000000250094239_1110092698_0_2020112503071366.xml): five entries of one booking day, of which the fourth has the next day's
value, and CLBD is without it (FWAV has it). ISO 20022 says that CLBD holds all entries booked on its day. Every file is invented.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.integration.banks import Banks, banks
from tests.statement_files import Told, camt, mt940, told
from tieout.store import Database

IBAN = "DE02120300000000202051"
DAY = told(
    "S1",
    "118",
    "2119.93",
    ("4.50", "A1"),
    ("-77.70", "A2"),
    ("1500.00", "A3"),
    ("1537.00", "A4"),
    ("92.22", "A5"),
)
NEXT = told("S2", "119", "5176.00", ("1.00", "B1"), day=date(2026, 10, 6))


def leaving_out(statement: Told, *texts: str) -> bytes:
    """A CAMT whose closing balance is without these entries, which have the next day's value; FWAV holds them."""
    out = [e for e in statement.entries if e.text in texts]
    short = statement.closing - sum((e.amount for e in out), Decimal(0))
    raw = camt(statement).decode()
    closing = f"{statement.closing:.2f}</Amt>"
    head, _, rest = raw.rpartition(closing)
    assert "CLBD" in head
    forward = raw[raw.rindex("<Bal>") : raw.rindex("</Bal>") + 6].replace("CLBD", "FWAV")
    raw = f"{head}{short:.2f}</Amt>{rest}".replace("<Ntry>", f"{forward}<Ntry>", 1)
    for entry in out:
        begin = raw.rindex("<Ntry>", 0, raw.index(f"<Ustrd>{entry.text}<"))
        valued = raw[begin:].replace("</BookgDt>", "</BookgDt><ValDt><Dt>2026-10-06</Dt></ValDt>", 1)
        raw = raw[:begin] + valued
    return raw.encode()


def found(made: Banks) -> list[dict[str, object]]:
    return made.database.rows(
        "select cause, state, detail, recovery from tieout.cases where cause <> 'unmatched_bank_line' order by case_id"
    )


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (("A4",), "-1537.00"),
        # Its relatives: a debit, the first and the last, several of both sides.
        (("A2",), "77.70"),
        (("A1", "A5"), "-96.72"),
        (("A2", "A3", "A4"), "-2959.30"),
    ],
)
def test_a_closing_balance_without_an_entry_is_a_case_with_the_difference(
    database: Database, texts: tuple[str, ...], left: str
) -> None:
    made = banks(database, IBAN)
    made.give(leaving_out(DAY, *texts))
    (case,) = found(made)
    assert case["cause"] == "statement_does_not_hold" and case["state"] == "open"
    assert f": {left} is left" in str(case["detail"]) and f"statement 118 of {IBAN}" in str(case["detail"])
    assert "ask the bank" in str(case["recovery"])
    assert made.counts() == {"documents": 0, "effects": 0, "cases": 1}


def test_so_it_is_in_mt940(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(mt940(replace(DAY, entries=DAY.entries[:3])).replace(b"C4,50", b"C5,50"))
    (case,) = found(made)
    assert case["cause"] == "statement_does_not_hold" and ": -1.00 is left" in str(case["detail"])


def test_the_bytes_again_are_nothing_and_a_file_that_holds_is_booked(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(leaving_out(DAY, "A4"), leaving_out(DAY, "A4"))
    assert len(found(made)) == 1
    made.give(camt(DAY), camt(NEXT))
    booked = made.database.rows(
        "select content::jsonb ->> 'remittance' as text from tieout.document where kind = 'statement_line'"
        " and state in ('planned', 'posted') order by 1"
    )
    assert [r["text"] for r in booked] == ["A1", "A2", "A3", "A4", "A5", "B1"]
