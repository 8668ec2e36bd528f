"""What a paper says: what it is of, who made it, tables, and the figures that it was made of. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tieout.money import shown_digits

# How many rows of a table are drawn; the attachment has all of them.
MOST_ROWS = 500
FORMAT = "tieout paper 1"
# What is drawn to the right.
RIGHT = frozenset({"amount", "count"})


@dataclass(frozen=True)
class Made:
    """Of which company (a project's name) and environment a paper is, who made it, and when (an instant as text)."""

    company: str
    environment: str
    by: str
    at: str


@dataclass(frozen=True)
class Block:
    """A heading, sentences, and a table: columns as (heading, kind), where a kind is text, amount or count; rows are texts as
    they are shown, None where nothing is known. `left` rows of it are not drawn."""

    title: str
    columns: tuple[tuple[str, str], ...] = ()
    rows: Sequence[Sequence[str | None]] = ()
    said: tuple[str, ...] = ()
    empty: str = "None."
    left: int = 0


@dataclass(frozen=True)
class Paper:
    """`of` says what it is of, each with a heading; `figures` are the bytes that it was made of."""

    title: str
    of: tuple[tuple[str, str], ...]
    made: Made
    blocks: tuple[Block, ...]
    figures: bytes
    said: tuple[str, ...] = field(default=())

    @property
    def sha256(self) -> str:
        """The hash of its figures, in hexadecimal digits."""
        return hashlib.sha256(self.figures).hexdigest()


def block(
    title: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[str | None]],
    said: Sequence[str] = (),
    empty: str = "None.",
) -> Block:
    """A block of the first rows of a table."""
    return Block(title, tuple(columns), rows[:MOST_ROWS], tuple(said), empty, max(len(rows) - MOST_ROWS, 0))


def figures_bytes(title: str, of: Mapping[str, str], told: Any) -> bytes:
    """What the API told, as canonical bytes: keys sorted, no spaces. The same figures give the same bytes, whoever prints them."""
    body = {"format": FORMAT, "title": title, "of": dict(of), "figures": told}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def amount(value: Any, currency: str = "") -> str | None:
    """An exact amount, signed as it is given, with thousands apart and as many decimals as its currency has or it needs, under a
    true minus; None of None. Raises decimal.InvalidOperation where it is none."""
    if value is None:
        return None
    number = Decimal(str(value))
    bare = number.normalize()
    places = max(shown_digits(currency), -int(bare.as_tuple().exponent) if bare else 0)
    return f"{'−' if number < 0 else ''}{abs(number):,.{places}f}"


def instant(value: Any) -> str:
    """An instant, given as ISO 8601, to the minute with its offset; "" of nothing."""
    text = str(value or "")
    offset = text[19:].lstrip(".0123456789")
    return f"{text[:16].replace('T', ' ')} {'UTC' if offset in ('Z', '+00:00') else offset}".strip()
