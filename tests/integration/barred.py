"""Roots that may have no user namespace, as in most containers and in every chroot: by the kernel's own word."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_NEWUSER = 0x10000000


def none_left() -> None:
    """This process is root in a namespace with as many ids as a container has, where nobody may make another one."""
    asked, done = os.pipe(), os.pipe()
    me = os.getpid()
    if os.fork() == 0:
        os.read(asked[0], 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{me}/{name}").write_text("0 0 65536\n")
        os.write(done[1], b".")
        os._exit(0)
    if ctypes.CDLL(None, use_errno=True).unshare(_NEWUSER):
        raise OSError(ctypes.get_errno(), "no namespace here at all")
    os.write(asked[1], b".")
    os.read(done[0], 1)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


def in_a_container(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python there."""
    return _python([], code, none_left)


def in_a_chroot(code: str, root: Path, setup: str = "true") -> subprocess.CompletedProcess[str]:
    """Run Python in a chroot that has all of this machine's files, after the shell's `setup` in it."""
    root.mkdir(exist_ok=True)
    enter = f'mount --rbind / "{root}" && cd / && exec chroot "{root}" /bin/sh -c \'{setup} && exec "$@"\' sh "$@"'
    return _python(["unshare", "--mount", "sh", "-c", enter, "sh"], code)


def on_a_machine_of(passwd: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python where the machine knows these users alone, and user namespaces are let."""
    file = folder / "passwd"
    file.write_text(passwd)
    enter = f'mount --bind "{file}" /etc/passwd && exec "$@"'
    return _python(["unshare", "--mount", "sh", "-c", enter, "sh"], code)


def _python(
    before: list[str], code: str, prepare: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    paths = f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n"
    return subprocess.run(
        [*before, sys.executable, "-c", paths + code], capture_output=True, text=True, check=False, timeout=300,
        preexec_fn=prepare,
    )  # fmt: skip


def python_of(code: str, become: Callable[[], None]) -> subprocess.CompletedProcess[str]:
    """Run Python as somebody who may not look into root's folders: by the system's own interpreter, where that can be."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    paths = f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n"
    for python in (sys.executable, f"/usr/bin/python{version}"):
        try:
            return subprocess.run(
                [python, "-c", paths + code], capture_output=True, text=True, check=False, timeout=60, cwd="/",
                preexec_fn=become, env={"PATH": os.environ["PATH"]},
            )  # fmt: skip
        except OSError:
            continue
    pytest.skip("no interpreter that an ordinary user may run")
