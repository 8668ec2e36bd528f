"""What an OFX statement and its transactions hold, as heads and lines.

An amount has its own sign, as the customer sees it (3.2.9.2), whatever TRNTYPE says; but a statement whose debits are all
positive writes no signs, or the other way round, and nobody could say which. A day is the one that the bank writes: no
zone moves it. A transaction that replaces or deletes another one (CORRECTFITID) is no booked line.
Source: OFX 1.6 and 2.2 specifications, 3.2 and 11.4.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from tieout.formats.model import Balance, FormatError, Head, Line, Place
from tieout.formats.ofx.amounts import Amounts
from tieout.formats.references import find_references

_RATE = re.compile(r"[0-9]{1,10}(\.[0-9]{1,10})?")
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")

# Types that are money out whatever the sign (3.2.9.2: a fee, a service charge, a check, a withdrawal of cash, a debit by a
# merchant); ATM, POS and PAYMENT go either way. One that is given back stands above zero beside others below it.
_OUT = frozenset(("FEE", "SRVCHG", "CHECK", "CASH", "DIRECTDEBIT"))

Leaves = dict[str, str]
Note = Callable[[str, Place], None]

KNOWN_OF_TRANSACTIONS = frozenset(
    "TRNTYPE DTPOSTED DTUSER DTAVAIL TRNAMT FITID CORRECTFITID CORRECTACTION CHECKNUM REFNUM NAME MEMO "
    "PAYEE.NAME BANKACCTTO.ACCTID BANKACCTTO.BANKID BANKACCTTO.ACCTTYPE CCACCTTO.ACCTID CURRENCY.CURSYM "
    "CURRENCY.CURRATE ORIGCURRENCY.CURSYM ORIGCURRENCY.CURRATE DTTRAN DTEXPIRE".split()
)
KNOWN_OF_STATEMENTS = frozenset(
    "CURDEF BANKACCTFROM.BANKID BANKACCTFROM.BRANCHID BANKACCTFROM.ACCTID BANKACCTFROM.ACCTTYPE BANKACCTFROM.ACCTKEY "
    "CCACCTFROM.ACCTID CCACCTFROM.ACCTKEY BANKTRANLIST.DTSTART BANKTRANLIST.DTEND DTSTART DTEND BANKTRANLISTP.DTASOF "
    "LEDGERBAL.BALAMT LEDGERBAL.DTASOF AVAILBAL.BALAMT AVAILBAL.DTASOF".split()
)
# What holds a value wherever it stands, whether it is closed or not.
LEAVES = frozenset(key.rpartition(".")[2] for key in KNOWN_OF_TRANSACTIONS | KNOWN_OF_STATEMENTS)


class Kept(msgspec.Struct):
    """What must be known of a statement's transactions at its end: the bank's ids of them, and how its debits are signed."""

    ids: set[str] = msgspec.field(default_factory=set)
    unsigned: int = 0
    negative: int = 0
    # Of those that name money out by their type, and of all.
    out: int = 0
    below: int = 0


class Mapper:
    """Lines and heads of one file, from the leaves of its elements."""

    def __init__(self, amounts: Amounts, note: Note) -> None:
        self._amounts, self._note = amounts, note

    def line(self, leaves: Leaves, statement: Leaves, kept: Kept, place: Place) -> Line:
        """A transaction of a statement. Raises FormatError where its amount, currency or day is none."""
        currency = leaves.get("CURRENCY.CURSYM") or statement.get("CURDEF", "")
        if not currency:
            raise FormatError("the statement names no currency (CURDEF)", place)
        if "TRNAMT" not in leaves:
            raise FormatError("a transaction without its TRNAMT", place)
        if not leaves.get("DTPOSTED"):
            raise FormatError("a transaction without its DTPOSTED", place)
        self._unread("STMTTRN", leaves, KNOWN_OF_TRANSACTIONS, place)
        amount = self._amounts.read(leaves["TRNAMT"], currency, place)
        self._sign(leaves, amount, kept, place)
        fitid = leaves.get("FITID", "")
        if fitid and fitid in kept.ids:
            self._note("the FITID of another transaction of its statement", place)
        kept.ids.add(fitid)
        corrects, correction = (
            self._correction(leaves, fitid, place) if "CORRECTFITID" in leaves else ("", "")
        )
        return Line(
            amount=amount,
            currency=currency,
            booked_on=day(leaves["DTPOSTED"], place),
            value_on=day(leaves["DTAVAIL"], place) if leaves.get("DTAVAIL") else None,
            place=place,
            status="information" if corrects else "booked",
            bank_reference=fitid,
            corrects=corrects,
            correction=correction,
            **_words(leaves),
        )

    def pending(self, leaves: Leaves, statement: Leaves, place: Place) -> Line:
        """A transaction that is not posted yet (2.2: STMTTRNP): it has no booking day, and counts for nothing."""
        currency = leaves.get("CURRENCY.CURSYM") or statement.get("CURDEF", "")
        if not currency or "TRNAMT" not in leaves:
            raise FormatError("a pending transaction without its TRNAMT, or without a currency", place)
        self._unread("STMTTRNP", leaves, KNOWN_OF_TRANSACTIONS, place)
        amount = self._amounts.read(leaves["TRNAMT"], currency, place)
        words = _words(leaves)
        return Line(
            amount=amount,
            currency=currency,
            booked_on=None,
            value_on=None,
            place=place,
            status="pending",
            **words,
        )

    def head(self, leaves: Leaves, kept: Kept, place: Place) -> Head:
        """A statement without its lines. Raises FormatError where it names no account, and where its debits show no sign."""
        currency = leaves.get("CURDEF", "")
        source = "BANKACCTFROM" if "BANKACCTFROM.ACCTID" in leaves else "CCACCTFROM"
        account = leaves.get(f"{source}.ACCTID", "")
        if not account:
            raise FormatError("a statement without its account (ACCTID)", place)
        if kept.unsigned and not kept.negative:
            raise FormatError(
                f"all {kept.unsigned} transactions of type DEBIT are positive: the file's signs are not those of OFX (money out "
                "is negative), and nobody could say which are",
                place,
            )
        if kept.out and not kept.below:
            raise FormatError(
                f"{kept.out} transactions are of types of money out ({', '.join(sorted(_OUT))}), and no amount of the statement is "
                "negative: the file's signs are not those of OFX, and nobody could say which are",
                place,
            )
        self._unread("STMTRS", leaves, KNOWN_OF_STATEMENTS, place)
        balances = []
        for name in ("LEDGERBAL", "AVAILBAL"):
            text = leaves.get(f"{name}.BALAMT", "")
            if text and currency:
                on = self._stated_day("DTASOF", leaves.get(f"{name}.DTASOF", ""), place)
                amount = self._amounts.read(text, currency, place)
                balances.append(Balance(amount, currency, day(on, place) if on else None, name))
        # A list that is not closed is no element of its own.
        first, last = (
            self._stated_day(n, leaves.get(f"BANKTRANLIST.{n}") or leaves.get(n, ""), place)
            for n in ("DTSTART", "DTEND")
        )
        return Head(
            account=account,
            currency=currency,
            statement_id=f"{first[:8]}-{last[:8]}".strip("-"),
            bank=leaves.get(f"{source}.BANKID", ""),
            branch=leaves.get(f"{source}.BRANCHID", ""),
            from_on=day(first, place) if first else None,
            to_on=day(last, place) if last else None,
            closing=next((b for b in balances if b.code == "LEDGERBAL"), None),
            balances=tuple(balances),
            place=place,
        )

    def _stated_day(self, name: str, text: str, place: Place) -> str:
        """The text of a day that a statement has beside its lines; "" for zeros, which banks write where they state none."""
        if text[:8].strip("0") or not text[:8]:
            return text
        self._note(f"a day of zeros ({name})", place)
        return ""

    def _sign(self, leaves: Leaves, amount: Decimal, kept: Kept, place: Place) -> None:
        """Count how debits are signed, and say where type and sign contradict each other."""
        kind = leaves.get("TRNTYPE", "").upper()
        kept.below += amount < 0
        kept.out += kind in _OUT and amount > 0 and not leaves["TRNAMT"].startswith("+")
        if kind == "CREDIT" and amount < 0:
            self._note("a CREDIT with a negative amount, read by its sign", place)
        if kind != "DEBIT" or not amount:
            return
        kept.negative += amount < 0
        if amount > 0:
            self._note("a DEBIT with a positive amount, read by its sign", place)
            kept.unsigned += not leaves["TRNAMT"].startswith("+")

    def _correction(self, leaves: Leaves, fitid: str, place: Place) -> tuple[str, str]:
        """The id of the transaction that this one takes back, and how: replace, delete, or "" where that is not said."""
        earlier = leaves.get("CORRECTFITID", "")
        action = leaves.get("CORRECTACTION", "")[:20].lower()
        if not earlier:
            return "", ""
        if earlier == fitid and action != "delete":
            # Banks of cards name every transaction as what it replaces: that takes no other one back.
            self._note("a correction of itself, read as the transaction that it is", place)
            return "", ""
        self._note(f"a correction ({action or 'of no kind'}) of an earlier line", place)
        return earlier, action

    def _unread(self, element: str, leaves: Leaves, known: frozenset[str], place: Place) -> None:
        if not leaves.keys() <= known:
            for key in sorted(leaves.keys() - known):
                self._note(f"{element}/{key.replace('.', '/')}", place)


def _words(leaves: Leaves) -> dict[str, Any]:
    """A line's texts and references."""
    memo = leaves.get("MEMO", "")
    rate = leaves.get("ORIGCURRENCY.CURRATE") or leaves.get("CURRENCY.CURRATE", "")
    return {
        "reference": leaves.get("CHECKNUM") or leaves.get("REFNUM", ""),
        "bank_code": leaves.get("TRNTYPE", ""),
        "counterparty": leaves.get("NAME") or leaves.get("PAYEE.NAME", ""),
        "counterparty_account": leaves.get("BANKACCTTO.ACCTID") or leaves.get("CCACCTTO.ACCTID", ""),
        "counterparty_bank": leaves.get("BANKACCTTO.BANKID", ""),
        "remittance": memo,
        "structured": find_references(memo),
        "exchange_rate": Decimal(rate) if rate and _RATE.fullmatch(rate) else None,
    }


@lru_cache(4096)
def _day_of(text: str) -> date | None:
    found = _DAY.match(text)
    try:
        return date(*(int(x) for x in found.groups())) if found else None
    except ValueError:
        return None


def day(text: str, place: Place) -> date:
    """The day of YYYYMMDD[HHMMSS[.mmm]][[offset:zone]], as the bank writes it. Raises FormatError for anything else."""
    found = _day_of(text)
    if found is None:
        raise FormatError(f"{text[:40]!r} is no day, such as 20261031", place)
    return found
