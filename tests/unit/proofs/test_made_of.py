"""What a payout is made of: five lines that come to the net of its movements, whatever a provider calls them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tieout.proofs import made_of


def movement(category: str, gross: str, fee: str = "0", key: str = "m") -> dict[str, Any]:
    net = Decimal(gross) - Decimal(fee)
    return {"movement_key": key, "document_id": 1, "category": category, "gross": Decimal(gross), "fee": Decimal(fee), "net": net}  # fmt: skip


NEVER_CAME = {
    "movement_key": "lost",
    "document_id": None,
    "category": None,
    "gross": None,
    "fee": None,
    "net": None,
}


def test_a_charges_own_fee_is_among_the_fees_and_its_gross_is_whole() -> None:
    found = {
        x.kind: x
        for x in made_of(
            [
                movement("charge", "100.00", "3.20", "c1"),
                movement("charge", "50.00", "1.75", "c2"),
                movement("fee", "-0.40", key="f"),
                movement("refund", "-20.00", key="r"),
                movement("dispute", "-50.00", "15.00", "d"),
                movement("dispute_reversal", "50.00", "-15.00", "w"),
                movement("reserve", "-5.00", key="x"),
                NEVER_CAME,
            ]
        )
    }
    assert {k: str(x.amount) for k, x in found.items()} == {
        "gross": "150.00", "fees": "-5.35", "refunds": "-20.00", "disputes": "0.00", "adjustments": "-5.00",
    }  # fmt: skip
    assert [key for key, _, _ in found["fees"].parts] == ["c1", "c2", "f", "d", "w"]
    assert [key for key, _, _ in found["disputes"].parts] == ["d", "w"]


def test_a_line_that_is_nothing_is_said_as_nothing() -> None:
    assert [(x.kind, x.amount, x.parts) for x in made_of([])] == [
        (kind, Decimal(0), ()) for kind in ("gross", "fees", "refunds", "disputes", "adjustments")
    ]


AMOUNTS = st.decimals(-10_000, 10_000, places=2)
WORDS = ["charge", "refund", "dispute", "fee", "reserve", "payout_reversal", "topup", "words to come"]


@given(
    st.lists(
        st.builds(
            lambda c, g, f: movement(c, str(g), str(f)),
            st.sampled_from(WORDS),
            AMOUNTS,
            st.decimals(-50, 50, places=2),
        )
        | st.just(NEVER_CAME),
        max_size=12,
    )
)
def test_the_lines_come_to_the_net(movements: list[dict[str, Any]]) -> None:
    lines = made_of(movements)
    assert sum(x.amount for x in lines) == sum(m["net"] for m in movements if m["net"] is not None)
    for line in lines:
        assert line.amount == sum((amount for _, _, amount in line.parts), Decimal(0))
