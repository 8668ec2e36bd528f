"""The environment variables that Tieout reads: this is the whole list."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Environment:
    """TIEOUT_PROJECT (folder), TIEOUT_DSN (overrides tieout.toml), TIEOUT_LOG (level),
    TIEOUT_CRASH (`point` or `point:n`, for tests)."""

    project: str
    dsn: str
    log_level: str
    crash: str


def read_environment() -> Environment:
    return Environment(
        project=os.environ.get("TIEOUT_PROJECT", "."),
        dsn=os.environ.get("TIEOUT_DSN", ""),
        log_level=os.environ.get("TIEOUT_LOG", "WARNING"),
        crash=os.environ.get("TIEOUT_CRASH", ""),
    )


def variable(name: str) -> str | None:
    """One variable that a project's file names as `env:NAME`."""
    return os.environ.get(name)
