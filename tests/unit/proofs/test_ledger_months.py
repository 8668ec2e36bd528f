"""A month by the ledger's days: every cent of the source's month is in it, in another one, or named."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tieout.close.sections.tied import LedgerMonthRows, ledger_month_section
from tieout.money import Period
from tieout.proofs.ledger_months import Booked, Why, account_rows, month_rows, row_figures
from tieout.proofs.tieout import Figure, TieOutRow

OCTOBER = Period(2026, 10)
ZERO = Decimal(0)


def booked(
    n: int, amount: str, stated: date, on: date, posted: bool = True, interface: str = "shop"
) -> Booked:
    return Booked(interface=interface, document=f"order:{n}", number=f"US-{n}", currency="USD", account="121000",
                  measure=Decimal(amount), stated=stated, on=on, posted=posted, record=("account.move", n))  # fmt: skip


def figure(*amounts: Decimal) -> Figure:
    up, down = sum((a for a in amounts if a > 0), ZERO), -sum((a for a in amounts if a < 0), ZERO)
    return Figure(len(amounts), up, down)


def tied(
    source: Figure | None, posted: Figure, waiting: Figure = Figure(), held: Figure = Figure()
) -> TieOutRow:
    return TieOutRow(interface="shop", entity="US", period="2026-10", currency="USD", source=source, posted=posted,
                     waiting=waiting, in_exception=held, excluded=Figure(), ledger_gap=ZERO)  # fmt: skip


def own(*rows: Booked) -> dict[tuple[str, int], dict[tuple[str, str], Decimal]]:
    return {r.record: {(r.account, r.currency): r.measure} for r in rows}


def test_what_was_billed_in_the_next_month_is_named_and_so_is_what_a_case_holds() -> None:
    october, november, september = date(2026, 10, 30), date(2026, 11, 2), date(2026, 9, 30)
    here = booked(1, "100.00", october, october)
    away = booked(2, "40.00", october, november)
    of_before = booked(3, "7.00", september, october)
    held = booked(4, "5.46", october, october, posted=False)
    (row,) = month_rows("US", OCTOBER, [tied(figure(Decimal(100), Decimal(40), Decimal("5.46"), Decimal(3)),
                                             figure(Decimal(100), Decimal(40)), figure(Decimal(3)), figure(Decimal("5.46")))],
                        [here, away, of_before, held], own(here, of_before, held))  # fmt: skip
    assert (row.source, row.posted, row.ledger_month, row.in_ledger) == (
        Decimal("148.46"), Decimal(140), Decimal("112.46"), Decimal("112.46"))  # fmt: skip
    assert (row.residual, row.unexplained) == (ZERO, ZERO)
    assert [(i.why, i.number, i.amount, i.stated, i.on) for i in row.items] == [
        (Why.ELSEWHERE, "US-2", Decimal("40.00"), october, november),
        (Why.HELD, "US-4", Decimal("5.46"), october, october),
        (Why.FROM_ELSEWHERE, "US-3", Decimal("7.00"), september, october),
    ]


def test_what_the_ledger_has_otherwise_is_the_residual_and_is_named() -> None:
    on = date(2026, 10, 5)
    moved, changed, came = (
        booked(1, "10.00", on, on),
        booked(2, "20.00", on, on),
        booked(3, "4.00", on, date(2026, 11, 5)),
    )
    # Somebody moved the first to November, changed the second, and moved the third to October.
    lines = {
        changed.record: {("121000", "USD"): Decimal("25.00")},
        came.record: {("121000", "USD"): Decimal("4.00")},
    }
    (row,) = month_rows(
        "US", OCTOBER, [tied(figure(Decimal(34)), figure(Decimal(34)))], [moved, changed, came], lines
    )
    assert (row.ledger_month, row.in_ledger, row.residual) == (Decimal(30), Decimal(29), Decimal(1))
    assert {i.number: i.amount for i in row.items if i.why is Why.DIFFERS} == {
        "US-1": Decimal(-10), "US-2": Decimal(5), "US-3": Decimal(4)}  # fmt: skip
    assert row.residual == -row.of(Why.DIFFERS)


days = st.integers(-40, 40).map(lambda n: date(2026, 10, 15) + timedelta(days=n))


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), days, days, st.booleans()), max_size=30))
def test_every_cent_is_in_the_month_or_named(found: list[tuple[int, date, date, bool]]) -> None:
    rows = [
        booked(n, str(Decimal(minor).scaleb(-2)), stated, on, posted)
        for n, (minor, stated, on, posted) in enumerate(found)
    ]
    of_source = [r for r in rows if Period.of(r.stated) == OCTOBER]
    of_ledger = [r for r in rows if Period.of(r.on) == OCTOBER]
    posted = figure(*(r.measure for r in of_source if r.posted))
    held = figure(*(r.measure for r in of_source if not r.posted))
    (row,) = month_rows("US", OCTOBER, [tied(posted + held, posted, held=held)], rows, own(*of_ledger))
    assert row.ledger_month == row.in_ledger == sum((r.measure for r in of_ledger), ZERO)
    assert row.residual == row.unexplained == 0
    assert not [i for i in row.items if i.why is Why.DIFFERS]


def test_sums_are_over_all_items_and_the_first_are_kept() -> None:
    rows = [booked(n, "1.00", date(2026, 10, 30), date(2026, 11, 1)) for n in range(300)]
    (row,) = month_rows("US", OCTOBER, [tied(None, figure(*[Decimal(1)] * 300))], rows, {})
    kept = row_figures(row)
    assert (kept["source"], kept["unexplained"], kept["elsewhere"], kept["count"], len(kept["items"])) == (
        None, None, "300.00", 300, 200)  # fmt: skip
    assert kept["more"] == [{"why": "in another month of the ledger", "count": 100, "amount": "100.00"}]


def test_of_200_items_none_is_left_and_of_201_one_is_told_with_its_sum() -> None:
    def kept(n: int) -> dict[str, Any]:
        rows = [booked(k, f"{k + 1}.00", date(2026, 10, 30), date(2026, 11, 1)) for k in range(n)]
        (row,) = month_rows("US", OCTOBER, [tied(None, figure(*[r.measure for r in rows]))], rows, {})
        return row_figures(row)

    assert "more" not in kept(200)
    found = kept(201)
    (more,) = found["more"]
    named = sum((Decimal(i["amount"]) for i in found["items"]), ZERO)
    assert more["count"] == 1 and named + Decimal(more["amount"]) == Decimal(found["elsewhere"])
    section = ledger_month_section(LedgerMonthRows("2026-11-02T10:00:00+00:00", [found]))
    items = next(t for t in section.tables if t.key == "bridge_items")
    assert len(items.rows) == 201 and items.rows[-1][2] == "1 more"
    assert sum((Decimal(str(r[-1])) for r in items.rows), ZERO) == Decimal(found["elsewhere"])
    assert "1 more documents of the bridge" in section.said[-1] and "evidence pack" in section.said[-1]


def test_an_account_moves_by_interfaces_and_by_others() -> None:
    key = ("121000", "USD")
    lines = {("account.move", 1): {key: Decimal(10)}, ("account.move", 2): {key: Decimal(-3)},
             ("account.move", 9): {key: Decimal(5), ("999", "USD"): Decimal(1)}}  # fmt: skip
    ours = {("account.move", 1): "shop", ("account.move", 2): "stripe"}
    (row,) = account_rows("US", OCTOBER, {key: Decimal(13)}, lines, ours)
    assert (row.by_interface, row.others, row.residual) == (
        {"shop": Decimal(10), "stripe": Decimal(-3)},
        Decimal(5),
        Decimal(1),
    )
