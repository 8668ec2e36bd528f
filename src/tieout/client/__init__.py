"""A small typed client of the API: `pip install tieout`, a key, and exact amounts."""

from tieout.client.calling import Operation, operations
from tieout.client.model import (
    Case,
    Cause,
    Delivery,
    Document,
    Figure,
    Line,
    ProblemError,
    TieOut,
    TieOutRow,
    WholeDocument,
)
from tieout.client.session import Client

__all__ = [
    "Case",
    "Cause",
    "Client",
    "Delivery",
    "Document",
    "Figure",
    "Line",
    "Operation",
    "ProblemError",
    "TieOut",
    "TieOutRow",
    "WholeDocument",
    "operations",
]
