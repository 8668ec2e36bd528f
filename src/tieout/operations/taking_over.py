"""One supervisor a folder, and nothing left of one that was killed: the lock, and who its children are."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from tieout.observe import get_logger
from tieout.store import FolderHeldError, FolderLock, command_of, end_process, identity_of

_log = get_logger(__name__)


def _listed_in(state: Path) -> Path:
    return state / "processes.json"


def take_over(state: Path, patience_s: float) -> FolderLock:
    """Take a project's folder of state for this process, and end the children that a killed supervisor left in it: they
    have `patience_s` seconds for what they are at, then they are killed.

    Raises FolderHeldError where another one runs.
    """
    lock = FolderLock(state / "supervisor.lock")
    if not lock.take():
        raise FolderHeldError(
            f"Tieout runs in {state.parent} already, as {lock.holder}: end that first (Ctrl-C where it was started, or SIGTERM)"
        )
    for role, (pid, identity) in _read(state).items():
        if b"tieout" in command_of(pid) and identity_of(pid) == identity:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            _log.warning("a killed supervisor left a child: it is ended", role=role, pid=pid)
    for pid, identity in _read(state).values():
        if b"tieout" in command_of(pid):
            end_process(pid, identity, signal.SIGTERM, patience_s)
    _listed_in(state).unlink(missing_ok=True)
    return lock


def write_down(state: Path, children: Mapping[str, int]) -> None:
    """Keep who the children are, for whoever comes after a kill. Raises OSError."""
    path = _listed_in(state)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({role: [pid, identity_of(pid)] for role, pid in children.items()}))
    partial.replace(path)


def _read(state: Path) -> dict[str, tuple[int, str]]:
    try:
        found = json.loads(_listed_in(state).read_text())
        return {str(role): (int(pid), str(identity)) for role, (pid, identity) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        # Cut off in writing, or never written: PR_SET_PDEATHSIG ends the children, too.
        return {}
