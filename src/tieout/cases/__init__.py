"""Cases: business exceptions with cause, amount at risk, owner, due time, recovery."""

from tieout.cases.model import NewCase, fingerprint
from tieout.cases.repository import open_by_cause, open_cases, solve

__all__ = ["NewCase", "fingerprint", "open_by_cause", "open_cases", "solve"]
