"""Files of the bank that are not there, empty, of another time, account or currency, with a gap, doubled, or changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from tests.simulation.ways.books import Books
from tests.simulation.ways.way import Told, Way
from tieout_sandbox.month import LAST_BANKING_DAY
from tieout_sandbox.simulators.bankfile import BankLine
from tieout_sandbox.world import IBAN_USD

LAST = LAST_BANKING_DAY
_MIDDLE = date(2026, 10, 15)
# What the bank takes on the day whose statement is tampered with, in minor units: that day has money of its own.
_FEE = 123_456
Change = Callable[[bytes], bytes | None]


def _tampered(books: Books, day: date, change: Change) -> Decimal:
    """The statement of `day` comes as `change` makes it (None: not at all); the sum of what it would have booked."""
    books.month.expect(
        IBAN_USD, BankLine(day, -_FEE, remittance="Account fee", code=("ACMT", "MDOP", "CHRG"))
    )
    issue = books.month._issue_statements

    def issued(on: date) -> None:
        issue(on)
        path = books.world.statements / f"{IBAN_USD[-4:]}-{on:%Y%m%d}.xml"
        if on == day:
            changed = change(path.read_bytes())
            path.unlink()
            if changed is not None:
                path.write_bytes(changed)

    books.month._issue_statements = issued
    return Decimal(sum(x.amount for x in books.month._day_deposits[IBAN_USD, day])).scaleb(-2)


def missing(day: date) -> Callable[[Books], Told]:
    def act(books: Books) -> Told:
        return Told("statement", _tampered(books, day, lambda _: None))

    return act


def _changed(day: date, change: Callable[[Books], Change], words: str) -> Callable[[Books], Told]:
    def act(books: Books) -> Told:
        return Told(words, _tampered(books, day, change(books)))

    return act


def _replaced(old: str, new: str) -> Callable[[Books], Change]:
    def change(made: bytes) -> bytes:
        text = re.sub(old, new, made.decode())
        assert text.encode() != made, old
        return text.encode()

    return lambda _: change


def _of_a_month_ago(books: Books) -> Change:
    honest = books.world.bank.statement
    return lambda _: honest(IBAN_USD, LAST - timedelta(days=30))


def _cut(books: Books) -> Told:
    """The fee is cut out: that is the amount which is not there."""
    _tampered(books, LAST, _shortened)
    return Told("does not hold", Decimal(_FEE).scaleb(-2))


def _shortened(made: bytes) -> bytes:
    """Without its last entry, and with totals that know of none: only the balances tell."""
    head, _, tail = made.decode().rpartition("<Ntry>")
    rest = tail.partition("</Ntry>")[2]
    text = head + rest
    return re.sub(r"<TxsSummry>.*</TxsSummry>", "", text).encode()


no_last_statement = missing(LAST)

WAYS = (
    Way("statement of the last banking day missing", "files", "distributor", no_last_statement, LAST),
    Way("statement in the middle missing", "files", "distributor", missing(_MIDDLE), _MIDDLE),
    Way("empty statement", "files", "distributor", _changed(LAST, lambda _: lambda made: b"", ""), LAST),
    Way("statement of a month ago again", "files", "distributor", _changed(LAST, _of_a_month_ago, ""), LAST),
    Way("statement with an entry cut out", "files", "distributor", _cut, LAST),
    Way(
        "statement of another account", "files", "distributor",
        _changed(LAST, _replaced(f"<IBAN>{IBAN_USD}</IBAN>", "<IBAN>DE89370400440532013000</IBAN>"), ""), LAST,
    ),
    Way("statement in another currency", "files", "distributor", _changed(LAST, _replaced("USD", "EUR"), ""), LAST),
    Way(
        "total of a statement changed", "files", "distributor",
        _changed(LAST, _replaced(r"(<TtlDbtNtries>.*?<Sum>)[\d.]+", r"\g<1>1.00"), ""), LAST,
    ),
)  # fmt: skip
