"""What a provider withholds for itself, by the VAT that is declared of it.

Fees of 11.90, of which 19% are VAT      Dr fees 10.00, fees to be billed 1.90    Cr clearing 11.90
Fees of 10.00, reverse charge or exempt  Dr fees 10.00                            Cr clearing 10.00
VAT that only the bill has (`on_bill`)   Dr fees 10.00                            Cr clearing 10.00
What a bill left, taken later            Dr fees to be billed 1.90                Cr clearing 1.90
Not declared                             Dr fees 11.90                            Cr clearing 11.90

What is withheld is expense on its day. Input VAT may be deducted once there is an invoice of it and not before (Directive
2006/112/EC, art. 178 (a)): until then it stands on `fees_to_be_billed.PROVIDER.domestic_vat`. Of a provider in another country
the customer owes the VAT (art. 44, 196), and payment services may be exempt (art. 135 (1) d): both are withheld without tax, and
what is due of them is booked by the bill, in the ledger's own tax lines (see `fee_bills`).

Which of the three a provider's fees are hangs on its establishment, on ours and on the service, and stands in none of its
movements. So each interface declares it, under [options.fees], by the kind of fee: the provider's own word for a movement, our
category for it, or `*` for all others. Adyen withholds fees without their VAT and takes that, and what its fees come to at the
month's end, from the batch after its invoice (docs.adyen.com, "Payment processing invoice"; its word is InvoiceDeduction): that is
declared as `domestic_vat 21 on_bill`, and the movement that takes the rest as `of_bill`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tieout.causes import Action, Cause
from tieout.documents import LedgerLine, ProviderMovement
from tieout.money import Amount
from tieout.processes.cash import cash_posting
from tieout.processes.recipe import CaseDraft, Context, Effect, found
from tieout.rules import Interface

OPTION = "fees"
DOMESTIC_VAT, REVERSE_CHARGE, EXEMPT = "domestic_vat", "reverse_charge", "exempt"
# No fee, but what was left of the bill of them.
OF_BILL = "of_bill"
# What the table says besides: whose bills they are, and of which month.
SETTINGS = ("supplier", "bills", "period", "time_zone")
# The effects by which fees are booked, before their treatment: what a movement is, or what was withheld of one. A fee may have both.
EFFECTS = ("fee_", "fee_withheld_")
_VALUE = re.compile(
    r"(?P<taxed>domestic_vat|reverse_charge) (?P<rate>\d{1,2}(\.\d{1,3})?)|(?P<later>domestic_vat) (?P<late>\d{1,2}(\.\d{1,3})?) on_bill"
    r"|(?P<bare>exempt|of_bill)"
)

FEE_TREATMENT_UNDECLARED = Cause(
    name="fee_treatment_undeclared",
    means="A provider withheld a fee of which nobody declared how it is taxed. It is booked as expense.",
    says='say it under [options.fees] in interfaces/{interface}.toml, as {kind} = "domestic_vat 19" (the provider charges our VAT), '
    '"reverse_charge 19" (we owe it) or "exempt", for those that follow; no bill is matched with this one: solve it once its VAT is '
    "in the ledger",
    actions=(Action.SET_UP, Action.MEND_IN_LEDGER, Action.SOLVE),
)


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """How fees are taxed: `kind` is domestic_vat, reverse_charge, exempt, or of_bill for what is no fee; `rate` a percentage (0
    where there is none); `on_bill` says that what is withheld has no VAT in it, though its bill has."""

    kind: str
    rate: Decimal = Decimal(0)
    on_bill: bool = False

    def tax_in(self, amount: Decimal, currency: str) -> Decimal:
        """What of an amount that was withheld is VAT that its bill will show."""
        if self.kind != DOMESTIC_VAT or self.on_bill:
            return Decimal(0)
        return Amount.rounded(amount * self.rate / (100 + self.rate), currency).value


def declared_fees(interface: Interface) -> Mapping[str, str]:
    """What an interface says under [options.fees]; nothing where it says nothing."""
    said = interface.options.get(OPTION)
    return said if isinstance(said, Mapping) else {}


def treatments(interface: Interface) -> dict[str, Treatment]:
    """The treatments that an interface declares, by kind of fee; what is no treatment is left out."""
    known = {}
    for key, value in declared_fees(interface).items():
        match = None if key in SETTINGS else _VALUE.fullmatch(str(value))
        if match:
            known[key] = Treatment(
                kind=match["taxed"] or match["later"] or match["bare"],
                rate=Decimal(match["rate"] or match["late"] or 0),
                on_bill=bool(match["later"]),
            )
    return known


def treatment_of(interface: Interface, doc: ProviderMovement) -> Treatment | None:
    """How what is withheld of a movement is taxed: by the provider's word for it, by ours, as all others; None where nobody
    says."""
    known = treatments(interface)
    return known.get(doc.control_group) or known.get(doc.category) or known.get("*")


def fee_effect(
    ctx: Context, doc: ProviderMovement, role: str, amount: Decimal, label: str, own: bool
) -> Effect:
    """Book a fee of `amount` (positive where it was taken). `own` says that the movement is the fee, and not something else of
    which it was withheld."""
    reference = doc.key if own else f"{doc.key} fee"
    taxed = treatment_of(ctx.interface, doc)
    rest = taxed is not None and taxed.kind == OF_BILL
    counter = to_be_billed(doc.provider, OF_BILL) if rest else f"fees.{doc.provider}"
    body = cash_posting(
        ctx, role=role, amount=-amount, label=label, reference=reference, counter=ctx.account(counter)
    )
    # A fee of which another was withheld has two effects, and each has its own external id.
    first, second = EFFECTS
    name = (second if doc.category == "fee" and not own else first).rstrip("_")
    if taxed is None:
        return ctx.effect(name, body, ledger=True, account=body.account)
    tax = taxed.tax_in(amount, doc.currency)
    if tax:
        (whole,) = body.counterparts
        account = ctx.account(to_be_billed(doc.provider, taxed.kind))
        company = ctx.company(tax)
        lines = (
            msgspec.structs.replace(whole, amount=whole.amount - tax, company=whole.company - company),
            LedgerLine(account=account, amount=tax, company=company, name=label),
        )
        body = msgspec.structs.replace(body, counterparts=lines)
    return ctx.effect(f"{name}_{taxed.kind}", body, ledger=True, account=body.account)


def to_be_billed(provider: str, kind: str) -> str:
    """The role of the account where fees meet their bill."""
    return f"fees_to_be_billed.{provider}.{kind}"


def undeclared_fee(ctx: Context, doc: ProviderMovement) -> tuple[CaseDraft, ...]:
    """That a fee is of a kind that is not declared, where others of its interface are."""
    amount = -doc.gross if doc.category == "fee" else doc.fee
    if not amount or not treatments(ctx.interface) or treatment_of(ctx.interface, doc) is not None:
        return ()
    kind = doc.control_group or doc.category
    fields = {"interface": ctx.interface.name, "kind": kind}
    return (
        found(
            FEE_TREATMENT_UNDECLARED,
            amount,
            f"{kind}: {doc.payment_key or doc.key}",
            blocking=False,
            **fields,
        ),
    )
