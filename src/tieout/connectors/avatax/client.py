"""AvaTax on the wire: a transaction of type PurchaseOrder, which is worked out and never recorded.

References: Avalara's OpenAPI document of AvaTax (CreateTransaction, CreateTransactionModel, LineItemModel with their lengths);
developer.avalara.com (document types, basic authentication by account and license key, test transactions of VAT). Amounts are decimals in
the document's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx2

from tieout.connector_api import (
    RefusedError,
    SetupError,
    SystemConfig,
    ask_json,
    read_json,
    system_client,
)
from tieout.connectors.avatax.reading import line_of
from tieout.documents.taxation import TaxDetermination, TaxedLine, TaxQuestion

_KEY = "give the account and license key of this environment"
# How long AvaTax lets a text be.
_CODE, _TAX_CODE, _NUMBER = 50, 25, 25


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
        # A ping always succeeds, and says whether it knew who asked.
        if not answer.get("authenticated"):
            raise SetupError(f"AvaTax does not know this account: {_KEY}")
        return f"AvaTax {answer.get('version', '')}".strip()

    def determine(self, questions: Sequence[TaxQuestion]) -> list[TaxDetermination]:
        """See `TaxEngine.determine`."""
        return [self._one(question) for question in questions]

    def _one(self, question: TaxQuestion) -> TaxDetermination:
        body = _body(question, self._company)
        answer = ask_json(self._http, "AvaTax", "/api/v2/transactions/create", _KEY, body=body)
        rows = {str(row["lineNumber"]): row for row in answer.get("lines") or ()}
        missing = [x.line for x in question.lines if x.line not in rows]
        if missing:
            raise RefusedError(f"AvaTax answers nothing about line {missing[0]} of {question.key}")
        return TaxDetermination(
            engine="avatax",
            question=question,
            lines=tuple(line_of(x, rows[x.line]) for x in question.lines),
        )


def _body(question: TaxQuestion, company: str) -> dict[str, Any]:
    here = {
        "country": question.buyer_country,
        "region": question.buyer_region,
        "postalCode": question.buyer_postal_code,
    }
    # Of a seller only the country is known: within the buyer's it says too little to be found, and is taken to be where the buyer is.
    abroad = question.seller_country not in ("", question.buyer_country)
    return {
        "type": "PurchaseOrder",
        "companyCode": company,
        "code": question.key[:_CODE],
        "date": question.on.isoformat(),
        "customerCode": (question.seller or question.seller_tax_id)[:_CODE],
        "currencyCode": question.currency,
        # On a purchase it is the seller's (developer.avalara.com, domestic reverse charge purchase).
        "businessIdentificationNo": _short(question.seller_tax_id, "the seller's tax number"),
        "exemptionNo": _short(question.exemption, "the exemption's number"),
        "addresses": {"shipFrom": {"country": question.seller_country} if abroad else here, "shipTo": here},
        "lines": [_line(x) for x in question.lines],
    }


def _line(asked: TaxedLine) -> dict[str, Any]:
    """A line as it is asked about; a category that is too long for a tax code is an item's."""
    code = "taxCode" if len(asked.category) <= _TAX_CODE else "itemCode"
    return {"number": asked.line, "quantity": 1, "amount": asked.net, code: asked.category[:_CODE]}


def _short(number: str, what: str) -> str:
    """A number that is cut would be another one's."""
    if len(number) > _NUMBER:
        raise RefusedError(f"AvaTax takes {_NUMBER} characters of {what}, and {number!r} has {len(number)}")
    return number
