"""A close as a paper, from the sheet that was kept when somebody signed or locked last. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tieout.evidence.print_close import Printed, banners, foot, head_lines, share_line, sums_of
from tieout.papers.paper import RIGHT, Block, Made, Paper, amount, block


def paper_of_close(printed: Printed, made: Made) -> Paper:
    """The printed close: its figures are the sheet's own bytes, so its hash is the one that the evidence has of it. What the log says
    since then stands first."""
    sheet = json.loads(printed.sheet)
    blocks: list[Block] = []
    for section in sheet["sections"]:
        tables = section["tables"] or [None]
        for n, table in enumerate(tables):
            said = tuple(section["said"]) if n == 0 else ()
            title = section["title"] if n == 0 else ""
            if table is not None and table["title"]:
                title = f"{title}: {table['title']}" if title else table["title"]
            blocks += _table(title, said, table)
        blocks += [Block("", said=(share_line(share),)) for share in section["shares"]]
    blocks.append(Block("How the figures are proven", said=tuple(foot(sheet, printed))))
    kept = f"kept as {printed.name}" if printed.name else "a draft: nobody signed or locked yet"
    return Paper(
        f"Close of {sheet['entity']}, {sheet['period']}",
        (*head_lines(sheet), ("Sheet", kept)),
        made,
        tuple(blocks),
        printed.sheet,
        tuple(banners(sheet, printed)),
    )


def _table(title: str, said: Sequence[str], table: dict[str, Any] | None) -> list[Block]:
    if table is None:
        return [Block(title, said=tuple(said))]
    kinds = [kind for _, _, kind in table["columns"]]
    columns = [(heading, kind if kind in RIGHT else "text") for _, heading, kind in table["columns"]]
    found = [block(title, columns, [_row(r, kinds) for r in table["rows"]], said, table["empty"])]
    if table["rows"]:
        for heading, of, rows in sums_of(table):
            found.append(
                block(
                    heading,
                    [(h, k if k in RIGHT else "text") for h, k in of],
                    [_row(r, [k for _, k in of]) for r in rows],
                )
            )
    return found


def _row(row: Sequence[str | None], kinds: Sequence[str]) -> list[str | None]:
    return [_cell(value, kind) for value, kind in zip(row, kinds, strict=True)]


def _cell(value: str | None, kind: str) -> str | None:
    if value is None:
        return None if kind in RIGHT else ""
    if kind == "amount":
        return amount(value)
    return value[:16].replace("T", " ") if kind == "instant" else value
