"""What a CAMT entry's values mean: a line. Pure.

A credit entry is positive, a debit entry negative. `RvslInd` never turns the sign: the mark is
the money's own way. A charge is what the bank took: negative, unless its mark says credit. What is
booked is the amount in the account's currency; what its details say informs, and is never booked.
"""

from __future__ import annotations

from decimal import Decimal

from tieout.formats.camt.batches import batch_id, count_of_batch, hold_details
from tieout.formats.camt.values import (
    Say,
    Values,
    day_of,
    decimal_of,
    informing,
    money,
    signed,
    text_of,
    truth,
    with_mark,
)
from tieout.formats.model import Charge, Detail, FormatError, Line, Place
from tieout.formats.references import find_references, kind_of

_DETAILS = {"details"}
_NO_DETAIL = Detail()
_STATUS = {"BOOK": "booked", "": "booked", "PDNG": "pending", "INFO": "information", "FUTR": "pending"}


def bank_code(values: Values) -> str:
    """PMNT/RCDT/ESCT, or the bank's own code."""
    codes = (text_of(values, n) for n in ("domain", "family", "subfamily"))
    return "/".join(c for c in codes if c) or text_of(values, "proprietary")


def _charges(values: Values, say: Say) -> tuple[Charge, ...]:
    found = []
    for group in values.get("charges", ()):
        rows = group.get("records") or [group]
        for row in rows:
            taken = informing(row, "amount" if "amount" in row else "total", say)
            if taken is None:
                continue
            amount, currency = taken
            credit = text_of(row, "mark") == "CRDT"
            stated = row.get("included")
            included = None if stated is None else truth(stated.strip(), "ChrgInclInd")
            found.append(Charge(amount if credit else 0 - amount, currency, included, text_of(row, "code")))
    return tuple(found)


def _structured(values: Values, remittance: str) -> tuple[tuple[str, str], ...]:
    """References that the file names as such, then those found in the free text."""
    found: dict[tuple[str, str], None] = {}
    for row in values.get("structured", ()):
        reference = text_of(row, "reference")
        if reference:
            plain = "".join(reference.split())
            kind = kind_of(reference) or text_of(row, "code") or "SCOR"
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


def _rate(values: Values, say: Say) -> Decimal | None:
    text = values.get("transaction_rate") or values.get("instructed_rate")
    if not text:
        return None
    rate = decimal_of(text)
    if rate is None:
        say("an exchange rate that cannot be read", f"an exchange rate that cannot be read ({text[:40]})")
    return rate


def _end_to_end(text: str) -> str:
    return "" if text in ("NOTPROVIDED", "NOTPROVID") else text


def _counterparty(values: Values, incoming: bool) -> tuple[str, str, str]:
    """Name, account and bank of the other side: the debtor of money that comes in. A bank that is
    the party itself may be named by its BIC alone."""
    role = "debtor" if incoming else "creditor"
    name = text_of(values, role) or text_of(values, f"ultimate_{role}")
    return (
        name or text_of(values, f"{role}_bic") or text_of(values, f"ultimate_{role}_bic"),
        text_of(values, f"{role}_account"),
        text_of(values, f"{role}_bank") or text_of(values, f"{role}_bic"),
    )


def _detail(values: Values, entry_mark: str, reversal: bool, say: Say) -> Detail:
    mark = text_of(values, "mark") or entry_mark
    # Version 02 gives a transaction's amount in AmtDtls alone.
    taken = informing(values, "amount" if "amount" in values else "transaction_amount", say)
    amount, currency = taken or (None, "")
    if amount is not None:
        amount = with_mark(amount, mark)
    # A reversal keeps the parties of the transaction that it takes back.
    name, account, bank = _counterparty(values, (mark == "CRDT") != reversal)
    remittance = _remittance(values)
    return Detail(
        amount=amount,
        currency=currency,
        end_to_end_id=_end_to_end(text_of(values, "end_to_end_id")),
        instruction_id=text_of(values, "instruction_id"),
        transaction_id=text_of(values, "transaction_id"),
        mandate_id=text_of(values, "mandate_id"),
        message_id=text_of(values, "message_id"),
        payment_information_id=text_of(values, "payment_information_id"),
        bank_reference=text_of(values, "bank_reference"),
        counterparty=name,
        counterparty_account=account,
        counterparty_bank=bank,
        remittance=remittance,
        structured=_structured(values, remittance),
        instructed=informing(values, "instructed", say),
        exchange_rate=_rate(values, say),
        charges=_charges(values, say),
        return_reason=text_of(values, "return_reason"),
        additional=text_of(values, "additional"),
    )


def entry_of(values: Values, place: Place, account_currency: str, say: Say) -> Line:
    """An Ntry on an account of `account_currency` ("" where it is not known yet). What only one
    transaction can say stands on the line as well, unless the entry is a batch of several.

    `say` is told what was not understood of its details. Raises FormatError, with the entry's place.
    """
    try:
        return _entry(values, place, account_currency, say)
    except FormatError as error:
        if error.place is not None:
            raise
        raise FormatError(str(error), place) from None


def _booked(
    values: Values, details: tuple[Detail, ...], account_currency: str
) -> tuple[Decimal, str, tuple[Decimal, str] | None]:
    """The signed amount that was booked, its currency, and what was instructed in another one.

    A bank may write an entry's Amt in the currency of the payment. What moved the account then
    stands in TxAmt, or in every detail (OCA/bank-statement-import 385); it is never worked out.
    """
    if not text_of(values, "mark") and "amount" in values:
        text, currency = values["amount"]
        raise FormatError(
            f"an entry of {(text or '')[:40]} {(currency or '')[:10]} says neither credit nor debit: CdtDbtInd, which ISO 20022 "
            "demands, is missing, and no sign is guessed; ask the bank for it"
        )
    amount, currency = signed(values)
    if currency == account_currency or not account_currency:
        return amount, currency, None
    instructed = (abs(amount), currency)
    if values.get("transaction_amount", ("", ""))[1] == account_currency:
        value, _ = money(values, "transaction_amount")
        return with_mark(value, text_of(values, "mark")), account_currency, instructed
    count = count_of_batch(values.get("groups", ()))
    parts = [d.amount for d in details if d.amount is not None and d.currency == account_currency]
    if parts and len(parts) == len(details) and count in (None, len(details)):
        total = sum(parts, Decimal(0))
        if (total < 0) == (amount < 0):
            return total, account_currency, instructed
    raise FormatError(
        f"a line is in {currency}, its account in {account_currency}, and neither its AmtDtls/TxAmt nor all its "
        f"details say what moved the account: ask the bank for entries in {account_currency}"
    )


def _entry(values: Values, place: Place, account_currency: str, say: Say) -> Line:
    status = values.get("status", "")
    if status not in _STATUS:
        raise FormatError(f"the status is {status!r}, not BOOK, PDNG or INFO")
    groups = values.get("groups", ())
    mark, reversal = text_of(values, "mark"), truth(text_of(values, "reversal"), "RvslInd")
    details = tuple(_detail(d, mark, reversal, say) for g in groups for d in g.get("details", ()))
    amount, currency, instructed = _booked(values, details, account_currency)
    batches = [g for g in groups if g.keys() - _DETAILS]
    count = count_of_batch(groups) if batches else None
    only = details[0] if len(details) == 1 and count in (None, 0, 1) else _NO_DETAIL
    line = Line(
        amount=amount,
        currency=currency,
        booked_on=day_of(values, "booked"),
        value_on=day_of(values, "value"),
        place=place,
        status=_STATUS[status],
        reversal=reversal,
        reference=text_of(values, "reference"),
        bank_reference=text_of(values, "bank_reference"),
        bank_code=bank_code(values),
        end_to_end_id=only.end_to_end_id,
        mandate_id=only.mandate_id,
        counterparty=only.counterparty,
        counterparty_account=only.counterparty_account,
        counterparty_bank=only.counterparty_bank,
        remittance=" ".join(d.remittance for d in details if d.remittance),
        structured=tuple(dict.fromkeys(pair for d in details for pair in d.structured)),
        instructed=informing(values, "instructed", say) or only.instructed or instructed,
        exchange_rate=_rate(values, say) or only.exchange_rate,
        charges=_charges(values, say),
        details=details,
        batch_count=count,
        batch_id=batch_id(batches) if batches else "",
        additional=text_of(values, "additional"),
    )
    if batches or len(details) > 1 or only.amount not in (None, amount):
        hold_details(line, groups, say)
    return line
