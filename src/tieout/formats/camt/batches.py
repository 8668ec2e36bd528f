"""What an entry's details say together, held against the entry: their number, and what they sum to. Pure.

A batch's details may stand in another message, or in none, and fees may be taken off between them
and the entry: so what does not add up is said, and the entry is booked as it stands.
Sources: ISO 20022 message definition report, BatchInformation2; OCA/bank-statement-import 157 and 976.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tieout.formats.camt.values import Say, Values, decimal_of, text_of, with_mark
from tieout.formats.model import Charge, Detail, FormatError, Line

_UNEQUAL = "an entry's details do not add up to it"


def count_of_batch(groups: Iterable[Values]) -> int | None:
    """How many transactions an entry stands for, as its batches say; None where none does."""
    total, stated = 0, False
    for group in groups:
        text = text_of(group, "count")
        if text.isascii() and text.isdigit() and len(text) <= 15:
            total, stated = total + int(text), True
        else:
            total += len(group.get("details", ()))
    return total if stated else None


def batch_id(groups: Iterable[Values]) -> str:
    """What the sender of an entry's one batch called it; "" where there are several names or none."""
    names = {text_of(g, "payment_information_id") or text_of(g, "message_id") for g in groups} - {""}
    return names.pop() if len(names) == 1 else ""


def hold_details(line: Line, groups: Iterable[Values], say: Say) -> None:
    """Tell `say` where the number or the sum of an entry's details, or the total that a batch
    states, is another than it should be."""
    groups = list(groups)
    wrong = [*_counts(line), *_sums(line), *_totals(line, groups)]
    if wrong:
        say(_UNEQUAL, f"{_UNEQUAL}: {', '.join(wrong)}")


def _counts(line: Line) -> list[str]:
    given = len(line.details)
    if line.batch_count is None or not given or line.batch_count == given:
        return []
    return [f"{given} of {line.batch_count} transactions"]


def _sums(line: Line) -> list[str]:
    amounts = [_amount_in(detail, line.currency) for detail in line.details]
    if not amounts or None in amounts:
        return []
    total = sum((a for a in amounts if a is not None), Decimal(0))
    if _differs(line, total):
        return [f"they sum to {total} of {line.amount} {line.currency}"]
    return []


def _amount_in(detail: Detail, currency: str) -> Decimal | None:
    return detail.amount if detail.currency == currency else None


def _totals(line: Line, groups: list[Values]) -> list[str]:
    """What the batches of an entry state as their totals, all together."""
    total = Decimal(0)
    for group in groups:
        if "amount" not in group:
            return []
        text, currency = group["amount"]
        value = decimal_of(text or "")
        if value is None or currency != line.currency:
            return []
        try:
            total += with_mark(value, text_of(group, "mark") or ("DBIT" if line.amount < 0 else "CRDT"))
        except FormatError as error:
            return [str(error)]
    if groups and _differs(line, total):
        return [f"its batch states {total} of {line.amount} {line.currency}"]
    return []


def _differs(line: Line, total: Decimal) -> bool:
    """Whether a sum of transactions is not the entry's amount, nor that before its fees."""
    fees = _fees(line.charges, line.currency)
    of_details = sum((_fees(d.charges, line.currency) for d in line.details), Decimal(0))
    return line.amount - total not in (0, fees, of_details, fees + of_details)


def _fees(charges: Iterable[Charge], currency: str) -> Decimal:
    return sum((c.amount for c in charges if c.currency == currency), Decimal(0))
