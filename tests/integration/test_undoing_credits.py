"""Where undoing and recall meet: credits, cash in another currency, entries of many lines. Each amount is as before."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import json
from decimal import Decimal
from hashlib import sha256

import pytest

from tests.integration.test_reconciling import (  # noqa: F401
    UNTIL,
    Books,
    books,
    by_line,
    credit,
    let,
    open_suggestions,
    whole,
    world,
)
from tests.integration.test_undoing import (
    Cut,
    account_of,
    lock,
    match_key,
    owed,
    recalled,
    receivable,
    undo,
)
from tieout.connector_api import OpenItem, SettledItem
from tieout.documents import EntryPosting, MatchRequest, canonical_bytes, decode_document
from tieout.money import Amount
from tieout.reconcile.ledger import DecisionError, matches
from tieout.reconcile.ledger.grouping import match_document, settled
from tieout.rules.differences import DifferenceLimit

pytestmark = pytest.mark.long


def currency(books: Books, name: str) -> int:
    (found,) = books.call("res.currency", "search", domain=[["name", "=", name]])
    return int(found)


def positions(books: Books, code: str) -> dict[str, tuple[Decimal, Decimal]]:
    """By currency: what stands on an account in it, and what of it is open."""
    rows = books.call("account.move.line", "search_read",
                      fields=["currency_id", "amount_currency", "amount_residual_currency"],
                      domain=[["account_id.code", "=", code], ["parent_state", "=", "posted"]])  # fmt: skip
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for row in rows:
        stands, is_open = found.get(row["currency_id"][1], (Decimal(0), Decimal(0)))
        found[row["currency_id"][1]] = (
            stands + Decimal(str(row["amount_currency"])),
            is_open + Decimal(str(row["amount_residual_currency"])),
        )
    return {name: both for name, both in found.items() if any(both)}


def keys_of(books: Books) -> list[str]:
    with books.database.transaction() as connection:
        return [str(m["source_key"]) for m in matches(connection)]


def applied_or_accepted(books: Books) -> None:
    """A run, and what it only suggested is accepted."""
    if not whole(books).applied:
        (row, *_) = open_suggestions(books)
        books.decide("ann").accept(row["suggestion_id"])
        books.work()


# cash in another currency


@pytest.mark.parametrize("way", ["dollars for euro", "euro for dollars"])
def test_cash_in_another_currency_comes_back_in_its_own_with_the_undoing(books: Books, way: str) -> None:
    key, acme = books.customer("Müller GmbH")
    rate = books.session.facts().rate("EUR", UNTIL.replace(day=12))
    if way == "dollars for euro":
        move = books.invoice("INV-81001", "900.00", acme, currency_id=currency(books, "EUR"))
        books.cash("c1", f"{900 / rate:.2f}", "Mueller INV-81001", partner=key)
    else:
        move = books.invoice("INV-81001", "1000.00", acme)
        books.cash(
            "c1", f"{995 * rate:.2f}", "Mueller INV-81001", company="995.00", currency="EUR", partner=key
        )
    before, due = positions(books, "212130"), books.due(move)
    applied_or_accepted(books)
    assert books.due(move) < due and positions(books, "212130") == {}
    undo(books)
    assert books.due(move) == due and positions(books, "212130") == before
    assert books.verify() == 0 and books.cases() == []


def test_euro_for_dollars_pay_what_they_were_booked_with_whatever_the_rate_says(books: Books) -> None:
    """The books' own currency has no exchange difference: an entry in it never says two amounts."""
    key, acme = books.customer("Müller GmbH")
    books.limits = {"exchange": DifferenceLimit(Decimal("50.00"), Decimal(5), Decimal("100.00"))}
    move = books.invoice("INV-81002", "1000.00", acme)
    rate = books.session.facts().rate("EUR", UNTIL.replace(day=12))
    books.cash("c1", f"{1000 * rate:.2f}", "Mueller INV-81002", company="996.50", currency="EUR", partner=key)
    applied_or_accepted(books)
    rows = books.call("account.move.line", "search_read", fields=["balance", "amount_currency"], domain=[
        ["currency_id", "=", currency(books, "USD")], ["parent_state", "=", "posted"]])  # fmt: skip
    assert [r for r in rows if r["balance"] != r["amount_currency"]] == []
    assert books.due(move) == Decimal("3.50") and books.balance("212130") == 0 and books.verify() == 0


def test_exchange_differences_of_a_partner_have_their_sum_over_all_runs(books: Books) -> None:
    key, acme = books.customer("Müller GmbH")
    books.limits = {"exchange": DifferenceLimit(Decimal("8.00"), Decimal(5), Decimal("10.00"))}
    rate = books.session.facts().rate("EUR", UNTIL.replace(day=12))
    euro = currency(books, "EUR")
    moves = [books.invoice(f"INV-8101{n}", f"{900 + 100 * n}.00", acme, currency_id=euro) for n in range(2)]
    paid = [f"{Decimal(900 + 100 * n) / rate - 7:.2f}" for n in range(2)]
    books.cash("c0", paid[0], "Mueller INV-81010", partner=key)
    assert len(whole(books).applied) == 1 and books.due(moves[0]) == 0
    books.cash("c1", paid[1], "Mueller INV-81011", partner=key)
    assert not whole(books).applied and books.due(moves[1]) == 1000


# credits


def test_what_a_customer_pays_too_much_of_anothers_invoice_stays_its_own(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    bolt = books.partner("Bolt Ltd")
    move = books.invoice("INV-81020", "500.00", bolt)
    books.invoice("INV-81021", "70.00", acme)
    books.cash("c1", "540.00", "INV-81020", partner=key)
    applied_or_accepted(books)
    assert books.due(move) == 0 and credit(books, bolt) == 0
    assert books.balance("212130") == -40 and owed(books, acme) == 70


def test_a_credit_note_beside_what_is_paid_too_much_stays_used(books: Books) -> None:
    """The ledger closes the earliest first, and would leave a note open that is due late."""
    key, acme = books.customer("Acme Corp")
    move = books.invoice("INV-81030", "500.00", acme)
    note = books.invoice("INV-81031", "100.00", acme, move_type="out_refund", invoice_date_due="2026-11-30")
    books.cash("c1", "420.00", "Acme Corp INV-81030 INV-81031", partner=key)
    interface, cash, due = by_line(books, "INV-81030")
    books.decide("ann").join(interface, cash, due)
    books.work()
    assert books.due(move) == 0 == books.due(note) and books.cases() == []
    assert books.balance("212130") + owed(books, acme) == -20 and books.verify() == 0
    undo(books)
    assert books.due(move) == 500 and books.balance("212130") == -420 and owed(books, acme) == 400


def test_a_credit_is_no_money_that_a_lesson_books_away(books: Books) -> None:
    books.accounts["other_income"] = "642000"
    books.options = {"learned_limit": "25.00"}
    key, acme = books.customer("Acme Corp")
    books.cash("c1", "3.00", "interest", partner=key)
    interface, cash, _ = by_line(books, "interest")
    books.decide("ann").book(interface, cash[0], "other_income")
    books.work()
    let(books, True, "bob")
    books.invoice("INV-81040", "500.00", acme)
    books.cash("c2", "520.00", "Acme Corp INV-81040", partner=key)
    assert len(whole(books).applied) == 1 and credit(books, acme) == 20
    assert not whole(books).applied
    assert credit(books, acme) == 20 and books.balance("642000") == -3


def test_a_credit_that_was_used_is_freed_first_and_each_undoing_leaves_what_was_before(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    first = books.invoice("INV-81050", "500.00", acme)
    books.cash("c1", "619.37", "Acme Corp INV-81050", partner=key)
    whole(books)
    one = match_key(books)
    second = books.invoice("INV-81051", "119.37", acme, day=13)
    assert len(whole(books).applied) == 1 and books.due(second) == 0
    (two,) = set(keys_of(books)) - {one}
    with pytest.raises(DecisionError, match=f"matched again as {two}"):
        books.decide("ann").undo(one, "first")
    undo(books, two)
    assert credit(books, acme) == Decimal("119.37") and books.due(second) == Decimal("119.37")
    # It does not come back by itself; a person puts it together, and takes it apart again.
    assert not whole(books).applied
    (row,) = open_suggestions(books)
    books.decide("bob").accept(row["suggestion_id"])
    books.work()
    assert books.due(second) == 0 and credit(books, acme) == 0
    (three,) = set(keys_of(books)) - {one, two}
    with pytest.raises(DecisionError, match="matched again as"):
        books.decide("ann").undo(one, "first")
    undo(books, three)
    undo(books, one)
    assert books.due(first) == 500 and books.due(second) == Decimal("119.37")
    assert books.balance("212130") == Decimal("-619.37") and credit(books, acme) == 0
    assert not whole(books).applied
    assert books.verify() == 0 and books.cases() == [("unmatched_cash", Decimal("619.37"))]


def test_a_credit_that_a_person_used_in_the_ledger_is_a_case_and_nothing_is_touched(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    books.invoice("INV-81060", "500.00", acme)
    books.cash("c1", "620.00", "Acme Corp INV-81060", partner=key)
    whole(books)
    other = books.invoice("INV-81061", "50.00", acme, day=13)
    (entry,) = [x["id"] for x in books.lines("121000") if x["balance"] == -620]
    books.call("account.move.line", "reconcile", ids=[entry, receivable(books, other)])
    assert books.verify() == 0 and books.due(other) == 0 and credit(books, acme) == 70
    before = books.moves()
    undo(books)
    assert {c for c, _ in books.cases()} == {"matched_otherwise"} and books.moves() == before
    assert books.due(other) == 0 and credit(books, acme) == 70


def test_too_much_was_refunded_and_is_owed_back(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    note = books.invoice("INV-81070", "100.00", acme, move_type="out_refund")
    books.cash("c1", "-120.00", "Acme Corp INV-81070", partner=key)
    interface, cash, due = by_line(books, "INV-81070")
    books.decide("ann").join(interface, cash, due)
    books.work()
    assert books.due(note) == 0 and books.balance("212130") == 0 and owed(books, acme) == 20
    assert not whole(books).applied and books.verify() == 0
    undo(books)
    assert books.due(note) == 100 and books.balance("212130") == 120 and owed(books, acme) == -100


def test_an_over_payment_that_is_another_open_invoice_is_for_people(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    books.invoice("INV-81080", "500.00", acme)
    other = books.invoice("INV-81081", "120.00", acme)
    third = books.invoice("INV-81082", "80.00", acme)
    for n, amount in enumerate(("620.00", "580.00", "700.00")):
        books.cash(f"c{n}", amount, f"Acme Corp INV-8108{0}", partner=key)
    found = whole(books).applied
    assert not [d for d in found if d.credit], [d.why for d in found]
    assert books.due(other) in (0, 120) and books.due(third) in (0, 80)


# entries of many lines


def opening(books: Books, lines: list[tuple[int, str, str]]) -> int:
    """One entry with open lines of several partners (partner, signed amount, text), as an opening has them."""
    account, other = account_of(books, "121000"), account_of(books, "301000")
    rows = [
        [0, 0, {"account_id": account, "partner_id": partner, "balance": float(amount), "name": text}]
        for partner, amount, text in lines
    ]
    total = sum(float(a) for _, a, _ in lines)
    rows.append([0, 0, {"account_id": other, "balance": -total}])
    (entry,) = books.call("account.move", "create", vals_list=[
        {"move_type": "entry", "date": "2026-10-01", "ref": "opening", "line_ids": rows}])  # fmt: skip
    books.call("account.move", "action_post", ids=[entry])
    return int(entry)


def test_lines_of_one_opening_are_not_taken_apart_because_one_of_them_was_matched(books: Books) -> None:
    firms = [books.partner(f"Firm {n}") for n in range(4)]
    entry = opening(books, [(f, f"{100 + n}.00", f"old {n}") for n, f in enumerate(firms)]
                    + [(f, f"-{30 + n}.00", f"paid {n}") for n, f in enumerate(firms)])  # fmt: skip
    rows = [x for x in books.lines("121000") if x["move_id"][0] == entry]
    interface, cash, due = by_line(books, "paid 0")
    # Money of the opening pays a part of what is due there.
    books.decide("ann").join(interface, cash, [i for i in due if i.line == rows[0]["id"]])
    books.work()
    memory = recalled(books)
    ids = [str(x["id"]) for x in rows]
    assert memory.within(ids) is None
    undo(books)
    memory = recalled(books)
    assert memory.pairs == {frozenset((ids[0], ids[4]))}


# units, locks, documents of before


@pytest.mark.parametrize(
    ("unit", "rate", "due", "value"),
    [
        ("JPY", "151.3374", "150000", "151337"),
        ("KWD", "0.30712345", "300.125", "307.123"),
        ("EUR", "0.9", "900.00", "900.00"),
    ],
)
def test_currencies_without_cents_or_with_more_of_them_are_right_to_their_unit(
    unit: str, rate: str, due: str, value: str
) -> None:
    def item(line: int, name: str, residual: str, company: str, account: str) -> OpenItem:
        return OpenItem(
            line=line, move=line, account=account, kind="other" if account == "2" else "receivable",
            is_payment=account == "2", on=UNTIL, due=None, currency=name, residual=Decimal(residual),
            company=Decimal(company), partner=7, partner_name="A", numbers=(), label="",
        )  # fmt: skip

    document = match_document(
        [item(1, "USD", "-1000.00", "-1000.00", "2")], [item(2, unit, due, "990.00", "1")], explained_as="",
        difference_account="", rule="r", confidence="1", why="w", decided_by="ann", own_currency="USD",
        rate=lambda *_: Decimal(rate),
    )  # fmt: skip
    (cash,) = document.cash
    assert cash.residual == -Decimal(value) and cash.paid == Amount.exact(Decimal(-1000), "USD")
    over = Decimal(value) - Decimal(due)
    assert (document.credit == Amount.exact(over, unit)) if over else not document.credit


def test_nobody_has_a_credit_on_an_account_in_transit() -> None:
    """What a deposit is more than its payout stays unapplied, where it is a case once it is late."""
    common = {
        "on": UNTIL,
        "due": None,
        "currency": "USD",
        "partner": 7,
        "partner_name": "Provider",
        "label": "",
    }
    cash, due = (
        OpenItem(line=n, move=n, account=str(n), kind="other", is_payment=True, residual=Decimal(amount),
                 company=Decimal(amount), numbers=(f"po_{n}",), **common)  # type: ignore[arg-type]
        for n, amount in enumerate(("-103.00", "100.00"), 1)
    )  # fmt: skip
    document = match_document(
        [cash], [due], explained_as="over_payment", difference_account="", rule="r", confidence="1", why="w",
        decided_by="policy", own_currency="USD",
    )  # fmt: skip
    assert not document.credit and document.cash[0].rest == Decimal("-3.00")


def test_a_unit_that_is_no_currency_stops_no_run() -> None:
    past = [SettledItem("Acme", "PTS", Decimal(5)), SettledItem("Acme", "KWD", Decimal("1.234"))]
    assert settled(past).rows() == [("Acme", "KWD", 1234)]


def test_a_credit_of_a_locked_period_is_undone_on_the_first_open_day(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    move = books.invoice("INV-81100", "500.00", acme)
    books.cash("c1", "520.00", "Acme Corp INV-81100", partner=key)
    whole(books)
    lock(books, "2026-10-15")
    undo(books)
    assert books.due(move) == 500 and books.balance("212130") == -520 and credit(books, acme) == 0
    assert books.verify() == 0


@pytest.mark.parametrize("cash", ["bank line", "our own"])
def test_a_suggestion_of_before_lines_named_their_entries_is_remembered_once_it_is_undone(
    books: Books, cash: str
) -> None:
    books.options = {"automatic": "no"}
    key, acme = books.customer("Casa Nova")
    move = books.invoice("INV-81110", "250.00", acme)
    if cash == "bank line":
        books.bank_line("270.00", "Casa Nova INV-81110")
    else:
        books.cash("c1", "270.00", "Casa Nova INV-81110", partner=key)
    before = state_of(books, acme)
    whole(books)
    (row,) = open_suggestions(books)
    document = json.loads(row["content"])
    for line in (*document["cash"], *document["due"]):
        del line["entry"], line["bank_line"]
    # What was too much stayed open of the cash.
    document.pop("credit", None)
    document["cash"][0]["rest"] = "-20.00"
    old = canonical_bytes(decode_document(json.dumps(document).encode()))
    assert b"credit" not in old and b"entry" not in old and b"exchange" not in old
    with books.database.transaction() as connection:
        connection.execute("update tieout.suggestion set content = %s, content_sha256 = %s",
                           (old.decode(), sha256(old).digest()))  # fmt: skip
    done = books.decide("ann").accept(row["suggestion_id"])
    books.work()
    books.options = {}
    assert books.due(move) == 0 and done.cash[0].rest == -20 and not done.credit
    if cash == "our own":
        assert books.balance("212130") == -20
    undo(books)
    assert state_of(books, acme) == before
    assert not whole(books).applied and books.due(move) == 250 and books.verify() == 0


def test_a_credit_that_is_refused_by_half_is_gone_on_with(books: Books) -> None:
    """Killed between the match and its answer: told again, it happened once."""
    key, acme = books.customer("Acme Corp")
    move = books.invoice("INV-81120", "500.00", acme)
    books.cash("c1", "520.00", "Acme Corp INV-81120", partner=key)
    books.run()
    before = books.moves()
    books.work(Cut(books, EntryPosting))
    assert books.moves() == before + 1 and books.due(move) == 0 and credit(books, acme) == 20
    books.decide("ann").undo(match_key(books), "no")
    books.work(Cut(books, MatchRequest))
    assert books.due(move) == 500 and books.balance("212130") == -520 and credit(books, acme) == 0
    assert books.verify() == 0 and [c for c, _ in books.cases()] == []


def test_a_part_payment_of_two_invoices_leaves_open_what_the_ledger_leaves_open(books: Books) -> None:
    """The ledger closes what is due first; an invoice of an earlier day may be due later."""
    key, acme = books.customer("Acme Corp")
    late = books.invoice("INV-81130", "300.00", acme, day=1, invoice_date_due="2026-12-31")
    soon = books.invoice("INV-81131", "200.00", acme, day=5, invoice_date_due="2026-10-15")
    books.cash("c1", "400.00", "Acme Corp INV-81130 INV-81131", partner=key)
    interface, cash, due = by_line(books, "INV-81130")
    books.decide("ann").join(interface, cash, due)
    books.work()
    assert books.due(late) + books.due(soon) == 100 and books.balance("212130") == 0
    assert books.cases() == [] and books.verify() == 0
    undo(books)
    assert books.due(late) == 300 and books.due(soon) == 200 and books.balance("212130") == -400


def test_a_person_takes_one_of_two_invoices_out_of_a_match_in_another_currency(books: Books) -> None:
    key, acme = books.customer("Müller GmbH")
    euro = currency(books, "EUR")
    one, two = (books.invoice(f"INV-8114{n}", "500.00", acme, currency_id=euro) for n in range(2))
    rate = books.session.facts().rate("EUR", UNTIL.replace(day=12))
    books.options = {"automatic": "no"}
    books.cash("c1", f"{1000 / rate:.2f}", "Mueller INV-81140 INV-81141", partner=key)
    whole(books)
    row = next(r for r in open_suggestions(books) if len(json.loads(r["content"])["due"]) == 2)
    document = json.loads(row["content"])
    lines = [document["cash"][0]["line"], document["due"][0]["line"]]
    with pytest.raises(DecisionError, match="applied whole"):
        books.decide("ann").accept(row["suggestion_id"], only=lines)
    books.decide("ann").accept(row["suggestion_id"])
    books.work()
    assert books.due(one) == 0 == books.due(two) and books.verify() == 0


# what meets on one customer


def state_of(books: Books, *partners: int) -> tuple[object, ...]:
    """What must be as it was after an undoing: open lines and balances, by account and currency."""
    return (
        positions(books, "212130"),
        positions(books, "121000"),
        [owed(books, p) for p in partners],
        {c: books.balance(c) for c in ("212130", "121000", "642000", "620000", "443000", "101402")},
    )


def test_a_run_between_the_asking_and_the_undoing_of_a_credit_loses_nothing(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    first = books.invoice("INV-81200", "500.00", acme)
    books.cash("c1", "619.37", "Acme Corp INV-81200", partner=key)
    whole(books)
    second = books.invoice("INV-81201", "119.37", acme, day=13)
    books.decide("ann").undo(match_key(books), "no")
    books.run()
    books.work()
    whole(books)
    assert books.due(first) == 500 and books.balance("212130") == Decimal("-619.37")
    assert books.due(second) in (0, Decimal("119.37")) and owed(books, acme) == Decimal("619.37")
    assert credit(books, acme) == 0
    assert not [c for c, _ in books.cases() if c != "unmatched_cash"] and books.verify() == 0


def test_a_credit_that_a_person_gives_to_another_customer_comes_back_whole(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    bolt = books.partner("Bolt Ltd")
    books.invoice("INV-81210", "500.00", acme)
    books.cash("c1", "590.00", "Acme Corp INV-81210", partner=key)
    whole(books)
    move = books.invoice("INV-81211", "70.00", bolt)
    before = state_of(books, acme, bolt)
    interface, cash, due = by_line(books, "")
    books.decide("ann").join(interface, cash, [i for i in due if i.move == move])
    books.work()
    kept = [c for c, _ in books.cases()]
    if books.due(move) == 0:
        with books.database.transaction() as connection:
            undo(books, str(matches(connection)[0]["source_key"]))
    else:
        assert kept == ["match_impossible"]
    assert state_of(books, acme, bolt) == before


def test_a_credit_and_new_money_pay_one_invoice_and_come_back(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    books.invoice("INV-81220", "500.00", acme)
    books.cash("c1", "590.00", "Acme Corp INV-81220", partner=key)
    whole(books)
    move = books.invoice("INV-81221", "200.00", acme, day=6)
    books.cash("c2", "125.00", "Acme Corp INV-81221", partner=key)
    before = state_of(books, acme)
    interface, cash, due = by_line(books, "")
    books.decide("ann").join(interface, cash, due)
    books.work()
    assert books.due(move) == 0 and books.cases() == []
    assert owed(books, acme) + books.balance("212130") == -15
    with books.database.transaction() as connection:
        undo(books, str(matches(connection)[0]["source_key"]))
    assert state_of(books, acme) == before and books.verify() == 0


def test_too_much_for_two_customers_stays_unapplied_and_comes_back(books: Books) -> None:
    firms = [books.partner("Casa Nova"), books.partner("Bolt Ltd")]
    moves = [books.invoice(f"INV-8123{n}", "150.00", f) for n, f in enumerate(firms)]
    books.cash("c1", "333.00", "INV-81230 INV-81231")
    before = state_of(books, *firms)
    interface, cash, due = by_line(books, "INV-81230")
    done = books.decide("ann").join(interface, cash, due)
    assert not done.credit
    books.work()
    assert [books.due(m) for m in moves] == [0, 0] and books.balance("212130") == -33
    undo(books)
    assert state_of(books, *firms) == before and books.verify() == 0


def test_an_over_payment_that_is_written_off_or_split_comes_back(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    books.options = {"automatic": "no", "write_off_limit": "50.00"}
    move = books.invoice("INV-81240", "500.00", acme)
    books.cash("c1", "520.00", "Acme Corp INV-81240", partner=key)
    before = state_of(books, acme)
    whole(books)
    (row,) = open_suggestions(books)
    books.decide("ann").write_off(row["suggestion_id"], "small")
    books.work()
    assert books.due(move) == 0 and credit(books, acme) == 0 and books.balance("642000") == -20
    undo(books)
    assert state_of(books, acme) == before
    whole(books)
    (row,) = open_suggestions(books)
    lines = [x["line"] for side in ("cash", "due") for x in json.loads(row["content"])[side]]
    books.decide("ann").accept(row["suggestion_id"], only=lines)
    books.work()
    assert books.due(move) == 0 and credit(books, acme) == 0 and books.balance("212130") == -20
    (key_of,) = [k for k in keys_of(books)][:1]
    undo(books, key_of)
    assert state_of(books, acme) == before and books.verify() == 0


def test_tax_that_falls_due_on_payment_goes_and_comes_with_an_over_payment(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    tax = books.tax()
    books.call("account.tax", "write", ids=[tax], vals={"tax_exigibility": "on_payment"})
    books.call("res.company", "write", ids=[books.company.id], vals={"tax_exigibility": True})
    move = books.invoice("INV-81250", "500.00", acme, taxes=[tax])
    whole_of = books.due(move)
    books.cash("c1", f"{whole_of + 20}", "Acme Corp INV-81250", partner=key)
    before = state_of(books, acme)
    applied_or_accepted(books)
    assert books.due(move) == 0 and credit(books, acme) == 20
    undo(books)
    assert state_of(books, acme) == before and books.verify() == 0


@pytest.mark.parametrize("through", ["our own", "bank line"])
def test_a_credit_that_is_paid_back_is_closed_by_the_money_that_left(books: Books, through: str) -> None:
    key, acme = books.customer("Acme Corp")
    books.invoice("INV-81260", "500.00", acme)
    books.cash("c1", "619.37", "Acme Corp INV-81260", partner=key)
    whole(books)
    one = match_key(books)
    if through == "our own":
        books.cash("c2", "-119.37", "refund", partner=key)
    else:
        books.bank_line("-119.37", "refund")
    before = state_of(books, acme)
    whole(books)
    interface, cash, _ = by_line(books, "")
    assert len(cash) == 2
    books.decide("ann").join(interface, cash, [])
    books.work()
    assert credit(books, acme) == 0 == owed(books, acme)
    assert not whole(books).applied and books.cases() == []
    assert books.balance("212130") == 0 == books.balance("101402") and books.verify() == 0
    (two,) = set(keys_of(books)) - {one}
    with pytest.raises(DecisionError, match=f"matched again as {two}"):
        books.decide("ann").undo(one, "first")
    undo(books, two)
    assert state_of(books, acme) == before
    assert not whole(books).applied and books.verify() == 0


def test_a_vendor_who_was_paid_too_much_owes_it(books: Books) -> None:
    vendor = books.partner("Supply Co")
    bills = [
        books.invoice(f"S-8843{n}", a, vendor, move_type="in_invoice")
        for n, a in enumerate(("310.00", "44.44"))
    ]
    before = state_of(books, vendor)
    books.cash("c1", "-354.00", "Supply Co bill S-88430")
    came = state_of(books, vendor)
    interface, cash, due = by_line(books, "S-88430")
    done = books.decide("ann").join(interface, cash, [i for i in due if i.move == bills[0]])
    books.work()
    assert done.credit == Amount.exact(Decimal("-44.00"), "USD")
    assert books.due(bills[0]) == 0 and books.balance("211000") == Decimal("-0.44")
    assert not whole(books).applied
    undo(books)
    assert state_of(books, vendor) == came != before and books.verify() == 0


@pytest.mark.parametrize("limits", ["on", "off"])
@pytest.mark.parametrize("way", ["dollars for euro", "euro for dollars"])
def test_a_credit_note_that_was_taken_off_in_another_currency_is_no_rate(
    books: Books, limits: str, way: str
) -> None:
    key, acme = books.customer("Müller GmbH")
    if limits == "on":
        books.limits = {"exchange": DifferenceLimit(Decimal("50.00"), Decimal(5), Decimal("100.00"))}
    rate = books.session.facts().rate("EUR", UNTIL.replace(day=12))
    name, other = ("EUR", "USD") if way == "dollars for euro" else ("USD", "EUR")
    of = {"currency_id": currency(books, name)}
    move = books.invoice("INV-81270", "900.00", acme, **of)
    note = books.invoice("INV-81271", "10.00", acme, move_type="out_refund", **of)
    paid = f"{890 / rate if other == 'USD' else 890 * rate:.2f}"
    company = paid if other == "USD" else "890.00"
    books.cash("c1", paid, "Mueller INV-81270", company=company, currency=other, partner=key)
    found = whole(books).applied
    assert [len(d.due) for d in found] in ([], [2]), [d.why for d in found]
    assert (books.due(move), books.due(note)) in ((900, 10), (0, 0))


def test_a_second_part_payment_of_two_invoices_that_hang_together_is_matched(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    moves = [books.invoice(f"INV-8128{n}", "300.00", acme, day=1 + n) for n in range(2)]
    account, other = account_of(books, "121000"), account_of(books, "301000")
    rows = [[0, 0, {"account_id": account, "partner_id": acme, "credit": 350.0}],
            [0, 0, {"account_id": other, "debit": 350.0}]]  # fmt: skip
    (entry,) = books.call("account.move", "create", vals_list=[
        {"move_type": "entry", "date": "2026-10-06", "ref": "by hand", "line_ids": rows}])  # fmt: skip
    books.call("account.move", "action_post", ids=[entry])
    books.call("account.move.line", "reconcile", ids=[receivable(books, m) for m in (entry, *moves)])
    third = books.invoice("INV-81282", "100.00", acme, day=3)
    books.cash("c1", "300.00", "Acme Corp INV-81281 INV-81282", partner=key)
    before = state_of(books, acme)
    interface, cash, due = by_line(books, "INV-81281")
    books.decide("ann").join(interface, cash, due)
    books.work()
    assert books.due(moves[1]) + books.due(third) == 50 and books.balance("212130") == 0
    assert books.cases() == [] and books.verify() == 0
    undo(books)
    assert state_of(books, acme) == before
