"""Balances of CAMT without their mark, and versions that are newer than those that are known. All texts are invented; the shape of
the balances is that of 155 statements of the Bank of Lithuania that Subite-eu/camt-to-coda publishes (example-files/CAMT).

CdtDbtInd is mandatory in CashBalance of every version of camt.053 (CashBalance3 of 02 to CashBalance8 of 14, by their schemas).
"""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from tests.unit.formats.camt_texts import balance, camt, entry, statement
from tieout.cli.commands import cli
from tieout.formats import FormatError, parse
from tieout.formats.model import Statement


def unmarked(code: str, text: str, day: str = "2026-10-02") -> str:
    return balance(code, text, day).replace("<CdtDbtInd>CRDT</CdtDbtInd>", "")


def only(*parts: str) -> Statement:
    (found,) = parse(camt(statement(*parts))).statements
    return found


@pytest.mark.parametrize(
    ("opening", "closing", "entries", "amounts"),
    [
        ("100.00", "92.50", entry("12.50") + entry("20.00", "DBIT"), ("100.00", "92.50")),
        # Its lines lead so far below zero and so far above it alone.
        ("100.00", "107.50", entry("12.50") + entry("20.00", "DBIT"), ("-100.00", "-107.50")),
        ("5.00", "2.50", entry("12.50") + entry("20.00", "DBIT"), ("5.00", "-2.50")),
        ("5.00", "2.50", entry("7.50"), ("-5.00", "2.50")),
        ("0.00", "7.50", entry("7.50", "DBIT"), ("0.00", "-7.50")),
        # Nothing tells: as most balances are, and a person says.
        ("100.00", "100.00", "", ("100.00", "100.00")),
        ("100.00", "100.00", entry("20.00") + entry("20.00", "DBIT"), ("100.00", "100.00")),
    ],
)
def test_balances_without_a_mark_are_read_and_prove_nothing(
    opening: str, closing: str, entries: str, amounts: tuple[str, str]
) -> None:
    found = only(unmarked("OPBD", opening), unmarked("CLBD", closing), entries)
    assert found.head.opening is not None and found.head.closing is not None
    assert (str(found.head.opening.amount), str(found.head.closing.amount)) == amounts
    assert found.conservation.holds is None and "CdtDbtInd" in found.head.unproven


def test_of_two_balances_one_may_have_its_mark() -> None:
    found = only(balance("OPBD", "5.00", mark="DBIT"), unmarked("CLBD", "2.50"), entry("7.50"))
    assert found.head.closing is not None and found.head.closing.amount == Decimal("2.50")
    assert found.conservation.holds is None


def test_lines_that_lead_nowhere_do_not_hold() -> None:
    found = only(unmarked("OPBD", "100.00"), unmarked("CLBD", "92.50"), entry("12.50"))
    assert found.conservation.holds is False


def test_unbooked_lines_say_nothing_of_a_balance() -> None:
    found = only(
        unmarked("OPBD", "5.00"), unmarked("CLBD", "2.50"), entry("7.50") + entry("9.00", status="PDNG")
    )
    assert found.head.opening is not None and found.head.opening.amount == Decimal("-5.00")


def test_each_statement_of_a_file_is_settled_by_its_own_lines() -> None:
    first = statement(unmarked("OPBD", "5.00"), unmarked("CLBD", "2.50"), entry("7.50"))
    second = statement(unmarked("OPBD", "5.00"), unmarked("CLBD", "2.50"), entry("2.50", "DBIT"), name="S2")
    openings = [s.head.opening for s in parse(camt(first, second)).statements]
    assert [o.amount for o in openings if o] == [Decimal("-5.00"), Decimal("5.00")]


def test_balances_with_their_marks_prove_as_before() -> None:
    found = only(balance("OPBD", "100.00"), balance("CLBD", "107.50"), entry("7.50"))
    assert (found.conservation.holds, found.head.unproven) == (True, "")


def test_an_entry_without_a_mark_is_refused_in_words_for_the_bank() -> None:
    entries = entry("12.50").replace("<CdtDbtInd>CRDT</CdtDbtInd>", "")
    with pytest.raises(
        FormatError, match=r"an entry of 12\.50 EUR says neither credit nor debit.*CdtDbtInd.*ask the bank"
    ):
        only(balance("OPBD", "100.00"), balance("CLBD", "112.50"), entries)


@pytest.mark.parametrize("version", ["14", "15", "21"])
@pytest.mark.parametrize("kind", ["052", "053", "054"])
def test_a_newer_version_is_read_and_said(kind: str, version: str) -> None:
    names = {
        "052": ("BkToCstmrAcctRpt", "Rpt"),
        "053": ("BkToCstmrStmt", "Stmt"),
        "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }
    raw = camt(
        statement(balance("OPBD", "5.00"), balance("CLBD", "12.50"), entry("7.50")), version=version
    ).decode()
    raw = (
        raw.replace("BkToCstmrStmt", names[kind][0])
        .replace("Stmt>", f"{names[kind][1]}>")
        .replace("camt.053", f"camt.{kind}")
    )
    raw = raw.replace(f"BkToCstmr{names[kind][1]}", names[kind][0])
    file = parse(raw.encode())
    (found,) = file.statements
    assert (len(found.lines), found.conservation.holds) == (1, True)
    said = [u.what for u in file.remainder if "001." in u.what]
    # ISO 20022 published 02 to 14 (2026-03).
    assert said == (
        [] if version == "14" else [f"camt.{kind}.001.{version} is newer than 14, the newest that is known"]
    )


@pytest.mark.parametrize("version", ["00", "01"])
def test_what_is_older_than_the_known_ones_is_refused(version: str) -> None:
    with pytest.raises(FormatError, match=f"camt.053.001.{version} is not known: 02 and later are"):
        parse(camt(statement(entry("7.50")), version=version))


def test_the_command_says_that_nothing_proves_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "day.xml"
    path.write_bytes(camt(statement(unmarked("OPBD", "100.00"), unmarked("CLBD", "107.50"), entry("7.50"))))
    done = CliRunner().invoke(cli, ["parse", "--json", str(path)])
    row = json.loads(done.stdout)["files"][0]
    assert (done.exit_code, row["error"], row["statements"][0]["conservation"]["holds"]) == (0, None, None)
    assert any("CdtDbtInd" in u["what"] for u in row["remainder"])
