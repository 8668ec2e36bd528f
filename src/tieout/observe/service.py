"""What a service manager is told: datagrams to NOTIFY_SOCKET, as systemd's sd_notify(3) says.

A supervisor tells systemd; a child tells its supervisor, in the same words.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

# prctl(2): the signal that this process gets when the thread that started it ends.
_PR_SET_PDEATHSIG = 1
_MOST_BYTES = 4096
# The header by which a web side that is asked for its health says which process it is: another program may have its port.
INSTANCE = "tieout-instance"


class ServiceManager:
    """Whoever listens at `address`: a path, or "@name" of Linux's abstract sockets. "": nobody, and nothing is told."""

    def __init__(self, address: str) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def tell(self, **words: str) -> None:
        """Tell it, such as READY="1", STATUS="all is well". One that does not listen is no trouble of ours."""
        if not self._address:
            return
        text = "\n".join(f"{name}={value.replace(chr(10), ' ')}" for name, value in words.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(text.encode()[:_MOST_BYTES], self._address)


class Listening:
    """The other end: a supervisor's ear for its children, at `path` (a socket's path holds 107 bytes at most)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.chmod(0o700)
        path.unlink(missing_ok=True)
        self.path = path
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.setblocking(False)
        self._line.bind(str(path))

    def heard(self) -> list[dict[str, str]]:
        """What came since the last time, without waiting."""
        found = []
        with suppress(BlockingIOError):
            for _ in range(1000):
                text = self._line.recv(_MOST_BYTES).decode(errors="replace")
                found.append(dict(x.partition("=")[::2] for x in text.split("\n")))
        return found

    def close(self) -> None:
        self._line.close()
        self.path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.parent.rmdir()


def end_with(parent: int) -> bool:
    """Let this process get SIGTERM when the process `parent` that started it dies; False where it is dead already.

    Other systems than Linux have no such signal: there the next `tieout up` ends what a killed one left.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    return os.getppid() == parent
