"""A turn: what a stage works with while it has a lane to itself. It keeps every item's failure that item's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tieout.connector_api import AwayError
from tieout.engine.clock import Clock
from tieout.engine.failing import is_of_batch, lost, storable, text_of
from tieout.engine.failures import Failure, Failures, LaneKey
from tieout.engine.halving import in_halves
from tieout.observe import get_logger

T = TypeVar("T")
_log = get_logger(__name__)
# After each failure of a whole batch the next one is this many times smaller: what is at fault soon stands alone.
_SMALLER = 8


class Turn:
    """What a stage's round of one lane works with."""

    def __init__(
        self, failures: Failures, lane: LaneKey, before: int, wall: Clock, stop: Callable[[], bool]
    ) -> None:
        self._failures, self.lane, self._before = failures, lane, before
        self._wall, self._stop = wall, stop
        self._items: dict[str, Failure] | None = None
        self.proves = True

    @property
    def stopping(self) -> bool:
        """Whether the process was told to stop: a round ends between two items."""
        return self._stop()

    def most(self, limit: int) -> int:
        """How many items to work on together: `limit`, and fewer after each failure of a whole batch, so that one
        item that fails the same way each time ends up alone."""
        smaller: int = _SMALLER ** min(self._before, 12)
        return max(limit // smaller, 1)

    @property
    def failed_before(self) -> bool:
        """Whether the last round of this lane failed as a whole."""
        return self._before > 0

    def unproven(self) -> None:
        """What was done in this round does not show that what failed works again: that the lane failed is kept."""
        self.proves = False

    def waiting(self) -> list[str]:
        """The items that failed and are not to be tried yet."""
        return [key for key in self._known() if self.waits(key)]

    def waits(self, key: str) -> bool:
        """Whether an item failed and is not to be tried yet."""
        failure = self._known().get(key)
        return failure is not None and failure.next_at > self._wall.now()

    def failures_of(self, key: str) -> int:
        """How often in a row an item failed until now."""
        failure = self._known().get(key)
        return failure.failures if failure else 0

    def each(
        self,
        items: Sequence[T],
        key_of: Callable[[T], str],
        act: Callable[[T], bool],
        give_up: Callable[[T, Exception], None] | None = None,
        tries: int = 1,
    ) -> bool:
        """Act on one item after the other, each alone; True where something moved.

        One that fails waits, and after `tries` failures `give_up` makes a case of it, if that is given. Raises what
        belongs to the batch.
        """
        worked = False
        for item in items:
            key = storable(key_of(item))
            if self.stopping:
                break
            if self.waits(key):
                continue
            try:
                worked = act(item) or worked
            except Exception as error:
                if is_of_batch(error):
                    self.suspect(key, error)
                    raise
                worked = self.fail(key, error, _with(give_up, item), tries) or worked
                continue
            self.worked(key)
        return worked

    def sets(
        self,
        items: Sequence[T],
        key_of: Callable[[T], str],
        act: Callable[[list[T]], None],
        give_up: Callable[[T, Exception], None],
    ) -> None:
        """Act on all items together; where that fails, on halves of them, until what is at fault stands alone and is
        given up. Raises what belongs to the batch: an item that was alone by then waits for longer than the others.
        """

        def alone(item: T, error: Exception) -> None:
            key = storable(key_of(item))
            if is_of_batch(error):
                self.suspect(key, error)
                raise error
            _log.exception("item failed", lane=self.lane, item=key)
            self.fail(key, error, _with(give_up, item))

        def went(part: list[T]) -> None:
            self._worked_all([storable(key_of(item)) for item in part])

        in_halves(items, act, alone, went, self._stop)

    def fail(
        self, key: str, error: Exception, give_up: Callable[[Exception], None] | None = None, tries: int = 1
    ) -> bool:
        """An item failed: after `tries` failures it is given up, until then, or where that fails too, it waits. True
        where it was given up."""
        before = self.failures_of(key)
        _log.warning("item failed", lane=self.lane, item=key, failures=before + 1, error=text_of(error))
        if give_up is not None and before + 1 >= tries:
            try:
                give_up(error)
            except Exception as another:
                if is_of_batch(another):
                    raise
                _log.exception("an item cannot be given up", lane=self.lane, item=key)
            else:
                self.worked(key)
                return True
        self._known()[key] = self._failures.failed(self.lane, error, before, key)
        return False

    def suspect(self, key: str, error: Exception) -> None:
        """A lane failed again, at this item alone, or at one that failed before: it waits by itself too, and for longer, so
        that the next round begins with another."""
        before = self.failures_of(key)
        if (self._before or before) and not lost(error) and not isinstance(error, AwayError):
            _log.warning("item failed with its lane", lane=self.lane, item=key, failures=before + 1)
            self._known()[key] = self._failures.failed(self.lane, error, before, key, self._before + 1)

    def worked(self, key: str) -> None:
        """An item went through, or is somebody else's concern now."""
        self._worked_all([key])

    def _worked_all(self, keys: list[str]) -> None:
        known = self._known()
        failed = [key for key in keys if key in known]
        if failed:
            self._failures.worked(self.lane, failed)
            for key in failed:
                del known[key]

    def _known(self) -> dict[str, Failure]:
        if self._items is None:
            self._items = self._failures.of_items(self.lane)
        return self._items


def _with(give_up: Callable[[T, Exception], None] | None, item: T) -> Callable[[Exception], None] | None:
    return None if give_up is None else lambda error: give_up(item, error)
