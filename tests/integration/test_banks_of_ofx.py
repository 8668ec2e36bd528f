"""Two banks may have one account number, and one id of a line: OFX numbers accounts within a bank (BANKID), and in some countries
within a branch (BRANCHID). Every file is invented; OFX 1.6 and 2.2, section 11.3.1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.banks import Banks, banks
from tests.integration.test_process import NOW
from tieout.connectors.bankfile import normalise
from tieout.planning import accept_case
from tieout.store import Database

ACCOUNT = "4711"
FIRST = ("20261005", "-12.50", "F1", "RENT")


def ofx(bank: str, *lines: tuple[str, str, str, str], branch: str = "", account: str = ACCOUNT) -> bytes:
    told = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{on}<TRNAMT>{amount}<FITID>{fitid}<NAME>{name}</STMTTRN>" for on, amount, fitid, name in lines
    )  # fmt: skip
    of = (f"<BANKID>{bank}" if bank else "") + (f"<BRANCHID>{branch}" if branch else "")
    return (
        f"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM>{of}<ACCTID>{account}<ACCTTYPE>CHECKING"
        f"</BANKACCTFROM><BANKTRANLIST>{told}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()


def states(made: Banks) -> list[str]:
    rows = made.database.rows(
        "select content::jsonb ->> 'counterparty' as name, state from tieout.document order by document_id"
    )
    return [f"{r['name']} {'booked' if r['state'] in ('planned', 'posted') else r['state']}" for r in rows]


def before(monkeypatch: pytest.MonkeyPatch, made: Banks, *files: bytes) -> None:
    """Files as an earlier release took them, which left the bank out."""
    with monkeypatch.context() as patch:
        patch.setattr(normalise, "_bank_of", lambda head: "")
        made.give(*files)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("100", ""), ("200", "")), (("100", "7"), ("100", "8")), (("", ""), ("200", ""))],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_line_of_another_bank_is_not_lost(database: Database, one: Any, other: Any, together: bool) -> None:
    made = banks(database, ACCOUNT)
    files = [ofx(b, (*FIRST[:3], f"RENT{n}"), branch=br) for n, (b, br) in enumerate((one, other))]
    if together:
        made.take(*files)
        made.work()
    else:
        made.give(*files)
    # Account, day, amount and id are those of a known line: a person says whether it is that.
    assert states(made) == ["RENT0 booked", "RENT1 refused"]
    (case,) = made.database.rows(
        "select case_id, cause from tieout.cases where cause <> 'unmatched_bank_line' and state = 'open'"
    )
    assert case["cause"] == "line_told_otherwise"
    with made.database.transaction() as connection:
        accept_case(connection, case["case_id"], "another bank's", NOW, "ann")
    made.work()
    assert states(made) == ["RENT0 booked", "RENT1 booked"]
    kept = made.counts()
    made.give(*(f + b"\n" for f in files))
    assert made.counts() == kept


def test_lines_of_two_banks_in_one_file_are_two(database: Database) -> None:
    made = banks(database, ACCOUNT)
    one, other = ofx("100", FIRST), ofx("200", FIRST)
    body = other[other.index(b"<STMTTRNRS>") : other.index(b"</BANKMSGSRSV1>")]
    made.give(one.replace(b"</BANKMSGSRSV1>", body + b"</BANKMSGSRSV1>"))
    assert states(made) == ["RENT booked", "RENT booked"]


def test_an_account_that_holds_its_bank_is_known_as_before(database: Database) -> None:
    iban = "DE02120300000000202051"
    made = banks(database, iban)
    made.give(ofx("100", FIRST, account=iban), ofx("", FIRST, account=iban))
    assert states(made) == ["RENT booked"]


def test_what_was_booked_without_its_bank_is_known_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = banks(database, ACCOUNT)
    second = ("20261006", "3.00", "F2", "SALE")
    files = ofx("100", FIRST), ofx("100", FIRST, FIRST, second)
    before(monkeypatch, made, *files)
    kept = made.counts()
    made.give(*(f + b"\n" for f in files))
    assert made.counts() == kept
    # A further export of it has a new line that is like a known one, and tells that as well.
    made.give(ofx("100", FIRST, FIRST, ("20261005", "-12.50", "F9", "FEE")))
    assert states(made)[-1] == "FEE booked"
    made.give(ofx("100", ("20261005", "-12.50", "F9", "FEE")) + b"\n\n")
    assert states(made)[-2:] == ["SALE booked", "FEE booked"]


def test_another_banks_line_is_none_that_was_booked_without_its_bank(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = banks(database, ACCOUNT)
    before(monkeypatch, made, ofx("100", FIRST))
    made.give(ofx("200", FIRST))
    assert states(made) == ["RENT booked", "RENT refused"]


def test_of_two_banks_lines_that_were_taken_for_one_neither_is_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier release gave both one key, and booked one of them: nobody knows which."""
    made = banks(database, ACCOUNT)
    one, other = ofx("100", FIRST), ofx("200", FIRST)
    body = other[other.index(b"<STMTTRNRS>") : other.index(b"</BANKMSGSRSV1>")]
    both = one.replace(b"</BANKMSGSRSV1>", body + b"</BANKMSGSRSV1>")
    before(monkeypatch, made, both)
    assert states(made) == ["RENT booked"]
    made.give(both + b"\n")
    assert states(made) == ["RENT booked", "RENT refused", "RENT refused"]
