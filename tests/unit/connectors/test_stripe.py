"""What Stripe sends, by what Stripe publishes of it; and what older messages of ours still say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.published.replay import Answer, Replay
from tieout.connector_api import CATEGORIES as OUR_WORDS
from tieout.connector_api import SetupError, SystemConfig, TransientError
from tieout.connector_api.stripe import BY_CATEGORY, CATEGORY_OF_TYPE
from tieout.connectors.stripe.client import StripeSession, open_session
from tieout.connectors.stripe.connector import CONNECTOR
from tieout.connectors.stripe.normalise import composition, dispute, movement
from tieout.connectors.stripe.wire import VERSION
from tieout.documents import Dispute, ProviderMovement
from tieout.money import STRIPE, Amount, MoneyError

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
# Of stripe/stripe-python 2026-10-14.preview, which is made of Stripe's OpenAPI document.
TYPES = """
adjustment advance advance_funding anticipation_repayment application_fee application_fee_refund charge
climate_order_purchase climate_order_refund connect_collection_transfer contribution fee_credit_funding inbound_transfer
inbound_transfer_reversal issuing_authorization_hold issuing_authorization_release issuing_dispute
issuing_dispute_provisional_credit issuing_dispute_provisional_credit_reversal issuing_transaction obligation_outbound
obligation_reversal_inbound payment payment_failure_refund payment_network_reserve_hold payment_network_reserve_release
payment_refund payment_reversal payment_unreconciled payout payout_cancel payout_failure payout_minimum_balance_hold
payout_minimum_balance_release refund refund_failure reserve_hold reserve_release reserve_transaction reserved_funds
stripe_balance_payment_debit stripe_balance_payment_debit_reversal stripe_fee stripe_fx_fee tax_fee tax_fund topup
topup_reversal transfer transfer_cancel transfer_failure transfer_refund
""".split()
# Of stripe.reporting.ReportRunCreateParamsParameters.reporting_category, and of docs.stripe.com/reports/reporting-categories.
CATEGORIES = """
advance advance_funding anticipation_repayment charge charge_failure climate_order_purchase climate_order_refund
connect_collection_transfer connect_reserved_funds contribution dispute dispute_reversal fee financing_paydown
financing_paydown_reversal financing_payout financing_payout_reversal issuing_authorization_hold
issuing_authorization_release issuing_dispute issuing_transaction network_cost other_adjustment partial_capture_reversal
payout payout_reversal platform_earning platform_earning_refund refund refund_failure risk_reserved_funds tax topup
topup_reversal transfer transfer_reversal unreconciled_customer_funds payment_network_reserve_hold
payment_network_reserve_release payout_minimum_balance_hold payout_minimum_balance_release issuing_disbursement
issuing_dispute_fraud_liability_debit issuing_dispute_provisional_credit issuing_dispute_provisional_credit_reversal
""".split()
# Stripe publishes no meaning of these.
UNSAID = ("fee_credit_funding", "tax_fund")


def row(**changed: Any) -> dict[str, Any]:
    amount, fee = changed.pop("amount", 1000), changed.pop("fee", 0)
    return {
        "id": "txn_1", "object": "balance_transaction", "amount": amount, "created": 1_790_000_000, "currency": "usd",
        "fee": fee, "net": amount - fee, "reporting_category": "charge", "source": "ch_1", "type": "charge",
        "description": None, **changed,
    }  # fmt: skip


def moved(options: dict[str, Any] | None = None, **changed: Any) -> ProviderMovement:
    (found,) = movement(json.dumps(row(**changed)).encode(), options or {})
    assert isinstance(found, ProviderMovement)
    return found


def disputed(**changed: Any) -> Dispute:
    body = {
        "id": "dp_1", "object": "dispute", "amount": 6500, "charge": "ch_1", "created": 1_790_000_000, "currency": "gbp",
        "reason": "general", "status": "lost", "metadata": {}, "balance_transactions": [], **changed.pop("dispute", {}),
    }  # fmt: skip
    told = (
        body if changed.pop("old", False) else {"closed_at": changed.pop("closed_at", None), "dispute": body}
    )
    (found,) = dispute(json.dumps(told).encode(), {})
    assert isinstance(found, Dispute)
    return found


def bt(amount: int, created: int = 1_790_000_100, currency: str = "gbp") -> dict[str, Any]:
    return {"id": f"txn_{created}", "amount": amount, "created": created, "currency": currency, "fee": 0}


class TestWhatAMovementIs:
    def test_the_table_has_every_published_type_and_category(self) -> None:
        assert set(TYPES) == set(CATEGORY_OF_TYPE)
        assert set(CATEGORIES) <= set(BY_CATEGORY)
        assert set(BY_CATEGORY.values()) <= set(OUR_WORDS)

    @pytest.mark.parametrize("kind", sorted(set(TYPES) - {"adjustment"}))
    def test_each_type_is_told_apart_without_a_category_too(self, kind: str) -> None:
        found = moved(type=kind, reporting_category=None)
        assert (found.category in OUR_WORDS) is (kind not in UNSAID)
        if kind in UNSAID:
            assert found.category == kind

    @pytest.mark.parametrize(
        ("source", "amount", "is_"),
        [("dp_1", -500, "dispute"), ("du_1", 500, "dispute_reversal"), ("re_1", 500, "refund_failure"), ("adj_1", -5, "other")],
    )  # fmt: skip
    def test_an_adjustment_of_before_categories_is_what_it_is_of(
        self, source: str, amount: int, is_: str
    ) -> None:
        assert moved(type="adjustment", reporting_category=None, source=source, amount=amount).category == is_

    def test_a_type_says_what_other_adjustment_does_not(self) -> None:
        assert (
            moved(type="obligation_outbound", reporting_category="other_adjustment").category == "financing"
        )
        assert (
            moved(type="payment_reversal", reporting_category="other_adjustment").category == "charge_failure"
        )
        assert moved(type="adjustment", reporting_category="other_adjustment").category == "other"

    def test_a_category_of_tomorrow_keeps_its_word_until_a_project_says_one(self) -> None:
        new = {"type": "tax_fund", "reporting_category": "tax_fund"}
        assert moved(**new).category == "tax_fund"
        assert moved({"movements": {"tax_fund": "fee"}}, **new).category == "fee"
        assert moved({"movements": {"charge": "other"}}).category == "other"

    def test_a_refund_that_comes_back_is_one_that_failed(self) -> None:
        """alphagov/pay-connector 5593, antiwork/gumroad 5779: a refund that failed or was called off later stayed a refund."""
        assert (
            moved(type="payment_refund", reporting_category="refund", amount=700).category == "refund_failure"
        )
        assert moved(type="payment_refund", reporting_category="refund", amount=-700).category == "refund"

    def test_a_net_that_does_not_add_up_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"net .* is not amount .* less fee"):
            moved(net=999)

    def test_a_refund_made_at_stripe_has_the_order_of_its_charge_or_payment_intent(self) -> None:
        charge = {"id": "ch_9", "metadata": {"order_id": "77"}}
        refund: dict[str, Any] = {
            "id": "re_1",
            "object": "refund",
            "metadata": {},
            "charge": charge,
            "payment_intent": "pi_1",
        }
        same = {"amount": -500, "type": "refund", "reporting_category": "refund"}
        found = moved(source=refund, **same)
        assert (found.order_key, found.payment_key, found.refund_key) == ("77", "ch_9", "")
        refund |= {
            "charge": {"id": "ch_9", "metadata": {}},
            "payment_intent": {"id": "pi_1", "metadata": {"order_id": "78"}},
        }
        assert moved(source=refund, **same).order_key == "78"
        assert moved(source={**refund, "metadata": {"order_id": "79"}}, **same).order_key == "79"


class TestMinorUnits:
    @pytest.mark.parametrize(
        ("minor", "currency", "amount"),
        [(500, "ISK", "5"), (500, "UGX", "5"), (5, "MGA", "5.00"), (500, "JPY", "500"), (5120, "KWD", "5.120"),
         (1045, "HUF", "10.45"), (80045, "TWD", "800.45"), (1000, "USD", "10.00"), (-1000, "CLP", "-1000")],
    )  # fmt: skip
    def test_amounts_are_of_stripes_own_list(self, minor: int, currency: str, amount: str) -> None:
        """WordPress/wordcamp.org 1320, odoo 227688, woocommerce-gateway-stripe 2674, Shopify/money 258 (UGX), woocommerce-payments
        7620 (ISK), InvoicePlane 1677 (JPY): each a factor of a hundred."""
        found = STRIPE.amount(minor, currency)
        assert found == Amount(Decimal(amount), currency)
        assert STRIPE.minor(found) == minor
        assert moved(amount=minor, currency=currency.lower()).gross == found

    def test_what_is_finer_than_the_currency_or_not_published_is_refused(self) -> None:
        with pytest.raises(MoneyError, match="finer"):
            STRIPE.amount(550, "ISK")
        with pytest.raises(ValueError, match="does not publish"):
            STRIPE.amount(550, "IQD")
        with pytest.raises(MoneyError, match="no integer"):
            STRIPE.amount(True, "USD")


class TestDisputes:
    def test_a_lost_one_was_decided_when_its_event_says(self) -> None:
        found = disputed(closed_at=1_795_000_000, dispute={"balance_transactions": [bt(-6500)]})
        assert (found.status, found.occurred_at) == ("lost", datetime.fromtimestamp(1_795_000_000, UTC))
        assert found.version == f"{1_795_000_000:012d}"

    def test_without_its_event_it_changed_with_its_last_movement(self) -> None:
        found = disputed(dispute={"balance_transactions": [bt(-6500), bt(50, 1_790_500_000)]})
        assert found.occurred_at == datetime.fromtimestamp(1_790_500_000, UTC)

    def test_lost_is_what_was_withdrawn_and_not_given_back(self) -> None:
        """alphagov/pay-connector 5011: an adjustment of a lost dispute for currencies."""
        found = disputed(dispute={"balance_transactions": [bt(-6500), bt(50, 1_790_500_000)]})
        assert found.amount == Amount(Decimal("64.50"), "GBP")

    def test_it_is_in_the_currency_of_the_balance(self) -> None:
        found = disputed(dispute={"currency": "usd", "amount": 8100, "balance_transactions": [bt(-6500)]})
        assert (found.currency, found.amount) == ("GBP", Amount(Decimal("65.00"), "GBP"))

    def test_of_a_charge_refunded_in_part_what_was_withdrawn_is_lost(self) -> None:
        """woocommerce-payments 6196: a dispute after a part refund was taken for the whole charge."""
        found = disputed(dispute={"amount": 6500, "balance_transactions": [bt(-4500)]})
        assert found.amount == Amount(Decimal("45.00"), "GBP")

    def test_what_is_withdrawn_is_not_lost_yet(self) -> None:
        """elizaOS/eliza 10997: funds are withdrawn when a dispute is opened, and may come back."""
        found = disputed(dispute={"status": "needs_response", "balance_transactions": [bt(-6500)]})
        assert (found.status, found.amount) == ("needs_response", Amount(Decimal("65.00"), "GBP"))

    def test_a_lost_one_for_which_nothing_was_withdrawn_is_no_loss(self) -> None:
        assert disputed().amount == Amount(Decimal("0.00"), "GBP")

    def test_one_that_moved_money_in_two_currencies_is_refused(self) -> None:
        with pytest.raises(ValueError, match="several currencies"):
            disputed(dispute={"balance_transactions": [bt(-6500), bt(50, currency="usd")]})

    @pytest.mark.parametrize("status", ["warning_closed", "warning_needs_response", "prevented"])
    def test_what_moves_no_money_is_an_inquiry(self, status: str) -> None:
        """woocommerce-payments 794: an inquiry was shown as refunded."""
        assert disputed(dispute={"status": status}).status == "inquiry"

    def test_a_message_of_before_is_read_as_before(self) -> None:
        old = {"status": "lost", "metadata": {"changed_at": "1790500000"}}
        found = disputed(old=True, dispute={**old, "balance_transactions": None})
        assert found.occurred_at == datetime.fromtimestamp(1_790_500_000, UTC)
        body = {"id": "dp_1", "amount": 100, "charge": "ch_1", "created": 1_790_000_000, "currency": "usd", "status": "won", "metadata": {}}  # fmt: skip
        (plain,) = dispute(json.dumps(body).encode(), {})
        assert plain.occurred_at == datetime.fromtimestamp(1_790_000_000, UTC)


def listed(*rows: dict[str, Any], more: bool = False) -> bytes:
    return json.dumps({"object": "list", "data": list(rows), "has_more": more}).encode()


def session(there: Replay) -> StripeSession:
    return open_session(SystemConfig("stripe", "stripe", "test", {"url": there.url, "key": "rk_test_x"}))


class TestTheWire:
    def test_every_request_names_its_version(self) -> None:
        with Replay({("GET", "/v1/balance"): b'{"livemode": true}'}) as there:
            assert session(there).check() == "Stripe, live mode"
        assert there.asked[0].headers["stripe-version"] == VERSION
        assert CONNECTOR.api is not None and CONNECTOR.api.name == VERSION

    def test_a_right_that_the_key_lacks_is_named(self) -> None:
        refused = Answer(
            b'{"error": {"message": "Having the \'rak_event_read\' permission would allow this"}}', 403
        )
        with (
            Replay({("GET", "/v1/balance"): refused}) as there,
            pytest.raises(SetupError, match="rak_event_read"),
        ):
            session(there).check()

    def test_a_list_that_does_not_go_on_ends(self) -> None:
        same = listed({"id": "dp_1", "created": 1, "status": "won"}, more=True)
        answers = {("GET", "/v1/disputes"): same, ("GET", "/v1/events"): listed()}
        with Replay(answers) as there, pytest.raises(TransientError, match="a page comes again"):
            session(there).poll("disputes", {}, NOW)

    def test_the_last_row_of_a_report_is_no_category(self) -> None:
        table = b"reporting_category,currency,count,gross,fee,net\ncharge,usd,10,5000.00,0.00,5000.00\nrefund,usd,2,-300.00,-10.00,-310.00\ntotal,usd,12,4700.00,-10.00,4690.00\n"
        empty = b"reporting_category,currency,count,gross,fee,net\n"
        with Replay({}) as there:
            run = json.dumps({"id": "frr_1", "status": "succeeded", "result": {"url": f"{there.url}/v1/files/f/contents"}}).encode()  # fmt: skip
            there._left |= {
                ("POST", "/v1/reporting/report_runs"): [run],
                ("GET", "/v1/files/f/contents"): [table, empty],
            }
            totals = session(there).control_totals((), NOW - timedelta(days=30), NOW, "UTC")
        assert [(t.group, t.count, t.debit, t.credit) for t in totals] == [
            ("charge", 10, Decimal("5000.00"), Decimal(0)), ("refund", 2, Decimal(0), Decimal("310.00")),
        ]  # fmt: skip

    def test_the_key_goes_to_stripes_hosts_alone(self) -> None:
        run = json.dumps({"id": "frr_1", "status": "succeeded", "result": {"url": "https://files.example/x"}}).encode()  # fmt: skip
        with (
            Replay({("POST", "/v1/reporting/report_runs"): run}) as there,
            pytest.raises(SetupError, match=r"files\.stripe\.com alone"),
        ):
            session(there).balances(NOW)

    def test_a_report_that_is_not_made_up_yet_is_asked_for_again(self) -> None:
        refused = Answer(b'{"error": {"param": "parameters[interval_end]", "message": "data is available until"}}', 400)  # fmt: skip
        with Replay({("POST", "/v1/reporting/report_runs"): refused}) as there, pytest.raises(TransientError):
            session(there).balances(NOW)

    def test_a_payout_is_composed_once_stripe_has_done_so(self) -> None:
        payout = {"id": "po_1", "automatic": True, "created": int(NOW.timestamp()), "currency": "usd"}
        waits = {**payout, "reconciliation_status": "in_progress"}
        done = {**payout, "reconciliation_status": "completed"}
        answers = {
            ("GET", "/v1/payouts"): [listed(waits), listed()],
            ("GET", "/v1/payouts/po_1"): json.dumps(done).encode(),
            ("GET", "/v1/balance_transactions"): listed(
                {"id": "txn_p", "type": "payout"}, {"id": "txn_1", "type": "charge"}
            ),
        }
        with Replay(answers) as there:
            open_ = session(there)
            first = open_.poll("payouts", {}, NOW)
            assert first.items == [] and first.cursor["waiting"] == ["po_1"]
            second = open_.poll("payouts", first.cursor, NOW)
        assert [json.loads(i.body)["transactions"] for i in second.items] == [["txn_1"]]
        assert "waiting" not in second.cursor
        with pytest.raises(ValueError, match="in_progress"):
            composition(json.dumps({"payout": waits, "transactions": []}).encode(), {})

    def test_a_closed_dispute_waits_for_its_event_and_is_then_told_once(self) -> None:
        lost = {"id": "dp_1", "status": "lost", "created": 1, "amount": 1, "currency": "usd"}
        event = {"id": "evt_1", "created": 1_795_000_000, "data": {"object": lost}}
        answers = {("GET", "/v1/disputes"): listed(lost), ("GET", "/v1/events"): [listed(), listed(event)]}
        with Replay(answers) as there:
            open_ = session(there)
            first = open_.poll("disputes", {}, NOW)
            assert first.items == []
            second = open_.poll("disputes", first.cursor, NOW + timedelta(minutes=5))
        assert json.loads(second.items[0].body)["closed_at"] == 1_795_000_000

    def test_an_event_that_is_gone_is_not_waited_for_for_ever(self) -> None:
        lost = {"id": "dp_1", "status": "lost", "created": 1, "amount": 1, "currency": "usd"}
        with Replay({("GET", "/v1/disputes"): listed(lost), ("GET", "/v1/events"): listed()}) as there:
            open_ = session(there)
            first = open_.poll("disputes", {}, NOW)
            second = open_.poll("disputes", first.cursor, NOW + timedelta(hours=3))
        assert [json.loads(i.body)["closed_at"] for i in second.items] == [None]
