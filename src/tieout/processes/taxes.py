"""Which tax a bill must show: as an engine says, or as the company's own table of rates does.

The table is mappings/tax_rates.csv. A key is SELLER>BUYER CATEGORY, SELLER>BUYER, >BUYER CATEGORY or
>BUYER, in countries (a buyer's may have a region, US-NY); the first that is there holds. A value is a
treatment and its rate: `standard 19`, `reverse_charge 19`, `use_tax 8.875`, `sales_or_use 8.875` (the seller charges it, or else the
buyer owes it), `exempt`, `zero`.
"""

from __future__ import annotations

import re
from decimal import Decimal

from tieout.documents.purchasing import VendorBill
from tieout.documents.taxation import (
    TREATMENTS,
    DeterminedLine,
    TaxDetermination,
    TaxedLine,
    TaxQuestion,
)
from tieout.money import Amount
from tieout.processes.facts import Facts
from tieout.processes.recipe import Context
from tieout.rules import Interface, Release, UnmappedError

RATES = "tax_rates"
# What the buyer owes, and the ledger's own tax books on both sides.
BUYERS = ("reverse_charge", "use_tax")
_VALUE = re.compile(r"(\w+)(?: (\d{1,2}(?:\.\d{1,4})?))?")


def question_of(bill: VendorBill, interface: Interface, country: str = "") -> TaxQuestion:
    """What is asked about a bill; the buyer is the interface's entity, in its country unless an option
    says another."""
    option = interface.option
    return TaxQuestion(
        key=bill.key,
        on=bill.booked_on,
        currency=bill.currency,
        seller=bill.seller.name,
        seller_country=bill.seller.country,
        seller_tax_id=bill.tax_id,
        buyer_country=option("buyer_country", country),
        buyer_region=option("buyer_region"),
        buyer_postal_code=option("buyer_postal_code"),
        buyer_tax_id=option("buyer_tax_id"),
        exemption=option("exemption"),
        lines=tuple(
            TaxedLine(line=str(n), net=x.net.value, category=x.account or option("tax_category", "services"))
            for n, x in enumerate(bill.lines, 1)
        ),
    )


def by_table(question: TaxQuestion, release: Release) -> TaxDetermination:
    """The table's answer. Raises UnmappedError where no row says it, ValueError where one is no
    treatment."""
    lines = []
    for line in question.lines:
        treatment, rate = _rate(question, line.category, release)
        amount = Amount.rounded(line.net * rate / 100, question.currency).value
        lines.append(
            DeterminedLine(
                line=line.line,
                treatment=treatment,
                rate=rate,
                amount=amount,
                jurisdiction=question.buyer_country,
            )
        )
    return TaxDetermination(engine="rate_table", question=question, lines=tuple(lines))


def _rate(question: TaxQuestion, category: str, release: Release) -> tuple[str, Decimal]:
    country = question.buyer_country
    buyers = [f"{country}-{question.buyer_region}"] if question.buyer_region else []
    sellers = [question.seller_country, ""] if question.seller_country else [""]
    keys = [
        f"{seller}>{buyer}{what}"
        for seller in sellers
        for buyer in [*buyers, country]
        for what in (f" {category}", "")
    ]
    for key in keys:
        try:
            value = release.mapped(RATES, key, question.on)
        except UnmappedError:
            continue
        found = _VALUE.fullmatch(value)
        if (
            found is None
            or found[1] not in TREATMENTS
            or (found[2] is None) != (found[1] in ("exempt", "zero"))
        ):
            raise ValueError(
                f"mappings/{RATES}.csv, {key!r}: {value!r} is no treatment, such as 'standard 19'"
            )
        return found[1], Decimal(found[2] or 0)
    raise UnmappedError(RATES, keys[0], question.on)


def determination(ctx: Context, bill: VendorBill, facts: Facts) -> tuple[TaxDetermination | None, str]:
    """What is due on a bill, and why the engine was not asked ("" where it was, or none is declared).
    None where the project declares no engine, or where an outage shall not be bridged."""
    engine = ctx.interface.option("tax_engine")
    if not engine:
        return None, ""
    if engine == "rate_table":
        return by_table(question_of(bill, ctx.interface, ctx.entity.country), ctx.release), ""
    if facts.tax is not None:
        return facts.tax, ""
    why = facts.tax_outage or f"{engine} gave no answer"
    if ctx.interface.option("tax_fallback", "wait") == "rate_table":
        return by_table(question_of(bill, ctx.interface, ctx.entity.country), ctx.release), why
    return None, why


def as_charged(bill: VendorBill, due: TaxDetermination, tolerance: Decimal) -> TaxDetermination:
    """What is due as the bill has it: what it charges is the seller's, what it might have charged and did not is the buyer's. Raises
    ValueError where it charges another tax, and where the ledger, which works out by its rate what the buyer owes, would book another
    amount of it than is due."""
    charged = sum((x.amount.value for x in bill.taxes), Decimal(0))
    found = due.once_charged(charged, tolerance)
    if found is None:
        said = ", ".join(sorted({f"{x.treatment} {x.rate:f}%" for x in due.lines}))
        either = sum((x.amount for x in due.lines if x.treatment == "sales_or_use"), Decimal(0))
        more = f", or {due.charged + either:f} with what the buyer owes otherwise" if either else ""
        raise ValueError(f"the bill charges {charged:f}, {due.engine} says {due.charged:f}{more} ({said})")
    for mine, line in zip(bill.lines, found.lines, strict=True):
        booked = mine.net.value * line.rate / 100
        if line.treatment in BUYERS and abs(booked - line.amount) > tolerance:
            raise ValueError(
                f"of {mine.name} the buyer owes {line.amount:f}, {due.engine} says; the ledger would book {booked:f}, "
                f"{line.rate:f}% of {mine.net.value:f}"
            )
    return found
