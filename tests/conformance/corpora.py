"""Published corpora of bank files and electronic invoices, each file read as `tieout parse` reads it.

`make campaign-corpora` writes docs/campaigns/corpora.md. Nothing published is part of the project: the folder that
TIEOUT_CORPORA names (else ../shared/data/corpora) holds a folder a corpus, with its files beneath `files` and a `corpus.toml`
of what it is: name, source, revision, licence (as published).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conformance.oracles import agrees
from tieout.cli.invoice_readings import EINVOICE
from tieout.cli.readings import write_json

FOLDER = Path(
    os.environ.get("TIEOUT_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora"
)
MANIFEST = "corpus.toml"
UNKNOWN = "not known"
_ASKED = {"format": "", "dialect": "", "encoding": ""}
# What of a refusal is this file's own: places, figures, quoted words.
_PLACE = re.compile(r"^(line|byte) \d+: ")
_OWN = (
    (re.compile(r"(?<!\w)'[^']*'|\"[^\"]*\""), "'…'"),
    (re.compile(r":\d\d[A-Z]?:\S+"), ":…:…"),
    (re.compile(r"<!--.*?-->.*"), "…"),
    (re.compile(r"[-+]?\d[\d.,]*\d|\d"), "N"),
)


@dataclass(frozen=True)
class Corpus:
    """What somebody published."""

    name: str
    source: str
    revision: str
    licence: str
    folder: Path

    def files(self) -> list[Path]:
        """Its files, by their names."""
        return sorted(p for p in (self.folder / "files").rglob("*") if p.is_file())


@dataclass
class Reading:
    """What `tieout parse` says of one file. `agrees` is what another library says of its lines: whether it reads as many of the same
    amounts, None where none reads it."""

    corpus: str
    name: str
    path: Path
    format: str
    error: str = ""
    crash: str = ""
    holds: list[bool | None] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    invoices: int = 0
    agrees: bool | None = None

    @property
    def reason(self) -> str:
        """Why it is refused, without what is this file's own; of an invoice that breaks several rules, the first."""
        said = _PLACE.sub("", self.error)
        if self.format == EINVOICE:
            return re.split(r"[:,;] ", said, maxsplit=1)[0]
        for own, instead in _OWN:
            said = own.sub(instead, said)
        return re.split(r"[:;] ", said, maxsplit=1)[0][:90]


def corpora(folder: Path = FOLDER) -> list[Corpus]:
    """Every corpus of a folder, by name."""
    found = []
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
        said = tomllib.loads(manifest.read_text(encoding="utf-8"))
        found.append(Corpus(said["name"], said["source"], said["revision"], said["licence"], manifest.parent))
    return found


def read(corpus: Corpus, path: Path) -> Reading:
    """What `tieout parse --json` says of a file; an error that is no refusal is a crash."""
    found = Reading(corpus.name, str(path.relative_to(corpus.folder / "files")), path, UNKNOWN)
    said = io.StringIO()
    try:
        write_json([path], _ASKED, said)
        row: dict[str, Any] = json.loads(said.getvalue())["files"][0]
    except Exception as error:  # noqa: BLE001 - whatever it is: no file that somebody sends may end so
        found.crash = f"{type(error).__name__}: {error}"
        return found
    found.format, found.error = row["format"] or UNKNOWN, row["error"] or ""
    found.invoices = len(row["invoices"])
    for statement in row["statements"]:
        found.holds.append(statement["conservation"]["holds"])
        found.problems += statement["conservation"]["problems"]
    if not found.error and found.format != EINVOICE:
        found.agrees = agrees(path.read_bytes(), found.format)
    return found


def readings(found: Iterable[Corpus]) -> Iterator[tuple[Reading, bool]]:
    """Every file of every corpus, and whether its bytes stood in one before."""
    seen: dict[str, Reading] = {}
    for corpus in found:
        for path in corpus.files():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            known = seen.get(digest)
            if known is None:
                seen[digest] = known = read(corpus, path)
                yield known, False
            else:
                yield known, True


@dataclass
class Formats:
    """What came of the files of one format."""

    files: int = 0
    distinct: int = 0
    parsed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    statements: Counter[bool | None] = field(default_factory=Counter)
    invoices: int = 0
    agree: int = 0
    differ: list[str] = field(default_factory=list)
    # Statements that do not hold though another library reads the same lines: the file's own fault.
    broken_alike: int = 0
    broken_alone: list[str] = field(default_factory=list)

    def add(self, reading: Reading) -> None:
        """Count a file that was not met before."""
        self.distinct += 1
        if reading.error or reading.crash:
            self.refused[reading.reason] += 1
            return
        self.parsed += 1
        self.invoices += reading.invoices
        self.statements.update(reading.holds)
        broken = reading.holds.count(False)
        where = f"{reading.corpus}: {reading.name}"
        if reading.agrees is False:
            self.differ.append(where)
        elif reading.agrees:
            self.agree += 1
            self.broken_alike += broken
        if broken and not reading.agrees:
            self.broken_alone.append(f"{where}: {'; '.join(reading.problems)}")


@dataclass
class Read:
    """Everything that was read."""

    formats: dict[str, Formats] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    by_corpus: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def crashes(self) -> list[Reading]:
        """Files on which reading ended otherwise than by reading or refusing."""
        return [r for r in self.readings if r.crash]


def read_all(found: Iterable[Corpus]) -> Read:
    """Read every file once, and count."""
    done = Read()
    for reading, again in readings(found):
        formats = done.formats.setdefault(reading.format, Formats())
        formats.files += 1
        if not again:
            formats.add(reading)
            done.readings.append(reading)
        counted = done.by_corpus.setdefault(reading.corpus, Counter())
        counted["distinct"] += not again
        counted["parsed"] += not again and not (reading.error or reading.crash)
    return done
