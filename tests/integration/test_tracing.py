"""One correlation id from what a source sent to its read-back, also through a restart; spans hold no payloads."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.integration.office import Office
from tieout.observe import correlation_of, flush_traces, set_up_tracing, traced


class Collector(ThreadingHTTPServer):
    """Takes spans as an OpenTelemetry collector does (OTLP over HTTP)."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def of(self, interface: str, key: str) -> list[str]:
        """The names of one trace's spans, in order of their beginnings."""
        wanted = correlation_of(interface, key)
        mine = [s for s in self.spans if s.trace_id.hex() == wanted]
        return [s.name for s in sorted(mine, key=lambda s: (s.start_time_unix_nano, s.end_time_unix_nano))]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces"
        self.server.bodies.append(body)
        request = ExportTraceServiceRequest.FromString(body)
        self.server.spans += [s for r in request.resource_spans for c in r.scope_spans for s in c.spans]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    set_up_tracing(f"http://127.0.0.1:{made.server_port}", "Test")
    yield made
    set_up_tracing("", "")
    made.shutdown()


def test_one_trace_from_the_file_to_the_read_back(office: Office, collector: Collector) -> None:
    office.policies = ()
    office.journal("J-1", "10.00")
    office.journal("J-2", "20.00")
    office.plan()
    flush_traces()
    # Another process goes on with the same trace: it works the id out itself.
    set_up_tracing(f"http://127.0.0.1:{collector.server_port}", "Test")
    office.deliver()
    flush_traces()
    for key in ("J-1", "J-2"):
        names = collector.of("journals", key)
        assert names[:2] == ["receive", "plan"] and {"deliver", "confirm"} <= set(names), names
    first = next(s for s in collector.spans if s.name == "deliver")
    attributes = {a.key: a.value.string_value for a in first.attributes}
    assert attributes["tieout.system"] == "odoo" and attributes["tieout.interface"] == "journals"
    # Neither what was sent nor what was booked stands in a span.
    said = b"".join(collector.bodies)
    assert b"10.00" not in said and b"621000" not in said and b"Berlin" not in said


def test_what_fails_says_so_and_is_raised_all_the_same(collector: Collector) -> None:
    with pytest.raises(RuntimeError), traced("plan", [("shop", "order:1")]):
        raise RuntimeError("with a secret in it")
    flush_traces()
    (span,) = collector.spans
    assert span.status.code == 2 and span.status.message == "RuntimeError"
    assert b"secret" not in b"".join(collector.bodies)


def test_without_a_collector_nothing_is_made() -> None:
    with traced("plan", iter(())) as step:
        assert step.failed == ""
    flush_traces()


def test_the_id_is_a_traces_and_of_one_thing_alone() -> None:
    one = correlation_of("shop", "order:1")
    assert len(one) == 32 and int(one, 16) and one == correlation_of("shop", "order:1")
    assert one not in (
        correlation_of("shop", "order:2"),
        correlation_of("shop2", "order:1"),
        correlation_of("sho", "porder:1"),
    )
