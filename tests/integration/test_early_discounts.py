"""A discount for paying early and its tax: what stands in the ledger and in its tax report, when it is taken, refused, undone.

As T-accounts, for 500.00 and 15% on "two per cent within ten days, included", paid 563.50 in time:

    unapplied     Dr 563.50   the cash
    discounts     Dr  10.00   a base of the tax, in the boxes of a refund
    tax           Dr   1.50   the tax's distribution of a refund
    receivable    Cr 575.00   closed with the invoice
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_reconciling import (
    DISCOUNTS,
    NOW,
    UNTIL,
    Books,
    DecisionError,
    books,
    open_suggestions,
    whole,
)
from tieout.reconcile.ledger import Reconciler, matches
from tieout_sandbox import World

pytestmark = pytest.mark.long

__all__ = ["books"]
KIND = "early_payment_discount"
D = Decimal


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"), seed=1, start=NOW)
    made.start()
    yield made
    made.stop()


class Taxed:
    """Books with taxes of their own, whose bases and amounts stand in boxes of a report."""

    def __init__(self, books: Books, country: str = "DE") -> None:
        self.books = books
        books.limits, books.country = DISCOUNTS, country
        self.boxes: dict[int, str] = {}
        self.acme = books.partner("Acme Corp")

    def tax(self, percent: str, use: str = "sale", account: str = "251000", **more: Any) -> int:
        """A tax of so many per cent: its boxes are its name with base or tax, and "less" of refunds."""
        (key,) = self.books.call("account.account", "search", domain=[["code", "=", account]])
        (group,) = self.books.call("account.tax.group", "search", domain=[], limit=1, order="id")
        sides = {}
        for side, less in (("invoice", ""), ("refund", " less")):
            base, due = (self.box(f"{percent} {what}{less}") for what in ("base", "tax"))
            sides[f"{side}_repartition_line_ids"] = [
                [0, 0, {"repartition_type": "base", "tag_ids": [[6, 0, [base]]]}],
                [0, 0, {"repartition_type": "tax", "account_id": key, "tag_ids": [[6, 0, [due]]]}],
            ]
        values = {
            "name": f"VAT {percent}%",
            "amount": float(percent),
            "type_tax_use": use,
            "tax_group_id": group,
            **sides,
        }
        return int(self.books.call("account.tax", "create", vals_list=[{**values, **more}])[0])

    def box(self, name: str) -> int:
        (key,) = self.books.call(
            "account.account.tag", "create", vals_list=[{"name": name, "applicability": "taxes"}]
        )
        self.boxes[int(key)] = name
        return int(key)

    def report(self) -> dict[str, Decimal]:
        """What stands in each box: a debit is positive."""
        rows = self.books.call("account.move.line", "search_read", fields=["balance", "tax_tag_ids"],
                               domain=[["parent_state", "=", "posted"]])  # fmt: skip
        found: dict[str, Decimal] = {}
        for row in rows:
            for tag in row["tax_tag_ids"]:
                if tag in self.boxes:
                    found[self.boxes[tag]] = found.get(self.boxes[tag], D(0)) + D(str(row["balance"]))
        return {k: v for k, v in found.items() if v}

    def invoice(
        self, number: str, lines: list[tuple[str, list[int]]], kind: str = "out_invoice", **more: Any
    ) -> int:
        rows = [
            [0, 0, {"name": "Work", "quantity": 1, "price_unit": float(price), "tax_ids": [[6, 0, taxes]]}]
            for price, taxes in lines
        ]
        values = {"move_type": kind, "partner_id": self.acme, "invoice_date": "2026-10-05", "ref": number,
                  "invoice_line_ids": rows, **more}  # fmt: skip
        (move,) = self.books.call("account.move", "create", vals_list=[values])
        self.books.call("account.move", "action_post", ids=[move])
        return int(move)

    def entry_lines(self) -> list[dict[str, Any]]:
        """The lines of the entry that was made last."""
        (move,) = self.books.call(
            "account.move", "search", domain=[["move_type", "=", "entry"]], order="id desc", limit=1
        )
        return self.lines_of(move)

    def lines_of(self, move: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.books.call(
            "account.move.line", "search_read", domain=[["move_id", "=", move]], order="id",
            fields=["account_id", "balance", "amount_currency", "tax_ids", "tax_tag_ids", "tax_repartition_line_id"],
        )  # fmt: skip
        return rows

    def wizards(self, move: int) -> list[dict[str, Any]]:
        """The lines of the payment that Odoo's own wizard makes for an invoice today."""
        context = {
            "active_model": "account.move",
            "active_ids": [move],
            "allowed_company_ids": [self.books.company.id],
        }
        made = self.books.admin.call(
            "account.payment.register", "create", vals_list=[{"payment_date": "2026-10-12"}], context=context
        )
        action = self.books.call("account.payment.register", "action_create_payments", ids=made)
        (payment,) = self.books.call("account.payment", "read", ids=[action["res_id"]], fields=["move_id"])
        return self.lines_of(payment["move_id"][0])


def counted(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Lines that count in the tax report, in any order."""
    return sorted(
        (r["account_id"][0], D(str(r["balance"])), D(str(r["amount_currency"])), tuple(r["tax_ids"]), tuple(r["tax_tag_ids"]),
         (r["tax_repartition_line_id"] or [0])[0])
        for r in rows
        if (r["tax_ids"] or r["tax_tag_ids"]) and r["balance"]
    )  # fmt: skip


def sums(books: Books, *codes: str) -> list[Decimal]:
    return [books.balance(c) for c in codes]


def key_of(books: Books) -> str:
    with books.database.transaction() as connection:
        return str(matches(connection)[0]["source_key"])


@pytest.mark.parametrize("country", ["", "DE"])
def test_a_discount_that_corrects_tax_stands_in_the_report(books: Books, country: str) -> None:
    taxed = Taxed(books, country)
    move = taxed.invoice(
        "INV-77060", [("500.00", [taxed.tax("15")])], invoice_payment_term_id=books.term("included")
    )
    books.cash("c1", "563.50", "Acme Corp INV-77060")
    found = whole(books)
    assert [d.explained_as for d in found.applied] == [KIND]
    assert books.due(move) == 0 and books.state(move) == "paid" and books.cases() == []
    assert sums(books, "443000", "251000", "212130") == [D(10), D("-73.50"), 0]
    assert taxed.report() == {
        "15 base": D(-500),
        "15 base less": D(10),
        "15 tax": D(-75),
        "15 tax less": D("1.50"),
    }
    # In the period in which it was taken: the day of the payment, not the invoice's.
    rows = books.database.rows("select accounting_on from tieout.document")
    assert rows == [{"accounting_on": date(2026, 10, 12)}]
    assert books.verify() == 0


def test_somebody_who_takes_a_line_out_of_the_report_is_seen(books: Books) -> None:
    taxed = Taxed(books)
    taxed.invoice(
        "INV-77060", [("500.00", [taxed.tax("15")])], invoice_payment_term_id=books.term("included")
    )
    books.cash("c1", "563.50", "Acme Corp INV-77060")
    whole(books)
    (base,) = [x for x in taxed.entry_lines() if x["tax_ids"]]
    books.call("account.move.line", "write", ids=[base["id"]], vals={"tax_tag_ids": [[6, 0, []]]})
    assert books.verify() > 0
    assert [cause for cause, _ in books.cases()] == ["changed_in_ledger"]


SEVERAL = [("199.99", "19"), ("33.33", "7"), ("0.07", "19"), ("12.49", "0")]


@pytest.mark.parametrize("rounding", ["round_globally", "round_per_line"])
@pytest.mark.parametrize("included", [False, True])
def test_of_several_rates_the_lines_are_those_of_odoos_own_wizard(
    books: Books, rounding: str, included: bool
) -> None:
    """The simulator's wizard, that is: of it one case was observed, the rest is read of Odoo's source."""
    books.admin.call(
        "res.company", "write", ids=[books.company.id], vals={"tax_calculation_rounding_method": rounding}
    )
    books.session.facts()
    taxed = Taxed(books)
    choice = {"price_include_override": "tax_included" if included else "tax_excluded"}
    taxes = {p: taxed.tax(p, **choice) for p in ("0", "7", "19")}
    lines = [(price, [taxes[p]]) for price, p in SEVERAL]
    term = books.term("included")
    ours = taxed.invoice("INV-77060", lines, invoice_payment_term_id=term)
    theirs = taxed.invoice("INV-88060", lines, invoice_payment_term_id=term)
    (due,) = books.call("account.move.line", "search_read", fields=["discount_amount_currency"],
                        domain=[["move_id", "=", ours], ["display_type", "=", "payment_term"]])  # fmt: skip
    wizard = taxed.wizards(theirs)
    assert books.state(theirs) == "paid"
    books.cash("c1", str(due["discount_amount_currency"]), "Acme Corp INV-77060")
    assert [d.explained_as for d in whole(books).applied] == [KIND] and books.due(ours) == 0
    assert counted(taxed.entry_lines()) == counted(wizard) and len(counted(wizard)) > 4
    assert books.verify() == 0


def test_a_base_of_nothing_per_cent_is_corrected_too(books: Books) -> None:
    """What is delivered tax-free is reported, and so is what was kept back of it."""
    taxed = Taxed(books)
    taxed.invoice("INV-77060", [("500.00", [taxed.tax("0")])], invoice_payment_term_id=books.term("included"))
    books.cash("c1", "490.00", "Acme Corp INV-77060")
    whole(books)
    assert taxed.report() == {"0 base": D(-500), "0 base less": D(10)}


@pytest.mark.parametrize(("paid", "base"), [("563.51", "9.99"), ("563.49", "10.01")])
def test_a_payers_own_rounding_goes_to_the_base(books: Books, paid: str, base: str) -> None:
    taxed = Taxed(books)
    taxed.invoice(
        "INV-77060", [("500.00", [taxed.tax("15")])], invoice_payment_term_id=books.term("included")
    )
    books.cash("c1", paid, "Acme Corp INV-77060")
    whole(books)
    assert sums(books, "443000", "251000") == [D(base), D("-73.50")]


def test_several_invoices_in_one_payment_each_with_its_own(books: Books) -> None:
    """One corrects 19%, one 7%, one has no tax at all: 11.90, 2.14 and 2.00 are kept back of 595.00, 107.00 and 100.00."""
    taxed = Taxed(books)
    term = books.term("included")
    for number, price, taxes in (("INV-77060", "500.00", [taxed.tax("19")]), ("INV-77061", "100.00", [taxed.tax("7")]),
                                 ("INV-77062", "100.00", [])):  # fmt: skip
        taxed.invoice(number, [(price, taxes)], invoice_payment_term_id=term)
    books.cash("c1", "785.96", "Acme Corp INV-77060 INV-77061 INV-77062")
    found = whole(books)
    assert [d.explained_as for d in found.applied] == [KIND]
    assert sums(books, "443000", "251000", "121000") == [D(14), D("-99.96"), 0]
    assert taxed.report()["19 tax less"] == D("1.90") and taxed.report()["7 tax less"] == D("0.14")


def test_in_a_foreign_currency_the_tax_is_corrected_at_the_invoices_rate(books: Books) -> None:
    """900.00 EUR and 20% at the invoice's rate; the cash at another: its difference is the rate's, and none of the tax's."""
    taxed = Taxed(books)
    (euro,) = books.call("res.currency", "search", domain=[["name", "=", "EUR"]])
    move = taxed.invoice("INV-77060", [("900.00", [taxed.tax("20")])], currency_id=euro,
                         invoice_currency_rate=0.8, invoice_payment_term_id=books.term("included"))  # fmt: skip
    books.cash("c1", "1058.40", "Acme Corp INV-77060", company="1411.20", currency="EUR")
    found = whole(books)
    assert [d.explained_as for d in found.applied] == [KIND] and books.due(move) == 0
    # 18.00 and 3.60 EUR at 0.8.
    assert taxed.report() == {
        "20 base": D(-1125),
        "20 base less": D("22.50"),
        "20 tax": D(-225),
        "20 tax less": D("4.50"),
    }
    assert books.balance("121000") == 0 and books.balance("212130") == 0
    # 1058.40 EUR were 1323.00 at the invoice's rate: 88.20 are the rate's gain.
    others = -(D("1411.20") - D(1125) - D(225) + D(27))
    assert sum(sums(books, "441000", "442000")) == others == D("-88.20")
    assert books.verify() == 0


def test_undone_the_report_is_as_before(books: Books) -> None:
    taxed = Taxed(books)
    move = taxed.invoice(
        "INV-77060", [("500.00", [taxed.tax("15")])], invoice_payment_term_id=books.term("included")
    )
    before = taxed.report()
    books.cash("c1", "563.50", "Acme Corp INV-77060")
    whole(books)
    books.decide("ann").undo(key_of(books), "they had no right to it")
    books.work()
    assert books.due(move) == D(575) and sums(books, "443000", "251000") == [0, D(-75)]
    # A reduction is taken back as what it reduced: the boxes net to what they held, and none is below zero.
    net = taxed.report()
    assert {k: net.get(k, D(0)) + net.get(f"{k} less", D(0)) for k in before} == before
    assert net["15 base"] == D(-510) and net["15 tax"] == D("-76.50")
    assert books.verify() == 0
    # It does not come back by itself.
    assert not whole(books).applied


def test_a_credit_note_in_the_set_is_for_people(books: Books) -> None:
    """575.00 less a credit note of 115.00 and all of the discount: of the 115.00 nothing was discounted."""
    taxed = Taxed(books)
    tax = taxed.tax("15")
    taxed.invoice("INV-77060", [("500.00", [tax])], invoice_payment_term_id=books.term("included"))
    taxed.invoice("CN-77061", [("100.00", [tax])], kind="out_refund")
    books.cash("c1", "448.50", "Acme Corp INV-77060 CN-77061")
    whole(books)
    assert sums(books, "443000", "251000") == [0, D(-60)]
    for row in open_suggestions(books):
        with pytest.raises(DecisionError, match=r"credit note|terms grant"):
            books.decide("ann").accept(row["suggestion_id"], difference=KIND)
    assert open_suggestions(books)


def test_what_comes_back_of_a_discounted_invoice_is_no_discount(books: Books) -> None:
    """All is credited, 575.00, and what was paid is given back, 563.50: the 11.50 stay open for a person to see."""
    taxed = Taxed(books)
    tax = taxed.tax("15")
    taxed.invoice("INV-77060", [("500.00", [tax])], invoice_payment_term_id=books.term("included"))
    books.cash("c1", "563.50", "Acme Corp INV-77060")
    whole(books)
    note = taxed.invoice("CN-77061", [("500.00", [tax])], kind="out_refund")
    books.cash("c2", "-563.50", "Acme Corp CN-77061")
    whole(books)
    assert books.balance("443000") == D(10) and books.due(note) in (D("11.50"), D(575))


def test_where_the_tax_stands_the_whole_discount_is_a_cost(books: Books) -> None:
    taxed = Taxed(books, "NL")
    move = taxed.invoice(
        "INV-77060", [("500.00", [taxed.tax("21")])], invoice_payment_term_id=books.term("included")
    )
    books.cash("c1", "592.90", "Acme Corp INV-77060")
    whole(books)
    assert books.due(move) == 0 and sums(books, "443000", "251000") == [D("12.10"), D(-105)]
    assert taxed.report() == {"21 base": D(-500), "21 tax": D(-105)}


def test_where_a_credit_note_comes_it_corrects_the_tax_and_there_is_no_discount(books: Books) -> None:
    taxed = Taxed(books, "NL")
    tax = taxed.tax("21")
    move = taxed.invoice("INV-77060", [("500.00", [tax])], invoice_payment_term_id=books.term("included"))
    note = taxed.invoice("CN-77061", [("10.00", [tax])], kind="out_refund")
    books.cash("c1", "592.90", "Acme Corp INV-77060 CN-77061")
    whole(books)
    assert books.due(move) == 0 and books.due(note) == 0 and books.balance("443000") == 0
    report = {"21 base": D(-500), "21 base less": D(10), "21 tax": D(-105), "21 tax less": D("2.10")}
    assert taxed.report() == report


def test_a_person_takes_what_the_terms_grant_and_no_more(books: Books) -> None:
    """Past the limits it is a person's, with its tax all the same; another amount has no tax that anybody knows."""
    taxed = Taxed(books)
    books.limits = {}
    tax, term = taxed.tax("15"), books.term("included")
    taxed.invoice("INV-77060", [("500.00", [tax])], invoice_payment_term_id=term)
    books.cash("c1", "563.50", "Acme Corp INV-77060")
    books.options = {"automatic": "no"}
    whole(books)
    (row,) = open_suggestions(books)
    books.decide("ann").accept(row["suggestion_id"], difference=KIND)
    books.work()
    assert sums(books, "443000", "251000") == [D(10), D("-73.50")]
    taxed.invoice("INV-77061", [("500.00", [tax])], invoice_payment_term_id=term)
    books.cash("c2", "557.75", "Acme Corp INV-77061")
    whole(books)
    (row,) = open_suggestions(books)
    with pytest.raises(DecisionError, match=r"the terms grant 11\.50 USD"):
        books.decide("ann").accept(row["suggestion_id"], difference=KIND)


def test_a_bills_discount_is_a_persons_and_lessens_the_input_tax(books: Books) -> None:
    taxed = Taxed(books)
    move = taxed.invoice("BILL-77060", [("500.00", [taxed.tax("15", "purchase", "131000")])], kind="in_invoice",
                         invoice_payment_term_id=books.term("included"))  # fmt: skip
    books.cash("c1", "-563.50", "Acme Corp BILL-77060")
    assert not whole(books).applied
    connection = books.database.connect(autocommit=True)
    now = books.clock.now()
    cash, due = Reconciler(books.release(), books.interface, books.session, UNTIL, now).open(connection)
    connection.close()
    books.decide("ann").join(books.interface, cash, due, KIND)
    books.work()
    assert books.due(move) == 0 and sums(books, "443000", "131000") == [D(-10), D("73.50")]
    assert taxed.report() == {
        "15 base": D(500),
        "15 base less": D(-10),
        "15 tax": D(75),
        "15 tax less": D("-1.50"),
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"amount_type": "fixed"},
        {"amount_type": "group"},
        {"tax_exigibility": "on_payment"},
        {"include_base_amount": True},
    ],
)
def test_a_tax_that_is_no_plain_percentage_is_left_to_odoo(books: Books, odd: dict[str, Any]) -> None:
    taxed = Taxed(books)
    taxed.invoice(
        "INV-77060", [("500.00", [taxed.tax("15", **odd)])], invoice_payment_term_id=books.term("included")
    )
    books.cash("c1", "563.50", "Acme Corp INV-77060")
    whole(books)
    assert books.balance("443000") == 0
    rows = open_suggestions(books)
    for row in rows:
        with pytest.raises(DecisionError, match="corrects its tax"):
            books.decide("ann").accept(row["suggestion_id"], difference=KIND)


def test_what_odoos_wizard_books_was_observed(books: Books) -> None:
    """Third round of observations, 6: 500 and 15%, two per cent, paid 563.50."""
    taxed = Taxed(books)
    move = taxed.invoice(
        "INV-77060", [("500.00", [books.tax()])], invoice_payment_term_id=books.term("included")
    )
    taxed.wizards(move)
    assert sums(books, "443000", "251000", "101403") == [D(10), D("-73.50"), D("563.50")]
    assert books.due(move) == 0
