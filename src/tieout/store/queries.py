"""SQL in named files: `-- name: claim_messages` begins a query; comments above say why."""

from __future__ import annotations

import re
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

_NAME = re.compile(r"^--\s*name:\s*(\w+)\s*$", re.MULTILINE)


class Queries:
    """The queries of one room's `queries.sql`, as attributes-by-name."""

    def __init__(self, package: str) -> None:
        self._sql = _named(resources.files(package).joinpath("queries.sql").read_text(encoding="utf-8"))

    def __getitem__(self, name: str) -> bytes:
        return self._sql[name]

    def __contains__(self, name: str) -> bool:
        return name in self._sql

    @classmethod
    def beside(cls, module: str) -> Queries:
        """The queries of the file that stands beside a module and has its name: `orders.sql` of `orders.py`. Raises
        FileNotFoundError where there is none."""
        found = cls.__new__(cls)
        package, _, name = module.rpartition(".")
        if package:
            text = resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
        else:
            # A module of its own, in no package.
            spec = find_spec(module)
            if spec is None or spec.origin is None:
                raise FileNotFoundError(f"there is no file of a module {module}")
            text = Path(spec.origin).with_name(f"{name}.sql").read_text(encoding="utf-8")
        found._sql = _named(text)
        return found


def _named(text: str) -> dict[str, bytes]:
    parts = _NAME.split(text)
    return {name: body.strip().encode() for name, body in zip(parts[1::2], parts[2::2], strict=True)}
