"""What the house says of standards and laws stands in docs/SOURCES.md, with where it was looked up.

A paragraph that a page, a docstring or a country's pack names is one of the table's; a row names files that name it. So nobody
adds a paragraph from memory without saying so, and no row outlives what it is of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.reading import ROOT, where

PAGE = ROOT / "docs" / "SOURCES.md"
VERDICTS = ("confirmed", "in part", "from memory")
# A range or a list names its paragraphs one by one: "IFRS 15.31 and .38", "art. 44, 196".
_NAMED = (
    (r"\b(IFRS|IAS|ISA) (\d+)((?:(?:, | and )?\.[A-Z]?\d+)+)", r"\.[A-Z]?\d+", "{0} {1}{2}"),
    (r"\b(IFRIC) (\d+)()", r"", "{0} {1}"),
    (r"\b(Conceptual Framework)() ((?:\d\.\d+(?:, | and )?)+)", r"\d\.\d+", "{0} {2}"),
    (r"\b(ASC)() (\d+-\d+(?:-\d+-\d+[A-Z]?)?)", r".+", "{0} {2}"),
    (r"\b([Aa]rt(?:icle|\.))() ((?:\d+[a-z]?\b(?:, | and )?)+)", r"\d+[a-z]?", "art. {2}"),
    (r"(§)() (\d+[a-z]?)\b", r".+", "§ {2}"),
    (r"\b(C)()-(\d+/\d+)", r".+", "C-{2}"),
    (r"\b(EPC)()(\d+-\d+)", r".+", "EPC{2}"),
    (r"\b((?:Directive|Regulation) (?:\(E[UC]\) )?)()(\d{4}/\d+)", r".+", "{0}{2}"),
)


def named(text: str) -> set[str]:
    """The paragraphs that a text names, each in the form in which the table has it."""
    flat = re.sub(r"\s*\n[#\s|]*", " ", text)
    found = set()
    for pattern, part, form in _NAMED:
        for match in re.finditer(pattern, flat):
            parts = re.findall(part, match[3]) if part else [""]
            found |= {form.format(match[1], match[2], p).strip() for p in parts}
    return found


def _rows() -> list[tuple[str, set[str], list[str], str, str, str]]:
    """Each row of the table: its title, paragraphs, files, source, day and verdict."""
    rows = []
    for line in PAGE.read_text().splitlines():
        cells = [c.strip() for c in line.strip("| ").split(" | ")]
        if line.startswith("|") and not line.startswith(("|-", "| what we say |")):
            assert len(cells) == 6, f"not six cells: {line[:80]}"
            rows.append((cells[0], named(cells[1]), re.findall(r"`([^`]+)`", cells[2]), *cells[3:]))
    return rows


ROWS = _rows()


def _texts() -> Iterator[Path]:
    yield ROOT / "README.md"
    for folder, kinds in (("docs", ("md",)), ("src/tieout", ("py", "toml", "md"))):
        for kind in kinds:
            yield from (p for p in sorted((ROOT / folder).rglob(f"*.{kind}")) if p != PAGE)


def test_a_list_names_each_of_its_paragraphs() -> None:
    text = "IFRS 15.31 and .38; IFRIC 22; ASC 606-10-45-1 to 45-3; art. 44,\n# 196; UStG § 13 (1); C-494/12, EPC409-09"
    assert named(text) == {
        *("IFRS 15.31", "IFRS 15.38", "IFRIC 22", "ASC 606-10-45-1", "art. 44", "art. 196", "§ 13"),
        *("C-494/12", "EPC409-09"),
    }


def test_the_table_is_read() -> None:
    assert len(ROWS) > 30
    assert "IFRS 15.31" in set.union(*(paragraphs for _, paragraphs, *_ in ROWS))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_a_row_names_files_that_name_its_paragraphs(
    row: tuple[str, set[str], list[str], str, str, str],
) -> None:
    title, paragraphs, files, source, day, verdict = row
    assert files, title
    for name in files:
        assert (ROOT / name).is_file(), f"{title}: {name} is not there"
        text = named((ROOT / name).read_text())
        assert not paragraphs or paragraphs & text, f"{title}: {name} names none of {sorted(paragraphs)}"
    assert verdict.startswith(VERDICTS), f"{title}: {verdict}"
    if not verdict.startswith("from memory"):
        assert source != "–" and re.fullmatch(r"\d{4}-\d\d-\d\d", day), (
            f"{title}: where and when was it looked up?"
        )


def test_what_is_named_of_standards_and_laws_stands_in_the_table() -> None:
    known = set.union(*(paragraphs for _, paragraphs, *_ in ROWS))
    unknown = {where(p): sorted(left) for p in _texts() if (left := named(p.read_text()) - known)}
    assert not unknown, f"{unknown}: docs/SOURCES.md says where each was looked up"
