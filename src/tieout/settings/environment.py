"""The environment variables that Tieout reads: this is the whole list."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Environment:
    """TIEOUT_DSN (overrides tieout.toml), TIEOUT_LOG (level),
    TIEOUT_CRASH (`point` or `point:n`, for tests)."""

    dsn: str
    log_level: str
    crash: str


def read_environment() -> Environment:
    return Environment(
        dsn=os.environ.get("TIEOUT_DSN", ""),
        log_level=os.environ.get("TIEOUT_LOG", "WARNING"),
        crash=os.environ.get("TIEOUT_CRASH", ""),
    )


def variable(name: str) -> str | None:
    """One variable that a project's file names as `env:NAME`."""
    return os.environ.get(name)
