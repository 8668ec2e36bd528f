"""How far a month is proven: every amount is in one place, and 100 per cent is said of nothing less."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tieout.proofs import progress

BUCKETS = ("posted", "waiting", "in_exception", "excluded")


def figure(debit: str = "0", credit: str = "0") -> dict[str, Any]:
    return {"count": 1, "debit": debit, "credit": credit}


def row(proven: bool = True, source: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made = {b: more.pop(b, figure()) for b in BUCKETS}
    of = {
        "interface": "i",
        "entity": "US",
        "period": "2026-10",
        "currency": "USD",
        "source": source,
        "proven": proven,
        **more,
    }
    return {**of, **made}


def test_what_nets_to_nothing_counts() -> None:
    (p,) = progress(
        [
            row(
                source=figure("100.00", "100.00"),
                posted=figure("60.00", "60.00"),
                in_exception=figure("40.00", "40.00"),
            )
        ]
    )
    assert (p.told, p.proven, p.in_exception, p.unproven) == (
        Decimal(200),
        Decimal(120),
        Decimal(80),
        Decimal(0),
    )
    assert p.percent == Decimal("60.0")


def test_what_a_source_told_more_and_what_stands_unproven_is_not_proven() -> None:
    (p,) = progress([
        row(source=figure("100.00"), posted=figure("70.00"), proven=False),
        row(source=None, posted=figure("5.00"), waiting=figure("1.00"), proven=False),
        row(source=figure("9.00"), posted=figure("4.00"), excluded=figure("5.00")),
    ])  # fmt: skip
    assert (p.told, p.proven, p.waiting, p.unproven) == (Decimal(115), Decimal(9), Decimal(1), Decimal(105))
    assert (p.rows, p.proven_rows) == (3, 1) and p.percent == Decimal("7.8")


def test_a_cent_that_is_missing_is_no_hundred_per_cent() -> None:
    (p,) = progress([row(source=figure("1000000.00"), posted=figure("999999.99"), waiting=figure("0.01"))])
    assert p.percent == Decimal("99.9")
    (p,) = progress([row(source=figure("1000000.00"), posted=figure("1000000.00"))])
    assert p.percent == 100


def test_no_money_is_proven_only_where_every_interface_is() -> None:
    assert progress([row()])[0].percent == 100 and progress([row(proven=False)])[0].percent == 0


def test_entities_months_and_currencies_stand_apart_the_newest_month_first() -> None:
    found = progress([
        row(entity="DE", period="2026-09"), row(entity="US"), row(entity="DE"), row(entity="DE", currency="EUR"),
    ])  # fmt: skip
    assert [(p.entity, p.period, p.currency) for p in found] == [
        ("DE", "2026-10", "EUR"), ("DE", "2026-10", "USD"), ("US", "2026-10", "USD"), ("DE", "2026-09", "USD"),
    ]  # fmt: skip


AMOUNTS = st.decimals("0", "1000000", places=2).map(str)
FIGURES = st.builds(figure, AMOUNTS, AMOUNTS)


@given(
    st.lists(
        st.fixed_dictionaries(
            {b: FIGURES for b in BUCKETS} | {"source": st.none() | FIGURES, "proven": st.booleans()}
        ),
        min_size=1,
    )
)
def test_every_amount_is_in_one_place(rows: list[dict[str, Any]]) -> None:
    for given_row in rows:
        # A row is proven where its source is met: `proven` of one that is not is not what the tie-out says.
        if given_row["proven"]:
            sides = {s: sum(Decimal(given_row[b][s]) for b in BUCKETS) for s in ("debit", "credit")}
            given_row["source"] = figure(str(sides["debit"]), str(sides["credit"]))
    (p,) = progress([row(**r) for r in rows])
    assert p.told == p.proven + p.waiting + p.in_exception + p.unproven
    assert min(p.proven, p.waiting, p.in_exception, p.unproven) >= 0
    assert 0 <= p.percent <= 100 and (p.percent == 100) == (
        p.told == p.proven and (p.told > 0 or p.rows == p.proven_rows)
    )
