"""A file that is cut is never taken for a whole one: every format and every form, cut at the end of each of its lines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tieout.connector_api import FileRefusedError, ProvingReader, SystemConfig
from tieout.formats import FormatError, ParsedFile, parse, proven_by
from tieout.operations.discover import discover
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine, LedgerExports

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "bankfiles"
FILES = sorted(
    p for p in GOLDEN.iterdir() if p.is_file() and p.suffix not in (".json", ".py", ".md", ".toml")
)
CONNECTORS = discover().by_name


def whole(content: bytes) -> ParsedFile | None:
    """What a file says, if it is read, holds, and something shows that it is all there."""
    try:
        file = parse(content)
    except FormatError:
        return None
    holds = all(s.conservation.holds is not False for s in file.statements)
    return file if holds and proven_by(file) else None


def cuts(content: bytes) -> list[bytes]:
    """Every beginning of it that ends with a line, and some that end within one."""
    lines = content.splitlines(keepends=True)
    at = [sum(len(x) for x in lines[:n]) for n in range(1, len(lines))]
    step = max(1, len(content) // 60)
    return [content[:n] for n in sorted({*at[-200:], *range(1, len(content) - 1, step)})]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_banks_file_that_is_cut_has_the_same_whole_statements_or_shows_nothing(path: Path) -> None:
    content = path.read_bytes()
    try:
        statements = parse(content).statements
    except FormatError:
        pytest.skip("it is refused as it is")
    known = [(s.head.account, s.head.statement_id, [x.amount for x in s.lines]) for s in statements]
    for part in cuts(content):
        cut = whole(part)
        for s in cut.statements if cut else ():
            # A file that is cut between two statements is shorter, and each of them is whole: see docs/FORMATS.md.
            assert (
                s.head.intraday or (s.head.account, s.head.statement_id, [x.amount for x in s.lines]) in known
            )


def _journals() -> bytes:
    lines = (ExportedLine("6000", Decimal("12.50")), ExportedLine("2000", Decimal("-12.50")))
    return LedgerExports().export(
        [ExportedEntry(f"J{n}", date(2026, 10, n), "USD", lines) for n in range(1, 7)]
    )


BILLS = b"""number,kind,on,customer,net,currency,documents
I1,invoice,2026-10-01,c1,10.00,USD,
I2,invoice,2026-10-02,c1,20.00,USD,
I2,invoice,2026-10-02,c1,5.00,USD,
I3,invoice,2026-10-03,c1,1.00,EUR,
TOTAL,invoice,2026-10-31,-,35.00,USD,2
TOTAL,invoice,2026-10-31,-,1.00,EUR,1
"""
RUN = b"""run,period,pay_date,employee,component,amount,currency
R,2026-10,2026-10-30,e1,gross,100.00,USD
R,2026-10,2026-10-30,e1,net_pay,100.00,USD
R,2026-10,2026-10-30,e2,gross,50.00,USD
R,2026-10,2026-10-30,e2,net_pay,50.00,USD
TOTAL,2026-10,2026-10-30,,gross,150.00,USD
TOTAL,2026-10,2026-10-30,,net_pay,150.00,USD
"""
REPORTS = b"""report,on,employee,category,amount,currency,paid_by,reports
X1,2026-10-01,e1,travel,10.00,USD,employee,
X1,2026-10-01,e1,travel,5.00,USD,employee,
X2,2026-10-02,e2,travel,7.00,USD,card,
TOTAL,2026-10-31,-,-,22.00,USD,employee,2
"""
TABLES: list[tuple[str, bytes, dict[str, Any], int, str]] = [
    ("ledgers", _journals(), {}, 12, "75.00"),
    ("billing", BILLS, {}, 4, "36.00"),
    ("payroll", RUN, {"components": {"gross": "debit 1", "net_pay": "credit 2"}}, 4, "300.00"),
    ("expenses", REPORTS, {}, 3, "22.00"),
]


@pytest.mark.parametrize(("name", "content", "options", "rows", "total"), TABLES, ids=lambda v: str(v)[:8])
def test_a_table_with_totals_is_whole_and_cut_anywhere_it_is_not(
    name: str, content: bytes, options: dict[str, Any], rows: int, total: str
) -> None:
    reader = CONNECTORS[name].open(SystemConfig(name, name, "test", {}))
    assert isinstance(reader, ProvingReader)
    assert list(reader.read("f.csv", content, options))
    proof = reader.proof("f.csv", content, options)
    assert proof.by and (proof.rows, proof.total) == (rows, Decimal(total))
    items = [item.dedupe_key for item in reader.read("f.csv", content, options)]
    for part in cuts(content):
        try:
            read = list(reader.read("f.csv", part, options))
        except FileRefusedError:
            continue
        same = {i.source_key for i in read if not i.source_key.startswith(("control:", "details:"))} == {
            key.rpartition(":")[0] for key in items if not key.startswith(("control:", "details:"))
        }
        assert not reader.proof("f.csv", part, options).by or same, part[-60:]


TRAILER = (
    b"Date;Text;Amount\n01.10.2026;a;10,00\n02.10.2026;b;-2,50\n03.10.2026;c;1,25\nLines: 3\nSum: 8,75\n"
)
DIALECT = """name = "trailer"
account_is = "X"
currency_is = "EUR"
row_count = '^Lines: (\\d+)$'
row_total = '^Sum: ([-\\d.,]+)$'
[columns]
booked_on = "Date"
remittance = "Text"
amount = "Amount"
"""


def test_a_csv_may_state_its_count_and_sum_of_lines() -> None:
    file = parse(TRAILER, dialect=DIALECT)
    assert file.statements[0].conservation.holds is True and proven_by(file)
    for part in cuts(TRAILER):
        try:
            cut = parse(part, dialect=DIALECT)
        except FormatError:
            continue
        assert cut.statements[0].conservation.holds is False
    wrong = parse(TRAILER.replace(b"Sum: 8,75", b"Sum: 9,00"), dialect=DIALECT)
    assert wrong.statements[0].conservation.holds is False
    with pytest.raises(FormatError, match="go together"):
        parse(TRAILER, dialect=DIALECT.replace("row_total", "#row_total"))


def test_every_reader_of_files_says_what_shows_that_they_are_whole() -> None:
    readers = {n: c for n, c in CONNECTORS.items() if "file" in c.can}
    config = {n: {f.name: f.default or "x" for f in c.config} for n, c in readers.items()}
    without = [
        n
        for n, c in readers.items()
        if not isinstance(c.open(SystemConfig(n, n, "t", config[n])), ProvingReader)
    ]
    assert readers and without == []


def test_totals_of_one_currency_say_nothing_of_the_rows_of_another() -> None:
    lines = BILLS.splitlines(keepends=True)
    dollars, euro = [*lines[:4], lines[5]], lines[4]
    reader = CONNECTORS["billing"].open(SystemConfig("billing", "billing", "test", {}))
    assert reader.proof("f.csv", b"".join(dollars), {}).by
    assert not reader.proof("f.csv", b"".join([*dollars, euro]), {}).by
    assert reader.proof("f.csv", b"".join([*dollars, euro, lines[6]]), {}).by
