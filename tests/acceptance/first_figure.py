"""`make campaign-first-figure`: how long one person alone takes from `tieout init` to a first figure, and how many clicks; written to
docs/campaigns/first-figure.md. Typing is counted at a person's speed, since a script types at once."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.acceptance.own_project import CHROMIUM, Walker, begun, outside, whole_way

# Whoever has the keys at hand pastes them; reading a page and deciding takes a person longer than pressing.
_TYPING_S, _CLICK_S, _READING_S = 4.0, 1.5, 25.0

TEXT = """# From nothing to the first figure of an own project

`make campaign-first-figure` walks one person's way in a real Chromium: `tieout init`, `tieout up`, the link that it prints, the seven steps of
*Set up* against simulated Odoo and Stripe, to a month of Stripe's own figures beside what was read, residual 0.00. The company's books in Odoo are not
empty: nothing is posted.

| | |
|---|---|
| on | {on} |
| from `tieout init` to the first figure, by a script | {machine:.0f} s |
| of it until the link is printed | {link:.0f} s |
| clicks and fields | {clicks} |
| pages | {pages} |
| reckoned for a person: the same, with {typing:.0f} s a field, {click:.1f} s a click and {reading:.0f} s to read a page | {person:.1f} minutes |

The bar is 10 minutes by one person who has the keys at hand. The last row is reckoned, not measured with people.
"""


class Counting(Walker):
    """A walker who counts fields apart from clicks."""

    fields = 0

    def fill(self, where: str, text: str) -> None:
        super().fill(where, text)
        self.fields += 1


def main(target: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as made,
        outside(Path(made) / "outside") as out,
        sync_playwright() as player,
    ):
        out.entry()
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="en-GB").new_page()
        started = time.monotonic()
        with begun(Path(made) / "own", out.world) as link:
            until_link = time.monotonic() - started
            walker = Counting(page)
            whole_way(walker, link, out)
            took = time.monotonic() - started
        browser.close()
    pages = len(walker.seen) + 3
    person = (
        took + walker.fields * _TYPING_S + (walker.clicks - walker.fields) * _CLICK_S + pages * _READING_S
    )
    target.write_text(
        TEXT.format(
            on=datetime.now(UTC).date(), machine=took, link=until_link, clicks=walker.clicks, pages=pages,
            typing=_TYPING_S, click=_CLICK_S, reading=_READING_S, person=person / 60,
        )
    )  # fmt: skip
    assert person < 600, f"{person:.0f} s: more than ten minutes"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/campaigns/first-figure.md"))
