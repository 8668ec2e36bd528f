"""Statements that bear one name: the same one adds nothing, others are booked whole, and what contradicts is a case.

Everything is taken as files, by the stage, on PostgreSQL. Sources of the shapes: SWIFT MT940 (:28C: is the statement's
number and the sequence of the message within it; :20: names the message alone); ISO 20022 camt.053 (Id, ElctrncSeqNb,
StmtPgntn); BAI2 version 2 (a group is named by its day). Every file is invented.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as replace_struct

from tests.integration.banks import Banks, banks
from tests.integration.test_process import NOW
from tests.statement_files import bai2, camt, mt940, told
from tieout.connectors.bankfile import normalise
from tieout.money import Period
from tieout.planning import accept_case, exclude_case, process
from tieout.proofs import statement_gaps, take_control_totals
from tieout.store import Database

pytestmark = pytest.mark.long

IBAN = "DE02120300000000202051"
U = told("START", "1", "1000", ("12.50", "A1"))
# Carries on from U under the same name: a second statement of the day.
NEXT = told("START", "1", "1012.50", ("12.50", "A2"))
# Calls itself the same as U, begins where it does, and says something else.
OTHER = told("START", "1", "1000", ("-3.00", "A3"), ("12.50", "A1"))
# So does this, and it says all that U says before anything else: U is what was downloaded before it.
LONGER = told("START", "1", "1000", ("12.50", "A1"), ("-3.00", "A3"))


def site(database: Database) -> Banks:
    return banks(database, IBAN)


def lines(made: Banks) -> list[tuple[str, Decimal, str]]:
    """(state, amount, text) of every line that a document is of."""
    rows = made.database.rows(
        "select state, content::jsonb #>> '{amount,value}' as amount,"
        " content::jsonb ->> 'remittance' as text from tieout.document where kind = 'statement_line'"
        # What only tells again what was booked counts for nothing.
        " and (measure_count > 0 or state = 'refused') order by 3, 1, 2"
    )
    return [(r["state"], Decimal(r["amount"]), r["text"]) for r in rows]


def booked(made: Banks) -> list[str]:
    return [text for state, _, text in lines(made) if state in ("planned", "posted")]


def cases(made: Banks, cause: str = "") -> list[dict[str, Any]]:
    found = made.database.rows(
        "select case_id, cause, source_key, amount, detail, document_id, state from tieout.cases"
        " where cause <> 'unmatched_bank_line' order by source_key"
    )
    return [r for r in found if r["state"] == "open" and cause in ("", r["cause"])]


@pytest.mark.parametrize("write", [mt940, camt, bai2])
@pytest.mark.parametrize("together", [True, False])
def test_two_currencies_of_one_account_are_two_statements(
    database: Database, write: Any, together: bool
) -> None:
    made = site(database)
    dollars = told("START", "1", "500", ("7.00", "D1"))
    euros = told("START", "1", "500", ("9.00", "E1"), currency="EUR")
    made.give(*([write(dollars, euros)] if together else [write(dollars), write(euros)]))
    assert booked(made) == ["D1", "E1"] and not cases(made)


@pytest.mark.parametrize("write", [mt940, camt])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_pages_of_one_statement_are_all_booked_in_any_order(
    database: Database, write: Any, order: tuple[int, ...]
) -> None:
    made = site(database)
    pages = [
        told("START", "7", "1000", ("12.50", "P1"), last_page=False),
        told("START", "7", "1012.50", ("-2.50", "P2"), page=2, last_page=False),
        told("START", "7", "1010", ("1.00", "P3"), ("1.00", "P3"), page=3),
    ]
    made.give(*(write(pages[n]) for n in order))
    assert booked(made) == ["P1", "P2", "P3", "P3"] and not cases(made)
    before = made.counts()
    made.give(write(*pages), write(*(pages[n] for n in order), tail="\n"), write(pages[1], tail="\n\n"))
    assert made.counts() == before


@pytest.mark.parametrize("write", [mt940, camt, bai2])
@pytest.mark.parametrize("files", [[[U, NEXT]], [[NEXT, U]], [[U], [NEXT]], [[NEXT], [U]]])
def test_a_second_statement_of_a_day_under_the_same_name_is_booked(
    database: Database, write: Any, files: Any
) -> None:
    made = site(database)
    made.give(*(write(*file) for file in files))
    assert booked(made) == ["A1", "A2"] and not cases(made)
    before = made.counts()
    made.give(write(U, NEXT, tail="\n"), write(NEXT, tail="\n"))
    assert made.counts() == before


def test_both_in_one_batch_are_as_one_after_the_other(database: Database) -> None:
    made = site(database)
    made.take(mt940(NEXT), mt940(U), mt940(U, tail="\r\n"))
    made.work()
    assert booked(made) == ["A1", "A2"] and not cases(made)


def test_a_third_statement_waits_in_a_case_until_what_is_between_came(database: Database) -> None:
    made = site(database)
    third = told("START", "1", "1025", ("-1.00", "A4"))
    made.give(mt940(U), mt940(third))
    assert booked(made) == ["A1"]
    assert {c["cause"] for c in cases(made)} == {"statement_contradicts"}
    made.give(mt940(NEXT))
    assert booked(made) == ["A1", "A2", "A4"] and not cases(made)


@pytest.mark.parametrize("write", [mt940, camt, bai2])
@pytest.mark.parametrize("files", [[U, LONGER], [LONGER, U], [U, U, LONGER, U, LONGER]])
def test_one_that_says_all_that_another_says_and_goes_on_is_a_later_download_of_it(
    database: Database, write: Any, files: Any
) -> None:
    made = site(database)
    made.give(*(write(file, tail="\n" * n) for n, file in enumerate(files)))
    assert lines(made) == [("planned", Decimal("12.50"), "A1"), ("planned", Decimal("-3.00"), "A3")]
    assert not cases(made)


@pytest.mark.parametrize("write", [mt940, camt, bai2])
def test_a_contradiction_is_a_case_and_solves_nobody_elses(database: Database, write: Any) -> None:
    made = site(database)
    del made.accounts["unapplied.bank"]
    made.give(write(U))
    assert [c["cause"] for c in cases(made)] == ["unmapped_account"]
    made.give(write(OTHER))
    # What both say is one line, in the case of the first; the rest is in the second's.
    assert lines(made) == [("refused", Decimal("12.50"), "A1"), ("refused", Decimal("-3.00"), "A3")]
    assert [c["cause"] for c in cases(made)] == ["unmapped_account", *["statement_contradicts"] * 2]
    assert {c["amount"] for c in cases(made, "statement_contradicts")} == {Decimal(0), Decimal("3.00")}
    before = made.counts()
    made.give(write(OTHER, tail="\n"), write(U, tail="\n"))
    assert made.counts() == before


def test_of_a_contradiction_the_first_is_booked_whichever_came_first(database: Database) -> None:
    made = site(database)
    made.give(mt940(OTHER), mt940(U))
    assert booked(made) == ["A1", "A3"]
    (case,) = cases(made)
    assert case["cause"] == "statement_contradicts" and "1009.50" in case["detail"]


def test_the_same_money_in_other_words_is_a_case(database: Database) -> None:
    made = site(database)
    made.give(mt940(U), mt940(told("START", "1", "1000", ("12.50", "SOMEBODY ELSE"))))
    assert booked(made) == ["A1"] and len(cases(made, "statement_contradicts")) == 2


def test_other_words_are_a_case_though_they_lead_up_to_what_follows(database: Database) -> None:
    made = site(database)
    made.give(mt940(U), mt940(NEXT), mt940(told("START", "1", "1000", ("12.50", "SOMEBODY ELSE"))))
    assert booked(made) == ["A1", "A2"] and len(cases(made, "statement_contradicts")) == 2


def test_words_that_are_only_broken_otherwise_are_the_same(database: Database) -> None:
    made = site(database)
    made.give(mt940(told("START", "1", "1000", ("12.50", "RENT OCTOBER"))))
    made.give(mt940(told("START", "1", "1000", ("12.50", "RENT  OCTO BER"))))
    assert booked(made) == ["RENT OCTOBER"] and not cases(made) and len(lines(made)) == 1


def test_one_statement_twice_in_one_file_is_booked_once_and_a_case(database: Database) -> None:
    made = site(database)
    made.give(mt940(U, U))
    assert lines(made) == [("planned", Decimal("12.50"), "A1"), ("refused", Decimal("12.50"), "A1")]
    assert {c["cause"] for c in cases(made)} == {"statement_repeated"}
    before = made.counts()
    made.give(mt940(U), mt940(U, U, tail="\r\n"))
    assert made.counts() == before


def test_the_same_statement_under_another_number_is_not_booked_twice(database: Database) -> None:
    made = site(database)
    made.give(mt940(U), mt940(told("START", "2", "1000", ("12.50", "A1"))))
    assert booked(made) == ["A1"] and {c["cause"] for c in cases(made)} == {"statement_repeated"}


@pytest.mark.parametrize("write", [mt940, camt])
@pytest.mark.parametrize("name", ["OTHER", "START"])
def test_the_same_statement_under_another_name_is_not_booked_twice(
    database: Database, write: Any, name: str
) -> None:
    """Some banks make :20: anew for each download."""
    made = site(database)
    made.give(write(U), write(replace(U, identifier="OTHER")), write(replace(U, identifier=name, number="3")))
    assert booked(made) == ["A1"] and {c["cause"] for c in cases(made)} == {"statement_repeated"}
    before = made.counts()
    made.give(*(write(replace(U, identifier=n), tail="\n") for n in ("OTHER", "START")))
    assert made.counts() == before
    # What goes on from there is another one, with equal lines or not.
    made.give(write(replace(NEXT, identifier="OTHER", entries=U.entries)))
    assert booked(made) == ["A1", "A1"]


@pytest.mark.parametrize("write", [mt940, camt])
@pytest.mark.parametrize("number", ["1", "2"])
def test_a_statement_that_comes_to_nothing_is_not_booked_twice_under_another_name(
    database: Database, write: Any, number: str
) -> None:
    """What comes in and goes out on one day leaves the balance where it was: no gap would tell of the second."""
    made = site(database)
    nothing = told("START", "1", "1000", ("12.50", "A1"), ("-12.50", "A2"))
    made.give(write(nothing), write(replace(nothing, identifier="OTHER", number=number)))
    assert booked(made) == ["A1", "A2"] and {c["cause"] for c in cases(made)} == {"statement_repeated"}


def test_an_empty_statement_contradicts_none(database: Database) -> None:
    made = site(database)
    nothing = told("START", "1", "1000")
    made.give(mt940(nothing), mt940(U), mt940(nothing, nothing))
    assert booked(made) == ["A1"] and not cases(made)


def test_a_person_who_accepts_the_statement_accepts_its_lines(database: Database) -> None:
    made = site(database)
    made.give(mt940(U, U))
    (statement,) = (c for c in cases(made) if c["amount"] == 0)
    with database.transaction() as connection:
        assert accept_case(connection, statement["case_id"], "two payments, the bank says", NOW, "ann")
    made.work()
    assert booked(made) == ["A1", "A1"] and not cases(made)


def test_a_person_who_excludes_the_statement_excludes_its_lines(database: Database) -> None:
    made = site(database)
    made.give(mt940(U), mt940(OTHER))
    (statement,) = (c for c in cases(made) if c["amount"] == 0)
    with database.transaction() as connection:
        assert exclude_case(connection, statement["case_id"], "it was recalled", NOW, "ann")
    made.work()
    assert booked(made) == ["A1"] and not cases(made)
    assert ("excluded", Decimal("-3.00"), "A3") in lines(made)


def test_a_statement_that_is_held_or_left_out_leaves_no_gap(database: Database) -> None:
    made = site(database)

    def gaps() -> int:
        connection = database.connect(autocommit=True)
        statement_gaps(connection, NOW)
        connection.close()
        return len(cases(made, "statement_gap"))

    made.give(mt940(U, U), mt940(replace(NEXT, day=date(2026, 10, 6))))
    assert gaps() == 0
    (statement,) = (c for c in cases(made) if c["amount"] == 0)
    with database.transaction() as connection:
        exclude_case(connection, statement["case_id"], "sent twice", NOW, "ann")
    made.work()
    assert gaps() == 0 and not cases(made)


@pytest.mark.parametrize("second", [OTHER, LONGER])
def test_a_banks_own_sums_count_each_line_once(database: Database, second: Any) -> None:
    """Where two statements tell of one line, both state sums of it."""
    made = site(database)
    made.give(camt(U, summed=True), camt(second, summed=True))
    connection, release = database.connect(autocommit=True), made.release()
    take_control_totals(connection, release, lambda _: None, Period(2026, 10), NOW)
    connection.close()
    (row,) = database.rows("select count, debit, credit from tieout.control_total")
    assert (row["count"], row["debit"], row["credit"]) == (2, Decimal("12.50"), Decimal("3.00"))
    held = database.rows(
        "select sum(measure_count)::int as count, sum(measure_debit) as debit, sum(measure_credit) as credit"
        " from tieout.document where kind = 'statement_line'"
    )
    assert held == [row]


def test_one_line_may_be_accepted_alone(database: Database) -> None:
    made = site(database)
    made.give(mt940(U), mt940(told("START", "1", "1000", ("-3.00", "A3"), ("12.50", "A1"), ("-4.00", "A4"))))
    (case,) = (c for c in cases(made) if c["amount"] == 3)
    with database.transaction() as connection:
        assert accept_case(connection, case["case_id"], "the bank says so", NOW, "ann")
    made.work()
    assert booked(made) == ["A1", "A3"] and len(cases(made)) == 2


# Files of others

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "cases"


def reported(name: str) -> bytes:
    path = CASES / name
    if not path.is_file():
        pytest.skip("../shared/data is not here")
    return path.read_bytes()


def test_the_pages_that_were_reported_are_both_booked(database: Database) -> None:
    made = banks(database, "0000177352")
    made.give(reported("mt-pages.sta"))
    assert sorted(amount for _, amount, _ in lines(made)) == [Decimal("-2.50"), Decimal("12.50")]
    assert len(booked(made)) == 2 and not cases(made)


def test_the_number_that_was_reported_twice_is_a_case(database: Database) -> None:
    made = banks(database, "NL91ABNA0417164300")
    made.give(reported("mt-same-number-twice.sta"))
    assert len(booked(made)) == 1 and {c["cause"] for c in cases(made)} == {"statement_repeated"}


# What older versions took


def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take files as versions before this one did: a name is a key, and the last of a key is the document."""
    monkeypatch.setattr(process, "tell_apart", lambda connection, interface, arrived, again: list(arrived))


PAGES = (
    told("START", "7", "1000", ("12.50", "P1"), last_page=False),
    told("START", "7", "1012.50", ("-2.50", "P2"), page=2),
)


@pytest.mark.parametrize("write", [mt940, camt])
def test_a_line_that_an_older_version_lost_is_booked_once_its_file_comes_again(
    database: Database, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = site(database)
    with monkeypatch.context() as older:
        as_before(older)
        made.give(write(*PAGES))
    assert booked(made) == ["P2"]
    effects = database.rows("select external_id from tieout.delivery")
    made.give(write(*PAGES, tail="\n"))
    assert booked(made) == ["P1", "P2"] and not cases(made)
    assert [e for e in database.rows("select external_id from tieout.delivery") if e in effects] == effects
    before = made.counts()
    made.give(write(PAGES[1]), write(PAGES[0]))
    assert made.counts() == before


@pytest.mark.parametrize("write", [mt940, camt, bai2])
@pytest.mark.parametrize("second", [NEXT, OTHER, LONGER, PAGES[1], replace(U, currency="EUR")])
def test_old_files_change_nothing_where_one_took_the_place_of_another(
    database: Database, write: Any, second: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = site(database)
    with monkeypatch.context() as older:
        as_before(older)
        made.give(write(U), write(second))
    state = "select document_id, source_key, revision, state, measure_debit from tieout.document order by 1"
    documents = database.rows(state)
    effects = database.rows("select delivery_id, external_id, state from tieout.delivery order by 1")
    made.give(write(U, tail="\n"), write(second, tail="\n"))
    assert database.rows(state)[: len(documents)] == documents
    assert database.rows("select delivery_id, external_id, state from tieout.delivery order by 1") == effects
    # What the older version took for another telling of what was booked is found by now.
    held = [text for state, _, text in lines(made) if state == "refused"]
    assert len({"A1", *(e.text for e in second.entries)} - {*booked(made), *held}) == 0


def test_a_line_that_an_older_version_took_for_another_is_in_a_case_once_its_file_comes_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two statements of a day under one name, with one equal line each: nobody saw that it was another one."""
    made, again = site(database), told("START", "1", "1012.50", ("12.50", "A1"))
    with monkeypatch.context() as older:
        as_before(older)
        made.give(mt940(U), mt940(again))
    assert lines(made) == [("planned", Decimal("12.50"), "A1")]
    made.give(mt940(U, tail="\n"), mt940(again, tail="\n"))
    assert lines(made) == [("planned", Decimal("12.50"), "A1"), ("refused", Decimal("12.50"), "A1")]


def test_what_our_own_reader_reads_otherwise_now_is_known_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older reader knew fewer words, and made one line of two."""
    made, read = site(database), normalise._documents
    whole = told("START", "1", "1000", ("12.50", "A1"), ("1.00", "A2"))

    def older_reading(statement: Any) -> Any:
        frame, (first, second) = read(statement)
        amount = replace_struct(first.amount, value=first.amount.value + second.amount.value)
        return replace_struct(frame, line_count=1), [replace_struct(first, amount=amount, remittance="")]

    with monkeypatch.context() as older:
        older.setattr(normalise, "_documents", older_reading)
        made.give(mt940(whole))
    assert lines(made) == [("planned", Decimal("13.50"), "")]
    before = made.counts()
    made.give(mt940(whole, tail="\n"))
    assert made.counts() == before
    # What differs in itself is a case all the same.
    made.give(mt940(told("START", "1", "1000", ("12.50", "A1"), ("1.00", "ANOTHER"))))
    assert len(cases(made, "statement_contradicts")) == 3 and booked(made) == [""]


def test_a_statement_that_somebody_changed_in_the_database_lets_none_of_its_name_be_booked(
    database: Database,
) -> None:
    made = site(database)
    made.give(mt940(U))
    with database.transaction() as connection:
        connection.execute(
            "update tieout.document set content = replace(content, '1012.50', '1011.50') where kind = 'statement'"
        )
    made.give(mt940(OTHER))
    assert booked(made) == ["A1"] and len(cases(made, "statement_contradicts")) == 3
