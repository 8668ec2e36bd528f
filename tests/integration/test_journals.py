"""Journals by spreadsheet, from file to Odoo: a real database, the simulator over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.integration.office import Office
from tests.stages import read_back
from tieout.connector_api import FileRefusedError
from tieout.money import Period
from tieout.proofs import take_control_totals, tie_out
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine

HEAD = "entry,on,currency,account,amount,cost_centre"


@pytest.fixture
def plain(office: Office) -> Office:
    office.policies = ()
    plan = office.admin.call("account.analytic.plan", "search", domain=[])
    if not plan:
        book = office.world.odoo.service.world
        plan = [book.add("account.analytic.plan", {"name": "Departments"})["id"]]
    for name in ("Berlin", "Bonn"):
        office.admin.call(
            "account.analytic.account",
            "create",
            vals_list=[{"name": f"{name} {office.company.id}", "plan_id": plan[0]}],
        )
    office.dimensions = {
        "cost_centre:100": f"Berlin {office.company.id}",
        "cost_centre:200": f"Bonn {office.company.id}",
    }
    return office


def analytics(office: Office) -> list[tuple[str, Decimal]]:
    """(analytic account, percent) of every line that has one."""
    book = office.world.odoo.service.world
    names = {i: str(a["name"]).split(" ")[0] for i, a in book.table("account.analytic.account").items()}
    return sorted(
        (names[int(key)], Decimal(str(share)))
        for line in book.table("account.move.line").values()
        if line["company_id"] == office.company.id
        for key, share in (line["analytic_distribution"] or {}).items()
    )


def test_an_accrual_is_booked_and_takes_itself_back(plain: Office) -> None:
    plain.journal("A1", "1200.00", reverses_on=date(2026, 11, 1))
    plain.work()
    assert plain.booked() == [
        ("A1", "212300", Decimal("-1200.00")),
        ("A1", "621000", Decimal("1200.00")),
        ("Reversal of: A1", "212300", Decimal("1200.00")),
        ("Reversal of: A1", "621000", Decimal("-1200.00")),
    ]
    dates = {
        str(m["ref"]): m["date"]
        for m in plain.world.odoo.service.world.table("account.move").values()
        if m["company_id"] == plain.company.id and m["ref"]
    }
    assert dates == {"A1": "2026-10-15", "Reversal of: A1": "2026-11-01"}


def test_dimensions_are_analytic_accounts_and_can_be_shared_out(plain: Office) -> None:
    plain.take(
        "d.csv",
        f"{HEAD}\nD,2026-10-15,USD,6000,100.00,100:60;200:40\nD,2026-10-15,USD,2000,-100.00,\n".encode(),
    )
    plain.work()
    assert analytics(plain) == [("Berlin", Decimal(60)), ("Bonn", Decimal(40))]
    # Somebody shares it out in another way: that is no longer what was sent.
    book = plain.world.odoo.service.world
    (line,) = [x for x in book.table("account.move.line").values()
               if x["company_id"] == plain.company.id and x["analytic_distribution"]]  # fmt: skip
    book.store.update(
        "account.move.line", line, {"analytic_distribution": dict.fromkeys(line["analytic_distribution"], 50)}
    )
    from tieout.delivery import VerifyStage

    connection = plain.database.connect(autocommit=True)
    from datetime import timedelta

    stage = VerifyStage(lambda _: plain.session, lambda: ["odoo"], plain.clock, timedelta(hours=1))
    assert read_back(stage, connection) == 1
    connection.close()
    assert plain.cases() == [("changed_in_ledger", "D")]


@pytest.mark.parametrize(
    ("centre", "cause"),
    [("999", "unknown_dimension"), ("", "missing_dimension"), ("100:60;200:30", "wrong_distribution"),
     ("100:x;200:30", "wrong_distribution")],
)  # fmt: skip
def test_a_line_that_lacks_its_dimension_is_a_case_that_names_the_row(
    plain: Office, centre: str, cause: str
) -> None:
    plain.options = {"require": {"6": "cost_centre", "642": ""}}
    plain.take(
        "d.csv", f"{HEAD}\nD,2026-10-15,USD,6000,100.00,{centre}\nD,2026-10-15,USD,2000,-100.00,\n".encode()
    )
    plain.journal("E", "5.00", cost_centre="100")
    plain.work()
    assert plain.cases() == [(cause, "D")] and {r for r, _, _ in plain.booked()} == {"E"}
    (row,) = plain.database.rows("select detail, amount from tieout.cases where state = 'open'")
    assert "d.csv, row 2" in row["detail"] and row["amount"] == Decimal("100.00")


def test_an_unbalanced_entry_and_an_unmapped_account_are_cases_of_their_own(plain: Office) -> None:
    plain.journal("U", "100.00", credit=Decimal("-99.99"))
    lines = (ExportedLine("9999", Decimal("7.00")), ExportedLine("2000", Decimal("-7.00")))
    plain.take("x.csv", plain.exports.export([ExportedEntry("X", date(2026, 10, 3), "USD", lines)]))
    plain.journal("OK", "3.00")
    plain.work()
    assert plain.cases() == [("unbalanced_journal", "U"), ("unmapped_account", "X")]
    assert {r for r, _, _ in plain.booked()} == {"OK"}


def test_an_entry_told_again_books_the_difference_and_a_repeat_nothing(plain: Office) -> None:
    plain.journal("R", "100.00")
    plain.work()
    plain.take("again.csv", plain.exports.export(plain.exports.entries[:1]))
    plain.work()
    assert len(plain.booked()) == 2
    plain.journal("R", "130.00")
    plain.work()
    assert sum(b for _, a, b in plain.booked() if a == "621000") == Decimal("130.00")
    assert len(plain.booked()) == 4 and not plain.cases()


def test_a_long_entry_told_in_other_parts_books_nothing(plain: Office) -> None:
    def long(count: int) -> bytes:
        rows = [f"L,2026-10-15,USD,6000,1.00,100 {n}".replace(f" {n}", "") for n in range(count)]
        return "\n".join([HEAD, *rows, f"L,2026-10-15,USD,2000,-{count}.00,"]).encode()

    plain.take("a.csv", long(450))
    plain.work()
    booked = plain.booked()
    assert len(set(plain.states())) == 3 and sum(b for _, a, b in booked if a == "101701") == 0
    for count in (100, 451, 800):
        plain.take(f"{count}.csv", long(count))
        plain.work()
    assert plain.booked() == booked
    assert {c for c, _ in plain.cases()} == {"booked_money_changed"}


def test_foreign_entries_balance_in_both_currencies(plain: Office) -> None:
    lines = tuple(ExportedLine("6000", Decimal("33.33")) for _ in range(3))
    lines += (ExportedLine("2000", Decimal("-99.99")),)
    plain.take("eur.csv", plain.exports.export([ExportedEntry("F", date(2026, 10, 15), "EUR", lines)]))
    plain.work()
    assert sum(b for _, _, b in plain.booked()) == 0 and not plain.cases()
    assert {a for _, a, _ in plain.booked()} <= {"621000", "212300", "442000"}


def test_a_files_own_figures_prove_that_all_of_it_came(plain: Office) -> None:
    entries = [
        ExportedEntry(f"C{n}", date(2026, 10, 10 + n), "USD",
                      (ExportedLine("6000", Decimal(n + 1)), ExportedLine("2000", Decimal(-n - 1))))
        for n in range(5)
    ]  # fmt: skip
    plain.take("c.csv", plain.exports.export(entries))
    plain.work()
    # One of them is corrected in a later file: it counts once.
    plain.journal("C4", "50.00")
    plain.work()
    connection = plain.database.connect(autocommit=True)
    take_control_totals(connection, plain.release(), lambda _: None, Period(2026, 10), plain.clock.now())
    (row,) = tie_out(connection, plain.release())
    assert row.source is not None and (row.source.count, row.source.debit) == (5, Decimal("60"))
    assert row.proven and row.posted == row.source
    # What a file does not say stays unproven.
    plain.take("n.csv", f"{HEAD}\nN,2026-10-15,USD,6000,1.00,\nN,2026-10-15,USD,2000,-1.00,\n".encode())
    plain.work()
    connection.execute("delete from tieout.control_total")
    take_control_totals(connection, plain.release(), lambda _: None, Period(2026, 10), plain.clock.now())
    assert [r.source for r in tie_out(connection, plain.release())] == [None]
    connection.close()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("A,2026-10-15,USD,6000,1.00,\nB,2026-10-15,USD,6000,1.00,\nA,2026-10-15,USD,2000,-1.00,", "stand apart"),
        ("A,2026-10-15,USD,6000,1.00,\nA,2026-10-16,USD,2000,-1.00,", "row 3, column 'entry'"),
        ("A,2026-10-15,USD,6000,1.005,\nA,2026-10-15,USD,2000,-1.00,", "finer than 0.01"),
        ("A,2026-10-15,XXQ,6000,1.00,", "no currency"),
        ("A,15.10.2026,USD,6000,1.00,", "is no day"),
        ("A,2026-10-15,USD,,1.00,", "column 'account'"),
        ("A,2026-10-15,USD,6000,=SUM(B1),", "is a formula"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_whole_by_row_and_column(plain: Office, rows: str, said: str) -> None:
    with pytest.raises(FileRefusedError, match=said):
        plain.take("w.csv", f"{HEAD}\n{rows}\n".encode())
    assert plain.database.rows("select count(*) from tieout.message")[0]["count"] == 0


def test_wrong_period_unknown_entity_and_figures_that_do_not_hold(plain: Office) -> None:
    head = "entry,on,currency,account,amount,period,entity,debit,credit,entries"
    for row, said in (
        ("A,2026-10-15,USD,6000,1.00,2026-09,,,,", "not in the period 2026-09"),
        ("A,2026-10-15,USD,6000,1.00,,DE01,,,", "option entity_code"),
        ("A,2026-10-15,USD,6000,1.00,,,,,\nTOTAL,2026-10-31,USD,,,,,1.00,0.00,2", "the file says 2 entries"),
        ("TOTAL,2026-10-31,USD,,,,,1.00,0.00,", "a TOTAL row says"),
        ("A,2026-10-15,USD,6000,1.00,,,2.00,,", "exactly one"),
        ("A,2026-10-15,USD,6000,,,,-2.00,,", "is negative"),
    ):
        with pytest.raises(FileRefusedError, match=said):
            plain.take("w.csv", f"{head}\n{row}\n".encode())
    plain.options = {"entity_code": "US01"}
    with pytest.raises(FileRefusedError, match="'DE01' is not 'US01'"):
        plain.take("w.csv", f"{head}\nA,2026-10-15,USD,6000,1.00,,DE01,,,\n".encode())
    assert plain.database.rows("select count(*) from tieout.message")[0]["count"] == 0


def test_what_is_paid_ahead_is_used_by_days_and_prepaid_is_nothing_in_the_end(plain: Office) -> None:
    plain.roles["prepaid"] = "128000"
    head = "entry,on,currency,account,amount,from_on,to_on"
    rows = "P,2026-10-15,USD,6000,365.00,2026-10-15,2027-10-14\nP,2026-10-15,USD,2000,-365.00,,"
    plain.take("p.csv", f"{head}\n{rows}\n".encode())
    plain.work()
    booked = plain.booked()
    assert ("P", "128000", Decimal("365.00")) in booked and (
        "P 2026-10",
        "621000",
        Decimal("17.00"),
    ) in booked
    assert ("P 2027-10", "621000", Decimal("14.00")) in booked
    assert sum(b for _, a, b in booked if a == "128000") == 0 and len({r for r, _, _ in booked}) == 14
    plain.take("p2.csv", f"{head}\n{rows}\n".replace("365.00", "400.00").encode())
    plain.work()
    assert plain.booked() == booked and plain.cases() == [("booked_money_changed", "P")]


@pytest.mark.parametrize(
    ("span", "said"),
    [("2026-10-15,", "go together"), ("2026-10-15,2026-10-14", "the first day first"),
     ("2026-10-15,2046-10-15", "more than ten years")],
)  # fmt: skip
def test_a_span_that_is_none_is_refused(plain: Office, span: str, said: str) -> None:
    content = f"entry,on,currency,account,amount,from_on,to_on\nP,2026-10-15,USD,6000,1.00,{span}\n"
    with pytest.raises(FileRefusedError, match=said):
        plain.take("p.csv", content.encode())


def test_another_ledgers_balances_move_by_its_entries_or_are_cases(plain: Office) -> None:
    from tieout.proofs import balance_rows, open_balances

    def balance(day: str, account: str, value: str) -> None:
        plain.options = {"nature": "trial_balance"}
        plain.take(
            f"tb-{day}-{account}-{value}.csv",
            f"on,account,currency,balance\n{day},{account},USD,{value}\n".encode(),
        )
        plain.options = {}

    def differences() -> dict[str, Decimal]:
        plain.work()
        connection = plain.database.connect(autocommit=True)
        open_balances(connection, plain.release(), date(2026, 11, 30), plain.clock.now())
        rows = balance_rows(connection, plain.release(), date(2026, 11, 30))
        connection.close()
        return {r.account: r.difference for r in rows}

    plain.journal("A", "100.00", on=date(2026, 9, 20))
    plain.journal("B", "40.00", on=date(2026, 10, 5))
    plain.journal("C", "7.00", on=date(2026, 10, 6), credit=Decimal("-6.00"))
    balance("2026-09-30", "6000", "100.00")
    # What stands in a case is no difference: it is held, and known.
    balance("2026-10-31", "6000", "147.00")
    balance("2026-10-31", "2000", "-146.00")
    assert differences() == {"6000": Decimal(0), "2000": Decimal(0)}
    assert [c for c, _ in plain.cases()] == ["unbalanced_journal"]
    balance("2026-10-31", "2000", "-150.00")
    assert differences()["2000"] == Decimal("-4.00")
    assert ("trial_balance_differs", "2000:USD:2026-10-31") in plain.cases()
    plain.journal("D", "4.00", on=date(2026, 10, 7))
    balance("2026-10-31", "6000", "151.00")
    assert differences() == {"6000": Decimal(0), "2000": Decimal(0)}
    assert [c for c, _ in plain.cases()] == ["unbalanced_journal"]
    with pytest.raises(FileRefusedError, match="stands twice"):
        plain.options = {"nature": "trial_balance"}
        row = "2026-10-31,6000,USD,1.00\n"
        plain.take("tb.csv", f"on,account,currency,balance\n{row}{row}".encode())


def test_numbers_with_a_hash_are_numbers_and_no_parts(plain: Office) -> None:
    for number in ("JE#1", "JE#2", "JE", "JE#1#1"):
        plain.journal(number, "10.00")
        plain.work()
    assert {r for r, _, _ in plain.booked()} == {"JE#1", "JE#2", "JE", "JE#1#1"} and not plain.cases()
    plain.journal("JE#1", "12.00")
    plain.work()
    assert sum(b for r, a, b in plain.booked() if r == "JE#1" and a == "621000") == Decimal("12.00")


def test_exports_that_repeat_what_came_before_count_once(plain: Office) -> None:
    entries = [
        ExportedEntry(f"M{n}", date(2026, 10, 10 + n), "USD",
                      (ExportedLine("6000", Decimal(n + 1)), ExportedLine("2000", Decimal(-n - 1))))
        for n in range(3)
    ]  # fmt: skip
    plain.options = {"exports": "cumulative"}
    for count in (1, 2, 3):
        plain.take(f"to-{count}.csv", plain.exports.export(entries[:count]))
        plain.work()
    connection = plain.database.connect(autocommit=True)
    take_control_totals(connection, plain.release(), lambda _: None, Period(2026, 10), plain.clock.now())
    (row,) = tie_out(connection, plain.release())
    connection.close()
    assert row.proven and row.source is not None and (row.source.count, row.source.debit) == (3, Decimal(6))


def test_no_part_of_a_twin_is_booked(plain: Office) -> None:
    """A long run that comes once more under another number: none of its parts."""
    from tieout.connector_api import EntryRow, journal_items
    from tieout.inbox import accept

    def rows(entry: str) -> list[EntryRow]:
        given = dict(
            entry=entry, on=date(2026, 10, 15), currency="USD", twin="payroll:2026-10", nature="payroll_run"
        )
        made = [EntryRow(number=n, account="6000", amount=Decimal(1), **given) for n in range(2, 452)]
        return [*made, EntryRow(number=452, account="2000", amount=Decimal(-450), **given)]

    for entry in ("R1", "R1-again"):
        items = list(journal_items("journals", f"{entry}.csv", "0" * 64, lambda e=entry: iter(rows(e))))  # type: ignore[misc]
        with plain.database.transaction() as connection:
            accept(connection, "journals", items, "file", plain.clock.now())
        plain.work()
    assert sum(b for _, a, b in plain.booked() if a == "621000") == Decimal(450)
    assert {c for c, _ in plain.cases()} == {"duplicate_payroll_run"} and len(plain.cases()) == 3


def test_the_longest_beginning_of_an_account_says_which_dimensions_it_needs(plain: Office) -> None:
    plain.options = {"require": {"6": "cost_centre", "642": "", "6421": "cost_centre, project"}}
    plain.take("l.csv", f"{HEAD}\nL,2026-10-15,USD,6400,9.00,\nL,2026-10-15,USD,2000,-9.00,\n".encode())
    plain.work()
    assert plain.cases() == [("missing_dimension", "L")]
    plain.options = {"require": {"6": "cost_centre", "642": ""}}
    plain.take("m.csv", f"{HEAD}\nM,2026-10-15,USD,6400,9.00,\nM,2026-10-15,USD,2000,-9.00,\n".encode())
    plain.work()
    assert plain.states()["M"] == "posted"


def test_a_reversal_is_never_before_its_entry(plain: Office) -> None:
    """The entry's month is locked, and so is the day of its reversal: both stand on the first open day."""
    ids = [plain.company.id]
    plain.admin.call("res.company", "write", ids=ids, vals={"fiscalyear_lock_date": "2026-10-16"})
    plain.late_events = "first_open"
    plain.journal("V", "10.00", reverses_on=date(2026, 10, 16))
    plain.work()
    dates = {
        str(m["ref"]): str(m["date"])
        for m in plain.world.odoo.service.world.table("account.move").values()
        if m["company_id"] == plain.company.id and m["ref"]
    }
    assert dates == {"V": "2026-10-17", "Reversal of: V": "2026-10-17"} and not plain.cases()
