"""The pages of docs/connectors say what is so now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.published.pages import FOLDER, page, pages
from tieout.connector_api import ApiVersion, NeededRight, Verified, WebhookTopic
from tieout.operations.discover import discover


@pytest.mark.parametrize("path", pages(), ids=lambda p: p.name)
def test_a_page_says_what_is_declared_and_held(path: Path) -> None:
    assert path.is_file() and path.read_text() == pages()[path], "make them again: `make published`"


def test_no_page_is_of_a_connector_that_is_gone() -> None:
    assert set(FOLDER.glob("*.md")) <= set(pages())


def test_all_that_is_declared_stands_on_the_page() -> None:
    declared = replace(
        discover()["smtp"],
        api=ApiVersion("2026-07", "a changelog", date(2027, 7, 1)),
        verified=(Verified(date(2026, 11, 30), "the schema", "a place"),),
        rights=(NeededRight("read_all", "reading"),),
        webhooks=(WebhookTopic("things/made", "waking a poll"),),
        not_covered=("what nobody needs",),
        assumed=("that it is | so",),
    )
    said = page(declared)
    for words in (
        "| version | 2026-07, until 2027-07-01 (a changelog) |",
        "- 2026-11-30: the schema (a place)",
        "- `read_all`: reading",
        "- `things/made`: waking a poll",
        "- what nobody needs",
        "- that it is | so",
    ):
        assert words in said
