"""Coupa's invoices and credit notes, to bills. Pure.

References: compass.coupa.com, Core API (invoices, invoice lines, invoice line allocations, tax lines, invoice charges). Tax stands on
lines and charges, or on the whole invoice where `line-level-taxation` is false; a line or charge may have several tax lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from tieout.connectors.coupa.fields import (
    account_of,
    changed_at,
    code_of,
    day,
    decimal,
    dimensions_of,
    login_of,
    number_of,
    row_of,
)
from tieout.documents import BillLine, Document, Party, TaxLine, VendorBill
from tieout.money import Amount

# Amounts of an invoice's head that are lines of their own, by the key of their account; and as charges have them.
_EXTRAS = {"shipping-amount": "shipping", "handling-amount": "handling", "misc-amount": "misc"}
_CHARGES = {"InvoiceShippingCharge": "shipping", "InvoiceHandlingCharge": "handling", "InvoiceMiscCharge": "misc"}  # fmt: skip
_ZERO = Decimal(0)
_SIXTH = Decimal("0.000001")


def total_of(row: Mapping[str, Any]) -> Decimal:
    """What an invoice comes to with tax, signed as Coupa has it. Raises ValueError where it does not say."""
    for name in ("gross-total", "total-with-taxes"):
        if row.get(name) not in (None, ""):
            return decimal(row[name])
    raise ValueError(f"invoice {row.get('invoice-number')}: it says no total (gross-total, total-with-taxes)")


def is_credit(row: Mapping[str, Any]) -> bool:
    """Whether an invoice is a credit note: by its type, or because it comes to less than zero, as one of before
    document types does."""
    return row.get("document-type") == "Credit Note" or total_of(row) < 0


def bill(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An approved invoice or credit note. A credit note's amounts are below zero there, and not here."""
    row = row_of(raw)
    currency, total, refund = str(row["currency"]["code"]), total_of(row), is_credit(row)
    made = _Bill(row, currency, Decimal(-1) if refund and total < 0 else Decimal(1), options)
    lines = made.lines()
    numbers = sorted({x.order_number for x in lines if x.order_number})
    party, due = row["supplier"], row.get("net-due-date")
    return [
        VendorBill(
            key=f"bill:{row['id']}",
            version=changed_at(row).isoformat(),
            occurred_at=datetime.combine(day(row["invoice-date"]), time(12), UTC),
            currency=currency,
            control_group="bills",
            number=str(row["invoice-number"]),
            supplier=number_of(party),
            seller=Party(key=number_of(party), name=str(party["name"])),
            booked_on=day(row["invoice-date"]),
            due_on=day(due) if due else None,
            order_number=numbers[0] if len(numbers) == 1 else "",
            lines=tuple(lines),
            taxes=tuple(made.taxes()),
            total=Amount.exact(made.sign * total, currency),
            refund=refund,
            refers_to=str(row.get("original-invoice-number") or ""),
            prepared_by=login_of(row, "created-by"),
            exclusion="voided" if row["status"] == "voided" else "",
        )
    ]


class _Bill:
    """One invoice on its way: its lines, and the sum of each tax."""

    def __init__(
        self, row: Mapping[str, Any], currency: str, sign: Decimal, options: Mapping[str, Any]
    ) -> None:
        self._row, self._currency, self.sign, self._options = row, currency, sign, options
        self._taxes: dict[str, tuple[Decimal, Decimal]] = {}

    def lines(self) -> list[BillLine]:
        """Its lines and charges. Raises ValueError where an allocation does not add up, or charges differ from the head."""
        whole = ""
        if self._row.get("line-level-taxation") is False:
            whole = self._taxed(self._row)
        lines = [made for x in self._row["invoice-lines"] for made in self._line(x, whole)]
        return [*lines, *self._charges()]

    def taxes(self) -> Iterator[TaxLine]:
        """The sum of each tax, by its key; those of nothing fall away."""
        for key, (tax, rate) in self._taxes.items():
            if tax:
                yield TaxLine(key=key, title=key, rate=rate, amount=Amount.exact(tax, self._currency))

    def _taxed(self, row: Mapping[str, Any]) -> str:
        """The key of what taxes a line, charge or invoice: one tax's code, or the codes of several."""
        told = [x for x in row.get("tax-lines") or () if x]
        if told:
            parts = [
                (
                    _tax_key(x.get("tax-code") or x.get("code"), x.get("rate")),
                    decimal(x.get("amount"), "0"),
                    decimal(x.get("rate"), "0"),
                )
                for x in told
            ]
        else:
            rate = decimal(row.get("tax-rate"), "0")
            amount = decimal(row.get("tax-amount"), "0")
            key = _tax_key(row.get("tax-code"), rate if amount else None)
            parts = [(key, amount, rate)]
        key = " + ".join(dict.fromkeys(k for k, _, _ in parts if k))
        amount, rate = (
            sum((p[1] for p in parts), _ZERO) * self.sign,
            sum({p[0]: p[2] for p in parts}.values(), _ZERO),
        )
        if key:
            self._taxes[key] = (self._taxes.get(key, (_ZERO, rate))[0] + amount, rate)
        return key

    def _line(self, line: Mapping[str, Any], whole: str) -> Iterator[BillLine]:
        key = whole or self._taxed(line)
        net = self.sign * decimal(line["total"])
        by_amount = line.get("type") == "InvoiceAmountLine" or line.get("quantity") in (None, "")
        # What is billed by amount is that many of one, as it is ordered and received.
        quantity = abs(net) if by_amount else abs(decimal(line["quantity"]))
        price = Decimal(1) if by_amount else abs(decimal(line["price"]))
        shares = [x for x in line.get("account-allocations") or () if x] or [line]
        for share, part, pieces in self._shared(line, shares, net, quantity):
            yield BillLine(
                name=str(line["description"]),
                quantity=pieces,
                price=price if part * pieces >= 0 else -price,
                net=Amount.exact(part, self._currency),
                order_line=str(line.get("order-line-num") or ""),
                order_number=str(line.get("po-number") or line.get("order-header-num") or ""),
                sku=str(line.get("source-part-num") or ""),
                tax_key=key,
                account=account_of(share),
                dimensions=dimensions_of(share, self._options),
            )

    def _shared(
        self, line: Mapping[str, Any], shares: list[Mapping[str, Any]], net: Decimal, quantity: Decimal
    ) -> Iterator[tuple[Mapping[str, Any], Decimal, Decimal]]:
        """Each share of a line with its amount and pieces; the last has what is left of the pieces."""
        if len(shares) == 1:
            yield shares[0], net, quantity
            return
        parts = [self.sign * decimal(x["amount"]) for x in shares]
        if sum(parts, _ZERO) != net:
            raise ValueError(
                f"invoice {self._row['invoice-number']}, line {line.get('line-num')}: its accounts share {sum(parts, _ZERO)}, the line is {net}"
            )
        left = quantity
        for number, (share, part) in enumerate(zip(shares, parts, strict=True), 1):
            # Of what is there for nothing nobody has a part: the last share has its pieces.
            own = (quantity * part / net).quantize(_SIXTH) if net else _ZERO
            pieces = left if number == len(shares) else own
            left -= pieces
            yield share, part, pieces

    def _charges(self) -> Iterator[BillLine]:
        """Freight, handling and the rest, as charges or as the head's amounts: these are the same money twice."""
        told = [x for x in self._row.get("invoice-charges") or () if x]
        amounts = {key: decimal(self._row.get(name), "0") for name, key in _EXTRAS.items()}
        if not told:
            for key, amount in amounts.items():
                if amount:
                    yield self._charge(key, self.sign * amount)
            return
        sums = dict.fromkeys(_EXTRAS.values(), _ZERO)
        for charge in told:
            key = _CHARGES.get(str(charge.get("type")), "misc")
            amount = decimal(charge.get("total"), "0")
            sums[key] += amount
            tax_key = self._taxed(charge)
            if amount:
                yield self._charge(key, self.sign * amount, tax_key, account_of(charge))
        wrong = [k for k, amount in amounts.items() if amount and amount != sums[k]]
        if wrong:
            raise ValueError(
                f"invoice {self._row['invoice-number']}: its charges for {wrong[0]} come to {sums[wrong[0]]}, its head says {amounts[wrong[0]]}"
            )

    def _charge(self, key: str, amount: Decimal, tax_key: str = "", account: str = "") -> BillLine:
        net = Amount.exact(amount, self._currency)
        return BillLine(
            name=key, quantity=Decimal(1), price=amount, net=net, account=account or key, tax_key=tax_key
        )


def _tax_key(code: Any, rate: Any) -> str:
    """A tax's key: its code, after its country's where that stands there; of one without a code its rate."""
    found = code_of(code)
    country = code_of(code.get("country")) if isinstance(code, Mapping) else ""
    if found:
        return f"{country} {found}".strip()
    return f"tax {decimal(rate).normalize():f}" if rate not in (None, "") else ""
