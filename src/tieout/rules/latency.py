"""When what came is taken: at once, at a cut-off, or at once until one. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tieout.rules.release import Interface

LATENCIES = ("real time", "batch", "hybrid")


def taken_until(interface: Interface, zone: ZoneInfo, now: datetime) -> datetime:
    """Up to which instant what was received is taken now.

    Real time takes all. A batch takes at its cut-off what came before it. Hybrid takes at once until the
    cut-off of a day; what comes after it waits for the next day, so that a day's figures stand.
    """
    if interface.latency == "real time" or not interface.cut_off:
        return now
    local = now.astimezone(zone)
    cut = datetime.combine(local.date(), time.fromisoformat(interface.cut_off), zone)
    if interface.latency == "hybrid":
        return min(now, cut)
    return (
        cut
        if cut <= now
        else datetime.combine(local.date() - timedelta(days=1), time.fromisoformat(interface.cut_off), zone)
    )
