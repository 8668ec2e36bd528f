"""What rows say beside their amounts, put beside a company's books: charges of banks, terms, amounts without tax.

Most differences have their ground, as companies' mostly have; a stated share has none, or one that does not hold: a
charge of another amount, a term that ended the day before, a discount of another size. Drawn apart from the
company, whose rows stay as they are.
"""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import msgspec

from benchmarks.matching.company import Books
from tieout.reconcile import Rules, read_rules
from tieout.reconcile.ruleset import Limit, Withheld

# Of the differences of each kind: those with their ground. Half of the others have one that does not hold.
TOLD = 0.85
WITHHELD = (
    Withheld(name="ten", percent=Decimal(10), base="gross"),
    Withheld(name="fifteen", percent=Decimal(15), base="gross"),
)
LIMITS = {
    "rounding": Limit(amount=Decimal("0.05"), percent=Decimal(1), month=Decimal("5.00")),
    "bank_charge": Limit(amount=Decimal("25.00"), percent=Decimal("12.5"), month=Decimal("250.00")),
    "early_payment_discount": Limit(amount=Decimal(500), percent=Decimal(3), month=Decimal(5000)),
    "withholding": Limit(amount=Decimal(2000), percent=Decimal(15), month=Decimal(20000)),
    "exchange": Limit(amount=Decimal(100), percent=Decimal("1.5"), month=Decimal(5000)),
}


def limited(limits: dict[str, Limit] | None = None) -> Rules:
    """The rules that come along, with limits."""
    return msgspec.structs.replace(read_rules(), limits=limits or LIMITS, withheld=WITHHELD)


def tell(books: Books, seed: int) -> None:
    """Put the columns into both sides."""
    draw = random.Random(f"said {seed}")
    left, right = books.left, books.right
    left["bank_charge"] = [""] * len(left["id"])
    for column in ("early_discount", "early_discount_until", "untaxed"):
        right[column] = [""] * len(right["id"])
    mine = {key: n for n, key in enumerate(left["id"])}
    theirs = {key: n for n, key in enumerate(right["id"])}
    for n, amount in enumerate(right["amount"]):
        if not amount.startswith("-") and right["reference"][n].startswith("INV-"):
            right["untaxed"][n] = f"{Decimal(amount) / Decimal('1.19'):.2f}"
            if draw.random() < 0.1:
                # A term that nobody takes.
                _term(right, n, Decimal(amount) * 2 / 100, right["date"][n] + timedelta(14))
    for group in books.truth:
        if group["kind"] != "single":
            continue
        line, item = mine[group["left"][0]], theirs[group["right"][0]]
        less = Decimal(right["amount"][item]) - Decimal(left["amount"][line])
        way = draw.random()
        told, wrong = way < TOLD, way < (1 + TOLD) / 2
        if "fee" in group["noise"] and wrong:
            left["bank_charge"][line] = f"{less if told else less + 1:.2f}"
        if "discount" in group["noise"] and wrong:
            late = not told and draw.random() < 0.5
            until = left["date"][line] - timedelta(1) if late else right["date"][item] + timedelta(14)
            _term(right, item, less if told or late else less / 2, until)


def _term(right: dict[str, list], n: int, amount: Decimal, until: object) -> None:
    right["early_discount"][n], right["early_discount_until"][n] = f"{amount:.2f}", str(until)
