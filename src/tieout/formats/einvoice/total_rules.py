"""Rules of totals: their decimals, and what they sum.

Source: EN 16931-1, 6.4 (BR-DEC-01 to -28, BR-CO-10 to -16).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from tieout.formats.einvoice.model import Charge, EInvoice
from tieout.money import CURRENCIES, minor_digits

_ZERO = Decimal(0)
# Rule by field; -15 (VAT in the accounting currency) binds nothing that is read here.
_TOTALS = (
    ("BR-DEC-09", "line_total"), ("BR-DEC-10", "allowance_total"), ("BR-DEC-11", "charge_total"),
    ("BR-DEC-12", "net_total"), ("BR-DEC-13", "tax_total"), ("BR-DEC-14", "gross_total"),
    ("BR-DEC-16", "prepaid"), ("BR-DEC-17", "rounding"), ("BR-DEC-18", "payable"),
)  # fmt: skip


def decimal_problems(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    """Amounts of more than two decimals as they are written, zeros included."""
    for rule, name in _TOTALS:
        value = getattr(invoice, name)
        # The one rule that CII's Schematron holds the value to, and not what was written: 9.500 is 9.50.
        if rule == "BR-DEC-13" and invoice.syntax == "CII":
            value = value.normalize()
        yield from _fine(rule, name.replace("_", " "), value)
    for part in invoice.taxes:
        yield from _fine("BR-DEC-19", f"taxable {part.category}", part.taxable)
        yield from _fine("BR-DEC-20", f"VAT {part.category}", part.amount)
    yield from _fine_charges(invoice.charges, "", ("01", "02"), ("05", "06"))
    for line in invoice.lines:
        yield from _fine("BR-DEC-23", f"line {line.line}: net", line.net)
        yield from _fine_charges(line.charges, f"line {line.line}: ", ("24", "25"), ("27", "28"))


def coin_problems(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    """Amounts finer than the currency's smallest coin, such as half a yen: two decimals are allowed to all, and are no
    amount of such a currency."""
    if invoice.currency not in CURRENCIES or (digits := minor_digits(invoice.currency)) >= 2:
        return
    amounts = [getattr(invoice, name) for _, name in _TOTALS]
    amounts += [x for part in invoice.taxes for x in (part.taxable, part.amount)]
    amounts += [x.amount for x in invoice.charges] + [x.net for x in invoice.lines]
    finer = [x for x in amounts if x is not None and x != round(x, digits)]
    if finer:
        yield "BT-5", f"{finer[0]} is finer than {invoice.currency} is ({digits} decimals)"


def _fine_charges(
    charges: Iterable[Charge], place: str, allowance: tuple[str, str], charge: tuple[str, str]
) -> Iterator[tuple[str, str]]:
    for x in charges:
        amount, base = charge if x.charge else allowance
        name = "charge" if x.charge else "allowance"
        yield from _fine(f"BR-DEC-{amount}", f"{place}{name}", x.amount)
        yield from _fine(f"BR-DEC-{base}", f"{place}base of the {name}", x.base)


def _fine(rule: str, what: str, value: Decimal | None) -> Iterator[tuple[str, str]]:
    exponent = 0 if value is None else value.as_tuple().exponent
    assert isinstance(exponent, int), "NaN is no amount that was read"
    if exponent < -2:
        yield rule, f"{what} {value} has more than two decimals"


def sum_problems(invoice: EInvoice, whole: bool) -> Iterator[tuple[str, str]]:
    """Totals that are not what their parts come to. Of a booking aid (not `whole`) only the total with VAT has parts."""
    i = invoice
    if i.tax_totals > 1:
        yield "BR-CO-15", f"the VAT in {i.currency} stands {i.tax_totals} times"
    if not whole:
        yield from _differing(("BR-CO-15", "total with VAT", i.gross_total, i.net_total + i.tax_total))
        return
    if i.line_total is None:
        yield "BR-12", "there is no sum of lines"
        return
    yield from _differing(
        ("BR-CO-10", "sum of lines", i.line_total, sum((x.net for x in i.lines), _ZERO)),
        ("BR-CO-11", "allowances", i.allowance_total, _sum(i.charges, charge=False)),
        ("BR-CO-12", "charges", i.charge_total, _sum(i.charges, charge=True)),
        ("BR-CO-13", "total without VAT", i.net_total, i.line_total - i.allowance_total + i.charge_total),
        ("BR-CO-14", "VAT", i.tax_total, sum((x.amount for x in i.taxes), _ZERO)),
        ("BR-CO-15", "total with VAT", i.gross_total, i.net_total + i.tax_total),
        ("BR-CO-16", "amount due", i.payable, i.gross_total - i.prepaid + i.rounding),
    )


def _sum(charges: Iterable[Charge], charge: bool) -> Decimal:
    return sum((x.amount for x in charges if x.charge is charge), _ZERO)


def _differing(*sums: tuple[str, str, Decimal, Decimal]) -> Iterator[tuple[str, str]]:
    for rule, what, said, found in sums:
        if said != found:
            yield rule, f"{what}: it says {said}, its parts come to {found}"
