"""Papers as they are drawn: read back from the file by another library."""

from __future__ import annotations

import hashlib
import io

import pytest
from pypdf import PdfReader

from tieout.papers.paper import MOST_ROWS, Block, Made, Paper, block
from tieout.papers.pdf import as_pdf

MADE = Made("Northwind & Söhne <test>", "test", "Ann O'Neil", "2026-11-02 10:00 UTC")
COLUMNS = [("What", "text"), ("Amount", "amount")]


def drawn(*blocks: Block, said: tuple[str, ...] = (), made: Made = MADE) -> PdfReader:
    paper = Paper("Tie-out", (("Entity", "US"),), made, blocks, b'{"figures":1}', said)
    return PdfReader(io.BytesIO(as_pdf(paper)))


def text_of(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def test_it_says_what_it_is_of_who_made_it_and_has_its_figures() -> None:
    reader = drawn(
        block("2026-10: net", COLUMNS, [["shop", "−1,000.50"], ["bank", None]]), said=("1 of 2 rows proven.",)
    )
    text = text_of(reader)
    for part in (
        "Tie-out",
        "Northwind & Söhne <test>",
        "Ann O'Neil",
        "1 of 2 rows proven.",
        "2026-10: net",
        "−1,000.50",
        "?",
    ):
        assert part in text, part
    digest = hashlib.sha256(b'{"figures":1}').hexdigest()
    assert reader.attachments["figures.json"] == [b'{"figures":1}']
    assert (
        digest in text.replace("\n", "")
        and reader.metadata is not None
        and digest in str(reader.metadata.subject)
    )


def test_every_page_has_the_hash_its_number_and_the_headings_again() -> None:
    reader = drawn(block("Long", COLUMNS, [[f"row {n}", "1.00"] for n in range(200)]))
    assert len(reader.pages) > 2
    digest = hashlib.sha256(b'{"figures":1}').hexdigest()
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        assert digest in text and f"{number} of {len(reader.pages)}" in text and "Amount" in text


def test_what_is_left_out_is_counted() -> None:
    many = [["x", "1.00"]] * (MOST_ROWS + 1234)
    assert "1,234 more rows: figures.json" in text_of(drawn(block("Many", COLUMNS, many)))


def test_no_text_is_markup_and_none_is_left_away() -> None:
    text = text_of(
        drawn(
            block(
                "<b>Bold</b> & co",
                COLUMNS,
                [["<font size=99>x</font>", "1.00"], ["東京 Łódź Ελλάδα", "2.00"]],
            )
        )
    )
    assert "<b>Bold</b> & co" in text and "<font size=99>x</font>" in text
    assert "[U+6771][U+4EAC] Łódź Ελλάδα" in text


def test_an_account_number_is_masked() -> None:
    text = text_of(drawn(block("Bank", COLUMNS, [["to DE89370400440532013000", "1.00"]])))
    assert "DE89370400440532013000" not in text.replace("\n", "") and "3000" in text


@pytest.mark.parametrize("letters", [1_000, 100_000])
def test_a_cell_longer_than_a_page_is_cut_and_says_so(letters: int) -> None:
    text = "".join(text_of(drawn(block("Long", COLUMNS, [["w" * letters, "1.00"]]))).split())
    assert f"({letters - 800:,}morelettersinfigures.json)" in text


def test_a_wide_table_stays_on_its_page_and_keeps_its_amounts_whole() -> None:
    columns = (
        [("Interface", "text"), ("Entity", "text")]
        + [(f"Figure {n}", "amount") for n in range(9)]
        + [("Proof", "text")]
    )
    cells = (
        ["a_long_name_of_an_interface_of_ours", "US"]
        + ["123,456,789.01"] * 9
        + ["ledger differs by −123,456,789.01"]
    )
    text = text_of(drawn(block("Wide", columns, [cells])))
    assert text.count("123,456,789.01") >= 9


def test_an_empty_table_says_so() -> None:
    assert "Nothing here." in text_of(drawn(block("None", COLUMNS, [], empty="Nothing here.")))
