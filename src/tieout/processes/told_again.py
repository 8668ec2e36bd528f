"""Bank lines that were told before another way: in another format, by another interface, or in other words. Pure.

A statement knows its own lines by their places, and an export by what they say. Between the two, and between interfaces, nothing
names a line: account, day and amount are all that both say. What has them in common is held, and a person decides. So it is
with a line of a statement that proves nothing, beside a line of any other statement: nothing says that its balances lead on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.documents import StatementLine, decode_document
from tieout.processes.recipe import Context, Plan, refused
from tieout.processes.sources import Asking, FactSource, Found, Row, Scope
from tieout.processes.treasury_causes import LINE_TOLD_ELSEWHERE, LINE_TOLD_OTHERWISE
from tieout.rules import UnmappedError

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_IBAN_AND_CURRENCY = re.compile(_IBAN.pattern + "[A-Z]{3}")
_MASKED = re.compile(r".*[Xx*\u2022]{2,}[ -]?([0-9]{3,})")
# Shorter numbers of accounts are the end of many.
_SHORTEST = 5
# A bank's number and the account's, letters among them, as some countries write both (FR, IT, GB, MT).
_WHOLE = 8
# How many lines that are booked already a case names.
_SHOWN = 3


def _key(line: StatementLine) -> str:
    return f"{line.booked_on.isoformat()} {line.amount.value.normalize():f} {line.currency}"


@dataclass(frozen=True)
class _Told:
    """A line that is booked; `line` is None where somebody changed it past us, and nobody knows what it says."""

    interface: str
    key: str
    line: StatementLine | None

    @property
    def way(self) -> tuple[str, bool, str, str]:
        """How it came."""
        return _way(self.interface, self.line)


def _way(interface: str, line: StatementLine | None) -> tuple[str, bool, str, str]:
    """Interface, whether by a statement, and account; each statement that proves nothing is a way of its own."""
    if line is None:
        return interface, False, "", ""
    return interface, line.of_statement, line.account, line.frame if line.unproven else ""


def _by_key(rows: Sequence[Row], scope: Scope) -> Found:
    """The first few of each way: a day may have thousands of one amount, and one says as much as all."""
    found: dict[str, list[_Told]] = {}
    counts = Counter[tuple[object, ...]]()
    for row in rows:
        line = decode_document(row["content"].encode()) if row["content"] else None
        if line is not None and not isinstance(line, StatementLine):
            continue
        told = _Told(row["interface"], row["source_key"], line)
        counts[row["key"], line is None, *told.way] += 1
        if counts[row["key"], line is None, *told.way] <= _SHOWN:
            found.setdefault(row["key"], []).append(told)
    return found


def _fields(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    """The lines that came another way than this one; no field where there is none."""
    line = asking.document
    assert isinstance(line, StatementLine)
    others = [
        {"interface": o.interface, "key": o.key}
        for o in found.get(_key(line), ())
        if _another_way(line, o, scope)
    ]
    return {"own": {TOLD_ELSEWHERE.name: tuple(others)}} if others else {}


# A line that somebody changed would let its other telling be booked beside it.
TOLD_ELSEWHERE = FactSource(
    name="told_elsewhere", module=__name__, rows=_by_key, fields=_fields, told_of_changed=True
)


def keys_of_line(line: StatementLine) -> Mapping[str, tuple[str, ...]]:
    """Its day, amount and currency, where it is a line of an account by itself."""
    if line.takes_back or not line.amount or not line.account:
        return {}
    return {TOLD_ELSEWHERE.name: (_key(line),)}


def _another_way(line: StatementLine, other: _Told, scope: Scope) -> bool:
    interface, told = scope.interface.name, other.line
    if told is None:
        return other.interface != interface
    if other.way == _way(interface, line):
        return False
    return same_account(line.account, told.account) or _booked_alike(line, told, scope)


def _booked_alike(line: StatementLine, told: StatementLine, scope: Scope) -> bool:
    """Whether an account that is called by a name, and no number, is booked where another is: nothing else says which it is."""
    if all(sum(c.isdigit() for c in x.account) >= _SHORTEST for x in (line, told)):
        return False
    try:
        codes = {scope.release.account(f"bank.{x.account}", x.booked_on) for x in (line, told)}
    except UnmappedError:
        return False
    return len(codes) == 1


def same_account(one: str, other: str) -> bool:
    """Whether two numbers are of one account, as far as they say: equal but for blanks and a currency behind; or one is the
    other's IBAN, which ends with the number of the account, padded, or with that of the bank before it."""
    left, right = _plain(one), _plain(other)
    if left == right:
        return bool(left)
    for text, whole in ((one, right), (other, left)):
        # Some banks show the end of a number alone: XXXX2051, ****2051.
        masked = _MASKED.fullmatch(text.strip())
        if masked is not None:
            return whole.endswith(masked[1])
    ibans = [bool(_IBAN.fullmatch(x)) for x in (left, right)]
    if ibans[0] == ibans[1]:
        digits = [_number(x) for x in (one, other)]
        return not any(ibans) and digits[0] == digits[1] and len(digits[0]) >= _SHORTEST
    iban, bare, number = (left, right, _number(other)) if ibans[0] else (right, left, _number(one))
    if len(bare) >= _WHOLE and _ends_with(iban, bare):
        return True
    return len(number) >= _SHORTEST and _ends_with(iban, number)


def _ends_with(iban: str, number: str) -> bool:
    """An IBAN is country, check digits, bank and account; some countries have check digits behind."""
    return iban.endswith(number) or (iban.startswith(("BE", "FR", "PT")) and iban[:-2].endswith(number))


def _plain(account: str) -> str:
    text = re.sub(r"[^A-Z0-9]", "", account.upper())
    # MT940 of some banks writes the currency behind the account; an IBAN may have letters in it, and proves itself.
    if _IBAN_AND_CURRENCY.fullmatch(text) and _proves_itself(text[:-3]):
        return text[:-3]
    return text[:-3] if re.fullmatch(r"[A-Z]{2}[0-9]{13,}[A-Z]{3}|[0-9]{5,}[A-Z]{3}", text) else text


def _proves_itself(iban: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616: modulo 97)."""
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def _number(account: str) -> str:
    """The number of the account alone: what stands last behind a bank's, without zeros in front."""
    found = re.findall(r"[0-9]+", re.sub(r"[ .-]", "", account))
    return found[-1].lstrip("0") if found else ""


def held_as_told(ctx: Context, line: StatementLine) -> Plan | None:
    """A line that may be one that is booked is held, unless a person let it go on or it is booked itself."""
    if ctx.facts.previous is not None or line.takes_back:
        return None
    said = " ".join(x for x in (line.counterparty, line.remittance or line.reference) if x)
    if line.resembles and LINE_TOLD_OTHERWISE.name not in ctx.facts.accepted:
        return refused(LINE_TOLD_OTHERWISE, line.amount, f"{said}: may be {line.resembles}, in other words")
    others = ctx.facts.found_by(TOLD_ELSEWHERE.name)
    if others and LINE_TOLD_ELSEWHERE.name not in ctx.facts.accepted:
        where = ", ".join(f"{o['key']} of {o['interface']}" for o in others[:_SHOWN])
        return refused(LINE_TOLD_ELSEWHERE, line.amount, f"{said}: is booked as {where}")
    return None
