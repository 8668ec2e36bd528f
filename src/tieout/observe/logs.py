"""Structured logs: one JSON object a line, on standard error.

Never logged: payloads, secrets, names of people. A log line says what happened to which
record; the record itself stands in the database.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        fields = getattr(record, "fields", None)
        if fields:
            line.update(fields)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class Logger:
    """A logger whose calls take an event and fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **fields: object) -> None:
        """What happens as it should."""
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: object) -> None:
        """What did not go well and is dealt with."""
        self._logger.warning(event, extra={"fields": fields})

    def exception(self, event: str, **fields: object) -> None:
        """A defect, with its traceback; called where an exception is handled."""
        self._logger.exception(event, extra={"fields": fields})


def get_logger(name: str) -> Logger:
    """The logger of a module; give it `__name__`."""
    return Logger(name)


def set_up_logs(level: str = "INFO") -> None:
    """Send every log line to standard error as JSON, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx2", "httpcore2", "uvicorn.access", "mail.log"):
        logging.getLogger(noisy).setLevel("WARNING")
