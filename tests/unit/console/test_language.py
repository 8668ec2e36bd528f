"""In which language a page speaks: what was chosen, else what the browser asks for."""

from __future__ import annotations

import pytest

from tieout.console.language import (
    Speech,
    asked_language,
    counted,
    gettext,
    pgettext,
    speaking,
    speech,
    speech_of,
    told,
)
from tieout.console.rendering import environment_of_templates


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr,de;q=0.5,en;q=0.4", "de"),
        ("en;q=0.2, de;q=0.7", "de"),
        ("de;q=0", "en"),
        ("fr-FR", "en"),
        ("de;q=2", "en"),
        ("*", "en"),
        (",;=,q=de,\x00", "en"),
        ("de," * 10_000, "de"),
    ],
)
def test_the_language_that_a_browser_wants_most(accepted: str, language: str) -> None:
    assert asked_language(accepted) == language


def test_what_was_chosen_goes_before_what_a_browser_asks() -> None:
    assert speech_of({"language": "en", "forms": ""}, "de") == Speech("en", "iso")
    assert speech_of({"language": "", "forms": "language"}, "de") == Speech("de", "language")
    assert speech_of({}, "") == Speech()
    # A language of a version to come, or of nobody.
    assert speech_of({"language": "xx"}, "de") == Speech("en", "iso")


def test_a_page_speaks_its_language_and_no_other_does() -> None:
    with speaking(Speech("de")):
        assert gettext("Documents") == "Belege"
        assert counted("%(count)s day", "%(count)s days", 1) == "1 Tag"
        assert counted("%(count)s day", "%(count)s days", 0) == "0 Tage"
        with speaking(Speech()):
            assert gettext("Documents") == "Documents"
        assert speech().language == "de"
    assert gettext("Documents") == "Documents"
    assert counted("%(count)s day", "%(count)s days", 2) == "2 days"


def test_one_english_word_may_be_two_german_ones() -> None:
    with speaking(Speech("de")):
        assert (gettext("Close"), pgettext("verb", "Close")) == ("Abschluss", "Schließen")


def test_what_nobody_translated_is_shown_as_it_came() -> None:
    with speaking(Speech("de")):
        assert told("po_1042 came %(twice)s, 100 %") == "po_1042 came %(twice)s, 100 %"
        # The catalogue's own head is no message.
        assert told("") == "" and told(None) == ""


def test_what_a_template_says_of_a_constant_is_in_the_language_of_each_who_looks() -> None:
    template = environment_of_templates().from_string("{{ '1234.56' | amount | striptags }}")
    for _ in range(2):
        with speaking(Speech("en", "iso")):
            assert template.render() == "1,234.56"
        with speaking(Speech("de", "language")):
            assert template.render() == "1.234,56"
