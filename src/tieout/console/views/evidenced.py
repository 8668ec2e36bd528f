"""The evidence of one thing, beside it on its page."""

from __future__ import annotations

from typing import Any

from tieout.console.rendering import Page

# Entries that a thing's page shows; /evidence shows all.
_MOST = 20


async def evidence_of(page: Page, subject: str) -> list[dict[str, Any]]:
    """The latest entries about a subject, the latest first; none where whoever looks may not read evidence."""
    if not page.may("evidence:read"):
        return []
    told = await page.api.maybe("/evidence", subject=subject, limit=_MOST)
    found: list[dict[str, Any]] = told["items"] if told else []
    return found
