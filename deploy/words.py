"""`make words`: the console's catalogues. Every visible word of templates and of the console's Python is extracted, and so is what the
API says in fixed sentences; each language's catalogue gets what is new and loses what is gone.

The method is gettext's: a message is its English text. What is new is empty until somebody translates it, and never guessed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from deploy.api_words import API_WORDS
from tieout.causes import WAYS
from tieout.connector_api.inventory import TOPICS
from tieout.console.language import LANGUAGES
from tieout.operations.causes import homes_of_causes
from tieout.operations.discover import discover
from tieout.security.roles import ROLES
from tieout.survey import FeederKind
from tieout.survey.ages import BANDS, KINDS, OLDEST
from tieout.survey.feeders import LEDGERS_OWN, PACED
from tieout.survey.parties import SHARED

CONSOLE = Path(__file__).resolve().parents[1] / "src" / "tieout" / "console"
_KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
    "counted": (1, 2), "marked": None,
}  # fmt: skip
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {
    "templates/**.html": {
        "trimmed": "true",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "silent": "false",
        "newstyle_gettext": "true",
    }
}


def told_words() -> Iterator[str]:
    """What the API says in fixed words, which pages look up as they show them: causes and what recovers them, actions, roles, operations."""
    causes = [c for _title, found in homes_of_causes(discover().by_name.values()) for c in found]
    for cause in causes:
        yield cause.title
        yield cause.means
        yield from cause.sentences
    yield from (way.label for way in WAYS.values())
    yield from (name.replace("_", " ") for name in ROLES)
    yield from ROLES.values()
    yield from API_WORDS
    yield from (
        *FeederKind,
        *LEDGERS_OWN,
        *TOPICS,
        *KINDS,
        *(name for _, name in BANDS),
        OLDEST,
        *SHARED,
        PACED,
    )


def messages() -> Catalog:
    """Every message, in English."""
    found = Catalog(domain="console", header_comment="", fuzzy=False)
    for _file, _line, message, _comments, context in extract_from_dir(
        CONSOLE, _METHODS, _OPTIONS, keywords=_KEYWORDS
    ):
        found.add(message, context=context)
    for text in told_words():
        if text:
            found.add(text)
    return found


def path_of(language: str) -> Path:
    """Where a language's catalogue lies."""
    return CONSOLE / "locale" / language / "LC_MESSAGES" / "console.po"


def read(language: str) -> Catalog:
    """A language's catalogue as it is kept; an empty one where there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, domain="console", header_comment="")
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="console")


def write(language: str, catalogue: Catalog) -> None:
    """Keep it, sorted by message and without what changes by itself (dates, lines), so that a difference is a difference of words."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"# {LANGUAGES[language]}: the words of the console's pages. Written again by `make words`.",
        'msgid ""',
        'msgstr ""',
    ]
    lines += [
        rf'"{head}: {value}\n"'
        for head, value in (
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Language", language),
            ("Plural-Forms", catalogue.plural_forms),
        )
    ]
    with path.open("wb") as file:
        file.write(("\n".join(lines) + "\n\n").encode())
        write_po(
            file,
            catalogue,
            omit_header=True,
            sort_output=True,
            no_location=True,
            ignore_obsolete=True,
            width=140,
        )


def updated(language: str) -> Catalog:
    """The kept catalogue with what is new (empty) and without what is gone."""
    kept = read(language)
    kept.update(messages(), no_fuzzy_matching=True)
    return kept


def said(message: Message) -> bool:
    """Whether every form of a message is translated."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(forms) and not message.fuzzy


def main() -> None:
    """Write every language's catalogue again, and say what waits for a translation."""
    waiting = 0
    for language in LANGUAGES:
        if language != "en":
            made = updated(language)
            write(language, made)
            waiting += sum(1 for m in made if m.id and not said(m))
    print(f"{waiting} messages wait for a translation", file=sys.stderr)


if __name__ == "__main__":
    main()
