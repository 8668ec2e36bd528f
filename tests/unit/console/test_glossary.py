"""What a word on a page means is what the documentation says, in every language of the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tieout.console.glossary import TERMS, Term

ROOT = Path(__file__).resolve().parents[3]
MEANINGS = dict(
    re.findall(r"^\| ([^|]+?) \| (.+?) \|$", (ROOT / "docs" / "GLOSSARY.md").read_text(), re.MULTILINE)
)
TEMPLATES = ROOT / "src" / "tieout" / "console" / "templates"


@pytest.mark.parametrize("term", TERMS.values(), ids=lambda t: t.word)
def test_a_term_means_what_the_documentation_says(term: Term) -> None:
    # What follows there is of the command line, or leads to another page.
    assert (
        re.sub(r" (`[^`]+` on the command line.*|\(\[[^]]+\]\([^)]+\)\))$", "", MEANINGS[term.word])
        == term.means
    )


def test_every_word_that_a_page_leads_from_is_a_term_and_leads_to_its_own_place() -> None:
    led = {
        word
        for page in TEMPLATES.glob("*.html")
        for word in re.findall(r'term\(_\("[^"]+"\), "([^"]+)"\)', page.read_text())
    }
    assert len(led) > 8 and led <= set(TERMS)
    assert len({t.key for t in TERMS.values()}) == len(TERMS) and all(
        re.fullmatch("[a-z-]+", t.key) for t in TERMS.values()
    )
