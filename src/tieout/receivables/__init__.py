"""Receivables: what each customer owes and how its invoices stand, as the ledger's open items and people say, and what the CRM
is told of it."""

from tieout.receivables.collection import TOLD, CollectionKind
from tieout.receivables.exposure import Exposure, OpenOrder, exposures
from tieout.receivables.following import CollectionError, note_event
from tieout.receivables.listing import history_of, kept_exposures, kept_invoices
from tieout.receivables.reading import Read, Receivables, standing_interface
from tieout.receivables.stage import ReceivablesStage

__all__ = [
    "TOLD",
    "CollectionError",
    "CollectionKind",
    "Exposure",
    "OpenOrder",
    "Read",
    "Receivables",
    "ReceivablesStage",
    "exposures",
    "history_of",
    "kept_exposures",
    "kept_invoices",
    "note_event",
    "standing_interface",
]
