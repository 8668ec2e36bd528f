"""Stripe Tax on the wire: a calculation, which is no transaction until somebody makes it one.

References: docs.stripe.com/api/tax/calculations (create, line items), docs.stripe.com/tax/zero-tax. Amounts are integers of Stripe's
own minor units (`money.STRIPE`), exclusive of tax, and never negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import httpx2

from tieout.connector_api import (
    RefusedError,
    SystemConfig,
    Walk,
    ask_json,
    read_json,
    system_client,
)
from tieout.documents.taxation import DeterminedLine, TaxDetermination, TaxedLine, TaxQuestion
from tieout.money import STRIPE, Amount

# What answers look like is this version's, whatever the account's own default is.
VERSION = "2026-09-30.endive"
_KEY = "give a secret or restricted key with the right to write tax calculations"
# Stripe's words for why a tax is what it is, as far as they say what is due.
_REASONS = {
    "standard_rated": "standard",
    "reduced_rated": "standard",
    "portion_standard_rated": "standard",
    "portion_reduced_rated": "standard",
    "proportionally_rated": "standard",
    "taxable_basis_reduced": "standard",
    "reverse_charge": "reverse_charge",
    "zero_rated": "zero",
    "not_subject_to_tax": "zero",
    "product_exempt": "exempt",
    "product_exempt_holiday": "exempt",
    "portion_product_exempt": "exempt",
    "customer_exempt": "exempt",
}
# Those that say nothing of it, and what to do.
_SAYS_NOTHING = {
    "not_collecting": "add a registration there in Stripe Tax",
    "not_supported": "it does not know that place: let the table of rates say it",
}
_PAGE, _PAGES = 100, 100


def open_session(config: SystemConfig) -> StripeTaxSession:
    """A session by API key. Nothing is asked of Stripe yet."""
    headers = {"Authorization": f"Bearer {config.text('key')}", "Stripe-Version": VERSION}
    return StripeTaxSession(
        system_client(config, base_url=config.text("url").rstrip("/"), timeout=15, headers=headers)
    )


class StripeTaxSession:
    """TaxEngine."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        answer = read_json(self._http, "Stripe Tax", "/v1/tax/settings", {}, _KEY)[0]
        return f"Stripe Tax, {answer.get('status', 'unknown')}"

    def determine(self, questions: Sequence[TaxQuestion]) -> list[TaxDetermination]:
        """See `TaxEngine.determine`."""
        return [self._one(question) for question in questions]

    def _one(self, question: TaxQuestion) -> TaxDetermination:
        try:
            answer = ask_json(self._http, "Stripe Tax", "/v1/tax/calculations", _KEY, form=_form(question))
        except RefusedError as error:
            if "tax_date" not in str(error):
                raise
            raise RefusedError(
                f"Stripe Tax knows the rates of days up to 31 days from today, and {question.on} of {question.key} is none: "
                f"let the table of rates say what was due then ({error})"
            ) from None
        rows = {str(row["reference"]): row for row in self._lines(answer)}
        missing = [x.line for x in question.lines if x.line not in rows]
        if missing:
            raise RefusedError(f"Stripe Tax answers nothing about line {missing[0]} of {question.key}")
        return TaxDetermination(
            engine="stripetax",
            question=question,
            lines=tuple(_line(x, rows[x.line], question.currency) for x in question.lines),
        )

    def _lines(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        """All lines of a calculation: the answer holds the first of them, and says where there are more."""
        rows: list[dict[str, Any]] = list(answer["line_items"]["data"])
        more, walk = (
            bool(answer["line_items"].get("has_more")),
            Walk(f"Stripe Tax: lines of {answer['id']}", _PAGES),
        )
        while more:
            page = read_json(
                self._http,
                "Stripe Tax",
                f"/v1/tax/calculations/{answer['id']}/line_items",
                {"limit": _PAGE, "starting_after": walk.after(rows), "expand[]": "data.tax_breakdown"},
                _KEY,
            )[0]
            rows += page["data"]
            more = bool(page["has_more"])
        return rows


def _form(question: TaxQuestion) -> dict[str, str]:
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
        # Stripe takes whole minor units, none below zero: a net that is finer is refused, and not rounded; one that lowers the
        # document is asked for without its sign, and so is its tax.
        minor = STRIPE.minor(Amount.exact(abs(line.net), question.currency))
        form |= {
            f"line_items[{number}][amount]": str(minor),
            f"line_items[{number}][reference]": line.line,
            f"line_items[{number}][tax_behavior]": "exclusive",
        }
        if line.category.startswith("txcd_"):
            form[f"line_items[{number}][tax_code]"] = line.category
    return form


def _line(asked: TaxedLine, row: dict[str, Any], currency: str) -> DeterminedLine:
    parts = row.get("tax_breakdown") or []
    told = sum(int(p["amount"]) for p in parts)
    # Each part is rounded by itself.
    if abs(told - int(row["amount_tax"])) > len(parts):
        raise RefusedError(
            f"Stripe Tax: line {asked.line} is said to be taxed {row['amount_tax']}, and its parts come to {told}"
        )
    kinds = {_treatment(asked.line, p) for p in parts}
    if "standard" in kinds:
        # A county that asks for nothing, or a state that exempts it, beside a city that taxes it.
        kinds -= {"zero", "exempt"}
    if len(kinds) > 1:
        raise RefusedError(f"Stripe Tax: line {asked.line} is taxed in several ways: split it")
    treatment = kinds.pop() if kinds else "zero"
    details = [p["tax_rate_details"] for p in parts if p.get("tax_rate_details")]
    rate = sum((Decimal(str(d.get("percentage_decimal") or 0)) for d in details), Decimal(0))
    if treatment == "reverse_charge" and not rate:
        # Of a seller it takes nothing, and what the buyer owes is none of its business.
        raise RefusedError(
            f"Stripe Tax: line {asked.line} is under a reverse charge, and Stripe does not say at which rate the buyer owes it: "
            "let the table of rates say it"
        )
    amount = STRIPE.amount(row["amount_tax"], currency).value
    return DeterminedLine(
        line=asked.line,
        treatment=treatment,
        rate=rate,
        amount=0 - amount if asked.net < 0 else amount,
        jurisdiction=", ".join(str(p.get("jurisdiction", {}).get("display_name", "")) for p in parts),
    )


def _treatment(line: str, part: dict[str, Any]) -> str:
    reason = str(part["taxability_reason"])
    if reason not in _REASONS:
        what = _SAYS_NOTHING.get(reason, "Tieout does not know this word: let the table of rates say it")
        raise RefusedError(f"Stripe Tax does not say what is due on line {line} ({reason}): {what}")
    return _REASONS[reason]
