"""Whether a page is for everybody: nothing sticks out of its window, on a desk or on a phone, and axe-core finds nothing.

Axe-core takes a second of processor time for a page: in `make test-all` it looks at each once, on a desk in the light theme; by
`make campaign-axe` in both themes and at both widths.
"""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_EVERY = os.environ.get("TIEOUT_AXE_EVERY") == "1"
# Where pictures of it are kept, for whoever wants to look at them.
_PICTURES = os.environ.get("TIEOUT_PICTURES", "")
_LOOKS = ((1280, "light"), (1280, "dark"), (390, "dark"), (390, "light"))


def is_for_everybody(page: Page, name: str) -> None:
    """Raise AssertionError for what keeps somebody from reading a page."""
    for width, theme in _LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} pixels wider than its window of {width}"
        if _EVERY or (width, theme) == _LOOKS[0]:
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}, {theme}, {width}: {found.generate_report()}"
        if _PICTURES:
            page.screenshot(path=str(Path(_PICTURES) / f"{name}-{width}-{theme}.png"), full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
