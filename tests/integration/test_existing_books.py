"""Books that were there before Tieout: what is declared is no case, what is not is one case each and a few groups, and
every movement of a governed account is somebody's, to the cent."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.integration.existing import (  # noqa: F401 - fixtures are imported by name
    BANK,
    FEES,
    FIRST_DAY,
    INVOICES,
    LINES,
    PAYMENTS,
    RECEIVABLE,
    REVENUE,
    Company,
    company,
    origin,
    world,
    years_of_books,
)
from tests.integration.test_reconciling import NOW
from tieout.cases import NewCase, open_cases
from tieout.money import Period
from tieout.planning import Decision, HeldError, Seen, accept_case, decide_many
from tieout.rules import MappingRow
from tieout.store import Database

pytestmark = pytest.mark.long


def test_connected_to_years_of_books_nothing_that_is_declared_is_a_case(company: Company) -> None:
    years_of_books(company)
    company.begins_on, company.origins = FIRST_DAY, (INVOICES, PAYMENTS, LINES)
    company.gather()
    run = company.run()
    # Declared: 30 invoices, 10 payments, 15 bank lines, and the lines' cash that pays nothing yet.
    assert company.groups() == [
        ("entry_without_source", "BILL", "admin", "vendor bill", 3, Decimal("903.00")),
        ("entry_without_source", "MISC", "bob@co.example", "entry", 5, Decimal("61.25")),
        ("entry_without_source", "MISC", "mallory@co.example", "entry", 2, Decimal("100000.00")),
    ]
    # It is all looked at for what it pays: 12 and 20 invoices, 2 entries, 3 bills, 4 and 15 bank lines.
    assert run.items >= 12 + 20 + 4 + 15
    assert sum(a.side == "cash" for a in run.left_over) == 19


def test_every_movement_of_a_governed_account_is_somebodys_to_the_cent(company: Company) -> None:
    years_of_books(company)
    company.begins_on, company.origins = FIRST_DAY, (INVOICES, PAYMENTS, LINES)
    company.gather()
    rows = company.split()
    assert all(not r.residual for r in rows.values())
    receivable, bank = rows[RECEIVABLE, "USD"], rows[BANK, "USD"]
    invoiced = sum(Decimal(100 + n) for n in range(30))
    paid = sum(Decimal(100 + n) for n in range(10))
    assert receivable.declared["invoices"].debit == invoiced and receivable.declared["invoices"].count == 30
    assert receivable.declared["payments"].credit == paid and receivable.declared["payments"].count == 10
    assert receivable.undeclared.debit == Decimal("100000.00") and receivable.undeclared.count == 2
    assert receivable.moved == invoiced - paid + 100000
    assert bank.declared["bank_sync"].debit == sum(Decimal(2000 + n) for n in range(15))
    assert bank.undeclared.credit == Decimal("61.25") and bank.moved == bank.declared["bank_sync"].net - Decimal("61.25")  # fmt: skip
    # What is kept for pages and in the evidence is the same.
    kept = company.database.rows("select figures from tieout.ledger_split where account = %s", BANK)
    assert kept[0]["figures"]["declared"] == {
        "bank_sync": {"count": 15, "debit": f"{bank.declared['bank_sync'].debit:f}", "credit": "0"}
    }
    told = company.database.rows("select detail from tieout.evidence where action = 'ledger.split'")
    assert len(told) == 1 and BANK in str(told[0]["detail"])
    # Looked at again nothing is told again.
    company.gather()
    assert len(company.database.rows("select 1 from tieout.evidence where action = 'ledger.split'")) == 1


def test_without_a_declaration_each_is_a_case_and_a_handful_of_groups(company: Company) -> None:
    years_of_books(company)
    company.gather()
    company.gather(Period(2026, 9))
    company.run()
    assert company.by_cause() == {"entry_without_source": 65 + 17, "unmatched_cash": 19}
    groups = company.groups()
    assert len(groups) == 11 and sum(n for *_, n, _ in groups) == 101
    assert ("unmatched_cash", "BNKU", "loader@co.example", "bank line", 15, Decimal(30105)) in groups


def test_what_stood_there_before_the_first_day_needs_no_declaration(company: Company) -> None:
    years_of_books(company)
    company.begins_on = FIRST_DAY
    company.gather(Period(2026, 9))
    company.run()
    assert {u for _, _, u, *_ in company.groups()} == {"loader@co.example"}  # October's lines alone
    september = company.split(Period(2026, 9))
    assert all(not r.residual and not r.undeclared.count for r in september.values())
    assert september[BANK, "USD"].opening.net == 4 * 9000 + 6 + 7777


def test_who_dates_an_entry_before_the_first_day_is_seen(company: Company) -> None:
    years_of_books(company)
    company.begins_on, company.origins = FIRST_DAY, (INVOICES, PAYMENTS, LINES)
    company.gather()
    assert "opening_changed" not in company.by_cause()
    move = company.as_user("mallory@co.example").entry(RECEIVABLE, REVENUE, "50000.00", "2026-09-30")
    company.gather()
    rows = company.database.rows(
        "select amount, made_accounts, detail from tieout.cases where cause = 'opening_changed'"
    )
    assert [(r["amount"], r["made_accounts"]) for r in rows] == [(Decimal("50000.00"), RECEIVABLE)]
    company.call("account.move", "button_draft", ids=[move])
    company.gather()
    assert "opening_changed" not in company.by_cause()


def test_an_account_on_which_nothing_stood_is_held_to_that(company: Company) -> None:
    company.begins_on = FIRST_DAY
    company.gather()
    assert len(company.database.rows("select 1 from tieout.opening_balance where amount = 0")) >= 3
    company.as_user("mallory@co.example").entry(BANK, REVENUE, "50000.00", "2026-08-31")
    company.gather()
    rows = company.database.rows("select cause, amount, made_accounts from tieout.cases where state = 'open'")
    assert [tuple(r.values()) for r in rows] == [("opening_changed", Decimal("50000.00"), BANK)]


def mapped(company: Company, role: str, *rows: MappingRow) -> None:
    """The company, with a role that had these accounts one after the other."""
    plain = company.release()
    accounts = plain.mappings["accounts"]
    table = replace(accounts, rows=(*(r for r in accounts.rows if r.key != role), *rows))
    found = replace(plain, mappings={**plain.mappings, "accounts": table})
    company.release = lambda: found  # type: ignore[method-assign]


def test_an_account_that_was_mapped_until_the_middle_of_a_month_is_governed_in_it(company: Company) -> None:
    old, new = "101402", BANK
    mapped(company, "bank.house", MappingRow("bank.house", old, valid_to=date(2026, 10, 14)),
           MappingRow("bank.house", new, valid_from=date(2026, 10, 15)))  # fmt: skip
    bob = company.as_user("bob@co.example")
    bob.entry(FEES, old, "10.25", "2026-10-10")
    bob.entry(FEES, new, "20.50", "2026-10-20")
    bob.entry(FEES, old, "30.75", "2026-09-10")
    # Long after it was anybody's.
    bob.entry(FEES, old, "41.00", "2026-11-10")
    company.gather()
    assert sorted((n, amount) for *_, n, amount in company.groups()) == [
        (1, Decimal("10.25")),
        (1, Decimal("20.50")),
    ]
    rows = company.split()
    assert rows[old, "USD"].moved == rows[old, "USD"].undeclared.net == Decimal("-10.25")
    assert rows[new, "USD"].moved == rows[new, "USD"].undeclared.net == Decimal("-20.50")
    assert (old, "USD") in company.split(Period(2026, 9)) and (new, "USD") not in company.split(
        Period(2026, 9)
    )
    assert (old, "USD") not in company.split(Period(2026, 11))


def test_a_declaration_covers_no_other_user_journal_kind_day_or_amount(company: Company) -> None:
    ann, eve = company.as_user("ann@co.example"), company.as_user("eve@co.example")
    firm = company.partner("Firm")
    company.origins = (
        origin("small", "customer invoice", "entry", journals=("INV", "MISC"), users=("Ann@CO.example",),
               accounts=(RECEIVABLE,), since=date(2026, 10, 5), until=date(2026, 10, 20), most=Decimal("500.00")),
    )  # fmt: skip
    ann.invoice("A-1", "100.00", firm, 5)
    ann.entry(RECEIVABLE, REVENUE, "500.00", "2026-10-20", partner=firm)
    company.gather()
    assert company.by_cause() == {}
    eve.invoice("E-1", "1.00", firm, 5)  # another user
    ann.invoice("A-2", "2.00", firm, 4)  # too early
    ann.invoice("A-3", "3.00", firm, 21)  # too late
    ann.entry(RECEIVABLE, REVENUE, "500.01", partner=firm)  # too much
    ann.entry(BANK, RECEIVABLE, "5.00", partner=firm)  # on one more account
    ann.line_of("6.00", "x")  # another kind, and journal
    company.gather()
    rows = company.database.rows("select amount from tieout.cases where state = 'open' order by 1")
    assert [r["amount"] for r in rows] == [1, 2, 3, 5, 6, Decimal("500.01")]


def test_a_declaration_ends_cases_with_evidence_and_taken_back_they_come_again(company: Company) -> None:
    ann, firm = company.as_user("ann@co.example"), company.partner("Firm")
    for n in range(3):
        ann.invoice(f"A-{n}", "100.00", firm)
    company.gather()
    assert company.by_cause() == {"entry_without_source": 3}
    company.origins = (INVOICES,)
    company.gather()
    rows = company.database.rows("select resolution, solved_by, accepted from tieout.cases")
    assert {(r["resolution"], r["solved_by"], r["accepted"]) for r in rows} == {
        ("made in the ledger by intent, as the project declares: invoices", "close", False)
    }
    assert company.why("ledger is ours").endswith("; 3 made in the ledger by declaration")
    company.origins = ()
    company.gather()
    assert company.by_cause() == {"entry_without_source": 3}
    assert "3 entries of nobody's" in company.why("ledger is ours")


def test_what_was_accepted_is_told_again_once_its_amount_is_another(company: Company) -> None:
    """Accepted at 70.00, and edited to 50,000.00 after that; or gone for a while."""

    move = company.entry(RECEIVABLE, REVENUE, "70.00", partner=company.partner("Firm"))
    company.gather()
    ((number, _),) = company.open_numbers()
    with company.database.transaction() as connection:
        assert accept_case(connection, number, "agreed", NOW, "cora")
    company.gather()
    assert company.by_cause() == {} and company.split()[RECEIVABLE, "USD"].explained.debit == 70
    company.call("account.move", "button_draft", ids=[move])
    company.gather()
    lines = company.call(
        "account.move.line", "search_read", domain=[["move_id", "=", move]], fields=["debit", "credit"]
    )
    ids = {("debit" if r["debit"] else "credit"): r["id"] for r in lines}
    changes = [[1, ids["debit"], {"debit": 50000.0}], [1, ids["credit"], {"credit": 50000.0}]]
    company.call("account.move", "write", ids=[move], vals={"line_ids": changes})
    company.call("account.move", "action_post", ids=[move])
    company.gather()
    rows = company.database.rows("select amount from tieout.cases where state = 'open'")
    assert [r["amount"] for r in rows] == [Decimal("50000.00")]
    assert "1 entries of nobody's" in company.why("ledger is ours")


def test_an_entry_that_becomes_what_it_was_before_somebody_accepted_another_amount_is_told_again(
    database: Database,
) -> None:
    """The last word of a person holds: what the tie-out calls nobody's is somebody's case."""
    found: list[tuple[str, int]] = []
    for amount in ("70.00", "50000.00", "70.00", "70.00"):
        case = NewCase(
            cause="entry_without_source", interface="", entity="US", period="2026-10", source_key="US:MISC/1",
            amount=Decimal(amount), currency="USD", recovery="r", detail="d", owner="o", opened_at=NOW, due_at=NOW,
            blocking=False, standing=True,
        )  # fmt: skip
        with database.transaction() as connection:
            found.append((amount, open_cases(connection, [case], "close")))
            for row in connection.execute("select case_id from tieout.cases where state = 'open'").fetchall():
                accept_case(connection, row["case_id"], "agreed", NOW, "cora")
    assert found == [("70.00", 1), ("50000.00", 1), ("70.00", 1), ("70.00", 0)]


def test_an_entry_by_hand_in_the_journal_of_exchange_differences_is_seen(company: Company) -> None:
    mallory = company.as_user("mallory@co.example")
    mallory.entry(RECEIVABLE, REVENUE, "50000.00", journal="EXCH", partner=company.partner("Firm"))
    company.gather()
    assert company.groups() == [
        ("entry_without_source", "EXCH", "mallory@co.example", "entry", 1, Decimal("50000.00"))
    ]


def test_whose_login_cannot_be_read_is_covered_by_nobodys_declaration(company: Company) -> None:
    """What Odoo shows of somebody is theirs to choose: a display name that is another one's login is none."""
    from tieout.connector_api import SetupError

    eve = company.as_user("eve@co.example")
    eve.invoice("E-1", "100.00", company.partner("Firm"))
    company.origins = (origin("ann", "customer invoice", users=("Eve", "eve", "ann@co.example")),)
    plain = company.session._client.call

    def refusing(model: str, method: str, **more: object) -> object:
        if model == "res.users":
            raise SetupError("the service account lacks a right")
        return plain(model, method, **more)

    company.session._client.call = refusing
    company.gather()
    ((_, _, user, _, count, _),) = company.groups()
    assert count == 1 and user.startswith("#")
    # A declaration that guesses the number names nobody.
    company.origins = (origin("guessed", "customer invoice", users=(user,)),)
    company.gather()
    assert company.by_cause() == {"entry_without_source": 1}
    # Who made it might be anybody: nobody is another person until the ledger says.
    with company.database.transaction() as connection:
        (row,) = connection.execute("select case_id from tieout.cases where state = 'open'").fetchall()
        for who in ("eve", "eve@co.example", "cora", user):
            with pytest.raises(HeldError, match=r"login cannot be read.*res\.users"):
                accept_case(connection, row["case_id"], "agreed", NOW, who)
    company.session._client.call = plain
    company.gather()
    with company.database.transaction() as connection:
        with pytest.raises(HeldError, match="made what it is about"):
            accept_case(connection, row["case_id"], "agreed", NOW, "eve@co.example")
        assert accept_case(connection, row["case_id"], "agreed", NOW, "cora")


def test_the_rest_is_decided_by_group_and_the_tie_out_is_right_to_the_cent(company: Company) -> None:
    """Connected: nothing declared is a case, ten are left in three groups. Bob's five are decided as one; one of them
    became another entry after it was listed, and is left."""
    years_of_books(company)
    company.begins_on, company.origins = FIRST_DAY, (INVOICES, PAYMENTS, LINES)
    company.gather()
    rows = company.database.rows(
        "select case_id, revision, source_key, group_key from tieout.cases where made_user = 'bob@co.example' order by 1"
    )
    assert len(rows) == 5 and len({r["group_key"] for r in rows}) == 1
    seen = tuple(Seen(r["case_id"], r["revision"]) for r in rows)
    (move,) = company.call("account.move", "search", domain=[["name", "=", rows[0]["source_key"][3:]]])
    lines = company.call(
        "account.move.line", "search_read", domain=[["move_id", "=", move]], fields=["debit"]
    )
    company.call("account.move", "button_draft", ids=[move])
    changes = [[1, x["id"], {"debit" if x["debit"] else "credit": 40000.0}] for x in lines]
    company.call("account.move", "write", ids=[move], vals={"line_ids": changes})
    company.call("account.move", "action_post", ids=[move])
    company.gather()
    with company.database.transaction() as connection:
        done = decide_many(
            connection, company.release(), Decision("solve", seen, "fees of October"), person="cora",
            may=lambda _: "", now=NOW,
        )  # fmt: skip
    assert [o.outcome for o in done.outcomes] == ["left", *["done"] * 4]
    assert "changed since it was listed" in done.outcomes[0].why
    company.gather()
    bank = company.split()[BANK, "USD"]
    assert bank.explained.credit == Decimal("11.25") + Decimal("12.25") + Decimal("13.25") + Decimal("14.25")
    assert bank.undeclared.credit == 40000 and bank.explained.count == 4
    assert bank.moved == bank.declared["bank_sync"].net - Decimal("51.00") - 40000 and not bank.residual
    assert company.by_cause() == {"entry_without_source": 6}
    # What was given to somebody is another case than the one that was listed.
    left = Seen(rows[0]["case_id"], 2)
    for owner, outcome in (("cora", "done"), ("carl", "left")):
        with company.database.transaction() as connection:
            given = decide_many(
                connection, company.release(), Decision("assign", (left,), owner=owner), person="cora",
                may=lambda _: "", now=NOW,
            )  # fmt: skip
        assert given.outcomes[0].outcome == outcome
