"""SQL in named files: `-- name: claim_messages` begins a query; comments above say why."""

from __future__ import annotations

import re
from importlib import resources

_NAME = re.compile(r"^--\s*name:\s*(\w+)\s*$", re.MULTILINE)


class Queries:
    """The queries of one room's `queries.sql`, as attributes-by-name."""

    def __init__(self, package: str) -> None:
        text = resources.files(package).joinpath("queries.sql").read_text(encoding="utf-8")
        parts = _NAME.split(text)
        self._sql = {name: body.strip().encode() for name, body in zip(parts[1::2], parts[2::2], strict=True)}

    def __getitem__(self, name: str) -> bytes:
        return self._sql[name]
