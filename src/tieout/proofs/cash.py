"""Cash by entity, account and currency: what the bank holds, what providers hold, what is on its way.

Amounts are signed in the account's currency: money that is ours is positive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from tieout.connector_api import LedgerReader
from tieout.proofs.standing_still import ask_balances
from tieout.rules import Release

# What stands on these is cash that comes (a debit) or goes (a credit) and no bank has booked.
_KINDS = {
    "bank.": "bank",
    "clearing.": "at a provider",
    "bank_in_transit": "payouts on their way",
    "outstanding_receipts": "receipts on their way",
    "outstanding_payments": "payments on their way",
}


class CashRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account: `kind` says what it is, `amount` what it holds or what is on its way."""

    entity: str
    role: str
    account: str
    kind: str
    currency: str
    amount: Decimal


def cash_rows(
    release: Release, session_of: Callable[[str], object], on: date, entities: Sequence[str] | None = None
) -> list[CashRow]:
    """Every such account at the end of a day, as the ledgers have it: of some `entities`, or of all. Raises ConnectorError."""
    rows = []
    for entity in (release.entities[x] for x in entities or release.entities):
        reader = session_of(entity.ledger)
        table = release.mappings.get("accounts")
        if not isinstance(reader, LedgerReader) or table is None:
            continue
        balances = ask_balances(reader, on)
        for row in table.rows:
            kind = next((k for begin, k in _KINDS.items() if row.key.startswith(begin)), "")
            if not kind or not row.valid_from <= on <= row.valid_to:
                continue
            for (account, currency), amount in sorted(balances.items()):
                if account == row.value and amount:
                    rows.append(
                        CashRow(
                            entity=entity.code,
                            role=row.key,
                            account=account,
                            kind=kind,
                            currency=currency,
                            amount=amount,
                        )
                    )
    return sorted(rows, key=lambda r: (r.entity, r.currency, list(_KINDS.values()).index(r.kind), r.account))
