"""Settlement reports of providers, from the file to the ledger and to their proofs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.conformance.test_connectors import CONNECTORS
from tests.integration.test_reconciling import Books, books, by_line, open_suggestions, world  # noqa: F401
from tests.stages import forget_failures, step
from tests.unit.processes.test_recipes import invoice
from tieout.connector_api import ContentRefusedError, Item
from tieout.connectors.settlements.normalise import settlements
from tieout.delivery import DeliveryStage
from tieout.documents import PayoutComposition, ProviderMovement, Statement
from tieout.inbox import accept
from tieout.planning import ProcessStage
from tieout.proofs import ClearingRow, clearing_rows, prove_payouts
from tieout.proofs.clearing import OpenMovement, rolled_forward
from tieout.rules import Interface, Mapping, MappingRow, Release

FILES = Path(__file__).resolve().parents[1] / "golden" / "bankfiles"
ADYEN = (FILES / "csv.csv-adyen-settlement.invented.csv").read_bytes()
PAYPAL = (FILES / "paypal.settlement.invented.csv").read_bytes()
VERSION_9 = (FILES / "paypal.version-9.invented.csv").read_bytes()
SHOPIFY = (FILES / "csv.csv-shopify-payouts.invented.csv").read_bytes()
ACCOUNTS = {
    "bank_in_transit": "101701", "unapplied.bank": "212130", "unapplied.unknown": "212100",
    "receivable": "121000",
    **{f"clearing.{p}.{c}": "101501" if c == "USD" else "101502"
       for p, c in (("adyen", "EUR"), ("paypal", "USD"), ("shopify_payments", "USD"), ("stripe", "USD"))},
    **{f"fees.{p}": "621000" for p in ("adyen", "paypal", "shopify_payments", "stripe")},
}  # fmt: skip
JOURNALS = {"misc": "MISC", "clearing.adyen.EUR": "STRE", "clearing.paypal.USD": "STRU",
            "clearing.shopify_payments.USD": "STRU", "clearing.stripe.USD": "STRU"}  # fmt: skip


def movements(raw: bytes, provider: str) -> list[ProviderMovement]:
    return [d for d in settlements(raw, {"provider": provider}) if isinstance(d, ProviderMovement)]


def test_each_line_says_gross_fee_and_net_whatever_its_provider_calls_them() -> None:
    for raw, provider in ((ADYEN, "adyen"), (PAYPAL, "paypal"), (SHOPIFY, "shopify_payments")):
        found = movements(raw, provider)
        assert all(m.net == m.gross - m.fee for m in found)
        (charge, *_) = (m for m in found if m.category == "charge")
        assert charge.fee.value > 0 and charge.order_key.startswith("number:")
    assert [m.category for m in movements(ADYEN, "adyen")] == ["charge", "refund", "fee", "payout"]
    assert [m.category for m in movements(PAYPAL, "paypal")] == ["charge", "refund", "payout"]


def test_a_payout_and_what_it_lists_sum_to_nothing() -> None:
    for raw, provider in ((ADYEN, "adyen"), (SHOPIFY, "shopify_payments")):
        nets = {m.key: m.net.value for m in movements(raw, provider)}
        (made,) = (d for d in settlements(raw, {"provider": provider}) if isinstance(d, PayoutComposition))
        (payout,) = (m for m in movements(raw, provider) if m.category == "payout")
        assert payout.payout_key == made.payout_key and payout.automatic
        assert sum(nets[k] for k in made.movement_keys) + payout.net.value == 0


def test_a_report_that_does_not_hold_is_refused_whole() -> None:
    with pytest.raises(ContentRefusedError, match="residual"):
        settlements(ADYEN.replace(b"73.55", b"73.56"), {"provider": "adyen"})
    with pytest.raises(ContentRefusedError, match="gross credits"):
        settlements(PAYPAL.replace(b'"SF","USD",11500', b'"SF","USD",11600'), {"provider": "paypal"})
    with pytest.raises(ValueError, match="expected one of adyen, paypal, shopify_payments, stripe"):
        settlements(ADYEN, {"provider": "adyan"})


def test_a_line_has_the_same_key_when_its_report_is_made_again_and_two_equal_ones_have_two() -> None:
    lines = SHOPIFY.decode().splitlines()
    paid = "\n".join([lines[0], lines[3].replace("pending,,", "paid,2026-10-08,"), *lines[1:3], lines[1]])
    before = {m.key for m in movements(SHOPIFY, "shopify_payments") if m.category != "payout"}
    after = [m.key for m in movements(paid.encode(), "shopify_payments") if m.category != "payout"]
    assert before < set(after) and len(after) == len(set(after)) == 4


def test_a_movement_of_paypals_is_known_by_what_no_report_changes() -> None:
    """Its day, its invoice and its words may be others in another report or at the API; its money and its beginning may not."""
    before = movements(VERSION_9, "paypal")
    (charge,) = (m for m in before if m.payment_key == "TX1")
    for old, new in (
        (b'2026/10/05 01:00:00 -0700,"CR"', b'2026/10/05 23:00:00 -0700,"CR"'),
        (b'"SO-1"', b'"SO-9"'),
        (b'"order 1"', b'"another"'),
        (b"2026/10/05 01:00:00 -0700,2026", b"2026/10/05 10:00:00 +0200,2026"),
    ):
        assert VERSION_9.count(old)
        assert [m.key for m in movements(VERSION_9.replace(old, new), "paypal")] == [m.key for m in before]
    later = VERSION_9.replace(b'"T0006",2026/10/05 01:00:00', b'"T0006",2026/10/05 01:00:01')
    assert charge.key not in {m.key for m in movements(later, "paypal")}
    dearer = re.sub(rb"(11500|15620)", lambda m: str(int(m[1]) + 1).encode(), VERSION_9).replace(
        b'"CR",1986', b'"CR",1987'
    )
    assert charge.key not in {m.key for m in movements(dearer, "paypal")}


def test_a_report_of_the_shape_that_was_read_before_keeps_its_keys() -> None:
    assert [m.key for m in movements(PAYPAL, "paypal")] == [
        "paypal:TX1:fcb2e3a97da6a622:1", "paypal:TX2:51340c1195d475b3:1", "paypal:TX3:de5539d3688229a8:1",
    ]  # fmt: skip


def test_two_rows_that_are_equal_in_everything_are_two_in_every_report() -> None:
    lines = VERSION_9.decode("utf-8-sig").splitlines()
    row = next(line for line in lines if '"TX6"' in line)
    twice = (
        "\n".join([*lines[: lines.index(row)], row, row, *lines[lines.index(row) + 1 :]])
        .replace("15620,18300,30,364,", "15620,34300,30,364,")
        .replace('"CR",1986', '"DR",14014')
    )
    twice = re.sub(r'("SF","USD".*),4\b', r"\1,5", twice)
    twice = re.sub(r'("(?:SC|RC|FF)"|"RF".*),6\b', r"\1,7", twice)
    keys = [m.key for m in movements(twice.encode(), "paypal") if m.category == "payout"]
    assert len(keys) == 2 and keys[0][:-1] == keys[1][:-1] and {k[-1] for k in keys} == {"1", "2"}


def test_a_refund_names_the_sale_that_it_gives_back_and_a_converted_one_its_currencies() -> None:
    (refund,) = (m for m in movements(VERSION_9, "paypal") if m.category == "refund")
    assert refund.payment_key == "TX0"
    legs = [m for m in movements(VERSION_9, "paypal") if m.category == "exchange"]
    assert {(m.currency, str(m.gross.value)) for m in legs} == {("EUR", "-38.28"), ("USD", "41.20")}


def test_days_with_holds_and_without_are_gone_on_with() -> None:
    """Where both views of the balance fit, the one that goes on is taken: what is available."""
    held = VERSION_9.replace(
        b'"CR",5000,"CR",1986,"CR",5000,"CR",1986', b'"CR",9000,"CR",5986,"CR",5000,"CR",1986'
    )
    (dollar,) = (
        s
        for s in settlements(held, {"provider": "paypal"})
        if isinstance(s, Statement) and s.currency == "USD"
    )
    assert (str(dollar.opening.value), str(dollar.closing.value)) == ("50.00", "19.86")


def test_an_unknown_word_is_kept_and_never_guessed() -> None:
    (odd,) = (
        m
        for m in movements(ADYEN.replace(b",Refunded,", b",Donated,"), "adyen")
        if m.order_key == "number:SO-0"
    )
    assert odd.category == "Donated"


class Site:
    """The books, with a provider's interface on top."""

    def __init__(self, books: Books, provider: str) -> None:  # noqa: F811
        self.books, self.provider = books, provider
        self.interface = Interface("pay", "settlements", "US", ("settlements",), "treasury", "treasury",
                                   patience_hours=0, late_events="first_open", options={"provider": provider})  # fmt: skip
        books.accounts = ACCOUNTS

    def release(self) -> Release:
        made = self.books.release()
        table = Mapping("journals", tuple(MappingRow(k, v) for k, v in JOURNALS.items()))
        return replace(made, interfaces={**made.interfaces, "pay": self.interface},
                       mappings={**made.mappings, "journals": table})  # fmt: skip

    def take(self, raw: bytes) -> None:
        with self.books.database.transaction() as connection:
            accept(
                connection,
                "pay",
                [Item("settlements", "f", f"file:{hash(raw)}", raw)],
                "file",
                self.books.clock.now(),
            )
        connection = self.books.database.connect(autocommit=True)
        stage = ProcessStage(
            self.release,
            lambda s: CONNECTORS["odoo" if s == "odoo" else "settlements"],
            self.books,
            {},
            self.books.clock,
        )
        while step(stage, connection):
            pass
        delivery = DeliveryStage(lambda _: self.books.session, self.books.clock, lambda: ["odoo"])
        for _ in range(20):
            forget_failures(connection)
            step(delivery, connection)
        connection.close()

    def clearing(self, day: date) -> ClearingRow:
        (row,) = self.rows(day)
        return row

    def rows(self, day: date) -> list[ClearingRow]:
        connection = self.books.database.connect(autocommit=True)
        found = clearing_rows(connection, self.release(), lambda _: self.books.session, day)
        connection.close()
        return [r for r in found if r.provider == self.provider]

    def proofs(self) -> list[Any]:
        with self.books.database.transaction() as connection:
            return prove_payouts(connection)


def test_a_batch_is_booked_and_its_payout_proven_once_the_bank_has_it(books: Books) -> None:  # noqa: F811
    site = Site(books, "shopify_payments")
    before = books.moves()
    site.take(SHOPIFY)
    assert books.balance("101501") == Decimal("9.41")  # what was not paid out yet
    assert site.clearing(date(2026, 10, 31)).unexplained == 0
    (proof,) = site.proofs()
    assert proof.residual == 0 and "has not arrived" in proof.why
    # The bank line names nothing that we know: a person says that it is the payout in transit.
    books.cash("c1", "76.70", "SHOPIFY")
    interface, cash, due = by_line(books, "SHOPIFY")
    books.decide("ann").join(interface, cash, due)
    books.work()
    (proof,) = site.proofs()
    assert proof.in_transit == Decimal("0.10") and "0.10 of it did not arrive" in proof.why
    books.cash("c2", "0.10", "SHOPIFY, what was missing")
    assert books.run().suggested == 1
    (row,) = open_suggestions(books)
    books.decide("ann").accept(row["suggestion_id"])
    books.work()
    (proof,) = site.proofs()
    assert proof.in_transit == 0 and "has not arrived" not in proof.why
    assert books.balance("101701") == 0 and books.balance("212130") == 0
    after = books.moves()
    site.take(SHOPIFY + b"\n")
    assert books.moves() == after > before


def test_whichever_of_stripes_reports_tells_of_a_movement_it_is_booked_once(books: Books) -> None:  # noqa: F811
    """Its balance's change, then the payouts, then what a payout paid out, and the month again with other columns."""
    site = Site(books, "stripe")
    head = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,charge_id"
    rows = (
        "txn_1,2026-10-05 08:00:00,usd,100.00,3.20,96.80,charge,ch_1,ch_1",
        "txn_2,2026-10-06 09:00:00,usd,-2.00,0.00,-2.00,fee,fee_1,",
    )
    site.take("\n".join((head, *rows)).encode())
    assert books.balance("101501") == Decimal("94.80")
    before = books.moves()
    paid = [f"po_1,{row},2026-10-07 00:00:00" for row in rows]
    site.take("\n".join((f"automatic_payout_id,{head},automatic_payout_effective_at_utc", *paid)).encode())
    assert books.moves() == before
    site.take(
        b"payout_id,effective_at_utc,currency,gross,fee,net,reporting_category,balance_transaction_id\n"
        b"po_1,2026-10-07 00:00:00,usd,94.80,0.00,94.80,payout,txn_9\n"
    )
    assert books.balance("101501") == 0 and books.balance("101701") == Decimal("94.80")
    (proof,) = site.proofs()
    assert (proof.amount, proof.residual) == (Decimal("94.80"), 0)
    assert "never came" not in proof.why and "leave" not in proof.why
    said = [f"{row},words of the charge,7" for row in rows]
    site.take("\n".join((f"{head},description,payment_metadata[order_id]", *said)).encode())
    assert books.balance("101501") == 0 and books.balance("101701") == Decimal("94.80")
    assert not site.rows(date(2026, 10, 31))


def test_a_batch_in_another_currency_nets_to_nothing_and_its_payout_is_proven(books: Books) -> None:  # noqa: F811
    site = Site(books, "adyen")
    site.take(ADYEN)
    assert not site.rows(date(2026, 10, 31))  # nothing stands on clearing any more
    # The day before its payout the batch stood there, each line with its age.
    row = site.clearing(date(2026, 10, 5))
    assert (row.in_ledger, row.unexplained) == (Decimal("73.75"), 0)
    assert [(i.category, i.amount, i.days) for i in row.items] == [
        ("charge", Decimal("98.75"), 0), ("refund", Decimal("-25.00"), 0)]  # fmt: skip
    books.cash("c1", "73.55", "ADYEN TX1 batch 7", company="80.00", currency="EUR")
    books.run()
    if suggested := open_suggestions(books):
        books.decide("ann").accept(suggested[0]["suggestion_id"])
    books.work()
    (proof,) = site.proofs()
    assert (proof.amount, proof.residual, proof.in_transit) == (Decimal("73.55"), 0, 0)
    assert all(x["reconciled"] for x in books.lines("101701") + books.lines("212130"))
    assert books.balance("441000") + books.balance("641000") != 0  # the rate moved on the way


def test_a_balance_that_goes_on_is_rolled_forward_and_held_against_the_provider(books: Books) -> None:  # noqa: F811
    site = Site(books, "paypal")
    site.take(PAYPAL)
    row = site.clearing(date(2026, 10, 31))
    # It opened with 100.00 that we never saw: the provider holds that much more.
    assert (row.source, row.in_ledger) == (Decimal("138.66"), Decimal("38.66"))
    assert row.difference == 100 and row.unexplained == 0
    site.take(PAYPAL.replace(b"10000,13866", b"0,3866"))
    # The day is known by now: a report of it with another balance contradicts the first, and a person says which is right.
    found = books.database.rows(
        "select cause, detail from tieout.cases where state = 'open' and cause like 'statement%'"
    )
    assert [r["cause"] for r in found] == ["statement_contradicts"] and "38.66" in found[0]["detail"]
    assert site.clearing(date(2026, 10, 31)).difference == 100


def test_what_is_paid_by_paypal_is_spending_until_its_bill_is_there(books: Books) -> None:  # noqa: F811
    site = Site(books, "paypal")
    books.accounts = {**ACCOUNTS, "provider_spending.paypal": "212130"}
    site.take(PAYPAL.replace(b'"T0400"', b'"T0500"'))
    assert books.balance("212130") == 50  # and not in transit to the bank
    assert books.balance("101701") == 0
    assert site.clearing(date(2026, 10, 31)).in_ledger == Decimal("38.66")


def test_what_only_the_company_can_tell_is_a_case_until_it_does(books: Books) -> None:  # noqa: F811
    site = Site(books, "paypal")
    books.accounts = {**ACCOUNTS, "provider_adjustments.paypal": "212130"}
    site.take(PAYPAL.replace(b'"T0400"', b'"T2000"'))
    (case,) = books.database.rows(
        "select cause, recovery from tieout.cases where state = 'open' and cause like 'unknown%'"
    )
    assert "[options.movements] in interfaces/pay.toml" in case["recovery"]
    said = {"provider": "paypal", "movements": {"T2000 out": "other"}}
    (moved,) = (
        d
        for d in settlements(PAYPAL.replace(b'"T0400"', b'"T2000"'), said)
        if getattr(d, "payment_key", "") == "TX3"
    )
    assert isinstance(moved, ProviderMovement) and moved.category == "other"


def test_what_was_taken_out_by_hand_took_the_oldest_money(books: Books) -> None:  # noqa: F811
    site = Site(books, "paypal")
    site.take(PAYPAL.replace(b"10000,13866", b"0,3866"))
    row = site.clearing(date(2026, 10, 31))
    assert row.difference == 0
    # 50.00 were taken out by hand: the oldest money went first.
    assert [(i.category, i.amount) for i in row.items] == [
        ("charge", Decimal("61.36")),
        ("refund", Decimal("-22.70")),
    ]


def test_a_payment_that_knows_its_order_by_number_waits_under_a_name_that_its_invoice_says() -> None:
    charge = next(m for m in movements(ADYEN, "adyen") if m.category == "charge")
    assert charge.order_key in invoice(number="so-1").order_names()
    assert charge.order_key not in invoice(number="so-11").order_names()
    (keyed, *_) = settlements(ADYEN, {"provider": "adyen", "order_reference": "key"})
    assert isinstance(keyed, ProviderMovement) and keyed.order_key == "SO-1"


def test_rolling_forward_takes_the_oldest_and_keeps_what_is_too_much() -> None:
    def item(key: str, amount: str, why: str = "") -> OpenMovement:
        return OpenMovement(key=key, category="charge", on=date(2026, 10, 1), days=3, amount=Decimal(amount),
                            posted=Decimal(amount), why=why)  # fmt: skip

    hand = "paid out by hand"
    items = [item("a", "10"), item("b", "20"), item("p", "-15", hand), item("c", "5")]
    assert [(i.key, i.amount) for i in rolled_forward(items)] == [("b", 15), ("c", 5)]
    assert [(i.key, i.amount) for i in rolled_forward([item("a", "10"), item("p", "-15", hand)])] == [
        ("p", -5)
    ]
    held = [msgspec.structs.replace(item("a", "10", "in a case"), posted=Decimal(0)), item("p", "-10", hand)]
    assert [(i.key, i.amount) for i in rolled_forward(held)] == [("a", 10), ("p", -10)]
    assert sum(i.amount for i in rolled_forward(items)) == sum(i.amount for i in items)
