"""What is under test, and what its author gave to test it with."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

from tieout.connector_api.addresses import Network
from tieout.connector_api.capabilities import Item, Sending
from tieout.connector_api.declaration import Connector, Stream, SystemConfig, open_system

# What a poll is given at first: the interface's options, and no position.
AT_FIRST: Mapping[str, Any] = {"options": {"overlap_minutes": 0}}
# A system that gives no end of pages or items is not followed further.
MOST_PAGES, MOST_ITEMS = 1_000, 100_000
_LARGEST_SAMPLE = 4 * 2**20
_BESIDE = (".documents.json", ".options.json")


class NotChecked(Exception):
    """A check that was left out; the message says what to give for it."""


@dataclass(frozen=True)
class Live:
    """A system that answers, best a simulator. `settings` are the connector's own (`url`, a key, …), or a function
    that starts the system and returns them: it is called once, when the first check needs it. `now` is that
    system's time where it is not the machine's. `happens` makes one more item in every stream that is polled; `holds` counts
    what the system has in one, apart from the connector."""

    settings: Mapping[str, Any] | Callable[[], Mapping[str, Any]]
    now: datetime | None = None
    happens: Callable[[], object] | None = None
    holds: Callable[[str], int] | None = None


@dataclass(frozen=True)
class Push:
    """A webhook that the system would send: its body, and the headers with which it signs a body at an instant.
    `settings` hold what the signature is checked with."""

    body: bytes
    sign: Callable[[bytes, datetime], Mapping[str, str]]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Writes:
    """What a writer is tried with: `make` makes a new effect each time it is called; `held` counts what the live
    system holds of one, where it can be asked apart from the connector."""

    make: Callable[[], Sending]
    held: Callable[[Sending], int] | None = None


@dataclass(frozen=True)
class Sample:
    """A file of the fixtures: `<stream>.<what it shows>.<ending>`, with the interface's options beside it."""

    path: Path
    stream: Stream

    @property
    def raw(self) -> bytes:
        """Its bytes, which are one item's body. Raises AssertionError where they are more than 4 MiB."""
        assert self.path.stat().st_size <= _LARGEST_SAMPLE, (
            f"{self.path.name} is larger than 4 MiB: take a smaller sample"
        )
        return self.path.read_bytes()

    @property
    def options(self) -> dict[str, Any]:
        """The options under which it is read: `<name>.options.json`, {} where there is none."""
        path = self.path.with_suffix(".options.json")
        found: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        return found

    @property
    def expected(self) -> list[Any] | None:
        """What it must become: `<name>.documents.json`, None where there is none."""
        path = self.path.with_suffix(".documents.json")
        return json.loads(path.read_text()) if path.is_file() else None


@dataclass(frozen=True)
class Subject:
    """A connector, and what it is tested with."""

    connector: Connector
    fixtures: Path | None = None
    live: Live | None = None
    push: Push | None = None
    writes: Writes | None = None
    polls: Sequence[str] | None = None
    opened: list[Any] = field(default_factory=list)

    def open(self, *, private: tuple[Network, ...] | None = None, **values: Any) -> Any:
        """A session with every setting at its default but for `values`. No system is spoken to for it."""
        given = {f.name: f.default or "1" for f in self.connector.config}
        if "url" in given:
            given["url"] = "http://127.0.0.1:1"
        name = self.connector.name
        config = SystemConfig(name, name, "test", {**given, **values}, private)
        self.opened.append(open_system(self.connector, config))
        return self.opened[-1]

    def close(self) -> None:
        """Close every session that was opened, where they are closed."""
        while self.opened:
            session = self.opened.pop()
            if hasattr(session, "close"):
                session.close()

    def samples(self, stream: Stream) -> list[Sample]:
        """Every sample of a stream. Raises NotChecked where there is none."""
        if self.fixtures is None:
            raise NotChecked(
                "no `fixtures` are given: a folder with a file <stream>.<what it shows>.json for each sample"
            )
        found = [
            Sample(path, stream)
            for path in sorted(self.fixtures.glob(f"{stream.name}.*"))
            if path.is_file() and not path.name.endswith(_BESIDE)
        ]
        if not found:
            raise NotChecked(f"{self.fixtures} holds no file {stream.name}.<what it shows>.json")
        return found

    @property
    def polled(self) -> list[str]:
        """The streams that are polled."""
        if "poll" not in self.connector.can:
            return []
        return [s.name for s in self.connector.streams] if self.polls is None else list(self.polls)

    @property
    def now(self) -> datetime:
        """The live system's time."""
        return (self.live and self.live.now) or datetime.now(UTC)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The settings of the live system. Raises NotChecked where none is given."""
        if self.live is None:
            raise NotChecked(
                "no `live` system is given: Live({'url': …, and the connector's other settings})"
            )
        given = self.live.settings
        return dict(given() if callable(given) else given)

    def pages(
        self, session: Any, stream: str, cursor: Mapping[str, Any], overlap: int = 0
    ) -> Iterator[tuple[Any, Any]]:
        """Pages from a cursor on, each with the cursor after it as a database would give it back, up to the last one.
        Raises AssertionError for more than anybody has."""
        position, count, been = dict(cursor), 0, set[str]()
        for _ in range(MOST_PAGES):
            page = session.poll(stream, {**position, "options": {"overlap_minutes": overlap}}, self.now)
            count += len(page.items)
            assert count <= MOST_ITEMS, f"{stream}: more than {MOST_ITEMS} items; does its paging go round?"
            position = kept(stream, page.cursor)
            yield page, position
            if not page.more:
                return
            place = json.dumps(position, sort_keys=True)
            assert place not in been, (
                f"{stream}: a second page ends with the cursor {place}: its paging goes round"
            )
            been.add(place)
        raise AssertionError(f"{stream}: more than {MOST_PAGES} pages; does its paging go round?")

    def pull(
        self, session: Any, stream: str, cursor: Mapping[str, Any] | None = None, overlap: int = 0
    ) -> list[Item]:
        """Every item from a cursor on."""
        return [item for page, _ in self.pages(session, stream, cursor or {}, overlap) for item in page.items]


def kept(stream: str, cursor: Any) -> dict[str, Any]:
    """A cursor as the database gives it back. Raises AssertionError where it is no JSON object."""
    try:
        found: dict[str, Any] = json.loads(json.dumps(cursor))
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"{stream}: the cursor {cursor!r} is no JSON, so it cannot be kept: {error}"
        ) from None
    assert found == cursor, f"{stream}: the cursor {cursor!r} comes back as {found!r} from JSON"
    return found


@contextmanager
def without_waiting() -> Iterator[list[float]]:
    """What this thread would sleep is written down instead, in seconds; other threads sleep as ever."""
    mine, sleep, waits = threading.get_ident(), time.sleep, list[float]()

    def brief(seconds: float) -> None:
        if threading.get_ident() != mine:
            sleep(seconds)
            return
        waits.append(seconds)
        assert len(waits) < 10_000, "it asks again and again without an end"

    with mock.patch("time.sleep", brief):
        yield waits
