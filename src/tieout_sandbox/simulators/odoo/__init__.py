"""Odoo Community as its API's clients see it: 18, 19 or 20, by the record that it is given.

Built against 604 recorded requests and answers of a real 19.0; what else differs in 18 and 20 was read (docs/ODOO.md). What is not simulated says so
(501). It keeps a real double-entry ledger: an unbalanced move is refused.
"""

from tieout_sandbox.simulators.odoo.http import Odoo
from tieout_sandbox.simulators.odoo.service import Service

__all__ = ["Odoo", "Service"]
