"""Logs, metrics, traces, and what a service manager is told; the only room that every other room may call."""

from tieout.observe.logfile import LogFile
from tieout.observe.logs import get_logger, set_up_logs
from tieout.observe.metrics import Metrics
from tieout.observe.service import INSTANCE, Listening, ServiceManager, end_with
from tieout.observe.tracing import correlation_of, flush_traces, set_up_tracing, traced

__all__ = [
    "INSTANCE",
    "Listening",
    "LogFile",
    "Metrics",
    "ServiceManager",
    "correlation_of",
    "end_with",
    "flush_traces",
    "get_logger",
    "set_up_logs",
    "set_up_tracing",
    "traced",
]
