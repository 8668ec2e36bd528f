"""The engine: the injected clock, the Runner with its waits in rows, workers, wake-ups, lanes, crash points.

It knows lanes and items, and no business: what a lane is of, and what becomes of an item that cannot be
worked off, its stage says.
"""

from tieout.engine.clock import Clock, FileClock, SystemClock
from tieout.engine.crash import arm_crash_point, crash_point
from tieout.engine.failing import is_of_batch, storable, text_of
from tieout.engine.failures import Failures, LaneKey, forget_old_failures
from tieout.engine.halving import Halves, in_halves
from tieout.engine.lanes import Lane, LaneBusyError
from tieout.engine.runner import Chore, Due, Pace, Runner, Stage
from tieout.engine.turn import Turn
from tieout.engine.wake import Listener, wake
from tieout.engine.worker import Loop, Worker, let_people_first, look_for_cycles_seldom

__all__ = [
    "Chore",
    "Clock",
    "Due",
    "Failures",
    "FileClock",
    "Lane",
    "LaneBusyError",
    "LaneKey",
    "Listener",
    "Loop",
    "Pace",
    "Runner",
    "Stage",
    "SystemClock",
    "Turn",
    "Worker",
    "arm_crash_point",
    "crash_point",
    "forget_old_failures",
    "Halves",
    "in_halves",
    "is_of_batch",
    "let_people_first",
    "look_for_cycles_seldom",
    "storable",
    "text_of",
    "wake",
]
