"""An approved expense report to its entry, as its financial document says it. Pure.

Reference: developer.concur.com, Financial Integration Service v4 (schema of financial documents, and its use cases, which state
the postings). Each journal of a document is Dr its account, net of what is reclaimed, Dr each reclaimed tax, Cr whom the company
owes it: the employee, or a card by its code. A journal that a credit or something personal makes has the other sign. A cash
advance that is used up takes from what the employee is owed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tieout.connector_api import PART, EntryRow, journal_of
from tieout.connectors.concur import former
from tieout.documents import Document
from tieout.money import Amount

COMPANY, EMPLOYEE = "COMP", "EMPL"
# Of a cash advance: 1 is given out or given back to an administrator, 2 is used in a report, 3 is carried forward.
_USED = 2
_ZERO = Decimal(0)


def report(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The entry of a report, on the day it was submitted in `time_zone`.

    Accounts' keys are the expense types' codes (or the account codes, where `accounts_by` says so), `tax.` with the tax's code,
    `paid_by.employee`, `paid_by.` with another payer's code in small letters (`ibcp`, `cbcp`, `copd`), and `cash_advance`.
    Raises ValueError where a document is not there or does not add up.
    """
    body = json.loads(raw)
    # Messages of before have the report's entries of v3 beside it, and no document.
    if "entries" in body:
        return former.report(body, options)
    head = body["report"]
    if not body["document"]:
        raise ValueError(
            f"report {head['ID']} was approved on {head.get('LastModifiedDate') or 'no day that it names'}, and Concur has no financial document of it: look "
            "whether Financial Integration is on for the group of its owner, and whether it was paid by hand"
        )
    return _Report(head, body["document"], options).documents()


def sides(head: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """What a report's entry comes to: its debits and its credits, both positive. Raises ValueError as `report` does."""
    lines = _Report(head, document, {"allocation_field": "Custom1"}).lines()
    up = sum((x.amount for x in lines if x.amount > 0), _ZERO)
    return up, sum((-x.amount for x in lines if x.amount < 0), _ZERO)


@dataclass(frozen=True)
class _Line:
    """A line of the entry: `amount` is signed, a debit is positive; `own` bears the cost centre."""

    account: str
    amount: Decimal
    text: str
    centre: str = ""


class _Report:
    """One report: `head` as Reports v3 lists it, `document` as the Financial Integration Service tells it."""

    def __init__(
        self, head: Mapping[str, Any], document: Mapping[str, Any], options: Mapping[str, Any]
    ) -> None:
        self._head, self._document, self._options = head, document, options
        self._currency = str(document["report"]["employeeCurrencyAlphaCode"])
        self._by_code = options.get("accounts_by") == "account_code"
        self._field = str(options.get("cost_centre_field", "OrgUnit1"))
        self._allocated = str(options.get("allocation_field", ""))

    def lines(self) -> list[_Line]:
        """The lines of the entry. Raises ValueError where they do not add up."""
        number, told = str(self._head["ID"]), str(self._document["report"]["reportId"])
        if told != number:
            raise ValueError(f"report {number}: its financial document is of report {told}")
        lines = [line for entry in self._document["expenseEntry"] for line in self._entry(entry)]
        lines += [
            line
            for used in self._document.get("cashAdvanceApplication") or ()
            for line in self._advance(used)
        ]
        self._check(lines)
        return [line for line in lines if line.amount]

    def documents(self) -> list[Document]:
        lines = self.lines()
        if len(lines) > PART:
            # One entry holds so many lines: of more, those of one account, cost centre and side are one.
            lines = _together(lines)
        rows = [self._row(number, line) for number, line in enumerate(lines, 1)]
        return [journal_of(rows, f"report {self._head['Name']}")] if rows else []

    def _entry(self, entry: Mapping[str, Any]) -> Iterator[_Line]:
        kind = str(entry["expenseTypeCode"])
        text = str(
            entry.get("entryVendorDescription")
            or entry.get("entryDescription")
            or entry.get("expenseTypeName")
            or kind
        )
        owed, own = _ZERO, _ZERO
        personal = entry.get("entryIsPersonal") == "Y"
        shares = entry["allocation"]
        for share in shares:
            centre = "" if personal else self._centre(entry, share, len(shares))
            gross, net = _ZERO, _ZERO
            for journal in share["journal"]:
                amount = self._amount(journal["amountGross"])
                spent = self._amount(journal["amountNetOfReclaim"])
                if not personal:
                    account = self._account(str(journal.get("journalAccountCode") or ""), kind)
                    yield _Line(account, spent, text, centre)
                # What is personal stands on the card's clearing account twice, and comes to nothing there.
                yield _Line(self._payer(journal), -amount, text)
                gross, net = gross + amount, net + spent
            taxes = [self._tax(tax, text) for tax in share.get("tax") or ()]
            yield from taxes
            reclaimed = sum((t.amount for t in taxes), _ZERO)
            if gross - net != reclaimed:
                raise ValueError(
                    f"report {self._head['ID']}, {text}: {gross} less {net} net of reclaim is not the {reclaimed} that its taxes reclaim"
                )
            owed, own = owed + gross, own + (net if personal else _ZERO)
        approved = self._amount(entry["entryApprovedAmount"])
        if owed != approved or own:
            raise ValueError(
                f"report {self._head['ID']}, {text}: its journals come to {owed}, {approved} was approved"
            )

    def _payer(self, journal: Mapping[str, Any]) -> str:
        """Whom the company owes: the side of a journal that is not the company."""
        sides = (str(journal.get("journalPayer") or ""), str(journal.get("journalPayee") or ""))
        others = [side for side in sides if side != COMPANY]
        if len(others) != 1 or not others[0]:
            raise ValueError(f"report {self._head['ID']}: a journal from {sides[0]!r} to {sides[1]!r}: one side is the company")  # fmt: skip
        return "paid_by.employee" if others[0] == EMPLOYEE else f"paid_by.{others[0].lower()}"

    def _account(self, code: str, kind: str) -> str:
        if not self._by_code:
            return kind
        if not code:
            raise ValueError(f"report {self._head['ID']}: an expense of type {kind} has no account code")
        return code

    def _tax(self, tax: Mapping[str, Any], text: str) -> _Line:
        code = tax.get("taxCode") or tax.get("taxReclaimCode") or tax.get("taxAuthorityLabel")
        return _Line(f"tax.{code}", self._amount(tax["amountReclaim"] or 0), text)

    def _advance(self, used: Mapping[str, Any]) -> Iterator[_Line]:
        kind = used.get("cashAdvanceTransactionType")
        if kind != _USED:
            raise ValueError(f"report {self._head['ID']}: a cash advance of transaction type {kind} within a report: {_USED} was expected")  # fmt: skip
        amount = self._amount(used["cashAdvanceApplicationAmount"])
        account = self._account(str(used.get("cashAdvanceClearingAccountCode") or ""), "cash_advance")
        yield _Line(account, amount, "cash advance")
        yield _Line("paid_by.employee", -amount, "cash advance")

    def _centre(self, entry: Mapping[str, Any], share: Mapping[str, Any], shares: int) -> str:
        """The cost centre at the finest level that says one: the allocation, the entry, the report."""
        if self._allocated:
            found = share.get(f"allocation{self._allocated}Code")
        elif shares > 1:
            raise ValueError(
                f"report {self._head['ID']}: an expense is shared by {shares} allocations: say in the option allocation_field which "
                "field of an allocation is the cost centre, such as Custom4"
            )
        else:
            found = None
        code = found or entry.get(f"entry{self._field}Code")
        return str(code or self._document["report"].get(f"report{self._field}Code") or "")

    def _amount(self, value: Any) -> Decimal:
        return Amount.exact(Decimal(str(value)), self._currency).value

    def _check(self, lines: list[_Line]) -> None:
        """The entry balances, and what was approved is what the document and the list say, each where it says it. With a
        cash advance the list may count what came back."""
        left = sum((line.amount for line in lines), _ZERO)
        approved = sum(
            (self._amount(e["entryApprovedAmount"]) for e in self._document["expenseEntry"]), _ZERO
        )
        said = [self._document["report"].get("totalApprovedAmount")]
        if not self._document.get("cashAdvanceApplication"):
            said.append(self._head.get("TotalApprovedAmount"))
        wrong = [x for x in said if x is not None and Decimal(str(x)) != approved]
        if left or wrong:
            raise ValueError(
                f"report {self._head['ID']}: its expenses come to {approved}, it says {wrong[0] if wrong else approved}; its lines leave {left}"
            )

    def _day(self) -> date:
        zone = ZoneInfo(str(self._options.get("time_zone", "UTC")))
        return datetime.fromisoformat(str(self._document["report"]["reportSubmitDate"])).astimezone(zone).date()  # fmt: skip

    def _row(self, number: int, line: _Line) -> EntryRow:
        owner, employee = str(self._head["OwnerLoginID"]), self._document["employee"]
        owed = line.account == "paid_by.employee"
        name = f"{employee.get('employeeFirstName') or ''} {employee.get('employeeLastName') or ''}".strip()
        return EntryRow(
            entry=str(self._head["ID"]),
            number=number,
            on=self._day(),
            currency=self._currency,
            account=line.account,
            amount=line.amount,
            reference=str(self._head["ID"]),
            text=line.text,
            dimensions={"cost_centre": line.centre} if line.centre else {},
            party=f"employee:{owner}" if owed else "",
            party_name=(name or owner) if owed else "",
            prepared_by=owner,
            nature="expense_report",
        )


def _together(lines: list[_Line]) -> list[_Line]:
    sums: dict[tuple[str, str, bool], Decimal] = {}
    for line in lines:
        at = (line.account, line.centre, line.amount > 0)
        sums[at] = sums.get(at, _ZERO) + line.amount
    return [_Line(account, amount, account, centre) for (account, centre, _), amount in sums.items()]
