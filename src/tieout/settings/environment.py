"""The environment variables that Tieout reads: this is the whole list."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """TIEOUT_DSN (overrides tieout.toml), TIEOUT_LOG (level), TIEOUT_KEY_FILE (the file with the
    key of whoever decides), TIEOUT_CRASH (`point` or `point:n`, for tests), OTEL_EXPORTER_OTLP_ENDPOINT (a collector
    of traces, by OpenTelemetry's own name), NOTIFY_SOCKET (where a service manager is told how it is, by systemd's own
    name), TIEOUT_SUPERVISOR (the process that a child ends with; `tieout up` sets it, nobody else)."""

    dsn: str
    log_level: str
    crash: str
    key_file: str
    otlp: str
    notify_socket: str = ""
    supervisor: int = 0

    @property
    def key(self) -> str:
        """The key in the key file, "" where none is named. Raises OSError."""
        return Path(self.key_file).read_text(encoding="utf-8").strip() if self.key_file else ""


def read_environment() -> Environment:
    """Every variable, "" or 0 where one is not set; the level of logs is WARNING then. Raises ValueError
    where TIEOUT_SUPERVISOR is no number."""
    return Environment(
        dsn=os.environ.get("TIEOUT_DSN", ""),
        log_level=os.environ.get("TIEOUT_LOG", "WARNING"),
        crash=os.environ.get("TIEOUT_CRASH", ""),
        key_file=os.environ.get("TIEOUT_KEY_FILE", ""),
        otlp=os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        notify_socket=os.environ.get("NOTIFY_SOCKET", ""),
        supervisor=int(os.environ.get("TIEOUT_SUPERVISOR") or 0),
    )


def variable(name: str) -> str | None:
    """One variable that a project's file names as `env:NAME`."""
    return os.environ.get(name)
