"""Open items of a ledger as the two sides of a match, and a match as what shall be applied. Pure.

Cash is on the left: money that was booked and waits (unapplied, suspense, a payment on the
receivable), as -residual, so that money received is positive. What is due is on the right, as its
residual: an invoice is positive, a bill or a credit note is negative.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec

from tieout.connector_api import OpenItem, SettledItem
from tieout.documents import LineDiscount, OpenLine, Reconciliation, StatementLine
from tieout.money import CURRENCIES, Amount, minor_digits
from tieout.reconcile.frames import pl
from tieout.reconcile.ledger.lessons import Learned
from tieout.reconcile.ledger.unreadable import why_unreadable
from tieout.reconcile.reading import checked

# Units of a currency for one of the entity's, on a day; None where the ledger has none.
Rate = Callable[[str, date], Decimal | None]
# What a difference is of which nothing is booked: it stays open, or is the partner's credit.
STAYS_OPEN = ("partial_payment", "over_payment")
# Kinds of accounts on which what is open is a partner's.
_PARTNERS = ("receivable", "payable")
_COLUMNS = (
    "id", "date", "amount", "currency", "reference", "counterparty", "description", "also", "bank_charge",
    "early_discount", "early_discount_until", "untaxed",
)  # fmt: skip


class GroupError(ValueError):
    """Items that cannot be one match: which, and what was expected."""


def is_cash(item: OpenItem, cash_accounts: Iterable[str]) -> bool:
    """Whether an item is money that waits for what it pays: a bank line in suspense, a line on an
    account of unapplied cash, or a payment that stands on the receivable or payable."""
    if item.kind == "suspense" or item.account in cash_accounts:
        return True
    if not item.is_payment:
        return False
    return (item.kind == "receivable" and item.residual < 0) or (item.kind == "payable" and item.residual > 0)


def spoken(cash: Sequence[OpenItem], told: Mapping[str, StatementLine]) -> list[OpenItem]:
    """Cash in its bank's own words; `told` is what the bank said of a line, by the external id of
    its effect."""
    found = []
    for item in cash:
        said = told.get(item.effect)
        if said is not None:
            # A line that stands for several payments pays what any of them names.
            words = " ".join(
                (said.end_to_end_id, said.reference, said.remittance, *(d.words for d in said.payments))
            )
            name = said.counterparty or item.partner_name
            charged = said.charged if isinstance(said.charged, Decimal) else Decimal(0)
            item = replace(item, partner_name=name, label=" ".join(words.split()), charge=charged)
        found.append(item)
    return found


def sides(
    cash: Sequence[OpenItem], due: Sequence[OpenItem], learned: Learned
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables as `match` takes them, names and numbers read as was learned."""
    left = []
    for item in cash:
        numbers = learned.numbers(item.label)
        label = " ".join((item.label, *numbers))
        left.append(
            _row(replace(item, partner_name=learned.party(item.partner_name), label=label), cash=True)
        )
    return _checked(left, "cash"), _checked([_row(i, cash=False) for i in due], "due")


def settled(past: Sequence[SettledItem]) -> pl.DataFrame:
    """What is settled, as `match` counts names and amounts over it."""
    columns = {"counterparty": pl.String, "currency": pl.String, "minor": pl.Int64}
    # Units of a ledger's own that are no currency (points, coins) say nothing of how rare an amount is.
    rows = [
        (x.partner_name, x.currency, int(x.amount.scaleb(minor_digits(x.currency))))
        for x in past
        if x.currency in CURRENCIES
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _checked(rows: list[dict[str, str]], name: str) -> pl.DataFrame:
    return checked(pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String)), name)


def _row(item: OpenItem, cash: bool) -> dict[str, str]:
    numbers = item.numbers or ("",)
    amount = -item.residual if cash else item.residual
    # A bank line's own number is the bank's, or ours: it says nothing of what the line pays.
    said = not (cash and (item.effect or item.kind == "suspense"))
    return {
        "id": str(item.line),
        "date": item.on.isoformat(),
        "amount": f"{Amount.exact(amount, item.currency).value:f}",
        "currency": item.currency,
        "reference": numbers[0] if said else "",
        "counterparty": item.partner_name,
        "description": item.label,
        "also": "|".join(numbers[1:]) if said and not cash else "",
        "bank_charge": f"{item.charge:f}" if item.charge else "",
        "early_discount": f"{item.discount.amount:f}" if item.discount else "",
        "early_discount_until": item.discount.until.isoformat() if item.discount else "",
        "untaxed": f"{item.untaxed:f}" if item.untaxed is not None else "",
    }


def lines_key(items: Iterable[OpenItem | OpenLine]) -> str:
    """What names a set of lines, whatever is open of them. A bank line in suspense is named by its own id: its item's
    id does not last."""
    found = list(items)
    banks = sorted(x.statement_line for x in found if _in_suspense(x))
    others = sorted(x.line for x in found if not _in_suspense(x))
    text = ",".join([*(f"statement {x}" for x in banks), *(str(x) for x in others)])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _in_suspense(line: OpenItem | OpenLine) -> bool:
    return bool(line.statement_line) and (isinstance(line, OpenLine) or line.kind == "suspense")


def match_document(
    cash: Sequence[OpenItem],
    due: Sequence[OpenItem],
    *,
    explained_as: str,
    difference_account: str,
    rule: str,
    confidence: str,
    why: str,
    decided_by: str,
    own_currency: str,
    rate: Rate | None = None,
    closes: bool = False,
) -> Reconciliation:
    """The match of these items. With a `difference_account` everything is closed and the account
    takes the difference; without one, what is too much stays open, of the latest items.

    Its key is made of the lines and of what is open of them: the same group in the same state is
    the same match, however often it is found. Cash in another currency than what it pays is taken at the ledger's `rate`
    of its day (units of a currency for one of the entity's), whole; what `closes` is all that is due. Raises GroupError where the items are of several
    currencies and no rate joins them, or one side is missing and the other does not sum to zero.
    """
    _are_money((*cash, *due), own_currency)
    cash, due = _paid_back(cash, due)
    currencies = {i.currency for i in (*cash, *due)}
    paid = [_line(i, own_currency) for i in cash]
    exchange: Amount | msgspec.UnsetType = msgspec.UNSET
    if len(currencies) != 1:
        if len({i.currency for i in due}) != 1 or len({i.currency for i in cash}) != 1 or rate is None:
            raise GroupError(
                f"a match has one currency, these have {', '.join(sorted(currencies)) or 'none'}"
            )
        # What is due in the entity's own currency has no exchange difference: what the cash was booked with is paid.
        at_par, closes = (
            closes and due[0].currency == own_currency,
            closes and due[0].currency != own_currency,
        )
        paid, named, exchange = at_rate(cash, paid, due, own_currency, rate, closes)
        why = f"{why}; {named}"
        explained_as = "" if closes else _open_as(paid, due) if at_par else explained_as
    currency = due[0].currency if due else cash[0].currency
    return _joined(
        paid,
        [_line(i, own_currency) for i in due],
        Reconciliation(
            key="",
            occurred_at=datetime.min.replace(tzinfo=UTC),
            currency=currency,
            cash=(),
            due=(),
            difference=Amount.zero(currency),
            explained_as=explained_as,
            difference_account=difference_account,
            rule=rule,
            confidence=confidence,
            why=why,
            decided_by=decided_by,
            booked_on=date.min,
            exchange=exchange,
        ),
        # On an account in transit or of net pay nobody has a credit: what is too much waits where it is seen.
        with_credit=all(i.kind in _PARTNERS for i in due),
    )


def _are_money(items: Iterable[OpenItem], own_currency: str) -> None:
    for item in items:
        if why := why_unreadable(item, own_currency):
            raise GroupError(f"line {item.line}: {why}: match it in the ledger")


def _paid_back(
    cash: Sequence[OpenItem], due: Sequence[OpenItem]
) -> tuple[Sequence[OpenItem], Sequence[OpenItem]]:
    """Both sides; of money alone, what stands with its partner already is what other money pays back."""
    if due or len({i.account for i in cash}) == 1:
        return cash, due
    theirs = [i for i in cash if i.kind in _PARTNERS]
    ours = [i for i in cash if i not in theirs]
    return (ours, theirs) if ours and theirs else (cash, due)


def _open_as(paid: Sequence[OpenLine], due: Sequence[OpenItem]) -> str:
    """What is left where a rate let the cash look like all that is due."""
    owed = sum((i.residual for i in due), Decimal(0))
    short = owed + sum((x.residual for x in paid), Decimal(0))
    if not short:
        return ""
    return "partial_payment" if short * owed > 0 else "over_payment"


def at_rate(
    cash: Sequence[OpenItem],
    lines: Sequence[OpenLine],
    due: Sequence[OpenItem],
    own_currency: str,
    rate: Rate,
    closes: bool,
) -> tuple[list[OpenLine], str, Amount | msgspec.UnsetType]:
    """Cash as lines in the currency of what it pays, the rate's name, and by how much the day's rate would have missed what
    is due. What `closes` is all that is due: the rate is then what both amounts make it, as near to the day's as the
    limit of exchange differences lets it be. Raises GroupError."""
    currency, accounts = due[0].currency, {i.account for i in due}
    if any(i.kind == "suspense" or i.account in accounts for i in cash):
        raise GroupError(
            f"cash in another currency is applied from unapplied money alone: match it with {currency} in Odoo"
        )
    found, units = [], Decimal(1)
    for item, line in zip(cash, lines, strict=True):
        known = Decimal(1) if currency == own_currency else rate(currency, item.on)
        if known is None:
            raise GroupError(f"the ledger has no rate of {currency} on {item.on}")
        units = known
        value = Amount.rounded(item.company * units, currency).value
        open_of = Amount.exact(item.residual, item.currency)
        found.append(msgspec.structs.replace(line, residual=value, paid=open_of))
    exchange: Amount | msgspec.UnsetType = msgspec.UNSET
    if closes:
        missing = sum((i.residual for i in due), Decimal(0)) + sum((x.residual for x in found), Decimal(0))
        found[-1] = msgspec.structs.replace(found[-1], residual=found[-1].residual - missing)
        exchange = Amount.exact(missing, currency) if missing else msgspec.UNSET
    day = max(i.on for i in cash)
    if currency == own_currency:
        return found, f"{cash[0].currency} as it was booked on {day}", exchange
    named = f"{cash[0].currency} at the ledger's {units:f} {currency} for 1 {own_currency} of {day}"
    return found, named, exchange


def match_again(
    document: Reconciliation, only: Collection[int], explained_as: str, account: str, who: str
) -> Reconciliation:
    """What `who` makes of a match: of its lines only those in `only`, if any are given, its
    difference on `account`, if one is given. Raises GroupError as `match_document` does."""
    strange = sorted(set(only) - {x.line for x in (*document.cash, *document.due)})
    if strange:
        raise GroupError(f"line {strange[0]} is none of this match")

    def kept(lines: Sequence[OpenLine]) -> list[OpenLine]:
        return [msgspec.structs.replace(x, rest=Decimal(0)) for x in lines if not only or x.line in only]

    told = msgspec.structs.replace(document, decided_by=who)
    if only:
        told = msgspec.structs.replace(told, exchange=msgspec.UNSET)
    if account:
        told = msgspec.structs.replace(told, explained_as=explained_as, difference_account=account)
    # Who takes some lines out of a match says that the money pays these, and not whose the rest is; who takes all of it, what
    # was shown.
    shown = isinstance(document.credit, Amount) and not only
    return _joined(kept(document.cash), kept(document.due), told, with_credit=shown)


def _line(item: OpenItem, own_currency: str) -> OpenLine:
    return OpenLine(
        line=item.line,
        account=item.account,
        on=item.on,
        residual=Amount.exact(item.residual, item.currency).value,
        company=Amount.exact(item.company, own_currency).value,
        partner=item.partner,
        statement_line=item.statement_line if item.kind == "suspense" else 0,
        number=item.numbers[0] if item.numbers else "",
        party=item.partner_name,
        text=item.label,
        effect=item.effect,
        unmarked=item.unmarked,
        on_payment=item.on_payment,
        corrects_tax=item.corrects_tax or msgspec.UNSET,
        discount=_granted(item),
        entry=item.move,
        bank_line=item.statement_line,
    )


def _granted(item: OpenItem) -> LineDiscount | msgspec.UnsetType:
    if item.discount is None:
        return msgspec.UNSET
    amount = item.discount.amount if item.residual > 0 else -item.discount.amount
    exact = Amount.exact(amount, item.currency).value
    return LineDiscount(until=item.discount.until, amount=exact, parts=item.discount.parts)


def _joined(
    cash: list[OpenLine], due: list[OpenLine], told: Reconciliation, with_credit: bool = True
) -> Reconciliation:
    """`told` with these lines, what stays open of them, and the key that they make. What is too much is a credit where
    it may be one."""
    if len(cash) + len(due) < (1 if told.difference_account else 2):
        raise GroupError("a match has two lines at least, or one and an account that takes it")
    paid = -sum((x.residual for x in cash), Decimal(0))
    owed = sum((x.residual for x in due), Decimal(0))
    difference = paid - owed
    rests: dict[int, Decimal] = {}
    if difference and not told.difference_account:
        if not cash or not due:
            why = f"one side alone must sum to zero, and leaves {abs(difference):f} {told.currency}"
            raise GroupError(why)
        rests = _rests(cash, due, paid, owed)
    credit = _credit(cash, due, rests, told.currency) if rests and with_credit else msgspec.UNSET
    told = msgspec.structs.replace(told, credit=credit)
    lines = {
        x.line: msgspec.structs.replace(x, rest=rests.get(x.line, Decimal(0)))
        for x in (*cash, *due)
        # What nothing is used of is no part of it.
        if rests.get(x.line) != x.residual
    }
    if isinstance(told.credit, Amount):
        lines |= {
            x.line: msgspec.structs.replace(lines[x.line], rest=Decimal(0)) for x in cash if x.line in lines
        }
    if any(isinstance(x.paid, Amount) and x.rest for x in lines.values()):
        raise GroupError(
            "cash in another currency is applied whole: what is too much must be one partner's credit"
        )
    # Of its own lines alone: of what is no part of it nothing is too much.
    difference = -sum((x.residual for x in lines.values()), Decimal(0))
    state = ",".join(f"{x.line}:{x.residual:f}:{x.rest:f}" for x in sorted(lines.values(), key=_by_line))
    account = told.difference_account if difference else ""
    digest = hashlib.sha256(f"{state}|{account}".encode()).hexdigest()[:20]
    on = max(x.on for x in lines.values())
    return msgspec.structs.replace(
        told,
        key=f"match:{digest}",
        occurred_at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
        cash=tuple(sorted((lines[x.line] for x in cash if x.line in lines), key=_by_line)),
        due=tuple(sorted((lines[x.line] for x in due if x.line in lines), key=_by_line)),
        difference=Amount.exact(difference, told.currency),
        difference_account=account,
        explained_as="" if not difference and told.explained_as in STAYS_OPEN else told.explained_as,
        booked_on=on,
    )


def _credit(
    cash: Sequence[OpenLine], due: Sequence[OpenLine], rests: Mapping[int, Decimal], currency: str
) -> Amount | msgspec.UnsetType:
    """What is too much, as cash less due, where it becomes the credit of the one partner of what is paid: of cash that
    an entry moves there from an account of its own. Cash that stands elsewhere stays where it is, and so does what
    another partner paid too much: whose that is nobody said."""
    targets = {(x.account, x.partner) for x in due}
    (account, partner), *others = targets
    moved = all(not x.statement_line and x.account != account and x.partner in (0, partner) for x in cash)
    # What nothing is used of is no part of the match.
    over = -sum((rests[x.line] for x in cash if rests.get(x.line, x.residual) != x.residual), Decimal(0))
    # With a credit note in the set the ledger's own order decides whether that stays open, or the credit does.
    one_way = len({x.residual > 0 for x in due}) == 1
    if not over or others or not partner or not moved or not one_way:
        return msgspec.UNSET
    return Amount.exact(over, currency)


def _by_line(line: OpenLine) -> int:
    return line.line


def _rests(
    cash: Sequence[OpenLine], due: Sequence[OpenLine], paid: Decimal, owed: Decimal
) -> dict[int, Decimal]:
    """What stays open of each item where the sides differ: the oldest are settled first."""
    if paid * owed <= 0:
        raise GroupError(f"cash of {paid:f} cannot pay what is due of {owed:f}: the signs differ")
    larger = cash if abs(paid) > abs(owed) else due
    sign = -1 if larger is cash else 1
    left = min(abs(paid), abs(owed)) * (1 if paid > 0 else -1)
    # What goes the other way (a credit note among invoices) is used whole, and first.
    against = [i for i in larger if sign * i.residual * left < 0]
    rests: dict[int, Decimal] = {}
    left -= sum((sign * i.residual for i in against), Decimal(0))
    for item in sorted((i for i in larger if i not in against), key=lambda i: (i.on, i.line)):
        amount = sign * item.residual
        taken = amount if abs(amount) <= abs(left) else left
        left -= taken
        rests[item.line] = sign * (amount - taken)
    return rests


def told_by(documents: Mapping[str, bytes]) -> dict[str, StatementLine]:
    """Bank lines by the external id of their effect."""
    return {key: msgspec.json.decode(raw, type=StatementLine) for key, raw in documents.items()}
