"""What a statement's own values mean without its entries: its balances, pages and totals. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import msgspec

from tieout.formats.camt.values import (
    Say,
    Values,
    count_of,
    day_of,
    decimal_of,
    money,
    padded,
    signed,
    text_of,
    truth,
)
from tieout.formats.model import Balance, FormatError, Head, Place, Stated

# Balances by preference: booked ones before interim ones.
_OPENING, _CLOSING, _INTERIM = ("OPBD", "PRCD"), "CLBD", "ITBD"
_BOOKED = (*_OPENING, _CLOSING, _INTERIM)
# The subtype of an interim balance with which a page begins.
# Source: Finanssialan Keskusliitto, ISO 20022 Account Statement Guide, paginated statements.
_BEGINS = "OIBD"


class _Row(msgspec.Struct, frozen=True):
    """A balance; `marked` where the file says its sign, which is a credit's until the lines tell otherwise."""

    balance: Balance
    subtype: str
    marked: bool


def head_of(values: Values, place: Place, say: Say, moved: Decimal, *, intraday: bool) -> Head:
    """A Stmt, Rpt or Ntfctn without its entries, whose booked ones come to `moved`; `say` is told what was not understood of it.

    Raises FormatError, with its place.
    """
    try:
        return _head(values, place, say, moved, intraday)
    except FormatError as error:
        if error.place is not None:
            raise
        raise FormatError(str(error), place) from None


def _head(values: Values, place: Place, say: Say, moved: Decimal, intraday: bool) -> Head:
    rows = _balances(values, say)
    currency = text_of(values, "currency") or next(
        (r.balance.currency for r in rows if r.balance.code in _BOOKED),
        next((r.balance.currency for r in rows), ""),
    )
    page = count_of(values, "page", "PgNb") or None
    stated_last = values.get("last_page")
    last = None if stated_last is None else truth(stated_last.strip(), "LastPgInd")
    first, end = _ends([r for r in rows if _counts(r.balance, currency, say)], page, last)
    opening, closing, unproven = _settled(first, end, moved, say)
    return Head(
        account=text_of(values, "account"),
        currency=currency,
        statement_id=text_of(values, "id"),
        sequence=text_of(values, "electronic_sequence") or text_of(values, "legal_sequence"),
        page=page,
        last_page=_last_page(opening, closing) if last is None else last,
        bank=text_of(values, "bank"),
        owner=text_of(values, "owner"),
        from_on=day_of(values, "from") or (opening.on if opening else None),
        to_on=day_of(values, "to") or (closing.on if closing else None),
        opening=opening,
        closing=closing,
        balances=tuple(r.balance for r in rows),
        stated=_stated(values, currency, say),
        intraday=intraday,
        place=place,
        unproven=unproven,
    )


def _settled(
    opening: _Row | None, closing: _Row | None, moved: Decimal, say: Say
) -> tuple[Balance | None, Balance | None, str]:
    """The balances that lines lead from and to, and why they prove nothing, if they do not.

    CdtDbtInd is mandatory in CashBalance (ISO 20022, camt.053.001.02 to 14), and some banks leave it out all the same. Such a
    balance has the sign with which the lines lead from one to the other; where they do so with several signs, or with none, a
    credit's. What was chosen to fit is no proof.
    """
    ends = [row for row in (opening, closing) if row is not None and not row.marked]
    if not ends:
        return _balance(opening), _balance(closing), ""
    opening_is, closing_is = _balance(opening), _balance(closing)
    if opening is not None and closing is not None:
        pairs = list(product(_either(opening), _either(closing)))
        opening_is, closing_is = next((p for p in pairs if p[0].amount + moved == p[1].amount), pairs[0])
    names = " and ".join(row.balance.code for row in ends)
    why = (
        f"the balance {names} says neither credit nor debit (CdtDbtInd, which ISO 20022 demands, is missing)"
    )
    say("a balance without its CdtDbtInd", f"{why}: it is read as the lines lead, and proves nothing")
    return opening_is, closing_is, why


def _either(row: _Row) -> list[Balance]:
    """A balance with each sign that it may have, a credit's first."""
    if row.marked:
        return [row.balance]
    return [row.balance, msgspec.structs.replace(row.balance, amount=0 - row.balance.amount)]


def _balance(row: _Row | None) -> Balance | None:
    return None if row is None else row.balance


def _balances(values: Values, say: Say) -> list[_Row]:
    """Every balance with its subtype. One that proves nothing may be unreadable."""
    found = []
    for row in values.get("balances", ()):
        code = text_of(row, "code")
        marked = bool(text_of(row, "mark")) or code not in _BOOKED or "amount" not in row
        try:
            amount, currency = signed(row) if marked else money(row, "amount")
        except FormatError as error:
            if code in _BOOKED:
                raise
            say("a balance that cannot be read", f"a balance {code[:10]} that cannot be read: {error}")
            continue
        balance = Balance(amount, currency, day_of(row, "on"), code)
        found.append(_Row(balance, text_of(row, "subtype"), marked))
    return found


def _counts(balance: Balance, currency: str, say: Say) -> bool:
    """Whether a balance can be where the account's lines begin or end."""
    if balance.code not in _BOOKED:
        return False
    if balance.currency == currency:
        return True
    what = f"a balance {balance.code} in {balance.currency} of an account in {currency}"
    say("a balance in another currency than the account's", what)
    return False


def _ends(rows: list[_Row], page: int | None, last: bool | None) -> tuple[_Row | None, _Row | None]:
    """Where the lines begin and end. A statement of several days may give both of each day; pages
    of one statement carry over by interim balances, even where they repeat the statement's own."""
    opening: _Row | None = None
    for code in reversed(_OPENING):
        opening = min((r for r in rows if r.balance.code == code), key=_first_day, default=opening)
    closing = max((r for r in rows if r.balance.code == _CLOSING), key=_last_day, default=None)
    interim = [r for r in rows if r.balance.code == _INTERIM]
    begins = [r for r in interim if r.subtype == _BEGINS]
    ends = [r for r in interim if r.subtype != _BEGINS]
    later = (page or 1) > 1
    # Of two the first begins the page; a single one begins it where another balance ends it.
    if not begins and (
        len(interim) > 1 or ((opening is None or later) and closing is not None and last is not False)
    ):
        begins, ends = ends[:1], ends[1:]
    if begins and (opening is None or later):
        opening = begins[0]
    if ends and (closing is None or last is False):
        closing = ends[-1]
    return opening, closing


def _first_day(row: _Row) -> date:
    return row.balance.on or date.max


def _last_day(row: _Row) -> date:
    return row.balance.on or date.min


def _last_page(opening: Balance | None, closing: Balance | None) -> bool | None:
    """Whether no page follows, as the balances say: one that another follows closes with an interim
    balance."""
    if closing is None:
        return None
    if closing.code == _INTERIM:
        return False
    return True if opening is not None and opening.code == _INTERIM else None


def _stated(values: Values, currency: str, say: Say) -> Stated:
    """The statement's own totals: as fine as they are written, since they are only held against it."""
    credits, debits = _side(values, "credits", currency), _side(values, "debits", currency)
    return Stated(
        count=count_of(values, "total_count", "NbOfNtries"),
        sum=_total(text_of(values, "total_sum"), currency),
        net=_net(values, currency, say),
        credit_count=credits[0],
        credit_sum=credits[1],
        debit_count=debits[0],
        debit_sum=debits[1],
    )


def _net(values: Values, currency: str, say: Say) -> Decimal | None:
    text, mark = text_of(values, "total_net"), text_of(values, "total_mark")
    if not text:
        return None
    if mark not in ("CRDT", "DBIT"):
        say(
            "a net of all entries without its CdtDbtInd",
            f"a net of all entries without its CdtDbtInd ({text[:40]})",
        )
        return None
    net = _total(text, currency)
    # Some write a net of debits as a negative number beside its mark.
    return 0 - abs(net) if net is not None and mark == "DBIT" else net


def _total(text: str, currency: str) -> Decimal | None:
    if not text:
        return None
    found = decimal_of(text)
    if found is None:
        raise FormatError(f"{text[:40]!r} is no total, such as 12.50")
    return padded(found, currency)


def _side(values: Values, name: str, currency: str) -> tuple[int | None, Decimal | None]:
    """Count and sum of one side; several summaries of a side add up."""
    count: int | None = None
    total: Decimal | None = None
    for row in values.get(name, ()):
        number = count_of(row, "count", "NbOfNtries")
        count = (count or 0) + number if number is not None else count
        stated = _total(text_of(row, "sum"), currency)
        if stated is not None:
            # Some banks write the sum of debits as a negative number.
            total = (total or Decimal(0)) + abs(stated)
    return count, total
