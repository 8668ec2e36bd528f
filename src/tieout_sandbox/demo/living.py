"""A company on the sandbox that goes on after its process ended, or was killed: the same outside, the same day.

What is kept lies in the project's folder, for its owner alone: what the company was made of (`company.json`), and a diary of what
changed its systems. Taken up again, the outside is made anew and lives through its diary; files that it had put down then are
put elsewhere, since whoever took them has them.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tieout_sandbox.company import Administrator, Company
from tieout_sandbox.demo.scenarios import SCENARIOS, DemoOptions
from tieout_sandbox.ports import free_port, is_taken
from tieout_sandbox.simkit import Diary, Keeper, Tokens, unpacked
from tieout_sandbox.world import World

ORDERS = 60
_KEPT, _DIARY = "company.json", "diary"
# What a payment file is called in the folder into which the product puts it.
_OUTBOX = "bank_out"


class NeverBegunError(Exception):
    """A company whose setting up was cut: nothing of it was used."""


class Living:
    """One company: its outside (`world`), its people (`scenario`), its month, and the days that are over.

    `port` is the web side's, `desk_port` the sandbox's own page's.
    """

    def __init__(self, folder: Path, kept: dict[str, Any]) -> None:
        self.folder, self._kept = folder, kept
        self.kind, self.port, self.desk_port = kept["scenario"], kept["port"], kept["desk_port"]
        self.tokens = Tokens(kept["root"])
        outside = folder / ".sandbox"
        clock = outside / "clock"
        self._was = datetime.fromisoformat(clock.read_text()) if clock.exists() else None
        self.world = World(outside, seed=kept["seed"], root=kept["root"], ports=kept["ports"] or None)
        self.world.desk_port = self.desk_port
        odoo = self.world.odoo
        key = odoo.service.make_key(2)
        self.admin = Administrator(self.world.url("odoo"), odoo.database, key)
        self.diary = Diary(outside / _DIARY)
        self.keeper = Keeper(self.diary, self.world.systems, self.world.clock.now, key)
        options = DemoOptions(
            orders=kept["orders"], seed=kept["seed"], faults="none", scenario=self.kind, folder=folder, serve=False, kills=0,
            crash="", quiet=True, root=kept["root"], accepts=False,
        )  # fmt: skip
        self.scenario: Any = SCENARIOS[self.kind](options, self.world, self.admin)
        self.scenario.note = self._note
        self.world.mail.heard = self._mail
        # What was begun: days, and what people did outside the ledger. The last day may not be over.
        self.begun: list[date] = []
        self.over: set[date] = set()
        self._done: set[str] = set()
        self.month: Any = None

    @classmethod
    def begin(cls, folder: Path, scenario: str, seed: int, port: int, desk_port: int) -> Living:
        """Set a company up in a folder that is empty; its systems are served."""
        outside = folder / ".sandbox"
        outside.mkdir(parents=True, mode=0o700)
        root = secrets.token_hex(32)
        kept = {
            "scenario": scenario, "seed": seed, "root": root, "port": port, "desk_port": desk_port, "ports": {},
            "companies": {}, "orders": ORDERS,
        }  # fmt: skip
        living = cls(folder, kept)
        kept["ports"] = living.world.ports
        living.world.start(living.keeper)
        living.month = living.scenario.set_up(folder, port)
        living._prepare()
        kept["companies"] = {code: asdict(c) for code, c in living.scenario.companies.items()}
        _write(outside / _KEPT, kept)
        return living

    @classmethod
    def take_up(cls, folder: Path) -> Living:
        """Go on with the company of a folder; its systems are served, at other ports where something else has theirs by now.
        NeverBegunError; OSError where they cannot be served."""
        path = folder / ".sandbox" / _KEPT
        if not path.exists():
            raise NeverBegunError(str(folder))
        kept = json.loads(path.read_text())
        if any(is_taken(port) for port in (*kept["ports"].values(), kept["desk_port"], kept["port"])):
            _move(folder, kept)
            _write(path, kept)
        living = cls(folder, kept)
        living.world.start(living.keeper)
        living._live_again()
        return living

    def _prepare(self) -> None:
        self.month.admin = self.admin

    # days

    @contextmanager
    def day(self, day: date) -> Iterator[None]:
        """A day: the outside acts, then the company's people, within."""
        if day not in self.begun:
            outbox = self.world.folder / _OUTBOX
            files = sorted(p.name for p in outbox.glob("*.xml")) if outbox.is_dir() else []
            with self.keeper.acting(day=day.isoformat(), payments=files):
                self.begun.append(day)
                self.month.play_day(day)
        yield
        self.diary.write(at=self.world.clock.now().isoformat(), over=day.isoformat())
        self.over.add(day)

    @property
    def days(self) -> list[date]:
        """The days that are not over, the first first."""
        return [d for d in self.month.days() if d not in self.over]

    def act(self, what: str, act: Callable[..., str], **given: Any) -> str:
        """Let somebody act in the company's systems, by a deed of `deeds`; what they did, in words."""
        with self.keeper.acting(deed=what, given=given):
            return act(self, **given)

    def _note(self, what: str, **given: Any) -> bool:
        if what in self._done:
            return False
        self._done.add(what)
        self.diary.write(at=self.world.clock.now().isoformat(), happened=what, given=given)
        return True

    def _mail(self, identity: str, subject: str) -> None:
        self.diary.write(at=self.world.clock.now().isoformat(), mail=[identity, subject])

    # living again

    def _live_again(self) -> None:
        entries = list(self.diary.entries())
        over = {e["over"] for e in entries if "over" in e}
        real, aside = self.world.folder, self.world.folder / "again"
        shutil.rmtree(aside, ignore_errors=True)
        # Whoever takes the company up reads what was set up in Odoo: that comes first.
        first = next(
            (n for n, e in enumerate(entries) if "request" not in e and "mail" not in e), len(entries)
        )
        with self.keeper.acting():
            for entry in entries[:first]:
                self._hear_again(entry)
            self.month = self.scenario.take_up({k: Company(**c) for k, c in self._kept["companies"].items()})
            self._prepare()
            for entry in entries[first:]:
                if "day" in entry:
                    # Of a day that was cut nobody knows which of its files are there: they are put down again.
                    self._put_files(
                        real if entry["day"] not in over else aside, real / _OUTBOX, entry["payments"]
                    )
                self._hear_again(entry)
        self._put_files(real, None, [])
        shutil.rmtree(aside, ignore_errors=True)
        if self._was is not None:
            self._move_to(self._was)

    def _hear_again(self, entry: dict[str, Any]) -> None:
        from tieout_sandbox.demo.deeds import DEEDS

        self._move_to(datetime.fromisoformat(entry["at"]))
        if "request" in entry:
            self.world.systems[entry["to"]].answer(*unpacked(entry["request"]))
        elif "mail" in entry:
            self.world.mail.take(*entry["mail"])
        elif "day" in entry:
            self.begun.append(date.fromisoformat(entry["day"]))
            self.month.play_day(self.begun[-1])
        elif "happened" in entry:
            self._done.add(entry["happened"])
            self.scenario.happen(entry["happened"], **entry["given"])
        elif "deed" in entry:
            DEEDS[entry["deed"]].act(self, **entry["given"])
        else:
            self.over.add(date.fromisoformat(entry["over"]))
            self._forget_pushes()

    def _move_to(self, instant: datetime) -> None:
        if instant > self.world.clock.now():
            self.world.clock.move_to(instant)

    def _forget_pushes(self) -> None:
        """They were carried, or what they told was asked for since."""
        sources: list[Any] = [*self.world.shops.values(), self.world.stripe]
        for source in sources:
            source.pushes.clear()

    def _put_files(self, folder: Path, sent: Path | None, names: list[str]) -> None:
        """Let the outside put its files into another folder, where it finds these payment files of the product's."""
        self.world.folder = folder
        self.world.statements.mkdir(parents=True, exist_ok=True)
        buying = getattr(self.month, "buying", None)
        if buying is None:
            return
        outbox = folder / _OUTBOX
        outbox.mkdir(exist_ok=True)
        buying.outbox = buying.payer.folder = outbox
        for name in names:
            if sent is not None and outbox != sent and not (outbox / name).exists():
                shutil.copy(sent / name, outbox / name)

    def stop(self) -> None:
        """Nobody answers any more; all that is needed to go on is kept."""
        self.admin.close()
        self.world.stop()
        self.diary.close()


def _move(folder: Path, kept: dict[str, Any]) -> None:
    """Give the systems other ports, and write these into the project's file."""
    path = folder / "tieout.toml"
    text = path.read_text()
    ports = {name: (old, free_port()) for name, old in {**kept["ports"], "desk": kept["desk_port"]}.items()}
    # One pass: a new port may be what another one was.
    moved = {str(old): str(new) for old, new in ports.values()}
    found = re.compile(rf"(?<=[:\"])({'|'.join(moved)})(?=[\"/])")
    text = found.sub(lambda match: moved[match[1]], text)
    if is_taken(kept["port"]):
        was, kept["port"] = kept["port"], free_port()
        text = re.sub(rf"^port = {was}$", f"port = {kept['port']}", text, flags=re.MULTILINE)
    path.write_text(text)
    kept["desk_port"] = ports.pop("desk")[1]
    kept["ports"] = {name: new for name, (_, new) in ports.items()}


def _write(path: Path, kept: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(kept, file)
    partial.replace(path)
