"""Deterministic external ids: one business event, one effect, one id, for ever.

An id is `tieout.<interface>_<key>_<effect>_<revision>_<hash>`: the words are for people, the
hash over the whole parts keeps two keys apart that read alike once cleaned. `tieout` is no
Odoo module's name, so no module upgrade deletes these records.
"""

from __future__ import annotations

import hashlib
import re

_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


def _id(parts: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
    words = _UNSAFE.sub("_", "_".join(parts)).strip("_")[:80]
    return f"tieout.{words}_{digest}"


def external_id(interface: str, key: str, effect: str, revision: int) -> str:
    return _id((interface, key, effect, str(revision)))


def partner_external_id(system: str, party_key: str) -> str:
    """A customer of `system`: the same record whichever document names it first."""
    return _id((system, party_key, "partner"))


def product_external_id(entity: str, sku: str) -> str:
    """A product of an entity: its number is the company's own, whichever shop sells it."""
    return _id((entity, sku, "product"))


def applied_external_id(effect: str) -> str:
    """The entry that takes a payment in, by the external id of the payment's own effect."""
    return _id((effect.removeprefix("tieout."), "apply"))


def again_external_id(effect: str, what: str) -> str:
    """What is done about an effect later, whoever asks for it: by the effect's own external id."""
    return _id((effect.removeprefix("tieout."), what))


def match_key(*parts: str) -> str:
    """The key under which a ledger pairs lines (Odoo's import matching number adds `I`)."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
