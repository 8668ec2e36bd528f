"""Scripted deaths of what `tieout up` runs. After each it is either healthy, shown by progress, or it exited with the reason;
never alive and idle. A supervisor that ended is started again, as a service manager does.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.standing import Site

Death = Callable[[Site, random.Random], float]


@dataclass(frozen=True)
class Died:
    """One death: which, whether everything ended by itself, with which words, and the seconds from the moment when nothing
    stood in the way any more until the first progress."""

    name: str
    exited: bool
    words: str
    seconds: float
    wrong: str = ""


def _kill(site: Site, role: str) -> None:
    pids = {site.postgres} if role == "postgres" else site.children(role)
    for pid in pids - {0}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _a_kill(*roles: str) -> Death:
    def death(site: Site, dice: random.Random) -> float:
        for role in roles:
            _kill(site, role)
        return time.monotonic()

    return death


def _a_supervisor(site: Site, dice: random.Random) -> float:
    assert site.process is not None
    site.process.kill()
    return time.monotonic()


def _again_and_again(site: Site, dice: random.Random) -> float:
    """One process dies as often as it comes up, some times."""
    role = dice.choice(["worker", "serve", "postgres"])
    for _ in range(3):
        _kill(site, role)
        time.sleep(dice.uniform(0.1, 0.8))
    return time.monotonic()


@contextmanager
def _broken(path: Path, old: str, new: str) -> Iterator[None]:
    good = path.read_text()
    assert old in good
    path.write_text(good.replace(old, new, 1))
    try:
        yield
    finally:
        path.write_text(good)


def _configuration(site: Site, dice: random.Random) -> float:
    with _broken(site.project / "tieout.toml", "[project]", "[project"):
        for role in dice.choice([["worker"], ["serve"], ["worker", "serve"]]):
            _kill(site, role)
        time.sleep(dice.uniform(0.5, 2.5))
    return time.monotonic()


def _port(site: Site, dice: random.Random) -> float:
    """Another program has the port for a while, once the web side is dead."""
    _kill(site, "serve")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            other.bind(("127.0.0.1", site.port))
            other.listen(1)
        time.sleep(dice.uniform(0.5, 2.5))
    return time.monotonic()


def _settings_for_a_while(site: Site, dice: random.Random) -> float:
    with _broken(_settings(site), "# set by Tieout", "no_such_setting = 1\n# set by Tieout"):
        _kill(site, "postgres")
        time.sleep(dice.uniform(0.5, 2.5))
    return time.monotonic()


def _settings_for_good(site: Site, dice: random.Random) -> float:
    """PostgreSQL cannot start at all: everything ends, and somebody mends it then."""
    with _broken(_settings(site), "# set by Tieout", "no_such_setting = 1\n# set by Tieout"):
        _kill(site, "postgres")
        assert site.process is not None
        with suppress(subprocess.TimeoutExpired):
            site.process.wait(60)
    return time.monotonic()


def _settings(site: Site) -> Path:
    return site.project / ".tieout/postgres/data/postgresql.conf"


# Which, how often among fifty, and whether everything must have ended by itself.
DEATHS: dict[str, tuple[Death, int, bool]] = {
    "PostgreSQL": (_a_kill("postgres"), 8, False),
    "web side": (_a_kill("serve"), 8, False),
    "worker": (_a_kill("worker"), 8, False),
    "supervisor": (_a_supervisor, 8, False),
    "all children at once": (_a_kill("worker", "serve", "postgres"), 3, False),
    "one again and again": (_again_and_again, 4, False),
    "configuration broken for a while": (_configuration, 5, False),
    "port taken for a while": (_port, 3, False),
    "PostgreSQL cannot start for a while": (_settings_for_a_while, 2, False),
    "PostgreSQL cannot start": (_settings_for_good, 1, True),
}


def script(count: int, seed: int) -> list[str]:
    """The names of `count` deaths in an order by chance: each in its share of fifty, the frequent ones at first."""
    dice = random.Random(seed)
    names = [name for name, (_, share, _) in DEATHS.items() for _ in range(share)]
    dice.shuffle(names)
    if count >= len(names):
        return names + [dice.choice(names) for _ in range(count - len(names))]
    one_each = ["PostgreSQL", "web side", "worker", "supervisor", "configuration broken for a while"]
    return (one_each + names)[:count]


def _up(site: Site) -> None:
    site.up("--give-up-after", "4")


def deaths(count: int, seed: int) -> list[Died]:
    """Let `count` deaths happen to one project, one after the other; each with its outcome."""
    dice, found = random.Random(seed), list[Died]()
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), seed)
        try:
            found += _taken_at_the_start(site)
            _up(site)
            site.wait(lambda: "Tieout is up" in site.said, "it is up")
            site.progress(time.monotonic())
            for name in script(count, seed):
                found.append(_one(site, name, dice))
                print(f"{len(found)}: {found[-1]}", flush=True)
        finally:
            site.close()
    return found


def _taken_at_the_start(site: Site) -> list[Died]:
    """The port is taken before it starts: it says so, and does not begin."""
    with socket.create_server(("127.0.0.1", site.port)):
        _up(site)
        assert site.process is not None
        status = site.process.wait(60)
    good = status == 3 and f"port {site.port}" in site.said and "Tieout is up" not in site.said
    return [
        Died("port taken at the start", True, site.said[-200:], 0.0, "" if good else "no reason was given")
    ]


def _one(site: Site, name: str, dice: random.Random) -> Died:
    death, _, must_end = DEATHS[name]
    before = site.process
    since = death(site, dice)
    words, wrong, exited = "", "", False
    assert before is not None
    try:
        words, exited = _until_progress(site, before)
        if exited and "Tieout ended: " not in words and name != "supervisor":
            wrong = "it exited without a reason"
        if must_end and not exited:
            wrong = "it did not end"
    except AssertionError as error:
        wrong = f"alive and idle: {error}"
    seconds = time.monotonic() - since
    for role in ("worker", "serve"):
        # Of those that a killed supervisor had started none goes on beside the new ones.
        if not wrong and len(running := site.children(role)) != 1:
            wrong = f"{len(running)} processes are {role}"
    return Died(name, exited and name != "supervisor", words[-200:] if exited else "", seconds, wrong)


def _until_progress(site: Site, before: subprocess.Popen[bytes]) -> tuple[str, bool]:
    """Wait for progress, as a service manager that starts again what ended; what it said that ended, and whether it did.
    Raises AssertionError where nothing comes of it."""
    said, ended = "", False

    def keep_up() -> None:
        nonlocal said, ended
        if site.process is not None and site.process.poll() is not None:
            said, ended = (site.said if not ended else said), True
            _up(site)

    site.progress(time.monotonic(), keep_up)
    return said, ended


def median(found: list[Died]) -> float:
    """Of what was killed and not kept from starting: the median of kill to first progress in seconds."""
    plain = [d.seconds for d in found if d.name in ("PostgreSQL", "web side", "worker", "supervisor")]
    return statistics.median(plain) if plain else 0.0
