"""When a task of a close can be signed at all: what is said of a whole period is known once it is over. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tieout.close.model import Task
from tieout.money import Period


def not_over(period: Period, zone: ZoneInfo, now: datetime) -> str:
    """Why nothing can be said of the whole of a period yet, and from which day on; "" once it is over in `zone`."""
    if now.astimezone(zone).date() > period.last:
        return ""
    after = period.last + timedelta(days=1)
    return f"{period} ends on {period.last} at midnight ({zone.key}): to be signed from {after} on"


def too_early(task: Task, period: Period, zone: ZoneInfo, now: datetime) -> str:
    """Why a task cannot be signed yet; "" where it can. What the machine proves is of the whole period, and so is what people
    do after its end; what people are to do by its end may be signed in it, and not before it begins."""
    if task.check or task.due_at.astimezone(zone).date() > period.last:
        return not_over(period, zone, now)
    if now.astimezone(zone).date() < period.first:
        return f"{period} begins on {period.first}: to be signed from then on"
    return ""
