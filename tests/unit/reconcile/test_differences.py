"""A difference is accepted with its own ground and within its limit; all else pays in part or is for a person.

Rows and terms are invented; the rules that are held against are an accountant's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tieout.reconcile import Match, MatchingError, checked, match, read_rules
from tieout.reconcile.caps import Taken
from tieout.reconcile.differences import Explainer
from tieout.reconcile.ruleset import Rules, parse_rules

COLUMNS = ("id", "date", "amount", "currency", "reference", "counterparty", "description")
LEFT = (*COLUMNS, "bank_charge")
RIGHT = (*COLUMNS, "early_discount", "early_discount_until", "untaxed")
OTHERS = [
    (f"O{n}", "2026-09-01", f"{317 + n * 13}.{n:02d}", "EUR", f"INV-2026-{90_000 + n * 7}", f"Kunde {n} GmbH", "", "", "", "")
    for n in range(60)
]  # fmt: skip
LIMITS = """
[limits]
rounding = { amount = "0.05", percent = "1", month = "5.00" }
bank_charge = { amount = "25.00", percent = "15", month = "40.00" }
early_payment_discount = { amount = "300.00", percent = "3", month = "1000.00" }
withholding = { amount = "1500.00", percent = "15", month = "2000.00" }
exchange = { amount = "20.00", percent = "1.5", month = "100.00" }

[[withholding]]
name = "construction"
percent = "15"
base = "gross"
valid_from = 2002-01-01

[[withholding]]
name = "fees"
percent = "10"
base = "net"
valid_to = 2026-12-31
"""


def rules(limits: str = LIMITS) -> Rules:
    from importlib import resources

    text = (resources.files("tieout.reconcile") / "rules" / "default.toml").read_text()
    return parse_rules(text.replace("\n[[pass]]\n", f"\n{limits}\n[[pass]]\n", 1), "rules.toml")


def table(columns: Sequence[str], *rows: tuple[str, ...]) -> pl.DataFrame:
    return checked(pl.DataFrame(list(rows), schema=dict.fromkeys(columns, pl.String), orient="row"), "rows")


def line(paid: str, on: str = "2026-09-10", charge: str = "", text: str = "INV-2026-00123", name: str = "L1") -> tuple[str, ...]:  # fmt: skip
    return (name, on, paid, "EUR", "", "Müller Bau GmbH", text, charge)


def item(due: str, discount: str = "", until: str = "", untaxed: str = "", text: str = "", name: str = "R1", number: str = "INV-2026-00123") -> tuple[str, ...]:  # fmt: skip
    return (name, "2026-09-01", due, "EUR", number, "Müller Bau GmbH", text, discount, until, untaxed)


def groups(lines: list[tuple[str, ...]], items: list[tuple[str, ...]], given: Rules | None = None, **more: object) -> list[Match]:  # fmt: skip
    found = match(table(LEFT, *lines), table(RIGHT, *items, *OTHERS), given or rules(), **more)  # type: ignore[arg-type]
    return list(found.groups())


def closing(found: list[Match]) -> list[tuple[str, Decimal]]:
    """What was accepted without a person."""
    return [(m.difference.explained_as, m.difference.amount) for m in found if m.status == "auto" and m.closed and m.difference.amount]  # fmt: skip


# A row each: what was paid, of what, and what it is accepted as with limits (ground and all).
ACCEPTED = [
    (line("9999.96"), item("10000.00"), "rounding"),
    (line("10000.05"), item("10000.00"), "rounding"),
    (line("987.50", charge="12.50"), item("1000.00"), "bank_charge"),
    (line("987.63", charge="12.37"), item("1000.00"), "bank_charge"),  # no round amount
    (line("987.50", text="INV-2026-00123 /OCMT/EUR1000,00/CHGS/EUR12,50"), item("1000.00"), "bank_charge"),
    (line("9700.00"), item("10000.00", "300.00", "2026-09-10"), "early_payment_discount"),  # on its last day
    (line("975.00"), item("1000.00", "25.00", "2026-09-15"), "early_payment_discount"),
    (line("8500.00", on="2026-10-20"), item("10000.00"), "withholding"),
    (line("1090.00", on="2026-10-20"), item("1190.00", untaxed="1000.00"), "withholding"),  # ten of the net
]


@pytest.mark.parametrize(("paid", "due", "kind"), ACCEPTED)
def test_what_has_its_ground_within_its_limit_is_accepted(paid: tuple[str, ...], due: tuple[str, ...], kind: str) -> None:  # fmt: skip
    limits = LIMITS if "975.00" not in paid else LIMITS.replace('percent = "3"', 'percent = "5"')
    found = closing(groups([paid], [due], rules(limits)))
    assert found == [(kind, Decimal(paid[2]) - Decimal(due[2]))]


@pytest.mark.parametrize(("paid", "due", "kind"), ACCEPTED)
def test_without_limits_nothing_is_accepted_whatever_its_ground(paid: tuple[str, ...], due: tuple[str, ...], kind: str) -> None:  # fmt: skip
    found = groups([paid], [due], read_rules())
    assert closing(found) == []
    # Nor is it lost: it pays in part, what is too much stays open, or somebody is asked.
    assert any(m.left == ("L1",) and m.right == ("R1",) for m in found)


@pytest.mark.parametrize(("paid", "due", "kind"), ACCEPTED)
def test_a_kind_is_off_until_its_own_limit_is_set(paid: tuple[str, ...], due: tuple[str, ...], kind: str) -> None:  # fmt: skip
    others = "\n".join(x for x in LIMITS.splitlines() if not x.startswith(f"{kind} ="))
    assert closing(groups([paid], [due], rules(others))) == []


@pytest.mark.parametrize(
    ("paid", "due"),
    [
        (line("9700.00"), item("10000.00", text="net 30 no discount")),  # no term at all
        (line("9700.00", on="2026-09-11"), item("10000.00", "300.00", "2026-09-10")),  # a day late
        (line("9700.00"), item("10000.00", "200.00", "2026-09-10")),  # the term grants two, three were taken
        (line("175.00"), item("200.00")),  # no charge is declared
        (line("175.00", charge="20.00"), item("200.00")),  # another one is
        (line("970.00", charge="30.00"), item("1000.00")),  # past the limit's amount
        (line("80.00", charge="20.00"), item("100.00")),  # past the limit's share
        (line("987.50", text="INV-2026-00123 /CHGS/USD12,50"), item("1000.00")),  # another currency's
        (line("9000.00", on="2026-10-20"), item("10000.00")),  # ten of the gross: the law says of the net
        (line("9000.00", on="2027-01-02"), item("10000.00", untaxed="10000.00")),  # no law any more
        (line("19.96"), item("20.01")),  # within five cents, and past one per mille of little
        (line("999.94"), item("1000.00")),  # six cents
        (line("600.00"), item("1000.00")),
    ],
)
def test_what_has_no_ground_or_no_limit_is_not_accepted(paid: tuple[str, ...], due: tuple[str, ...]) -> None:
    limits = LIMITS.replace('amount = "0.05", percent = "1"', 'amount = "0.05", percent = "0.1"')
    found = groups([paid], [due], rules(limits))
    assert closing(found) == []
    assert any(m.left == ("L1",) and m.right == ("R1",) for m in found)


def test_the_two_of_the_report_pay_in_part_and_say_why() -> None:
    short = groups([line("9700.00")], [item("10000.00", text="net 30 no discount")], read_rules())
    (one,) = [m for m in short if m.status == "auto"]
    assert (one.difference.explained_as, one.difference.amount) == ("partial_payment", Decimal("-300.00"))
    assert "early payment discount has no evidence" in one.why
    (other,) = [m for m in groups([line("175.00")], [item("200.00")], read_rules()) if m.status == "auto"]
    assert (other.difference.explained_as, other.closed) == ("partial_payment", False)


def test_without_a_number_what_looks_like_a_discount_is_suggested_as_one() -> None:
    found = groups([line("9700.00", text="offene Posten")], [item("10000.00")], read_rules())
    assert [(m.status, m.difference.explained_as) for m in found] == [("suggested", "early_payment_discount")]
    assert "no evidence" in found[0].why
    met = groups([line("9700.00", text="offene Posten")], [item("10000.00", "300.00", "2026-09-30")])
    assert [m.difference.explained_as for m in met] == ["early_payment_discount"]


def test_a_part_payment_waits_for_its_other_part() -> None:
    """What looks like nothing is not settled before all else is weighed: the rest came without a number."""
    lines = [line("600.00"), line("590.00", "2026-09-20", text="Rest, danke", name="L2")]
    (found,) = [m for m in groups(lines, [item("1190.00")], read_rules()) if m.status == "auto"]
    assert (found.left, found.difference.amount) == (("L1", "L2"), 0)


def test_a_lump_sum_takes_the_discounts_of_all_that_are_in_time() -> None:
    text = "INV-2026-00123 INV-2026-00127"
    items = [item("1000.00", "20.00", "2026-09-10"), item("500.00", "10.00", "2026-09-12", name="R2", number="INV-2026-00127")]  # fmt: skip
    assert closing(groups([line("1470.00", text=text)], items)) == [
        ("early_payment_discount", Decimal("-30.00"))
    ]
    late = [items[0], item("500.00", "10.00", "2026-09-09", name="R2", number="INV-2026-00127")]
    assert closing(groups([line("1470.00", text=text)], late)) == []


def test_a_month_of_one_partner_has_its_sum() -> None:
    lines = [
        line(f"{1000 + n - 12.5:.2f}", f"2026-09-{10 + n}", "12.50", f"INV-2026-0012{n}", f"L{n}")
        for n in range(5)
    ]
    items = [item(f"{1000 + n}.00", name=f"R{n}", number=f"INV-2026-0012{n}") for n in range(5)]
    found = groups(lines, items)
    # Three times 12.50 are within 40.00; the fourth is not, and the latest stay out.
    assert [m.left for m in found if m.status == "auto"] == [("L0",), ("L1",), ("L2",)]
    held = [m for m in found if m.status == "suggested"]
    assert [m.left for m in held] == [("L3",), ("L4",)] and all(
        "would pass 40.00 in 2026-09" in m.why for m in held
    )
    # The next month begins anew, and what was accepted before counts.
    later = [*lines[:3], line("990.50", "2026-10-01", "12.50", "INV-2026-00123", "L3")]
    assert len(closing(groups(later, items))) == 4
    before = {Taken("bank_charge", "Müller Bau GmbH", "2026-09"): Decimal("30.00")}
    assert closing(groups(lines, items, taken=before)) == []


def test_the_rates_own_difference_has_a_limit_too() -> None:
    dollars = ("R1", "2026-09-01", "1000.00", "USD", "INV-2026-00123", "Müller Bau GmbH", "", "", "", "")
    rates = {(date(2026, 9, 10), "EUR", "USD"): Decimal("1.0840")}
    # 1000 / 1.0840 = 922.51
    assert closing(groups([line("921.00")], [dollars], rates=rates)) == [("exchange", Decimal("-1.51"))]
    for paid, kind in (("921.00", "partial_payment"), ("925.00", "over_payment")):
        found = groups([line(paid)], [dollars], read_rules(), rates=rates)
        assert closing(found) == [] and [m.difference.explained_as for m in found] == [kind]
    tight = rules(LIMITS.replace('exchange = { amount = "20.00"', 'exchange = { amount = "1.00"'))
    assert closing(groups([line("921.00")], [dollars], tight, rates=rates)) == []
    exact = groups([line("922.51")], [dollars], read_rules(), rates=rates)
    assert [(m.status, m.difference.amount) for m in exact] == [("auto", Decimal("0.00"))]


def test_limits_are_in_their_own_currency_where_its_worth_is_given() -> None:
    """Five cents of a currency that is worth four times as much are twenty."""
    worth = {"EUR": Decimal(4)}
    assert closing(groups([line("9999.96")], [item("10000.00")], worth=worth)) == []
    assert closing(groups([line("9999.99")], [item("10000.00")], worth=worth)) == [
        ("rounding", Decimal("-0.01"))
    ]
    # A currency whose worth nobody knows has no limits.
    assert closing(groups([line("9999.99")], [item("10000.00")], worth={"USD": Decimal(1)})) == []


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ('[limits]\nbank_fee = { amount = "1", percent = "1", month = "1" }', "bank_fee"),
        ('[limits]\nrounding = { amount = "1", percent = "1" }', "month"),
        ('[limits]\nrounding = { amount = "-1", percent = "1", month = "1" }', "no negative"),
        ('[limits]\npartial_payment = { amount = "1", percent = "1", month = "1" }', "partial_payment"),
        ('[[withholding]]\nname = "x"\npercent = "10"\nbase = "turnover"', "turnover"),
    ],
)
def test_a_limit_that_is_none_is_refused(limits: str, told: str) -> None:
    with pytest.raises(MatchingError, match=told):
        rules(limits)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [("bank_charge", "12,50", "no amount"), ("bank_charge", "0.005", "no amount")],
)
def test_what_a_row_says_wrongly_is_refused(column: str, value: str, told: str) -> None:
    with pytest.raises(MatchingError, match=f"column '{column}': '{value}' is {told}"):
        table(LEFT, line("987.50", charge=value))


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(MatchingError, match="early_discount_until"):
        table(RIGHT, item("1000.00", "20.00", "10.09.2026"))


def test_half_a_cent_at_a_rate_is_rounded_away_from_zero() -> None:
    """22.59 / 0.8032 is 28.125: an inverse of 28 digits makes 28.12499… of it."""
    explainer = Explainer(read_rules().differences, {(date(2026, 9, 10), "EUR", "USD"): Decimal("0.8032")})
    assert explainer.exchanged(2259, "USD", "EUR", date(2026, 9, 10)) == 2813
    assert explainer.exchanged(-2259, "USD", "EUR", date(2026, 9, 10)) == -2813
    assert explainer.exchanged(2259, "USD", "EUR", date(2026, 9, 11)) is None
