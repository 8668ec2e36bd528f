"""The accounts on which every entry must have a source: those of roles that Tieout keeps."""

from __future__ import annotations

from datetime import date

from tieout.rules.release import Release

_KEPT = (
    "bank.", "clearing.", "bank_in_transit", "customer_deposits", "unapplied.", "outstanding_", "receivable", "payable",
)  # fmt: skip


def governed_accounts(release: Release, since: date, until: date) -> set[str]:
    """The codes of these accounts, of all that are mapped on any of these days, both included: one that was mapped for a
    part of a month is governed in it, whichever part that is."""
    table = release.mappings.get("accounts")
    return {
        r.value
        for r in (table.rows if table else ())
        if r.key.startswith(_KEPT) and r.valid_from <= until and since <= r.valid_to
    }
