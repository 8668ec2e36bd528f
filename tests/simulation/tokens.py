"""An hour of calls with tokens of ten minutes: workers that are killed, answers that are lost, refresh tokens that are given anew each time.

Workers are processes over one PostgreSQL; the provider is asked over real HTTP. Its clock and theirs run `speed` times as fast. A worker ends
itself before it keeps a token that it was given, or right after, as the seed says; others are killed from outside at any moment. What each call
was answered stands at the provider, by the number that the caller gave it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.token_provider import FIRST, SECRET, Provider, serving
from tieout.connector_api import SetupError, SystemConfig, TransientError, http_client
from tieout.connector_api.tokens import RefreshToken, Token, token_auth
from tieout.security.kept_tokens import KeptTokens
from tieout.store import Database

_BEGAN = 1_790_000_000.0
_CALL_EVERY_S = 0.04


@dataclass(frozen=True)
class Fast:
    """A clock that runs `speed` times as fast since `began`, in every process alike."""

    began: float
    speed: float

    def at(self) -> float:
        """Seconds since 1970."""
        return _BEGAN + (time.time() - self.began) * self.speed

    def now(self) -> datetime:
        """The same as an instant."""
        return datetime.fromtimestamp(self.at(), UTC)


@dataclass(frozen=True)
class Work:
    """What a worker is told. `dies` is how often, of a hundred renewals, it ends itself before keeping, and after."""

    url: str
    dsn: str
    clock: Fast
    folder: Path
    dies: tuple[int, int]


class _Dying(KeptTokens):
    """A keeper whose process ends between answer and commit, or between commit and use."""

    def __init__(self, work: Work, chance: random.Random, name: str) -> None:
        super().__init__(lambda: Database(work.dsn, bytes(32)), work.clock)
        self._work, self._chance, self._name = work, chance, name

    def commit(self, kept: Any, token: Token, before: Token | None) -> Token:
        self._perhaps(self._work.dies[0], "between answer and commit")
        made = super().commit(kept, token, before)
        self._perhaps(self._work.dies[1], "between commit and use")
        return made

    def _perhaps(self, of_a_hundred: int, when: str) -> None:
        if self._chance.randrange(100) < of_a_hundred:
            (self._work.folder / f"{self._name}.died").write_text(when)
            os.kill(os.getpid(), signal.SIGKILL)


def worker(work: Work, name: str, seed: int) -> None:
    """Calls the provider until it is killed; what it is told stands in a file of its own."""
    chance = random.Random(seed)
    keeper = _Dying(work, chance, name)
    secret, count = "", 0
    http = None
    with (work.folder / f"{name}.told").open("w", buffering=1) as told:
        while True:
            given = (work.folder / "refresh").read_text()
            if given != secret:
                # Somebody connected anew: the settings have another refresh token.
                secret = given
                grant = RefreshToken(f"{work.url}/token", "app", SECRET, secret)
                config = SystemConfig("shop", "shop", "test", {}, tokens=keeper)
                http = http_client(base_url=work.url, auth=token_auth(config, grant), timeout=10)
            assert http is not None
            count += 1
            try:
                http.get(f"/{name}/{count}")
            except TransientError as error:
                told.write(f"transient\t{error}\n")
            except SetupError as error:
                told.write(f"{secret}\t{error}\n")
            time.sleep(_CALL_EVERY_S * chance.uniform(0.5, 1.5))


@dataclass
class Hour:
    """What came of it."""

    rotates: str
    minutes: float = 60
    renewals: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    cut: int = 0
    calls: int = 0
    dead: int = 0
    worst: int = 0
    most_at_once: int = 0
    refused: list[str] = field(default_factory=list)
    lost: int = 0

    def wrong(self) -> list[str]:
        """What must not be."""
        found = []
        if self.renewals < self.minutes / 10 or self.calls < 20:
            found.append(f"too little happened: {self.renewals} renewals, {self.calls} calls")
        if self.worst > 1:
            found.append(f"a call went out {self.worst} times with a dead token")
        # One that was killed while it asked is still being answered when the next one asks.
        if self.most_at_once > (2 if self.kills["at any moment"] else 1):
            found.append(f"{self.most_at_once} renewed at once")
        # Where the provider ends the old one at once, what is killed with the answer in hand is lost: once each, and told.
        may = self.kills["between answer and commit"] + self.kills["at any moment"] + self.cut
        if self.lost > (may if self.rotates == "at_once" else 0):
            found.append(f"{self.lost} refresh tokens lost")
        found += [f"told otherwise: {said}" for said in self.refused]
        return found


def hour(
    dsn: str, folder: Path, seed: int, *, rotates: str = "until_used", minutes: float = 60, speed: float = 60.0,
    workers: int = 2, kill_every_s: float = 2.0, dies: tuple[int, int] = (45, 20), cut_of_a_hundred: int = 10,
) -> Hour:  # fmt: skip
    """Some minutes of the provider's clock with so many workers; one is killed at any moment every `kill_every_s` of the real one."""
    chance = random.Random(seed)
    (folder / "refresh").write_text(FIRST)
    found = Hour(rotates, minutes=minutes)
    nursery = _Nursery()
    # The clock begins to run once processes begin at once.
    clock = Fast(time.time(), speed)
    provider = Provider(now=clock.at, rotates=rotates, slow_s=0.02)
    with serving(provider) as url:
        crew = _Crew(Work(url, dsn, clock, folder, dies), chance, workers, nursery)
        until, kill_at = _BEGAN + minutes * 60, time.time() + kill_every_s
        while clock.at() < until:
            time.sleep(0.02)
            with provider.lock:
                if not provider.cut and chance.randrange(2000) < cut_of_a_hundred:
                    provider.cut, found.cut = 1, found.cut + 1
            if time.time() >= kill_at:
                kill_at = time.time() + kill_every_s * chance.uniform(0.5, 1.5)
                crew.kill(provider)
            crew.mend()
            if lost := crew.lost((folder / "refresh").read_text()):
                found.lost += 1
                found.refused += [said for said in lost if "was lost before it could be kept" not in said]
                _connect_anew(provider, folder, found.lost)
        crew.end()
    found.kills = crew.kills
    _count(found, provider)
    return found


class _Nursery:
    """A process that imported everything and forks workers: each begins at once."""

    def __init__(self) -> None:
        begun = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(begun, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def begin(self, work: Work, name: str, seed: int) -> int:
        """A worker's process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        given = {
            "url": work.url, "dsn": work.dsn, "began": work.clock.began, "speed": work.clock.speed,
            "folder": str(work.folder), "dies": work.dies, "name": name, "seed": seed,
        }  # fmt: skip
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        """End it; its workers are ended by whoever has them."""
        self._process.kill()
        self._process.communicate()


def _nurse() -> None:
    # Whoever ends is gone at once, and leaves no entry.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        if pid := os.fork():
            print(pid, flush=True)
            continue
        clock, folder = Fast(given["began"], given["speed"]), Path(given["folder"])
        work = Work(given["url"], given["dsn"], clock, folder, tuple(given["dies"]))
        worker(work, given["name"], given["seed"])


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class _Crew:
    """Worker processes, each begun again once it is gone."""

    def __init__(self, work: Work, chance: random.Random, count: int, nursery: _Nursery) -> None:
        self._work, self._chance, self._nursery, self._begun = work, chance, nursery, 0
        self.kills: Counter[str] = Counter()
        self._crew = [self._begin() for _ in range(count)]

    def _begin(self) -> tuple[str, int]:
        self._begun += 1
        name = f"w{self._begun}"
        return name, self._nursery.begin(self._work, name, self._chance.randrange(2**32))

    def kill(self, provider: Provider) -> None:
        """End one that is at work, at whatever it is doing."""
        with provider.lock:
            working = {path.split("/")[1] for path, _, _ in provider.calls}
        if at_work := [(name, pid) for name, pid in self._crew if name in working and _lives(pid)]:
            _, pid = self._chance.choice(at_work)
            os.kill(pid, signal.SIGKILL)
            self.kills["at any moment"] += 1

    def mend(self) -> None:
        """Begin those again that are gone."""
        for at, (name, pid) in enumerate(self._crew):
            if not _lives(pid):
                died = self._work.folder / f"{name}.died"
                if died.exists():
                    self.kills[died.read_text()] += 1
                self._crew[at] = self._begin()

    def lost(self, refresh: str) -> list[str]:
        """What set-up faults were told of the refresh token that the settings have now."""
        said = []
        for path in self._work.folder.glob("*.told"):
            for line in path.read_text().splitlines():
                name, _, words = line.partition("\t")
                if name == refresh and words:
                    said.append(words)
        return said

    def end(self) -> None:
        """End all of them."""
        for _, pid in self._crew:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._nursery.end()


def _connect_anew(provider: Provider, folder: Path, number: int) -> None:
    """A person connects anew: the provider gives a refresh token of another family, and the settings have it."""
    path, refresh = folder / "refresh.new", f"refresh-anew-{number}"
    with provider.lock:
        provider.begin(refresh)
    path.write_text(refresh)
    path.replace(folder / "refresh")


def _count(found: Hour, provider: Provider) -> None:
    tries: dict[str, list[int]] = {}
    for path, status, _ in provider.calls:
        tries.setdefault(path, []).append(status)
    found.renewals, found.most_at_once = len(provider.asked), provider.most_at_once
    found.calls = len(tries)
    found.dead = sum(1 for _, status, _ in provider.calls if status == 401)
    found.worst = max((each.count(401) for each in tries.values()), default=0)


if __name__ == "__main__":
    _nurse()
