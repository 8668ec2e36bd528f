"""Stripe Tax on the wire: a calculation, which is no transaction until somebody makes it one.

References: docs.stripe.com/api/tax/calculations (create), docs.stripe.com/tax. Amounts are integer
minor units, exclusive of tax.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from tieout.connector_api import RefusedError, SystemConfig, ask_json, http_client, read_json
from tieout.documents.taxation import DeterminedLine, TaxDetermination, TaxQuestion
from tieout.money import Amount, from_minor, minor_digits

_KEY = "give a secret or restricted key with the right to write tax calculations"
_REASONS = {
    "standard_rated": "standard",
    "reduced_rated": "standard",
    "reverse_charge": "reverse_charge",
    "zero_rated": "zero",
    "not_subject_to_tax": "zero",
    "product_exempt": "exempt",
    "customer_exempt": "exempt",
    "not_collecting": "zero",
}


def open_session(config: SystemConfig) -> StripeTaxSession:
    return StripeTaxSession(config.text("url"), config.text("key"))


class StripeTaxSession:
    """TaxEngine."""

    def __init__(self, url: str, key: str) -> None:
        self._http = http_client(
            base_url=url.rstrip("/"), timeout=15, headers={"Authorization": f"Bearer {key}"}
        )

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        answer = read_json(self._http, "Stripe Tax", "/v1/tax/settings", {}, _KEY)[0]
        return f"Stripe Tax, {answer.get('status', 'unknown')}"

    def determine(self, questions: Sequence[TaxQuestion]) -> list[TaxDetermination]:
        """See `TaxEngine.determine`."""
        return [self._one(question) for question in questions]

    def _one(self, question: TaxQuestion) -> TaxDetermination:
        form = {
            "currency": question.currency.lower(),
            "tax_date": str(int(datetime.combine(question.on, time(12), UTC).timestamp())),
            "customer_details[address_source]": "billing",
            "customer_details[address][country]": question.buyer_country,
            "ship_from_details[address][country]": question.seller_country or question.buyer_country,
            "expand[]": "line_items.data.tax_breakdown",
        }
        if question.buyer_region:
            form["customer_details[address][state]"] = question.buyer_region
        if question.buyer_postal_code:
            form["customer_details[address][postal_code]"] = question.buyer_postal_code
        if question.exemption:
            form["customer_details[taxability_override]"] = "customer_exempt"
        for number, line in enumerate(question.lines):
            minor = Amount.exact(line.net, question.currency).value.scaleb(minor_digits(question.currency))
            form |= {
                f"line_items[{number}][amount]": f"{minor:.0f}",
                f"line_items[{number}][reference]": line.line,
                f"line_items[{number}][tax_behavior]": "exclusive",
            }
            if line.category.startswith("txcd_"):
                form[f"line_items[{number}][tax_code]"] = line.category
        answer = ask_json(self._http, "Stripe Tax", "/v1/tax/calculations", _KEY, form=form)
        rows = {str(row["reference"]): row for row in answer["line_items"]["data"]}
        missing = [x.line for x in question.lines if x.line not in rows]
        if missing:
            raise RefusedError(f"Stripe Tax answers nothing about line {missing[0]} of {question.key}")
        return TaxDetermination(
            engine="stripetax",
            question=question,
            lines=tuple(_line(x.line, rows[x.line], question.currency) for x in question.lines),
        )


def _line(number: str, row: dict[str, Any], currency: str) -> DeterminedLine:
    parts = row.get("tax_breakdown") or []
    kinds = {_REASONS.get(p["taxability_reason"], "standard") for p in parts}
    if len(kinds) > 1:
        raise RefusedError(f"Stripe Tax: line {number} is taxed in several ways: split it")
    treatment = kinds.pop() if kinds else "zero"
    details = [p["tax_rate_details"] for p in parts if p.get("tax_rate_details")]
    rate = sum((Decimal(str(d["percentage_decimal"])) for d in details), Decimal(0))
    amount = from_minor(row["amount_tax"], currency).value
    return DeterminedLine(
        line=number,
        treatment=treatment,
        rate=rate,
        amount=amount,
        jurisdiction=", ".join(str(p.get("jurisdiction", {}).get("display_name", "")) for p in parts),
    )
