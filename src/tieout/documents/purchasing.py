"""Documents of procure to pay: suppliers, orders, receipts, bills, payments.

Quantities and unit prices are positive Decimals (a price may be finer than the currency's minor
unit); amounts are positive unless a field says otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from tieout.documents.base import AWAITS, Document, Measure, Party
from tieout.money import Amount


class TaxLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the source charged for one tax on the whole document: positive, exact.

    `jurisdiction` is whose tax it is, as ISO 3166 writes it: a country, or a country and its state (`US-CA`); unset where
    the source names none. Which county's or city's within it the `title` says. `by_channel` is set where a marketplace
    owes it, and not the seller.
    """

    key: str
    title: str
    rate: Decimal
    amount: Amount
    jurisdiction: str | msgspec.UnsetType = msgspec.UNSET
    by_channel: bool | msgspec.UnsetType = msgspec.UNSET


class SupplierAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Where a supplier wants to be paid. `bic` may be "" within SEPA."""

    iban: str
    bic: str = ""


class Supplier(Document, frozen=True, kw_only=True, tag="supplier"):
    """A supplier as procurement knows it; no measure. `account` is None where none is known;
    `withholding` names what is withheld of its payments, "" for nothing; one that is not `active`
    is neither billed nor paid. `town` is part of the address that banks ask for."""

    party: Party
    tax_id: str = ""
    account: SupplierAccount | None = None
    terms_days: int = 30
    withholding: str = ""
    town: str = ""
    active: bool = True
    prepared_by: str = ""
    batch: str = ""

    def names(self) -> tuple[str, ...]:
        """Its key, tax id, account and name: a bill may give any of them."""
        iban = self.account.iban if self.account else ""
        return supplier_names(key=self.party.key, tax_id=self.tax_id, iban=iban, name=self.party.name)

    def awaited_as(self) -> tuple[str, ...]:
        """The same names, as bills wait for them."""
        return tuple(AWAITS + n for n in self.names())


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line ordered: `price` is a unit's, without tax; `account` is the source's own key;
    `dimensions` are its keys by dimension; `received` says that it is billed by what was received,
    and not by what was ordered (services often are not). A service that is rendered evenly over days says from which to
    which, both included; both are absent where nobody said so, so that orders of before them keep their bytes."""

    line: str
    name: str
    quantity: Decimal
    price: Decimal
    account: str
    sku: str = ""
    dimensions: dict[str, str] = {}
    received: bool = True
    from_on: date | msgspec.UnsetType = msgspec.UNSET
    to_on: date | msgspec.UnsetType = msgspec.UNSET


class PurchaseOrderState(StrEnum):
    """How procurement has an order: not approved yet, open, closed (nothing more is billed), or cancelled."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class PurchaseOrder(Document, frozen=True, kw_only=True, tag="purchase_order"):
    """What was ordered of a supplier, without tax; no measure."""

    number: str
    supplier: str
    booked_on: date
    lines: tuple[OrderLine, ...]
    total: Amount
    state: PurchaseOrderState = PurchaseOrderState.OPEN
    prepared_by: str = ""
    batch: str = ""

    def names(self) -> tuple[str, ...]:
        """Its number, made plain, since suppliers write it in their own way."""
        return (f"order:{plain(self.number)}",)


class GoodsReceipt(Document, frozen=True, kw_only=True, tag="goods_receipt"):
    """What came of a line of an order, on a day: `quantity` is negative where it went back. No
    measure."""

    number: str
    order_number: str
    line: str
    quantity: Decimal
    booked_on: date
    prepared_by: str = ""
    batch: str = ""

    def names(self) -> tuple[str, ...]:
        """The number of the order that it is for."""
        return (f"order:{plain(self.order_number)}",)


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line billed: `net` = quantity x price, rounded, without tax, signed as the bill is (a
    discount is negative). `order_line` and `sku` say what was ordered; `account` is the source's own
    key, for what nobody ordered."""

    name: str
    quantity: Decimal
    price: Decimal
    net: Amount
    order_line: str = ""
    order_number: str = ""
    sku: str = ""
    tax_key: str = ""
    account: str = ""
    dimensions: dict[str, str] = {}


class VendorBill(Document, frozen=True, kw_only=True, tag="vendor_bill"):
    """What a supplier bills, or with `refund` credits. `total` = nets + taxes, positive; its measure
    is a credit (money that goes out), a refund's a debit.

    `supplier` is procurement's key where the source knows it; `seller` is who the bill itself says
    that it is from, `tax_id` and `iban` likewise; `refers_to` is the bill that a refund is for.
    `exclusion` is the source's own reason that nothing is owed (voided), "" for none.

    `iban` is the first account that it names, `more_ibans` are the others. `prepaid` is what it says was paid of
    `total` before it came, signed as that is (below zero where it asks for more than it bills). Both are absent where
    there is nothing to say, so that documents of before them keep their bytes.
    """

    number: str
    supplier: str = ""
    seller: Party
    tax_id: str = ""
    iban: str = ""
    more_ibans: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    booked_on: date
    due_on: date | None = None
    order_number: str = ""
    lines: tuple[BillLine, ...]
    taxes: tuple[TaxLine, ...]
    total: Amount
    prepaid: Amount | msgspec.UnsetType = msgspec.UNSET
    refund: bool = False
    refers_to: str = ""
    prepared_by: str = ""
    batch: str = ""
    exclusion: str = ""

    @property
    def ibans(self) -> tuple[str, ...]:
        """Every account that it wants to be paid to."""
        more = () if self.more_ibans is msgspec.UNSET else self.more_ibans
        return tuple(x for x in (self.iban, *more) if x)

    @property
    def due(self) -> Amount:
        """What is left to pay of it, and the most that anybody ever pays: its total less what was prepaid."""
        return self.total if self.prepaid is msgspec.UNSET else self.total - self.prepaid

    def measure(self) -> Measure:
        """A credit of its total, since a bill takes money out; a vendor credit is a debit."""
        return Measure.of(self.total if self.refund else -self.total)

    def names(self) -> tuple[str, ...]:
        """The orders that it names, what its own twins have in common, and whom it waits for."""
        who = billed_by(self)
        same_money = f"sum:{who}:{self.refund:d}:{self.total.value.normalize():f}:{self.currency}"
        same_number = f"bill:{who}:{self.refund:d}:{plain_number(self.number)}"
        seller = supplier_names(key=self.supplier, tax_id=self.tax_id, name=self.seller.name)
        return (
            *(f"order:{plain(n)}" for n in order_numbers(self)),
            same_number,
            same_money,
            *(AWAITS + n for n in seller),
        )


class PaidLine(msgspec.Struct, frozen=True, kw_only=True):
    """An open line of the ledger that a payment settles. `line` and `partner` are the ledger's own
    ids; `residual` is signed in the payment's currency (a bill's is negative), `company` the same in
    the entity's; `number` is what it is called, `effect` the external id of ours behind it, "" for
    others'."""

    line: int
    account: str
    residual: Decimal
    company: Decimal
    partner: int
    number: str
    effect: str = ""
    on: date


class VendorPayment(Document, frozen=True, kw_only=True, tag="vendor_payment"):
    """A payment of a run: bills less credits (`settles`) of one supplier. `total` = what is settled =
    `pays` (what the bank sends) + `withheld`, all positive; the measure is a credit of what it `pays`.

    `supplier` is the key of the approved record that says the account, of revision
    `supplier_revision`; `end_to_end_id` is what the bank repeats.
    """

    run: str
    end_to_end_id: str
    supplier: str
    supplier_revision: int
    party: Party
    town: str = ""
    account: SupplierAccount
    settles: tuple[PaidLine, ...]
    total: Amount
    pays: Amount
    withheld: Amount
    withholding: str = ""
    booked_on: date
    remittance: str = ""
    prepared_by: str = ""
    batch: str = ""

    def measure(self) -> Measure:
        """A credit of what leaves the bank: less what is withheld."""
        return Measure.of(-self.pays)

    def names(self) -> tuple[str, ...]:
        """Its end-to-end id, which the bank says again, and its run."""
        return (f"payment:{self.end_to_end_id}", f"run:{self.run}")

    def awaited_as(self) -> tuple[str, ...]:
        """The same names, as the bank's answers wait for them."""
        return (f"{AWAITS}payment:{self.end_to_end_id}", f"{AWAITS}run:{self.run}")


class PaymentFile(Document, frozen=True, kw_only=True, tag="payment_file"):
    """The bank's file of a run: what of it was released, and no more. No measure. Its key is the
    message id; `content` is the pain.001, `payments` the end-to-end ids in it with their amounts."""

    run: str
    booked_on: date
    name: str
    content: str
    payments: dict[str, str]
    total: Amount
    prepared_by: str = ""

    def names(self) -> tuple[str, ...]:
        """Its run, and every payment that it holds, as filed."""
        return (f"run:{self.run}", *(f"filed:{e}" for e in self.payments))


class PaymentAnswer(Document, frozen=True, kw_only=True, tag="payment_answer"):
    """What the bank says of one payment, or of the whole file `message_id` (`end_to_end_id` ""): `status`
    is ISO 20022's (ACSC, RJCT …), `reason` its code. No measure."""

    end_to_end_id: str
    message_id: str
    status: str
    reason: str = ""
    booked_on: date

    def names(self) -> tuple[str, ...]:
        """The payment that it answers, or the whole run where it names none; it waits for that."""
        end, run = self.end_to_end_id, run_of(self.message_id)
        return (f"answer:{end}", f"{AWAITS}payment:{end}" if end else f"{AWAITS}run:{run}")


def run_of(message_id: str) -> str:
    """The run of a bank's file: a later file of one run has a number behind it."""
    return message_id.partition("/")[0]


def plain(text: str) -> str:
    """A name or number as it is compared: letters and digits alone, small, without accents."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^a-z0-9]", "", bare)


_FORMS = re.compile(
    r"[\s,.]+(?:inc|incorporated|ltd|limited|llc|llp|plc|gmbh|ag|bv|b\.v|nv|sa|sarl|co|corp)\.?\s*$", re.I
)


def plain_name(name: str) -> str:
    """A company's name without its legal form, as it is compared."""
    bare = name
    while (shorter := _FORMS.sub("", bare)) != bare:
        bare = shorter
    return plain(bare) or plain(name)


def plain_number(number: str) -> str:
    """A bill's number as it is compared: prefixes in letters and leading zeros say nothing."""
    digits = re.sub(r"^[a-z]+", "", plain(number)).lstrip("0")
    return digits or plain(number)


def supplier_names(*, key: str = "", tax_id: str = "", iban: str = "", name: str = "") -> tuple[str, ...]:
    """What a supplier is found by, most certain first."""
    found = (
        f"supplier:{key}" if key else "",
        f"tax:{plain(tax_id)}" if plain(tax_id) else "",
        f"iban:{plain(iban)}" if plain(iban) else "",
        f"named:{plain_name(name)}" if plain_name(name) else "",
    )
    return tuple(x for x in found if x)


def order_numbers(bill: VendorBill) -> tuple[str, ...]:
    """The orders that a bill names, each once."""
    named = (bill.order_number, *(x.order_number for x in bill.lines))
    return tuple(dict.fromkeys(x for x in named if x))


def billed_by(bill: VendorBill) -> str:
    """Who a bill says that it is from, as bills are compared with each other."""
    return plain(bill.tax_id) or plain_name(bill.seller.name)


def twin_names(bill: VendorBill, supplier: str) -> tuple[str, ...]:
    """What bills of one supplier are compared by, whatever each calls itself and however it came."""
    same = f"{plain(supplier)}:{bill.refund:d}"
    money = f"{bill.total.value.normalize():f}:{bill.currency}"
    return (f"twin:{same}:{plain_number(bill.number)}", f"twin:{same}:sum:{money}")
