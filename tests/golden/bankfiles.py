"""Golden bank files: each invented file beside what it must be read as.

`python -m tests.golden.bankfiles` writes the readings again; the files themselves are written by
hand. Names: `<format>.<dialect or what>.invented.<ext>`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tieout.cli.readings import head_json, line_json, unread_json
from tieout.formats import parse

FOLDER = Path(__file__).parent / "bankfiles"


def files() -> Iterator[Path]:
    return iter(sorted(p for p in FOLDER.iterdir() if p.suffix != ".json"))


def golden(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def reading(path: Path) -> Any:
    """The file as `tieout parse --json` shows it, as plain JSON values."""
    file = parse(path)
    found = {
        "format": file.format,
        "dialect": file.dialect,
        "encoding": file.encoding,
        "statements": [
            {
                **head_json(s.head, s.conservation, s.continues),
                "lines": [_short(line_json(x)) for x in s.lines],
            }
            for s in file.statements
        ],
        "remainder": [unread_json(u) for u in file.remainder],
    }
    return json.loads(msgspec.json.encode(found))


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty, for people who read the file."""
    return {
        k: [_short(d) for d in v] if k == "details" else v
        for k, v in row.items()
        if v not in ("", None, [], (), False)
    }


if __name__ == "__main__":
    for path in files():
        golden(path).write_text(json.dumps(reading(path), indent=1, ensure_ascii=False) + "\n")
