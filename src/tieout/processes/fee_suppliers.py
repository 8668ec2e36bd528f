"""Whose bills are of fees that were withheld, by what interfaces declare: asked by bills, payment runs and accruals.

A provider's interface names the companies that bill its fees (`supplier` under [options.fees]). A bill of theirs was paid by being
withheld, and no run pays it. Of a seller who is called as a provider, and of whom nobody says anything, the same holds until
somebody does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from tieout.causes import Action, Cause
from tieout.documents import Supplier, VendorBill, supplier_names
from tieout.documents.purchasing import plain
from tieout.processes.provider_fees import OF_BILL, OPTION, Treatment, declared_fees, treatments
from tieout.rules import Interface, Release

PAID = "paid"
# Streams that tell of a provider's balance.
_BALANCES = frozenset({"balance_transactions", "settlements"})

FEE_BILL_UNDECLARED = Cause(
    name="fee_bill_undeclared",
    means="A bill looks like a payment provider's, and nobody declared whether its fees are withheld: paid, it may be paid twice.",
    says="say under [options.fees] in the interface of {provider} whose bills they are (`supplier`) and how they are taxed; or, where "
    'they are paid as any bill, `bills = "paid"`; then `tieout replay --cause {cause}`',
    actions=(Action.SET_UP, Action.REPLAY, Action.EXCLUDE),
)
PAID_BY_WITHHOLDING = Cause(
    name="paid_by_withholding",
    means="A payment is of a bill of fees that the provider withheld: it was paid by that.",
    says="exclude the payment: {why}",
    actions=(Action.EXCLUDE, Action.SET_UP),
)


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Whose bills are of withheld fees: the `interfaces` that say so, in one entity, and what they say."""

    interfaces: tuple[str, ...]
    treatments: Mapping[str, Treatment]
    same_month: bool = False
    time_zone: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """The treatments that any of its fees have."""
        return frozenset(t.kind for t in self.treatments.values()) - {OF_BILL}

    @property
    def takes_rest(self) -> bool:
        """Whether what a bill leaves is taken from a later payout."""
        return any(t.kind == OF_BILL for t in self.treatments.values())

    def zone(self, entity: str) -> ZoneInfo | None:
        """The time zone of the provider's months, the entity's where none is said; None where it is no time zone."""
        try:
            return ZoneInfo(self.time_zone or entity)
        except (ValueError, OSError, KeyError):
            return None

    def withholds_tax(self, kind: str) -> bool:
        """Whether what is withheld of a kind has the VAT in it that its bill shows."""
        return not any(t.on_bill for t in self.treatments.values() if t.kind == kind)


def declared_of(release: Release, entity: str, names: Sequence[str]) -> Declared | None:
    """What is declared of a seller's bills by the names that it goes by (see `supplier_names`); None where nothing is, or where
    they are paid as any bill."""
    found = [
        i for i in _declaring(release, entity, names) if declared_fees(i).get("bills", "withheld") != PAID
    ]
    if not found:
        return None
    first = declared_fees(found[0])
    return Declared(
        interfaces=tuple(i.name for i in found),
        treatments={f"{i.name} {k}": t for i in found for k, t in treatments(i).items()},
        same_month=first.get("period") == "same_month",
        time_zone=str(first.get("time_zone", "")),
    )


def _declaring(release: Release, entity: str, names: Sequence[str]) -> list[Interface]:
    """The interfaces of an entity that name this seller, in their order."""
    found = []
    for interface in sorted(release.interfaces.values(), key=lambda i: i.name):
        said = [x.strip() for x in str(declared_fees(interface).get("supplier", "")).split(";")]
        known = {n for x in said if x for n in supplier_names(key=x, tax_id=x, name=x)}
        if interface.entity == entity and known & set(names):
            found.append(interface)
    return found


def looks_like(release: Release, entity: str, names: Sequence[str], seller: str) -> str:
    """The provider that a seller seems to be, whose fees this entity has withheld and of whose bills nobody says anything; ""
    for none. By its name's first word: each provider bills by several companies."""
    if not any(i.entity == entity and _BALANCES & set(i.streams) for i in release.interfaces.values()):
        return ""
    if _declaring(release, entity, names):
        return ""
    accounts = release.mappings.get("accounts")
    rows = accounts.rows if accounts else ()
    roles = (row.key.split(".") for row in rows if row.key.startswith("fees."))
    first = plain((seller.split() or [""])[0])
    providers = (role[1] for role in roles if len(role) == 2)
    return next((p for p in providers if first and plain(p.partition("_")[0]) == first), "")


def names_of(supplier: Supplier) -> tuple[str, ...]:
    """What a supplier goes by, its account left out."""
    return supplier_names(key=supplier.party.key, tax_id=supplier.tax_id, name=supplier.party.name)


def never_paid(release: Release, entity: str, supplier: Supplier) -> str:
    """Why no run pays a supplier; "" where that may be."""
    names = names_of(supplier)
    if declared := declared_of(release, entity, names):
        return (
            f"its fees are withheld (interfaces/{declared.interfaces[0]}.toml): its bills were paid by that"
        )
    if provider := looks_like(release, entity, names, supplier.party.name):
        return f"it seems to be {provider}, which withholds its fees: say so under [options.{OPTION}] of its interface"
    return ""


def is_of_fees(release: Release, entity: str, bill: VendorBill) -> bool:
    """Whether a bill is of fees that were withheld, and so are expense since their own days: nothing of it is to be accrued while it
    waits."""
    return declared_of(release, entity, billed_as(bill)) is not None


def billed_as(bill: VendorBill) -> tuple[str, ...]:
    """What a bill says that its seller goes by."""
    return supplier_names(key=bill.supplier, tax_id=bill.tax_id, name=bill.seller.name)
