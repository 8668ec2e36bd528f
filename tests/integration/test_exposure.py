"""What a customer owes in all: every open item counts, parts that were paid do not, and the CRM shows it once it changes."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.owing import Creditor
from tests.integration.test_once import Front, OpenBooks
from tests.stages import step
from tieout.operations.collecting import read_receivables
from tieout.receivables import ReceivablesStage


@pytest.fixture
def creditor(office: Office) -> Creditor:
    return Creditor(office.world, office.admin, office.company, office.database, office.session)


def exposure_of(creditor: Creditor) -> dict[str, Decimal]:
    return {e.name: e.amount for e in creditor.read().exposures if e.amount}


def test_an_exposure_is_the_sum_of_all_that_is_open_with_parts_paid_and_credits_taken_off(
    creditor: Creditor,
) -> None:
    account, ada = creditor.customer("Ada Ltd")
    first, second = creditor.invoice(ada, "100.00"), creditor.invoice(ada, "250.00")
    creditor.pay(first, "40.00")
    creditor.pay(second, "250.00")
    creditor.invoice(ada, "15.00", "out_refund")
    assert exposure_of(creditor) == creditor.owed() == {"Ada Ltd": Decimal("45.00")}
    assert creditor.shown(account) == (Decimal("45.00"), "Open")
    creditor.pay(first, "60.00")
    assert exposure_of(creditor) == creditor.owed() == {"Ada Ltd": Decimal("-15.00")}
    assert creditor.shown(account) == (Decimal("-15.00"), "Paid")


def test_money_that_waits_for_what_it_pays_is_taken_off_and_told_apart(creditor: Creditor) -> None:
    account, ada = creditor.customer("Ada Ltd")
    creditor.invoice(ada, "100.00")
    (row,) = creditor.database.rows(
        "select external_id from tieout.delivery where effect = 'partner' and target_id = %s", ada
    )
    creditor.unapplied(row["external_id"], "30.00")
    (found,) = creditor.read().exposures
    assert (found.invoiced, found.credited, found.unapplied) == (Decimal(100), Decimal(0), Decimal(-30))
    assert {found.name: found.amount} == creditor.owed()
    assert creditor.shown(account) == (Decimal("70.00"), "Open")


def test_a_currency_counts_at_what_the_ledger_carries_it_at(creditor: Creditor) -> None:
    _, ada = creditor.customer("Ada Ltd")
    creditor.invoice(ada, "100.00", currency="EUR")
    found = exposure_of(creditor)
    assert found == creditor.owed() and found["Ada Ltd"] not in (Decimal("100.00"), Decimal(0))


def test_a_company_owes_what_its_contacts_were_invoiced(creditor: Creditor) -> None:
    account, ada = creditor.customer("Ada Ltd")
    buyer = creditor.contact("Bo of Ada", ada)
    creditor.invoice(ada, "100.00")
    creditor.invoice(buyer, "20.00")
    _, other = creditor.customer("Other Inc")
    creditor.invoice(other, "7.00")
    assert exposure_of(creditor) == creditor.owed() == {"Ada Ltd": Decimal(120), "Other Inc": Decimal(7)}
    assert creditor.shown(account) == (Decimal("120.00"), "Open")


def test_an_order_that_is_not_invoiced_stands_beside_the_exposure(creditor: Creditor) -> None:
    creditor.open_orders = "yes"
    account, ada = creditor.customer("Ada Ltd")
    creditor.invoice(ada, "100.00")
    creditor.order(account, "SO-900", "33.00", tax="Moon Tax")
    (found,) = creditor.read().exposures
    assert (found.amount, found.orders) == (Decimal(100), Decimal(33))
    assert creditor.salesforce.accounts[account]["Open_Orders__c"] == Decimal("33.00")
    creditor.order(account, "SO-901", "50.00")
    (found,) = creditor.read().exposures
    assert (found.amount, found.orders) == (Decimal(150), Decimal(33))
    assert {found.name: found.amount} == creditor.owed()


def test_the_crm_is_told_once_of_each_change_and_again_when_it_is_as_it_was(creditor: Creditor) -> None:
    account, ada = creditor.customer("Ada Ltd")
    before = len(creditor.salesforce.updates)
    move = creditor.invoice(ada, "100.00")
    for _ in range(3):
        creditor.read()
    paid = creditor.pay(move, "100.00")
    for _ in range(2):
        creditor.read()
    creditor.take_back(paid)
    for _ in range(2):
        creditor.read()
    told = [u for k, u in creditor.salesforce.updates[before:] if k == account]
    assert [str(u["Credit_Exposure__c"]) for u in told] == ["100.00", "0.00", "100.00"]
    assert creditor.database.rows("select 1 from tieout.cases") == []


def test_nobody_is_told_where_no_crm_is_declared(creditor: Creditor) -> None:
    account, ada = creditor.customer("Ada Ltd")
    creditor.invoice(ada, "100.00")
    creditor.crm = ""
    assert exposure_of(creditor) == {"Ada Ltd": Decimal(100)}
    assert creditor.shown(account) == (None, None)


def test_receivables_are_read_again_only_once_something_happened(creditor: Creditor) -> None:
    _, ada = creditor.customer("Ada Ltd")
    creditor.invoice(ada, "100.00")
    reads: list[str] = []

    def read(entity: str) -> None:
        reads.append(entity)
        creditor.read()

    stage = ReceivablesStage(creditor.release, read, creditor.clock, share=1.0)
    connection = creditor.database.connect(autocommit=True)
    # What is told is evidence of its own: it is read once more, and then all is quiet.
    for _ in range(4):
        step(stage, connection)
    quiet = len(reads)
    assert 1 <= quiet <= 3
    for _ in range(3):
        step(stage, connection)
    assert len(reads) == quiet
    # A promise may be over by another day, though nothing happened.
    creditor.clock.at += timedelta(days=1)
    assert step(stage, connection) is False and len(reads) == quiet + 1
    connection.close()


def test_the_stage_reads_by_the_use_case_that_people_call(creditor: Creditor) -> None:
    """Each holds a lane, on a connection of its own: were they one lane, the stage would wait for itself for ever."""
    _, ada = creditor.customer("Ada Ltd")
    creditor.invoice(ada, "100.00")
    books: Any = OpenBooks(creditor)
    books.settings = SimpleNamespace(sinks=())
    done: list[object] = []

    def work() -> None:
        stage = ReceivablesStage(
            creditor.release, lambda e: done.append(read_receivables(books, e)), creditor.clock
        )
        with creditor.database.connect(autocommit=True) as connection:
            step(stage, connection)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    assert len(done) == 1 and not thread.is_alive()


def test_exposures_are_listed_page_by_page_to_whom_may_see_them(creditor: Creditor) -> None:
    creditor.let_in()
    creditor.grant("carl", "preparer")
    for number, amount in enumerate(("10.00", "30.00", "20.00", "20.00")):
        creditor.invoice(creditor.customer(f"Customer {number}")[1], amount)
    creditor.read()
    front = Front(creditor, OpenBooks(creditor))
    http = front.sign_in("carl")
    try:
        found, after = [], ""
        while True:
            given = {"entity": "US", "limit": 2, **({"after": after} if after else {})}
            page = http.get("/receivables/exposures", params=given).json()
            found += [
                (e["name"], e["exposure"], e["currency"]) for e in page["items"] if Decimal(e["exposure"])
            ]
            if not (after := page["next"] or ""):
                break
        assert [e[1:] for e in found] == [
            ("30.00", "USD"), ("20.00", "USD"), ("20.00", "USD"), ("10.00", "USD"),
        ] and len({e[0] for e in found}) == 4  # fmt: skip
        assert http.get("/receivables/entities").json() == ["US"]
        assert http.get("/receivables/exposures", params={"entity": "DE"}).json()["items"] == []
    finally:
        front.stop()
