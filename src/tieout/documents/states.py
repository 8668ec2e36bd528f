"""How messages, documents and their effects stand: the words of the database's columns, which SQL writes as texts."""

from __future__ import annotations

from enum import StrEnum


class MessageState(StrEnum):
    """A message of the inbox: received, made into documents, listed in a file that carries it, or failed."""

    RECEIVED = "received"
    NORMALISED = "normalised"
    LISTED = "listed"
    FAILED = "failed"


class DocumentState(StrEnum):
    """A document: understood and waiting, planned (on its way), posted, refused (in exception: a case holds it), excluded
    for a reason, or superseded by a newer revision."""

    NORMALISED = "normalised"
    PLANNED = "planned"
    POSTED = "posted"
    REFUSED = "refused"
    EXCLUDED = "excluded"
    SUPERSEDED = "superseded"


class EffectState(StrEnum):
    """An effect on its way to its target: waiting, attempted, of unknown outcome, confirmed by reading it back, or refused."""

    WAITING = "waiting"
    ATTEMPTING = "attempting"
    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
