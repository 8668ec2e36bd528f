"""Fees and their bill, worked out apart: whatever was withheld, the bill that is of it ends every account that lies between.

The oracle knows the cents that were taken and the bill's two figures, and nothing of postings.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tieout.documents import (
    Party,
    ProviderMovement,
    Supplier,
    TaxLine,
    VendorBill,
    canonical_bytes,
    encode_effect,
    ledger_lines,
)
from tieout.documents.purchasing import BillLine
from tieout.documents.states import DocumentState
from tieout.money import from_minor
from tieout.processes import Facts, Plan, plan_document
from tieout.processes.facts import RelatedFact
from tieout.processes.fee_bills import FEE_BILLS
from tieout.processes.fee_suppliers import is_of_fees
from tieout.processes.sources import Scope
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release

AT, ON = datetime(2026, 10, 5, 12, tzinfo=UTC), date(2026, 11, 2)
FEES, PAYABLE, CLEARING = "fees", "payable", "clearing"
ROLES = {
    "clearing.stripe.EUR": CLEARING, "fees.stripe": FEES, "payable": PAYABLE,
    **{f"fees_to_be_billed.stripe.{k}": k for k in ("domestic_vat", "reverse_charge", "exempt", "of_bill")},
}  # fmt: skip


def release(said: dict[str, str]) -> Release:
    def table(name: str, rows: dict[str, str]) -> Mapping:
        return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

    stripe = Interface(
        "stripe",
        "stripe",
        "DE",
        ("balance_transactions",),
        "o",
        "p",
        options={"fees": {"supplier": "S1", **said}},
    )
    bills = Interface("bills", "bills", "DE", ("bills",), "o", "p")
    journals = {"misc": "MISC", "purchases": "BILL", "clearing.stripe.EUR": "STRE"}
    taxes = {"S 19": "19%", "E 0": "0%", "AE 0": "RC 19%"}
    return Release(
        "0" * 64,
        {"DE": Entity("DE", "DE", "EUR", "Europe/Berlin", "odoo")},
        {"stripe": stripe, "bills": bills},
        {
            "accounts": table("accounts", ROLES),
            "journals": table("journals", journals),
            "taxes": table("taxes", taxes),
        },
    )


def withheld(rules: Release, number: int, group: str, cents: int) -> Plan:
    doc = ProviderMovement(
        key=f"txn_{number}", occurred_at=AT, currency="EUR", provider="stripe", category="fee", control_group=group,
        gross=from_minor(-cents, "EUR"), fee=from_minor(0, "EUR"), net=from_minor(-cents, "EUR"),
    )  # fmt: skip
    return plan_document(doc, 1, Facts(), rules, rules.interfaces["stripe"], AT.date())


def facts(rules: Release, plans: list[Plan], settled: list[Plan]) -> Facts:
    rows: list[dict[str, Any]] = [
        {"asked": "k", "effect": e.name, "bill": bill, "effect_body": encode_effect(e.body).decode()}
        for bill, some in (("", plans), ("bills B-0", settled))
        for p in some
        for e in p.effects
        if e.name.startswith("fee") and e.name != "fee_of_bill"
    ]
    found = FEE_BILLS.rows(rows, Scope(rules, rules.interfaces["bills"]))
    party = Party(key="S1", name="Stripe Payments Europe, Limited")
    supplier = Supplier(key="S1", occurred_at=AT, currency="EUR", party=party)
    related = RelatedFact(
        kind="supplier", interface="p", system="p", key="S1", revision=1, state=DocumentState.POSTED,
        content=canonical_bytes(supplier).decode(), on=ON,
    )  # fmt: skip
    # As they are kept with the document, and read again.
    own = msgspec.json.decode(msgspec.json.encode({"fee_bills": tuple(found.values())}))
    return Facts(related=(related,), own=own, patience_over=True)


def bill(number: str, lines: list[tuple[str, int]], tax: int) -> VendorBill:
    net = sum(cents for _, cents in lines)
    return VendorBill(
        key=number, occurred_at=AT, currency="EUR", number=number, supplier="S1", booked_on=ON,
        seller=Party(key="S1", name="Stripe Payments Europe, Limited"), total=from_minor(net + tax, "EUR"),
        taxes=(TaxLine(key="S 19", title="S", rate=Decimal(19), amount=from_minor(tax, "EUR")),) if tax else (),
        lines=tuple(
            BillLine(name=key, quantity=Decimal(1), price=from_minor(cents, "EUR").value, net=from_minor(cents, "EUR"), tax_key=key)
            for key, cents in lines
        ),
    )  # fmt: skip


def sums(plans: list[Plan]) -> dict[str, Decimal]:
    found: Counter[str] = Counter()
    for line in (x for p in plans for e in p.effects for x in ledger_lines(e.body)):
        found[line.account] += line.amount  # type: ignore[assignment]
    return {k: Decimal(v) for k, v in found.items() if v}


def cents(value: Fraction) -> int:
    return int(Decimal(value.numerator * 2 + value.denominator) // Decimal(value.denominator * 2))


FEES_TAKEN = st.lists(st.integers(-300, 4000).filter(bool), min_size=1, max_size=25)


@given(taxed=FEES_TAKEN, owed=FEES_TAKEN, free=FEES_TAKEN)
def test_a_bill_of_what_was_withheld_ends_every_account_between(
    taxed: list[int], owed: list[int], free: list[int]
) -> None:
    if min(sum(taxed), sum(owed), sum(free)) <= 0:
        return
    rules = release({"a": "domestic_vat 19", "b": "reverse_charge 19", "c": "exempt"})
    told = [(g, n) for g, some in (("a", taxed), ("b", owed), ("c", free)) for n in some]
    plans = [withheld(rules, n, group, amount) for n, (group, amount) in enumerate(told)]
    net = cents(Fraction(sum(taxed) * 100, 119))
    doc = bill("B-1", [("S 19", net), ("AE 0", sum(owed)), ("E 0", sum(free))], sum(taxed) - net)
    billed = plan_document(doc, 1, facts(rules, plans, []), rules, rules.interfaces["bills"], ON)
    assert billed.decision == "planned" and billed.cases == ()
    everything = sum(n for _, n in told)
    expected = {
        CLEARING: -everything, FEES: net + sum(owed) + sum(free), "tax:19%": sum(taxed) - net,
    }  # fmt: skip
    assert sums([*plans, billed]) == {k: Decimal(v) / 100 for k, v in expected.items() if v}
    # What it is matched with on the payable is all of it.
    settled = next(e for e in billed.effects if e.name == "fees_settled")
    paid = sum(x.amount for x in ledger_lines(settled.body) if x.account == PAYABLE)
    assert paid == doc.total.value
    # The same bill once more finds nothing left of it.
    again = bill("B-2", [("S 19", net), ("AE 0", sum(owed)), ("E 0", sum(free))], sum(taxed) - net)
    more = plan_document(again, 1, facts(rules, plans, [billed]), rules, rules.interfaces["bills"], ON)
    assert more.decision == "refused" and [c.cause for c in more.cases] == ["fee_bill_differs"]
    assert more.cases[0].amount.value == Decimal(everything) / 100


@given(taken=FEES_TAKEN, other=st.integers(1, 100_000), later=st.booleans())
def test_no_payable_is_settled_by_more_than_was_withheld_and_nothing_is_lost(
    taken: list[int], other: int, later: bool
) -> None:
    """A bill of another sum that a person let go on: its payable and the fees hold what the oracle says."""
    held = sum(taken)
    if held <= 0:
        return
    rules = release({"c": "exempt", **({"x": "of_bill"} if later else {})})
    plans = [withheld(rules, n, "c", amount) for n, amount in enumerate(taken)]
    known = msgspec.structs.replace(facts(rules, plans, []), accepted=("fee_bill_differs",))
    billed = plan_document(bill("B-1", [("E 0", other)], 0), 1, known, rules, rules.interfaces["bills"], ON)
    rest = other - min(other, held)
    expected = {CLEARING: -held, FEES: max(held, other), ("of_bill" if later else PAYABLE): -rest}
    assert sums([*plans, billed]) == {k: Decimal(v) / 100 for k, v in expected.items() if v}


def test_a_bill_of_fees_is_known_while_it_waits() -> None:
    """So that it is not accrued beside the fees, which are expense already."""
    rules = release({"c": "exempt"})
    of_fees = bill("B-1", [("E 0", 100)], 0)
    assert is_of_fees(rules, "DE", of_fees) and not is_of_fees(rules, "US", of_fees)
    another = msgspec.structs.replace(of_fees, supplier="S2", seller=Party(key="S2", name="Lessor"))
    assert not is_of_fees(rules, "DE", another)
    assert not is_of_fees(release({"c": "exempt", "bills": "paid"}), "DE", of_fees)
