"""What `tieout parse` shows of an electronic invoice: its figures as they stand, and every rule that it breaks.

An invoice that breaks a rule is shown all the same, so that people see what was said; `error` says why intake would refuse
it. One that cannot be read at all is an error alone.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import msgspec
from rich import box
from rich.table import Table

from tieout.cli.context import out
from tieout.formats import FormatError
from tieout.formats.einvoice import (
    EInvoice,
    InvoiceLine,
    Trader,
    factur_x,
    is_peppol,
    problems_of,
    read_unchecked,
    sniff,
    told,
)

EINVOICE = "einvoice"
_HEAD = 1 << 16
# Nobody's invoice is larger, attachments and all.
_LARGEST = 64 << 20
Row = dict[str, Any]


def is_einvoice(path: Path, format: str) -> bool:
    """Whether a file is read as an electronic invoice: by its beginning, or since `format` says so."""
    if format:
        return format == EINVOICE
    with path.open("rb") as stream:
        return sniff(stream.read(_HEAD))


def _read(path: Path) -> tuple[EInvoice | None, list[str], str, str]:
    """The invoice, what it breaks, why it would be refused, the hash of its bytes."""
    with path.open("rb") as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        return None, [], f"more than {_LARGEST >> 20} MiB: no electronic invoice is that large", ""
    try:
        invoice = read_unchecked(content)
    except FormatError as error:
        return None, [], str(error), ""
    problems = problems_of(invoice)
    return invoice, problems, told(problems), hashlib.sha256(content).hexdigest()


def write_invoice(path: Path, to: TextIO) -> bool:
    """A file's object in the JSON of `tieout parse`; whether it breaks nothing."""
    invoice, problems, error, digest = _read(path)
    row: Row = {
        "file": str(path),
        "statements": [],
        "invoices": [] if invoice is None else [invoice_json(invoice, problems)],
        "format": EINVOICE,
        "dialect": _profile(invoice) or None,
        "encoding": None,
        "sha256": digest or None,
        "remainder": [],
        "error": error or None,
    }
    to.write(json.dumps(msgspec.to_builtins(row), ensure_ascii=False))
    return not error


def _profile(invoice: EInvoice | None) -> str:
    """What of Factur-X or Peppol it says that it follows: of MINIMUM and BASIC WL no bill is made."""
    if invoice is None:
        return ""
    return factur_x(invoice.customization) or ("Peppol" if is_peppol(invoice.customization) else "")


def invoice_json(invoice: EInvoice, problems: list[str]) -> Row:
    """An invoice as `tieout parse` prints it: amounts as decimal texts (positive on a credit note), days ISO 8601.
    `tax` is BT-110, `total` BT-112, `prepaid` BT-113, `payable` BT-115."""
    return {
        "number": invoice.number,
        "kind": invoice.kind,
        "credit": invoice.credit,
        "currency": invoice.currency,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "seller": _trader(invoice.seller),
        "buyer": _trader(invoice.buyer),
        "lines": [_line(x) for x in invoice.lines],
        "tax": _text(invoice.tax_total),
        "total": _text(invoice.gross_total),
        "prepaid": _text(invoice.prepaid),
        "payable": _text(invoice.payable),
        "accounts": list(invoice.accounts),
        "rules_broken": problems,
    }


def _trader(trader: Trader) -> Row:
    return {
        "name": trader.name,
        "tax_id": trader.tax_id,
        "tax_number": trader.tax_number,
        "country": trader.country,
        "registration": trader.registration,
        "endpoint": trader.endpoint,
    }


def _line(line: InvoiceLine) -> Row:
    return {
        "line": line.line,
        "name": line.name,
        "quantity": _text(line.quantity),
        "unit": line.unit,
        "price": _text(line.price),
        "base_quantity": _text(line.base_quantity),
        "net": _text(line.net),
        "category": line.category,
        "rate": None if line.rate is None else _text(line.rate),
    }


def _text(value: Decimal) -> str:
    return f"{value:f}"


def show_invoice(path: Path) -> bool:
    """A file as a table of its invoice; whether it breaks nothing."""
    invoice, problems, error, _ = _read(path)
    if invoice is None:
        out.print(f"{path}: refused: {error}", style="red")
        return False
    out.print(f"{path}: {EINVOICE} {invoice.syntax} {_profile(invoice)}".rstrip())
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("number", "kind", "of", "to", "on", "due"):
        table.add_column(name)
    for name in ("lines", "tax", "total", "prepaid", "payable"):
        table.add_column(name, justify="right", no_wrap=True)
    kind = f"{invoice.kind} credit" if invoice.credit else invoice.kind
    figures = (invoice.tax_total, invoice.gross_total, invoice.prepaid, invoice.payable)
    table.add_row(
        invoice.number, kind, invoice.seller.name, invoice.buyer.name, str(invoice.issued_on),
        str(invoice.due_on or "-"), str(len(invoice.lines)), *(f"{x:,}" for x in figures),
    )  # fmt: skip
    out.print(table)
    for problem in problems:
        out.print(f"  {problem}", style="red")
    return not problems
