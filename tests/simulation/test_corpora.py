"""The campaign over published corpora, at toy size over files of our own: `make campaign-corpora` takes whole repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path

import msgspec
import pytest

from tests.conformance import corpora as reading
from tests.conformance import oracles
from tests.databases import Databases
from tests.golden import bankfiles
from tests.simulation import campaign, corpora_campaign
from tests.simulation.corpora_campaign import Fresh
from tests.statement_files import mt940, ofx, told
from tieout.connectors.bankfile import normalise
from tieout.documents import Document
from tieout.formats import Statement
from tieout.planning import process
from tieout.processes import told_again

OURS = Path(__file__).resolve().parents[1] / "conformance" / "einvoices"
PAGES = (
    told("START", "7", "1000", ("12.50", "P1"), last_page=False),
    told("START", "7", "1012.50", ("-2.50", "P2"), page=2),
)


def corpus(folder: Path, name: str, files: dict[str, bytes]) -> None:
    """A corpus as somebody would publish it."""
    for path, content in files.items():
        (folder / name / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / "files" / path).write_bytes(content)
    (folder / name / reading.MANIFEST).write_text(
        f'name = "{name}"\nsource = "https://example.org/{name}"\nrevision = "0123456789abcdef"\nlicence = "MIT"\n'
    )


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Our own bank files and invoices as two corpora; a file that is none, and one that stands twice."""
    folder = tmp_path / "published"
    banks = {p.name: p.read_bytes() for p in bankfiles.files()}
    again = {"again/" + next(iter(banks)): next(iter(banks.values()))}
    corpus(folder, "banks", {**banks, **again, "notes.csv": b"what,why\nnothing,this is no statement\n"})
    corpus(folder, "bills", {p.name: p.read_bytes() for p in OURS.glob("*.xml")})
    return folder


@pytest.fixture
def run(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """The campaign: its exit code and its page. Its databases are of the tests' own server."""

    @contextmanager
    def fresh() -> Iterator[Fresh]:
        yield databases.fresh

    def go(folder: Path, orders: tuple[str, ...] = ("shuffled",)) -> tuple[int, str]:
        monkeypatch.setattr(corpora_campaign, "ORDERS", orders)
        monkeypatch.setattr(corpora_campaign, "fresh_databases", fresh)
        code = campaign.corpora(0, tmp_path / "docs", folder)
        return code, (tmp_path / "docs" / "corpora.md").read_text()

    return go


def figures(page: str, start: str) -> list[int]:
    """The whole numbers of the row that begins so."""
    (row,) = (line for line in page.splitlines() if line.startswith(f"| {start} |"))
    return [int(cell) for cell in row.removeprefix(f"| {start} |").split("|") if cell.strip().isdigit()]


def test_the_campaign_at_toy_size(published: Path, run: Callable[..., tuple[int, str]]) -> None:
    code, page = run(published)
    assert code == 0, page
    given = len(list(bankfiles.files()))
    files, told_of, booked, held, known, lost, doubled, _ = figures(page, "bank files | shuffled")
    assert files == given and told_of == booked + held + known and lost == doubled == 0
    assert min(booked, held) > 5 and known > 0
    bills = figures(page, "electronic invoices | shuffled")
    assert bills[1] == sum(bills[2:5]) > 20 and bills[5:7] == [0, 0]
    # One file stands twice, and one is no statement.
    assert "| not known | 1 | 1 | 0 | 1 |" in page and f"| MIT | {given + 1} | {given} |" in page
    assert "| einvoice | BR-CL-01 |" in page and "0 ended otherwise than by being read or refused" in page


def test_a_line_that_is_lost_ends_the_campaign(
    tmp_path: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As versions before lost them: of two statements of one name the last was the document."""
    corpus(tmp_path / "published", "pages", {"both.sta": mt940(*PAGES)})
    assert run(tmp_path / "published")[0] == 0
    monkeypatch.setattr(process, "tell_apart", lambda connection, interface, arrived, again: list(arrived))
    code, page = run(tmp_path / "published")
    assert (
        code == 1 and "pages, shuffled: lost: 1 of" in page and figures(page, "bank files | shuffled")[5] == 1
    )


def test_a_line_that_is_doubled_ends_the_campaign(
    tmp_path: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export's line that is known by its file: each file books it."""
    one = told("S", "1", "100", ("5.00", "A"), ("7.00", "B"))
    corpus(tmp_path / "published", "exports", {"1.ofx": ofx(one), "2.ofx": ofx(one, tail="\n")})
    assert run(tmp_path / "published")[0] == 0
    read, serial = normalise._by_content, count()

    def by_file(statement: Statement, unnamed: str) -> list[Document]:
        again = f":{next(serial)}"
        return [msgspec.structs.replace(d, key=d.key + again) for d in read(statement, unnamed)]

    monkeypatch.setattr(normalise, "_by_content", by_file)
    # What would find that it is told again is taken away, too.
    monkeypatch.setattr(told_again, "held_as_told", lambda ctx, line: None)
    code, page = run(tmp_path / "published")
    assert code == 1 and "exports, shuffled: doubled: 1 of" in page


def test_a_crash_ends_the_campaign(
    tmp_path: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> bool:
        raise KeyError("amount")

    corpus(tmp_path / "published", "pages", {"both.sta": mt940(*PAGES)})
    monkeypatch.setattr(reading, "write_json", crash)
    code, page = run(tmp_path / "published")
    assert code == 1 and "- pages: both.sta: KeyError: 'amount'" in page


def test_amounts_that_another_library_reads_otherwise_end_the_campaign(
    tmp_path: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus(tmp_path / "published", "pages", {"both.sta": mt940(*PAGES)})
    monkeypatch.setitem(oracles._ORACLES, "mt940", lambda content, text: [Decimal("12.50"), Decimal("2.50")])
    code, page = run(tmp_path / "published")
    assert code == 1 and "pages: both.sta: another library reads other lines" in page


def test_without_corpora_the_campaign_says_where_they_would_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert campaign.corpora(0, tmp_path / "docs", tmp_path) == 2
    assert "TIEOUT_CORPORA" in capsys.readouterr().out
