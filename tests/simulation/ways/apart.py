"""Processes that are this one as it stood, wait until they are told to go, and say what they find as they find it."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
# Ends of pipes by which this process tells others: a copy of it lets go of them, or none of these would see that nobody tells any more.
_telling: set[int] = set()


class Apart(Generic[_T]):
    """A copy of this process (fork), made at once; `act` runs in it once `go` is asked for what it yields."""

    def __init__(self, act: Callable[[], Iterator[_T]]) -> None:
        told, self._tell = os.pipe()
        self._said, say = os.pipe()
        self._process = os.fork()
        if self._process:
            os.close(told)
            os.close(say)
            _telling.add(self._tell)
            return
        for each in (self._tell, self._said, *_telling):
            os.close(each)
        _telling.clear()
        try:
            _run(act, told, say)
        finally:
            os._exit(0)

    def go(self) -> Iterator[_T]:
        """Let it go, and each thing that it says. Raises RuntimeError with what it ended of."""
        os.write(self._tell, b"g")
        with os.fdopen(self._said, "rb") as said:
            while True:
                try:
                    kind, value = pickle.load(said)
                except EOFError:
                    break
                if kind == "failed":
                    raise RuntimeError(value)
                yield value
        self.stop()

    def stop(self) -> None:
        """End it, whether it was told to go or not."""
        _telling.discard(self._tell)
        os.close(self._tell)
        os.waitpid(self._process, 0)


def _run(act: Callable[[], Iterator[Any]], told: int, say: int) -> None:
    # Whoever made it is gone where nobody tells it anything any more.
    if not os.read(told, 1):
        return
    with os.fdopen(say, "wb", buffering=0) as out:
        try:
            for each in act():
                out.write(pickle.dumps(("found", each)))
        except BaseException:  # noqa: BLE001 - said to whoever waits for it
            out.write(pickle.dumps(("failed", traceback.format_exc()[-2000:])))
