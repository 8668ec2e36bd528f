"""What a person may decide of a case, and what becomes of a case whose reason is another by now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.buying import OURS, Buyer
from tests.integration.test_process import ACCOUNTS, NOW, Site, row, shop_order
from tieout.cases import NewCase, open_cases, solve_case
from tieout.planning import HeldError, accept_case, actions_of, exclude_case, replay
from tieout.proofs import statement_gaps
from tieout.store import Database
from tieout_sandbox.simulators.bankfile import Bank, BankLine


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


def cases(database: Database, state: str = "open") -> list[tuple[str, str]]:
    rows = database.rows(
        f"select cause, source_key from tieout.cases where state = '{state}' order by case_id"
    )
    return [(r["cause"], r["source_key"]) for r in rows]


def number(database: Database, cause: str) -> int:
    (found,) = database.rows(f"select case_id from tieout.cases where state = 'open' and cause = '{cause}'")
    return int(found["case_id"])


def test_a_document_that_is_held_is_not_waved_through(site: Site) -> None:
    """Its case would be gone, and its money in exception for good."""
    del site.accounts["bank_in_transit"]
    site.take(row("a"))
    site.work()
    case = number(site.database, "unmapped_account")
    with site.database.transaction() as connection:
        assert actions_of(connection, case) == ("replay", "exclude")
    with (
        site.database.transaction() as connection,
        pytest.raises(HeldError, match=r"held and booked nowhere.*mappings/accounts.csv.*exclude"),
    ):
        accept_case(connection, case, "let it be", NOW, "ada")
    assert cases(site.database) == [("unmapped_account", "a")]
    with site.database.transaction() as connection:
        assert exclude_case(connection, case, "a test", NOW, "ada")
        assert not accept_case(connection, case, "once more", NOW, "ada")


def test_a_bill_that_is_no_twin_after_all_is_booked_once_somebody_says_why(buyer: Buyer) -> None:
    buyer.ready(quantity="30")
    buyer.bill("B-1")
    buyer.bill("B-1-COPY")
    with buyer.database.transaction() as connection:
        case = number(buyer.database, "duplicate_bill")
        assert actions_of(connection, case) == ("replay", "solve", "exclude")
        assert accept_case(connection, case, "a second lorry on the same day", buyer.clock.now(), "ada")
    buyer.work()
    assert buyer.states() == {"B-1": "posted", "B-1-COPY": "posted"}
    assert buyer.cases() == []
    said = buyer.database.rows(
        "select actor, detail from tieout.evidence where action in ('case.solved', 'document.replayed') order by 1"
    )
    assert {r["actor"] for r in said} == {"ada"} and len(said) == 2


def test_an_edit_after_the_payout_is_booked_once_it_is_accepted(orders: tuple[Site, Site]) -> None:
    shop, stripe = orders
    shop.take(shop_order("100.00", 0))
    shop.work()
    paid_out(shop.database, stripe)
    shop.take(shop_order("120.00", 1))
    shop.work()
    case = number(shop.database, "order_edited_after_payout")
    with shop.database.transaction() as connection:
        accept_case(connection, case, "the customer pays the rest", NOW, "ada")
    shop.work()
    found = shop.database.rows(
        "select revision, state, measure_debit as d from tieout.document where kind = 'customer_invoice'"
        " and state <> 'superseded' order by revision"
    )
    assert [(r["revision"], r["state"], r["d"]) for r in found] == [(1, "planned", 100), (2, "planned", 20)]
    assert cases(shop.database) == []


def paid_out(database: Database, stripe: Site) -> None:
    """The order's payment is in a payout."""
    stripe.take(row("txn_1", 10_000, "charge", metadata={"order_id": "1"}))
    stripe.work()
    database.rows(
        "insert into tieout.payout_item (entity, payout_key, movement_key) values ('US', 'po_1', 'txn_1') returning 1"
    )


def test_a_case_says_what_it_is_held_for_now(site: Site) -> None:
    """Of two mappings that are missing the second is named once the first is there; and the case of a cause that is
    gone is gone."""
    del site.accounts["bank_in_transit"]
    site.take(row("a"), row("b", 700, "charge"))
    site.work()
    site.accounts["bank_in_transit"] = "101701"
    del site.accounts["clearing.stripe.USD"]
    with site.database.transaction() as connection:
        replay(connection, NOW, "t", cause="unmapped_account")
    site.work()
    (found,) = site.database.rows(
        "select recovery from tieout.cases where state = 'open' and source_key = 'a'"
    )
    assert "'clearing.stripe.USD'" in found["recovery"]
    changed = site.database.rows("select subject from tieout.evidence where action = 'case.changed'")
    assert [r["subject"] for r in changed] == ["a"]


def test_a_cause_that_another_took_the_place_of_is_solved(buyer: Buyer) -> None:
    buyer.ready(quantity="10")
    buyer.bill("B-1")
    buyer.bill("B-2")
    assert [c for c, _ in buyer.cases()] == ["duplicate_bill"]
    with buyer.database.transaction() as connection:
        accept_case(
            connection, number(buyer.database, "duplicate_bill"), "another one", buyer.clock.now(), "ada"
        )
    buyer.work()
    # It is no twin, and more than was ordered: one case, not two.
    assert [c for c, _ in buyer.cases()] == ["bill_above_order"]


def standing(amount: str) -> NewCase:
    return NewCase(
        cause="unmatched_cash", interface="i", entity="US", period="2026-10", source_key="line:1",
        amount=Decimal(amount), currency="USD", recovery="r", detail="d", owner="o", opened_at=NOW,
        due_at=NOW + timedelta(hours=1), blocking=False, standing=True,
    )  # fmt: skip


def test_what_stands_and_was_accepted_is_told_again_only_with_another_amount(database: Database) -> None:
    with database.transaction() as connection:
        assert open_cases(connection, [standing("5.00")], "t") == 1
        assert open_cases(connection, [standing("5.00")], "t") == 0
        assert solve_case(connection, number_in(connection), NOW, "it is ours", "ada")
        assert open_cases(connection, [standing("5.00")], "t") == 0
        assert open_cases(connection, [standing("6.00")], "t") == 1
        # A machine that solved it did not accept it.
        assert solve_case(connection, number_in(connection), NOW, "gone", "t", accepted=False)
        assert open_cases(connection, [standing("6.00")], "t") == 1


def number_in(connection: Any) -> int:
    found = connection.execute("select case_id from tieout.cases where state = 'open'").fetchone()
    return int(found["case_id"])


def test_a_case_has_the_amount_that_is_at_risk_now(database: Database) -> None:
    with database.transaction() as connection:
        open_cases(connection, [standing("5.00")], "t")
        open_cases(connection, [standing("7.00")], "t")
    (found,) = database.rows("select amount, opened_at from tieout.cases")
    assert found["amount"] == Decimal("7.00")


def test_a_gap_between_statements_closes_with_the_one_that_was_missing(database: Database) -> None:
    bank, days = Bank(), [date(2026, 10, n) for n in (5, 6, 7)]
    bank.open_account(OURS, "USD", 100_00)
    for day in days:
        bank.book(OURS, BankLine(day, 7_00, counterparty="Ada", remittance="thanks"))
    accounts = {**ACCOUNTS, f"bank.{OURS}": "101511", "unapplied.bank": "212130"}
    site = Site(database, accounts, kind="bankfile", stream="statements")
    site.take(bank.statement(OURS, days[0]), bank.statement(OURS, days[2]))
    site.work()
    connection = database.connect(autocommit=True)
    assert statement_gaps(connection, NOW) == 1
    assert statement_gaps(connection, NOW) == 0
    assert actions_of(connection, number(database, "statement_gap")) == ("solve",)
    (gap,) = database.rows("select amount from tieout.cases where cause = 'statement_gap'")
    assert gap["amount"] == Decimal("7.00")
    site.take(bank.statement(OURS, days[1]))
    site.work()
    assert statement_gaps(connection, NOW) == 0
    connection.close()
    assert [c for c, _ in cases(database, "solved")] == ["statement_gap"]


def charge(key: str, amount: int, category: str, payment: str, **more: Any) -> bytes:
    source: dict[str, Any] = {"id": payment, "object": "charge", "metadata": more.pop("metadata", {})}
    if category == "refund":
        source = {**source, "id": f"re_{key}", "object": "refund", "charge": payment}
    return row(key, amount, category, source=source, **more)


@pytest.fixture
def orders(database: Database) -> tuple[Site, Site]:
    accounts = {**ACCOUNTS, "receivable": "121000", "revenue.goods": "400000"}
    shop, stripe = Site(database, accounts, kind="shopify", stream="orders"), Site(database, accounts)
    stripe.clock = shop.clock
    both = {**shop.release().interfaces, **stripe.release().interfaces}
    for each in (shop, stripe):
        plain = each.release()
        each.release = lambda plain=plain: replace(plain, interfaces=both)  # type: ignore[method-assign, misc]
    return shop, stripe


def booked(database: Database) -> dict[str, list[tuple[str, Decimal]]]:
    """Lines on accounts by effect, of everything that was planned."""
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for r in database.rows(
        "select v.effect, p.account, p.amount from tieout.delivery v join tieout.posting_line p"
        " on p.external_id = v.external_id and p.plan_no = v.plan_no order by v.delivery_id, p.line_no"
    ):
        found.setdefault(r["effect"], []).append((r["account"], r["amount"]))
    return found


def test_a_payment_that_nobody_ordered_goes_back_from_where_it_waits(orders: tuple[Site, Site]) -> None:
    """As a provider's page does it: the refund names its charge, and no order."""
    _, stripe = orders
    stripe.clock.at = NOW + timedelta(days=3)
    stripe.take(charge("c", 700, "charge", "ch_1", metadata={"order_id": "404"}))
    stripe.work()
    assert cases(stripe.database) == [("payment_without_order", "c")]
    stripe.take(charge("r", -700, "refund", "ch_1"))
    stripe.work()
    assert cases(stripe.database) == []
    assert booked(stripe.database)["refund"] == [("101501", Decimal(-7)), ("212100", Decimal(7))]
    (match,) = stripe.database.rows("select requires from tieout.delivery where effect = 'match_given_back'")
    assert len(match["requires"]) == 2


def test_of_a_payment_that_went_back_in_part_the_order_takes_the_rest(orders: tuple[Site, Site]) -> None:
    shop, stripe = orders
    shop.clock.at = NOW + timedelta(days=3)
    stripe.take(charge("c", 10_000, "charge", "ch_1", metadata={"order_id": "1"}))
    stripe.work()
    stripe.take(charge("r", -4_000, "refund", "ch_1"))
    stripe.work()
    assert cases(stripe.database) == [("payment_without_order", "c")]
    shop.take(shop_order("100.00", 0))
    shop.work()
    assert cases(stripe.database) == []
    assert booked(stripe.database)["apply0"] == [("212100", Decimal(60)), ("121000", Decimal(-60))]


def test_an_order_takes_in_nothing_of_a_payment_that_went_back(orders: tuple[Site, Site]) -> None:
    shop, stripe = orders
    shop.clock.at = NOW + timedelta(days=3)
    stripe.take(charge("c", 10_000, "charge", "ch_1", metadata={"order_id": "1"}))
    stripe.work()
    stripe.take(charge("r", -10_000, "refund", "ch_1"))
    stripe.work()
    shop.take(shop_order("100.00", 0))
    shop.work()
    assert "apply0" not in booked(stripe.database)
