"""The documentation's site: whole, with a reference from the code, and nothing from other hosts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from deploy.site.make import NAV, make

from tieout.api.v1.application import ROUTERS
from tieout.operations.discover import discover

pytestmark = pytest.mark.long


def test_the_site_is_built_whole_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    make(tmp_path / "site")
    pages = {
        str(p.relative_to(tmp_path / "site")): p.read_text() for p in (tmp_path / "site").rglob("*.html")
    }
    for group in NAV:
        for listed in group.values():
            for page in [listed] if isinstance(listed, str) else listed:
                assert page.replace(".md", ".html") in pages
    loaded = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"'](https?:)?//", re.IGNORECASE)
    assert [name for name, text in pages.items() if loaded.search(text)] == []
    assert all(
        f"({name})" in re.sub("<[^>]+>", "", pages["reference/connectors.html"])
        for name in discover().by_name
    )
    told = pages["reference/api.html"]
    assert all(route.path in told.replace("&quot;", '"') for router in ROUTERS for route in router.routes)  # type: ignore[attr-defined]
    assert "tieout people invite" in pages["reference/commands.html"]
    assert "pictures/today-light.png" in pages["index.html"]
