"""One way in for both syntaxes, bare or within a PDF."""

from __future__ import annotations

import io

from tieout.formats.einvoice.cii import ROOT as CII
from tieout.formats.einvoice.cii import read_cii
from tieout.formats.einvoice.model import EInvoice
from tieout.formats.einvoice.rules import problems_of
from tieout.formats.einvoice.ubl import ROOTS, read_ubl
from tieout.formats.model import FormatError
from tieout.formats.xmltree import name_of, read_tree

# What the XML is called within a PDF: Factur-X, ZUGFeRD 2 and 1, XRechnung.
_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
_SHOWN = 12


def xml_of(content: bytes) -> bytes:
    """The invoice's XML: the content itself, or what a PDF carries. Raises FormatError."""
    if content.lstrip()[:5] != b"%PDF-":
        return content
    # Here, since most processes never see a PDF, and all of them would wait for it.
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        attached = PdfReader(io.BytesIO(content)).attachments
        found = [data for name in attached for data in attached[name] if name.lower() in _NAMES]
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        raise FormatError(f"not a readable PDF: {error}") from None
    if len(found) != 1:
        raise FormatError(
            f"{len(found)} invoices are embedded in the PDF: exactly one was expected, as factur-x.xml"
        )
    return bytes(found[0])


def read_einvoice(content: bytes) -> EInvoice:
    """The invoice of a file, held to the rules of EN 16931. Raises FormatError with every rule that it
    breaks."""
    root = read_tree(xml_of(content))
    name = name_of(root)
    if name in ROOTS:
        invoice = read_ubl(root)
    elif name == CII:
        invoice = read_cii(root)
    else:
        raise FormatError(
            f"the root is {name}: Invoice or CreditNote (UBL) or CrossIndustryInvoice (CII) was expected"
        )
    problems = problems_of(invoice)
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise FormatError("; ".join(problems[:_SHOWN]) + more)
    return invoice
