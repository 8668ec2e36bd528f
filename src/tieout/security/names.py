"""Names as they are compared: what only looks different is the same, what looks the same is told. Pure.

What folds away (`fold_name`) is what nobody sees or what no source keeps apart: width and compatibility forms, capitals,
invisible letters, direction marks, the ways of writing one address. By Unicode's NFKC_Casefold (Unicode Standard, 3.13, D146)
and the property Default_Ignorable_Code_Point (DerivedCoreProperties.txt, the same since Unicode 14.0).
What remains may still look like another's (`look_of`): Unicode's confusable letters (UTS #39, 4, skeletons), and points, dashes
and tags, which some mail systems ignore and others do not. That is never one person for sure, so nobody becomes somebody by
it; it is warned of, and nobody decides about what somebody who is written like them made.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from confusable_homoglyphs.confusables import confusables_data

# Default_Ignorable_Code_Point: first and last of each run, 4174 code points in all.
_IGNORABLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_INVISIBLE = dict.fromkeys(c for first, last in _IGNORABLE for c in range(first, last + 1))
_IN_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>\s*$")
_SEPARATORS = re.compile(r"[\s._'’-]+")


@lru_cache(8192)
def fold_name(name: str) -> str:
    """A name as it is compared. Of an address with a name before it, the address; a host by its letters, however it is
    written; spaces and capitals tell no two apart."""
    text = _case_folded(name)
    if "@" in text:
        text = _address(text)
    return " ".join(text.split())


def _case_folded(text: str) -> str:
    """NFKC_Casefold, again until nothing changes: folding one letter may make another that folds."""
    for _ in range(4):
        folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold()
        folded = unicodedata.normalize("NFKC", folded)
        if folded == text:
            break
        text = folded
    return text


def _address(text: str) -> str:
    found = _IN_BRACKETS.search(text)
    text = (found[1] if found else text).strip().removeprefix("mailto:")
    local, _, host = text.rpartition("@")
    return f"{local.strip()}@{'.'.join(_label(x) for x in host.strip().rstrip('.').split('.'))}"


def _label(label: str) -> str:
    """A part of a host's name by its letters (RFC 3492), as it is written where that is none."""
    if not label.startswith("xn--"):
        return label
    try:
        return _case_folded(label[4:].encode("ascii").decode("punycode"))
    except (UnicodeError, ValueError):
        return label


@lru_cache(8192)
def look_of(name: str) -> str:
    """What a name looks like: two names of one look may be read as one. Of an address without its tag (RFC 5233)."""
    text = fold_name(name)
    if "@" in text:
        local, _, host = text.rpartition("@")
        text = f"{local.partition('+')[0]}@{host}"
    shown = "".join(_exemplar(c) for c in unicodedata.normalize("NFD", text))
    # An exemplar may be a capital, and letters of their own again.
    shown = "".join(_exemplar(c) for c in unicodedata.normalize("NFD", shown.casefold()))
    return _SEPARATORS.sub("", shown.casefold())


@cache
def _exemplar(letter: str) -> str:
    """The one letter, or letters, for which all stand that are confused with it; itself for one that is not."""
    found = _confused(letter)
    if len(found) != 1:
        return letter
    other = found[0]
    # Each is confused with its exemplar alone, and that with all of its kind; of two alone either serves.
    return min(letter, other) if _confused(other) == [letter] else other


def _confused(letter: str) -> list[str]:
    return [str(x["c"]).translate(_INVISIBLE) for x in confusables_data.get(letter, [])]
