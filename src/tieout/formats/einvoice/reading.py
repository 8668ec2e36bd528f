"""One way in for both syntaxes, bare or within a PDF."""

from __future__ import annotations

import io
import re

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
# ZUGFeRD 1 is older than EN 16931 and has a root of its own.
_BEFORE = "CrossIndustryDocument"
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_SPACES = (
    "urn:oasis:names:specification:ubl:schema:xsd:",
    ":CrossIndustryInvoice:",
    ":CrossIndustryDocument:",
)


def sniff(head: bytes) -> bool:
    """Whether a file begins as an electronic invoice does, or as a PDF, which may carry one."""
    if head.lstrip()[:5] == b"%PDF-":
        return True
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    words = head.decode("utf-16" if wide else "latin-1", errors="replace")
    found = _ROOT.search(re.sub(r"<!--.*?-->", "", words, flags=re.S))
    return bool(found) and found[1] in (*ROOTS, CII, _BEFORE) and any(x in words for x in _SPACES)  # type: ignore[index]


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


def read_unchecked(content: bytes) -> EInvoice:
    """The invoice of a file as it stands, held to no rule: `problems_of` says what it breaks. Raises FormatError where
    it is no invoice, or lacks what none may lack."""
    root = read_tree(xml_of(content))
    name = name_of(root)
    if name in ROOTS:
        return read_ubl(root)
    if name == CII:
        return read_cii(root)
    if name == _BEFORE:
        raise FormatError(
            f"the root is {name}: ZUGFeRD 1, which is older than EN 16931 and is no electronic invoice by it; ask for "
            "ZUGFeRD 2, Factur-X or XRechnung"
        )
    raise FormatError(
        f"the root is {name}: Invoice or CreditNote (UBL) or CrossIndustryInvoice (CII) was expected"
    )


def read_einvoice(content: bytes) -> EInvoice:
    """The invoice of a file, held to the rules of EN 16931. Raises FormatError with every rule that it
    breaks."""
    invoice = read_unchecked(content)
    problems = problems_of(invoice)
    if problems:
        raise FormatError(told(problems))
    return invoice


def told(problems: list[str]) -> str:
    """Problems in one sentence, the first dozen of them."""
    more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return "; ".join(problems[:_SHOWN]) + more
