"""What a bank takes back or only tries out, through the pipeline from its own files: a case or nothing, never new money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_process import ACCOUNTS, Site
from tieout.rules import Mapping, MappingRow, Release
from tieout.store import Database

GROUP = "02,CUST,NWBK,{status},261001,0000,USD,2/\n03,12345,USD,010,100000,,,015,101250,,/\n16,165,1250,Z,B1,C1,X/\n49,202500,3/\n98,202500,1,5/\n"


def bai2(*statuses: str) -> bytes:
    body = "".join(GROUP.format(status=status) for status in statuses)
    total, lines = 202500 * len(statuses), 5 * len(statuses) + 2
    return f"01,NWBK,CUST,261002,0600,1,,,2/\n{body}99,{total},{len(statuses)},{lines}/\n".encode()


def ofx(*transactions: tuple[str, str, str]) -> bytes:
    told = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>20261002<TRNAMT>{amount}<FITID>{fitid}{more}<NAME>ACME</STMTTRN>"
        for amount, fitid, more in transactions
    )
    return (
        "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>12345</BANKACCTFROM>"
        f"<BANKTRANLIST>{told}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()


class Banking(Site):
    """A site whose bank account has a journal."""

    def release(self) -> Release:
        made = super().release()
        made.mappings["journals"] = Mapping("journals", (MappingRow("bank.12345", "BNKU"),))
        return made


def taken(database: Database, *files: bytes) -> tuple[list[Decimal], list[str]]:
    """The amounts that were planned for the ledger, and the causes of what is open."""
    accounts = {**ACCOUNTS, "bank.12345": "101511", "unapplied.bank": "212130"}
    made = Banking(database, accounts, kind="bankfile", stream="statements")
    made.take(*files)
    made.work()
    lines: list[dict[str, Any]] = database.rows(
        "select amount from tieout.posting_line where account = '101511' order by amount"
    )
    cases = database.rows("select cause from tieout.cases where state = 'open' order by cause")
    return [row["amount"] for row in lines], [
        row["cause"] for row in cases if row["cause"] != "unmatched_bank_line"
    ]


def test_nothing_of_a_bai2_test_is_booked_and_the_groups_beside_it_are(database: Database) -> None:
    assert taken(database, bai2("4")) == ([], [])
    assert taken(database, bai2("4", "1")) == ([Decimal("12.50")], [])


@pytest.mark.parametrize("status", ["2", "3"])
def test_a_bai2_deletion_or_correction_after_its_update_is_a_case_and_books_nothing(
    database: Database, status: str
) -> None:
    assert taken(database, bai2("1"), bai2(status)) == ([Decimal("12.50")], ["statement_taken_back"])


@pytest.mark.parametrize("action", ["<CORRECTACTION>REPLACE", "<CORRECTACTION>DELETE", ""])
def test_an_ofx_correction_is_a_case_of_its_own_and_the_rest_of_its_file_is_booked(
    database: Database, action: str
) -> None:
    first = ("-8.95", "A", "")
    second = ofx(first, ("-9.95", "B", f"<CORRECTFITID>A{action}"), ("4.00", "C", ""))
    assert taken(database, ofx(first), second) == ([Decimal("-8.95"), Decimal("4.00")], ["line_taken_back"])
    (case,) = database.rows("select amount, detail from tieout.cases where cause = 'line_taken_back'")
    assert abs(case["amount"]) == Decimal("9.95") and " A" in case["detail"]
