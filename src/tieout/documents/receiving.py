"""What a customer owes, as it is told to the customer's CRM."""

from __future__ import annotations

from enum import StrEnum

from tieout.documents.base import Document
from tieout.money import Amount


class CollectionStatus(StrEnum):
    """How an invoice stands on its way to being paid; a customer stands as the gravest of its open invoices does."""

    OPEN = "open"
    PROMISED = "promised"
    REMINDED = "reminded"
    IN_COLLECTION = "in collection"
    PAID = "paid"


class CustomerStanding(Document, frozen=True, kw_only=True, tag="customer_standing"):
    """What a customer of a CRM owes in all, in the entity's currency (the document's): `exposure` is the sum of what is open,
    credits and unapplied payments subtracted, below zero where we owe; `orders` are those that are not invoiced yet, and
    no part of it. `account_key` is the CRM's own key. No measure."""

    account_key: str
    name: str
    exposure: Amount
    orders: Amount
    status: CollectionStatus
