"""What an electronic invoice says, in one shape for both syntaxes of EN 16931.

Amounts are Decimals in the invoice's currency, as the document has them: a credit note's are positive.
Names of the standard's business terms (BT-…) stand beside the fields.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

_ZERO = Decimal(0)


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """An allowance (`charge` false) or a charge; `amount` is positive (BG-20, BG-21, BG-27, BG-28)."""

    charge: bool
    amount: Decimal
    reason: str = ""
    category: str = ""
    rate: Decimal | None = None


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line (BG-25): `net` (BT-131) = quantity x price / base quantity, less allowances, plus charges.
    `category` and `rate` are its VAT (BT-151, BT-152)."""

    line: str
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    net: Decimal
    base_quantity: Decimal = Decimal(1)
    category: str = ""
    rate: Decimal | None = None
    order_line: str = ""
    order_number: str = ""
    seller_item: str = ""
    buyer_item: str = ""
    accounting: str = ""
    charges: tuple[Charge, ...] = ()


class TaxPart(msgspec.Struct, frozen=True, kw_only=True):
    """VAT by category and rate (BG-23): `taxable` BT-116, `amount` BT-117, `reason` BT-120/121."""

    category: str
    rate: Decimal | None
    taxable: Decimal
    amount: Decimal
    reason: str = ""


class Trader(msgspec.Struct, frozen=True, kw_only=True):
    """Seller or buyer: name (BT-27, BT-44), VAT number, country, electronic address."""

    name: str
    tax_id: str = ""
    country: str = ""
    registration: str = ""
    endpoint: str = ""


class EInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """One document: `syntax` is UBL or CII, `kind` its type code (BT-3: 380 invoice, 381 credit note).

    `line_total` BT-106, `allowance_total` BT-107, `charge_total` BT-108, `net_total` BT-109,
    `tax_total` BT-110, `gross_total` BT-112, `prepaid` BT-113, `rounding` BT-114, `payable` BT-115.
    """

    syntax: str
    customization: str
    number: str
    kind: str
    credit: bool
    issued_on: date
    due_on: date | None
    currency: str
    seller: Trader
    buyer: Trader
    order_number: str
    refers_to: str
    lines: tuple[InvoiceLine, ...]
    charges: tuple[Charge, ...]
    taxes: tuple[TaxPart, ...]
    line_total: Decimal
    net_total: Decimal
    gross_total: Decimal
    payable: Decimal
    allowance_total: Decimal = _ZERO
    charge_total: Decimal = _ZERO
    tax_total: Decimal = _ZERO
    prepaid: Decimal = _ZERO
    rounding: Decimal = _ZERO
    iban: str = ""
    bic: str = ""
    payment_reference: str = ""
    note: str = ""
