"""What a governed account moved by, and who moved it: each entry of others in one place, and nothing left over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.connector_api import OthersMove
from tieout.money import Period
from tieout.proofs.split import Standing, judge, split
from tieout.rules import Entity
from tieout.rules.origins import KINDS, Made, Origin

OCTOBER = Period(2026, 10)
MONEY = ("121000", "101511")
BY_ANN = Origin("ann", KINDS, date(2026, 10, 3), "cora", "she does", users=("ann",), most=Decimal(500))
BOOK = Entity("US", "US", "USD", "UTC", "odoo", begins_on=date(2026, 10, 2), origins=(BY_ANN,))

amounts = st.integers(-100_000, 100_000).map(lambda n: Decimal(n) / 100)
keys = st.tuples(st.sampled_from(["121000", "101511"]), st.sampled_from(["USD", "EUR"]))
moves = st.builds(
    OthersMove,
    name=st.integers(1, 10_000).map(str),
    on=st.dates(date(2026, 10, 1), date(2026, 10, 5)),
    reference=st.just(""),
    author=st.just(""),
    amount=amounts.map(abs),
    made=st.builds(Made, st.just("MISC"), st.sampled_from(["ann", "bob"]), st.sampled_from(KINDS), st.just(("121000",))),
    lines=st.dictionaries(keys, amounts, min_size=1, max_size=3),
    follows=st.booleans(),
)  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(moves, max_size=12, unique_by=lambda m: m.name), st.dictionaries(keys, amounts), amounts)
def test_each_entry_is_in_one_place_and_what_moved_is_their_sum(
    others: list[OthersMove], ours: dict[tuple[str, str], Decimal], apart: Decimal
) -> None:
    judged = judge(BOOK, others, {f"US:{m.name}": m.amount for m in others[:3]}, MONEY)
    assert sorted(j.move.name for j in judged) == sorted(m.name for m in others)
    moved = dict(ours)
    for move in others:
        for key, amount in move.lines.items():
            moved[key] = moved.get(key, Decimal(0)) + amount
    rows = split(BOOK, OCTOBER, moved, ours, judged)
    assert all(r.residual == 0 for r in rows)
    counted = sum(
        f.count
        for r in rows
        for f in (r.follows, r.opening, r.made_by_declaration, r.explained, r.undeclared)
    )
    assert counted == sum(len(m.lines) for m in others)
    # What moved and nobody moved is told, to the cent.
    off = split(BOOK, OCTOBER, {**moved, ("101512", "USD"): apart}, ours, judged)
    assert sum((r.residual for r in off), Decimal(0)) == apart


def test_what_follows_comes_first_then_the_opening_then_what_is_declared_then_what_was_accepted() -> None:
    move = OthersMove("M1", date(2026, 10, 4), "", "", Decimal(70), Made("MISC", "ann", "entry", ("121000",)))
    key = "US:M1"

    def standing(**changes: object) -> tuple[Standing, str]:
        accepted = {key: changes.pop("accepted")} if "accepted" in changes else {}
        (found,) = judge(BOOK, [replace(move, **changes)], accepted, MONEY)  # type: ignore[arg-type]
        return found.standing, found.origin

    assert standing() == (Standing.DECLARED, "ann")
    assert standing(follows=True) == (Standing.FOLLOWS, "")
    assert standing(on=date(2026, 10, 1)) == (Standing.OPENING, "")
    assert standing(on=date(2026, 10, 2)) == (Standing.UNDECLARED, "")
    assert standing(amount=Decimal(501)) == (Standing.UNDECLARED, "")
    assert standing(amount=Decimal(501), accepted=Decimal(501)) == (Standing.EXPLAINED, "")
    assert standing(amount=Decimal(501), accepted=Decimal(70)) == (Standing.UNDECLARED, "")
