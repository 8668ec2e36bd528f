"""What people decided of a line or a statement, and its bank tells it again: it is booked once, and never without a word.

Everything is taken as files, by the stage, on PostgreSQL. Every file is invented.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from time import sleep
from typing import Any

import pytest

from tests.integration.banks import Banks, banks
from tests.integration.test_process import NOW
from tests.integration.test_statement_identity import IBAN, booked, cases
from tests.integration.test_told_again import MON, held
from tests.statement_files import camt, mt940, ofx_lines, told
from tieout.planning import Decision, Seen, accept_case, decide_many, exclude, exclude_case
from tieout.rules import ApprovalPolicy, Step
from tieout.store import Database

NOON = told("NOON", "1", "1000", ("12.50", "A1"))
# Of the same day in other words: it is held against the first.
WORDED = told("B", "2", "1000", ("12.50", "A1, OF ACME"), ("-3.00", "A2"))
NIGHT = told("NIGHT", "3", "1000", ("12.50", "A1"), ("-3.00", "A2"), ("1.00", "A3"))


def decide(made: Banks, text: str, how: Any) -> None:
    """Accept or exclude the line of this text, or the statement where there is none."""
    rows = made.database.rows(
        "select c.case_id, d.kind, d.content::jsonb ->> 'remittance' as text from tieout.cases c"
        " join tieout.document d using (document_id) where c.state = 'open'"
    )
    (case,) = (r["case_id"] for r in rows if (r["text"] == text if text else r["kind"] == "statement"))
    with made.database.transaction() as connection:
        how(connection, case, "looked at it", NOW, "ann")
    made.work()


@pytest.mark.parametrize("rest", ["held", "excluded"])
@pytest.mark.parametrize("write", [mt940, camt])
def test_a_line_that_a_person_let_go_on_alone_is_not_booked_again_by_the_next_download(
    database: Database, rest: str, write: Any
) -> None:
    """Its statement stays held, or is left out; the line itself is booked."""
    made = banks(database, IBAN)
    made.give(write(NOON), write(WORDED))
    decide(made, "A2", accept_case)
    if rest == "excluded":
        decide(made, "", exclude_case)
    assert booked(made) == ["A1", "A2"]
    made.give(write(NIGHT))
    assert [x for x in booked(made) if x != "A3"] == ["A1", "A2"]
    assert "A3" in booked(made) or "A3" in held(made)
    made.give(write(replace(NIGHT, identifier="LATE", number="4")))
    assert [x for x in booked(made) if x != "A3"] == ["A1", "A2"] and booked(made).count("A3") <= 1


@pytest.mark.parametrize("write", [mt940, camt])
def test_what_is_held_is_no_less_so_under_another_name(database: Database, write: Any) -> None:
    made = banks(database, IBAN)
    made.give(write(NOON), write(WORDED), write(replace(WORDED, identifier="C", number="3")))
    assert booked(made) == ["A1"]


def test_a_statement_that_was_accepted_is_not_booked_again_by_one_that_says_the_same(
    database: Database,
) -> None:
    """Two files say the same against a third: once a person accepted the first of them, the other one says that it is that."""
    made = banks(database, IBAN)
    made.give(mt940(NOON), mt940(WORDED), mt940(replace(WORDED, identifier="C", number="3")))
    case = next(c for c in cases(made) if c["amount"] == 0)
    with database.transaction() as connection:
        accept_case(connection, case["case_id"], "it is right", NOW, "ann")
    made.work()
    assert booked(made) == ["A1", "A1, OF ACME", "A2"]
    assert held(made) == ["A1, OF ACME", "A2"]
    assert [c["cause"] for c in cases(made) if c["amount"] == 0] == ["statement_repeated"]


ALIKE = ["NL69INGB0123456789", "NL69INGB0123456789USD", "0123456789", "123456789", "XXXX6789"]


@pytest.mark.parametrize(("first", "second"), list(permutations(ALIKE, 2)))
def test_two_spellings_of_an_account_in_one_batch_are_booked_once(
    database: Database, first: str, second: str
) -> None:
    made = banks(database, *ALIKE)
    made.take(*(ofx_lines((MON, "12.50", f"F{n}", "A1"), account=a) for n, a in enumerate((first, second))))
    made.work()
    assert booked(made) == ["A1"] and [c["cause"] for c in cases(made)] == ["line_told_elsewhere"]


def test_two_statements_of_an_account_in_two_spellings_in_one_batch_are_booked_once(
    database: Database,
) -> None:
    made = banks(database, *ALIKE)
    made.take(camt(replace(NOON, account=ALIKE[2])), mt940(replace(NOON, account=ALIKE[3])))
    made.work()
    assert booked(made) == ["A1"] and [c["cause"] for c in cases(made)] == ["line_told_elsewhere"]


LARGE = ApprovalPolicy(
    "large exclusions", 'action == "exclude" && company_amount >= 100000', (Step("controller"),)
)


def test_a_statement_is_excluded_for_what_its_lines_hold(database: Database) -> None:
    """Its own case is of no money; with it go its lines, and a policy asks for what they come to."""
    made = banks(database, IBAN)
    large = told("B", "2", "1000", ("12.50", "A1, OF ACME"), ("600.00", "A2"), ("-600.00", "A3"))
    made.give(mt940(NOON), mt940(large))
    (frame,) = (c for c in cases(made) if c["amount"] == 0)
    release = replace(made.release(), policies=(LARGE,))
    with database.transaction() as connection:
        assert exclude(connection, release, frame["case_id"], "the bank took it back", NOW, "ann")
    (row,) = database.rows("select amount, company_amount from tieout.approval_request")
    assert row == {"amount": Decimal("1212.50"), "company_amount": Decimal("1212.50")}
    made.work()
    assert len(held(made)) == 3


def test_a_statement_and_its_lines_are_excluded_in_one_decision_for_what_they_are_together(
    database: Database,
) -> None:
    made = banks(database, IBAN)
    made.give(mt940(NOON), mt940(told("B", "2", "1000", ("12.50", "A1, OF ACME"), ("600.00", "A2"))))
    release = replace(made.release(), policies=(LARGE,))
    seen = tuple(Seen(c["case_id"], 1) for c in cases(made))
    with database.transaction() as connection:
        done = decide_many(
            connection, release, Decision("exclude", seen, "taken back"), person="ann", may=lambda _: "", now=NOW
        )  # fmt: skip
    assert {o.outcome for o in done.outcomes} <= {"done", "left"}
    made.work()
    assert booked(made) == ["A1"] and not held(made) and not cases(made)


def test_who_excludes_what_another_lets_go_on_at_the_same_time_is_told(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(mt940(NOON), mt940(WORDED))
    (case,) = (c["case_id"] for c in cases(made) if c["amount"] == Decimal("3.00"))
    first, second = database.connect(), database.connect()
    try:
        accept_case(first, case, "it is right", NOW, "ann")
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(exclude, second, made.release(), case, "it is wrong", NOW, "bob")
            waits_for_another(database)
            first.commit()
            with pytest.raises(ValueError, match="at the same time"):
                late.result(30)
    finally:
        first.close()
        second.close()
    made.work()
    assert booked(made) == ["A1", "A2"]


def waits_for_another(database: Database) -> None:
    """Until a session waits for a lock of another one."""
    for _ in range(3000):
        if database.rows("select 1 from pg_locks where not granted and pid <> pg_backend_pid()"):
            return
        sleep(0.01)
    raise AssertionError("nobody waits")
