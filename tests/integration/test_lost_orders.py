"""A won order that its CRM takes back or changes, before and after it was invoiced: a case with the money that stands in the ledger,
or the difference booked, and never silence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.owing import Creditor
from tieout.planning import exclude_case


@pytest.fixture
def creditor(office: Office) -> Creditor:
    made = Creditor(office.world, office.admin, office.company, office.database, office.session)
    # What other tests left in the one CRM of this module is none of this company's.
    made.salesforce.opportunities.clear()
    return made


def order_of(creditor: Creditor) -> dict[str, Any]:
    (row,) = creditor.salesforce.opportunities.values()
    creditor.clock.at += timedelta(hours=1)
    return row


def cases(creditor: Creditor) -> list[tuple[str, str, str]]:
    rows = creditor.database.rows(
        "select cause, amount, currency, detail from tieout.cases where state = 'open' order by case_id"
    )
    return [(r["cause"], f"{r['amount']:.2f} {r['currency']}", r["detail"]) for r in rows]


def states(creditor: Creditor) -> list[tuple[int, str, Decimal]]:
    rows = creditor.database.rows(
        "select revision, state, measure_debit - measure_credit as m from tieout.document where kind = 'customer_invoice' order by revision"
    )
    return [(r["revision"], r["state"], r["m"]) for r in rows]


@pytest.mark.parametrize(("how", "words"), [("lose", "is no longer won"), ("delete", "was deleted")])
def test_an_order_that_was_invoiced_is_a_case_with_its_money_once_it_is_lost_or_deleted(
    creditor: Creditor, how: str, words: str
) -> None:
    account, _ = creditor.customer("Ada Ltd")
    creditor.order(account, "SO-1", "300.00")
    assert creditor.owed() == {"Ada Ltd": Decimal(300)} and cases(creditor) == []
    row = order_of(creditor)
    # Whoever loses an order may take its amount away: what is booked is what is at risk.
    creditor.salesforce.change(row, creditor.clock.now(), Amount=None)
    getattr(creditor.salesforce, how)(row, creditor.clock.now())
    creditor.work()
    assert cases(creditor) == [("voided_after_posting", "300.00 USD", f"SO-1 {words} at its source")]
    assert creditor.owed() == {"Ada Ltd": Decimal(300)}, "what is booked is a person's to take back"
    # Its sums count it no more, nor do ours: the difference to the ledger is what the case says.
    assert states(creditor) == [(1, "posted", Decimal(300)), (2, "refused", Decimal(-300))]
    creditor.work()
    assert len(cases(creditor)) == 1


def test_an_order_that_is_won_again_is_what_it_was(creditor: Creditor) -> None:
    account, _ = creditor.customer("Ada Ltd")
    creditor.order(account, "SO-1", "300.00")
    row = order_of(creditor)
    creditor.salesforce.lose(row, creditor.clock.now())
    creditor.work()
    row = order_of(creditor)
    creditor.salesforce.change(row, creditor.clock.now(), IsWon=True)
    creditor.work()
    assert cases(creditor) == [] and creditor.owed() == {"Ada Ltd": Decimal(300)}


def test_what_a_person_reversed_in_the_ledger_is_done_with(creditor: Creditor) -> None:
    account, ada = creditor.customer("Ada Ltd")
    creditor.order(account, "SO-1", "300.00")
    row = order_of(creditor)
    creditor.salesforce.lose(row, creditor.clock.now())
    creditor.work()
    creditor.invoice(ada, "300.00", "out_refund")
    (case,) = creditor.database.rows("select case_id from tieout.cases where state = 'open'")
    with creditor.database.transaction() as connection:
        assert exclude_case(connection, case["case_id"], "credited by hand", creditor.clock.now(), "cora")
    assert cases(creditor) == [] and creditor.owed() == {}
    assert [s for _, s, _ in states(creditor)] == ["posted", "excluded"]


def test_an_order_that_was_never_invoiced_is_left_out(creditor: Creditor) -> None:
    account, _ = creditor.customer("Ada Ltd")
    row = creditor.salesforce.win(
        771, "SO-9", account, creditor.clock.now(), [("Pump", 1, Decimal(50))], None, Decimal(50)
    )
    creditor.salesforce.lose(row, creditor.clock.now())
    creditor.work()
    assert creditor.owed() == {} and cases(creditor) == []
    assert states(creditor) == [(1, "excluded", Decimal(0))]


@pytest.mark.parametrize(("now", "owed"), [("250.00", Decimal(250)), ("340.00", Decimal(340))])
def test_an_amount_that_changes_after_the_invoice_is_booked_as_the_difference(
    creditor: Creditor, now: str, owed: Decimal
) -> None:
    account, _ = creditor.customer("Ada Ltd")
    creditor.order(account, "SO-1", "300.00")
    row = order_of(creditor)
    row["OpportunityLineItems"]["records"][0]["TotalPrice"] = Decimal(now)
    creditor.salesforce.change(row, creditor.clock.now(), Amount=Decimal(now))
    creditor.work()
    assert cases(creditor) == [] and creditor.owed() == {"Ada Ltd": owed}
    # And all of it is at risk once it is lost.
    row = order_of(creditor)
    creditor.salesforce.lose(row, creditor.clock.now())
    creditor.work()
    assert [(c, m) for c, m, _ in cases(creditor)] == [("voided_after_posting", f"{owed:.2f} USD")]


def test_an_amount_that_is_taken_away_is_a_case_and_changes_nothing(creditor: Creditor) -> None:
    account, _ = creditor.customer("Ada Ltd")
    creditor.order(account, "SO-1", "300.00")
    row = order_of(creditor)
    creditor.salesforce.change(row, creditor.clock.now(), Amount=None)
    creditor.work()
    assert creditor.owed() == {"Ada Ltd": Decimal(300)}
    ((cause, _, detail),) = cases(creditor)
    assert cause == "unreadable_message" and "Amount is empty" in detail
