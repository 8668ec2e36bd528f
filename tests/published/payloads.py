"""What vendors publish, as the connectors take it: the payloads of tests/published/<connector> and their sources.

`sources.toml` names each file with its source, its licence, and whether it is kept as it was published. `take.py` beside it puts
one through the connector's own client, over real HTTP, and its normaliser. `<file>.documents.json` is what it becomes.

`python -m tests.published.payloads [connector …]` writes what the payloads become again.
"""

from __future__ import annotations

import importlib
import json
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tieout.connector_api import Connector
from tieout.documents import canonical_bytes

FOLDER = Path(__file__).parent
# What lets a file be kept as it was published; of any other one of the same shape is made, with values of our own.
LICENCES = ("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "public domain", "Unlicense", "0BSD")  # fmt: skip
# What a connector without a stream of it answers: its payloads name the capability where others name a stream.
ANSWERS = ("tax",)
ORIGINS, KEPT, EXPECT = ("published", "recorded", "invented"), ("whole", "cut", "same shape"), ("taken", "refused")  # fmt: skip


@dataclass(frozen=True)
class Payload:
    """One file of a vendor's, or of the same shape as one: `shows` says what for, `features` what is rare in it. `stream` is the stream
    that it is a page of, or the capability whose question it answers."""

    connector: str
    file: str
    stream: str
    shows: str
    source: str
    at: str
    licence: str
    origin: str = "published"
    kept: str = "whole"
    expect: str = "taken"
    reason: str = ""
    features: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return FOLDER / self.connector / self.file

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()

    @property
    def golden(self) -> Path:
        """Where it stands what a payload that is taken becomes."""
        return self.path.with_suffix(".documents.json")


def connectors() -> list[str]:
    """Those of which payloads are kept."""
    return sorted(p.parent.name for p in FOLDER.glob("*/sources.toml"))


@cache
def payloads(connector: str) -> tuple[Payload, ...]:
    """A connector's payloads, in the order of its file. Raises TypeError for a key that is none."""
    return tuple(Payload(connector, **row) for row in _sources(connector).get("payload", []))


def subjects(connector: Connector) -> set[str]:
    """What a connector's payloads are of: its streams, and what it answers (`ANSWERS`)."""
    return {s.name for s in connector.streams} | {c for c in ANSWERS if c in connector.can}


def few(connector: str) -> Mapping[str, str]:
    """The subjects of which fewer than five payloads are published, each with why."""
    found: Mapping[str, str] = _sources(connector).get("few", {})
    return found


@cache
def _sources(connector: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / connector / "sources.toml").read_text())


def take(payload: Payload) -> Sequence[object]:
    """The documents of a payload, or the answers that it gives. Raises what the connector says where it is not taken."""
    module = importlib.import_module(f"tests.published.{payload.connector}.take")
    taken: Callable[[Payload], Sequence[object]] = module.take
    return taken(payload)


def plain(documents: Sequence[object]) -> list[Any]:
    """Documents or answers as they are kept, as plain JSON."""
    return [json.loads(canonical_bytes(document)) for document in documents]


def main(names: Sequence[str]) -> None:
    """Write what the payloads of these connectors become, of all where none is named."""
    for connector in names or connectors():
        for payload in payloads(connector):
            if payload.expect == "taken":
                made = plain(take(payload))
                payload.golden.write_text(json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
