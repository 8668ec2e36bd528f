"""The sandbox: simulators, a company's month, its truth, and the oracle that stands apart.

It imports neither store, pipeline, delivery nor proofs: it knows the outside only.
"""

from tieout_sandbox.month import Month
from tieout_sandbox.oracle import Finding, Oracle
from tieout_sandbox.project import write_project
from tieout_sandbox.truths import Planted
from tieout_sandbox.world import FAULT_PLANS, World

__all__ = ["FAULT_PLANS", "Finding", "Month", "Oracle", "Planted", "World", "write_project"]
