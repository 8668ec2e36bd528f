"""Sets of which one item is at fault: halved until it stands alone. No recursion: a stack of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from tieout.engine.failing import is_of_batch

T = TypeVar("T")


class Halves(Generic[T]):
    """What is left to try of a set, in its order. Of n items at most 2n - 1 parts are tried."""

    def __init__(self, items: Sequence[T]) -> None:
        self._parts = [list(items)] if items else []

    def take(self) -> list[T]:
        """The next part to try; empty where all went through or stood alone."""
        return self._parts.pop() if self._parts else []

    def failed(self, part: list[T], error: Exception) -> list[T]:
        """The one item of `part` that failed alone, or nothing where its halves are tried instead. Raises the error where
        it belongs to the whole set (`is_of_batch`)."""
        if len(part) == 1:
            return part
        if is_of_batch(error):
            raise error
        middle = len(part) // 2
        self._parts += [part[middle:], part[:middle]]
        return []


def in_halves(
    items: Sequence[T],
    act: Callable[[list[T]], None],
    alone: Callable[[T, Exception], None],
    went: Callable[[list[T]], None] = lambda part: None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Act on all items together; where that fails, on halves of them, in their order. `alone` is told of each item
    that fails by itself, `went` of each part that went through.

    Raises what belongs to the whole set (`is_of_batch`), and what `alone` raises: then the rest is not tried.
    """
    halves = Halves(items)
    while not stop() and (part := halves.take()):
        try:
            act(part)
        except Exception as error:  # noqa: BLE001 - one item's failure is that item's
            for item in halves.failed(part, error):
                alone(item, error)
        else:
            went(part)
