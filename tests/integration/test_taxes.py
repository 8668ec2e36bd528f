"""A month's taxes against the ledger's own tax lines, what people do to them there, and periods that were filed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.integration.office import Office
from tests.integration.taxed_selling import Selling, line
from tieout.cases import solve_case
from tieout.close.entries import look_at_entries
from tieout.delivery import read_back_month
from tieout.money import Period
from tieout.proofs import (
    Filing,
    FilingError,
    keep_filing,
    kept_filings,
    kept_taxes,
    look_at_filings,
    look_at_taxes,
    prepare,
    tax_months,
    tax_verdict,
)
from tieout.proofs.taxes import TaxWhy, Told

OCTOBER = Period.parse("2026-10")
STATE = ("State Tax", "0.06")
TAX_ACCOUNT, RENT = "251000", "621000"
TRANSITION, RECEIVABLE, SUSPENSE = "201000", "121000", "101402"
NOVEMBER_5 = datetime(2026, 11, 5, 9, tzinfo=UTC)
D = Decimal
APART = "taxes_do_not_tie_out"


class Taxed:
    """A shop whose October is in the books, and people who work in its ledger."""

    def __init__(self, office: Office) -> None:
        self.s = Selling(office)
        self.c = office.database.connect(autocommit=True)
        self.admin = office.admin

    def look(self, period: Period = OCTOBER) -> tuple[bool, str]:
        """What the close does: read back, then look at taxes."""
        now, session = self.s.clock.now(), self.s.office.session
        read_back_month(self.c, session, "odoo", "US", period, "UTC", now)
        found = look_at_taxes(self.c, self.s.release(), session, "US", [period], now)
        assert found is not None
        return tax_verdict(found[period])

    def causes(self) -> list[tuple[str, Decimal]]:
        return [x for x in self.s.cases() if x[0] in (APART, "changed_in_ledger", "posted_into_filed_period",
                                                      "reversed_in_ledger")]  # fmt: skip

    def ids(self, model: str, field: str, *values: str) -> dict[str, int]:
        company = self.s.office.company.id
        table = self.s.office.world.odoo.service.world.table(model)
        return {
            str(r[field]): int(r["id"])
            for r in table.values()
            if r[field] in values and company in (r.get("company_ids") or [r.get("company_id")])
        }

    def entry(self, amount: str, tax: str = "NY 15%", on: str = "2026-10-20", name: str = "by hand") -> int:
        """Somebody books a tax by hand: so much more is owed; without `tax` on its account alone. The entry's id."""
        accounts = self.ids("account.account", "code", TAX_ACCOUNT, RENT)
        share: dict[str, Any] = {}
        if tax:
            number = self.ids("account.tax", "name", tax)[tax]
            (row,) = self.admin.call(
                "account.tax.repartition.line", "search_read",
                domain=[["tax_id", "=", number], ["repartition_type", "=", "tax"], ["document_type", "=", "invoice"]],
                fields=["tax_id"],
            )  # fmt: skip
            share = {"tax_repartition_line_id": row["id"]}
        lines = [
            {"account_id": accounts[RENT], "debit": amount, "credit": "0", "name": name},
            {"account_id": accounts[TAX_ACCOUNT], "debit": "0", "credit": amount, "name": name, **share},
        ]
        journal = self.ids("account.journal", "code", "MISC")["MISC"]
        values = {
            "move_type": "entry",
            "journal_id": journal,
            "date": on,
            "ref": name,
            "line_ids": [[0, 0, x] for x in lines],
        }
        context = {"allowed_company_ids": [self.s.office.company.id]}
        (made,) = self.admin.call("account.move", "create", vals_list=[values], context=context)
        self.admin.call("account.move", "action_post", ids=[made])
        return int(made)

    def on_account(self, tax: str, net: str, amount: str, on: str) -> int:
        """Somebody books by hand what a customer is to pay, with its tax, as no invoice. The entry's id."""
        accounts = self.ids("account.account", "code", TRANSITION, RECEIVABLE, RENT)
        number = self.ids("account.tax", "name", tax)[tax]
        (share,) = self.admin.call(
            "account.tax.repartition.line", "search",
            domain=[["tax_id", "=", number], ["repartition_type", "=", "tax"], ["document_type", "=", "invoice"]],
        )  # fmt: skip
        gross = str(D(net) + D(amount))
        return self.post(
            on,
            {"account_id": accounts[RECEIVABLE], "debit": gross, "credit": "0"},
            {"account_id": accounts[RENT], "debit": "0", "credit": net, "tax_ids": [[6, 0, [number]]]},
            {
                "account_id": accounts[TRANSITION],
                "debit": "0",
                "credit": amount,
                "tax_repartition_line_id": share,
            },
        )

    def post(self, on: str, *lines: dict[str, Any]) -> int:
        values = {"move_type": "entry", "journal_id": self.ids("account.journal", "code", "MISC")["MISC"], "date": on,
                  "ref": "by hand", "line_ids": [[0, 0, {"name": "by hand", **x}] for x in lines]}  # fmt: skip
        context = {"allowed_company_ids": [self.s.office.company.id]}
        (made,) = self.admin.call("account.move", "create", vals_list=[values], context=context)
        self.admin.call("account.move", "action_post", ids=[made])
        return int(made)

    def pay(self, entry: int, amount: str, on: str) -> list[int]:
        """Money comes for what an entry of ours says is owed; the lines that were matched."""
        accounts = self.ids("account.account", "code", RECEIVABLE, SUSPENSE)
        paid = self.post(
            on,
            {"account_id": accounts[SUSPENSE], "debit": amount, "credit": "0"},
            {"account_id": accounts[RECEIVABLE], "debit": "0", "credit": amount},
        )
        lines = self.admin.call(
            "account.move.line", "search",
            domain=[["move_id", "in", [entry, paid]], ["account_id", "=", accounts[RECEIVABLE]]],
        )  # fmt: skip
        self.admin.call("account.move.line", "reconcile", ids=lines)
        return list(lines)

    def reset(self, move: int, **values: Any) -> None:
        """Somebody sets an entry back, writes into it, and posts it again."""
        self.admin.call("account.move", "button_draft", ids=[move])
        if values:
            self.admin.call("account.move", "write", ids=[move], vals=values)
            self.admin.call("account.move", "action_post", ids=[move])

    def name_of(self, move: int) -> str:
        (row,) = self.admin.call("account.move", "read", ids=[move], fields=["name"])
        return str(row["name"])

    def file(self, first: date = OCTOBER.first, last: date = OCTOBER.last, **more: Any) -> Filing:
        given: dict[str, Any] = {
            "report": "US-NY", "taxes": (), "reference": "NY-2026-10", "reason": "the state's receipt", "corrects": None,
            "who": "cora", **more,
        }  # fmt: skip
        now, session = self.s.clock.now(), self.s.office.session
        wanted, items = prepare(self.s.release(), session, "US", first=first, last=last, now=now, **given)
        with self.c.transaction():
            return keep_filing(self.c, wanted, items, now)

    def look_at_filed(self) -> list[tuple[str, Decimal]]:
        found = look_at_filings(self.c, self.s.release(), self.s.office.session, "US", self.s.clock.now())
        return [(str(e.how), e.tax) for e in found]


@pytest.fixture
def taxed(office: Office) -> Taxed:
    found = Taxed(office)
    found.s.order("NY-1", [line("100.00", (*STATE, "6.00"))], "106.00")
    found.s.work()
    return found


def later(taxed: Taxed) -> Taxed:
    taxed.s.clock.at = NOVEMBER_5
    return taxed


def test_a_month_that_ties_out_says_source_ledger_and_base_and_is_kept_once(taxed: Taxed) -> None:
    assert taxed.look() == (True, "1 taxes tie out") and taxed.causes() == []
    (kept,) = kept_taxes(taxed.c, ["US"], None, 10)
    (row,) = kept["figures"]
    assert (row["jurisdiction"], row["tax"], row["source"], row["in_ledger"]) == (
        "US-NY",
        "NY 15%",
        "6.00",
        "6.00",
    )
    assert (row["source_base"], row["base"], row["accounts"]) == ("100.00", "100.00", {TAX_ACCOUNT: "6.00"})
    taxed.look()
    assert taxed.s.office.evidence("tax.month") == 1 and kept_taxes(taxed.c, ["DE"], None, 10) == []


def test_a_tax_booked_by_hand_is_named_with_its_entry_until_it_is_gone(taxed: Taxed) -> None:
    made = taxed.entry("40.00")
    done, said = taxed.look()
    assert not done and "-40.00 made in the ledger by hand" in said and taxed.name_of(made) in said
    assert taxed.causes() == [(APART, D("40.00"))]
    taxed.reset(made)
    assert taxed.look()[0] and taxed.causes() == []


def test_two_entries_that_offset_each_other_are_both_at_risk(taxed: Taxed) -> None:
    taxed.entry("40.00")
    made = taxed.entry("40.00", name="and back")
    company = taxed.s.office.world.odoo.service.world
    for row in company.table("account.move.line").values():
        if row["move_id"] == made:
            sign = {"balance": -row["balance"], "amount_currency": -row["amount_currency"]}
            company.store.update(
                "account.move.line", row, {**sign, "debit": row["credit"], "credit": row["debit"]}
            )
    row = taxed.s.tax_rows()["US-NY", "NY 15%"]
    assert row.source == row.in_ledger and len(row.open) == 2
    assert not taxed.look()[0] and taxed.causes() == [(APART, D("80.00"))]


@pytest.mark.parametrize("tax", ["NY 15%", ""])
def test_an_entry_that_the_close_tells_of_is_no_second_case_and_is_settled_with_it(
    taxed: Taxed, tax: str
) -> None:
    """The case of an entry by hand on a governed account explains the difference; who gives its reason settles it."""
    name = taxed.name_of(taxed.entry("40.00", tax))
    sessions = {"odoo": taxed.s.office.session}.get
    look_at_entries(taxed.c, taxed.s.release(), sessions, "US", OCTOBER, taxed.s.clock.now())
    done, said = taxed.look()
    assert not done and name in said and taxed.causes() == []
    rows = taxed.s.office.database.rows("select case_id, cause from tieout.cases where state = 'open'")
    assert [r["cause"] for r in rows] == ["account_moved_by_hand"]
    with taxed.c.transaction():
        solve_case(taxed.c, rows[0]["case_id"], taxed.s.clock.now(), "the accountant's correction", "cora")
    done, said = taxed.look()
    assert done and "1 differences that are explained" in said and taxed.causes() == []


def test_a_tax_changed_in_our_entry_is_its_document_s_case_alone(taxed: Taxed) -> None:
    book = taxed.s.office.world.odoo.service.world
    for row in book.table("account.move.line").values():
        if row.get("tax_line_id") and row["company_id"] == taxed.s.office.company.id:
            book.store.update(
                "account.move.line", row, {"amount_currency": D("-5.00"), "balance": D("-5.00")}
            )
    done, said = taxed.look()
    assert not done and "1.00 otherwise in the ledger (NY-1)" in said
    assert [c for c, _ in taxed.causes()] == ["changed_in_ledger"]
    (one,) = taxed.s.tax_rows()["US-NY", "NY 15%"].open
    assert (one.why, one.tax, one.told) == (TaxWhy.CHANGED, D("1.00"), Told.CASE)


def test_a_base_that_somebody_takes_out_of_its_tax_is_seen_though_the_tax_stands(taxed: Taxed) -> None:
    book = taxed.s.office.world.odoo.service.world
    for row in book.table("account.move.line").values():
        if row["tax_ids"] and row["company_id"] == taxed.s.office.company.id:
            book.store.update("account.move.line", row, {"tax_ids": []})
    assert not taxed.look()[0] and taxed.causes() == [(APART, D("100.00"))]


def test_what_a_person_accepts_ties_out_until_it_is_another_amount(taxed: Taxed) -> None:
    taxed.entry("40.00")
    taxed.look()
    (row,) = taxed.s.office.database.rows("select case_id from tieout.cases where cause = %s", APART)
    with taxed.c.transaction():
        solve_case(taxed.c, row["case_id"], taxed.s.clock.now(), "use tax of the office", "cora")
    assert taxed.look()[0] and taxed.causes() == []
    taxed.entry("2.00", name="another")
    assert not taxed.look()[0] and taxed.causes() == [(APART, D("42.00"))]


def test_what_is_under_way_while_the_ledger_is_asked_is_no_difference_of_anybody(taxed: Taxed) -> None:
    """Posted, and nobody heard the answer: it is ours, and on its way."""
    taxed.c.execute("update tieout.delivery set state = 'unknown', target_id = null where effect = 'invoice'")
    row = taxed.s.tax_rows()["US-NY", "NY 15%"]
    assert sorted((d.why, d.tax) for d in row.open) == sorted(
        [(TaxWhy.WAITING, D("6.00")), (TaxWhy.SENT, D("-6.00"))]
    )
    taxed.look()
    assert taxed.causes() == []


# filed periods


def test_what_enters_a_filed_period_is_listed_entry_by_entry_until_a_correction_takes_it_in(
    taxed: Taxed,
) -> None:
    filing = later(taxed).file()
    assert taxed.look_at_filed() == [] and taxed.s.office.evidence("tax.filed") == 1
    made = taxed.entry("40.00")
    taxed.entry("7.00", on="2026-11-02", name="of november")
    assert taxed.look_at_filed() == [("came after it", D("40.00"))]
    assert ("posted_into_filed_period", D("40.00")) in taxed.causes()
    (kept,) = kept_filings(taxed.c, ["US"])
    (one,) = kept["entered"]
    assert (one["entry"], one["amount"], one["tax"]) == (taxed.name_of(made), "40.00", "NY 15%")
    corrected = taxed.file(corrects=filing.no, reference="NY-2026-10-C")
    assert taxed.look_at_filed() == [] and "posted_into_filed_period" not in dict(taxed.causes())
    assert [(f["number"], f["stands"]) for f in kept_filings(taxed.c, None)] == [
        (corrected.no, True),
        (filing.no, False),
    ]


def test_what_tieout_books_into_it_and_what_leaves_or_changes_is_listed_as_well(taxed: Taxed) -> None:
    first = taxed.entry("10.00")
    gone = taxed.entry("20.00", name="gone")
    later(taxed).file()
    taxed.s.order("NY-2", [line("50.00", (*STATE, "3.00"))], "53.00")
    taxed.s.work()
    taxed.reset(first, date="2026-11-01")
    taxed.reset(gone)
    assert sorted(taxed.look_at_filed()) == [
        ("came after it", D("3.00")), ("left after it", D("-20.00")), ("left after it", D("-10.00")),
    ]  # fmt: skip
    by = {e["entry"]: e["by"] for e in kept_filings(taxed.c, None)[0]["entered"]}
    assert "Tieout" in by.values() and len(by) == 3


def falls_due_on_payment(taxed: Taxed, tax: str = "CA 15%") -> None:
    (transition,) = taxed.ids("account.account", "code", TRANSITION).values()
    number = taxed.ids("account.tax", "name", tax)[tax]
    vals = {"tax_exigibility": "on_payment", "cash_basis_transition_account_id": transition}
    taxed.admin.call("account.tax", "write", ids=[number], vals=vals)
    taxed.admin.call("res.company", "write", ids=[taxed.s.office.company.id], vals={"tax_exigibility": True})


def test_tax_on_payment_of_an_entry_that_is_no_invoice_counts_in_a_return_when_it_is_paid(
    taxed: Taxed,
) -> None:
    """Odoo's `always_tax_exigible`: false for an entry with a receivable line and such a tax."""
    falls_due_on_payment(taxed)
    later(taxed).file()
    owed = taxed.on_account("CA 15%", "100.00", "15.00", "2026-10-20")
    assert taxed.look_at_filed() == []
    taxed.pay(owed, "46.00", "2026-10-28")
    assert taxed.look_at_filed() == [("came after it", D("6.00"))]
    (kept,) = kept_filings(taxed.c, ["US"])
    assert [(e["amount"], e["tax"]) for e in kept["entered"]] == [("6.00", "CA 15%")]
    # The rest is paid in November, and is of November's return.
    taxed.pay(owed, "69.00", "2026-11-03")
    assert taxed.look_at_filed() == [("came after it", D("6.00"))]


def test_such_a_tax_counts_on_its_own_day_where_nobody_is_to_pay_it(taxed: Taxed) -> None:
    falls_due_on_payment(taxed)
    later(taxed).file()
    taxed.entry("40.00", "CA 15%")
    assert taxed.look_at_filed() == [("came after it", D("40.00"))]


def test_what_fell_due_and_was_booked_back_is_nobody_s_work_by_hand(taxed: Taxed) -> None:
    """A match taken apart: both entries say for what they were made (`tax_cash_basis_origin_move_id`), and count in a
    return on their own days."""
    falls_due_on_payment(taxed)
    later(taxed).file()
    owed = taxed.on_account("CA 15%", "100.00", "15.00", "2026-10-20")
    lines = taxed.pay(owed, "115.00", "2026-10-28")
    assert taxed.s.tax_rows()["US-CA", "CA 15%"].falls_due == D("15.00")
    taxed.admin.call("account.move.line", "remove_move_reconcile", ids=lines)
    row = taxed.s.tax_rows()["US-CA", "CA 15%"]
    assert [d.what for d in row.differences] == [taxed.name_of(owed)] and row.falls_due == 0
    assert taxed.look_at_filed() == [("came after it", D("15.00")), ("came after it", D("-15.00"))]


def test_a_return_of_some_taxes_is_not_told_of_others(taxed: Taxed) -> None:
    later(taxed).file(taxes=("NY 15%",))
    taxed.entry("40.00", "CA 15%")
    assert taxed.look_at_filed() == []
    taxed.entry("1.00")
    assert taxed.look_at_filed() == [("came after it", D("1.00"))]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"report": " "}, "report: from 1"),
        ({"reference": "x" * 301}, "reference: from 1 to 300"),
        ({"taxes": ("Nonsense",)}, "no tax 'Nonsense'"),
        ({"last": date(2026, 10, 30)}, "whole months"),
        ({"first": date(2025, 10, 1)}, "a year at most"),
        ({"first": date(2026, 11, 1), "last": date(2026, 11, 30)}, "is not over"),
        ({"corrects": 99}, "no filing number 99"),
    ],
)
def test_what_cannot_be_a_filing_is_refused_in_words(taxed: Taxed, more: dict[str, Any], says: str) -> None:
    later(taxed)
    with pytest.raises(FilingError, match=says):
        taxed.file(**more)
    assert kept_filings(taxed.c, None) == []


def test_a_report_is_filed_once_and_corrected_by_its_number(taxed: Taxed) -> None:
    filing = later(taxed).file()
    with pytest.raises(FilingError, match=f"number {filing.no}"):
        taxed.file()
    assert taxed.file(report="US-CA").no > filing.no
    with pytest.raises(FilingError, match="same report and months"):
        taxed.file(report="US-CA", corrects=filing.no)
    second = taxed.file(corrects=filing.no)
    with pytest.raises(FilingError, match=f"no filing number {filing.no} of US stands"):
        taxed.file(corrects=filing.no)
    assert second.corrects == filing.no


def test_a_filing_is_never_rewritten_and_one_written_past_us_counts_for_nothing(taxed: Taxed) -> None:
    later(taxed).file()
    for statement in ("update tieout.tax_filing set reason = 'x'", "delete from tieout.tax_filed_item"):
        with pytest.raises(psycopg.errors.Error):
            taxed.c.execute(statement.encode())
    taxed.c.execute(
        "insert into tieout.tax_filing (entity, first_on, last_on, report, taxes, reference, reason, corrects, declared_by,"
        " declared_at, digest, stamp) select entity, first_on, last_on, report, taxes, reference, reason, no, 'mallory',"
        " declared_at, digest, stamp from tieout.tax_filing"
    )
    taxed.entry("40.00")
    assert taxed.look_at_filed() == [("came after it", D("40.00"))] and len(kept_filings(taxed.c, None)) == 1


def test_an_accepted_entry_of_a_filed_period_is_told_again_with_another_amount_only(taxed: Taxed) -> None:
    later(taxed).file()
    taxed.entry("40.00")
    taxed.look_at_filed()
    (row,) = taxed.s.office.database.rows(
        "select case_id, period from tieout.cases where cause = 'posted_into_filed_period'"
    )
    assert row["period"] == "2026-10"
    with taxed.c.transaction():
        solve_case(
            taxed.c, row["case_id"], taxed.s.clock.now() + timedelta(hours=1), "in November's return", "cora"
        )
    taxed.look_at_filed()
    assert "posted_into_filed_period" not in dict(taxed.causes())
    assert [e["amount"] for e in kept_filings(taxed.c, None)[0]["entered"]] == ["40.00"]


@pytest.mark.parametrize(("account", "told"), [("450000", [("changed_in_ledger", D("100.00"))]), ("", [])])
def test_an_entry_that_somebody_has_open_while_taxes_are_read_is_told_of_by_its_document_alone(
    taxed: Taxed, monkeypatch: pytest.MonkeyPatch, account: str, told: list[tuple[str, Decimal]]
) -> None:
    """It was set back when the taxes were read, and is posted again before anybody reads it back: on another account, or as it was."""
    session = taxed.s.office.session
    (invoice,) = taxed.ids("account.move", "ref", "NY-1").values()
    read = session.ledger_taxes

    def in_between(first: date, last: date) -> Any:
        monkeypatch.setattr(session, "ledger_taxes", read)
        taxed.admin.call("account.move", "button_draft", ids=[invoice])
        found = read(first, last)
        if account:
            domain = [["move_id", "=", invoice], ["display_type", "=", "product"]]
            lines = taxed.admin.call("account.move.line", "search", domain=domain)
            vals = {"account_id": taxed.ids("account.account", "code", account)[account]}
            taxed.admin.call("account.move.line", "write", ids=lines, vals=vals)
        taxed.admin.call("account.move", "action_post", ids=[invoice])
        return found

    monkeypatch.setattr(session, "ledger_taxes", in_between)
    assert taxed.look() == (True, "1 taxes tie out")
    assert taxed.causes() == told
    history = taxed.c.execute("select cause from tieout.cases order by case_id").fetchall()
    assert [r["cause"] for r in history] == [cause for cause, _ in told]


def test_a_sale_that_is_posted_while_taxes_are_looked_up_here_is_no_difference(
    taxed: Taxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrives, is planned and posted between what is asked of entries and what is asked of sales."""
    known = tax_months._told_of_documents

    def in_between(*given: Any) -> Any:
        monkeypatch.setattr(tax_months, "_told_of_documents", known)
        taxed.s.order("NY-2", [line("50.00", (*STATE, "3.00"))], "53.00")
        taxed.s.work()
        return known(*given)

    monkeypatch.setattr(tax_months, "_told_of_documents", in_between)
    assert taxed.look() == (True, "1 taxes tie out")
    assert taxed.look() == (True, "1 taxes tie out") and not taxed.causes()
