"""Texts of strangers: what a database can keep, and what it cannot."""

from __future__ import annotations

import re

# A NUL, which PostgreSQL's texts have not, and half a character (a lone surrogate: JSON can say it, UTF-8 cannot).
_NONE = re.compile("[\x00\ud800-\udfff]")


def can_be_kept(text: str) -> bool:
    """Whether a text column can hold it."""
    if text.isascii():
        return "\x00" not in text
    return _NONE.search(text) is None


def fit_to_keep(text: str, most: int = 300) -> str:
    """A text that somebody else's words may be part of, so that it can be kept: what cannot is U+FFFD, and after `most`
    characters it ends."""
    return _NONE.sub("\ufffd", text[:most])
