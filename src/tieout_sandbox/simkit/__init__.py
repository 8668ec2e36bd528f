"""What simulators are built from: a virtual clock, faults by rate and seed, an HTTP scaffold.

Nothing but the sandbox and the simulators imports this room.
"""

from tieout_sandbox.simkit.clock import VirtualClock
from tieout_sandbox.simkit.faults import HEAVY, LIGHT, NONE, FaultPlan, Faults
from tieout_sandbox.simkit.http import Answer, HttpSimulator, Serving, serve
from tieout_sandbox.simkit.push import Push

__all__ = [
    "HEAVY",
    "LIGHT",
    "NONE",
    "Answer",
    "FaultPlan",
    "Faults",
    "HttpSimulator",
    "Push",
    "Serving",
    "VirtualClock",
    "serve",
]
