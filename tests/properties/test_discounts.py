"""A discount that corrects tax, whatever the rates, amounts and percentage: its lines are what the terms grant to the cent,
in both currencies, and each tax is what Odoo would make it. The oracle works in fractions and shares no code with it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.connectors.odoo.discounts import Books, Granted, Share, Tax, parts_of
from tieout.documents import DiscountPart

CENT = Fraction(1, 100)
RATES = (
    Decimal(0),
    Decimal(5),
    Decimal("5.5"),
    Decimal(7),
    Decimal("8.1"),
    Decimal(19),
    Decimal(21),
    Decimal("25.5"),
)


def nearest(value: Fraction) -> Fraction:
    """To the cent, halves away from zero."""
    size = abs(value) / CENT
    whole = size.numerator // size.denominator
    whole += size - whole >= Fraction(1, 2)
    return whole * CENT if value >= 0 else -whole * CENT


def tax(
    n: int, percent: Decimal, included: bool = False, account: str = "251000", counter: bool = False
) -> Tax:
    """Tax n: its distributions are n*10 and on; boxes n*100 and on, other ones for refunds."""

    def side(at: int) -> tuple[Share, ...]:
        base = Share(n * 10 + at, True, Decimal(1), "", (n * 100 + at,))
        due = Share(n * 10 + at + 1, False, Decimal(1), account, (n * 100 + at + 1,))
        less = Share(n * 10 + at + 2, False, Decimal(-1), account, (n * 100 + at + 2,))
        return (base, due, less) if counter else (base, due)

    return Tax(n, f"{percent}%", percent, included, True, side(0), side(4))


TAXES = {n: tax(n, p) for n, p in enumerate(RATES, 1)}
TAXES |= {n + 20: tax(n + 20, p, included=True) for n, p in enumerate(RATES, 1)}
TAXES |= {50: tax(50, Decimal(19), counter=True)}

one_line = st.tuples(
    st.integers(1, 999_999).map(lambda n: Decimal(n) / 100),  # the price
    st.integers(1, 30),
    st.sampled_from([Decimal(0), Decimal(0), Decimal("12.5"), Decimal(33)]),  # a discount of its own
    st.lists(st.sampled_from(sorted(TAXES)), max_size=2, unique=True),
)


def net_of(line: tuple[Any, ...], keep: Fraction, by_line: bool) -> Fraction:
    price, quantity, off, keys = line
    within = sum((Fraction(TAXES[k].percent) for k in keys if TAXES[k].included), Fraction(0))
    raw = Fraction(price) * quantity * keep * (1 - Fraction(off) / 100) / (1 + within / 100)
    return nearest(raw) if by_line else raw


def taxes_of(lines: list[Any], keep: Fraction, by_line: bool) -> dict[int, Fraction]:
    found: dict[int, Fraction] = {}
    for line in lines:
        for key in line[3]:
            own = net_of(line, keep, by_line) * Fraction(TAXES[key].percent) / 100
            found[key] = found.get(key, Fraction(0)) + (nearest(own) if by_line else own)
    return found


class Invoice:
    """An invoice as Odoo holds it: `sign` -1 for a sale, 1 for a purchase; `rate` units of its currency for one own."""

    def __init__(self, lines: list[Any], sign: int, rate: Fraction, by_line: bool) -> None:
        self.lines, self.sign, self.rate, self.by_line = lines, sign, rate, by_line
        self.rows: list[dict[str, Any]] = []
        for line in lines:
            self.row("product", nearest(net_of(line, Fraction(1), by_line)), line=line)
        for key, amount in sorted(taxes_of(lines, Fraction(1), by_line).items()):
            for share in TAXES[key].invoice:
                if not share.of_base and nearest(amount):
                    self.row("tax", nearest(amount * Fraction(share.factor)), tax_line=(key, share.key))
        self.total = -sum((Fraction(r["amount_currency"]) for r in self.rows), Fraction(0))
        self.own_total = -sum((Fraction(r["balance"]) for r in self.rows), Fraction(0))

    def row(self, kind: str, amount: Fraction, line: Any = None, tax_line: Any = None) -> None:
        value, own = self.sign * amount, nearest(self.sign * amount / self.rate)
        price, quantity, off, keys = line or (0, 0, 0, [])
        self.rows.append({
            "display_type": kind, "account_id": [7, "x"], "price_unit": price, "quantity": quantity, "discount": off,
            "tax_ids": list(keys), "amount_currency": decimal(value), "balance": decimal(own),
            "tax_line_id": [tax_line[0], "x"] if tax_line else False,
            "tax_repartition_line_id": [tax_line[1], "x"] if tax_line else False,
        })  # fmt: skip


def decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def ask(invoice: Invoice, percent: Decimal) -> tuple[tuple[DiscountPart, ...], Fraction, Fraction]:
    """The parts, and what Odoo's term grants in both currencies: what is due less what is to be paid."""
    keep = 1 - Fraction(percent) / 100
    granted = invoice.total - nearest(invoice.total * keep)
    own = invoice.own_total - nearest(invoice.own_total * keep)
    foreign = invoice.rate != 1
    said = Granted(
        percent, decimal(granted), decimal(own), decimal(invoice.rate), "EUR", "USD" if foreign else "EUR"
    )
    return parts_of(invoice.rows, said, Books(TAXES, invoice.by_line), lambda key: "400000"), granted, own


@settings(max_examples=examples(400), deadline=None)
@given(
    st.lists(one_line, min_size=1, max_size=6),
    st.sampled_from([Decimal(1), Decimal(2), Decimal("2.5"), Decimal(3), Decimal(10)]),
    st.sampled_from([-1, 1]),
    st.sampled_from(
        [Fraction(1), Fraction(1), Fraction(9005, 10000), Fraction(11, 10), Fraction(12345, 1000)]
    ),
    st.booleans(),
)
def test_lines_balance_and_each_tax_is_its_share(
    lines: list[Any], percent: Decimal, sign: int, rate: Fraction, by_line: bool
) -> None:
    invoice = Invoice(lines, sign, rate, by_line)
    parts, granted, own = ask(invoice, percent)
    taxed = any(line[3] for line in lines)
    if not taxed or not granted:
        return
    assert parts, "plain percentages are always worked out"
    assert (
        sum(Fraction(p.amount) for p in parts) == granted and sum(Fraction(p.company) for p in parts) == own
    )
    if rate == 1:
        assert all(p.amount == p.company for p in parts)
    keep = 1 - Fraction(percent) / 100
    before = {r["tax_repartition_line_id"][0]: r for r in invoice.rows if r["tax_repartition_line_id"]}
    after = taxes_of(lines, keep, by_line)
    shares = {p.back.share: p for p in parts if p.back.share}
    for key, row in before.items():
        tax = TAXES[row["tax_line_id"][0]]
        place = [s.key for s in tax.invoice].index(key)
        left = sign * nearest(after[tax.key] * Fraction(tax.invoice[place].factor))
        less = left - Fraction(row["amount_currency"])
        part = shares.get(key)
        assert Fraction(part.amount if part else 0) == less
        # A share of its tax, but for roundings: one a line.
        assert (
            abs(less + Fraction(row["amount_currency"]) * Fraction(percent) / 100) <= (len(lines) + 1) * CENT
        )
        if part:
            assert (part.tax.share, part.tax.tags) == (tax.refund[place].key, tax.refund[place].tags)
            assert (part.back.share, part.back.tags) == (key, tax.invoice[place].tags)
    assert set(shares) <= set(before)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(one_line, min_size=1, max_size=6), st.sampled_from([Decimal(2), Decimal(3)]), st.booleans())
def test_each_base_is_its_share_and_says_which_taxes_it_is_of(
    lines: list[Any], percent: Decimal, by_line: bool
) -> None:
    invoice = Invoice(lines, -1, Fraction(1), by_line)
    parts = ask(invoice, percent)[0]
    if not parts:
        return
    bases = {p.tax.taxes: p for p in parts if not p.tax.share}
    sets = {tuple(line[3]) for line in lines}
    assert set(bases) <= sets and not [p for p in parts if not p.tax.share and p.account]
    for keys, part in bases.items():
        held = sum(
            (nearest(net_of(x, Fraction(1), by_line)) for x in lines if tuple(x[3]) == keys), Fraction(0)
        )
        # Roundings of all lines and taxes may end on the largest base.
        slack = (2 * len(lines) + len(parts) + sum(len(x[3]) for x in lines)) * CENT
        assert abs(Fraction(part.amount) - held * Fraction(percent) / 100) <= slack
        assert part.tax.tags == tuple(s.tags[0] for k in keys for s in TAXES[k].refund if s.of_base)
        assert part.back.tags == tuple(s.tags[0] for k in keys for s in TAXES[k].invoice if s.of_base)


def test_what_was_observed() -> None:
    """On an Odoo 19.0: 500.00 and 15%, two per cent, paid 563.50: 10.00 to the discount account and 1.50 to the tax's."""
    books = Books({1: tax(1, Decimal(15))}, by_line=False)
    rows = [
        {"display_type": "product", "account_id": [7, "x"], "price_unit": 500, "quantity": 1, "discount": 0, "tax_ids": [1],
         "amount_currency": -500, "balance": -500, "tax_line_id": False, "tax_repartition_line_id": False},
        {"display_type": "tax", "account_id": [8, "x"], "price_unit": 0, "quantity": 0, "discount": 0, "tax_ids": [],
         "amount_currency": -75, "balance": -75, "tax_line_id": [1, "x"], "tax_repartition_line_id": [11, "x"]},
        {"display_type": "payment_term", "account_id": [9, "x"], "price_unit": 0, "quantity": 0, "discount": 0,
         "tax_ids": [], "amount_currency": 575, "balance": 575, "tax_line_id": False, "tax_repartition_line_id": False},
    ]  # fmt: skip
    said = Granted(Decimal(2), Decimal("11.50"), Decimal("11.50"), Decimal(1), "USD", "USD")
    found = parts_of(rows, said, books, lambda key: "400000")
    assert [(p.account, p.amount) for p in found] == [("", Decimal("10.00")), ("251000", Decimal("1.50"))]
