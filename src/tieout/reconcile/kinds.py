"""What a number is called in a text: a delivery note's is no invoice's, though its digits are the same.

Words of the kinds of documents and partners that people number, as they stand before numbers in payments. A kind whose
word is one of the side's own numbers' letters is no other kind there; orders are one only where the side's numbers
have letters that say what they are.
"""

from __future__ import annotations

import re

from tieout.reconcile.frames import pl

_CREDIT = "GS GUTSCHRIFT GUTSCHR CN CREDIT CREDITNOTE AVOIR CREDITNOTA ABONO NC RG-KORREKTUR STORNO"
_DELIVERY = "LS LIEFERSCHEIN LIEF DN DELIVERY BL PAKBON ALBARAN DDT"
_OFFER = "ANGEBOT ANG QUOTE OFFER OFFERTE DEVIS PRESUPUESTO PREVENTIVO"
_PARTNER = "KD KUNDE KUNDENNR KUNDENNUMMER KDNR CUSTOMER CLIENT KLANT KLANTNR DEBITOR VERTRAG CONTRACT MANDAT"
_ORDER = "PO SO AB ORD ORDER AUFTRAG BESTELLUNG BEST BESTELLNR COMMANDE PEDIDO ORDINE BESTELLING"
_FAMILIES = tuple(frozenset(words.split()) for words in (_CREDIT, _DELIVERY, _OFFER, _PARTNER))
_ORDERS = frozenset(_ORDER.split())
# "Kd-Nr 10234", "Order no. 4711", "GS: 2026-0412".
_MARKS = r"[ .:#/-]{0,3}"
_BETWEEN = rf"{_MARKS}(?:(?:NR|NO|NUM|NUMMER|NUMBER)\b{_MARKS})?"
# A provider's id ("po_1Nx3") is none.
_NUMBER = r"\d(?:[-/. ]?\d)*\b"


def other_kinds(letters: frozenset[str]) -> str:
    """An expression for a number of another kind with its word, in capitals; `letters` are those of the side's own
    numbers."""
    families = [f for f in _FAMILIES if f.isdisjoint(letters)]
    if letters and _ORDERS.isdisjoint(letters):
        families.append(_ORDERS)
    words = sorted({re.escape(w) for f in families for w in f}, key=lambda w: (-len(w), w))
    return rf"\b(?:{'|'.join(words)}){_BETWEEN}{_NUMBER}"


def lettered(letters: frozenset[str]) -> str:
    """An expression for numbers that stand behind one of these letters."""
    words = sorted(map(re.escape, letters), key=lambda w: (-len(w), w))
    return rf"\b(?:{'|'.join(words)}){_MARKS}{_NUMBER}"


def without(texts: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """(n, text) with what the expression finds taken out."""
    return texts.with_columns(pl.col("text").str.replace_all(pattern, " "))
