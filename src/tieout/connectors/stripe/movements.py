"""Under which of Stripe's words a balance transaction of its API stands, and which of ours that is (`connector_api.stripe`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.connector_api.stripe import CATEGORY_OF_TYPE, stripe_word


def reporting_category(row: Mapping[str, Any]) -> str:
    """Stripe's reporting category of a balance transaction; of a row of before there was one what its type says, and of an
    adjustment what it is of. Where nothing says it, the type itself."""
    said = row.get("reporting_category")
    if said:
        return str(said)
    kind = str(row["type"])
    if kind == "adjustment":
        return _of_adjustment(row)
    return CATEGORY_OF_TYPE.get(kind) or kind


def _of_adjustment(row: Mapping[str, Any]) -> str:
    source = row.get("source")
    named = str(source.get("id") if isinstance(source, Mapping) else source or "")
    if named.startswith(("dp_", "du_")):
        return "dispute" if row["amount"] < 0 else "dispute_reversal"
    # Failed refunds of cards were adjustments of their refund.
    return "refund_failure" if named.startswith("re_") and row["amount"] > 0 else "other_adjustment"


def kind_of(row: Mapping[str, Any], category: str, options: Mapping[str, Any]) -> str:
    """Which of our words a balance transaction of a reporting category is; Stripe's own word where nobody says."""
    way = (row["amount"] > 0) - (row["amount"] < 0)
    return stripe_word(str(row.get("type") or ""), category, way, options)
