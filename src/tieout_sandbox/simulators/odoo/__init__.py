"""Odoo 19 Community as its API's clients see it.

Built against 604 recorded requests and answers of a real server; what is not simulated says so
(501). It keeps a real double-entry ledger: an unbalanced move is refused.
"""

from tieout_sandbox.simulators.odoo.http import Odoo
from tieout_sandbox.simulators.odoo.service import Service

__all__ = ["Odoo", "Service"]
