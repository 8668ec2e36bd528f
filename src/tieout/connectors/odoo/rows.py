"""Effects as rows of `load`: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tieout.connector_api import RefusedError
from tieout.connectors.odoo.directory import Directory
from tieout.documents import (
    CashPosting,
    EffectBody,
    EntryPosting,
    InvoiceLine,
    InvoicePosting,
    LedgerLine,
    PartnerRecord,
    PaymentPosting,
    TaxShare,
)
from tieout.money import Amount

Rows = list[list[Any]]
_CENT = Decimal("0.01")
# What every invoice of a version says alike: column and value.
Columns = Sequence[tuple[str, str]]

PARTNER_FIELDS = ["id", "name", "email", "ref"]
INVOICE_FIELDS = [
    "id",
    "move_type",
    "journal_id/.id",
    "partner_id/id",
    "invoice_date",
    "invoice_date_due",
    "date",
    "ref",
    "currency_id/.id",
    # Always empty: left out, Odoo takes the partner's term, and its days and discounts in place of the due date that is sent (seen on both).
    "invoice_payment_term_id/.id",
    "invoice_line_ids/name",
    "invoice_line_ids/quantity",
    "invoice_line_ids/price_unit",
    "invoice_line_ids/account_id/.id",
    "invoice_line_ids/tax_ids/.id",
    "invoice_line_ids/product_id/.id",
]
PRODUCT_FIELDS = ["id", "name", "default_code"]
PAYMENT_FIELDS = [
    "id",
    "payment_type",
    "partner_type",
    "partner_id/id",
    "amount",
    "date",
    "journal_id/.id",
    "memo",
]
_LINE_FIELDS = [
    "line_ids/account_id/.id",
    "line_ids/name",
    "line_ids/debit",
    "line_ids/credit",
    "line_ids/partner_id/id",
    "line_ids/matching_number",
]
_FOREIGN_FIELDS = ["line_ids/currency_id/.id", "line_ids/amount_currency"]
_TAX_FIELDS = ["line_ids/tax_ids/.id", "line_ids/tax_tag_ids/.id", "line_ids/tax_repartition_line_id/.id"]
_BY_OWN = {"line_ids/partner_id/id": "line_ids/partner_id/.id"}
_CASH_HEAD = ["id", "journal_id/.id", "date", "payment_ref", "ref", "amount", "partner_id/id"]
_ENTRY_HEAD = ["id", "move_type", "journal_id/.id", "date", "ref"]


def cash_fields(foreign: bool) -> list[str]:
    """The columns of bank and clearing lines as `load` takes them."""
    return _CASH_HEAD + _LINE_FIELDS + (_FOREIGN_FIELDS if foreign else [])


def invoice_fields(analytic: bool, columns: Columns = ()) -> list[str]:
    """The columns of invoices and credit notes as `load` takes them; `columns` are those of this version alone."""
    fields = INVOICE_FIELDS + (["invoice_line_ids/analytic_distribution"] if analytic else [])
    return fields + [name for name, _ in columns]


def entry_fields(
    foreign: bool, own_partners: bool = False, analytic: bool = False, taxed: bool = False
) -> list[str]:
    """`own_partners`: partners are named by Odoo's own ids, which `load` takes by another field."""
    fields = _ENTRY_HEAD + _LINE_FIELDS + (_FOREIGN_FIELDS if foreign else [])
    fields += ["line_ids/analytic_distribution"] if analytic else []
    fields += _TAX_FIELDS if taxed else []
    return [_BY_OWN.get(f, f) for f in fields] if own_partners else fields


def by_own_partners(body: EffectBody) -> bool:
    """Whether an entry names its partners by Odoo's own ids ("#12")."""
    return isinstance(body, EntryPosting) and any(x.partner.startswith("#") for x in body.lines)


def has_analytic(body: EffectBody) -> bool:
    """Whether a line of an entry or a bill carries analytic accounts."""
    return isinstance(body, EntryPosting | InvoicePosting) and any(x.analytic for x in body.lines)


def has_tax(body: EffectBody) -> bool:
    """Whether a line of an entry counts in the tax report."""
    return isinstance(body, EntryPosting) and any(isinstance(x.tax, TaxShare) for x in body.lines)


def _distribution(line: LedgerLine | InvoiceLine, directory: Directory) -> str:
    """Odoo's analytic distribution as `load` takes it: JSON, ids joined by commas to percentages."""
    shares = {
        ",".join(str(directory.analytic(n)) for n in names.split(",")): str(share.normalize())
        for names, share in line.analytic
    }
    # Percentages are written as JSON numbers without a float between.
    return "{" + ", ".join(f'"{ids}": {Decimal(share):f}' for ids, share in shares.items()) + "}"


def partner_rows(external_id: str, body: PartnerRecord) -> Rows:
    """A partner as rows for `load`."""
    return [[external_id, body.name, body.email, body.source]]


def unit_price(quantity: Decimal, net: Decimal) -> tuple[Decimal, Decimal]:
    """Quantity and a unit price that give `net` exactly, at two decimals each; else one times it.

    Odoo keeps a quantity with two decimals as it is shipped (decimal accuracy "Product Unit"), 18.0 a price as well ("Product Price"; both
    observed: 0.125 times 80.00 is 10.40): what is finer is rounded there, and the line's net with it. A net of thousandths (dinars) is so
    many tenths.
    """
    if quantity > 0 and quantity == quantity.quantize(_CENT):
        price = net / quantity
        if price == price.quantize(_CENT):
            return quantity, price.quantize(_CENT)
    fraction = Decimal(1)
    while net * 100 % fraction and fraction > _CENT:
        fraction /= 10
    return (Decimal(1), net) if fraction == 1 else (net / fraction, fraction)


def payment_rows(external_id: str, body: PaymentPosting, directory: Directory) -> Rows:
    """A payment as rows for `load`; a negative amount goes out."""
    return [
        [
            external_id,
            "inbound" if body.amount > 0 else "outbound",
            "customer",
            body.partner,
            str(abs(body.amount)),
            body.on.isoformat(),
            str(directory.journal(body.journal)),
            body.reference,
        ]
    ]


def invoice_rows(
    external_id: str,
    body: InvoicePosting,
    directory: Directory,
    products: Mapping[str, int],
    columns: Columns = (),
) -> Rows:
    """`products` are Odoo's ids by external id; `columns` as `invoice_fields` has them. Raises RefusedError for what the company has not, and
    for a tax that a match by key would never make due."""
    rows: Rows = []
    analytic = has_analytic(body)
    way, use = ("in", "purchase") if body.purchase else ("out", "sale")
    if body.match and (
        late := sorted({t for x in body.lines for t in x.taxes if directory.falls_due_on_payment(t, use)})
    ):
        # Odoo reconciles by a key without the entry that makes such a tax due (`_reconcile_marked`; seen on 18.0 and 19.0).
        raise RefusedError(
            f"{', '.join(late)} falls due on payment, and a payment that is matched by a key makes nothing due in Odoo: map a tax that is due "
            "on its invoice, or set its tax exigibility so"
        )
    for line in body.lines:
        quantity, price = unit_price(line.quantity, line.net)
        name = line.name if quantity == line.quantity else f"{line.quantity} x {line.name}"
        own = [
            name,
            str(quantity),
            str(price),
            str(directory.account(line.account)),
            ",".join(str(directory.tax(t, use)) for t in line.taxes),
            str(products[line.product]) if line.product else "",
        ]
        own += [_distribution(line, directory) if line.analytic else ""] if analytic else []
        head = [""] * 10
        own += ["" if rows else value for _, value in columns]
        if not rows:
            on = body.on.isoformat()
            head = [
                external_id,
                f"{way}_refund" if body.refund else f"{way}_invoice",
                str(directory.journal(body.journal)),
                body.partner,
                on,
                # A due date that is left out becomes the day of posting.
                body.due.isoformat() if body.due else on,
                on,
                body.reference,
                str(directory.currency(body.currency)),
                "",
            ]
        rows.append(head + own)
    return rows


def _line(line: LedgerLine, currency: str, directory: Directory, foreign: bool) -> list[Any]:
    debit, credit = max(line.company, Decimal(0)), max(-line.company, Decimal(0))
    row = [
        str(directory.account(line.account)),
        line.name,
        str(debit),
        str(credit),
        line.partner.removeprefix("#"),
        f"I{line.match}" if line.match else "",
    ]
    if foreign:
        of = line.own.currency if isinstance(line.own, Amount) else currency
        row += [str(directory.currency(of)), str(line.in_ledger)]
    return row


def _tax_cells(line: LedgerLine) -> list[str]:
    """Given whole, with the tax lines beside their bases, so that Odoo works out none by itself (read in its source: an
    entry that is made with its tax lines keeps their amounts)."""
    tax = line.tax if isinstance(line.tax, TaxShare) else TaxShare()
    return [",".join(map(str, tax.taxes)), ",".join(map(str, tax.tags)), str(tax.share) if tax.share else ""]


def cash_rows(external_id: str, body: CashPosting, directory: Directory, foreign: bool) -> Rows:
    """A bank or clearing line with its match, as rows for `load`."""
    own = LedgerLine(account=body.account, amount=body.amount, company=body.company, name=body.label)
    head = [
        external_id,
        str(directory.journal(body.journal)),
        body.on.isoformat(),
        body.label,
        body.reference,
        str(body.amount),
        body.partner,
    ]
    blank = [""] * len(head)
    return [
        (head if number == 0 else blank) + _line(line, body.currency, directory, foreign)
        for number, line in enumerate((own, *body.counterparts))
    ]


def entry_rows(external_id: str, body: EntryPosting, directory: Directory, foreign: bool) -> Rows:
    """An entry as rows for `load`, a line each; the first one carries the head."""
    analytic, taxed = has_analytic(body), has_tax(body)
    head = [external_id, "entry", str(directory.journal(body.journal)), body.on.isoformat(), body.reference]
    blank = [""] * len(head)
    return [
        (head if number == 0 else blank)
        + _line(line, body.currency, directory, foreign)
        + ([_distribution(line, directory) if line.analytic else ""] if analytic else [])
        + (_tax_cells(line) if taxed else [])
        for number, line in enumerate(body.lines)
    ]
