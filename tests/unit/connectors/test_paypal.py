"""PayPal's Transactions API beside its simulator: nothing is lost between questions, and it tells what the report tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tieout.connector_api import SetupError, SystemConfig, TransientError, open_system
from tieout.connectors.paypal.client import PaypalSession
from tieout.connectors.paypal.connector import CONNECTOR
from tieout.connectors.settlements.normalise import settlements
from tieout.documents import ProviderMovement
from tieout_sandbox.ports import free_ports
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.paypal import PayPal

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@contextmanager
def account(kind: type[PayPal] = PayPal, **given: Any) -> Iterator[tuple[PayPal, PaypalSession]]:
    ports = free_ports(("paypal",))
    made = kind(lambda: NOW, client_id="id", client_secret="secret", **given)
    serving = serve({ports["paypal"]: made})
    values = {"url": f"http://127.0.0.1:{ports['paypal']}", "client_id": "id", "client_secret": "secret"}
    session = open_system(CONNECTOR, SystemConfig("paypal", "paypal", "sandbox", values))
    try:
        yield made, session
    finally:
        session.close()
        serving.stop()


def told(
    session: PaypalSession, cursor: dict[str, Any], now: datetime = NOW
) -> tuple[list[str], dict[str, Any]]:
    """The ids of a whole round, and the cursor that it ends with."""
    found = []
    for _ in range(400):
        page = session.poll("transactions", cursor, now)
        found += [item.source_key.partition(":")[0] for item in page.items]
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("a round that does not end")


def movement(raw: bytes, **options: Any) -> ProviderMovement:
    (made,) = CONNECTOR.stream("transactions").documents(raw, options)
    assert isinstance(made, ProviderMovement)
    return made


def test_three_years_come_by_questions_of_a_month_and_the_next_rounds_overlap() -> None:
    with account() as (paypal, session):
        for n in range(40):
            paypal.move(f"TX{n:02}", "T0006", "10.00", NOW - timedelta(days=27 * n, hours=1), fee="-0.59")
        first, cursor = told(session, {})
        assert sorted(first) == [f"TX{n:02}" for n in range(40)]
        again, cursor = told(session, cursor)
        assert again == ["TX00"]  # the day before, since today was looked far back already
        far, _ = told(session, cursor, NOW + timedelta(days=1))
        assert {"TX00", "TX01"} <= set(far)


def test_too_many_rows_are_asked_for_by_halves() -> None:
    with account(most=7) as (paypal, session):
        for n in range(60):
            paypal.move(f"TX{n:02}", "T0006", "1.00", NOW - timedelta(minutes=n + 1))
        found, _ = told(session, {})
        assert set(found) == {f"TX{n:02}" for n in range(60)}
        (total,) = session.control_totals(["transactions"], NOW - timedelta(days=1), NOW, "UTC")
        assert (total.group, total.count, total.debit, total.credit) == ("T0006", 60, 60, 0)
        for n in range(8):
            paypal.move(f"SAME{n}", "T0006", "1.00", NOW - timedelta(days=3))
        with pytest.raises(SetupError, match="there are more than it gives"):
            told(session, {})


class Forgetful(PayPal):
    """Gives what it has, and says that there is more: `lost` rows of each answer are left out."""

    lost = 0

    def _list(self, given: dict[str, str]) -> Any:
        answer = super()._list(given)
        if answer.status == 200:
            body = json.loads(answer.body)
            del body["transaction_details"][: self.lost]
            answer.body = json.dumps(body).encode()
        return answer


@pytest.mark.parametrize("per_page", [500, 3])
def test_rows_that_are_said_and_not_given_are_not_done_without(
    per_page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A span of which PayPal says total_items and gives fewer is asked for anew, and the cursor stays before it."""
    monkeypatch.setattr("tieout.connectors.paypal.client._PER_PAGE", per_page)
    with account(kind=Forgetful) as (paypal, session):
        assert isinstance(paypal, Forgetful)
        for n in range(7):
            paypal.move(f"TX{n}", "T0006", "1.00", NOW - timedelta(hours=n + 1))
        cursor = told(session, {})[1]
        paypal.lost = 1
        with pytest.raises(
            TransientError, match=r"PayPal says that there are 7 and gave [46]: they are asked for anew"
        ):
            told(session, {})
        with pytest.raises(TransientError, match="says that there are 7"):
            session.control_totals(["transactions"], NOW - timedelta(days=1), NOW, "UTC")
        paypal.lost = 0
        assert len(told(session, cursor)[0]) == 7
        (total,) = session.control_totals(["transactions"], NOW - timedelta(days=1), NOW, "UTC")
        assert total.count == 7


def test_a_cursor_of_an_earlier_version_that_names_a_page_tells_its_span_whole() -> None:
    with account() as (paypal, session):
        paypal.move("TX1", "T0006", "1.00", NOW - timedelta(hours=1))
        kept = {
            "from": "2026-10-05T00:00:00Z",
            "to": "2026-11-01T12:00:00Z",
            "page": 3,
            "since": "2026-10-30T00:00:00Z",
        }
        found, cursor = told(session, kept)
        assert found == ["TX1"] and cursor["since"] == "2026-11-01T12:00:00Z"


def test_nothing_is_complete_beyond_what_paypal_has_refreshed() -> None:
    with account(delay=timedelta(hours=3)) as (paypal, session):
        paypal.move("LATE", "T0006", "10.00", NOW - timedelta(hours=1))
        first, cursor = told(session, {})
        assert first == [] and cursor["since"] == "2026-11-01T09:00:00Z"
        with pytest.raises(TransientError, match="ask again"):
            session.control_totals(["transactions"], NOW - timedelta(days=1), NOW, "UTC")
        with pytest.raises(TransientError, match="three hours"):
            session.balances(NOW)
        # A month that runs is told as far as it goes.
        assert (
            session.control_totals(["transactions"], NOW - timedelta(days=1), NOW + timedelta(days=60), "UTC")
            == []
        )
        assert session.balances(NOW + timedelta(days=29)) == {"USD": Decimal("10.00")}
        paypal.delay = timedelta(0)
        assert told(session, cursor)[0] == ["LATE"]
        assert session.balances(NOW) == {"USD": Decimal("10.00")}


def test_a_question_of_which_paypal_has_nothing_yet_leaves_the_cursor_where_it_is() -> None:
    """paypal/PayPal-node-SDK issue 452: `Data for the given start date is not available.`"""
    with account(delay=timedelta(days=40)) as (_, session):
        kept = {"since": "2026-10-31T12:00:00Z", "deep": "2026-11-01"}
        page = session.poll("transactions", kept, NOW)
        assert (list(page.items), page.cursor, page.more) == ([], kept, False)


def test_what_is_completed_weeks_later_is_found_by_the_day_s_look_back_and_counted_on_its_day() -> None:
    with account() as (paypal, session):
        began = NOW - timedelta(days=20)
        cursor = told(session, {})[1]
        paypal.move("ECHECK", "T0006", "10.00", began, updated=NOW + timedelta(hours=1))
        paypal._now = lambda: NOW + timedelta(days=1)
        assert told(session, cursor, NOW + timedelta(days=1))[0] == ["ECHECK"]
        assert session.control_totals(["transactions"], NOW - timedelta(days=30), NOW, "UTC") == []
        (total,) = session.control_totals(["transactions"], NOW, NOW + timedelta(days=1), "UTC")
        assert total.count == 1


def test_the_report_and_the_api_tell_of_the_same_movements() -> None:
    """A transaction as the settlement report and as the API writes it: one key, one amount, one word."""
    rows = (
        ("8HT01", "T0006", "CR", 11500, "DR", 364, "115.00", "-3.64", {"invoice_id": "SO-1"}, ""),
        ("8HT02", "T1107", "DR", 2300, "CR", 30, "-23.00", "0.30", {"invoice_id": "SO-0", "paypal_reference_id": "8HT00",
         "paypal_reference_id_type": "TXN"}, "8HT00"),
        ("8HT03", "T0400", "DR", 5000, "", 0, "-50.00", "", {}, ""),
        ("8HT04", "T2103", "DR", 1000, "", 0, "-10.00", "", {}, ""),
    )  # fmt: skip
    body = "".join(
        f'"SB","{tid}","{more.get("invoice_id", "")}","{ref}","{"TXN" if ref else ""}","{code}",2026/10/05 01:00:00 -0700,'
        f'2026/10/05 01:00:00 -0700,"{m}",{g},"USD","{fm}",{f},"{"USD" if fm else ""}",""\n'
        for tid, code, m, g, fm, f, _, _, more, ref in rows
    )
    foot = '"USD",11500,8300,30,364,"CR",5000,"CR",7866,"CR",5000,"CR",7866,"CR",0,"CR",0,4'
    report = (
        '"RH",2026/10/06 02:21:10 -0700,"A","M1",009,\n"FH",01\n'
        '"SH",2026/10/05 00:00:00 -0700,2026/10/05 23:59:59 -0700,"M1",""\n'
        '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
        '"Transaction Initiation Date","Transaction Completion Date","Transaction Debit or Credit","Gross Transaction Amount",'
        '"Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency","Custom Field"\n'
        f'{body}"SF",{foot}\n"SC",4\n"RF",{foot}\n"RC",4\n"FF",4\n'
    )
    by_report = [d for d in settlements(report.encode(), {"provider": "paypal"}) if isinstance(d, ProviderMovement)]  # fmt: skip
    with account() as (paypal, session):
        for tid, code, _, _, _, _, amount, fee, more, _ in rows:
            paypal.move(tid, code, amount, datetime(2026, 10, 5, 8, tzinfo=UTC), fee=fee, **more)
        items = []
        cursor: dict[str, Any] = {"from": "2026-10-05T00:00:00Z", "to": "2026-10-06T00:00:00Z"}
        items = list(session.poll("transactions", cursor, NOW).items)
    by_api = [movement(item.body) for item in items]

    def facts(m: ProviderMovement) -> tuple[Any, ...]:
        return m.key, m.category, m.gross, m.fee, m.net, m.order_key, m.payment_key, m.payout_key, m.control_group  # fmt: skip

    assert [facts(m) for m in by_api] == [facts(m) for m in by_report] and len(by_api) == 4
    assert {m.customer_name for m in by_api} == {"Ada"}


def row(**info: Any) -> bytes:
    told = {
        "transaction_id": "1A", "transaction_event_code": "T0006", "transaction_status": "S",
        "transaction_initiation_date": "2026-10-31T23:00:00+0000", "transaction_updated_date": "2026-11-02T08:00:00+0000",
        "transaction_amount": {"currency_code": "USD", "value": "50.00"},
        "fee_amount": {"currency_code": "USD", "value": "-1.49"},
    }  # fmt: skip
    return json.dumps({"transaction_info": {k: v for k, v in {**told, **info}.items() if v is not None}}).encode()  # fmt: skip


def test_a_movement_stays_itself_whatever_becomes_of_its_status_and_update() -> None:
    first = movement(row())
    assert (first.gross.value, first.fee.value, first.net.value) == (
        Decimal("50.00"),
        Decimal("1.49"),
        Decimal("48.51"),
    )
    assert first.occurred_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    given_back = movement(
        row(transaction_status="V", transaction_updated_date="2026-11-20T08:00:00+0000", invoice_id="SO-1")
    )
    assert given_back.key == first.key and given_back.net == first.net
    # Its update is the giving back, of another month: the sale is none of that day.
    assert given_back.occurred_at == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert movement(row(transaction_status="P")).category == "charge"
    in_part = movement(row(transaction_status="F", transaction_updated_date="2026-11-20T08:00:00+0000"))
    assert (in_part.key, in_part.occurred_at) == (first.key, given_back.occurred_at)
    assert movement(row(transaction_status="D")).category == "T0006 denied"


def test_what_moves_nothing_is_no_movement_and_what_contradicts_itself_is_refused() -> None:
    zero = {"currency_code": "USD", "value": "0.00"}
    stream = CONNECTOR.stream("transactions")
    assert stream.documents(row(transaction_amount=zero, fee_amount=None), {}) == []
    for wrong, says in (
        ({"fee_amount": {"currency_code": "EUR", "value": "-1.49"}}, "a fee in EUR"),
        ({"fee_amount": {"currency_code": "USD", "value": "1.49"}}, "below zero"),
        ({"transaction_amount": {"currency_code": "JPY", "value": "50.5"}, "fee_amount": None}, "JPY"),
        ({"transaction_initiation_date": "2026-10-31T23:00:00"}, "without its zone"),
    ):
        with pytest.raises(ValueError, match=says):
            stream.documents(row(**wrong), {})
    back = movement(row(transaction_event_code="T1107", transaction_amount={"currency_code": "USD", "value": "-50"},
                        fee_amount={"currency_code": "USD", "value": "1.49"}))  # fmt: skip
    assert (back.category, str(back.net.value), str(back.gross.value)) == ("refund", "-48.51", "-50.00")


def test_a_token_of_nine_hours_is_renewed_and_a_wrong_secret_is_for_a_person() -> None:
    with account() as (paypal, session):
        assert "SIMULATED0001" in session.check()
        paypal._tokens.clear()
        assert "SIMULATED0001" in session.check()
        paypal._client = "id:another"
        paypal._tokens.clear()
        with pytest.raises(SetupError):
            session.check()


def _usd(value: str) -> dict[str, str]:
    return {"currency_code": "USD", "value": value}


@pytest.mark.parametrize(
    ("report", "gross", "fee", "net"),
    [
        ("robvankeilegom/firefly-III-paypal-importer issue 23", "100.00", "-3.00", "97.00"),
        ("jbms/beancount-import pull request 162", "51.50", "-1.63", "49.87"),
    ],
)
def test_what_comes_in_is_what_was_paid_and_the_fee_beside_it(
    report: str, gross: str, fee: str, net: str
) -> None:
    made = movement(row(transaction_amount=_usd(gross), fee_amount=_usd(fee)))
    assert (str(made.gross.value), str(-made.fee.value), str(made.net.value)) == (gross, fee, net), report


def test_firefly_iii_paypal_importer_14_a_refund_in_another_currency_and_both_halves_of_its_exchange_move() -> (
    None
):
    """robvankeilegom/firefly-III-paypal-importer issue 14 (left out), imazen/reunion issue 12 and OCA/bank-statement-import
    pull request 236 (halves name the same transaction, and were made one), paypal/PayPal-NET-SDK issue 400 (halves left out)."""
    same = {"paypal_reference_id": "9RF01", "paypal_reference_id_type": "TXN"}
    with account() as (paypal, session):
        at = NOW - timedelta(hours=2)
        paypal.move("9RF01", "T1107", "-20.00", at, currency="EUR", paypal_reference_id="9SALE", paypal_reference_id_type="TXN")  # fmt: skip
        paypal.move("9CV01", "T0200", "-22.40", at, **same)
        paypal.move("9CV02", "T0200", "20.00", at, currency="EUR", **same)
        page = session.poll("transactions", {}, NOW)
        while page.more and not page.items:
            page = session.poll("transactions", page.cursor, NOW)
        totals = session.control_totals(["transactions"], NOW - timedelta(days=1), NOW, "UTC")
    made = {m.key: m for m in (movement(item.body) for item in page.items)}
    assert len(made) == 3
    assert sorted((m.category, str(m.net)) for m in made.values()) == sorted(
        [("refund", "-20.00 EUR"), ("exchange", "-22.40 USD"), ("exchange", "20.00 EUR")]
    )
    assert {(t.currency, t.group, t.count, str(t.debit), str(t.credit)) for t in totals} == {
        ("EUR", "T1107", 1, "0", "20.00"),
        ("EUR", "T0200", 1, "20.00", "0"),
        ("USD", "T0200", 1, "0", "22.40"),
    }


def test_actual_5666_an_amount_is_of_the_currency_that_it_names_and_never_of_the_account_s() -> None:
    with account() as (paypal, session):
        paypal.move("1USD", "T0006", "1.00", NOW - timedelta(hours=1), currency="USD")
        paypal.move("1EUR", "T0006", "0.88", NOW - timedelta(hours=1), currency="EUR")
        assert session.balances(NOW) == {"USD": Decimal("1.00"), "EUR": Decimal("0.88")}
    assert str(movement(row(transaction_amount=_usd("1.00"), fee_amount=None)).net) == "1.00 USD"


def test_airbyte_37385_what_appears_hours_later_is_told_though_the_rounds_went_past_it() -> None:
    with account(delay=timedelta(hours=3)) as (paypal, session):
        paypal.move("EARLY", "T0006", "10.00", NOW - timedelta(hours=5))
        paypal.move("LATE", "T0006", "10.00", NOW - timedelta(hours=1, minutes=30))
        found, cursor = told(session, {})
        assert found == ["EARLY"]
        paypal._now = lambda: NOW + timedelta(days=1)
        assert "LATE" in told(session, cursor, NOW + timedelta(days=1))[0]


def test_woocommerce_paypal_payments_1527_a_refund_has_its_own_id_and_names_the_sale() -> None:
    """opencollective/opencollective issue 8826: the refund's id took the place of the sale's."""
    sale = movement(row(transaction_id="SALE1"))
    given = movement(row(transaction_id="BACK1", transaction_event_code="T1107", transaction_amount=_usd("-50.00"),
                         fee_amount=None, paypal_reference_id="SALE1", paypal_reference_id_type="TXN"))  # fmt: skip
    assert given.key != sale.key and given.payment_key == sale.payment_key == "SALE1"
    other = movement(row(transaction_id="BACK2", transaction_event_code="T1107", transaction_amount=_usd("-50.00"),
                         fee_amount=None, paypal_reference_id="SALE1", paypal_reference_id_type="TXN"))  # fmt: skip
    assert other.key != given.key


def test_ledger_autosync_34_grouped_thousands_are_never_read_as_something_else() -> None:
    with pytest.raises(ValueError):
        movement(row(transaction_amount=_usd("1,234.56"), fee_amount=None))
