"""How the ledgers of two months differ: the rows of one that the other lacks, kept beside a campaign's page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

# Of a ledger that differs everywhere nobody reads more; a page names the first few.
MOST_KEPT, MOST_NAMED, _LONGEST, _LONGEST_NAME = 500, 6, 300, 100


def differing(quiet: Sequence[str], disturbed: Sequence[str]) -> list[str]:
    """Each line that one has oftener than the other: `-` where only the quiet month has it, `+` where only the disturbed
    one has. What is alike stands together, as the same row under another date does."""
    has, other = Counter(quiet), Counter(disturbed)
    only = [("-", x) for x in (has - other).elements()] + [("+", x) for x in (other - has).elements()]
    return [f"{side} {line[:_LONGEST]}" for side, line in sorted(only, key=lambda x: (x[1], x[0]))]


class Differences:
    """The differing rows of one campaign's months, in files beside its page. Those of an earlier run go."""

    def __init__(self, folder: Path, campaign: str) -> None:
        self._folder, self._campaign = folder, campaign
        for old in folder.glob(f"{campaign}-*.rows.txt"):
            old.unlink()

    def keep(self, of: str, quiet: Sequence[str], disturbed: Sequence[str]) -> str:
        """Write how month `of` differs; the one complaint of its page: where that lies, and below it the first few rows."""
        rows = differing(quiet, disturbed)
        path = self._folder / f"{self._campaign}-{of[:_LONGEST_NAME]}.rows.txt"
        head = "- only in the quiet month, + only in the disturbed one"
        title = f"{self._campaign}, {of}: {len(rows)} rows differ"
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([title, head, "", *_first(rows, MOST_KEPT), ""]))
        print(f"the rows that differ are in {path}", flush=True)
        named = [f"`{row}`" for row in rows[:MOST_NAMED]] + _first(rows, MOST_NAMED)[MOST_NAMED:]
        return "\n  - ".join([f"another ledger, {len(rows)} rows differ: [{path.name}]({path.name})", *named])


def _first(rows: Sequence[str], most: int) -> list[str]:
    """No more than `most`, and how many more there are."""
    left = len(rows) - most
    return [*rows[:most], *([f"and {left} more"] if left > 0 else [])]
