"""A real Odoo, qualified: what Tieout needs of it, tried in a company made for that, and told in a report."""

from tieout_sandbox.qualify.asking import Answered, Asked, RefusedToTryError, ask
from tieout_sandbox.qualify.month import month_of
from tieout_sandbox.qualify.report import Report, as_file_name, hash_of, verified
from tieout_sandbox.qualify.running import INTERRUPTED, qualify
from tieout_sandbox.qualify.strange import STRANGE, in_words

__all__ = [
    "INTERRUPTED",
    "STRANGE",
    "Answered",
    "Asked",
    "RefusedToTryError",
    "Report",
    "as_file_name",
    "ask",
    "hash_of",
    "in_words",
    "month_of",
    "qualify",
    "verified",
]
