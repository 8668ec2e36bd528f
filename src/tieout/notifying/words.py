"""What messages to a person say, in the languages of the console. Pure.

They hold no figure of a case and no word of its documents: its number, what happened, by whom, and how many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "one": "[Tieout {project}] case {case}: {happened}",
    "many": "[Tieout {project}] news of {cases} cases",
    "due": "[Tieout {project}] your cases and their times",
    "digest": "[Tieout {project}] digest: news of {cases} cases",
    "line": "Case {case}: {happened}",
    "again": "{count} more of this case before it",
    "left": "and {count} more cases: {url}/me",
    "due_today": "Yours and due today: {count}",
    "overdue": "Yours and past their time: {count}",
    "all": "All that you were told, and how you are told: {url}/me",
    "assigned": "{by} gave it to you",
    "given": "{by} gave it to somebody else",
    "mentioned": "{by} named you in a comment",
    "noted": "{by} commented",
    "solved": "it was solved by {by}",
    "overdue_case": "it is past its time",
    "escalated": "it is past its time, and its owner did nothing",
    "address": "[Tieout {project}] Is this address yours?",
    "address_asked": "{person} asked Tieout ({project}) to be sent here what they are told of cases. If that is you, open this link within {hours} "
    "hours, signed in, and confirm it:",
    "address_not": "If it is not you, do nothing: nothing more is sent here.",
}  # fmt: skip
GERMAN: Final[Mapping[str, str]] = {
    "one": "[Tieout {project}] Klärfall {case}: {happened}",
    "many": "[Tieout {project}] Neues zu {cases} Klärfällen",
    "due": "[Tieout {project}] Ihre Klärfälle und ihre Fristen",
    "digest": "[Tieout {project}] Übersicht: Neues zu {cases} Klärfällen",
    "line": "Klärfall {case}: {happened}",
    "again": "davor noch {count} zu diesem Klärfall",
    "left": "und {count} weitere Klärfälle: {url}/me",
    "due_today": "Ihre, heute fällig: {count}",
    "overdue": "Ihre, überfällig: {count}",
    "all": "Alles, was Ihnen mitgeteilt wurde, und wie es Sie erreicht: {url}/me",
    "assigned": "{by} hat ihn Ihnen zugewiesen",
    "given": "{by} hat ihn jemand anderem zugewiesen",
    "mentioned": "{by} hat Sie in einem Kommentar genannt",
    "noted": "{by} hat kommentiert",
    "solved": "er wurde von {by} gelöst",
    "overdue_case": "er ist überfällig",
    "escalated": "er ist überfällig, und der Zuständige hat nichts getan",
    "address": "[Tieout {project}] Gehört diese Adresse Ihnen?",
    "address_asked": "{person} möchte, dass Tieout ({project}) Mitteilungen zu Klärfällen hierher schickt. Sind Sie das, so öffnen Sie "
    "angemeldet innerhalb von {hours} Stunden diesen Link und bestätigen Sie die Adresse:",
    "address_not": "Sind Sie es nicht, so ist nichts zu tun: Hierher wird nichts mehr geschickt.",
}  # fmt: skip
LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": ENGLISH, "de": GERMAN}


def words_in(language: str) -> Mapping[str, str]:
    """The words of a language; English where nobody chose one, since no browser asks here."""
    return LANGUAGES.get(language, ENGLISH)
