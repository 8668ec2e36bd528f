"""The Release: interfaces, mappings with effective dates, entities. Pure values."""

from tieout.rules.approval import ApprovalPolicy, Demand, Step, both, demand_of
from tieout.rules.arrival import Arrival
from tieout.rules.closing import CloseRules, EntityClose, ManualTask
from tieout.rules.conditions import ConditionError
from tieout.rules.mapping import Mapping, MappingRow, UnmappedError
from tieout.rules.release import Entity, Interface, Release, role_accounts

__all__ = [
    "ApprovalPolicy",
    "Arrival",
    "CloseRules",
    "ConditionError",
    "Demand",
    "Entity",
    "EntityClose",
    "Interface",
    "ManualTask",
    "Mapping",
    "MappingRow",
    "Release",
    "Step",
    "UnmappedError",
    "both",
    "demand_of",
    "role_accounts",
]
