"""Totals of the tie-out: nothing is lost or doubled in them, and no currency is added to another."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.proofs.test_progress import BUCKETS, figure
from tests.unit.proofs.test_progress import row as plain_row
from tieout.proofs import Figure, totals


def row(**more: Any) -> dict[str, Any]:
    return {"residual": figure() if more.get("source") else None, **plain_row(**more)}


def test_a_currency_is_whole_only_where_each_of_its_rows_is() -> None:
    rows = [
        row(source=figure("10.00"), posted=figure("10.00")),
        row(source=figure("5.00"), posted=figure("4.00"), in_exception=figure("1.00")),
        row(source=figure("7.00"), posted=figure("7.00"), currency="EUR"),
    ]
    eur, usd = totals(rows, by_month=False)
    assert (eur.currency, eur.whole, eur.not_proven) == ("EUR", True, 0)
    assert (usd.whole, usd.told, usd.proven, usd.failed, usd.not_proven) == (
        False, Decimal("15.00"), Decimal("14.00"), Decimal("1.00"), Decimal("1.00"),
    )  # fmt: skip


def test_a_row_that_nobody_proved_keeps_its_currency_from_being_whole_though_no_money_is_in_it() -> None:
    (found,) = totals([row(source=figure("0"), proven=False, posted=figure("0"))], by_month=False)
    assert not found.whole and found.not_proven == 0


def test_what_no_source_states_is_counted_and_not_taken_for_nothing() -> None:
    one, none = row(source=figure("3.00"), posted=figure("3.00")), row(posted=figure("2.00"), proven=False)
    (both,) = totals([one, none], by_month=False)
    assert both.source is not None and both.source.net == Decimal("3.00") and both.unstated == 1
    (alone,) = totals([none], by_month=False)
    assert alone.source is None and alone.residual is None and alone.unstated == 1


AMOUNT = st.decimals(0, 1000, places=2)
FIGURE = st.builds(lambda n, d, c: {"count": n, "debit": f"{d}", "credit": f"{c}"}, st.integers(0, 5), AMOUNT, AMOUNT)  # fmt: skip
ROW = st.builds(
    lambda period, currency, source, proven, **b: row(
        period=period, currency=currency, source=source, proven=proven, **b
    ),
    st.sampled_from(["2026-09", "2026-10"]), st.sampled_from(["EUR", "USD", "JPY"]), st.none() | FIGURE, st.booleans(),
    **dict.fromkeys(BUCKETS, FIGURE),
)  # fmt: skip


@given(st.lists(ROW, max_size=8))
def test_every_row_is_in_one_total_of_its_month_and_one_of_its_currency(rows: list[dict[str, Any]]) -> None:
    months, currencies = totals(rows, by_month=True), totals(rows, by_month=False)
    assert len({(t.period, t.currency) for t in months}) == len(months)
    assert [t.currency for t in currencies] == sorted({r["currency"] for r in rows})
    for bucket in BUCKETS:
        for t in (*months, *currencies):
            mine = [r for r in rows if r["currency"] == t.currency and t.period in ("", r["period"])]
            found: Figure = getattr(t, bucket)
            assert found.count == sum(r[bucket]["count"] for r in mine)
            assert found.debit == sum((Decimal(r[bucket]["debit"]) for r in mine), Decimal(0))
            assert found.credit == sum((Decimal(r[bucket]["credit"]) for r in mine), Decimal(0))
            assert t.told == t.proven + t.in_wait + t.failed + t.unproven and t.rows == len(mine)
