"""What is kept of half a month, packed into one file a scenario, and unpacked again."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCENARIOS = ("distributor", "services")
# Stands for the folder in which the month was played.
_FOLDER = b"@FOLDER@"
# Nobody answers there: what is kept has no outside world.
_NOWHERE = b"127.0.0.1:9"


def file_of(scenario: str) -> Path:
    return HERE / f"{scenario}.tar.xz"


def pack(folder: Path, facts: dict[str, Any], target: Path) -> int:
    """Pack a played folder and what was found out about it; the size in bytes.

    Left away is what can be made again: the server's files, logs. Times and owners are not kept.
    """
    contents = {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(str(folder).encode(), _FOLDER)
        for path in _worth_keeping(folder)
    }
    contents["facts.json"] = json.dumps(facts, indent=0, sort_keys=True).encode()
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for name in sorted(contents):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(contents[name]), 0o600
            archive.addfile(member, BytesIO(contents[name]))
    return target.stat().st_size


def _worth_keeping(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and path.suffix != ".log" and parts[:3] != ("project", ".tieout", "postgres"):
            yield path


def unpack(scenario: str, folder: Path) -> dict[str, Any]:
    """Unpack into an empty folder: `project`, `outside`, `held` (people's keys), `database.sql` and `evidence.zip`;
    the facts. Its systems are nowhere."""
    with tarfile.open(file_of(scenario)) as archive:
        archive.extractall(folder, filter="data")
    settings = folder / "project" / "tieout.toml"
    text = settings.read_bytes().replace(_FOLDER, str(folder).encode())
    text = re.sub(rb"127\.0\.0\.1:\d+", _NOWHERE, text)
    settings.write_bytes(re.sub(rb'(?m)^port = "\d+"', b'port = "9"', text))
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    for found in facts["empty_folders"]:
        (folder / found).mkdir(parents=True, exist_ok=True)
    return facts
