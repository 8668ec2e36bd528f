"""The engine: the injected clock, workers, wake-ups, the sweep, lanes, crash points."""

from tieout.engine.clock import Clock, FileClock, SystemClock
from tieout.engine.crash import arm_crash_point, crash_point
from tieout.engine.lanes import Lane
from tieout.engine.wake import Listener, wake
from tieout.engine.worker import Loop, Worker, let_people_first

__all__ = [
    "Clock",
    "FileClock",
    "Lane",
    "Listener",
    "Loop",
    "SystemClock",
    "Worker",
    "arm_crash_point",
    "crash_point",
    "let_people_first",
    "wake",
]
