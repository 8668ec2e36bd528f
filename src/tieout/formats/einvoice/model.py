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
    """An allowance (`charge` false) or a charge; `amount` is positive (BG-20, BG-21, BG-27, BG-28). `base` is what a
    percentage of it was taken of; `reason_code` UNTDID 5189 or 7161."""

    charge: bool
    amount: Decimal
    base: Decimal | None = None
    reason: str = ""
    reason_code: str = ""
    category: str = ""
    rate: Decimal | None = None


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line (BG-25): `net` (BT-131) is what it comes to, allowances and charges of its own included; with Peppol it
    is quantity x price / base quantity and those, elsewhere nothing binds it to them. `category` and `rate` are its
    VAT (BT-151, BT-152)."""

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

    @property
    def own_charges(self) -> Decimal:
        """What its own charges come to, less its allowances."""
        return sum((x.amount if x.charge else -x.amount for x in self.charges), _ZERO)

    @property
    def computed(self) -> Decimal | None:
        """What quantity, price and charges come to, unrounded; None where its base quantity is none to divide by."""
        if self.base_quantity <= 0:
            return None
        return self.quantity * self.price / self.base_quantity + self.own_charges


class TaxPart(msgspec.Struct, frozen=True, kw_only=True):
    """VAT by category and rate (BG-23): `taxable` BT-116, `amount` BT-117, `reason` BT-120 or else BT-121,
    `reason_code` BT-121."""

    category: str
    rate: Decimal | None
    taxable: Decimal
    amount: Decimal
    reason: str = ""
    reason_code: str = ""


class Trader(msgspec.Struct, frozen=True, kw_only=True):
    """Seller or buyer: name (BT-27, BT-44), VAT number (BT-31, BT-48), another tax number (BT-32, such as a German
    Steuernummer), country, legal registration, electronic address."""

    name: str
    tax_id: str = ""
    tax_number: str = ""
    country: str = ""
    registration: str = ""
    endpoint: str = ""


class PaymentMeans(msgspec.Struct, frozen=True, kw_only=True):
    """A way in which the seller takes money (BG-16): `code` UNTDID 4461, the seller's `account` (BT-84) and
    `bic` (BT-86), "" where none is said."""

    code: str
    account: str = ""
    bic: str = ""
    reference: str = ""


class EInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """One document: `syntax` is UBL or CII, `root` its element, `kind` its type code (BT-3, UNTDID 1001), `credit` what
    these come to, `self_billed` that the buyer made it out.

    `line_total` BT-106 (None where the document says none), `allowance_total` BT-107, `charge_total` BT-108,
    `net_total` BT-109, `tax_total` BT-110, `gross_total` BT-112, `prepaid` BT-113, `rounding` BT-114, `payable`
    BT-115. `tax_totals` is how often BT-110 stands. `representative_tax_id` is BT-63. `currencies` are those of amounts
    that are in another one than the invoice's. `beyond` says what money hangs on and EN 16931 does not know, each
    beside the profile that has it.
    """

    syntax: str
    root: str
    customization: str
    number: str
    kind: str
    credit: bool
    self_billed: bool = False
    issued_on: date
    due_on: date | None
    currency: str
    seller: Trader
    buyer: Trader
    representative_tax_id: str = ""
    order_number: str
    refers_to: str
    lines: tuple[InvoiceLine, ...]
    charges: tuple[Charge, ...]
    taxes: tuple[TaxPart, ...]
    line_total: Decimal | None
    net_total: Decimal
    gross_total: Decimal
    payable: Decimal
    allowance_total: Decimal = _ZERO
    charge_total: Decimal = _ZERO
    tax_total: Decimal = _ZERO
    tax_totals: int = 1
    prepaid: Decimal = _ZERO
    rounding: Decimal = _ZERO
    means: tuple[PaymentMeans, ...] = ()
    payment_reference: str = ""
    note: str = ""
    currencies: tuple[str, ...] = ()
    beyond: tuple[tuple[str, str], ...] = ()

    @property
    def accounts(self) -> tuple[str, ...]:
        """Every account that it wants to be paid to, without blanks, each once, in its order."""
        said = (x.account.replace(" ", "").upper() for x in self.means)
        return tuple(dict.fromkeys(x for x in said if x))

    @property
    def iban(self) -> str:
        """The first account; "" where none is said."""
        return next(iter(self.accounts), "")
