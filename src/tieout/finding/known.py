"""What a document is known by: its number, whose it is, its amounts, days and the ends of accounts. Pure.

Fields are looked at by their names, which documents share, so that a kind of somebody's own is found as well. What is of
payroll is known by nothing: what persons earn is not searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

from tieout.documents import Document, Frame, kind_of
from tieout.finding.terms import account_end, amount_term, day_term, quoted, words
from tieout.money import Amount
from tieout.security import masked

# By which names documents have them: what they are called (`A` of a text search's weights), whose they are (`B`), what else
# they name (`C`), and what they say in words (`D`).
_CALLED = ("number", "order_key", "payout_key", "statement_id", "end_to_end_id", "reference", "run")
_REFERS = (
    "order_number",
    "refers_to",
    "payment_key",
    "refund_key",
    "message_id",
    "batch",
    "tax_id",
    "account_key",
    "supplier",
)
_NAMED = ("counterparty", "customer_name", "name", "provider")
_PARTIES = ("party", "seller")
_TEXTS = ("remittance", "description")
_ACCOUNTS = ("account", "iban", "more_ibans")
_AMOUNTS = ("total", "amount", "gross", "net", "fee", "pays", "prepaid", "exposure")
_DAYS = ("booked_on", "value_on", "due_on", "to_on")
# Of a document with many parts the first are looked at, and as many terms are kept.
_MOST_PARTS, _MOST_TERMS, _MOST_TEXT, _SHOWN = 40, 200, 400, 80

# What people call each kind, in the order in which one is meant sooner than another where both fit as well.
THINGS = (
    "customer", "supplier", "invoice", "bill", "payout", "vendor payment", "bank line", "vendor credit", "purchase order", "charge", "refund",
    "credit note", "dispute", "entry", "expense report", "receipt", "statement", "payment file",
    "payment answer", "fee", "movement", "gift card", "delivery", "match", "schedule", "document",
)  # fmt: skip
_BY_KIND = {
    "customer": "customer", "supplier": "supplier", "customer_invoice": "invoice", "credit_note": "credit note",
    "statement_line": "bank line", "statement": "statement", "dispute": "dispute", "purchase_order": "purchase order",
    "goods_receipt": "receipt", "vendor_payment": "vendor payment", "payment_file": "payment file",
    "payment_answer": "payment answer", "gift_card_tender": "gift card", "revenue_schedule": "schedule",
    "delivery": "delivery", "reconciliation": "match", "interim_report": "statement",
}  # fmt: skip
_MOVEMENTS = {"payout": "payout", "charge": "charge", "refund": "refund", "dispute": "dispute", "fee": "fee"}


# Figures beside the books, of which nobody asks.
_NOT_SEARCHED = frozenset(("batch_control", "customer_standing", "payout_composition", "trial_balance"))
# What banks write where nothing was said.
_NO_REFERENCE = frozenset(("nonref", "notprovided", "not provided", "none", "n/a"))
_PREFIX = re.compile(r"^[a-z_]+:(?=.)")


@dataclass(frozen=True)
class Known:
    """What a document is called and whose it is, as people are shown it, its amount (signed as the document has it; None: it
    has none), and its terms, as PostgreSQL reads a tsvector."""

    thing: str
    number: str
    party: str
    amount: Decimal | None
    terms: str


def thing_of(document: Document) -> str:
    """What people call it: one of THINGS."""
    kind = kind_of(document)
    if kind == "provider_movement":
        return _MOVEMENTS.get(str(getattr(document, "category", "")), "movement")
    if kind == "vendor_bill":
        return "vendor credit" if getattr(document, "refund", False) else "bill"
    if kind == "journal_entry":
        return "expense report" if str(getattr(document, "nature", "")).startswith("expense") else "entry"
    return _BY_KIND.get(kind, "document")


def of_payroll(document: Document) -> bool:
    """Whether it says what persons earn, or what they cost together."""
    return str(getattr(document, "nature", "")).startswith("payroll")


def known(document: Document, entity: str, on: date) -> Known | None:
    """What a document of an entity is known by, accounted on a day; None for what is not searched."""
    if of_payroll(document) or kind_of(document) in _NOT_SEARCHED:
        return None
    thing = thing_of(document)
    found = _Terms()
    _collect(found, document, thing)
    found.add(
        (f":{thing.replace(' ', '')}", f"${document.currency.casefold()}", f"!{entity}", day_term(on)), "D"
    )
    return Known(
        thing,
        _number(document, thing)[:_SHOWN],
        _party(document)[:_SHOWN],
        _head(document),
        found.as_tsvector(),
    )


class _Terms:
    """Terms with the highest weight that each was given."""

    def __init__(self) -> None:
        self._weights: dict[str, str] = {}

    def add(self, terms: tuple[str, ...], weight: str) -> None:
        for term in terms:
            if term and (term in self._weights or len(self._weights) < _MOST_TERMS):
                self._weights[term] = min(self._weights.get(term, weight), weight)

    def say(self, text: str, weight: str) -> None:
        """The words of a text, without account and card numbers."""
        if text:
            self.add(words(masked(text[:_MOST_TEXT])), weight)

    def as_tsvector(self) -> str:
        return " ".join(f"{quoted(t)}:1{w}" for t, w in self._weights.items())


def _collect(found: _Terms, document: Document, thing: str) -> None:
    # What a party is called is its name: a supplier is looked for by that, and a bill of theirs as well.
    named = "A" if thing in ("customer", "supplier") else "B"
    # A line of a statement is named by its place there, by which nobody knows it.
    found.say(_bare(document.key), "C" if thing in ("bank line", "statement") else "A")
    for name in _CALLED:
        found.say(_bare(_text(document, name)), "A")
    for name in _REFERS:
        found.say(_bare(_text(document, name)), "A" if named == "A" else "C")
    for party in _parties(document):
        for text in (party.name, party.email, party.key):
            found.say(text, named)
    for part in (document, *_parts(document)):
        _part(found, part, "B")


def _part(found: _Terms, part: Any, named: str) -> None:
    """What a document, or one line of it, says of itself."""
    for name in _NAMED:
        found.say(_text(part, name) if name != "name" or isinstance(part, Document) else "", named)
    for name in (*_TEXTS, "text"):
        found.say(_text(part, name), "D")
    if not isinstance(part, Document):
        for name in ("reference", "end_to_end_id", "number"):
            found.say(_text(part, name), "C")
    for name in _ACCOUNTS:
        found.add(tuple(account_end(x) for x in _accounts(getattr(part, name, ""))), "C")
    for name in _AMOUNTS:
        value = _value(getattr(part, name, None))
        if value is not None and value != 0:
            found.add((amount_term(value),), "C")
    for name in _DAYS:
        on = getattr(part, name, None)
        if isinstance(on, date):
            found.add((day_term(on),), "D")


def _parts(document: Document) -> Iterator[Any]:
    """Payments of a batch, lines of an entry, what a match pays: they are searched with the whole. What was sold is not: a
    line's amount is no amount that anybody saw on a statement."""
    names: tuple[str, ...] = ("details", "cash", "due", "settles")
    if kind_of(document) == "journal_entry":
        names += ("lines",)
    for name in names:
        parts = getattr(document, name, None)
        if isinstance(parts, tuple):
            yield from parts[:_MOST_PARTS]


def _parties(document: Document) -> Iterator[Any]:
    for name in _PARTIES:
        if (party := getattr(document, name, None)) is not None:
            yield party
    yield from getattr(document, "parties", ())[:_MOST_PARTS]


def _accounts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple):
        return tuple(x for x in value if isinstance(x, str))
    iban = getattr(value, "iban", "")
    return (iban,) if isinstance(iban, str) else ()


def _value(value: Any) -> Decimal | None:
    return value.value if isinstance(value, Amount) else value if isinstance(value, Decimal) else None


def _text(of: Any, name: str) -> str:
    value = getattr(of, name, "")
    return value if isinstance(value, str) else ""


def _bare(key: str) -> str:
    """A key as people know it: without the word that says of what it is (`order:`, `number:`), and nothing where a bank says
    that there is none."""
    return "" if key.casefold() in _NO_REFERENCE else _PREFIX.sub("", key)


def _number(document: Document, thing: str) -> str:
    """What it is called: its number, else what it names first, else its key."""
    names: tuple[str, ...] = ("number", "reference", "end_to_end_id", "order_key", "payment_key", "key")
    if thing == "payout":
        names = ("payout_key", "key")
    if thing in ("customer", "supplier"):
        names = ("key",)
    if thing == "bank line":
        names = ("reference", "end_to_end_id")
    if thing == "statement":
        names = ("statement_id", "key")
    told = (_bare(_text(document, n)) for n in names)
    # A match is called by what it pays.
    paid = (_text(p, "number") for p in _parts(document)) if thing == "match" else ()
    return next((masked(x) for x in chain(paid, told) if x), "")


def _party(document: Document) -> str:
    """Whose it is, or where nobody is named what it says first."""
    if isinstance(document, Frame):
        return masked(_text(document, "account"))
    named = (p.name for p in _parties(document))
    said = (_text(document, n) for n in (*_NAMED, *_TEXTS))
    of_parts = (_text(p, n) for p in _parts(document) for n in ("party", "counterparty"))
    return next((masked(" ".join(x.split())) for x in chain(named, said, of_parts) if x), "")


def _head(document: Document) -> Decimal | None:
    """The amount that it is about: a payment's is what it pays, a movement's what it moved in all."""
    for name in ("pays", "total", "amount", "gross", "exposure"):
        if (value := _value(getattr(document, name, None))) is not None:
            return value
    return None
