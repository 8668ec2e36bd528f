"""A statement that proves nothing and waits, beside one that proves the same under another name, of another stretch, in another
format: whoever believes it afterwards books no line a second time, and none is lost. Every file is invented."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.integration.banks import Banks, banks
from tests.integration.test_process import NOW
from tests.integration.test_statement_identity import booked
from tests.integration.test_unproven_statements import cases, unmarked
from tests.statement_files import camt, mt940, told
from tieout.planning import accept_case
from tieout.store import Database

pytestmark = pytest.mark.long

IBAN = "DE02120300000000202051"
A1, A2, A3 = ("12.50", "A1"), ("-20.00", "A2"), ("3.00", "A3")
DAY = told("S1", "1", "1000", A1, A2)
PROVEN = {
    "under another name": camt(told("S9", "9", "1000", A1, A2)),
    "in another format": mt940(told("S9", "9", "1000", A1, A2)),
    "in the evening": camt(told("S1", "1", "1000", A1, A2, A3)),
    "in the evening, under another name": camt(told("S9", "9", "1000", A1, A2, A3)),
    "its beginning": camt(told("S9", "9", "1000", A1)),
    "from its middle on": mt940(told("S9", "9", "1012.50", A2, A3)),
}


def believe(made: Banks, key: str) -> None:
    for case in cases(made):
        if case["cause"] == "statement_unproven" and case["source_key"] == key:
            with made.database.transaction() as connection:
                assert accept_case(connection, case["case_id"], "as the bank's page has it", NOW, "ann")
            made.work()


def waits(made: Banks) -> set[str]:
    rows = made.database.rows(
        "select content::jsonb ->> 'remittance' as text from tieout.document"
        " where kind = 'statement_line' and state = 'refused'"
    )
    return {row["text"] for row in rows}


@pytest.mark.parametrize("proven", list(PROVEN))
@pytest.mark.parametrize("believed", [("",), (":00001",), (":00002",), (":00001", "")])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_believed_beside_a_proof_is_booked_once(
    database: Database, proven: str, believed: tuple[str, ...], first: bool
) -> None:
    made = banks(database, IBAN)
    files = [unmarked(DAY), PROVEN[proven]]
    made.give(*(files[:1] if first else files))
    for place in believed:
        believe(made, f"{IBAN}:S1:2026-10-05{place}")
    made.give(*files[1:], *(f + b"\n" for f in files))
    assert max(Counter(booked(made)).values(), default=0) <= 1, cases(made)
    there = {"A1", "A2"} | ({"A3"} if b"A3" in PROVEN[proven] else set())
    assert there == set(booked(made)) | waits(made)


def test_what_proves_itself_goes_before_what_does_not_in_one_batch(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(unmarked(DAY))
    (case,) = [c for c in cases(made) if c["source_key"] == f"{IBAN}:S1:2026-10-05"]
    with made.database.transaction() as connection:
        assert accept_case(connection, case["case_id"], "as the bank's page has it", NOW, "ann")
    made.take(PROVEN["in another format"])
    made.work()
    assert sorted(booked(made)) == ["A1", "A2"]
