"""Gaps between statements, told through the pipeline from a bank's own files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.integration.test_process import ACCOUNTS, Site
from tieout.proofs import statement_gaps
from tieout.proofs.ledger import provider_balances
from tieout.store import Database

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
IBAN = "DE02120300000000202051"


def mt940(reference: str, number: str, day: str, currency: str, opening: str, closing: str) -> bytes:
    """A statement of a day with one line that carries its opening balance to its closing one."""
    move = Decimal(closing.replace(",", ".")) - Decimal(opening.replace(",", "."))
    mark, amount = ("C" if move >= 0 else "D"), f"{abs(move):.2f}".replace(".", ",")
    return (
        f":20:{reference}\r\n:25:{IBAN}\r\n:28C:{number}\r\n:60F:C{day}{currency}{opening}\r\n"
        f":61:{day}{mark}{amount}NTRFNONREF//B{reference}\r\n:86:thanks\r\n:62F:C{day}{currency}{closing}\r\n-\r\n"
    ).encode()


def site(database: Database) -> Site:
    accounts = {**ACCOUNTS, f"bank.{IBAN}": "101511", "unapplied.bank": "212130"}
    return Site(database, accounts, kind="bankfile", stream="statements")


def found(made: Site, *files: bytes) -> list[dict[str, Any]]:
    made.take(*files)
    made.work()
    connection = made.database.connect(autocommit=True)
    statement_gaps(connection, NOW)
    connection.close()
    return made.database.rows(
        "select amount, currency, detail from tieout.cases where cause = 'statement_gap' and state = 'open'"
        " order by currency, amount"
    )


def test_the_tenth_statement_of_a_day_comes_after_the_ninth(database: Database) -> None:
    files = [
        mt940(f"S{n}", str(n), "261005", "USD", f"{100 + n},00", f"{101 + n},00") for n in (8, 9, 10, 11)
    ]
    assert found(site(database), *files) == []


def test_two_currencies_of_an_account_are_two_chains(database: Database) -> None:
    made = site(database)
    dollars = [
        mt940(f"U{n}", str(n), f"26100{n}", "USD", f"{100 + n},00", f"{101 + n},00") for n in (1, 2, 3)
    ]
    euros = [mt940(f"E{n}", str(n), f"26100{n}", "EUR", f"{500 + n},00", f"{501 + n},00") for n in (1, 3)]
    (gap,) = found(made, *dollars, *euros)
    assert (gap["currency"], gap["amount"]) == ("EUR", Decimal("1.00"))
    assert "3 of 2026-10-03" in gap["detail"] and "502.00" in gap["detail"]
    assert found(made, mt940("E2", "2", "261002", "EUR", "502,00", "503,00")) == []


def test_what_a_bank_holds_is_what_its_last_statement_of_the_day_says(database: Database) -> None:
    made = site(database)
    made.take(
        *(mt940(f"S{n}", str(n), "261005", "USD", f"{100 + n},00", f"{101 + n},00") for n in (10, 8, 9))
    )
    made.work()
    release = made.release()
    connection = database.connect(autocommit=True)
    held = provider_balances(
        connection, release, release.entities["US"], lambda _: None, NOW, date(2026, 10, 20)
    )
    connection.close()
    assert held == {(f"bank.{IBAN}", "USD"): Decimal("111.00")}
