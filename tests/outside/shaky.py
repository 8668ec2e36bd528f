"""An outsider's connector that fails when it is told to: found by its entry point, as any outsider's is.

A system's folder holds `STREAM.json` (a list of bodies that a poll returns) and `moods.json`: what is
asked ("open", "poll", "facts", "sending", "look_up", "read_back") to the name of an exception, or to a
table of key to exception; "hang" never comes back; "absent" to keys that it takes and never shows. What was asked is appended to
`asked.log`.
"""

from __future__ import annotations

import builtins
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import tieout.connector_api
from tieout.connector_api import (
    ConfigField,
    Connector,
    Item,
    JournalItem,
    LedgerFacts,
    OpenItem,
    OthersMove,
    Outcome,
    OutcomeStatus,
    Page,
    Sending,
    Stream,
    SystemConfig,
)
from tieout.connectors.stripe.normalise import movement
from tieout.documents import ledger_lines


def _hang() -> None:
    """Never come back. Whoever watches over rounds, and lets them take an hour, is let wait a second here."""
    import tieout.cli.running

    tieout.cli.running._ROUND_S = 1.0
    threading.Event().wait()


class Shaky:
    """Poller, Writer and LedgerReader."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held: dict[str, Any] = {}
        self.fail("open")

    def mood(self, asked: str) -> Any:
        path = self.folder / "moods.json"
        return json.loads(path.read_text()).get(asked) if path.is_file() else None

    def fail(self, asked: str, keys: Iterable[str] = ()) -> None:
        """Note what was asked, and raise what the mood says of it, or of a key in which one of its own occurs."""
        with (self.folder / "asked.log").open("a") as file:
            file.write(json.dumps([asked, list(keys)]) + "\n")
        mood = self.mood(asked) or {}
        names = [mood] if isinstance(mood, str) else [v for k, v in mood.items() if any(k in x for x in keys)]
        for name in names:
            if name == "hang":
                _hang()
            kind = getattr(builtins, name, None) or getattr(tieout.connector_api, name)
            raise kind(f"{asked} fails as it was told")

    def check(self) -> str:
        self.fail("check")
        return "a shaky system"

    def close(self) -> None:
        """Nothing is open."""

    # Poller

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        self.fail("poll", [stream])
        path = self.folder / f"{stream}.json"
        bodies = json.loads(path.read_text()) if path.is_file() else []
        items = []
        for body in bodies:
            raw = json.dumps(body).encode()
            items.append(Item(stream, body["id"], f"{body['id']}:{hash(str(body))}", raw))
        return Page(items, {})

    # Writer

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        done = []
        with (self.folder / "asked.log").open("a") as file:
            file.write(json.dumps(["send", [s.external_id for s in batch]]) + "\n")
        silent = self.mood("absent") or []
        for sending in batch:
            if any(key in sending.external_id for key in silent):
                done.append(Outcome(sending.external_id, OutcomeStatus.ABSENT))
                continue
            self.fail("sending", [sending.external_id])
            done.append(self.keep(sending))
        return done

    def keep(self, sending: Sending) -> Outcome:
        lines = [[x.account, str(x.amount)] for x in ledger_lines(sending.body)]
        with (self.folder / "held.log").open("a") as file:
            file.write(sending.external_id + "\n")
        self.held[sending.external_id] = lines
        return Outcome(
            sending.external_id, OutcomeStatus.CONFIRMED, len(self.held), "m", read_back={"lines": lines}
        )

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        self.fail("look_up", [s.external_id for s in batch])
        return [self.found(s) for s in batch]

    def found(self, sending: Sending) -> Outcome:
        if sending.external_id not in self.held:
            return Outcome(sending.external_id, OutcomeStatus.ABSENT)
        lines = self.held[sending.external_id]
        return Outcome(sending.external_id, OutcomeStatus.CONFIRMED, 1, "m", read_back={"lines": lines})

    # LedgerReader

    def facts(self) -> LedgerFacts:
        self.fail("facts")
        return LedgerFacts(None, {})

    def read_back(self, batch: Sequence[Sending], ids: Sequence[int]) -> list[Outcome]:
        self.fail("read_back", [s.external_id for s in batch])
        return [self.found(s) for s in batch]

    def foreign(self, references: Sequence[str]) -> dict[str, str]:
        return {}

    def open_items(self, accounts: Sequence[str], until: date, lines: Sequence[int] = ()) -> list[OpenItem]:
        return []

    def others_moves(self, accounts: Sequence[str], start: date, end: date) -> list[OthersMove]:
        return []

    def foreign_balances(self, until: date) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
        return {}

    def journal_items(self, start: date, end: date) -> Iterator[JournalItem]:
        return iter(())

    def movements(self, start: date, end: date) -> dict[str, tuple[int, Decimal, Decimal]]:
        return {}

    def locks(self) -> dict[str, date | None]:
        return {}

    def set_lock(self, kind: str, until: date) -> None:
        """Nothing is locked here."""

    def trial_balance(self, until: date) -> dict[tuple[str, str], Decimal]:
        return {}


class Blind(Shaky):
    """A Shaky whose sendings cannot be looked up."""

    blind = True

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        self.fail("look_up", [s.external_id for s in batch])
        return [Outcome(s.external_id, OutcomeStatus.UNDECIDED, error="nobody can say") for s in batch]


def _open(config: SystemConfig) -> Shaky:
    kind = Blind if config.text("blind") == "yes" else Shaky
    return kind(Path(config.text("at")))


def _movement(raw: bytes, options: Mapping[str, Any]) -> list[Any]:
    return list(movement(raw, options))


CONNECTOR = Connector(
    name="shaky",
    title="A system that fails when it is told to",
    version="0",
    config=(
        ConfigField("at", "its folder"),
        ConfigField("blind", "yes: nothing can be looked up", required=False),
    ),
    open=_open,
    can=("poll", "write", "look_up", "ledger"),
    streams=(Stream("movements", "movements", _movement), Stream("others", "more of them", _movement)),
)
