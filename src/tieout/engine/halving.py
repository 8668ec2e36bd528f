"""Sets of which one item is at fault: halved until it stands alone. No recursion: a stack of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tieout.engine.failing import is_of_batch

T = TypeVar("T")


def in_halves(
    items: Sequence[T],
    act: Callable[[list[T]], None],
    alone: Callable[[T, Exception], None],
    went: Callable[[list[T]], None] = lambda part: None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Act on all items together; where that fails, on halves of them, in their order. `alone` is told of each item
    that fails by itself, `went` of each part that went through. Of n items at most 2n - 1 parts are tried.

    Raises what belongs to the whole set (`is_of_batch`), and what `alone` raises: then the rest is not tried.
    """
    parts = [list(items)] if items else []
    while parts and not stop():
        part = parts.pop()
        try:
            act(part)
        except Exception as error:
            if len(part) == 1:
                alone(part[0], error)
            elif is_of_batch(error):
                raise
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
        else:
            went(part)
