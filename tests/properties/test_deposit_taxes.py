"""Whatever is received and given back of an order's price: its tax is shared out whole, and taken back whole."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tieout.processes.deposit_taxes import Held

CENTS = st.integers(0, 10**7).map(lambda n: Decimal(n).scaleb(-2))


@st.composite
def held(draw: st.DrawFn) -> Held:
    """An order's nets by their taxes, and these."""
    names = draw(st.lists(st.sampled_from(["19", "7", "0"]), unique=True, min_size=1))
    nets = {(name,): draw(CENTS) for name in names}
    taxes = {name: draw(st.integers(0, 10**6).map(lambda n: Decimal(n).scaleb(-2))) for name in names}
    amount = sum(nets.values(), Decimal(0)) + sum(taxes.values(), Decimal(0))
    return Held(amount=amount or Decimal("0.01"), nets=nets, taxes=taxes)


def less(one: Held, part: Held) -> Held:
    return Held(
        amount=one.amount - part.amount,
        nets={k: v - part.nets[k] for k, v in one.nets.items()},
        taxes={k: v - part.taxes[k] for k, v in one.taxes.items()},
    )


@given(held(), st.lists(CENTS, max_size=5))
def test_parts_that_are_taken_back_one_by_one_leave_nothing(whole: Held, amounts: list[Decimal]) -> None:
    if sum(whole.nets.values(), Decimal(0)) + sum(whole.taxes.values(), Decimal(0)) != whole.amount:
        return
    left = whole
    for amount in [*(a for a in amounts if a), whole.amount]:
        if not left.amount:
            break
        part = left.part(amount, "EUR")
        # Each part adds up, and is within what is left of every tax.
        assert sum(part.nets.values(), Decimal(0)) + sum(part.taxes.values(), Decimal(0)) == part.amount
        assert all(0 <= v <= left.taxes[k] for k, v in part.taxes.items())
        assert all(0 <= v <= left.nets[k] for k, v in part.nets.items())
        left = less(left, part)
    assert not left.amount and not any(left.nets.values()) and not any(left.taxes.values())


@given(held(), CENTS)
def test_all_of_a_price_has_all_of_its_taxes_to_the_cent(whole: Held, more: Decimal) -> None:
    assert whole.part(whole.amount, "EUR") == whole.part(whole.amount + more, "EUR") == whole
