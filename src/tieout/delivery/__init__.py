"""Delivery: effects to targets in three steps, unknown outcomes looked up, read back by content."""

from tieout.delivery.guarding import Guard, Objection, books_guard, each_of, nothing_speaks_against
from tieout.delivery.stage import DeliveryStage
from tieout.delivery.verify import VerifyStage, read_back_documents, read_back_month, request_verification

__all__ = [
    "DeliveryStage",
    "Guard",
    "Objection",
    "VerifyStage",
    "books_guard",
    "each_of",
    "nothing_speaks_against",
    "read_back_documents",
    "read_back_month",
    "request_verification",
]
