"""Alerts: what went wrong, the money at risk, one action and a link; told once, escalated, silent when asked to be."""

from tieout.alerting.channels import Channel, ChannelError, channels_of
from tieout.alerting.finding import Alert, find_alerts
from tieout.alerting.overdue import OverdueStage
from tieout.alerting.stage import AlertStage, open_alerts

__all__ = [
    "Alert",
    "AlertStage",
    "Channel",
    "ChannelError",
    "OverdueStage",
    "channels_of",
    "find_alerts",
    "open_alerts",
]
