"""Whatever is charged and given back: taxes by jurisdiction are the document's tax, and an order that is given back whole
leaves nothing on any account and of any tax."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.processes.test_recipes import interface, release
from tieout.connectors.shopify.normalise import order as documents_of
from tieout.documents import CreditNote, CustomerInvoice, InvoicePosting, ledger_lines
from tieout.money import Amount, from_minor
from tieout.money.sharing import shared_out
from tieout.processes import Facts, OrderFact, plan_document
from tieout.processes.facts import OrderState
from tieout.rules import Mapping, MappingRow, Release
from tieout_sandbox.simulators.shopify import Shopify

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)
# Two states tax alike: only their jurisdictions tell them apart.
TAXES = {
    "US-CA": (("State Tax", "0.06"), ("Alameda County Tax", "0.0025"), ("City Tax", "0.0125")),
    "US-NY": (("State Tax", "0.06"),),
    "FR": (("TVA", "0.2"), ("TVA", "0.055")),
}
POSTED = OrderFact(state=OrderState.POSTED, invoice="tieout.inv", partner="tieout.p", number="X", match="k")


def rules() -> Release:
    made = release()
    rows = [MappingRow(f"{where}: {title} {Decimal(rate) * 100:f}".rstrip("0").rstrip(".") + "%", f"{where} {title} {rate}")
            for where, taxes in TAXES.items() for title, rate in taxes]  # fmt: skip
    accounts = [MappingRow("revenue.shipping", "400100"), MappingRow("revenue.refund_adjustments", "400200")]
    mappings = dict(made.mappings)
    mappings["taxes"] = Mapping("taxes", tuple(rows))
    mappings["accounts"] = Mapping("accounts", (*mappings["accounts"].rows, *accounts))
    return Release(made.sha256, made.entities, {}, mappings)


RULES = rules()


def minor(value: Decimal) -> int:
    return int(value * 100)


def rounded(value: Decimal) -> Decimal:
    return Amount.rounded(value, "USD").value


@st.composite
def bought(draw: st.DrawFn) -> tuple[Shopify, dict[str, Any], list[tuple[int, Decimal, Decimal]]]:
    """An order, and of each of its lines its quantity, its price and its tax."""
    where = draw(st.sampled_from(sorted(TAXES)))
    included = where == "FR"
    shop = Shopify(lambda: AT, shop="s", currency="USD", zone="UTC", token="t", webhook_secret="w")

    def charged(price: Decimal) -> list[dict[str, Any]]:
        those = draw(st.lists(st.sampled_from(TAXES[where]), unique=True, max_size=1 if included else 3))
        return [
            {
                "title": t,
                "rate": r,
                "amount": rounded(price * Decimal(r) / (1 + Decimal(r) if included else 1)),
            }
            for t, r in those
        ]

    lines, facts, total = [], [], Decimal(0)
    for number in range(draw(st.integers(1, 3))):
        price = Decimal(draw(st.integers(1, 99_999))).scaleb(-2)
        taxes, quantity = charged(price), draw(st.integers(1, 5))
        lines.append({"name": f"Line {number}", "quantity": quantity, "price": price, "taxes": taxes})
        facts.append((quantity, price, sum((t["amount"] for t in taxes), Decimal(0))))
        total += price + (0 if included else facts[-1][2])
    shipping = Decimal(draw(st.sampled_from(["0", "5.95", "12.01"])))
    taxes = charged(shipping) if shipping else []
    if shipping:
        facts.append((1, shipping, sum((t["amount"] for t in taxes), Decimal(0))))
        total += shipping + (0 if included else facts[-1][2])
    country, _, province = where.partition("-")
    order = shop.place(
        number="X-1", at=AT, customer={"id": "7", "name": "Ada", "email": "ada@example.com"}, lines=lines,
        shipping=shipping, shipping_tax=taxes, total=total, included=included, address=(country, province),
    )  # fmt: skip
    return shop, order, facts


@st.composite
def given_back_whole(draw: st.DrawFn) -> dict[str, Any]:
    """An order all of which is given back, in some refunds of some of each line."""
    shop, order, facts = draw(bought())
    count, shipped = draw(st.integers(1, 4)), bool(order["shippingLines"]["nodes"])
    # How much of each line's price and tax comes with which refund.
    parts = []
    for _, price, tax in facts:
        weights = [Decimal(draw(st.integers(0, 9))) for _ in range(count)]
        parts.append(
            [[a.value for a in shared_out(from_minor(minor(x), "USD"), weights)] for x in (price, tax)]
        )
    for number in range(count):
        rows = [
            (n, quantity, parts[n][0][number], parts[n][1][number])
            for n, (quantity, _, _) in enumerate(facts[: len(facts) - shipped])
        ]
        shipping = [(0, parts[-1][0][number], parts[-1][1][number])] if shipped else []
        total = sum((r[2] for r in rows), Decimal(0)) + sum((x[1] for x in shipping), Decimal(0))
        if not order["taxesIncluded"]:
            total += sum((r[3] for r in rows), Decimal(0)) + sum((x[2] for x in shipping), Decimal(0))
        shop.refund(order, rows, total, AT + timedelta(days=1 + number), shipping)
    return order


def told(order: dict[str, Any]) -> list[CustomerInvoice | CreditNote]:
    found = documents_of(msgspec.json.encode(order), {})
    return [d for d in found if isinstance(d, CustomerInvoice | CreditNote)]


def posted(document: CustomerInvoice | CreditNote) -> InvoicePosting:
    facts = Facts(order=POSTED) if isinstance(document, CreditNote) else Facts()
    result = plan_document(document, 1, facts, RULES, interface(), date(2026, 10, 6))
    assert result.decision == "planned", (result.cases, document)
    return next(e.body for e in result.effects if isinstance(e.body, InvoicePosting))


@given(given_back_whole())
def test_what_is_given_back_whole_leaves_nothing_on_any_account_and_of_any_tax(order: dict[str, Any]) -> None:
    left: Counter[str] = Counter()
    jurisdictions: Counter[tuple[str, str]] = Counter()
    for document in told(order):
        sign = 1 if isinstance(document, CustomerInvoice) else -1
        for tax in document.taxes:
            jurisdictions[str(tax.jurisdiction), tax.key] += sign * tax.amount.value
            # Never more of a tax than there was.
            assert tax.amount.value >= 0 and jurisdictions[str(tax.jurisdiction), tax.key] >= 0
        for line in ledger_lines(posted(document)):
            left[line.account] += line.amount
    assert not [x for x in left.items() if x[1]]
    assert not [x for x in jurisdictions.items() if x[1]]


@given(given_back_whole())
def test_taxes_by_jurisdiction_sum_to_the_document_s_tax(order: dict[str, Any]) -> None:
    where = "-".join(filter(None, order["displayAddress"].values()))
    for document in told(order):
        assert {t.jurisdiction for t in document.taxes} <= {where}
        tax = sum((t.amount.value for t in document.taxes), Decimal(0))
        net = sum((x.net.value for x in document.lines), Decimal(0))
        assert net + tax == document.total.value
        assert sum(posted(document).tax_totals.values(), Decimal(0)) == tax


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_shares_sum_to_what_is_shared_out_and_stay_within_what_is_left(total: int, left: list[int]) -> None:
    amount = from_minor(total, "USD")
    shares = shared_out(amount, [from_minor(x, "USD").value for x in left])
    assert sum((x.value for x in shares), Decimal(0)) == amount.value
    if total <= sum(left):
        assert all(0 <= s.value <= from_minor(x, "USD").value for s, x in zip(shares, left, strict=True))
