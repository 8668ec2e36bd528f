"""A bank's statements prove its lines by their balances, where they state no counts of their own. All files are invented."""

from __future__ import annotations

from decimal import Decimal

from tests.integration.test_statement_gaps import IBAN, NOW, mt940, site
from tieout.money import Period
from tieout.proofs import TieOutRow, take_control_totals, tie_out
from tieout.proofs.tieout import Figure
from tieout.store import Database

OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)


def camt(name: str, opening: str, closing: str, day: str, *entries: tuple[str, str, str]) -> bytes:
    """A CAMT.053 without a summary: entries are (amount, mark, day)."""

    def balance(code: str, amount: str) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='USD'>{amount}</Amt>"
            f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )

    lines = "".join(
        f"<Ntry><Amt Ccy='USD'>{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{on}</Dt></BookgDt><ValDt><Dt>{on}</Dt></ValDt></Ntry>"
        for amount, mark, on in entries
    )
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr/><Stmt>"
        f"<Id>{name}</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>USD</Ccy></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', closing)}{lines}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def rows(database: Database, *files: bytes, forget: str = "") -> dict[str, TieOutRow]:
    """The tie-out by period, once these files were taken; `forget` is the end of the key of a line that is lost."""
    made = site(database)
    made.take(*files)
    made.work()
    release = made.release()
    connection = database.connect(autocommit=True)
    if forget:
        lost = "update tieout.document set state = 'superseded' where kind = 'statement_line' and source_key like %(key)s"
        connection.execute(lost, {"key": f"%{forget}"})
    for period in (OCTOBER, NOVEMBER):
        take_control_totals(connection, release, lambda _: None, period, NOW)
    found = {row.period: row for row in tie_out(connection, release)}
    connection.close()
    return found


def test_a_statement_whose_balances_prove_it_needs_no_summary(database: Database) -> None:
    files = (
        mt940("S1", "1", "261005", "USD", "100,00", "112,50"),
        camt(
            "S2",
            "112.50",
            "105.25",
            "2026-10-06",
            ("2.75", "CRDT", "2026-10-06"),
            ("10.00", "DBIT", "2026-10-06"),
        ),
    )
    row = rows(database, *files)["2026-10"]
    assert row.source == Figure(3, Decimal("15.25"), Decimal("10.00"))
    assert row.residual == Figure()


def summed(raw: bytes, count: str, more: str = "") -> bytes:
    """A document that states how many entries it has, and `more` of them together."""
    inside = f"<TtlNtries><NbOfNtries>{count}</NbOfNtries></TtlNtries>{more}"
    return raw.replace(b"<Ntry>", f"<TxsSummry>{inside}</TxsSummry><Ntry>".encode(), 1)


def test_a_summary_of_other_lines_or_of_no_side_is_no_figure_of_the_months(database: Database) -> None:
    one, two = ("12.50", "CRDT", "2026-10-05"), ("2.50", "DBIT", "2026-10-05")
    pages = (
        camt("P1", "100.00", "112.50", "2026-10-05", one).replace(b"CLBD", b"ITBD"),
        camt("P2", "112.50", "110.00", "2026-10-05", two).replace(b"OPBD", b"ITBD"),
    )
    counted = summed(camt("S1", "110.00", "120.00", "2026-10-06", one, two), "2")
    row = rows(database, *(summed(p, "2") for p in pages), counted)["2026-10"]
    assert (row.source, row.residual) == (Figure(4, Decimal("25.00"), Decimal("5.00")), Figure())


def test_a_line_that_was_lost_is_left_over(database: Database) -> None:
    entries = (("2.75", "CRDT", "2026-10-06"), ("10.00", "DBIT", "2026-10-06"))
    row = rows(database, camt("S2", "112.50", "105.25", "2026-10-06", *entries), forget=":00002")["2026-10"]
    assert row.residual == Figure(1, Decimal(0), Decimal("10.00"))


def test_lines_of_a_statement_over_two_months_count_in_their_own(database: Database) -> None:
    entries = (
        ("2.75", "CRDT", "2026-10-30"),
        ("10.00", "DBIT", "2026-11-02"),
        ("1.00", "CRDT", "2026-11-02"),
    )
    found = rows(database, camt("S3", "100.00", "93.75", "2026-11-02", *entries))
    assert found["2026-10"].source == Figure(1, Decimal("2.75"), Decimal(0))
    assert found["2026-11"].source == Figure(2, Decimal("1.00"), Decimal("10.00"))
    assert [found[p].residual for p in ("2026-10", "2026-11")] == [Figure(), Figure()]


def test_pages_that_carry_over_by_interim_balances_are_taken_and_proven(database: Database) -> None:
    first = camt("P1", "100.00", "112.50", "2026-10-05", ("12.50", "CRDT", "2026-10-05")).replace(
        b"CLBD", b"ITBD"
    )
    second = camt("P2", "112.50", "110.00", "2026-10-05", ("2.50", "DBIT", "2026-10-05")).replace(
        b"OPBD", b"ITBD"
    )
    row = rows(database, first, second)["2026-10"]
    assert (row.source, row.residual) == (Figure(2, Decimal("12.50"), Decimal("2.50")), Figure())
    assert database.rows("select cause from tieout.cases where cause like 'statement%%'") == []
