"""The text of an OFX file: its letters, without what is no part of it.

Headers are often wrong: USASCII with letters of Windows, 1252 over UTF-8. Forced, else UTF-8 where it is; else what is
declared where that fits; else by evidence.
Source: OFX 1.6 and 2.2 specifications, 2.2 (headers); libofx/libofx 20, jseutter/ofxparse 153 and 171 (what banks write).
"""

from __future__ import annotations

import codecs
import html
import re

from tieout.formats.encodings import Decoded, decode
from tieout.formats.model import FormatError, Place

_CHARSET = re.compile(rb"^CHARSET:[ \t]*([A-Za-z0-9-]+)", re.MULTILINE)
_PROLOG = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_APART = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->", re.DOTALL)
# A reference ends with its semicolon: without one, "AT&COPYRIGHT" is a name.
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def decoded(content: bytes, forced: str) -> Decoded:
    """A file as text. Raises FormatError where it is no text, or not in the encoding that is forced."""
    if forced:
        return decode(content, forced)
    if content.isascii():
        return decode(content)
    try:
        return decode(content, "utf-8")
    except FormatError:
        name = _declared(content)
    if name:
        try:
            return decode(content, name)
        except FormatError:
            pass  # it is declared otherwise than it is written
    return decode(content)


def _declared(content: bytes) -> str:
    """The encoding that a header declares, "" for none that is known. A Latin 1 is taken for Windows': its letters are the
    same, and no text has control characters where Windows has letters."""
    head = content[:2000]
    charset, prolog = _CHARSET.search(head), _PROLOG.search(head)
    name = (prolog or charset or [b"", b""])[1].decode().upper()
    if name.isdigit():
        name = f"cp{name}"
    elif name.startswith("8859-"):
        name = f"ISO-{name}"
    if name in ("NONE", "", "USASCII", "US-ASCII"):
        return ""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return ""
    return "cp1252" if found == "iso8859-1" else found


def without_comments(text: str) -> str:
    """The text with blanks where comments stand, so that every place stays. Raises FormatError for one that does not end."""
    if "<!--" not in text:
        return text
    plain = _APART.sub(lambda m: m[0] if m[0].startswith("<![") else " " * len(m[0]), text)
    left = _APART.sub("", text).find("<!--")
    if left >= 0:
        raise FormatError("a comment that does not end", Place(plain.find("<!--"), 0))
    return plain


def plain(value: str) -> str:
    """A value's letters: references to characters resolved once, without blanks around it."""
    if "&" not in value:
        return value.strip()
    return _REFERENCE.sub(lambda m: html.unescape(m[0]), value).replace("\xa0", " ").strip()
