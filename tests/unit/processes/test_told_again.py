"""Numbers of accounts, as banks' formats write them. All are invented, or published examples of IBANs."""

from __future__ import annotations

import pytest

from tieout.processes.told_again import same_account

IBAN = "DE02120300000000202051"


@pytest.mark.parametrize(("one", "other"), [
    (IBAN, IBAN.lower()), (IBAN, "DE02 1203 0000 0000 2020 51"), (IBAN, f"{IBAN}EUR"), (IBAN, "202051"), (IBAN, "0000202051"),
    (IBAN, "12030000/0000202051"), (IBAN, "12030000/202051EUR"), (IBAN, "XXXXXX2051"), (IBAN, "****2051"),
    ("NL91ABNA0417164300", "417164300"), ("NL91ABNA0417164300", "0417.16.43.00"),
    ("GB29NWBK60161331926819", "31926819"), ("GB29NWBK60161331926819", "60-16-13 31926819"), ("202051", "0000202051"),
])  # fmt: skip
def test_one_account_in_two_spellings(one: str, other: str) -> None:
    assert same_account(one, other) and same_account(other, one)


@pytest.mark.parametrize(("one", "other"), [
    (IBAN, "DE75512108001245126199"), (IBAN, "202052"), (IBAN, "51"), (IBAN, ""), ("", ""), (IBAN, "MAIN"), ("MAIN", "SECOND"),
    ("202051", "302051"), (IBAN, "XXXXXX2052"), ("1", "2"),
])  # fmt: skip
def test_two_accounts_are_two(one: str, other: str) -> None:
    assert not same_account(one, other) and not same_account(other, one)
