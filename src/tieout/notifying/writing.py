"""Writes a message: its subject and its text. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tieout.cases import Told
from tieout.notifying.model import LINK_SERVES
from tieout.notifying.words import words_in

_LONGEST_SUBJECT = 200
# A name in a message: longer than any person's.
_LONGEST_NAME = 80


@dataclass(frozen=True)
class News:
    """What a message tells of one case: what happened last, by whom, and how many notices of it there are in all (1 and more)."""

    case: int
    kind: Told
    by: str
    count: int


@dataclass(frozen=True)
class Digest:
    """What a message says. `cases` are how many there is news of, of which `news` are those that are listed; of the cases that are one's own
    `due_today` are due until midnight and `overdue` are past their time, both 0 in what is no digest."""

    news: Sequence[News]
    cases: int
    due_today: int = 0
    overdue: int = 0
    digest: bool = False


@dataclass(frozen=True)
class Written:
    """A message: `subject` is one line; `text` is plain."""

    subject: str
    text: str


def write_news(told: Digest, language: str, project: str, url: str) -> Written | None:
    """A message that tells somebody what they were told; None where there is nothing to say."""
    if not (told.cases or told.due_today or told.overdue):
        return None
    words = words_in(language)
    parts = [_of_case(news, words, url) for news in told.news]
    if told.cases > len(told.news):
        parts.append(words["left"].format(count=told.cases - len(told.news), url=url))
    times = [("overdue", told.overdue), ("due_today", told.due_today)]
    if counted := [words[key].format(count=count) for key, count in times if count]:
        parts.insert(0, "\n".join(counted))
    parts.append(words["all"].format(url=url))
    return Written(_subject(told, words, project), "\n\n".join(parts) + "\n")


def write_question(person: str, link: str, language: str, project: str) -> Written:
    """A message that asks whether an address is somebody's."""
    words = words_in(language)
    hours = int(LINK_SERVES.total_seconds() // 3600)
    asked = words["address_asked"].format(person=_line(person), project=_line(project), hours=hours)
    subject = words["address"].format(project=_line(project))[:_LONGEST_SUBJECT]
    return Written(subject, f"{asked}\n\n{link}\n\n{words['address_not']}\n")


def _subject(told: Digest, words: Mapping[str, str], project: str) -> str:
    given = {"project": _line(project), "cases": told.cases}
    if told.digest:
        text = words["digest" if told.cases else "due"].format(**given)
    elif told.cases == 1 and told.news:
        (news,) = told.news
        text = words["one"].format(**given, case=news.case, happened=_happened(news, words))
    else:
        text = words["many"].format(**given)
    return text[:_LONGEST_SUBJECT]


def _of_case(news: News, words: Mapping[str, str], url: str) -> str:
    """One case: what happened last, how much before it, and where it is."""
    lines = [words["line"].format(case=news.case, happened=_happened(news, words))]
    if news.count > 1:
        lines.append(f"  {words['again'].format(count=news.count - 1)}")
    return "\n".join([*lines, f"  {url}/cases/{news.case}"])


def _happened(news: News, words: Mapping[str, str]) -> str:
    key = "overdue_case" if news.kind is Told.OVERDUE else news.kind.value
    return words[key].format(by=_line(news.by))


def _line(name: str) -> str:
    """A name as it may stand in a header: one line, nothing that is not seen, not endless."""
    seen = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(seen.split())[:_LONGEST_NAME]
