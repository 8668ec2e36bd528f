"""Rules of VAT: each category's own, by its name in the standard.

Source: EN 16931-1, 6.4 (BR-S, BR-Z, BR-E, BR-AE, BR-IC for K, BR-G, BR-O, BR-AF for L, BR-AG for M, BR-CO-17, -18).
BR-CO-17 is held more strictly than by the published Schematron, which lets VAT be off by a whole unit: here it is what
rate and base come to, rounded to the cent (a cent either way) or to the whole unit, as where nobody uses smaller coins.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from tieout.formats.einvoice.code_lists import code_lists
from tieout.formats.einvoice.model import EInvoice, TaxPart

_CENT, _UNIT = Decimal("0.01"), Decimal(1)
_ZERO = Decimal(0)
# Categories under which the seller charges nothing; all but Z say why.
_FREE = ("Z", "E", "AE", "K", "G", "O")
# What the standard calls the rules of a category, where it is not the category's own letters.
_NAMES = {"K": "IC", "L": "AF", "M": "AG"}
# Categories for which a seller's other tax number (BT-32) does as well as its VAT number.
_ANY_NUMBER = ("S", "Z", "E", "AE", "L", "M")
# What CII's rules hold to the cent; UBL's, and CII's of other categories, let it be off by less than one unit.
_EXACT = ("S", "L", "M", "O")

Used = tuple[str, Decimal | None, str]


def vat_problems(invoice: EInvoice, whole: bool) -> Iterator[tuple[str, str]]:
    """What breaks a rule of VAT; of a booking aid (not `whole`) only its breakdown."""
    yield from _breakdown(invoice, whole)
    if not whole:
        return
    used = _used(invoice)
    yield from _rates(used)
    yield from _numbers(invoice, used)
    parts = {(x.category, x.rate or _ZERO) for x in invoice.taxes}
    for category, rate in dict.fromkeys((c, r or _ZERO) for c, r, _ in used if c):
        if (category, rate) not in parts:
            yield (
                f"BR-{_name(category)}-01",
                f"VAT {category} {rate.normalize():f} is used, no breakdown has it",
            )


def _name(category: str) -> str:
    return _NAMES.get(category, category)


def _used(invoice: EInvoice) -> list[Used]:
    """Category, rate and the last digit of the rules of a line (2 and 5), an allowance (3, 6), a charge (4, 7)."""
    found: list[Used] = [(x.category, x.rate, "2") for x in invoice.lines]
    found += [(x.category, x.rate, "4" if x.charge else "3") for x in invoice.charges]
    return found


def _rates(used: list[Used]) -> Iterator[tuple[str, str]]:
    for category, rate, digit in dict.fromkeys(used):
        rule = f"BR-{_name(category)}-0{int(digit) + 3}"
        if not category:
            if digit != "2":
                yield ("BR-32" if digit == "3" else "BR-37"), "an allowance or charge has no VAT category"
        elif category not in code_lists().vat_categories:
            yield ("BR-CL-18" if digit == "2" else "BR-CL-17"), f"{category!r} is no VAT category"
        elif category == "O" and rate is not None:
            yield rule, f"VAT O has a rate of {rate}"
        elif category == "S" and not (rate and rate > 0):
            yield rule, "VAT S has no rate above zero"
        elif category in _FREE and category != "O" and rate != 0:
            yield rule, f"VAT {category} has a rate of {rate}, 0 was expected"


def _numbers(invoice: EInvoice, used: list[Used]) -> Iterator[tuple[str, str]]:
    """A seller that names a category has a number: VAT (BT-31), for most another one (BT-32), or its
    representative's (BT-63)."""
    seller = invoice.seller
    vat = seller.tax_id or invoice.representative_tax_id
    for category, digit in dict.fromkeys((c, d) for c, _, d in used):
        if category in _ANY_NUMBER and not (vat or seller.tax_number):
            yield (
                f"BR-{_name(category)}-0{digit}",
                f"the seller names VAT {category} and has no tax number (BT-31, BT-32 or BT-63)",
            )
        elif category in ("K", "G") and not vat:
            yield (
                f"BR-{_name(category)}-0{digit}",
                f"the seller names VAT {category} and has no VAT number (BT-31 or BT-63)",
            )


def _breakdown(invoice: EInvoice, whole: bool) -> Iterator[tuple[str, str]]:
    seen = set()
    for part in invoice.taxes:
        name = f"{part.category} {part.rate if part.rate is not None else ''}".strip()
        if part.category not in code_lists().vat_categories:
            yield "BR-CL-17", f"{part.category!r} is no VAT category"
            continue
        rate = part.rate or _ZERO
        if (part.category, rate) in seen:
            yield "BR-CO-18", f"VAT {name} stands twice"
        seen.add((part.category, rate))
        yield from _tax(part, name, rate)
        if whole:
            found = _taxable(invoice, part.category, rate)
            exact = invoice.syntax == "CII" and part.category in _EXACT
            if found != part.taxable and (exact or abs(found - part.taxable) >= 1):
                yield (
                    f"BR-{_name(part.category)}-08",
                    f"VAT {name}: {part.taxable} taxable, its lines come to {found}",
                )


def _tax(part: TaxPart, name: str, rate: Decimal) -> Iterator[tuple[str, str]]:
    if part.category in _FREE:
        # A rate with nothing beneath it charges nothing; with anything, its amount contradicts it.
        if part.amount or (rate and part.taxable):
            said = f"has a rate of {rate} and charges {part.amount}" if rate else f"charges {part.amount}"
            yield f"BR-{_name(part.category)}-09", f"VAT {name} {said}, nothing was expected"
        if part.category != "Z" and not part.reason:
            yield f"BR-{_name(part.category)}-10", f"VAT {name} does not say why"
    elif part.rate is None:
        yield "BR-48", f"VAT {part.category} has no rate"
    elif not _rounded(part.taxable * rate / 100, part.amount):
        yield "BR-CO-17", f"VAT {name}: {part.amount} on {part.taxable}"


def _rounded(due: Decimal, said: Decimal) -> bool:
    """Whether VAT is what is due, rounded."""
    return abs(said - due.quantize(_CENT, ROUND_HALF_UP)) <= _CENT or said == due.quantize(
        _UNIT, ROUND_HALF_UP
    )


def _taxable(invoice: EInvoice, category: str, rate: Decimal) -> Decimal:
    total = sum((x.net for x in invoice.lines if x.category == category and (x.rate or _ZERO) == rate), _ZERO)
    for x in invoice.charges:
        if x.category == category and (x.rate or _ZERO) == rate:
            total += x.amount if x.charge else -x.amount
    return total
