"""What a finance team looks for in a month, as people type it, and what must come first: picked from the documents themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.store import Connection


@dataclass(frozen=True)
class Search:
    """`first` is the source key of the document that must be found first."""

    typed: str
    first: str


@dataclass(frozen=True)
class Thing:
    """A document of a month with what is in it, whose amount no other of its kind has."""

    key: str
    on: date
    content: dict[str, Any]

    def amount(self, field: str) -> Decimal:
        return abs(Decimal(self.content[field]["value"]))


def english(value: Decimal) -> str:
    return f"{value:,.2f}"


def german(value: Decimal) -> str:
    return f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


class Month:
    """The documents of a project, by kind."""

    def __init__(self, connection: Connection) -> None:
        self._rows = connection.execute(
            "select kind, source_key, accounting_on, content from tieout.document where state <> 'superseded'"
            " order by document_id"
        ).fetchall()

    def some(
        self, kind: str, field: str, fits: Callable[[dict[str, Any]], object] = lambda _: True
    ) -> Iterator[Thing]:
        """Those of a kind whose `field` is an amount that nothing else of the kind has."""
        seen: dict[Decimal, list[Thing]] = {}
        for row in self._rows:
            content = json.loads(row["content"])
            if row["kind"] == kind and field in content:
                thing = Thing(row["source_key"], row["accounting_on"], content)
                seen.setdefault(thing.amount(field), []).append(thing)
        for amount, things in seen.items():
            if amount and len({t.key for t in things}) == 1 and fits(things[-1].content):
                yield things[-1]

    def suppliers(self) -> list[Thing]:
        """Suppliers as they are now, the first that came first."""
        told = [
            Thing(r["source_key"], r["accounting_on"], json.loads(r["content"]))
            for r in self._rows
            if r["kind"] == "supplier"
        ]
        return list({t.key: t for t in told}.values())


def of_distributor(connection: Connection) -> list[Search]:
    """A shop's team: orders, customers, payouts, the bank."""
    month = Month(connection)
    orders = month.some(
        "customer_invoice", "total", lambda c: c["number"][:3] in ("US-", "EU-") and c["party"]
    )
    sales = month.some("customer_invoice", "total", lambda c: c["number"].startswith("SO-") and c["party"])
    payouts = month.some("provider_movement", "gross", lambda c: c["category"] == "payout")
    charges = month.some("provider_movement", "gross", lambda c: c["category"] == "charge")
    refunds = month.some("provider_movement", "gross", lambda c: c["category"] == "refund")
    notes = month.some("credit_note", "total")
    lines = month.some(
        "statement_line", "amount", lambda c: c["counterparty"] and Decimal(c["amount"]["value"]) > 100
    )
    a, b, c, d = (next(orders) for _ in range(4))
    s, t = next(sales), next(sales)
    p, q, r, x = (next(payouts) for _ in range(4))
    h, i = next(charges), next(charges)
    f, n = next(refunds), next(notes)
    k, m, o = (next(lines) for _ in range(3))
    return [
        Search(a.content["number"], a.key),
        Search(b.content["number"].rpartition("-")[2], b.key),
        Search(f"order {c.content['number'].lower()}", c.key),
        Search(f"invoice {english(d.amount('total'))}", d.key),
        Search(f"invoice {german(a.amount('total'))} {a.content['currency']}", a.key),
        Search(f"{b.content['party']['name']} {b.amount('total')}", b.key),
        Search(f"{c.content['party']['email']} {english(c.amount('total'))}", c.key),
        Search(s.content["number"].replace("-", "").lower(), s.key),
        Search(t.content["number"], t.key),
        Search(p.content["payout_key"], p.key),
        Search(q.content["payout_key"][:9], q.key),
        Search(f"payout {english(r.amount('gross'))}", r.key),
        Search(f"stripe payout {x.on:%d %b %Y} {x.amount('gross')}", x.key),
        Search(f"charge {english(h.amount('gross'))}", h.key),
        Search(f"{i.content['payment_key']} charge", i.key),
        Search(f"refund {german(f.amount('gross'))}", f.key),
        Search(n.content["number"], n.key),
        Search(f"bank {english(k.amount('amount'))}", k.key),
        Search(f"{m.content['account'][-4:]} {m.content['counterparty']} {german(m.amount('amount'))}", m.key),
        Search(f"{o.content['account']} {o.content['booked_on']} {o.amount('amount')}", o.key),
    ]  # fmt: skip


def of_services(connection: Connection) -> list[Search]:
    """A services company's team: bills, suppliers, purchase orders, payments, expenses, journals, its clients."""
    month = Month(connection)
    bills = month.some("vendor_bill", "total", lambda c: not c["refund"])
    credits = month.some("vendor_bill", "total", lambda c: c["refund"])
    orders = month.some("purchase_order", "total")
    payments = month.some("vendor_payment", "pays")
    invoices = month.some("customer_invoice", "total", lambda c: c["party"])
    reports = month.some("journal_entry", "total", lambda c: c["nature"] == "expense_report")
    entries = month.some("journal_entry", "total", lambda c: c["nature"] == "journal" and c["reference"])
    lines = month.some("statement_line", "amount", lambda c: c["counterparty"].startswith("Client"))
    a, b, c, d = (next(bills) for _ in range(4))
    g, o, p, q, r = next(credits), next(orders), next(orders), next(payments), next(payments)
    i, j, k = (next(invoices) for _ in range(3))
    x, y, e, f = next(reports), next(reports), next(entries), next(entries)
    m = next(lines)
    supplier, other = month.suppliers()[:2]
    return [
        Search(a.content["number"], a.key),
        Search(f"bill {english(b.amount('total'))}", b.key),
        Search(f"{c.content['seller']['name']} {german(c.amount('total'))}", c.key),
        Search(
            f"invoice {d.content['number'].rpartition('-')[2]} {d.content['seller']['name'].split()[1]}",
            d.key,
        ),
        Search(f"credit {g.content['number']}", g.key),
        Search(supplier.content["party"]["name"], supplier.key),
        Search(f"supplier {other.content['tax_id']}", other.key),
        Search(supplier.content["account"]["iban"], supplier.key),
        Search(o.content["number"].lower(), o.key),
        Search(f"po {p.amount('total')}", p.key),
        Search(q.content["end_to_end_id"], q.key),
        Search(f"payment {english(r.amount('pays'))} {r.content['party']['name']}", r.key),
        Search(i.content["number"], i.key),
        Search(f"invoice {j.content['party']['name']} {english(j.amount('total'))}", j.key),
        Search(f"{german(k.amount('total'))} {k.content['currency']} invoice", k.key),
        Search(f"expense {x.content['reference']}", x.key),
        Search(f"expense {english(y.amount('total'))}", y.key),
        Search(e.content["reference"], e.key),
        Search(f"journal {f.on:%d.%m.%Y} {german(f.amount('total'))}", f.key),
        Search(f"{m.content['counterparty']} bank {english(m.amount('amount'))}", m.key),
    ]


# By scenario.
SEARCHES: dict[str, Callable[[Connection], list[Search]]] = {
    "distributor": of_distributor,
    "services": of_services,
}
