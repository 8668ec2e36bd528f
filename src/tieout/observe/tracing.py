"""Traces by OpenTelemetry: one correlation id for whatever happens to one thing of a source, from its push to its
read-back.

The id is worked out of the interface and the source's key, so every process that works on it knows it without being
told, and a trace goes on after a restart. Where no collector is named nothing is made.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

Attribute = str | int | bool
_MOST = 500
_tracer: Tracer | None = None
_provider: TracerProvider | None = None


def correlation_of(interface: str, source_key: str) -> str:
    """The correlation id of a source's thing: 32 hexadecimal digits, a trace's id (W3C Trace Context)."""
    return hashlib.sha256(f"{interface}\x1f{source_key}".encode()).hexdigest()[:32]


def set_up_tracing(endpoint: str, service: str, exporter: SpanExporter | None = None) -> None:
    """Send spans to a collector (OTLP over HTTP) at `endpoint`, such as http://collector:4318; "" ends that."""
    global _tracer, _provider
    if _provider is not None:
        _provider.shutdown()
        _tracer, _provider = None, None
    if not endpoint and exporter is None:
        return
    # What takes long to import is imported by whoever traces alone.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    _provider = TracerProvider(
        resource=Resource.create({"service.name": "tieout", "service.namespace": service})
    )
    exporter = exporter or OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = _provider.get_tracer("tieout")


def flush_traces() -> None:
    """Send what is not sent yet."""
    if _provider is not None:
        _provider.force_flush()


class Step:
    """What became of a step that is under way: `failed` says why it did not go well."""

    def __init__(self) -> None:
        self.failed = ""


@contextmanager
def traced(name: str, of: Iterable[tuple[str, str]], **attributes: Attribute) -> Iterator[Step]:
    """A step that some things of sources go through: (interface, source key) each. Never holds payloads, amounts or
    names of people."""
    step, tracer = Step(), _tracer
    if tracer is None:
        yield step
        return
    started = time.time_ns()
    try:
        yield step
    except BaseException as error:
        step.failed = step.failed or type(error).__name__
        raise
    finally:
        ended = time.time_ns()
        for number, (interface, source_key) in enumerate(of):
            if number < _MOST:
                _span(tracer, name, interface, source_key, started, ended, step.failed, attributes)


def _span(
    tracer: Tracer,
    name: str,
    interface: str,
    source_key: str,
    started: int,
    ended: int,
    failed: str,
    attributes: dict[str, Attribute],
) -> None:
    from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags, set_span_in_context

    trace = correlation_of(interface, source_key)
    root = SpanContext(int(trace, 16), int(trace[:16], 16) or 1, True, TraceFlags(TraceFlags.SAMPLED))
    given = {"tieout.interface": interface, "tieout.source_key": source_key}
    given |= {f"tieout.{k}": v for k, v in attributes.items()}  # type: ignore[misc]
    context = set_span_in_context(NonRecordingSpan(root))
    span = tracer.start_span(name, context, attributes=given, start_time=started)
    if failed:
        span.set_status(StatusCode.ERROR, failed)
    span.end(ended)
