"""Amounts in another currency than the account's: never taken for the line's amount, nor their currency for its own.

A file may state what was paid where it was paid, beside what the account moved by. Which is which is said by their names;
where two columns of amounts differ and their names do not say it, only balances can.
"""

from __future__ import annotations

import re

from tieout.formats.csv.direction import Proof, Values
from tieout.formats.csv.table import Table
from tieout.formats.csv.words import FEE_WORDS, NET_WORDS, named
from tieout.formats.model import FormatError

_ASK = "declare a dialect"
# Amounts of any kind, by the stems of their names.
_AMOUNT = re.compile(
    r"amount|betrag|bedrag|importe|importo|montant|belopp|beløb|beløp|kwota|částka|castka|čiastka|monto|quantia|umsatz|summa|összeg|"
    r"määrä|gross|brutto"
)
_FOREIGN = re.compile(
    r"original|foreign|fremd|ausland|local|orig\b|vreemde|buitenland|extranjer|divisa|étrang|devise|estera|straniera|valuta estera|"
    r"estrangeir|obc[ay]|zahraniční|utländsk|udenlandsk|utenlandsk|ulkomaan|instructed|transaction|purchase|merchant|source"
)
# What is no amount of the line, whatever its name has in it.
_NO_AMOUNT = re.compile(
    r"fee|charge|commission|vat|tax|mwst|ust\b|btw|iva|tva|balance|saldo|rate|kurs|cashback|tip\b|discount|limit|gebühr|entgelt|kosten|"
    r"frais|spese|comisi"
)
_CURRENCY = re.compile(
    r"currency|curr?\b|ccy|währung|waehrung|valuta|munt|divisa|devise|moneda|moeda|monnaie|waluta|měna|mena"
)


def check_amounts(table: Table, values: Values, proof: Proof) -> None:
    """Raises FormatError where another column may be the amount, or where the currency may be that of another amount."""
    if "amount" not in table.columns or proof.follows(values):
        return
    chosen, sizes = table.columns["amount"], [abs(v) for v in values]
    others = [c for c in table.free() if _is_amount(c) and _differs(c, table, sizes)]
    foreign = [c for c in others if _FOREIGN.search(named(c))]
    unclear = [c for c in others if c not in foreign]
    if unclear or (foreign and _FOREIGN.search(named(chosen))):
        other = (unclear or foreign)[0]
        raise FormatError(
            f"the columns {chosen!r} and {other!r} both have amounts, and differ: which of them moved the account is not known: {_ASK}"
        )
    currency = table.columns.get("currency", "")
    theirs = [c for c in table.free() if _CURRENCY.search(named(c))]
    if foreign and currency and not theirs and len(set(filter(None, table.cells(currency)))) > 1:
        raise FormatError(
            f"the column {currency!r} may be the currency of {foreign[0]!r}, and not of {chosen!r}: {_ASK}"
        )


def _is_amount(column: str) -> bool:
    name = named(column)
    return (
        bool(_AMOUNT.search(name))
        and not _NO_AMOUNT.search(name)
        and not _CURRENCY.fullmatch(name)
        and name not in FEE_WORDS | NET_WORDS
    )


def _differs(column: str, table: Table, sizes: Values) -> bool:
    """Whether a column has amounts, and another one than the line's somewhere."""
    numbers = table.numbers(table.cells(column))
    return any(n is not None and abs(n) != size for n, size in zip(numbers, sizes, strict=True))
