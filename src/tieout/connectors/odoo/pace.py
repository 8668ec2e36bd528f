"""How often an Odoo that others host is asked: one call a second, one at a time, by all processes of this machine.

Odoo Online and Odoo.sh accept about one call a second, not sustained, and none in parallel
(https://www.odoo.com/acceptable-use, of 2025-05-07). That a server is hosted is declared, told by its address, or found: one
that turns calls away (429) is asked more slowly from then on, until it takes them again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tieout.connector_api import TransientError

HOSTED_S = 1.0
# Where it was found: the first step, and after how many calls in a row that were taken the pace is halved again.
_STEP_S = 0.25
_QUIET_CALLS = 50
# How long somebody waits for their turn, looking every so often, and when they come back then.
_PATIENCE_S, _LOOK_S, _BACK_S = 30.0, 0.05, 5.0
_HOSTS = (".odoo.com",)


def is_hosted(host: str) -> bool:
    """Whether an address is one of Odoo's own hosting (Online and Odoo.sh)."""
    return host.endswith(_HOSTS)


class Pace:
    """Seconds between the beginnings of calls: those of `declared`, or more where the server asked for it.

    A declared pace holds for all processes of this machine, and while one call is under way no other begins.
    """

    def __init__(
        self,
        server: str,
        declared: bool,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._declared, self._server = declared, server
        self._now, self._sleep = now, sleep
        self.found_s = 0.0
        self._taken, self._last = 0, 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, and keep it until the answer is there. Raises TransientError where it does not come."""
        if self._declared:
            with self._alone():
                yield
            return
        self._wait(self._last, self.found_s)
        self._last = self._now()
        yield

    def taken(self) -> None:
        """A call was answered: after many of them a pace that was found is halved, and then dropped."""
        self._taken += 1
        if self.found_s and self._taken >= _QUIET_CALLS:
            self._taken = 0
            self.found_s = self.found_s / 2 if self.found_s > _STEP_S else 0.0

    def turned_away(self, asked_s: float | None) -> None:
        """A call was turned away. One that says to come back at once (0) asks for nothing else."""
        self._taken = 0
        if asked_s == 0:
            return
        self.found_s = min(max(self.found_s * 2, _STEP_S), HOSTED_S)

    def _wait(self, last: float, pace_s: float) -> None:
        # A clock that was set back makes nobody wait for longer than one turn.
        left = min(last + pace_s - self._now(), pace_s)
        if left > 0:
            self._sleep(left)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One turn of all processes: a file of this user that names when the last one began."""
        handle = os.open(self._file(), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            self._hold(handle)
            self._wait(_seconds(os.read(handle, 40)), HOSTED_S)
            os.lseek(handle, 0, os.SEEK_SET)
            os.truncate(handle, 0)
            os.write(handle, str(int(self._now() * 1000)).encode())
            yield
        finally:
            os.close(handle)

    def _hold(self, handle: int) -> None:
        """Wait until nobody else has the turn. Raises TransientError where that takes too long: a call may last two minutes."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    raise TransientError(
                        f"{self._server} is asked by somebody else, and takes one call at a time", _BACK_S
                    ) from None
                time.sleep(_LOOK_S)

    def _file(self) -> Path:
        folder = Path(tempfile.gettempdir()) / f"tieout-pace-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
            raise OSError(f"{folder} is somebody else's: take it away, or set TMPDIR")
        return folder / hashlib.sha256(self._server.encode()).hexdigest()[:24]


def _seconds(text: bytes) -> float:
    """An instant that is kept in milliseconds; 0 for what is none."""
    return int(text) / 1000 if text.isdigit() else 0.0
