"""Other libraries as oracles of bank files: whether they read as many lines of the same amounts. In tests alone."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lxml import etree

from tieout.formats import Line, parse
from tieout.money.currency import minor_digits

# None where a library's figure is another one on purpose.
Amounts = list[Decimal | None]


def agrees(content: bytes, format: str) -> bool | None:
    """Whether another library reads the same amounts in the same order; None where none is known for the format, or it
    cannot read the file."""
    oracle = _ORACLES.get(format)
    if oracle is None:
        return None
    file = parse(content)
    # What is pending stands in an element of its own, which no other library reads.
    ours = [x for s in file.statements for x in s.lines if format != "ofx" or x.status != "pending"]
    text = content.decode(
        {"ascii": "utf-8", "unknown": "latin-1"}.get(file.encoding, file.encoding), "replace"
    )
    if "\n" not in text:
        text = text.replace("\r", "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            theirs = oracle(content, text)
        except Exception:  # noqa: BLE001 - what another reader raises is its own
            return None
        finally:
            logging.disable(logging.NOTSET)
    if len(theirs) != len(ours):
        return False
    return all(_same(t, line, format) for t, line in zip(theirs, ours, strict=True))


def _same(theirs: Decimal | None, line: Line, format: str) -> bool:
    """mt-940 takes RC and RD for now this and now that, and bai2 takes no sign from the type code and counts minor units:
    sizes are compared there."""
    if theirs is None:
        return True
    if format == "bai2":
        return abs(theirs) == abs(line.amount).scaleb(minor_digits(line.currency))
    if format in ("mt940", "mt942") and line.reversal:
        return abs(theirs) == abs(line.amount)
    return theirs == line.amount


def _mt940(content: bytes, text: str) -> Amounts:
    """It joins statements, so it reads a message at a time."""
    import mt940

    found: Amounts = []
    for message in re.split(r"(?m)^(?=(?:\{4:\s*)?:20:)", text)[1:]:
        read = mt940.models.Transactions()
        read.parse(message)
        found += [t.data["amount"].amount for t in read if "amount" in t.data]
    return found


def _ofx(content: bytes, text: str) -> Amounts:
    """ofxtools is strict about the schema: what it refuses, ofxparse may read."""
    try:
        return _ofxtools(content)
    except Exception:  # noqa: BLE001 - what another reader raises is its own
        import ofxparse

        read = ofxparse.OfxParser.parse(io.BytesIO(content), fail_fast=False)
        return [t.amount for account in read.accounts for t in account.statement.transactions]


def _ofxtools(content: bytes) -> Amounts:
    import ofxtools.Parser

    tree: Any = ofxtools.Parser.OFXTree()
    tree.parse(io.BytesIO(content))
    return [t.trnamt for statement in tree.convert().statements for t in (statement.transactions or [])]


def _bai2(content: bytes, text: str) -> Amounts:
    from bai2 import bai2

    return [
        Decimal(detail.amount)
        for group in bai2.parse_from_string(text).children
        for account in group.children
        for detail in account.children
        if detail.amount
    ]


def _camt(content: bytes, text: str) -> Amounts:
    """No library reads them all: the amounts and marks of entries as they stand in the tree, but for those in another currency than
    their account's."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    found: Amounts = []
    for entry in root.iter("{*}Ntry"):
        amount, mark, own = entry.find("{*}Amt"), entry.findtext("{*}CdtDbtInd", ""), _own_currency(entry)
        assert amount is not None and amount.text is not None
        signed = Decimal(amount.text.strip()) * {"CRDT": 1, "DBIT": -1}[mark.strip()]
        found.append(signed if own in ("", amount.get("Ccy")) else None)
    return found


def _own_currency(entry: etree._Element) -> str:
    statement = entry.getparent()
    return "" if statement is None else (statement.findtext("{*}Acct/{*}Ccy") or "").strip()


_ORACLES: dict[str, Callable[[bytes, str], Amounts]] = {
    "mt940": _mt940, "mt942": _mt940, "ofx": _ofx, "bai2": _bai2,
    "camt.052": _camt, "camt.053": _camt, "camt.054": _camt,
}  # fmt: skip
