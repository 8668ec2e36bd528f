"""An electronic invoice to a bill. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import ContentRefusedError
from tieout.documents import BatchControl, BillLine, Document, Party, TaxLine, VendorBill
from tieout.documents.purchasing import plain, plain_name
from tieout.formats.einvoice import Charge, EInvoice, InvoiceLine, read_einvoice
from tieout.money import Amount

_ONE = Decimal(1)


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the access point's own report: how many documents of a currency were delivered in the
    month of `on` so far, what was billed and what was credited (both positive)."""

    file: str
    file_sha256: str
    on: date
    currency: str
    count: int
    billed: Decimal
    credited: Decimal


def bills(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The bill of an invoice's bytes. Raises FormatError where it breaks a rule of EN 16931, and
    ContentRefusedError where it is made out to somebody else."""
    invoice = read_einvoice(raw)
    ours = str(options.get("buyer_tax_id", ""))
    if ours and invoice.buyer.tax_id and plain(invoice.buyer.tax_id) != plain(ours):
        raise ContentRefusedError(
            f"invoice {invoice.number} is made out to {invoice.buyer.name} ({invoice.buyer.tax_id}), not to {ours}",
            cause="wrong_addressee",
            recovery="send it back to its supplier, or put it into the folder of the entity that it is for",
        )
    return [bill_of(invoice, hashlib.sha256(raw).hexdigest()[:12])]


def bill_of(invoice: EInvoice, batch: str) -> VendorBill:
    """The bill; an invoice below zero is a credit, with its signs turned."""
    sign = Decimal(-1 if invoice.gross_total + invoice.rounding < 0 else 1)
    currency = invoice.currency

    def money(value: Decimal) -> Amount:
        return Amount.exact(sign * value, currency)

    seller = invoice.seller
    who = (plain(seller.tax_id) or plain_name(seller.name)).upper()
    lines = [_line(x, sign, currency) for x in invoice.lines]
    lines += [_charge(x, sign, currency) for x in invoice.charges]
    if invoice.rounding:
        rounding = money(invoice.rounding)
        lines.append(
            BillLine(
                name="rounding",
                quantity=_ONE,
                price=abs(invoice.rounding),
                net=rounding,
                account="rounding",
                order_line="-",
            )
        )
    return VendorBill(
        key=f"{who}:{invoice.number}",
        occurred_at=datetime.combine(invoice.issued_on, time(12), UTC),
        currency=currency,
        control_group="bills",
        number=invoice.number,
        seller=Party(key=who, name=seller.name, country=seller.country),
        tax_id=seller.tax_id,
        iban=invoice.iban.replace(" ", "").upper(),
        booked_on=invoice.issued_on,
        due_on=invoice.due_on,
        order_number=invoice.order_number,
        lines=tuple(lines),
        taxes=tuple(
            TaxLine(
                key=tax_key(x.category, x.rate),
                title=x.category,
                rate=x.rate or Decimal(0),
                amount=money(x.amount),
            )
            for x in invoice.taxes
            if x.amount
        ),
        total=money(invoice.gross_total + invoice.rounding),
        refund=invoice.credit != (sign < 0),
        refers_to=invoice.refers_to,
        batch=batch,
    )


def tax_key(category: str, rate: Decimal | None) -> str:
    """A VAT category and its rate as mappings/taxes.csv names them: "S 19", "AE 0"."""
    return f"{category} {(rate or Decimal(0)).normalize():f}".strip() if category else ""


def _line(line: InvoiceLine, sign: Decimal, currency: str) -> BillLine:
    price = line.net / line.quantity if line.charges and line.quantity else line.price / line.base_quantity
    return BillLine(
        name=line.name,
        quantity=sign * line.quantity,
        price=price,
        net=Amount.exact(sign * line.net, currency),
        order_line=line.order_line,
        order_number=line.order_number,
        sku=line.buyer_item or line.seller_item,
        tax_key=tax_key(line.category, line.rate),
        account=line.accounting,
    )


def _charge(charge: Charge, sign: Decimal, currency: str) -> BillLine:
    """An allowance or a charge on the whole document: what nobody orders by a line."""
    way = sign if charge.charge else -sign
    return BillLine(
        name=charge.reason or ("charge" if charge.charge else "allowance"),
        quantity=_ONE,
        price=charge.amount,
        net=Amount.exact(way * charge.amount, currency),
        tax_key=tax_key(charge.category, charge.rate),
        account="charge" if charge.charge else "allowance",
        order_line="-",
    )


def reports(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What the access point says that it delivered."""
    row = msgspec.json.decode(raw, type=Delivered)
    return [
        BatchControl(
            key=f"control:{row.file_sha256[:16]}:{row.currency}:{row.on:%Y-%m}",
            occurred_at=datetime.combine(row.on, time(12), UTC),
            currency=row.currency,
            control_group="bills",
            batch=f"{row.file}:{row.file_sha256[:12]}",
            booked_on=row.on,
            count=row.count,
            debit=Amount.exact(row.credited, row.currency),
            credit=Amount.exact(row.billed, row.currency),
        )
    ]
