"""What stands on an account is its items and a rest, whatever stands on it: nothing is lost by putting pieces of one name together,
nor by listing only the largest."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tieout.close.sections.items import items_section
from tieout.close.sheet import section_json
from tieout.money.calendar import BusinessCalendar
from tieout.proofs.items import (
    ItemisedAccount,
    Piece,
    aged,
    item_figures,
    items_of,
    signed_figures,
    with_crossed,
)
from tieout.rules.itemised import ItemRule

END = date(2026, 10, 31)
CALENDAR = BusinessCalendar(country="US")
cents = st.integers(-100_000, 100_000).map(lambda n: Decimal(n) / 100)
days = st.integers(0, 60).map(lambda n: END - timedelta(days=n))


@st.composite
def pieces(draw: Any) -> list[Piece]:
    found = []
    for n in range(draw(st.integers(0, 12))):
        named = draw(st.sampled_from(["a", "b", "c", f"line {n}"]))
        amount = draw(cents)
        found.append(
            Piece(
                name=(named,), reference=named, entry=f"E{n}", document="", on=draw(days), standing=amount,
                company=draw(st.sampled_from([amount, amount * 2, None])), open_now=draw(st.sampled_from([amount, Decimal(0)])),
                owner=draw(st.sampled_from(["", "ann"])), case=draw(st.sampled_from([None, 7])), cause="x_y",
            )
        )  # fmt: skip
    return found


def row(found: list[Piece], balance: Decimal, company: Decimal, rule: ItemRule) -> ItemisedAccount:
    return ItemisedAccount(
        entity="US", as_of=END, role="unapplied.bank", account="2121", currency="USD", how="open lines", normal=rule.days,
        balance=balance, company=company, items=items_of(found, rule, CALENDAR, END, "controller"), why="looked into",
    )  # fmt: skip


@given(pieces(), cents, st.integers(0, 14), st.integers(0, 9))
def test_items_and_rest_are_the_balance_and_what_is_listed_sums_to_it(
    found: list[Piece], more: Decimal, most: int, normal: int
) -> None:
    standing = sum((p.standing for p in found), Decimal(0))
    mine = row(found, standing + more, Decimal(0), ItemRule(normal))
    assert mine.rest == more
    assert all(i.amount or i.company for i in mine.items)
    assert all(
        i.past == (i.on <= END and ItemRule(normal).past_on(i.on, CALENDAR) <= END) for i in mine.items
    )
    (figures,) = item_figures([mine], most)
    listed = sum((Decimal(i["amount"]) for i in figures["items"]), Decimal(0))
    assert listed + Decimal(figures["more"]["amount"]) + Decimal(figures["rest"]) == Decimal(
        figures["balance"]
    )
    assert len(figures["items"]) <= most
    assert len(figures["items"]) + figures["more"]["count"] == figures["count"] == len(mine.items)
    # The printed close works the same sums out of its own rows.
    accounts, items = section_json(
        items_section([{"as_of": "2026-10-31", "looked_at": 1, "accounts": [figures]}])
    )["tables"]
    assert Decimal(accounts["rows"][0][6]) == sum((Decimal(r[7]) for r in items["rows"]), Decimal(0))
    # Whose an item is changes no figure that is signed.
    assert signed_figures([mine]) == signed_figures(
        [row([p for p in found], standing + more, Decimal(0), ItemRule(normal, "bo"))]
    )


@given(pieces(), st.integers(0, 9))
def test_what_is_past_its_age_is_open_now_and_offsets_nothing(found: list[Piece], normal: int) -> None:
    late = aged(("2121", "USD"), "unapplied", found, ItemRule(normal), CALENDAR, END, "controller")
    if late is None:
        return
    assert all(ItemRule(normal).past_on(on, CALENDAR) <= END for _, on, _ in late.items)
    assert late.gross == sum((abs(a) for _, _, a in late.items), Decimal(0))
    assert late.items and late.since <= END and late.gross >= abs(late.net) and late.gross > 0
    by_name: dict[tuple[str, ...], Decimal] = {}
    for p in found:
        by_name[p.name] = by_name.get(p.name, Decimal(0)) + p.open_now
    assert sorted(a for _, _, a in late.items) == sorted(
        by_name[n] for n in by_name if by_name[n] and any(n[0] == r for r, _, _ in late.items)
    )


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=3), cents)
def test_what_is_matched_across_currencies_is_named_only_where_the_entitys_currency_comes_out(
    rests: list[tuple[Decimal, Decimal]], off: Decimal
) -> None:
    last = -sum((c for _, c in rests), Decimal(0)) + off
    rows = [row([], amount, company, ItemRule(5)) for amount, company in [*rests, (last, last)]]
    open_rows = [r for r in rows if not r.explained]
    named = with_crossed(rows)
    if off or len(open_rows) < 2:
        assert named == rows
    else:
        assert all((r.explained and not r.why) or r in rows for r in named)
        assert [r.balance for r in named] == [r.balance for r in rows]
