"""Who owns a folder, and which processes are still those that were meant: a lock that dies with its holder, and a
process's identity, which a number that was given anew cannot take.

Processes are told apart by what Linux keeps in /proc; where there is none, nothing is taken for ours and nothing is ended.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_LOOK_S = 0.02


class FolderHeldError(Exception):
    """A folder belongs to another process; the message says to which, and what to do."""


class FolderLock:
    """A lock on the file `path`: one holder at a time. It is the open file's, so it is free once its holder is dead,
    and children that the holder starts do not have it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self, wait_s: float = 0.0) -> bool:
        """Whether it is ours now; it is waited for at most `wait_s` seconds."""
        if self._handle is not None:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES) or time.monotonic() >= deadline:
                    os.close(handle)
                    if error.errno in (errno.EAGAIN, errno.EACCES):
                        return False
                    raise
                time.sleep(_LOOK_S)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle
        return True

    @property
    def holder(self) -> str:
        """Who took it last, as "process 4711"; "another process" where that is not written."""
        with suppress(OSError):
            if text := self.path.read_text().strip():
                return f"process {text}"
        return "another process"

    def free(self) -> None:
        """Let others have it; nothing where it is not ours."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def identity_of(pid: int) -> str:
    """What no other process has: the machine's start and the process's, "" where it does not live (or is a zombie)."""
    try:
        # The name may hold blanks and brackets: fields are counted from behind it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def command_of(pid: int) -> bytes:
    """A process's command line, its words parted by NUL; b"" where it does not live."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def end_process(pid: int, identity: str, number: signal.Signals, wait_s: float) -> bool:
    """End a process that is no child of ours by a signal, and by SIGKILL where it is there `wait_s` seconds later.

    True where it had to be killed. Nothing where the process of that number is another one by now.
    """
    for sent, patience in ((number, wait_s), (signal.SIGKILL, 5.0)):
        if not identity or identity_of(pid) != identity:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, sent)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if identity_of(pid) != identity:
                return sent is signal.SIGKILL
            time.sleep(_LOOK_S)
    return True
