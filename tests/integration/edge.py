"""A web side in a process of its own, and somebody who speaks to it byte by byte."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.integration.serving import SECRET
from tieout.security import AddPerson, Begin, Confirm, GrantRole, change_authority, key_hash
from tieout.store import Database
from tieout_sandbox.ports import free_port

KEY, READER = "tieout_of_feeder", "tieout_of_reader"
ROOT = Path(__file__).resolve().parents[2]


def stripe_event(key: Any, **more: Any) -> bytes:
    """An event as Stripe sends it; `key` is put into JSON as it is."""
    return json.dumps({"id": key, "type": "charge.succeeded", "object": "event", **more}).encode()


def stripe_headers(body: bytes, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={stamp},v1={digest}"}


def statement(number: int, filler: int = 0) -> bytes:
    """A bank's file in MT940 with one line, another one for each number."""
    lines = [
        ":20:STMT", ":25:US00TEST0001/USD", f":28C:{number}/1", ":60F:C261001USD1000,00",
        f":61:2610011001C{number + 1},00NTRFREF{number}", f":86:payment {number} {'x' * min(filler, 300)}",
        f":62F:C261001USD{1001 + number},00", "-",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n"


class Edge:
    """The process, and what its database holds."""

    def __init__(self, database: Database, folder: Path, people: bool = True, **limits: Any) -> None:
        self.database, self.port, self.folder = database, free_port(), folder
        if people:
            _let_in(database)
        self._log = (folder / "serve.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.serving", database.dsn, str(self.port), str(folder),
             json.dumps(limits)],
            cwd=ROOT, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while self.get("/healthz")[0] != 200:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError((folder / "serve.log").read_text()[-3000:])
            time.sleep(0.05)

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(60)
        self._log.close()
        return code

    # speaking

    def connect(self, timeout: float = 60) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def head(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}"]
        lines += [f"{k}: {v}" for k, v in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def raw(self, parts: Iterable[bytes], timeout: float = 60) -> tuple[int, Any]:
        """Send these bytes and hear the answer; status 0 where the line was cut instead."""
        with self.connect(timeout) as line:
            # What is refused may be cut while it is still sent: the answer stands there already.
            with suppress(OSError):
                for part in parts:
                    line.sendall(part)
            return heard(line)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        given = {"content-length": str(len(body)), **(headers or {})}
        head = self.head(method, path, given)
        # By both ways that there are: in one piece, and the body behind its head.
        return self.raw([head + body] if len(body) % 2 else [head, body])

    def get(self, path: str) -> tuple[int, Any]:
        try:
            return self.raw([self.head("GET", path, {})])
        except OSError:
            return 0, ""

    def push(self, body: bytes, secret: str = SECRET) -> tuple[int, Any]:
        return self.ask("POST", "/webhooks/stripe", body, stripe_headers(body, secret))

    def upload(self, name: str, body: bytes, key: str = KEY, interface: str = "bank") -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return self.ask("PUT", f"/files/{interface}/{name}", body, headers)

    # looking

    def peak_mib(self) -> float:
        """The most memory that the process ever had (VmHWM)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmHWM")

    def kept(self) -> dict[str, int]:
        """How often each key of a message is there."""
        rows = self.database.rows(
            "select interface || ' ' || source_key as key, count(*) as n from tieout.message group by 1"
        )
        return {r["key"]: r["n"] for r in rows}

    def evidence(self, *actions: str) -> list[dict[str, Any]]:
        rows = self.database.rows(
            "select action, subject, detail from tieout.evidence where action = any(%s) order by evidence_id",
            list(actions),
        )
        return [{**r, "detail": json.loads(r["detail"])} for r in rows]


def heard(line: socket.socket) -> tuple[int, Any]:
    """The status and the body of an answer: JSON where it is some. An interim answer is passed over."""
    told = b""
    while True:
        while b"\r\n\r\n" not in told:
            try:
                more = line.recv(65536)
            except ConnectionError:
                return 0, ""
            if not more:
                return 0, ""
            told += more
        head, _, told = told.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status >= 200:
            break
    fields = dict(x.lower().split(b": ", 1) for x in head.split(b"\r\n")[1:])
    length = int(fields.get(b"content-length", b"0"))
    while len(told) < length:
        more = line.recv(65536)
        if not more:
            break
        told += more
    try:
        return status, json.loads(told)
    except ValueError:
        return status, told.decode("utf-8", "replace")


def _let_in(database: Database) -> None:
    """Ann and Ben let people in; the feeder brings files of the United States, the reader none."""
    from datetime import UTC, datetime

    connection = database.connect(autocommit=True)
    now = datetime.now(UTC)

    def change(what: Any, by: str) -> int:
        with connection.transaction():
            return change_authority(connection, what, by, now)

    first = tuple(
        AddPerson(name=n, human=True, names=(), key_sha256=key_hash(f"key of {n}")) for n in ("ann", "ben")
    )
    change(Begin(people=first), "first start")
    for name, role, key in (("feeder", "preparer", KEY), ("reader", "viewer", READER)):
        for what in (
            AddPerson(name=name, human=True, names=(), key_sha256=key_hash(key)),
            GrantRole(name=name, role=role, entity="US", limit=None),
        ):
            number = change(what, "ann")
            change(Confirm(no=number), "ben")
    connection.close()
