"""What simulators are built from: a virtual clock, faults by rate and seed, an HTTP scaffold.

Nothing but the sandbox and the simulators imports this room.
"""

from tieout_sandbox.simkit.clock import VirtualClock
from tieout_sandbox.simkit.diary import Diary, Keeper, unpacked
from tieout_sandbox.simkit.faults import HEAVY, LIGHT, NONE, FaultPlan, Faults
from tieout_sandbox.simkit.http import Answer, HttpSimulator, Serving, serve
from tieout_sandbox.simkit.push import Push
from tieout_sandbox.simkit.tokens import Tokens

__all__ = [
    "HEAVY",
    "LIGHT",
    "NONE",
    "Answer",
    "Diary",
    "FaultPlan",
    "Faults",
    "HttpSimulator",
    "Keeper",
    "Push",
    "Serving",
    "Tokens",
    "VirtualClock",
    "serve",
    "unpacked",
]
