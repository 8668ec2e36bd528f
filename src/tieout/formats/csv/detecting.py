"""A dialect for an export that nobody declared: from its header's words and its values.

Nothing is assumed that the values do not show. Dates that could be day and month either way, and
amounts whose mark could be either, are refused with what to declare.
"""

from __future__ import annotations

import csv
import re

import msgspec

from tieout.formats.csv.dialects import Columns, CsvDialect
from tieout.formats.model import FormatError

DETECTED = "csv-detected"
_WORDS: dict[str, tuple[str, ...]] = {
    "booked_on": ("booking date", "date", "transaction date", "posting date", "buchungstag", "buchungsdatum", "datum",
                  "fecha", "data", "bokföringsdag", "bogført", "kirjauspäivä", "date opération"),
    "value_on": ("value date", "valuta", "valutadatum", "wertstellung", "fecha valor", "data valuta", "date valeur"),
    "amount": ("amount", "betrag", "bedrag", "importe", "importo", "montant", "belopp", "beløb", "kwota", "umsatz",
               "amount (eur)", "amount (usd)", "betrag (eur)"),
    "credit": ("credit", "money in", "paid in", "haben", "deposit", "abono", "accrediti", "crédit", "credit amount"),
    "debit": ("debit", "money out", "paid out", "soll", "withdrawal", "cargo", "addebiti", "débit", "debit amount"),
    "balance": ("balance", "saldo", "kontostand", "solde", "running balance", "balance after"),
    "currency": ("currency", "währung", "waehrung", "valuta code", "divisa", "devise", "ccy"),
    "account": ("account", "account number", "iban", "konto", "kontonummer", "rekening"),
    "remittance": ("description", "verwendungszweck", "omschrijving", "concepto", "descrizione", "libellé", "memo",
                   "details", "narrative", "payment reference", "reference text", "text"),
    "counterparty": ("payee", "name", "counterparty", "empfänger", "auftraggeber", "beneficiary", "tegenpartij"),
    "reference": ("reference", "referenz", "kenmerk", "referencia", "transaction id", "id"),
}  # fmt: skip
_AMOUNT = re.compile(r"[-+]?\(?\d[\d.,' ]*\)?-?")
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{2,4})")


def sniff(head: str) -> str:
    """ "csv" where some row looks like a header with a date and an amount; "" otherwise."""
    return "csv" if _header(head.splitlines()[:60]) else ""


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line; none where it is no CSV."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _named(cells: list[str]) -> dict[str, str]:
    """Field to column, by the words that columns go by."""
    plain = {cell.strip().strip("\ufeff").lower(): cell.strip().strip("\ufeff") for cell in cells}
    found: dict[str, str] = {}
    for field, words in _WORDS.items():
        for word in words:
            if word in plain and plain[word] not in found.values():
                found[field] = plain[word]
                break
    return found


def _header(lines: list[str]) -> tuple[int, str, dict[str, str]] | None:
    for number, line in enumerate(lines):
        for delimiter in (";", ",", "\t", "|"):
            if line.count(delimiter) < 2 or len(line) > 10_000:
                continue
            found = _named(_cells(line, delimiter))
            if "booked_on" in found and ("amount" in found or {"credit", "debit"} <= found.keys()):
                return number, delimiter, found
    return None


def detect(lines: list[str]) -> CsvDialect:
    """The dialect of an export. Raises FormatError with what could not be told."""
    header = _header(lines[:60])
    if header is None:
        raise FormatError("no header with a date and an amount was found: declare a dialect")
    at, delimiter, columns = header
    names = [c.strip().strip("\ufeff") for c in _cells(lines[at], delimiter)]
    try:
        found = list(csv.reader(lines[at + 1 : at + 5001], delimiter=delimiter))
    except csv.Error as error:
        raise FormatError(f"no CSV: {error}") from None
    rows = [row for row in found if len(row) >= len(names) - 1]

    def values(field: str) -> list[str]:
        if field not in columns:
            return []
        column = names.index(columns[field])
        return [r[column].strip() for r in rows if column < len(r) and r[column].strip()]

    dates = [v for f in ("booked_on", "value_on") for v in values(f)]
    amounts = [v for f in ("amount", "credit", "debit", "balance") for v in values(f)]
    decimal, thousands = _marks(amounts)
    around = lines[:at]
    return CsvDialect(
        name=DETECTED,
        columns=msgspec.convert(columns, Columns),
        delimiter=delimiter,
        date=_date_form(dates),
        decimal=decimal,
        thousands=thousands,
        account=r"\b([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?)\b",
        account_is="" if any(re.search(r"\b[A-Z]{2}\d{2}[A-Z0-9 ]{11,}", x) for x in around) else "csv",
        currency=r"\b(EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|CAD|AUD|JPY)\b",
    )  # fmt: skip


def _date_form(dates: list[str]) -> str:
    """The order of day, month and year that all dates allow, if only one does."""
    if not dates:
        return "YYYY-MM-DD"
    found = [_DATE.match(d) for d in dates]
    if all(re.fullmatch(r"\d{8}", d) for d in dates):
        return "YYYYMMDD"
    if not all(found):
        odd = next(d for d, f in zip(dates, found, strict=True) if not f)
        raise FormatError(f"{odd[:40]!r} is no date that is known: declare a dialect with its date")
    hits = [f for f in found if f is not None]
    mark = hits[0][2]
    if any(h[2] != mark for h in hits):
        raise FormatError("dates are written in several ways: declare a dialect")
    if all(len(h[1]) == 4 for h in hits):
        return f"YYYY{mark}MM{mark}DD"
    year = "YYYY" if all(len(h[4]) == 4 for h in hits) else "YY"
    # Where points stand between them the day comes first.
    if mark == "." or any(int(h[1]) > 12 for h in hits):
        return f"DD{mark}MM{mark}{year}"
    if any(int(h[3]) > 12 for h in hits):
        return f"MM{mark}DD{mark}{year}"
    raise FormatError(
        f"{dates[0]!r} could be day and month or month and day, and no date tells which: declare a dialect"
    )


def _marks(amounts: list[str]) -> tuple[str, str]:
    """(decimal, thousands) marks that all amounts allow, if only one pair does."""
    decimals: set[str] = set()
    doubtful = ""
    for text in amounts:
        if not _AMOUNT.fullmatch(text):
            continue
        points, commas = text.count("."), text.count(",")
        if points and commas:
            decimals.add("." if text.rindex(".") > text.rindex(",") else ",")
        elif points + commas == 1:
            mark = "." if points else ","
            behind = re.sub(r"\D+$", "", text).partition(mark)[2]
            if len(behind) == 3:
                doubtful = doubtful or text
            else:
                decimals.add(mark)
        elif points + commas > 1:
            decimals.add("," if points else ".")
    if len(decimals) > 1:
        raise FormatError("amounts have both decimal points and decimal commas: declare a dialect")
    if not decimals and doubtful:
        raise FormatError(f"{doubtful!r} could be a thousand or a decimal amount: declare a dialect")
    decimal = decimals.pop() if decimals else "."
    return decimal, "," if decimal == "." else "."
