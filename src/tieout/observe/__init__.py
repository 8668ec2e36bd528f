"""Logs and metrics; the only room that every other room may call."""

from tieout.observe.logs import get_logger, set_up_logs
from tieout.observe.metrics import Metrics

__all__ = ["Metrics", "get_logger", "set_up_logs"]
