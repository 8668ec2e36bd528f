"""What AvaTax says of a line, to what is due of it. Pure.

References: Avalara's OpenAPI document of AvaTax (TransactionLineModel, TransactionLineDetailModel: taxType, rate, isFee, exemptAmount,
nonTaxableType); help.avalara.com (sales and use tax types, consumer use tax on purchase documents); developer.avalara.com (AvaTax for AP,
domestic reverse charge purchase).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tieout.connector_api import RefusedError
from tieout.documents.taxation import DeterminedLine, TaxedLine

# Who is asked for a tax, by AvaTax's word for its type. `Use` is seller's use tax, which a seller of another state collects; on a purchase
# in the United States AvaTax says `ConsumerUse` of all that is due, and the buyer owes what of it the seller did not charge.
_OWED = {
    **dict.fromkeys(
        ("Sales", "Use", "Input", "Output", "Nonrecoverable", "Lodging", "Bottle", "EWaste", "Excise", "Fee", "Rental"),
        "standard",
    ),
    "ConsumerUse": "sales_or_use",
}  # fmt: skip
_ZERO = Decimal(0)


def line_of(asked: TaxedLine, row: Mapping[str, Any]) -> DeterminedLine:
    """What is due of a line. Raises RefusedError where AvaTax's words do not say it: parts that miss the line's tax, taxes of several
    payers, types that are no seller's and no buyer's, and a place where the company there collects nothing."""
    details: Sequence[Mapping[str, Any]] = row.get("details") or ()
    tax, parts = _number(row["tax"]), [d for d in details if _number(d["tax"])]
    owed = _reverse_charge(parts) if not tax else []
    if owed:
        amount = sum((abs(_number(d["tax"])) for d in owed), _ZERO)
        return _said(asked, "reverse_charge", owed, 0 - amount if asked.net < 0 else amount)
    told = sum((_number(d["tax"]) for d in parts), _ZERO)
    if told != tax or (parts and not tax):
        words = ", ".join(f"{d.get('taxType')} {_number(d['tax']):f}" for d in parts)
        raise RefusedError(
            f"AvaTax: line {asked.line} is said to be taxed {tax:f}, and its parts are {words}"
        )
    if not tax:
        return _said(asked, _untaxed(asked.line, row, details), details, _ZERO)
    kinds = {_kind(asked.line, d) for d in parts}
    if len(kinds) > 1:
        raise RefusedError(
            f"AvaTax: line {asked.line} is partly the seller's and partly the buyer's: split it"
        )
    return _said(asked, kinds.pop(), parts, tax)


def _said(
    asked: TaxedLine, treatment: str, parts: Sequence[Mapping[str, Any]], amount: Decimal
) -> DeterminedLine:
    # A fee's rate is an amount of money.
    rates = (_number(d["rate"]) for d in parts if not d.get("isFee"))
    rate = (sum(map(abs, rates), _ZERO) * 100).normalize() if amount else _ZERO
    names = ", ".join(str(d.get("jurisName", "")) for d in parts)
    return DeterminedLine(line=asked.line, treatment=treatment, rate=rate, amount=amount, jurisdiction=names)


def _reverse_charge(parts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the buyer owes under one. It has no type of its own: it stands as input and as output of the same amount, which net to
    nothing; the outputs are it. Empty where there is none."""
    sums = {
        kind: sum((abs(_number(d["tax"])) for d in parts if d.get("taxType") == kind), _ZERO)
        for kind in ("Input", "Output")
    }
    if sums["Output"] != sums["Input"]:
        return []
    return [d for d in parts if d.get("taxType") == "Output"]


def _untaxed(line: str, row: Mapping[str, Any], details: Sequence[Mapping[str, Any]]) -> str:
    """Why nothing is due: what is exempt has a rate that was not asked for."""
    exempt = bool(_number(row.get("exemptAmount") or 0)) and any(_number(d.get("rate") or 0) for d in details)
    if not exempt and any(d.get("nonTaxableType") == "NexusRule" for d in details):
        places = ", ".join(str(d.get("jurisName", "")) for d in details)
        raise RefusedError(
            f"AvaTax does not say what is due on line {line}: the company there collects nothing in {places}; add the place to it"
        )
    return "exempt" if exempt else "zero"


def _kind(line: str, part: Mapping[str, Any]) -> str:
    kind = str(part.get("taxType", ""))
    if kind not in _OWED:
        raise RefusedError(
            f"AvaTax: line {line} bears {kind or 'a tax without a type'}, which no bill charges as a tax: let the table of rates say what is due"
        )
    return _OWED[kind]


def _number(value: Any) -> Decimal:
    return Decimal(str(value))
