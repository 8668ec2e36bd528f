"""Seeded mutations of samples: what a source sends on a bad day."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

# These hold nothing that anybody could mean.
NOTHING = (b"", b"{", b"[]", b"null", b"{}", b'{"id": 1}', b"\x00\xff", b"9" * 50, b"[" * 100_000)
_LARGEST, _BYTES, _VALUES = 2**20, 60, 240
_ODD: tuple[Any, ...] = (
    None, [], {}, "", "x", -1, 10**30, "1e999999", "1e9", "NaN", "-0", True, "\x00", "\ud800", [[]], {"a": {}},
    "2026-99-99", "9" * 50, 1.5, "x" * 5_000,
)  # fmt: skip


def mutations(name: str, raw: bytes) -> Iterator[bytes]:
    """Mutations of a sample, the same for the same `name`: cut, with a byte changed, and where it is JSON with one of its
    values another one. None is larger than 1 MiB more than the sample."""
    draw = random.Random(name)
    for _ in range(_BYTES if raw else 0):
        at = draw.randrange(len(raw))
        yield raw[:at]
        yield raw[:at] + bytes([draw.randrange(256)]) + raw[at + 1 :]
        yield raw[:at] + raw[at + draw.choice((1, 2, 40)) :]
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return
    places = list(_places(value))
    for _ in range(_VALUES):
        changed = json.dumps(_put(value, draw.choice(places), draw.choice(_ODD))).encode()
        if len(changed) <= len(raw) + _LARGEST:
            yield changed


def _places(value: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every value in it; a list of ways instead of recursion, whatever its depth."""
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), value)]
    while waiting:
        way, found = waiting.pop()
        yield way
        if isinstance(found, dict):
            waiting += [((*way, key), held) for key, held in found.items()]
        elif isinstance(found, list):
            waiting += [((*way, number), held) for number, held in enumerate(found)]


def _put(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    if not way:
        return new
    copy = json.loads(json.dumps(value))
    at = copy
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = new
    return copy
