"""A server of one test that answers as a vendor published: each question its bodies in turn, the last of them ever again."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """A body with its status and headers."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(frozen=True)
class Asked:
    """A question as it came."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


Told = bytes | Answer


class Replay:
    """`with Replay({("GET", "/v1/things"): body}) as there:` answers at `there.url`; what was asked is `there.asked`.

    A question that is not among the answers is a 404, and in `there.strange`.
    """

    def __init__(self, answers: Mapping[tuple[str, str], Told | Sequence[Told]]) -> None:
        self._left: dict[tuple[str, str], list[Told]] = {
            key: [told] if isinstance(told, bytes | Answer) else list(told) for key, told in answers.items()
        }
        self.asked: list[Asked] = []
        self.strange: list[str] = []
        self._one = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        with self._one:
            self.asked.append(asked)
            told = self._left.get((asked.method, asked.path))
            if not told:
                self.strange.append(f"{asked.method} {asked.path}")
                return Answer(b'{"error": "nothing is published here"}', 404)
            found = told.pop(0) if len(told) > 1 else told[0]
        return found if isinstance(found, Answer) else Answer(found)

    def __enter__(self) -> Replay:
        replay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An answer goes out at once, and in one piece: else each waits 40 ms for the other side's word that its head came.
            wbufsize, disable_nagle_algorithm = -1, True

            def log_message(self, *given: object) -> None:
                """Nothing is told: the test looks at what was asked."""

            def handle_one(self) -> None:
                there = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer = replay.answer(
                    Asked(
                        self.command,
                        there.path,
                        parse_qsl(there.query, keep_blank_values=True),
                        {k.lower(): v for k, v in self.headers.items()},
                        body,
                    )
                )
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()  # fmt: skip
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
