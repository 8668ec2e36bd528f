"""What a CAMT element's values mean: a line, or a statement's head. Pure.

A credit entry is positive, a debit entry negative. `RvslInd` never turns the sign: the mark is
the money's own way. A charge is what the bank took: negative, unless its mark says credit.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tieout.formats.amounts import exact
from tieout.formats.model import (
    Balance,
    Charge,
    Detail,
    FormatError,
    Head,
    Line,
    Place,
    Stated,
)
from tieout.formats.references import find_references, kind_of

Values = dict[str, Any]
_STATUS = {"BOOK": "booked", "": "booked", "PDNG": "pending", "INFO": "information", "FUTR": "pending"}
# Balances by preference: booked ones before interim ones.
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def _text(values: Values, name: str) -> str:
    found = values.get(name)
    return found.strip() if found else ""


@lru_cache(4096)
def day(text: str) -> date:
    """The day that a Dt or DtTm writes, in the bank's own zone.

    Raises FormatError for a text that is no date.
    """
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise FormatError(f"{text[:40]!r} is no date, such as 2026-10-31") from None


def _day(values: Values, name: str) -> date | None:
    text = values.get(name)
    return day(text) if text else None


def _money(values: Values, name: str) -> tuple[Decimal, str]:
    text, currency = values[name]
    value = exact(text or "", currency or "")
    if value < 0:
        raise FormatError(f"{name} is negative ({text}): its sign is CdtDbtInd's")
    return value, currency


def signed(values: Values, default: str = "") -> tuple[Decimal, str]:
    """Amt with the sign that CdtDbtInd gives it, and its currency."""
    if "amount" not in values:
        raise FormatError("it has no Amt")
    value, currency = _money(values, "amount")
    mark = _text(values, "mark") or default
    if mark == "CRDT":
        return value, currency
    if mark == "DBIT":
        # 0 - x, since -Decimal(0) would print as "-0.00".
        return 0 - value, currency
    raise FormatError(f"CdtDbtInd is {mark!r}, not CRDT or DBIT")


def bank_code(values: Values) -> str:
    """PMNT/RCDT/ESCT, or the bank's own code."""
    codes = (_text(values, n) for n in ("domain", "family", "subfamily"))
    return "/".join(c for c in codes if c) or _text(values, "proprietary")


def _truth(text: str, name: str) -> bool:
    if text in ("true", "1"):
        return True
    if text in ("false", "0", ""):
        return False
    raise FormatError(f"{name} is {text!r}, not true or false")


def _charges(values: Values) -> tuple[Charge, ...]:
    found = []
    for group in values.get("charges", ()):
        rows = group.get("records") or [group]
        for row in rows:
            name = "amount" if "amount" in row else "total"
            if name not in row:
                continue
            amount, currency = _money(row, name)
            credit = _text(row, "mark") == "CRDT"
            stated = row.get("included")
            included = None if stated is None else _truth(stated.strip(), "ChrgInclInd")
            found.append(Charge(amount if credit else 0 - amount, currency, included, _text(row, "code")))
    return tuple(found)


def _structured(values: Values, remittance: str) -> tuple[tuple[str, str], ...]:
    """References that the file names as such, then those found in the free text."""
    found: dict[tuple[str, str], None] = {}
    for row in values.get("structured", ()):
        reference = _text(row, "reference")
        if reference:
            plain = "".join(reference.split())
            kind = kind_of(reference) or _text(row, "code") or "SCOR"
            found[kind, plain if kind_of(reference) else reference] = None
        for number in row.get("documents", ()):
            found["DOCUMENT", number] = None
    for pair in find_references(remittance):
        found.setdefault(pair)
    return tuple(found)


def _remittance(values: Values) -> str:
    texts = list(values.get("remittance", ()))
    for row in values.get("structured", ()):
        texts += row.get("additional", ())
    return " ".join(t for t in texts if t)


def _instructed(values: Values) -> tuple[Decimal, str] | None:
    return _money(values, "instructed") if "instructed" in values else None


def _rate(values: Values) -> Decimal | None:
    text = _text(values, "exchange_rate")
    if not text:
        return None
    if not text.replace(".", "", 1).isdigit() or len(text) > 24:
        raise FormatError(f"XchgRate is {text[:40]!r}, a decimal number was expected")
    return Decimal(text)


def _end_to_end(text: str) -> str:
    return "" if text in ("NOTPROVIDED", "NOTPROVID") else text


def _counterparty(values: Values, incoming: bool) -> tuple[str, str, str]:
    """Name, account and bank of the other side: the debtor of money that comes in."""
    role = "debtor" if incoming else "creditor"
    return (
        _text(values, role) or _text(values, f"ultimate_{role}"),
        _text(values, f"{role}_account"),
        _text(values, f"{role}_bank"),
    )


def _detail(values: Values, mark: str, reversal: bool) -> Detail:
    amount, currency = None, ""
    if "amount" in values:
        amount, currency = signed(values, mark)
    elif "transaction_amount" in values:
        # Version 02 gives a transaction's amount in AmtDtls alone.
        value, currency = _money(values, "transaction_amount")
        amount = value if (_text(values, "mark") or mark) == "CRDT" else 0 - value
    # A reversal keeps the parties of the transaction that it takes back.
    name, account, bank = _counterparty(values, ((_text(values, "mark") or mark) == "CRDT") != reversal)
    remittance = _remittance(values)
    return Detail(
        amount=amount,
        currency=currency,
        end_to_end_id=_end_to_end(_text(values, "end_to_end_id")),
        instruction_id=_text(values, "instruction_id"),
        transaction_id=_text(values, "transaction_id"),
        mandate_id=_text(values, "mandate_id"),
        message_id=_text(values, "message_id"),
        payment_information_id=_text(values, "payment_information_id"),
        bank_reference=_text(values, "bank_reference"),
        counterparty=name,
        counterparty_account=account,
        counterparty_bank=bank,
        remittance=remittance,
        structured=_structured(values, remittance),
        instructed=_instructed(values),
        exchange_rate=_rate(values),
        charges=_charges(values),
        return_reason=_text(values, "return_reason"),
        additional=_text(values, "additional"),
    )


def entry_of(values: Values, place: Place) -> Line:
    """An Ntry. What only one transaction can say stands on the line as well.

    Raises FormatError, with the entry's place.
    """
    try:
        return _entry(values, place)
    except FormatError as error:
        if error.place is not None:
            raise
        raise FormatError(str(error), place) from None


def _entry(values: Values, place: Place) -> Line:
    amount, currency = signed(values)
    status = values.get("status", "")
    if status not in _STATUS:
        raise FormatError(f"the status is {status!r}, not BOOK, PDNG or INFO")
    mark, reversal = _text(values, "mark"), _truth(_text(values, "reversal"), "RvslInd")
    details = tuple(_detail(d, mark, reversal) for d in values.get("details", ()))
    only = details[0] if len(details) == 1 else Detail()
    remittance = " ".join(d.remittance for d in details if d.remittance)
    count = _text(values, "batch_count")
    return Line(
        amount=amount,
        currency=currency,
        booked_on=_day(values, "booked"),
        value_on=_day(values, "value"),
        place=place,
        status=_STATUS[status],
        reversal=reversal,
        reference=_text(values, "reference"),
        bank_reference=_text(values, "bank_reference"),
        bank_code=bank_code(values),
        end_to_end_id=only.end_to_end_id,
        mandate_id=only.mandate_id,
        counterparty=only.counterparty,
        counterparty_account=only.counterparty_account,
        counterparty_bank=only.counterparty_bank,
        remittance=remittance,
        structured=tuple(dict.fromkeys(pair for d in details for pair in d.structured)),
        instructed=_instructed(values) or only.instructed,
        exchange_rate=_rate(values) or only.exchange_rate,
        charges=_charges(values),
        details=details,
        batch_count=int(count) if count.isdigit() else None,
        additional=_text(values, "additional"),
    )


def _balances(values: Values) -> tuple[Balance, ...]:
    found = []
    for row in values.get("balances", ()):
        amount, currency = signed(row)
        found.append(Balance(amount, currency, _day(row, "on"), _text(row, "code")))
    return tuple(found)


def _first(balances: tuple[Balance, ...], codes: tuple[str, ...]) -> Balance | None:
    for code in codes:
        for balance in balances:
            if balance.code == code:
                return balance
    return None


def _number(text: str, name: str) -> int | None:
    if not text:
        return None
    if not text.isdigit() or len(text) > 15:
        raise FormatError(f"{name} is {text[:40]!r}, a count was expected")
    return int(text)


def _side(values: Values, name: str, currency: str) -> tuple[int | None, Decimal | None]:
    """Count and sum of one side; several summaries of a side add up."""
    count: int | None = None
    total: Decimal | None = None
    for row in values.get(name, ()):
        number = _number(_text(row, "count"), "NbOfNtries")
        count = (count or 0) + number if number is not None else count
        if _text(row, "sum"):
            # Some banks write the sum of debits as a negative number.
            total = (total or Decimal(0)) + abs(exact(_text(row, "sum"), currency))
    return count, total


def head_of(values: Values, place: Place, *, intraday: bool) -> Head:
    """A Stmt, Rpt or Ntfctn without its entries. Raises FormatError, with its place."""
    try:
        return _head(values, place, intraday)
    except FormatError as error:
        if error.place is not None:
            raise
        raise FormatError(str(error), place) from None


def _head(values: Values, place: Place, intraday: bool) -> Head:
    balances = _balances(values)
    opening, closing = _first(balances, _OPENING), _first(balances, _CLOSING)
    interim = [b for b in balances if b.code == "ITBD"]
    # Pages of one statement, and interim reports, carry over by interim balances.
    if opening is None and len(interim) == 2:
        opening = interim[0]
    if closing is None and interim:
        closing = interim[-1] if interim[-1] is not opening else None
    currency = _text(values, "currency") or next((b.currency for b in balances), "")
    credits, debits = _side(values, "credits", currency), _side(values, "debits", currency)
    from_on, to_on = _day(values, "from"), _day(values, "to")
    return Head(
        account=_text(values, "account"),
        currency=currency,
        statement_id=_text(values, "id"),
        sequence=_text(values, "electronic_sequence") or _text(values, "legal_sequence"),
        page=_number(_text(values, "page"), "PgNb") or None,
        bank=_text(values, "bank"),
        owner=_text(values, "owner"),
        from_on=from_on or (opening.on if opening else None),
        to_on=to_on or (closing.on if closing else None),
        opening=opening,
        closing=closing,
        balances=balances,
        stated=Stated(
            count=_number(_text(values, "total_count"), "NbOfNtries"),
            credit_count=credits[0],
            credit_sum=credits[1],
            debit_count=debits[0],
            debit_sum=debits[1],
        ),
        intraday=intraday,
        place=place,
    )
