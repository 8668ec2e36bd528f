"""Stripe's itemised reports as files: each movement is the one that its API tells, once, and no file is read in another way than it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.test_project_providers import PROJECT
from tieout.connector_api import FileRefusedError
from tieout.connectors.settlements import itemised as reading
from tieout.connectors.settlements.connector import CONNECTOR, SettlementFiles
from tieout.connectors.settlements.normalise import settlements
from tieout.connectors.stripe.normalise import composition, movement
from tieout.documents import PayoutComposition, ProviderMovement
from tieout.operations.discover import discover
from tieout.settings import ProjectError, load_project

OPTIONS = {"provider": "stripe"}
HEAD = (
    "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,"
    "source_id,charge_id,description,payment_metadata[order_id],refund_metadata[refund_id]"
)
CHARGE = (
    "po_1,2026-10-07 00:00:00,txn_1,2026-10-05 08:00:00,eur,119.00,3.70,115.30,charge,ch_1,ch_1,Order 7,7,"
)
REFUND = (
    "po_1,2026-10-07 00:00:00,txn_2,2026-10-06 09:30:00,eur,-19.00,0.00,-19.00,refund,re_1,ch_1,REFUND,7,r-1"
)
FEE = "po_1,2026-10-07 00:00:00,txn_3,2026-10-06 10:00:00,eur,-2.00,0.00,-2.00,fee,fee_1,,Radar,,"
PAYOUTS = (
    "payout_id,effective_at_utc,currency,gross,fee,net,reporting_category,balance_transaction_id,description"
)


def told(*rows: str, head: str = HEAD, **options: Any) -> list[Any]:
    return list(settlements("\n".join((head, *rows, "")).encode(), {**OPTIONS, **options}))


def moved(*rows: str, head: str = HEAD, **options: Any) -> list[ProviderMovement]:
    return [d for d in told(*rows, head=head, **options) if isinstance(d, ProviderMovement)]


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def by_api(**changed: Any) -> ProviderMovement:
    charge = {"id": "ch_1", "metadata": {"order_id": "7"}, "billing_details": {"name": None}}
    row: dict[str, Any] = {
        "id": "txn_1", "amount": 11900, "fee": 370, "net": 11530, "currency": "eur", "type": "charge",
        "reporting_category": "charge", "created": seconds("2026-10-05 08:00:00"), "description": "Order 7", "source": charge,
        **changed,
    }  # fmt: skip
    (made,) = movement(json.dumps(row).encode(), {})
    assert isinstance(made, ProviderMovement)
    return made


def test_a_movement_is_the_very_one_that_the_api_tells() -> None:
    charge, refund, fee = moved(CHARGE, REFUND, FEE)
    assert charge == by_api()
    source = {
        "id": "re_1",
        "charge": {"id": "ch_1", "metadata": {"order_id": "7"}},
        "metadata": {"refund_id": "r-1"},
    }
    assert refund == by_api(id="txn_2", amount=-1900, fee=0, net=-1900, type="refund", reporting_category="refund",
                            created=seconds("2026-10-06 09:30:00"), description="REFUND", source=source)  # fmt: skip
    assert fee == by_api(id="txn_3", amount=-200, fee=0, net=-200, type="stripe_fee", reporting_category="fee",
                         created=seconds("2026-10-06 10:00:00"), description="Radar", source="fee_1")  # fmt: skip


def test_what_a_payout_paid_out_is_the_list_that_the_api_gives() -> None:
    (made,) = (d for d in told(CHARGE, REFUND, FEE) if isinstance(d, PayoutComposition))
    payout = {"id": "po_1", "created": made.occurred_at.timestamp(), "currency": "eur"}
    body = {"payout": payout, "transactions": ["txn_3", "txn_1", "txn_2"]}
    assert [made] == composition(json.dumps(body).encode(), {})
    assert made.occurred_at == datetime(2026, 10, 7, tzinfo=UTC)


def test_a_report_of_the_balance_says_nothing_of_what_a_payout_paid_out() -> None:
    """Its month may have a part of it alone."""
    columns = HEAD.split(",")
    turned = [",".join((*row.split(",")[1:], row.split(",")[0])) for row in (CHARGE, REFUND)]
    found = told(*turned, head=",".join((*columns[1:], columns[0])))
    assert [d.key for d in found] == ["txn_1", "txn_2"]
    assert all(isinstance(d, ProviderMovement) for d in found)


def test_a_payouts_own_row_is_what_its_movements_come_to_and_none_of_them() -> None:
    own = "po_1,2026-10-07 00:00:00,txn_9,2026-10-07 00:00:00,eur,-94.30,0.00,-94.30,payout,po_1,,STRIPE PAYOUT,,"
    *_, payout, made = told(CHARGE, REFUND, FEE, own)
    assert (payout.category, payout.payout_key, payout.automatic) == ("payout", "po_1", True)
    assert made.movement_keys == ("txn_1", "txn_2", "txn_3")
    with pytest.raises(
        ValueError, match=r"payout po_1: its movements come to 94\.30 EUR, its own row says 94\.31 EUR"
    ):
        told(CHARGE, REFUND, FEE, own.replace("94.30", "94.31"))
    assert not told(CHARGE, REFUND, FEE, own, payout_schedule="manual")[3].automatic


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_payout_leaves_the_balance_and_one_that_came_back_comes_whichever_sign_the_report_of_payouts_has(
    sign: str,
) -> None:
    back = "" if sign else "-"
    out, again = moved(
        f"po_1,2026-10-07 00:00:00,eur,{sign}94.30,0.00,{sign}94.30,payout,txn_8,STRIPE PAYOUT",
        f"po_1,2026-10-09 00:00:00,eur,{back}94.30,0.00,{back}94.30,payout_reversal,txn_9,STRIPE PAYOUT FAILURE",
        head=PAYOUTS,
    )
    assert (out.category, out.net.value, out.payout_key, out.key) == (
        "payout",
        Decimal("-94.30"),
        "po_1",
        "txn_8",
    )
    assert (again.category, again.net.value, again.payout_key) == (
        "payout_reversal",
        Decimal("94.30"),
        "po_1",
    )
    assert out.net == out.gross - out.fee and out.occurred_at == datetime(2026, 10, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("po_2,2026-10-07 00:00:00,eur,5.00,0.00,5.00,payout,txn_9,x", "both signs"),
        ("po_2,2026-10-07 00:00:00,eur,-5.00,0.00,-5.00,payout_reversal,txn_9,x", "both signs"),
        (
            "po_2,2026-10-07 00:00:00,eur,-5.00,0.00,-5.00,charge,txn_9,x",
            "line 3: charge in a report of payouts",
        ),
    ],
)
def test_of_payouts_both_ways_nobody_knows_which_is_which(row: str, said: str) -> None:
    first = "po_1,2026-10-06 00:00:00,eur,-94.30,0.00,-94.30,payout,txn_8,x"
    with pytest.raises(ValueError, match=said):
        moved(first, row, head=PAYOUTS)


def test_a_row_that_is_there_twice_is_one_and_told_in_two_ways_is_refused() -> None:
    assert [m.key for m in moved(CHARGE, REFUND, CHARGE)] == ["txn_1", "txn_2"]
    (made,) = (d for d in told(CHARGE, REFUND, CHARGE) if isinstance(d, PayoutComposition))
    assert made.movement_keys == ("txn_1", "txn_2")
    with pytest.raises(ValueError, match="lines 2 and 4 both tell of txn_1, and not the same"):
        moved(CHARGE, REFUND, CHARGE.replace("119.00", "120.00").replace("115.30", "116.30"))


@pytest.mark.parametrize(
    ("currency", "gross", "fee", "net", "value"),
    [
        ("jpy", "500", "18", "482", "482"),
        ("jpy", "-500.00", "0", "-500.00", "-500"),
        ("kwd", "12.345", "0.500", "11.845", "11.845"),
        ("mga", "500", "0", "500", "500"),
        ("isk", "500", "5", "495", "495"),
        ("usd", "-12.50", "-0.66", "-11.84", "-11.84"),
        ("eur", "0.00", "0.00", "0.00", "0.00"),
    ],
)
def test_amounts_are_in_major_units_whatever_their_currencys_decimals(
    currency: str, gross: str, fee: str, net: str, value: str
) -> None:
    (made,) = moved(CHARGE.replace("eur,119.00,3.70,115.30", f"{currency},{gross},{fee},{net}"))
    assert (made.net.value, made.currency) == (Decimal(value), currency.upper())


def test_a_refund_that_comes_back_is_one_that_failed_and_a_word_of_later_a_case_until_the_project_says() -> (
    None
):
    assert [m.category for m in moved(REFUND.replace("-19.00", "19.00"))] == ["refund_failure"]
    later = FEE.replace(",fee,", ",quantum_settlement,")
    assert [m.category for m in moved(later)] == ["quantum_settlement"]
    assert [m.category for m in moved(later, movements={"quantum_settlement out": "fee"})] == ["fee"]


def test_metadata_go_by_the_keys_that_the_interface_says() -> None:
    head = HEAD.replace("[order_id]", "[order_number]").replace("[refund_id]", "[credit]")
    charge, refund = moved(CHARGE, REFUND, head=head, order_metadata="order_number", refund_metadata="credit")
    assert (charge.order_key, refund.order_key, refund.refund_key) == ("7", "7", "r-1")
    (dispute,) = moved(REFUND.replace(",refund,", ",dispute,"))
    assert dispute.order_key == ""  # as its API, whose disputes have metadata of their own


def test_times_are_of_the_zone_that_the_report_was_asked_for_in() -> None:
    head = HEAD.replace("created_utc", "created")
    for zone, hour in (("UTC", 8), ("America/Chicago", 13)):
        (made,) = moved(CHARGE, head=head, time_zone=zone)
        assert made.occurred_at == datetime(2026, 10, 5, hour, tzinfo=UTC)
    (made,) = moved(CHARGE, time_zone="America/Chicago")
    assert made.occurred_at == datetime(2026, 10, 5, 8, tzinfo=UTC)
    (made,) = moved(CHARGE.replace("05 08:00:00", "05T08:00:00Z"), head=head, time_zone="America/Chicago")
    assert made.occurred_at == datetime(2026, 10, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("119.00", "1,19", "line 2: 15 cells where the first line names 14 columns"),
        ("119.00", '"119,00"', "line 2: gross: .* a point as its decimal mark"),
        ("119.00", "", "line 2: gross"),
        ("119.00", "1e2", "line 2: gross"),
        ("3.70", "3.71", "line 2: net 115.30 EUR is not gross 119.00 EUR less fee 3.71 EUR"),
        ("txn_1", "", "line 2: balance_transaction_id is empty"),
        (",charge,", ",,", "line 2: reporting_category is empty"),
        (",eur,", ",,", "line 2: currency is empty"),
        (",eur,", ",euro,", "line 2: gross: .*EURO"),
        ("2026-10-05 08:00:00", "", "line 2: no time of txn_1"),
        ("2026-10-05 08:00:00", "5 Oct", "line 2: created_utc: '5 Oct' is no time"),
        ("Order 7", '"Order 7', "line 2"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused_by_line_and_column(was: str, now: str, said: str) -> None:
    assert was in CHARGE
    with pytest.raises(ValueError, match=said):
        told(CHARGE.replace(was, now))


def test_a_payout_of_two_currencies_is_none() -> None:
    with pytest.raises(ValueError, match="payout po_1 pays out EUR and USD"):
        told(CHARGE, REFUND.replace(",eur,", ",usd,"))


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (HEAD.replace("source_id", "source"), "no column source_id: "),
        (HEAD.replace("charge_id", "charge"), "no column charge_id: .* choose all columns"),
        (HEAD.replace("created_utc", "when"), "no column created_utc: "),
        (HEAD.replace("net", "gross"), "no column net"),
        (f"{HEAD},gross", "the column gross is there twice"),
        ("id,Type,Source,Amount", "no column balance_transaction_id, currency, gross"),
        ("", "no column balance_transaction_id"),
    ],
)
def test_a_file_without_what_is_needed_is_refused_with_what_to_choose(head: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        told(head=head)


def test_a_file_of_other_bytes_or_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="byte 0 is no UTF-8"):
        settlements("\n".join((HEAD, CHARGE)).encode("utf-16"), OPTIONS)
    assert [m.key for m in moved("", CHARGE, head="\ufeff" + HEAD)] == ["txn_1"]
    monkeypatch.setattr(reading, "_ROWS_MOST", 1)
    with pytest.raises(ValueError, match="more than 1 rows: ask for the report by the month"):
        told(CHARGE, REFUND)


def test_the_file_reader_refuses_by_name_and_says_rows_and_sum_for_a_control_file() -> None:
    content = "\n".join((HEAD, CHARGE, REFUND, CHARGE)).encode()
    (item,) = SettlementFiles().read("stripe.csv", content, OPTIONS)
    assert len(CONNECTOR.stream("settlements").documents(item.body, OPTIONS)) == 3
    proof = SettlementFiles().proof("stripe.csv", content, OPTIONS)
    assert (proof.by, proof.rows, proof.total) == ("", 2, Decimal("96.30"))
    with pytest.raises(FileRefusedError, match=r"^stripe\.csv: line 2: net"):
        list(SettlementFiles().read("stripe.csv", content.replace(b"115.30", b"115.31"), OPTIONS))
    with pytest.raises(ValueError, match="said of shopify_payments alone"):
        settlements(content, {**OPTIONS, "payouts": "id"})


def test_an_entity_gets_stripe_by_its_reports_or_by_its_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEOUT_TEST_KEY", "k" * 32)
    files = '[interfaces.files]\nsystem = "files"\nentity = "US"\noptions = { provider = "stripe" }\n'
    api = '[systems.psp]\nconnector = "stripe"\nkey = "env:TIEOUT_TEST_KEY"\n[interfaces.psp]\nsystem = "psp"\nentity = "US"\n'
    for name, more in (("files", files), ("api", api)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tieout.toml").write_text(PROJECT + more)
        load_project(tmp_path / name, discover())
    (tmp_path / "tieout.toml").write_text(PROJECT + files + api)
    with pytest.raises(
        ProjectError, match=r"'files' \(settlements\) and 'psp' \(stripe\) both tell of stripe"
    ):
        load_project(tmp_path, discover())
