"""An HTTP scaffold: a simulator answers requests one at a time; faults strike around it.

A cut reply is real: the connection closes before the promised body is complete, after the
simulator has acted.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import uvicorn
import uvloop

from tieout_sandbox.simkit.diary import Keeper
from tieout_sandbox.simkit.faults import Faults

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


@dataclass
class Answer:
    """A reply. `delay_s` is waited before it is sent."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


class HttpSimulator(Protocol):
    """An outside system as its clients see it."""

    name: str
    faults: Faults

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Act and reply; called for one request at a time."""
        ...

    def refuse(self, fault: str) -> Answer:
        """The system's own shape of 429, 5xx, an expired token, a serialization failure."""
        ...

    def writes(self, method: str, path: str) -> bool:
        """Whether the request changes something: only then a reply cut matters."""
        ...


class _App:
    def __init__(self, simulator: HttpSimulator, lock: asyncio.Lock, keeper: Keeper | None) -> None:
        self._simulator, self._lock, self._keeper = simulator, lock, keeper
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {k.decode().lower(): v.decode("latin-1") for k, v in scope["headers"]}
        args = (scope["method"], scope["path"], scope["query_string"].decode(), headers, body)
        simulator, faults = self._simulator, self._simulator.faults
        for fault in ("too_many", "server_error", "expired_token"):
            if faults.strikes(fault):
                await _reply(send, simulator.refuse(fault))
                return
        writing = simulator.writes(scope["method"], scope["path"])
        if writing and faults.strikes("serialization"):
            await _reply(send, simulator.refuse("serialization"))
            return
        if writing and faults.strikes("late_commit"):
            task = asyncio.create_task(self._act_later(args))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            await _cut(send)
            return
        answer = await self._answer(args)
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        if writing and faults.strikes("cut_after_commit"):
            await _cut(send)
            return
        await _reply(send, answer)

    async def _act_later(self, args: tuple[str, str, str, dict[str, str], bytes]) -> None:
        await asyncio.sleep(0.25)
        await self._answer(args)

    async def _answer(self, args: tuple[str, str, str, dict[str, str], bytes]) -> Answer:
        if self._keeper is None:
            async with self._lock:
                return self._simulator.answer(*args)
        async with self._keeper.turn(self._simulator, args), self._lock:
            return self._simulator.answer(*args)


async def _reply(send: Send, answer: Answer) -> None:
    headers = {"content-type": answer.content_type, **answer.headers}
    headers["content-length"] = str(len(answer.body))
    pairs = [(k.encode(), v.encode()) for k, v in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer.body})


async def _cut(send: Send) -> None:
    """Promise more than is sent: the server then closes the line."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    await send({"type": "http.response.body", "body": b""})


# A server looks every tenth of a second whether it is to end.
_ENDING_S = 5.0
# On a machine with much else to do.
_STARTING_S = 120.0


class Serving:
    """Simulators that answer until `stop`, from one daemon thread."""

    def __init__(self, thread: threading.Thread, servers: Sequence[uvicorn.Server]) -> None:
        self._thread, self._servers = thread, servers

    def stop(self) -> None:
        """Answer nobody any more. Left alone, a dozen servers look at their clocks for as long as the process lives, which is
        a third of a percent of a processor for each sandbox."""
        for server in self._servers:
            server.should_exit = True
        self._thread.join(_ENDING_S)


def serve(
    simulators: dict[int, HttpSimulator], host: str = "127.0.0.1", keeper: Keeper | None = None
) -> Serving:
    """Serve each simulator at its port from one daemon thread; returns once all answer. `keeper` writes down what changes them.

    Port 0 is not taken: callers choose free ports, so that addresses are known beforehand. Raises OSError, and serves none,
    where something else has a port.
    """
    bound = _bound(simulators, host)
    ready = threading.Event()
    servers: list[uvicorn.Server] = []

    async def main() -> None:
        lock = asyncio.Lock()
        for port, simulator in simulators.items():
            config = uvicorn.Config(
                _App(simulator, lock, keeper),
                host=host,
                port=port,
                log_level="critical",
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                timeout_keep_alive=120,
                # Whoever still waits for an answer at the end waits in vain.
                timeout_graceful_shutdown=1,
            )
            servers.append(uvicorn.Server(config))
        tasks = [
            asyncio.create_task(server.serve(sockets=[held]))
            for server, held in zip(servers, bound, strict=True)
        ]
        while not all(server.started for server in servers):
            await asyncio.sleep(0.01)
        ready.set()
        await asyncio.gather(*tasks)

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run, name="simulators", daemon=True)
    thread.start()
    if not ready.wait(_STARTING_S):
        raise OSError(f"no simulator answers after {_STARTING_S:g} seconds")
    return Serving(thread, servers)


def _bound(simulators: dict[int, HttpSimulator], host: str) -> list[socket.socket]:
    """A socket at each port. One that somebody has is told here: in its own thread a server that cannot have its port would end
    without a word, and those beside it would leave their clients waiting for answers."""
    bound: list[socket.socket] = []
    for port, simulator in simulators.items():
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((host, port))
            held.listen()
        except OSError as error:
            for each in (*bound, held):
                each.close()
            raise OSError(
                error.errno, f"{simulator.name} cannot be served at {host}:{port}: {error.strerror}"
            ) from error
        bound.append(held)
    return bound
