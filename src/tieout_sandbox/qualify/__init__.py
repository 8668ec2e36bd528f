"""A real Odoo, qualified: what Tieout needs of it, tried in a company made for that, and told in a report."""

from tieout_sandbox.qualify.asking import Asked, RefusedToTryError
from tieout_sandbox.qualify.month import month_of
from tieout_sandbox.qualify.report import Report, as_file_name, hash_of, verified
from tieout_sandbox.qualify.running import qualify

__all__ = [
    "Asked",
    "RefusedToTryError",
    "Report",
    "as_file_name",
    "hash_of",
    "month_of",
    "qualify",
    "verified",
]
