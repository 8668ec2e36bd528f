"""What a message says: in every language the same parts, a header of one line, and nothing that it was not given."""

from __future__ import annotations

import string

import pytest

from tieout.cases import Told
from tieout.notifying.slack import as_plain
from tieout.notifying.words import ENGLISH, LANGUAGES, words_in
from tieout.notifying.writing import Digest, News, write_news, write_question

URL = "https://books.example"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_the_same_words_with_the_same_fields(language: str) -> None:
    words = LANGUAGES[language]
    assert {k: fields(v) for k, v in words.items()} == {k: fields(v) for k, v in ENGLISH.items()}
    assert all(v.strip() for v in words.values()) and (language == "en" or words["noted"] != ENGLISH["noted"])
    for kind in Told:
        told = write_news(Digest([News(7, kind, "carl", 1)], 1), language, "M", URL)
        assert told is not None and (" 7: " in told.subject) and f"{URL}/cases/7" in told.text


def test_another_language_than_those_is_english() -> None:
    assert words_in("") is ENGLISH and words_in("fr") is ENGLISH


def test_nothing_to_say_is_no_message() -> None:
    assert write_news(Digest([], 0), "en", "M", URL) is None
    assert write_news(Digest([], 0, digest=True), "en", "M", URL) is None
    told = write_news(Digest([], 0, overdue=2, digest=True), "en", "M", URL)
    assert told is not None and told.subject == "[Tieout M] your cases and their times"
    assert told.text.startswith("Yours and past their time: 2\n\n") and "due today" not in told.text


def test_a_name_is_one_line_of_a_header_and_not_endless() -> None:
    told = write_news(
        Digest([News(7, Told.NOTED, "x\r\nBcc: a@b\u202e" + "y" * 500, 1)], 1), "en", "M\nN", URL
    )
    assert told is not None
    assert told.subject.startswith("[Tieout M N] case 7: x Bcc: a@b y") and "\n" not in told.subject
    assert len(told.subject) <= 200 and "\u202e" not in told.text
    asked = write_question("a\nb", f"{URL}/me?confirm=t", "de", "M\nN")
    assert "\n" not in asked.subject and asked.text.startswith("a b möchte") and "\nhttps://books.example/me?confirm=t\n" in asked.text  # fmt: skip


def test_slack_is_given_no_commands_and_no_more_than_it_takes() -> None:
    assert as_plain("<!channel> a & b <@U1>") == "&lt;!channel&gt; a &amp; b &lt;@U1&gt;"
    assert len(as_plain("x" * 10_000)) == 3902 and as_plain("x" * 3900) == "x" * 3900
