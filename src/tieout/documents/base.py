"""What every canonical document has, and who it is about."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, supplier or employee as a source knows it. `key` is unique among that source's."""

    key: str
    name: str
    email: str = ""
    country: str = ""


class DocumentBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """`key` is unique in its interface; `version` orders a source's changes, "" where it makes none;
    `control_group` is what the source's control figures count it under."""

    key: str
    version: str = ""
    occurred_at: datetime
    currency: str
    control_group: str = ""


class Customer(DocumentBase, frozen=True, kw_only=True, tag="customer"):
    """A customer that a CRM owns. No measure."""

    party: Party
