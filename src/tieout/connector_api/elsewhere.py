"""Where a thing stands in the system that it came from or went to: the address of its page there, for people.

Owns what a connector is asked (`Named`) and what makes its answer safe to show. A connector says it with a function of its own
(`Connector.page`): pure, of its settings and of what the thing is known by. Where the address of a system's pages is not known, as of
a simulator or of a system behind another name, there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

_LONGEST = 500


@dataclass(frozen=True)
class Named:
    """What a thing is known by. `kind` is a document's kind (`customer_invoice`), or what the other system calls it
    (`account.move`); the keys are those that a document of that kind has, "" where it has none."""

    kind: str
    key: str
    order_key: str = ""
    payment_key: str = ""
    payout_key: str = ""

    @classmethod
    def of(cls, kind: str, key: str, content: Mapping[str, Any]) -> Named:
        """Of a document as it is kept. A key that is no text is none."""

        def said(name: str) -> str:
            value = content.get(name)
            return value if isinstance(value, str) else ""

        return cls(kind, key, said("order_key"), said("payment_key"), said("payout_key"))


def address(base: str, *parts: str) -> str:
    """The address of `parts` below `base`, each written so that it stays one part; "" where one is missing or would lead
    elsewhere, or where `base` is not one of http(s)."""
    below = web_address(base)
    if not below or any(not p or p in (".", "..") for p in parts):
        return ""
    return "/".join((below, *(quote(p, safe="") for p in parts)))


def host_of(base: str) -> str:
    """The name of the host, in small letters; "" where it is no address of http(s)."""
    return (urlsplit(base).hostname or "") if web_address(base) else ""


def web_address(url: str) -> str:
    """The address where it is one of http(s) that a browser opens as it is written, without what stands behind its path; ""
    otherwise."""
    try:
        parts = urlsplit(url.strip())
        named = parts.hostname and parts.username is None and parts.password is None and (parts.port or 1)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not named or len(url) > _LONGEST:
        return ""
    if any(c <= " " or c in '\\"<>`' for c in parts.netloc + parts.path):
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
