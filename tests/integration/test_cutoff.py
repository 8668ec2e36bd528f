"""Sales cut-off over a real database and Odoo's simulator: partial deliveries at several rates, what is called off, what
comes late, twice, and after a death at any point. Orders are invented, by the simulated shop."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.integration.selling import ASSET, LAST, LIABILITY, Seller, at
from tieout.close import cut_off
from tieout.close.cutting_off import cut_off_sources


def test_what_is_invoiced_and_not_delivered_is_deferred_and_taken_back_the_day_after(seller: Seller) -> None:
    whole = seller.sell("US-1", at(5))
    half = seller.sell("US-2", at(30), shipping="8.00")
    none = seller.sell("US-3", at(31))
    usd = seller.shops["USD"]
    usd.fulfil(whole, at(6))
    usd.fulfil(half, at(31), {0: 1, 1: 1}, whole=False)
    seller.tell(whole, half, none)
    assert not seller.task()[0] and "tieout cutoff" in seller.task()[1]
    # Three valves of four, and of the shipping what goes with them: 8.00 x 75 / 107.
    assert seller.cut() == {"US-2": Decimal("80.61"), "US-3": Decimal("107.00")}
    assert seller.task() == (True, "187.61 USD is posted")
    assert seller.stands(LAST, LIABILITY, ASSET, "400000", "400100") == {
        LIABILITY: Decimal("-187.61"), ASSET: Decimal(0), "400000": Decimal("-139.00"), "400100": Decimal("-2.39")}  # fmt: skip
    after = seller.stands(date(2026, 11, 1), LIABILITY, "400000", "400100")
    assert after == {LIABILITY: Decimal(0), "400000": Decimal("-321.00"), "400100": Decimal("-8.00")}
    assert seller.moves("CUTOFF") == ["CUTOFF-20261031 2026-10-31"]
    assert seller.moves("Reversal of: CUTOFF") == ["Reversal of: CUTOFF-20261031 2026-11-01"]


def test_what_is_delivered_and_not_invoiced_is_accrued(seller: Seller) -> None:
    seller.basis["invoice_on"] = "fulfilment"
    order = seller.sell("US-1", at(28))
    seller.shops["USD"].fulfil(order, at(30), {0: 3}, whole=False)
    seller.tell(order)
    assert seller.cut() == {"US-1": Decimal("-75.00")}
    assert seller.stands(LAST, ASSET, "400000") == {ASSET: Decimal("75.00"), "400000": Decimal("-75.00")}
    # The rest goes out, and its invoice comes on that day: October stays what it was.
    seller.shops["USD"].fulfil(order, at(2, 11))
    seller.tell(order)
    assert seller.task() == (True, "75.00 USD is posted") and seller.cut() == {"US-1": Decimal("-75.00")}
    assert seller.stands(date(2026, 11, 2), ASSET, "400000") == {
        ASSET: Decimal(0),
        "400000": Decimal("-107.00"),
    }


def test_shipping_that_is_kept_of_an_order_that_was_called_off_whole_is_earned_on_that_day(
    seller: Seller,
) -> None:
    """Nothing is left to deliver: it is billed then, and no parcel of November earns it, nor does an accrual."""
    seller.basis["invoice_on"] = "fulfilment"
    usd, order = seller.shops["USD"], seller.sell("US-1", at(29), shipping="8.00")
    seller.tell(order)
    assert seller.stands(LAST, "400000", "400100") == {"400000": Decimal(0), "400100": Decimal(0)}
    off = [(0, 4, Decimal("100.00"), Decimal("15.00")), (1, 1, Decimal("7.00"), Decimal(0))]
    usd.refund(order, off, Decimal("122.00"), at(31))
    seller.tell(order)
    assert seller.cut() == {}
    assert seller.stands(LAST, ASSET, "400000", "400100", "121000") == {
        ASSET: Decimal(0), "400000": Decimal(0), "400100": Decimal("-8.00"), "121000": Decimal("8.00")}  # fmt: skip
    seller.shops["USD"].touch(order, at(2, 11))
    seller.tell(order)
    assert seller.cut() == {} and seller.stands(LAST, "400100") == {"400100": Decimal("-8.00")}


@pytest.mark.parametrize("at_once", [True, False])
def test_of_an_order_that_was_called_off_whole_and_given_back_whole_nothing_is_earned(
    seller: Seller, at_once: bool
) -> None:
    """Given back at once it was no sale; where the shop kept the shipping for a while it was one, and has credit notes."""
    seller.basis["invoice_on"] = "fulfilment"
    usd, order = seller.shops["USD"], seller.sell("US-1", at(20), shipping="8.00")
    off = [(0, 4, Decimal("100.00"), Decimal("15.00")), (1, 1, Decimal("7.00"), Decimal(0))]
    shipping = [(0, Decimal("8.00"), Decimal(0))]
    if at_once:
        usd.refund(order, off, Decimal("130.00"), at(22), shipping)
    else:
        usd.refund(order, off, Decimal("122.00"), at(22))
        seller.tell(order)
        usd.refund(order, [], Decimal("8.00"), at(25), shipping)
    seller.tell(order)
    assert seller.cut() == {}
    assert set(seller.stands(LAST, ASSET, LIABILITY, "400000", "400100", "121000").values()) == {Decimal(0)}
    states = {
        row["state"]
        for row in seller.database.rows("SELECT state FROM tieout.document WHERE kind = 'customer_invoice'")
    }
    assert states == {"excluded" if at_once else "posted"}


def test_net_terms_are_a_sale_before_they_are_paid(seller: Seller) -> None:
    """Net 30: the customer owes it with the invoice; what is unpaid without terms and was sent all the same is accrued."""
    owed, sent = (seller.sell(n, at(29), status="PENDING") for n in ("US-1", "US-2"))
    owed["paymentTerms"] = {"id": "gid://shopify/PaymentTerms/1", "paymentTermsType": "NET"}
    seller.shops["USD"].fulfil(sent, at(30))
    seller.tell(owed, sent)
    assert seller.cut() == {"US-1": Decimal("107.00"), "US-2": Decimal("-107.00")}
    assert seller.stands(LAST, LIABILITY, ASSET, "400000", "121000") == {
        LIABILITY: Decimal("-107.00"), ASSET: Decimal("107.00"), "400000": Decimal("-107.00"),
        "121000": Decimal("122.00")}  # fmt: skip


def test_returns_before_and_after_delivery(seller: Seller) -> None:
    off, back = seller.sell("US-1", at(20)), seller.sell("US-2", at(20))
    usd = seller.shops["USD"]
    usd.refund(off, [(0, 2, Decimal("50.00"), Decimal("7.50"))], Decimal("57.50"), at(22))
    usd.fulfil(back, at(23))
    usd.refund(back, [(0, 2, Decimal("50.00"), Decimal("7.50"))], Decimal("57.50"), at(25))
    seller.tell(off, back)
    # Of the first two valves and a book are still owed; of the second nothing is, for all of it was delivered.
    assert seller.cut() == {"US-1": Decimal("57.00")}
    assert seller.stands(LAST, LIABILITY, "400000") == {
        LIABILITY: Decimal("-57.00"),
        "400000": Decimal("-57.00"),
    }


def test_made_again_it_changes_nothing_and_a_late_delivery_changes_it_by_the_difference(
    seller: Seller,
) -> None:
    order, other = seller.sell("US-1", at(30)), seller.sell("US-2", at(30))
    seller.tell(order, other)
    assert seller.cut() == {"US-1": Decimal("107.00"), "US-2": Decimal("107.00")}
    before = seller.booked()
    seller.clock.at = datetime(2026, 11, 3, 13, tzinfo=UTC)
    assert len(seller.cut()) == 2 and seller.booked() == before
    # On 3 November it is told that one of them left on the 31st.
    seller.shops["USD"].fulfil(order, at(31))
    seller.tell(order)
    assert not seller.task()[0] and "107.00 USD is not booked" in seller.task()[1]
    seller.cut()
    assert seller.task()[0]
    assert seller.stands(LAST, LIABILITY) == {LIABILITY: Decimal("-107.00")}
    assert seller.stands(date(2026, 11, 1), LIABILITY) == {LIABILITY: Decimal(0)}
    # And once nothing is open any more, nothing is left of it.
    seller.shops["USD"].fulfil(other, at(31))
    seller.tell(other)
    assert seller.cut() == {} and seller.stands(LAST, LIABILITY) == {LIABILITY: Decimal(0)}


@pytest.mark.parametrize("point", [
    "process.before_commit", "process.after_commit", "deliver.after_attempt", "deliver.after_send",
    "deliver.after_outcome",
])  # fmt: skip
@pytest.mark.parametrize("times", [1, 2])
def test_it_is_booked_and_taken_back_once_whenever_the_process_dies(
    seller: Seller, monkeypatch: pytest.MonkeyPatch, point: str, times: int
) -> None:
    class DiedError(BaseException):
        """The process is gone: nothing below may catch it."""

    left = [times]

    def die(name: str) -> None:
        if name == point and left[0]:
            left[0] -= 1
            if not left[0]:
                raise DiedError

    order = seller.sell("US-1", at(30))
    seller.tell(order)
    for module in ("tieout.planning.process", "tieout.delivery.stage"):
        monkeypatch.setattr(f"{module}.crash_point", die)
    connection = seller.database.connect(autocommit=True)
    cut_off(connection, seller.release(), "US", seller.session, LAST, seller.clock.now())
    connection.close()
    try:
        seller.work()
        # A stage that is not reached twice has nothing to die of.
        assert left[0] and times == 2
    except DiedError:
        assert not left[0]
    monkeypatch.undo()
    seller.database.rows("select pg_terminate_backend(pid) from pg_stat_activity"
                         " where datname = current_database() and pid <> pg_backend_pid() and state like 'idle%%'")  # fmt: skip
    seller.work()
    # Whoever starts again makes it again.
    seller.cut()
    assert seller.moves("CUTOFF") == ["CUTOFF-20261031 2026-10-31"]
    assert seller.moves("Reversal of: CUTOFF") == ["Reversal of: CUTOFF-20261031 2026-11-01"]
    assert seller.stands(LAST, LIABILITY) == {LIABILITY: Decimal("-107.00")}
    assert seller.stands(date(2026, 11, 1), LIABILITY) == {LIABILITY: Decimal(0)}


def test_where_each_delivery_earns_revenue_it_is_recognised_by_line_on_its_day(seller: Seller) -> None:
    seller.basis["revenue_on"] = "delivery"
    order = seller.sell("US-1", at(5), shipping="10.70")
    seller.tell(order)
    assert seller.stands(LAST, LIABILITY, "400000") == {LIABILITY: Decimal("-117.70"), "400000": Decimal(0)}
    usd = seller.shops["USD"]
    usd.fulfil(order, at(8), {0: 1}, whole=False)
    seller.tell(order)
    assert seller.stands(date(2026, 10, 7), "400000") == {"400000": Decimal(0)}
    assert seller.stands(date(2026, 10, 8), LIABILITY, "400000", "400100") == {
        LIABILITY: Decimal("-90.20"), "400000": Decimal("-25.00"), "400100": Decimal("-2.50")}  # fmt: skip
    usd.refund(order, [(0, 1, Decimal("25.00"), Decimal("3.75"))], Decimal("28.75"), at(9))
    usd.fulfil(order, at(12))
    seller.tell(order)
    # What was called off is nobody's revenue: the credit note took it back.
    assert seller.stands(LAST, LIABILITY, "400000", "400100") == {
        LIABILITY: Decimal(0), "400000": Decimal("-82.00"), "400100": Decimal("-10.70")}  # fmt: skip
    assert seller.cut() == {}
    # A parcel that was cancelled takes back what it earned.
    order["fulfillments"][0]["status"] = "CANCELLED"
    order["displayFulfillmentStatus"] = "PARTIALLY_FULFILLED"
    usd.touch(order, at(13))
    seller.tell(order)
    assert seller.stands(LAST, LIABILITY)[LIABILITY] < 0


def test_where_each_delivery_earns_what_goes_out_before_its_invoice_is_a_contract_asset(
    seller: Seller,
) -> None:
    seller.basis.update(revenue_on="delivery", invoice_on="fulfilment")
    order = seller.sell("US-1", at(28))
    seller.shops["USD"].fulfil(order, at(30), {0: 2}, whole=False)
    seller.tell(order)
    assert seller.stands(LAST, LIABILITY, "400000") == {
        LIABILITY: Decimal("50.00"),
        "400000": Decimal("-50.00"),
    }
    assert seller.cut() == {"US-1": Decimal("-50.00")}
    assert seller.stands(LAST, LIABILITY, ASSET) == {LIABILITY: Decimal(0), ASSET: Decimal("50.00")}
    seller.shops["USD"].fulfil(order, at(2, 11))
    seller.tell(order)
    assert seller.stands(date(2026, 11, 2), LIABILITY, ASSET, "400000") == {
        LIABILITY: Decimal(0), ASSET: Decimal(0), "400000": Decimal("-107.00")}  # fmt: skip


@pytest.mark.parametrize("basis", ["cut_off", "delivery"])
def test_an_order_in_euros_is_deferred_at_its_invoices_rate(seller: Seller, basis: str) -> None:
    seller.basis["revenue_on"] = basis
    order = seller.sell("EU-1", at(5), currency="EUR")
    seller.tell(order)
    (booked,) = [-x for x in seller.stands(LAST, "400000").values()]
    assert seller.cut() == {"EU-1": booked} and booked not in (0, Decimal("107.00"))
    assert seller.stands(LAST, "400000", LIABILITY) == {"400000": Decimal(0), LIABILITY: -booked}


def test_it_says_why_it_cannot_be_made(seller: Seller) -> None:
    def why(on: date = LAST) -> str:
        with pytest.raises((ValueError, LookupError)) as raised:
            seller.cut(on)
        return str(raised.value)

    assert "is not over" in why(date(2026, 11, 3))
    seller.streams = ("revaluations",)
    assert "stream cutoffs" in why() and "stream cutoffs" in seller.task()[1]
    del seller.roles["contract.asset"]
    assert "contract.asset" in why() and not seller.task()[0]
    seller.basis["revenue_on"] = "invoice"
    assert "revenue_on" in why() and cut_off_sources(seller.release(), "US") == {}


def test_an_order_that_a_case_holds_is_left_to_its_case(seller: Seller) -> None:
    order = seller.sell("US-1", at(30))
    order["customer"] = None
    seller.shops["USD"].fulfil(order, at(31))
    seller.tell(order)
    assert [c for c, _ in seller.cases()] == ["unknown_customer"] and seller.cut() == {}
