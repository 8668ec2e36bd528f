"""A project that is run by `tieout up` as people and service managers run it: started, killed, started again; and whether
it makes progress, which only a system that works shows."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx2

from tests.acceptance.commands import Started, start_tieout
from tieout.store import EmbeddedServer
from tieout_sandbox import World, write_project
from tieout_sandbox.company import Administrator
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import Push
from tieout_sandbox.simulators.shopify import Shopify

START = datetime(2026, 10, 5, 14, tzinfo=UTC)
_PATIENCE_S = 90.0


class Gate:
    """A port that leads to another one while it is open; closed, nobody answers there."""

    def __init__(self, to: int) -> None:
        self.port, self._to, self._leads_to = free_port(), to, to
        self._door: socket.socket | None = None
        self._lines: list[socket.socket] = []

    def open(self, to: int = 0) -> None:
        """Let everybody through, to another port where one is given."""
        self._leads_to = to or self._to
        self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._let_in, args=(self._door,), daemon=True).start()

    def _let_in(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = door.accept()
                there = socket.create_connection(("127.0.0.1", self._leads_to))
                self._lines += [here, there]
                for a, b in ((here, there), (there, here)):
                    threading.Thread(target=self._pass_on, args=(a, b), daemon=True).start()

    @staticmethod
    def _pass_on(a: socket.socket, b: socket.socket) -> None:
        with suppress(OSError):
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        if self._door is not None:
            self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
            self._door = None
        for line in self._lines:
            line.close()
        self._lines.clear()


class Site:
    """A sandbox and a project against it, whose Odoo stands behind a gate."""

    def __init__(self, root: Path, seed: int = 3) -> None:
        self.world = World(root / "outside", seed=seed, start=START)
        self.world.start()
        self.admin = Administrator(
            self.world.url("odoo"), self.world.odoo.database, self.world.odoo.service.make_key(2)
        )
        company = self.admin.set_up("Standing Ltd", START.date())
        self.gate = Gate(int(self.world.url("odoo").rpartition(":")[2]))
        self.port, self.project, self.log = free_port(), root / "project", root / "up.log"
        write_project(
            self.project, self.world, company, self.port, odoo_url=f"http://127.0.0.1:{self.gate.port}"
        )
        self.gate.open()
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: Started | None = None
        self._orders = 0

    # running it

    def up(self, *words: str, **environment: str) -> Started:
        """Start `tieout up`; nothing is waited for. What it starts are processes from nothing, as ever."""
        self.log.write_bytes(b"")
        self.process = start_tieout(
            "up", "--dir", str(self.project), *words,
            log=self.log, environment={**os.environ, "COLUMNS": "400", **environment},
        )  # fmt: skip
        return self.process

    def down(self) -> int:
        """End it in order; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.down()
        self.gate.close()
        self.admin.close()
        self.world.stop()

    @property
    def said(self) -> str:
        """What `tieout up` wrote, in one line."""
        return " ".join(self.log.read_text(errors="replace").split())

    @property
    def postgres(self) -> int:
        """The database server's process, 0 where none runs."""
        with suppress(OSError, ValueError, IndexError):
            pid = int((self.project / ".tieout/postgres/data/postmaster.pid").read_text().split()[0])
            if _alive(pid):
                return pid
        return 0

    def children(self, role: str) -> set[int]:
        """The processes of a role that run for this project, whoever started them."""
        found = set()
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError):
                    words = (folder / "cmdline").read_bytes().split(b"\0")
                    if (
                        role.encode() in words
                        and str(self.project).encode() in words
                        and _alive(int(folder.name))
                    ):
                        found.add(int(folder.name))
        return found

    # whether it works

    def healthy(self) -> bool:
        try:
            return httpx2.get(f"{self.base}/healthz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def push_order(self) -> tuple[str, Shopify, Push]:
        """A shop's order and its webhook, which nobody carried yet; the order's number first."""
        self._orders += 1
        shop, number = self.world.shops["shop_us"], f"ST-{self._orders}"
        shop.pushes.clear()
        order = shop.place(
            number=number, at=START, customer={"id": "1", "name": "Ada", "email": "ada@example.com"},
            lines=[{"name": "Valve", "quantity": 1, "price": Decimal("100.00"), "taxes": []}],
            shipping=Decimal(0), shipping_tax=[], total=Decimal("100.00"), included=False,
        )  # fmt: skip
        push = shop.pushes[-1]
        shop.pushes.clear()
        return str(order["id"]), shop, push

    def acknowledged(self, shop: Shopify, push: Push) -> bool:
        try:
            reply = httpx2.post(
                f"{self.base}/webhooks/shop_us",
                content=push.body,
                headers=shop.sign(push, self.world.clock.now()),
                timeout=10,
            )
        except httpx2.HTTPError:
            return False
        return reply.status_code == 200

    def documents(self) -> int:
        """How many documents of the shop are there; -1 while nobody says."""
        try:
            flows = httpx2.get(f"{self.base}/status", timeout=10).json()["flows"]
        except (httpx2.HTTPError, ValueError, KeyError):
            return -1
        return next(int(f["documents"]) for f in flows if f["interface"] == "shop_us")

    def progress(self, since: float, meanwhile: Callable[[], object] = lambda: None) -> float:
        """A webhook is acknowledged and its order becomes a document; seconds from `since` (monotonic) until then.

        `meanwhile` is called again and again until then.
        """
        _, shop, push = self.push_order()

        def came(condition: Callable[[], bool]) -> bool:
            meanwhile()
            return condition()

        self.wait(
            lambda: came(lambda: self.acknowledged(shop, push)), "a webhook is acknowledged", every_s=0.03
        )
        # As many documents as orders: what is known before this one came is one less.
        self.wait(
            lambda: came(lambda: self.documents() >= self._orders),
            "an order becomes a document",
            every_s=0.03,
        )
        return time.monotonic() - since

    def wait(
        self,
        condition: Callable[[], object],
        what: str,
        seconds: float = _PATIENCE_S,
        every_s: float = 0.1,
    ) -> None:
        """Look every `every_s` seconds until it came about: each look may be a process or a page, which takes from what it
        waits for. Raises AssertionError after `seconds`."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                logs = "\n".join(
                    f"{p.name}: {p.read_text(errors='replace')[-1500:]}"
                    for p in [self.log, *sorted((self.project / ".tieout").glob("*.log"))]
                )
                raise AssertionError(f"it never came about that {what}\n{logs}")
            time.sleep(every_s)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def embedded(site: Site) -> EmbeddedServer:
    """The project's server, to read its tables."""
    return EmbeddedServer(site.project / ".tieout" / "postgres")
