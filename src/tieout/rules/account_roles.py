"""Which accounts of a chart serve for which role: proposed by type, by what they are called and by their codes. Pure.

A proposal is a proposal: a person looks at each before it holds. Where nothing fits surely nothing is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ASSET, LIABILITY, EXPENSE, INCOME = "asset_current", "liability_current", "expense", "income"
MONEY = ("asset_cash", "liability_credit_card")


@dataclass(frozen=True)
class Candidate:
    """An account, or a journal with the account that it keeps (`journal` its code, "" for a bare account)."""

    account: str
    name: str
    type: str
    matched: bool
    currency: str = ""
    journal: str = ""


@dataclass(frozen=True)
class Role:
    """What an account is needed for: `key` is the mapping's, `title` how people say it, `why` what stands on it. An account must be
    of one of `types`, reconcile where it is `matched`, and take `currency` ("" for any); of `journal` a journal is chosen whose
    account it is. `words` are what such an account is often called, `codes` beginnings of its code in charts that are widely
    used. `table` journals: it is a journal that is needed, whatever it keeps, of one of `types`."""

    key: str
    title: str
    why: str
    types: tuple[str, ...]
    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    matched: bool = False
    journal: bool = False
    currency: str = ""
    table: str = "accounts"


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a role, and why."""

    choice: Candidate
    why: str


# Words are of English, German, French and Dutch charts; codes of Odoo's generic chart and of SKR 03 and 04.
BOOKS = (
    Role("receivable", "Customers", "what customers owe", ("asset_receivable",), (r"receivable", r"forderung", r"clients?\b", r"debiteuren"), ("121000", "1400", "1410", "1205", "1200"), matched=True),
    Role("payable", "Suppliers", "what suppliers are owed", ("liability_payable",), (r"payable", r"verbindlichkeit", r"fournisseurs?", r"crediteuren"), ("211000", "1600", "1610", "3300", "3301"), matched=True),
    Role("revenue.goods", "Revenue of goods", "what was sold", (INCOME,), (r"product sales", r"\bsales\b", r"umsatzerl|erl.se", r"ventes", r"omzet"), ("400000", "8400", "4400")),
    Role("bank_in_transit", "Money on its way", "payouts that left a provider and have not arrived", (ASSET,), (r"liquidity transfer", r"transit", r"geldtransit", r"virements? internes?", r"kruisposten"), ("101701", "1360", "1460"), matched=True),
    Role("bank_fees", "Bank fees", "what the bank charges", (EXPENSE,), (r"bank (fees|charges)", r"geldverkehr|bankgeb", r"frais bancaires", r"bankkosten"), ("620000", "4970", "6855")),
    Role("difference.rounding", "Rounding differences", "cents that nobody owes", (EXPENSE, "income_other", INCOME), (r"rounding|cash difference loss", r"rundung|kassendifferenz", r"arrondi", r"afronding"), ("642000", "658")),
    Role("unapplied.unknown", "Money of nobody known", "payments whose order is not known yet", (LIABILITY,), (r"unapplied.*(no order|unknown)",), matched=True),
    Role("unapplied.exception", "Money of something in exception", "payments whose order waits for people", (LIABILITY,), (r"unapplied.*exception",), matched=True),
    Role("unapplied.excluded", "Money of something excluded", "payments whose order was left out", (LIABILITY,), (r"unapplied.*excluded",), matched=True),
    Role("unapplied.bank", "Bank lines of nobody known", "money at the bank that nothing explains yet", (LIABILITY,), (r"unapplied.*bank",), matched=True),
)  # fmt: skip
JOURNALS = (
    Role("sales", "Journal of sales", "invoices are posted in it", ("sale",), journal=True, table="journals"),
    Role("purchases", "Journal of purchases", "bills are posted in it", ("purchase",), journal=True, table="journals"),
    Role("misc", "Journal of other entries", "whatever is neither", ("general",), (r"miscellaneous", r"sonstige|verschiedene", r"op.rations diverses", r"diverse"), journal=True, table="journals"),
)  # fmt: skip


def provider_roles(provider: str, currencies: Iterable[str]) -> tuple[Role, ...]:
    """The roles of a payment provider's balance: what it holds in each currency, and what it charges and keeps."""
    name = provider.capitalize()
    held = tuple(
        Role(
            f"clearing.{provider}.{currency}", f"{name}, {currency}", f"what {name} holds for you", MONEY,
            (rf"{provider}.*{currency}", provider), journal=True, currency=currency,
        )
        for currency in currencies
    )  # fmt: skip
    return (
        *held,
        Role(f"fees.{provider}", f"Fees of {name}", "what it charges", (EXPENSE,), (rf"{provider}.*fee", r"(provider|payment|transaction|processing|merchant) fees?", r"zahlungsgeb"), ("6855",)),
        Role(f"disputes_receivable.{provider}", "Disputed payments", "taken back by customers, and not decided yet", (ASSET,), (r"disputes? receivable|chargeback",), matched=True),
        Role("dispute_loss", "Lost disputes", "what disputes cost in the end", (EXPENSE,), (r"dispute loss|chargeback",)),
        Role(f"provider_reserve.{provider}", f"Held back by {name}", "kept as security, and given back later", (ASSET,), (r"(provider )?reserve",)),
        Role(f"provider_adjustments.{provider}", f"Adjustments of {name}", "corrections that it makes by itself", (EXPENSE,), (r"provider adjustments?|adjustments? of",)),
    )  # fmt: skip


def bank_role(number: str, currency: str = "") -> Role:
    """The role of a bank account, by its number."""
    return Role(
        f"bank.{number}",
        f"Bank {number}",
        "what the bank holds",
        MONEY,
        (r"\bbank\b",),
        journal=True,
        currency=currency,
    )


def fits(role: Role, candidate: Candidate, own: str) -> bool:
    """Whether a candidate can serve for a role at all; `own` is the company's currency."""
    if candidate.type not in role.types or (role.journal and not candidate.journal):
        return False
    if role.matched and not candidate.matched and candidate.type not in MONEY:
        return False
    taken = candidate.currency or (own if role.journal else "")
    return not (role.currency and taken and taken != role.currency)


def propose(role: Role, candidates: Sequence[Candidate], own: str) -> Proposal | None:
    """What serves best for a role; None where nothing is called so, or several are alike."""
    found = [c for c in candidates if fits(role, c, own)]
    for word in role.words:
        named = [c for c in found if re.search(word, c.name, re.IGNORECASE)]
        if chosen := _one_of(role, named):
            return Proposal(chosen, f"it is called {chosen.name!r}, and is of the right type")
    coded = [c for code in role.codes for c in found if _same_code(code, c.account)]
    if coded:
        return Proposal(coded[0], f"charts have it at {coded[0].account}, and it is of the right type")
    if len(found) == 1:
        return Proposal(found[0], "it is the only one of its type")
    return None


def _one_of(role: Role, named: Sequence[Candidate]) -> Candidate | None:
    """Of several that are called so the one whose code charts use; none where no code tells them apart."""
    if len(named) < 2:
        return named[0] if named else None
    coded = [c for code in role.codes for c in named if _same_code(code, c.account)]
    return coded[0] if coded else None


def _same_code(code: str, account: str) -> bool:
    """Whether an account stands where a chart has it: charts fill their codes up with zeros."""
    return bool(account) and account.rstrip("0") == code.rstrip("0")
