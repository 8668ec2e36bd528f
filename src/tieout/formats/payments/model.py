"""Payments on their way to a bank, and what the bank answers.

Amounts are positive Decimals in the currency that stands beside them. Ids are the caller's own:
the same order gives the same bytes, so that a file sent twice is known as one.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A structured address: `town` and `country` (ISO 3166, two letters) are needed, for one without them is rejected
    (SWIFT from 2026-11-14, EPC from 2026-11-15). A hybrid one has up to two `lines` beside them, of what stands in no
    field of its own, where the bank's profile takes it."""

    town: str
    country: str
    street: str = ""
    building: str = ""
    postal_code: str = ""
    lines: tuple[str, ...] = ()


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A party and its account. `bic` may be "" within SEPA."""

    name: str
    iban: str
    bic: str = ""
    address: Address | None = None


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """A direct debit's mandate. `sequence` is FRST, RCUR, FNAL or OOFF."""

    mandate_id: str
    signed_on: date
    sequence: str = "RCUR"


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment. `party` is the other side: who gets a transfer, who pays a direct debit.
    `reference` is a structured one with its check digits: RF (ISO 11649), a Swiss QR reference or a Belgian structured
    communication (+++123/1234/12345+++), blanks and marks as people write them; with it there is no free `remittance`."""

    end_to_end_id: str
    amount: Decimal
    currency: str
    party: Account
    remittance: str = ""
    reference: str = ""
    mandate: Mandate | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Payments from (or to) one account on one day. For direct debits `creditor_id` is the
    creditor's identifier and `instrument` CORE or B2B."""

    batch_id: str
    account: Account
    on: date
    payments: tuple[Payment, ...]
    creditor_id: str = ""
    instrument: str = "CORE"
    batch_booking: bool = True


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `created_at` has a zone."""

    message_id: str
    created_at: datetime
    initiator: str
    batches: tuple[Batch, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a bank says of one payment, of a batch (`end_to_end_id` "") or of a file (both "").

    `status` is ISO 20022's code: ACCP, ACSC, ACSP, PDNG, RJCT …; `reason` the reason's code;
    `amount` what the bank repeats of the payment, None where it does not.
    """

    message_id: str
    batch_id: str = ""
    end_to_end_id: str = ""
    status: str
    reason: str = ""
    additional: str = ""
    amount: Decimal | None = None
    currency: str = ""


class PaymentError(ValueError):
    """An order that no bank would take: which payment, which field, what was expected."""
