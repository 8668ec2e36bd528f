"""Whom a comment names with an @. Pure.

A name is written as the person's own (`@anna`), from a letter on; a mail address is none, since something stands before its @.
"""

from __future__ import annotations

import re

from tieout.cases.owners import READS, named, people_who
from tieout.security import Authority

_NAMED = re.compile(r"(?<![\w@.+-])@([^\W\d_][\w.+-]*)")


class MentionError(ValueError):
    """Somebody is named who cannot be told: why, and who can."""


def mentions(text: str) -> tuple[str, ...]:
    """Every name after an @, as it was written, each once; a full stop or dash that ends a sentence is none of it."""
    return tuple(dict.fromkeys(found.rstrip(".+-") for found in _NAMED.findall(text)))


def mentioned(authority: Authority, text: str, entity: str) -> tuple[str, ...]:
    """Who is named in a comment on a case of `entity`. Raises MentionError for a name of nobody who may see its cases, in the
    same words whether there is such a person or not."""
    able = people_who(authority, READS, entity)
    found = {}
    for name in mentions(text):
        person = authority.who_is(name)
        if person not in able:
            raise MentionError(
                f"@{name} is nobody who may see cases of {entity or 'every entity'}, so it would tell nobody: {named(able)}; "
                "write it without @ where no person is meant"
            )
        found[person] = True
    return tuple(found)
