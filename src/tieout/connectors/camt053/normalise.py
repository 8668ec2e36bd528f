"""CAMT.053 (ISO 20022 bank-to-customer statement) to statements and their lines. Pure.

Read as a stream, one entry at a time. Amounts: credit entries are positive; a reversal carries
the indicator of the money's own way, so `RvslInd` never turns a sign (ISO 20022 message
definition report, Bank-to-Customer Cash Management). A statement whose opening balance and
lines do not give its closing balance is refused whole.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

from tieout.documents import Document, Statement, StatementLine
from tieout.money import Amount

_NAMESPACE = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d")
Element = Any


def file_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def looks_like_camt053(content: bytes) -> bool:
    return bool(_NAMESPACE.search(content[:4096]))


@dataclass
class _Frame:
    """A statement while its entries stream by."""

    account: str = ""
    currency: str = ""
    balances: dict[str, tuple[Amount, date]] = field(default_factory=dict)
    lines: list[StatementLine] = field(default_factory=list)


def _text(element: Element, path: str) -> str:
    """The text at a path of local names, "" where it is not."""
    for name in path.split("/"):
        element = next((c for c in element if etree.QName(c).localname == name), None)
        if element is None:
            return ""
    return (element.text or "").strip()


def _children(element: Element, name: str) -> list[Element]:
    return [c for c in element if etree.QName(c).localname == name]


def _date(element: Element, name: str) -> date | None:
    text = _text(element, f"{name}/Dt") or _text(element, f"{name}/DtTm")
    return date.fromisoformat(text[:10]) if text else None


def _amount(element: Element) -> Amount:
    node = _children(element, "Amt")
    if not node:
        raise ValueError(f"{etree.QName(element).localname} has no Amt")
    amount = Amount.parse((node[0].text or "").strip(), node[0].get("Ccy") or "")
    if amount.value < 0:
        raise ValueError(f"a negative Amt ({amount}): the sign is CdtDbtInd's")
    mark = _text(element, "CdtDbtInd")
    if mark not in ("CRDT", "DBIT"):
        raise ValueError(f"CdtDbtInd is {mark!r}, not CRDT or DBIT")
    return amount if mark == "CRDT" else -amount


def _party(details: Element, incoming: bool) -> str:
    """The other side's name: the debtor of money that comes in."""
    role = "Dbtr" if incoming else "Cdtr"
    for path in (f"RltdPties/{role}/Nm", f"RltdPties/{role}/Pty/Nm"):
        if name := _text(details, path):
            return name
    return ""


def _line(entry: Element, frame: _Frame, statement_id: str, ordinal: int) -> StatementLine:
    amount = _amount(entry)
    if amount.currency != frame.currency:
        raise ValueError(f"entry {ordinal} is in {amount.currency}, its account in {frame.currency}")
    booked = _date(entry, "BookgDt") or _date(entry, "ValDt")
    if booked is None:
        raise ValueError(f"entry {ordinal} of statement {statement_id} has no booking date")
    details = [d for n in _children(entry, "NtryDtls") for d in _children(n, "TxDtls")]
    first = details[0] if details else entry
    remittance = " ".join(
        (u.text or "").strip() for d in details for r in _children(d, "RmtInf") for u in _children(r, "Ustrd")
    )
    codes = [_text(entry, f"BkTxCd/Domn/{p}") for p in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return StatementLine(
        key="",
        occurred_at=datetime(booked.year, booked.month, booked.day, 12, tzinfo=UTC),
        currency=amount.currency,
        control_group="entries",
        account=frame.account,
        booked_on=booked,
        value_on=_date(entry, "ValDt") or booked,
        amount=amount,
        reference=_text(entry, "AcctSvcrRef") or _text(entry, "NtryRef"),
        end_to_end_id=_text(first, "Refs/EndToEndId").replace("NOTPROVIDED", ""),
        counterparty=_party(first, amount.value > 0),
        remittance=remittance or _text(entry, "AddtlNtryInf"),
        bank_code="/".join(c for c in codes if c) or _text(entry, "BkTxCd/Prtry/Cd"),
        reversal=_text(entry, "RvslInd") == "true",
    )


def _close(statement: Element, frame: _Frame) -> list[Document]:
    statement_id = _text(statement, "Id")
    if "OPBD" not in frame.balances or "CLBD" not in frame.balances:
        raise ValueError(f"statement {statement_id} lacks its OPBD or CLBD balance")
    (opening, from_on), (closing, to_on) = frame.balances["OPBD"], frame.balances["CLBD"]
    total = sum((line.amount for line in frame.lines), Amount.zero(frame.currency))
    if opening + total != closing:
        raise ValueError(
            f"statement {statement_id} does not hold: {opening} + {total} is not {closing}; "
            f"ask the bank for it again"
        )
    # Statement ids are used again every year, so the day is part of the identity.
    base = f"{frame.account}:{statement_id}:{to_on.isoformat()}"
    head = Statement(
        key=base,
        occurred_at=datetime(to_on.year, to_on.month, to_on.day, 12, tzinfo=UTC),
        currency=frame.currency,
        account=frame.account,
        statement_id=statement_id,
        sequence=_text(statement, "ElctrncSeqNb") or _text(statement, "LglSeqNb"),
        from_on=from_on,
        to_on=to_on,
        opening=opening,
        closing=closing,
        line_count=len(frame.lines),
        **_summary(statement, frame),
    )
    lines = [
        StatementLine(**{**_fields(line), "key": f"{base}:{ordinal:05d}"})
        for ordinal, line in enumerate(frame.lines, 1)
    ]
    return [head, *lines]


def _fields(line: StatementLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in line.__struct_fields__}


def _summary(statement: Element, frame: _Frame) -> dict[str, Any]:
    """The bank's own counts and sums (TxsSummry); without them only the balances speak."""
    count = _text(statement, "TxsSummry/TtlNtries/NbOfNtries")
    credits = _text(statement, "TxsSummry/TtlCdtNtries/Sum")
    debits = _text(statement, "TxsSummry/TtlDbtNtries/Sum")
    if not count:
        return {}
    return {
        "stated_count": int(count),
        "stated_in": Amount.parse(credits or "0", frame.currency),
        "stated_out": Amount.parse(debits or "0", frame.currency),
    }


def statements(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """All statements of a file. Raises ValueError where any of them cannot be read or does not
    hold: a file is taken whole or not at all."""
    documents: list[Document] = []
    frame, ordinal = _Frame(), 0
    try:
        context = etree.iterparse(
            io.BytesIO(raw),
            events=("end",),
            resolve_entities=False,
            no_network=True,
            huge_tree=False,
            load_dtd=False,
        )
        for _, element in context:
            if not isinstance(element.tag, str):
                continue
            name = etree.QName(element).localname
            parent = element.getparent()
            inside = parent is not None and etree.QName(parent).localname == "Stmt"
            if name == "Acct" and inside:
                frame.account = _text(element, "Id/IBAN") or _text(element, "Id/Othr/Id")
                frame.currency = _text(element, "Ccy")
            elif name == "Bal" and inside:
                amount = _amount(element)
                code = _text(element, "Tp/CdOrPrtry/Cd")
                on = _date(element, "Dt")
                frame.currency = frame.currency or amount.currency
                if on is not None:
                    frame.balances[code] = (amount, on)
            elif name == "Ntry" and inside:
                ordinal += 1
                # Only booked entries change the booked balance.
                status = _text(element, "Sts/Cd") or _text(element, "Sts")
                if status in ("BOOK", ""):
                    frame.lines.append(_line(element, frame, "", ordinal))
                element.clear()
            elif name == "Stmt":
                documents += _close(element, frame)
                frame, ordinal = _Frame(), 0
                element.clear()
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed XML: {error}") from None
    if not documents:
        raise ValueError("the file holds no statement (BkToCstmrStmt/Stmt)")
    return documents
