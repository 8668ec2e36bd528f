"""What a declaration of an origin covers, and what it leaves unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tieout.rules.origins import KINDS, Made, Origin, origin_of, weaknesses

DAY, HUNDRED = date(2026, 10, 5), Decimal("100.00")
MADE = Made("INV", "ann@co.example", "customer invoice", ("121000",))
NARROW = Origin(
    "invoices", ("customer invoice",), date(2026, 10, 1), "cora", "they do it there", ("INV",), ("ann@co.example",)
)  # fmt: skip


@pytest.mark.parametrize(
    ("made", "day", "amount", "covered"),
    [
        (MADE, DAY, HUNDRED, True),
        (replace(MADE, user="ANN@co.example"), DAY, HUNDRED, True),
        (replace(MADE, user="ann@co.example.evil"), DAY, HUNDRED, False),
        (replace(MADE, user=""), DAY, HUNDRED, False),
        (replace(MADE, journal="INV2"), DAY, HUNDRED, False),
        (replace(MADE, kind="entry"), DAY, HUNDRED, False),
        (replace(MADE, kind=""), DAY, HUNDRED, False),
        (MADE, date(2026, 9, 30), HUNDRED, False),
    ],
)
def test_every_sign_must_fit(made: Made, day: date, amount: Decimal, covered: bool) -> None:
    assert NARROW.covers(made, day, amount) is covered
    assert (origin_of((NARROW,), made, day, amount) is NARROW) is covered


def test_an_entry_on_one_account_more_than_is_named_is_not_covered() -> None:
    named = replace(NARROW, accounts=("121000", "101401"))
    assert named.covers(MADE, DAY, HUNDRED)
    assert not named.covers(replace(MADE, accounts=("121000", "211000")), DAY, HUNDRED)
    # Where the accounts are not known nobody knows that it fits.
    assert not named.covers(replace(MADE, accounts=()), DAY, HUNDRED)


def test_the_most_is_a_limit_of_one_entry() -> None:
    limited = replace(NARROW, most=HUNDRED)
    assert limited.covers(MADE, DAY, HUNDRED) and not limited.covers(MADE, DAY, Decimal("100.01"))


def test_a_narrow_declaration_has_no_weakness() -> None:
    assert weaknesses(NARROW, {"121000"}, {"BNKU"}) == []
    entry = replace(NARROW, kinds=("entry",), accounts=("121000",), most=HUNDRED)
    assert weaknesses(entry, {"121000"}, {"BNKU"}) == []


def test_everything_by_everybody_is_said_to_be_that() -> None:
    broad = Origin("all", KINDS, date(2020, 1, 1), "cora", "it was always so")
    found = weaknesses(broad, {"121000"}, {"BNKU", "STRU"})
    assert found[0].startswith(
        "anybody makes customer invoice, vendor bill, payment, bank line, entry in any journal"
    )
    assert any("revenue booked by hand against a receivable" in w for w in found)
    assert any("whatever its amount" in w for w in found)
    assert any("BNKU, STRU are written by Tieout, too" in w for w in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"users": ()}, "whoever may post in INV is covered"),
        ({"kinds": ("entry",), "most": HUNDRED}, "name the accounts"),
        ({"kinds": ("entry",), "accounts": ("121000",)}, "whatever its amount"),
        ({"kinds": ("bank line",), "journals": ("BNKU",)}, "BNKU are written by Tieout"),
        ({"accounts": ("999999",)}, "999999 is no governed account"),
    ],
)
def test_each_weakness_is_said_alone(change: dict[str, object], words: str) -> None:
    found = weaknesses(replace(NARROW, **change), {"121000"}, {"BNKU"})  # type: ignore[arg-type]
    assert len(found) == 1 and words in found[0]
