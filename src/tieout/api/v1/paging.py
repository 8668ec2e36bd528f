"""Lists page by page: each page says where the next begins, by the last row's own values (keyset), so that the last
page costs what the first does and nothing is skipped while rows come."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from tieout.api.v1.problems import ProblemError

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=200, description="how many rows at most")]
After = Annotated[str, Query(max_length=300, description="`next` of the page before")]


class Page(BaseModel, Generic[T]):
    """`next` is given as `after` for the page after this one; null: this is the last. `among`: it was sorted among so many of the
    list's first rows, and there are more; null: among all."""

    items: list[T]
    next: str | None
    among: int | None = None


def place(*values: object) -> str:
    """Where a page begins, as a text that is given back."""
    return base64.urlsafe_b64encode(json.dumps([str(v) for v in values]).encode()).rstrip(b"=").decode()


def read_place(after: str, kinds: Sequence[Callable[[str], Any]]) -> list[Any]:
    """The values of a place, or as many None. Raises ProblemError for what is none."""
    if not after:
        return [None] * len(kinds)
    try:
        texts = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if not isinstance(texts, list) or len(texts) != len(kinds):
            raise ValueError(after)
        found = [kind(text) for kind, text in zip(kinds, texts, strict=True)]
        if any(str(f) in ("NaN", "sNaN", "Infinity", "-Infinity") for f in found) or any(
            isinstance(f, int) and not -(2**62) < f < 2**62 for f in found
        ):
            raise ValueError(after)
    except (ValueError, TypeError, ArithmeticError, binascii.Error, RecursionError):
        raise ProblemError(422, "page", "`after` is no place that a page named: begin without it") from None
    return found


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], bool]:
    """A page of rows, of which one more was read; whether there are more."""
    return rows[:limit], len(rows) > limit
