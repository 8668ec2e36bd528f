"""What a bank tells again under another name, in another format or in other words is booked once, and nothing is lost.

Everything is taken as files, by the stage, on PostgreSQL. Sources of the shapes: SWIFT MT940 and ISO 20022 camt.053 name each
download anew (:20:, Id); OFX 1.6, 11.4.2.3 (a FITID is one transaction's, in every file). Every file is invented.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.integration.banks import Banks, banks
from tests.integration.test_process import NOW
from tests.integration.test_statement_identity import IBAN, booked, cases, lines
from tests.statement_files import bai2, camt, csv, mt940, ofx_lines, told
from tieout.planning import accept_case, exclude_case
from tieout.proofs import statement_gaps
from tieout.store import Database

pytestmark = pytest.mark.long

DAYS = [date(2026, 10, n) for n in range(5, 10)]
MON, TUE, WED, THU, FRI = DAYS
TEXT = {date(2026, 10, n): f"D{n}" for n in range(5, 10)}


def held(made: Banks) -> list[str]:
    return [text for state, _, text in lines(made) if state == "refused"]


def no_gap(made: Banks) -> bool:
    connection = made.database.connect(autocommit=True)
    statement_gaps(connection, NOW)
    connection.close()
    return not cases(made, "statement_gap")


NOON = told("NOON", "1", "1000", ("12.50", "A1"))
EVENING = told("EVENING", "2", "1000", ("12.50", "A1"), ("-3.00", "A2"), ("-3.00", "A2"))
NIGHT = told("NIGHT", "3", "1000", ("12.50", "A1"), ("-3.00", "A2"), ("-3.00", "A2"), ("1.00", "A3"))


@pytest.mark.parametrize("write", [mt940, camt])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_day_that_is_downloaded_three_times_is_booked_once(
    database: Database, write: Any, order: tuple[int, ...]
) -> None:
    made = banks(database, IBAN)
    files = [write(x) for x in (NOON, EVENING, NIGHT)]
    made.give(*(files[n] for n in order))
    assert booked(made) == ["A1", "A2", "A2", "A3"] and not cases(made) and no_gap(made)
    before = made.counts()
    made.give(*(write(x, tail="\n") for x in (EVENING, NOON, NIGHT)))
    assert made.counts() == before


def test_all_downloads_of_a_day_in_one_batch_are_booked_once(database: Database) -> None:
    made = banks(database, IBAN)
    made.take(mt940(NIGHT), mt940(NOON), mt940(EVENING))
    made.work()
    assert booked(made) == ["A1", "A2", "A2", "A3"] and not cases(made)


# Sparkassen and VR banks call every download the same (:20:STARTUMS, :28C:00000/001).
ALIKE = [replace(x, identifier="STARTUMS", number="00000") for x in (NOON, EVENING, NIGHT)]


@pytest.mark.parametrize("write", [mt940, camt, bai2])
@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_downloads_of_a_day_that_all_have_one_name_are_booked_once(
    database: Database, write: Any, order: tuple[int, ...], together: bool
) -> None:
    made = banks(database, IBAN)
    files = [write(ALIKE[n]) for n in order]
    made.take(*files) if together else made.give(*files)
    made.work()
    assert booked(made) == ["A1", "A2", "A2", "A3"] and not cases(made) and no_gap(made)
    before = made.counts()
    made.give(*(write(x, tail="\n") for x in (ALIKE[1], ALIKE[0], ALIKE[2])))
    assert made.counts() == before


def test_three_downloads_of_one_name_in_one_file_are_booked_once(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(mt940(*ALIKE))
    assert booked(made) == ["A1", "A2", "A2", "A3"] and not cases(made) and no_gap(made)


@pytest.mark.parametrize(
    ("later", "only"),
    [
        # The second line is gone, has another amount, has other words, comes first.
        ((("12.50", "A1"), ("1.00", "A3")), ["A3"]),
        ((("12.50", "A1"), ("-4.00", "A2"), ("1.00", "A3")), ["A2", "A3"]),
        ((("12.50", "A1"), ("-3.00", "A2, OF ACME"), ("1.00", "A3")), ["A2, OF ACME", "A3"]),
        ((("-3.00", "A2"), ("12.50", "A1"), ("1.00", "A3")), ["A3"]),
        # As many lines as before, and fewer.
        ((("12.50", "A1"), ("-3.00", "ANOTHER")), ["ANOTHER"]),
        ((("-3.00", "A2"),), []),
    ],
)
def test_a_later_download_of_one_name_that_tells_otherwise_is_a_case(
    database: Database, later: tuple[tuple[str, str], ...], only: list[str]
) -> None:
    made = banks(database, IBAN)
    first = told("STARTUMS", "00000", "1000", ("12.50", "A1"), ("-3.00", "A2"))
    made.give(mt940(first), mt940(told("STARTUMS", "00000", "1000", *later)))
    assert booked(made) == ["A1", "A2"]
    assert {c["cause"] for c in cases(made)} == {"statement_contradicts"}
    # What both say is one line.
    assert held(made) == only


def test_a_download_whose_account_came_back_to_its_balance_is_a_case(database: Database) -> None:
    """It may tell the same lines, or others of the same words."""
    made = banks(database, IBAN)
    lines_of_noon = (("5.00", "IN"), ("-5.00", "OUT"))
    made.give(
        mt940(told("STARTUMS", "0", "1000", *lines_of_noon)),
        mt940(told("STARTUMS", "0", "1000", *lines_of_noon, ("3.00", "A3"))),
    )
    assert booked(made) == ["IN", "OUT"] and held(made) == ["A3"]


def test_a_longer_download_whose_further_line_another_statement_knows_nothing_of_is_a_case(
    database: Database,
) -> None:
    """The account goes on from noon by another line, says a statement of another number."""
    made = banks(database, IBAN)
    noon, evening = (replace(x, number="1") for x in ALIKE[:2])
    made.give(mt940(noon), mt940(told("STARTUMS", "2", "1012.50", ("7.00", "B1"))), mt940(evening))
    assert booked(made) == ["A1", "B1"] and held(made) == ["A2", "A2"]


def test_what_a_person_left_out_at_noon_stays_out_in_the_evening(database: Database) -> None:
    made = banks(database, IBAN)
    del made.accounts["unapplied.bank"]
    made.give(mt940(told("STARTUMS", "0", "1000", ("12.50", "A1"), ("1.00", "A2"))))
    (case,) = (c for c in cases(made) if c["amount"] == 1)
    with database.transaction() as connection:
        exclude_case(connection, case["case_id"], "not ours", NOW, "ann")
    made.accounts["unapplied.bank"] = "212130"
    made.work()
    made.give(mt940(told("STARTUMS", "0", "1000", ("12.50", "A1"), ("1.00", "A2"), ("4.00", "A3"))))
    assert "A2" not in booked(made) and "A3" in booked(made)
    assert [text for state, _, text in lines(made) if state == "excluded"] == ["A2"]


def test_a_download_that_words_a_line_otherwise_is_a_case_with_all_that_only_it_says(
    database: Database,
) -> None:
    made = banks(database, IBAN)
    made.give(mt940(NOON), mt940(told("EVENING", "2", "1000", ("12.50", "A1, OF ACME"), ("-3.00", "A2"))))
    assert booked(made) == ["A1"] and held(made) == ["A1, OF ACME", "A2"]
    assert {c["cause"] for c in cases(made)} == {"statement_contradicts"}


def test_a_statement_that_begins_at_the_balance_that_the_account_came_back_to_is_booked(
    database: Database,
) -> None:
    made = banks(database, IBAN)
    made.give(
        mt940(told("A", "1", "1000", ("-3.00", "COFFEE"))),
        mt940(told("B", "2", "997", ("3.00", "BACK"))),
        mt940(told("C", "3", "1000", ("-5.00", "CAKE"))),
    )
    assert booked(made) == ["BACK", "CAKE", "COFFEE"] and not cases(made)


@pytest.mark.parametrize("exclude", [True, False])
def test_what_is_held_or_left_out_takes_no_line_of_another_away(database: Database, exclude: bool) -> None:
    """The second is held; the third has its lines, and is held with all of them, whatever becomes of the second."""
    made = banks(database, IBAN)
    second = told("B", "2", "1000", ("12.50", "A1, OF ACME"), ("-3.00", "A2"))
    third = told("C", "3", "1000", *((str(e.amount), e.text) for e in second.entries), ("1.00", "A3"))
    made.give(mt940(NOON), mt940(second))
    if exclude:
        (case,) = (c for c in cases(made) if c["amount"] == 0)
        with database.transaction() as connection:
            exclude_case(connection, case["case_id"], "the bank took it back", NOW, "ann")
        made.work()
    made.give(mt940(third))
    assert booked(made) == ["A1"]
    times = 1 if exclude else 2
    assert held(made) == sorted(["A1, OF ACME", "A2"] * times + ["A3"])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_and_waits_for_what_leads_there_in_whatever_order_they_come(
    database: Database, order: tuple[int, ...]
) -> None:
    made = banks(database, IBAN)
    files = [
        camt(told("A", "1", "1000", ("-3.00", "COFFEE"))),
        camt(told("B", "2", "997", ("3.00", "BACK"))),
        camt(told("C", "3", "1000", ("-5.00", "CAKE"))),
    ]
    made.give(*(files[n] for n in order))
    assert booked(made) == ["BACK", "CAKE", "COFFEE"] and not cases(made)


def test_where_nobody_knows_whether_an_account_came_back_equal_lines_are_a_case(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(
        mt940(told("A", "1", "1000", ("-3.00", "COFFEE"))),
        mt940(told("B", "2", "997", ("3.00", "BACK"))),
        mt940(told("C", "3", "1000", ("-3.00", "COFFEE"), ("-5.00", "CAKE"))),
    )
    assert booked(made) == ["BACK", "COFFEE"] and held(made) == ["CAKE", "COFFEE"]


def of_days(name: str, first: int, last: int) -> bytes:
    """A CAMT of several days, each of one line: 1 on Monday, 2 on Tuesday …"""
    opening = 100 + sum(range(1, first + 1))
    one = told(name, name, str(opening), *((f"{n + 1}.00", TEXT[DAYS[n]]) for n in range(first, last + 1)))
    content = camt(replace(one, day=DAYS[last])).decode()
    head, *entries = content.split("<Ntry>")
    for place, n in enumerate(range(first, last + 1)):
        entries[place] = entries[place].replace(f"<BookgDt><Dt>{DAYS[last]}", f"<BookgDt><Dt>{DAYS[n]}")
    period = f"<FrToDt><FrDtTm>{DAYS[first]}T00:00:00</FrDtTm><ToDtTm>{DAYS[last]}T23:59:59</ToDtTm></FrToDt>"
    return "<Ntry>".join((head.replace("<Acct>", f"{period}<Acct>"), *entries)).encode()


@pytest.mark.parametrize(
    "stretches",
    [
        [(0, 2), (1, 4)],
        [(1, 4), (0, 2)],
        [(0, 0), (1, 1), (0, 4)],
        [(0, 4), (2, 2), (1, 3)],
        [(0, 1), (1, 2), (2, 3), (3, 4)],
        [(3, 4), (1, 3), (0, 1)],
        [(0, 4), (0, 2)],
    ],
)
def test_stretches_of_days_that_overlap_are_booked_once(
    database: Database, stretches: list[tuple[int, int]]
) -> None:
    made = banks(database, IBAN)
    made.give(*(of_days(f"S{n}", first, last) for n, (first, last) in enumerate(stretches)))
    assert booked(made) == [TEXT[d] for d in DAYS] and not cases(made) and no_gap(made)


# Exports

OCTOBER = [(MON, "-3.00", "COFFEE"), (MON, "-3.00", "COFFEE"), (TUE, "12.50", "RENT"), (WED, "7.00", "GIFT")]


def test_exports_that_overlap_are_booked_once_with_two_equal_lines_of_a_day(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(
        csv(*OCTOBER[:3], account=IBAN),
        csv(*OCTOBER[1:2], *OCTOBER[2:], account=IBAN),
        csv(*OCTOBER, account=IBAN),
    )
    assert booked(made) == ["COFFEE", "COFFEE", "GIFT", "RENT"] and not cases(made)


@pytest.mark.parametrize("together", [True, False])
def test_a_line_of_an_export_in_other_words_is_a_case(database: Database, together: bool) -> None:
    made = banks(database, IBAN)
    files = [
        csv(*OCTOBER[:3], account=IBAN),
        csv((TUE, "12.50", "RENT, FLAT 7"), (TUE, "12.00", "OTHER"), OCTOBER[3], account=IBAN),
    ]
    made.take(*files) if together else made.give(*files)
    made.work()
    assert booked(made) == ["COFFEE", "COFFEE", "GIFT", "OTHER", "RENT"]
    assert [(c["cause"], c["amount"]) for c in cases(made)] == [("line_told_otherwise", Decimal("12.50"))]
    before = made.counts()
    made.give(*(f + b"\n" for f in files))
    assert made.counts() == before


def test_a_line_beside_one_that_is_told_again_is_another_one(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(csv(OCTOBER[2], account=IBAN), csv(OCTOBER[2], (TUE, "12.50", "RENT, FLAT 8"), account=IBAN))
    assert booked(made) == ["RENT", "RENT, FLAT 8"] and not cases(made)


def test_a_person_says_that_a_line_in_other_words_is_another_one(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(csv(OCTOBER[2], account=IBAN), csv((TUE, "12.50", "RENT, FLAT 8"), account=IBAN))
    (case,) = cases(made)
    with database.transaction() as connection:
        assert accept_case(connection, case["case_id"], "two flats", NOW, "ann")
    made.work()
    assert booked(made) == ["RENT", "RENT, FLAT 8"] and not cases(made)


@pytest.mark.parametrize(
    ("again", "held_text"),
    [
        ((WED, "12.50", "F1", "RENT"), ["RENT"]),
        ((TUE, "12.75", "F1", "RENT"), ["RENT"]),
        ((TUE, "12.50", "F2", "RENT"), ["RENT"]),
        # A bank that numbers each file anew.
        ((WED, "4.00", "F1", "OTHER"), []),
        ((TUE, "12.50", "F1", "RENT"), []),
    ],
)
def test_an_id_that_comes_with_another_day_or_amount_is_a_case(
    database: Database, again: tuple[date, str, str, str], held_text: list[str]
) -> None:
    made = banks(database, IBAN)
    made.give(ofx_lines((TUE, "12.50", "F1", "RENT")), ofx_lines(again, (THU, "1.00", "F9", "LAST")))
    assert held(made) == held_text
    assert {c["cause"] for c in cases(made)} == ({"line_told_otherwise"} if held_text else set())
    assert "LAST" in booked(made) and "RENT" in booked(made)


def test_two_currencies_of_an_account_with_one_id_are_two_lines(database: Database) -> None:
    made = banks(database, IBAN)
    dollars = ofx_lines((TUE, "12.50", "F1", "RENT"))
    made.give(dollars, dollars.replace(b"<CURDEF>USD", b"<CURDEF>EUR"))
    assert booked(made) == ["RENT", "RENT"] and not cases(made)


# Exports that name no account

FEE = (MON, "-5.00", "MONTHLY FEE")


@pytest.mark.parametrize("file", [csv(FEE), b"Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\n"
    b"FEE,Current,2026-10-05 10:00:00,2026-10-05 10:00:00,MONTHLY FEE,-5.00,0.00,USD,COMPLETED,95.00\n"])  # fmt: skip
def test_an_export_that_names_no_account_is_refused_until_its_interface_does(
    database: Database, file: bytes
) -> None:
    """Two accounts would have one fee between them."""
    made = banks(database, "MAIN", "csv", "revolut")
    made.give(file)
    assert not booked(made) and [c["cause"] for c in cases(made)] == ["account_not_named"]
    assert "account =" in database.rows("select recovery from tieout.cases")[0]["recovery"]
    made.options["account"] = "MAIN"
    made.give(file + b"\n")
    assert booked(made) == ["MONTHLY FEE"]
    assert database.rows("select content::jsonb ->> 'account' as a from tieout.document") == [{"a": "MAIN"}]


def test_two_accounts_without_names_by_two_interfaces_are_both_booked(database: Database) -> None:
    made = banks(database, "MAIN", "SECOND")
    made.accounts["bank.SECOND"] = "101512"
    made.options["account"] = "MAIN"
    made.give(csv(FEE))
    made.interface, made.options["account"] = "second", "SECOND"
    made.give(csv(FEE))
    assert booked(made) == ["MONTHLY FEE"] * 2 and not cases(made)


def test_what_was_booked_without_an_account_is_known_once_one_is_declared(database: Database) -> None:
    made = banks(database, "csv", "MAIN")
    made.options["account"] = "csv"
    made.give(csv(FEE, FEE))
    before = made.counts()
    made.options["account"] = "MAIN"
    made.give(csv(FEE, FEE, tail="\n"))
    assert made.counts() == before
    made.give(csv(FEE, FEE, OCTOBER[2]))
    assert booked(made) == ["MONTHLY FEE", "MONTHLY FEE", "RENT"] and not cases(made)


def test_a_dialect_of_the_project_declares_its_account(database: Database) -> None:
    made = banks(database, "NW")
    made.options["dialect"] = (
        'name = "nw"\ndelimiter = ";"\ndate = "YYYY-MM-DD"\ndecimal = "."\naccount_is = "NW"\n[columns]\n'
        'booked_on = "Date"\namount = "Amount"\ncurrency = "Currency"\nremittance = "Description"\n'
    )
    made.give(csv(FEE))
    assert booked(made) == ["MONTHLY FEE"]


# One account in two formats, or by two interfaces

DAY = told("START", "1", "1000", ("12.50", "A1"), ("-3.00", "A2"))


def day_as_ofx(account: str = IBAN) -> bytes:
    return ofx_lines(
        (MON, "12.50", "F1", "A1 in short"), (MON, "-3.00", "F2", "A2 in short"), account=account
    )


@pytest.mark.parametrize("account", [IBAN, "202051", "0000202051", "DE02 1203 0000 0000 2020 51", "XXXX2051"])
@pytest.mark.parametrize("write", [mt940, camt])
@pytest.mark.parametrize("order", ["statement first", "export first", "one batch"])
def test_an_export_beside_a_statement_is_held(
    database: Database, account: str, write: Any, order: str
) -> None:
    made = banks(database, IBAN, account)
    files = [write(DAY), day_as_ofx(account)]
    if order == "export first":
        files.reverse()
    if order == "one batch":
        made.take(*files)
    else:
        made.give(*files)
    made.work()
    assert len(booked(made)) == 2 and len(held(made)) == 2
    assert {c["cause"] for c in cases(made)} == {"line_told_elsewhere"}


def test_two_tellings_that_wait_for_the_same_order_are_booked_once(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(mt940(told("S", "1", "1000", ("12.50", "SO-123"))), ofx_lines((MON, "12.50", "F1", "SO-123")))
    assert not booked(made) and not held(made)
    made.clock.at = NOW + timedelta(days=9)
    made.work()
    assert booked(made) == ["SO-123"] and held(made) == ["SO-123"]


@pytest.mark.parametrize("second", ["other", "by another interface"])
def test_a_statement_in_two_formats_is_booked_once(database: Database, second: str) -> None:
    made = banks(database, IBAN)
    made.give(mt940(replace(DAY, identifier="MT")))
    if second == "by another interface":
        made.interface = "second"
    made.give(
        camt(
            replace(
                DAY, identifier="XML", entries=tuple(replace(e, text=f"{e.text} LONG") for e in DAY.entries)
            )
        )
    )
    assert booked(made) == ["A1", "A2"] and held(made) == ["A1 LONG", "A2 LONG"]


def test_a_statement_whose_account_is_written_otherwise_is_booked_once(database: Database) -> None:
    made = banks(database, IBAN, "12030000/0000202051")
    made.take(camt(replace(DAY, identifier="XML")), mt940(replace(DAY, account="12030000/0000202051")))
    made.work()
    assert len(booked(made)) == 2 and len(held(made)) == 2


def test_an_account_that_is_called_by_a_name_is_known_by_where_it_is_booked(database: Database) -> None:
    made = banks(database, IBAN, "MAIN", "SECOND")
    made.accounts["bank.SECOND"] = "101512"
    made.give(camt(DAY))
    made.options["account"] = "MAIN"
    made.give(csv((MON, "12.50", "A1")))
    assert held(made) == ["A1"] and [c["cause"] for c in cases(made)] == ["line_told_elsewhere"]
    made.interface, made.options["account"] = "second", "SECOND"
    made.give(csv((MON, "12.50", "A1")))
    assert booked(made) == ["A1", "A1", "A2"] and len(cases(made)) == 1


def test_another_account_with_the_same_amounts_is_booked(database: Database) -> None:
    made = banks(database, IBAN, "DE75512108001245126199")
    made.give(camt(DAY), day_as_ofx("DE75512108001245126199"))
    assert len(booked(made)) == 4 and not cases(made)


def test_a_person_lets_a_line_go_on_that_was_told_another_way(database: Database) -> None:
    made = banks(database, IBAN)
    made.give(camt(DAY), ofx_lines((MON, "12.50", "F1", "ANOTHER")))
    (case,) = cases(made)
    with database.transaction() as connection:
        assert accept_case(connection, case["case_id"], "two payments, the bank says", NOW, "ann")
    made.work()
    assert booked(made) == ["A1", "A2", "ANOTHER"] and not cases(made)
