"""An electronic invoice to a bill. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from tieout.causes import Action, Cause
from tieout.connector_api import ContentRefusedError
from tieout.documents import BatchControl, BillLine, Document, Party, TaxLine, VendorBill
from tieout.documents.purchasing import plain, plain_name
from tieout.formats.einvoice import (
    Charge,
    EInvoice,
    InvoiceLine,
    factur_x,
    is_booking_aid,
    read_einvoice,
)
from tieout.money import Amount

WRONG_ADDRESSEE = Cause(
    name="wrong_addressee",
    means="An invoice is made out to somebody else.",
    says="send it back to its supplier, or put it into the folder of the entity that it is for; where the interface's buyer_tax_id "
    "is not our tax number, correct it, then `tieout replay --cause {cause}`",
    actions=(Action.ASK, Action.GIVE_FILE, Action.SET_UP, Action.REPLAY),
)

SELF_BILLED = Cause(
    name="self_billed",
    means="A customer made out an invoice in our name (self-billing): it is a sale of ours, and no bill.",
    says="book it as an invoice or credit note to that customer and solve this; where we bought and made it out ourselves, name our tax "
    "number as buyer_tax_id in the interface, then `tieout replay --cause {cause}`",
    actions=(Action.MEND_IN_LEDGER, Action.SOLVE, Action.SET_UP, Action.REPLAY),
)
OWN_INVOICE = Cause(
    name="own_invoice",
    means="An invoice names our own company as its seller.",
    says="it is an invoice of ours that came back, and no bill: ask why it came here, and solve this",
    actions=(Action.ASK, Action.SOLVE),
)
BOOKING_AID = Cause(
    name="booking_aid",
    means="A file is a booking aid without lines (Factur-X MINIMUM or BASIC WL), and no invoice by itself.",
    says="enter the bill from the document that it came with, its figures stand in this case; then solve this",
    actions=(Action.MEND_IN_LEDGER, Action.ASK, Action.SOLVE),
)
SIGNS_UNCLEAR = Cause(
    name="signs_unclear",
    means="An electronic credit note is below zero: it may take a credit back, and be owed, or its supplier writes a minus before "
    "what is given back. Nothing of it is booked.",
    says="ask the supplier which it is, for a document without the doubt; or enter it by hand, its figures stand in this case, and "
    "solve this",
    actions=(Action.ASK, Action.GIVE_FILE, Action.MEND_IN_LEDGER, Action.SOLVE),
)
ROUNDING_TOO_LARGE = Cause(
    name="rounding_too_large",
    means="An electronic invoice rounds its amount due (BT-114) by more than any coin: that is no rounding. Nothing of it is booked.",
    says="ask the supplier what the difference is, for an invoice that has it as a charge or an allowance; or enter it by hand and "
    "solve this",
    actions=(Action.ASK, Action.GIVE_FILE, Action.MEND_IN_LEDGER, Action.SOLVE),
)

CAUSES = (WRONG_ADDRESSEE, SELF_BILLED, OWN_INVOICE, BOOKING_AID, SIGNS_UNCLEAR, ROUNDING_TOO_LARGE)
_ONE = Decimal(1)
# What cash is rounded to at most: to whole units it moves an amount by half of one (Sweden, Norway, the Czech Republic),
# forints by five (law III of 2008). More than a unit is none anywhere, whatever is rounded.
_MOST_ROUNDED = {"HUF": Decimal("2.5")}
# What rounding alone may set quantity by price apart from a line's net by, as Peppol's R120 has it.
_SLACK = Decimal("0.02")


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
    ContentRefusedError where it is no bill of ours: made out to somebody else, or of our own sale, or no invoice by
    itself; or where its signs or its rounding are in doubt."""
    invoice = read_einvoice(raw)
    refusal = _no_bill(invoice, str(options.get("buyer_tax_id", "")))
    if refusal is not None:
        cause, why = refusal
        amount = Amount.exact(abs(invoice.gross_total), invoice.currency)
        raise ContentRefusedError(why, cause=cause.name, recovery=cause.say(cause=cause.name), amount=amount)
    return [bill_of(invoice, hashlib.sha256(raw).hexdigest()[:12])]


def _no_bill(invoice: EInvoice, ours: str) -> tuple[Cause, str] | None:
    """Why an invoice is no bill of the company whose tax number is `ours` ("": not declared)."""
    seller, buyer = invoice.seller, invoice.buyer
    name = f"invoice {invoice.number}"
    if invoice.self_billed and not _is(buyer.tax_id, ours):
        # Whoever receives such a document is its seller: the buyer made it out. Only a buyer that is known to be us
        # says otherwise.
        return (
            SELF_BILLED,
            f"{name} (type {invoice.kind}) was made out by its buyer {buyer.name}, for {_figures(invoice)}",
        )
    # Companies of one VAT group share a number: where the buyer has it as well, the seller is another of them.
    if (_is(seller.tax_id, ours) or _is(seller.tax_number, ours)) and not _is(buyer.tax_id, ours):
        return (
            OWN_INVOICE,
            f"{name} is of {seller.name} ({ours}), made out to {buyer.name}, for {_figures(invoice)}",
        )
    if ours and buyer.tax_id and not _is(buyer.tax_id, ours):
        return WRONG_ADDRESSEE, f"{name} is made out to {buyer.name} ({buyer.tax_id}), not to {ours}"
    return _aid_or_doubt(invoice, name)


def _aid_or_doubt(invoice: EInvoice, name: str) -> tuple[Cause, str] | None:
    """Why it is no bill by itself, or which of its figures nobody can book.

    EN 16931 lets a credit note be below zero: it takes a credit back, and is owed. Suppliers who write a minus before what they
    credit write the very same (ConnectingEurope/eInvoicing-EN16931, 478).
    """
    if is_booking_aid(invoice.customization):
        profile = factur_x(invoice.customization)
        return BOOKING_AID, f"{name} of {invoice.seller.name} is profile {profile}: {_figures(invoice)}"
    gross = invoice.gross_total
    if invoice.credit and (gross < 0 or gross + invoice.rounding < 0):
        return SIGNS_UNCLEAR, f"{name} is a credit note below zero: {_figures(invoice)}"
    most = _MOST_ROUNDED.get(invoice.currency, _ONE)
    if abs(invoice.rounding) > most or (invoice.rounding and (gross < 0) != (gross + invoice.rounding < 0)):
        return ROUNDING_TOO_LARGE, f"{name} rounds by {invoice.rounding:f}: {_figures(invoice)}"
    return None


def _is(number: str, ours: str) -> bool:
    return bool(plain(ours)) and plain(number) == plain(ours)


def _figures(invoice: EInvoice) -> str:
    """What a person needs to enter a bill: its day, net, VAT, gross, what is due and when."""
    due = f" by {invoice.due_on}" if invoice.due_on else ""
    kind = "credit note" if invoice.credit else "invoice"
    return (
        f"{kind} of {invoice.issued_on}: {invoice.net_total:f} net, {invoice.tax_total:f} VAT, "
        f"{invoice.gross_total:f} {invoice.currency} in all, {invoice.payable:f} due{due}"
    )


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
        iban=invoice.iban,
        more_ibans=invoice.accounts[1:] or msgspec.UNSET,
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
        prepaid=money(invoice.prepaid) if invoice.prepaid else msgspec.UNSET,
        refund=invoice.credit != (sign < 0),
        refers_to=invoice.refers_to,
        batch=batch,
    )


def tax_key(category: str, rate: Decimal | None) -> str:
    """A VAT category and its rate as mappings/taxes.csv names them: "S 19", "AE 0"."""
    return f"{category} {(rate or Decimal(0)).normalize():f}".strip() if category else ""


def _line(line: InvoiceLine, sign: Decimal, currency: str) -> BillLine:
    return BillLine(
        name=line.name,
        quantity=sign * line.quantity,
        price=_price(line),
        net=Amount.exact(sign * line.net, currency),
        order_line=line.order_line,
        order_number=line.order_number,
        sku=line.buyer_item or line.seller_item,
        tax_key=tax_key(line.category, line.rate),
        account=line.accounting,
    )


def _price(line: InvoiceLine) -> Decimal:
    """What a unit came to, which an order is compared with. Allowances and charges of the line are in its net and not in
    its price, and outside Peppol nothing binds the two (gross prices, rates by the day): then the net says it."""
    computed = line.computed
    differs = computed is None or line.charges or abs(computed - line.net) > _SLACK
    if differs and line.quantity:
        return line.net / line.quantity
    return line.price if line.base_quantity <= 0 else line.price / line.base_quantity


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
