"""How an entity's balance-sheet accounts are certified: their class, from where their balance is known apart, who may say what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

HIGH, MEDIUM, LOW = CLASSES = ("high", "medium", "low")
# From where a balance is known independently of the ledger.
STATEMENT, PROVIDER, DOCUMENTS, ZERO, NONE = (
    "the bank's statement", "the provider's balance", "the documents posted", "zero", "nothing",
)  # fmt: skip
# By how a role begins; the first that fits. Whatever is in no role: medium, by the documents posted.
_ROLES = (
    ("bank.", HIGH, STATEMENT), ("clearing.", HIGH, PROVIDER), ("bank_in_transit", MEDIUM, DOCUMENTS),
    ("outstanding_", MEDIUM, DOCUMENTS), ("unapplied.", MEDIUM, ZERO), ("journal_split", MEDIUM, ZERO),
    ("receivable", MEDIUM, DOCUMENTS), ("payable", MEDIUM, DOCUMENTS), ("customer_deposits", MEDIUM, DOCUMENTS),
    ("", LOW, DOCUMENTS),
)  # fmt: skip


def known_from(role: str) -> str:
    """From where the balance of a role's account is known."""
    return next(source for begin, _, source in _ROLES if role.startswith(begin)) if role else DOCUMENTS


@dataclass(frozen=True)
class CertifyRules:
    """`limits` by class, in the entity's currency: up to it an account certifies itself, but for classes in `never_alone`.
    `classes` go before the defaults of roles, by an account's code or by how its role begins. `preparer` is the role of whoever
    prepares; who reviews has the role that signs the close."""

    limits: Mapping[str, Decimal] = field(
        default_factory=lambda: {HIGH: Decimal(0), MEDIUM: Decimal(10), LOW: Decimal(100)}, hash=False
    )
    never_alone: tuple[str, ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict, hash=False)
    preparer: str = "preparer"

    def class_of(self, account: str, role: str) -> str:
        """The risk class of an account ("" for no role)."""
        if account in self.classes:
            return self.classes[account]
        declared = [k for k in self.classes if role and role.startswith(k)]
        if declared:
            return self.classes[max(declared, key=len)]
        return next(c for begin, c, _ in _ROLES if role.startswith(begin)) if role else MEDIUM

    def content(self) -> dict[str, Any]:
        """All that it says, as plain values."""
        return {
            "limits": {c: f"{self.limits[c]:f}" for c in CLASSES}, "never_alone": sorted(self.never_alone),
            "classes": dict(sorted(self.classes.items())), "preparer": self.preparer,
        }  # fmt: skip


def rules_of(content: Mapping[str, Any]) -> CertifyRules:
    """Rules as `content` once said them."""
    limits = {c: Decimal(amount) for c, amount in content["limits"].items()}
    return CertifyRules(limits, tuple(content["never_alone"]), dict(content["classes"]), content["preparer"])
