"""AvaTax on the wire: a transaction of type PurchaseOrder, which is worked out and never recorded.

References: developer.avalara.com (AvaTax REST v2: CreateTransaction, document types, basic
authentication by account and license key). Amounts are decimals in the document's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import httpx2

from tieout.connector_api import RefusedError, SystemConfig, ask_json, read_json, system_client
from tieout.documents.taxation import DeterminedLine, TaxDetermination, TaxQuestion

_KEY = "give the account and license key of this environment"
_TREATMENTS = {"ConsumerUse": "use_tax", "Use": "use_tax"}


def open_session(config: SystemConfig) -> AvaTaxSession:
    """A session by account number and license key, as basic authentication. Nothing is asked of AvaTax yet."""
    url, auth = config.text("url").rstrip("/"), (config.text("account"), config.text("license_key"))
    return AvaTaxSession(
        system_client(config, base_url=url, timeout=15, auth=auth), config.text("company_code")
    )


class AvaTaxSession:
    """TaxEngine."""

    def __init__(self, http: httpx2.Client, company: str) -> None:
        self._http, self._company = http, company

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        answer = read_json(self._http, "AvaTax", "/api/v2/utilities/ping", {}, _KEY)[0]
        if not answer.get("authenticated"):
            raise RefusedError(f"AvaTax does not know this account: {_KEY}")
        return f"AvaTax {answer.get('version', '')}".strip()

    def determine(self, questions: Sequence[TaxQuestion]) -> list[TaxDetermination]:
        """See `TaxEngine.determine`."""
        return [self._one(question) for question in questions]

    def _one(self, question: TaxQuestion) -> TaxDetermination:
        body = {
            "type": "PurchaseOrder",
            "companyCode": self._company,
            "code": question.key,
            "date": question.on.isoformat(),
            "customerCode": question.seller or question.seller_tax_id,
            "currencyCode": question.currency,
            # On a purchase it is the seller's (developer.avalara.com, domestic reverse charge purchase).
            "businessIdentificationNo": question.seller_tax_id,
            "exemptionNo": question.exemption,
            "addresses": {
                "shipFrom": {"country": question.seller_country},
                "shipTo": {
                    "country": question.buyer_country,
                    "region": question.buyer_region,
                    "postalCode": question.buyer_postal_code,
                },
            },
            "lines": [
                {"number": x.line, "quantity": 1, "amount": x.net, "taxCode": x.category}
                for x in question.lines
            ],
        }
        answer = ask_json(self._http, "AvaTax", "/api/v2/transactions/create", _KEY, body=body)
        rows = {str(row["lineNumber"]): row for row in answer["lines"]}
        missing = [x.line for x in question.lines if x.line not in rows]
        if missing:
            raise RefusedError(f"AvaTax answers nothing about line {missing[0]} of {question.key}")
        return TaxDetermination(
            engine="avatax",
            question=question,
            lines=tuple(_line(x.line, rows[x.line]) for x in question.lines),
        )


def _line(number: str, row: dict[str, Any]) -> DeterminedLine:
    """What is due of a line. A tax that the buyer owes (reverse charge) has no type of its own: it stands as input and as output of
    the same amount, which net to nothing (developer.avalara.com)."""
    details = row.get("details") or []
    sides = {kind: [d for d in details if d.get("taxType") == kind] for kind in ("Input", "Output")}
    owed = sum((abs(Decimal(str(d["tax"]))) for d in sides["Output"]), Decimal(0))
    taken = sum((abs(Decimal(str(d["tax"]))) for d in sides["Input"]), Decimal(0))
    if owed and owed == taken and not Decimal(str(row["tax"])):
        details = sides["Output"]
        return DeterminedLine(
            line=number,
            treatment="reverse_charge",
            rate=(sum((abs(Decimal(str(d["rate"]))) for d in details), Decimal(0)) * 100).normalize(),
            amount=-owed if Decimal(str(row["lineAmount"])) < 0 else owed,
            jurisdiction=", ".join(str(d.get("jurisName", "")) for d in details),
        )
    rate = sum((Decimal(str(d["rate"])) for d in details), Decimal(0)) * 100
    amount = Decimal(str(row["tax"]))
    kinds = {_TREATMENTS.get(d.get("taxType", ""), "standard") for d in details}
    if len(kinds) > 1:
        raise RefusedError(f"AvaTax: line {number} is partly owed by the buyer: split it")
    treatment = kinds.pop() if kinds else "zero"
    if not amount:
        treatment = "exempt" if Decimal(str(row.get("exemptAmount") or 0)) else "zero"
    return DeterminedLine(
        line=number,
        treatment=treatment,
        rate=rate.normalize() if amount else Decimal(0),
        amount=amount,
        jurisdiction=", ".join(str(d.get("jurisName", "")) for d in details),
    )
