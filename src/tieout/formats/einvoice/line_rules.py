"""Rules of lines: codes, prices, and with Peppol what quantity and price come to.

Source: EN 16931-1, 6.4; Peppol BIS Billing 3.0, PEPPOL-EN16931-R120 and R121.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tieout.formats.einvoice.code_lists import code_lists
from tieout.formats.einvoice.model import InvoiceLine

_CENT = Decimal("0.01")
# What R120 lets a line be off by: the rounding of its parts.
_SLACK = Decimal("0.02")


def line_problems(line: InvoiceLine, peppol: bool) -> Iterator[tuple[str, str]]:
    """What a line breaks."""
    lists = code_lists()
    if not line.category:
        yield "BR-CO-04", f"line {line.line} has no VAT category"
    if not line.unit:
        yield "BR-23", f"line {line.line}: its quantity has no unit"
    elif line.unit not in lists.units:
        yield "BR-CL-23", f"line {line.line}: {line.unit!r} is no unit of {lists.said}"
    if line.price < 0:
        yield "BR-27", f"line {line.line}: the price {line.price} is negative"
    if peppol:
        yield from _computed(line)


def _computed(line: InvoiceLine) -> Iterator[tuple[str, str]]:
    wanted = line.computed
    if wanted is None:
        yield "PEPPOL-EN16931-R121", f"line {line.line}: a base quantity above zero was expected"
    elif abs(line.net - wanted) > _SLACK:
        yield (
            "PEPPOL-EN16931-R120",
            f"line {line.line}: {line.net}, its quantity and price come to {wanted.quantize(_CENT)}",
        )
