"""A webhook on its way: where it goes, and whether it arrives, is the sandbox's matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass
class Push:
    """`headers` are what stays equal over retries; the sender's signature comes on top."""

    at: datetime
    headers: dict[str, str]
    body: bytes
    kind: str
