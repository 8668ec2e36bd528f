"""Documents and effects to canonical JSON and back.

Decimals travel as texts, so no amount passes through a float. Keys keep their declared order,
so equal values give equal bytes and equal hashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents.base import Document
from tieout.documents.kinds import KINDS, DocumentKinds
from tieout.documents.posting import EffectBody

_ENCODER = msgspec.json.Encoder(order="deterministic")
_KINDS = DocumentKinds(KINDS)
_EFFECT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(EffectBody)


def canonical_bytes(value: object) -> bytes:
    """Canonical JSON: the same bytes for equal values."""
    return _ENCODER.encode(value)


def decode_document(raw: bytes) -> Document:
    """Raises msgspec.ValidationError where `raw` is no document, or of a kind that nobody declared."""
    return _KINDS.decode(raw)


def check_kept(document: Document) -> None:
    """Hold a document to its own declaration, which Python does not. Raises ValueError (msgspec.ValidationError) where
    what is kept of it could not be read again: a value of another type, a number that is none; or where its key names nothing, so that two of
    them would be one."""
    if "None" in document.key.split(":"):
        raise ValueError(
            f"its key is {document.key[:80]!r}: what it is known by at its source is missing there"
        )
    raw = canonical_bytes(document)
    again = decode_document(raw)
    if (b'"NaN"' in raw or b'Infinity"' in raw) and not all(_is_number(x) for x in _values(again)):
        raise ValueError(f"{document.key[:80]}: NaN and Infinity are no numbers that can be counted")


def _is_number(value: object) -> bool:
    return not isinstance(value, Decimal) or value.is_finite()


def _values(document: Document) -> Iterator[object]:
    """Every value inside a document."""
    waiting: list[object] = [document]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, msgspec.Struct):
            waiting += [getattr(found, name) for name in found.__struct_fields__]
        elif isinstance(found, tuple | list):
            waiting += found
        elif isinstance(found, dict):
            waiting += found.values()


def declare_kind(kind: type[Document]) -> None:
    """Make a kind of an outsider known to `decode_document`. Raises ValueError where its tag is taken."""
    _KINDS.declare(kind)


def encode_effect(body: EffectBody) -> bytes:
    """Canonical bytes: equal effects give equal ones, whose hash tells a plan from another."""
    return _ENCODER.encode(body)


def decode_effect(raw: bytes) -> EffectBody:
    """Raises msgspec.ValidationError where `raw` is no effect."""
    effect: EffectBody = _EFFECT.decode(raw)
    return effect
