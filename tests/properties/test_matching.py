"""Matching, whatever the rows: no item twice, every difference explained to the cent, currencies
apart without a rate, the order of rows without a say, the same again the same."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from benchmarks.matching.company import Company, frames
from benchmarks.matching.differences import SHORT, judge
from benchmarks.matching.said import LIMITS, limited, tell
from benchmarks.matching.score import score
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.reconcile import Difference, Match, Result, breaks, checked, match, read_rules, summary
from tieout.reconcile.ruleset import Limit

RULES = read_rules()
COLUMNS = ("id", "date", "amount", "currency", "reference", "counterparty", "description")

names = st.sampled_from(
    ["Müller Bau GmbH", "MUELLER BAU", "Muller Bau AG", "Koch & Söhne KG", "Koch", "", "Ärzte e.K."]
)
numbers = st.integers(1, 12).map(lambda n: f"INV-2026-{n:05d}")
texts = st.one_of(
    st.just(""),
    numbers,
    st.lists(numbers, min_size=2, max_size=3).map(", ".join),
    numbers.map(lambda n: f"Rechnung {n.replace('-', ' ')}"),
    numbers.map(lambda n: n[:-1]),
    st.text(max_size=20),
)
amounts = st.one_of(
    st.sampled_from(["29.00", "100.00", "58.00", "129.00", "98.00", "-29.00", "0.00", "71.00"]),
    st.integers(-50_000, 50_000).map(lambda n: f"{Decimal(n) / 100:.2f}"),
)
rows = st.tuples(
    st.integers(0, 40), amounts, st.sampled_from(["EUR", "EUR", "EUR", "USD"]), texts, names, texts
)  # fmt: skip


def table(drawn: list[tuple[Any, ...]], prefix: str) -> pl.DataFrame:
    data = [
        (f"{prefix}{n}", date(2026, 9, 1) + timedelta(day), amount, currency, reference, name, text)
        for n, (day, amount, currency, reference, name, text) in enumerate(drawn)
    ]
    schema = {c: pl.String for c in COLUMNS} | {"date": pl.Date}
    return pl.DataFrame(data, schema=schema, orient="row")


def sides(left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return checked(left, "left"), checked(right, "right")


def automatic(result: Result) -> list[Match]:
    return [m for m in result.groups() if m.status == "auto"]


def same(result: Result) -> list[Any]:
    return sorted((m.left, m.right, m.status, m.rank, m.confidence, m.why) for m in result.groups())


@settings(max_examples=examples(50, 10), deadline=None)
@given(st.lists(rows, max_size=14), st.lists(rows, max_size=14), st.randoms(use_true_random=False))
def test_whatever_the_rows(lefts: list[Any], rights: list[Any], draw: random.Random) -> None:
    left, right = table(lefts, "L"), table(rights, "R")
    result = match(*sides(left, right), RULES)
    money = {
        r["id"]: (r["currency"], Decimal(r["amount"])) for t in (left, right) for r in t.iter_rows(named=True)
    }
    seen: set[str] = set()
    for group in automatic(result):
        assert seen.isdisjoint(group.left) and seen.isdisjoint(group.right)
        assert len(set(group.left)) == len(group.left) and len(set(group.right)) == len(group.right)
        seen.update(group.left, group.right)
        assert {money[i][0] for i in (*group.left, *group.right)} == {group.difference.currency}
        paid = sum(money[i][1] for i in group.left)
        due = sum(money[i][1] for i in group.right)
        assert paid - due == group.difference.amount
        assert (group.difference.amount == 0) == (group.difference.explained_as == "")
        assert group.confidence >= RULES.confidence
    # What is matched and what is left over make the whole, in every currency.
    rest = breaks(left := sides(left, right)[0], right := sides(table(lefts, "L"), table(rights, "R"))[1],
                  result.groups(), result.crowded, RULES, ())  # fmt: skip
    for side, rows_of in (("left", left), ("right", right)):
        told = [b for b in rest if b.side == side and b.cause not in ("part_paid", "over_paid")]
        assert {b.id for b in told} == set(rows_of["id"]) - seen
    for side in ("left", "right"):
        for row in summary(result, rest)[side]:
            assert Decimal(row["matched"]) + Decimal(row["left_over"]) == Decimal(row["total"])
            assert row["matched_rows"] + row["left_over_rows"] == row["rows"]
    # The order of rows says nothing.
    shuffled = [table(lefts, "L").sample(fraction=1, shuffle=True, seed=draw.randrange(1000)),
                table(rights, "R").sample(fraction=1, shuffle=True, seed=draw.randrange(1000))]  # fmt: skip
    assert same(match(*sides(*shuffled), RULES)) == same(result)


def test_a_company_is_matched_with_no_false_group() -> None:
    for seed in range(901, 901 + examples(2, 1)):
        books = Company(1500, seed).make()
        tell(books, seed)
        left, right = frames(books)
        rates = {(day, "EUR", code): rate for (day, code), rate in books.rates.items()}
        result = match(*sides(left, right), limited(), rates)
        found = score(books.truth, ((m.left, m.right, m.status) for m in result.groups()))
        assert found.false == 0 and found.payouts_false == 0, found.wrong
        assert found.rate > 0.965
        assert found.payouts_right == found.payouts
        assert found.first_three >= 0.9 * found.suggested


money = st.decimals("0.00", "60.00", places=2)
kinds = st.sampled_from(["rounding", "bank_charge", "early_payment_discount", "withholding", "exchange"])
limits = st.dictionaries(
    kinds,
    st.builds(
        Limit, amount=money, percent=st.decimals("0", "20", places=1), month=money.map(lambda m: m * 5)
    ),
)


@settings(max_examples=examples(8, 3), deadline=None)
@given(st.integers(0, 10_000), limits)
def test_no_difference_is_accepted_without_its_ground_and_its_limit(
    seed: int, allowed: dict[str, Limit]
) -> None:
    books = Company(250, seed, SHORT).make()
    tell(books, seed)
    rates = {(day, "EUR", code): rate for (day, code), rate in books.rates.items()}
    rules = limited(allowed) if allowed else RULES
    found = judge(books, match(*sides(*frames(books)), rules, rates).groups(), allowed)
    assert found.unfounded == []
    assert set(found.accepted) <= set(allowed)


def test_what_has_its_ground_within_its_limit_is_accepted_and_all_else_is_not() -> None:
    books = Company(1500, 17, SHORT).make()
    tell(books, 17)
    rates = {(day, "EUR", code): rate for (day, code), rate in books.rates.items()}
    on = judge(books, match(*sides(*frames(books)), limited(), rates).groups(), LIMITS)
    off = judge(books, match(*sides(*frames(books)), RULES, rates).groups(), {})
    assert on.unfounded == [] and set(on.accepted) == set(LIMITS)
    assert (off.unfounded, sum(off.accepted.values())) == ([], 0)
    assert off.open["partial_payment"] > on.open["partial_payment"] > 0


def test_an_accepted_difference_without_a_ground_is_counted() -> None:
    """What the property counts with can fail."""
    books = Company(200, 3, SHORT).make()
    tell(books, 3)
    fee = next(g for g in books.truth if "fee" in g["noise"] and g["kind"] == "single")
    paid, due = (Decimal(books.left["amount"][books.left["id"].index(fee["left"][0])]),
                 Decimal(books.right["amount"][books.right["id"].index(fee["right"][0])]))  # fmt: skip
    difference = Difference(paid - due, "EUR", "withholding")
    group = Match("m", tuple(fee["left"]), tuple(fee["right"]), "r", 1.0, "auto", 1, difference, "w")
    assert [why for _, why in judge(books, [group], LIMITS).unfounded] == ["no ground"]
    assert [why for _, why in judge(books, [group], {}).unfounded] == ["no limit"]
    small = {"withholding": Limit(amount=Decimal("0.01"), percent=Decimal(1), month=Decimal(9))}
    assert [why for _, why in judge(books, [group], small).unfounded] == ["past its limit"]


def test_a_planted_false_group_is_counted() -> None:
    books = Company(300, 5).make()
    lines = [g for g in books.truth if g["kind"] == "single"]
    groups = [(tuple(g["left"]), tuple(g["right"]), "auto") for g in lines]
    swapped = [(groups[0][0], groups[1][1], "auto"), (groups[1][0], groups[0][1], "auto"), *groups[2:]]
    assert score(books.truth, groups).false == 0
    assert score(books.truth, swapped).false == 2


@pytest.mark.long
def test_days_one_by_one_come_to_the_month_at_once() -> None:
    books = Company(1500, 77).make()
    left, right = sides(*frames(books))
    rates = {(day, "EUR", code): rate for (day, code), rate in books.rates.items()}
    at_once = score(
        books.truth, ((m.left, m.right, m.status) for m in match(left, right, RULES, rates).groups())
    )
    settled: list[Match] = []
    gone_left: set[str] = set()
    gone_right: set[str] = set()
    last: Result | None = None
    for day in [*sorted(left["date"].unique().to_list())[::3], date(2026, 12, 31)]:
        last = match(
            left.filter(pl.col("date") <= day, ~pl.col("id").is_in(gone_left)),
            right.filter(pl.col("date") <= day, ~pl.col("id").is_in(gone_right)),
            RULES,
            rates,
        )
        for group in automatic(last):
            if group.closed:
                settled.append(group)
                gone_left.update(group.left)
                gone_right.update(group.right)
    assert last is not None
    open_groups = [m for m in automatic(last) if not m.closed]
    daily = score(books.truth, ((m.left, m.right, m.status) for m in (*settled, *open_groups)))
    assert daily.false == 0, daily.wrong
    assert daily.right >= 0.99 * at_once.right
