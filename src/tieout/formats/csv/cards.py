"""Exports of cards, in which a purchase may be written above zero: known, proven, or refused.

A bank writes what leaves an account below zero; issuers of cards (American Express, Discover, Apple Card) write what was bought
above it, and what was paid in below. No sign says which of the two a file is. Balances do, or words: a purchase, a
payment received. Sources: the issuers' own exports, as hledger's and firefly-iii's import rules describe them.
"""

from __future__ import annotations

import re

from tieout.formats.csv.direction import Proof, Values, Way
from tieout.formats.csv.table import Table
from tieout.formats.csv.words import named, plain
from tieout.formats.model import FormatError

_ASK = "declare a dialect with a column of marks, or columns of credits and debits"
# A column of this name says that the lines are a card's.
_OF_CARDS = re.compile(
    r"(card|karten?|kaart|kort|karta|karty|kreditkarten|carte|tarjeta|carta|cartao|cartão|kártya)"
    r"([- ]?(member|holder|number|no|nr|last|type|name|inhaber|nummer|houder|haver|holdare|innehavare|#).*)?"
    r"|.*(de (la )?(carte|tarjeta)|da carta|della carta|do cartão|karty)"
    r"|purchased by|appears on your statement as|mcc|merchant( name| category.*)?|händler(name)?"
)
_PURCHASES = frozenset((
    "purchase", "purchases", "card purchase", "pos purchase", "kauf", "einkauf", "karteneinkauf", "achat", "achats",
    "compra", "compras", "acquisto", "aankoop", "zakup", "nákup", "köp", "køb", "kjøp", "varekjøp", "osto", "vásárlás",
))  # fmt: skip
# Of a card alone: whoever sells has sales that are money in, and refunds that are money out.
_SOLD, _GIVEN_BACK = frozenset(("sale", "sales")), frozenset((
    "refund", "return", "returns", "merchandise return", "erstattung", "rückerstattung", "remboursement", "reembolso", "rimborso",
    "terugbetaling", "zwrot", "återbetalning", "refusjon", "hyvitys",
))  # fmt: skip
_RECEIVED = re.compile(
    r"payment received|payment,? ?-? ?thank you|(on|in)[- ]?line payment.*thank you|thank you for your payment|"
    r"zahlung( dankend)? erhalten|paiement reçu|pago recibido|pagamento ricevuto|betaling ontvangen|betalning mottagen"
)


def check_signs(table: Table, way: Way, proof: Proof) -> None:
    """Raises FormatError where the lines may be a card's whose purchases are above zero: words say so, or a column says that
    they are a card's and neither words nor balances say anything."""
    if way.mark or way.credit or way.debit or "amount" not in way.columns:
        return
    column = next((c for c in table.names if _OF_CARDS.fullmatch(named(c))), "")
    said, proven = _said(table, way.values, bool(column)), proof.follows(way.values)
    if -1 in said and not proven:
        raise FormatError(f"purchases are above zero, or what was paid in is below: {_ASK}")
    if column and not said and not proven and any(way.values):
        raise FormatError(
            f"the column {column!r} says that these are a card's lines, and nothing says whether its purchases are above zero: {_ASK}"
        )


def _said(table: Table, values: Values, of_card: bool) -> set[int]:
    """1 where words agree with a sign, -1 where they contradict one."""
    found: set[int] = set()
    texts = {table.columns.get(field) for field in ("remittance", "counterparty", "reference")}
    for column in table.names:
        for cell, value in zip(table.cells(column), values, strict=True):
            meant = _received(cell) if column in texts else _meant(cell, of_card)
            if meant and value:
                found.add(1 if (value > 0) == (meant > 0) else -1)
    return found


def _received(cell: str) -> int:
    """1 where a text says that a payment came in."""
    return 1 if _RECEIVED.match(plain(cell)) else 0


def _meant(cell: str, of_card: bool) -> int:
    """-1 for a purchase, 1 for what came back or in, 0 for any other word."""
    word = plain(cell)
    if word in _PURCHASES or (of_card and word in _SOLD):
        return -1
    return 1 if of_card and word in _GIVEN_BACK else _received(cell)
