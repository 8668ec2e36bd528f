"""The oracle of the services company: Odoo's own books held against the truth.

It knows nothing of the product; amounts are Decimals in the currency that each check names.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from tieout_sandbox.books import Books
from tieout_sandbox.held import Held
from tieout_sandbox.oracle import Finding
from tieout_sandbox.services.buying_oracle import buying_findings
from tieout_sandbox.services.month import ServicesMonth
from tieout_sandbox.truths import cents
from tieout_sandbox.world import World

_CENTRES = {"100": "Delivery", "200": "Sales", "300": "Overhead"}


class ServicesOracle:
    """Checks of the companies, by entity code."""

    def __init__(self, world: World, month: ServicesMonth, companies: dict[str, int], books: Books) -> None:
        self.w, self.m, self.companies, self._books = world, month, companies, books
        self._table = books.table
        self._code = {i: str(a["code"]) for i, a in self._table("account.account").items()}

    def _lines(self, entity: str) -> list[dict[str, Any]]:
        moves = self._table("account.move")
        return [
            x
            for x in self._table("account.move.line").values()
            if x["company_id"] == self.companies[entity] and moves[x["move_id"]]["state"] == "posted"
        ]

    def findings(self) -> list[Finding]:
        """Everything that disagrees; empty where all is well."""
        self._books.look_again()
        found: list[Finding] = []
        checks = (
            self._entries, self._absent, self._invoices, self._deferred, self._cash, self._open, self._analytic,
            self._balanced, self._bought,
        )  # fmt: skip
        for check in checks:
            found += [Finding(check.__name__.strip("_"), d) for d in check()]
        return found

    def _entries(self) -> list[str]:
        """Every entry once, on its day, with the sum of each account."""
        moves, held = self._table("account.move"), dict[tuple[str, str, str], Counter[str]]()
        codes = {company: code for code, company in self.companies.items()}
        for entity in self.companies:
            for x in self._lines(entity):
                move = moves[x["move_id"]]
                if move["move_type"] == "entry":
                    key = (codes[x["company_id"]], str(move["ref"]), str(move["date"]))
                    held.setdefault(key, Counter())[self._code[x["account_id"]]] += x["amount_currency"]
        wanted = {(t.entity, t.reference, t.on.isoformat()): t.lines for t in self.m.booked}
        found = []
        for key, lines in wanted.items():
            mine = {k: v for k, v in held.get(key, Counter()).items() if v}
            if mine != {k: v for k, v in lines.items() if v}:
                found.append(f"{key}: {mine}, not {lines}")
        return found[:8]

    def _absent(self) -> list[str]:
        """What must not be booked is not."""
        references = {str(m["ref"]) for m in self._table("account.move").values() if m["state"] == "posted"}
        return [f"{name} is booked" for name in sorted(self.m.absent & references)]

    def _invoices(self) -> list[str]:
        """Every invoice and credit note of the billing tool once, with its total."""
        held: Counter[str] = Counter()
        count: Counter[str] = Counter()
        for move in self._table("account.move").values():
            kind = move["move_type"]
            ours = move["company_id"] == self.companies["US"] and move["state"] == "posted"
            if ours and kind in ("out_invoice", "out_refund"):
                held[str(move["ref"])] += move["amount_total"]
                count[str(move["ref"])] += 1
        found = []
        for rows in self.w.chargebee.rows.values():
            for number, row in rows.items():
                if count[number] != 1 or held[number] != cents(row["total"]):
                    found.append(f"{number}: {count[number]} of {held[number]}, not {cents(row['total'])}")
        return found[:8]

    def _deferred(self) -> list[str]:
        """By month, what is earned; and what is left on deferred revenue is what is not scheduled."""
        held: Counter[str] = Counter()
        for x in self._lines("US"):
            if self._code[x["account_id"]] == "400300":
                held[str(x["date"])[:7]] -= x["balance"]
        found = [
            f"earned in {month}: {held[month]}, not {cents(value)}"
            for month, value in sorted(self.m.recognised.items())
            if held[month] != cents(value)
        ]
        left = -sum(
            (x["balance"] for x in self._lines("US") if self._code[x["account_id"]] == "212000"), Decimal(0)
        )
        unscheduled = sum((p.amount for p in self.m.planted if p.cause == "schedule_differs"), Decimal(0))
        if left != unscheduled:
            found.append(f"deferred revenue of {left} is left, not {unscheduled}")
        return found[:8]

    def _cash(self) -> list[str]:
        wanted = Counter((day.isoformat(), cents(amount)) for day, amount in self.m.cash)
        held = Counter(
            (str(x["date"]), x["amount_currency"])
            for x in self._lines("US")
            if self._code[x["account_id"]] == "101511"
        )
        return [f"missing {k} x{n}" for k, n in (wanted - held).items()][:5] + [
            f"too much {k} x{n}" for k, n in (held - wanted).items()
        ][:5]

    def _open(self) -> list[str]:
        """Net pay is paid out, nothing is unapplied, receivables are what nobody paid."""
        sums: Counter[str] = Counter()
        for x in self._lines("US"):
            sums[self._code[x["account_id"]]] += x["balance"]
        due = sum((cents(total) for total, pays in self.m.billed.values() if not pays), Decimal(0))
        wanted = {"230000": Decimal(0), "212130": Decimal(0), "121000": due, "212600": Decimal(0)}
        return [f"{code}: {sums[code]}, not {value}" for code, value in wanted.items() if sums[code] != value]

    def _analytic(self) -> list[str]:
        """What each department costs, as its lines say."""
        names = {i: str(a["name"]) for i, a in self._table("account.analytic.account").items()}
        held: Counter[str] = Counter()
        for x in self._lines("US"):
            for key, share in (x["analytic_distribution"] or {}).items():
                held[names[int(key)]] += x["balance"] * Decimal(str(share)) / 100
        return [
            f"{_CENTRES[c]}: {held[_CENTRES[c]]}, not {v}"
            for c, v in sorted(self.m.analytic.items())
            if held[_CENTRES[c]] != v
        ]

    def _bought(self) -> list[str]:
        return buying_findings(self.m.buying, self._table, self._lines("US"))

    def _balanced(self) -> list[str]:
        sums: dict[int, Decimal] = {}
        for line in self._table("account.move.line").values():
            sums[line["move_id"]] = sums.get(line["move_id"], Decimal(0)) + line["balance"]
        return [f"move {i} is off by {v}" for i, v in sums.items() if v]

    def held(self) -> Held:
        """What the ledgers hold: sorted business fields, no ids, numbers or times."""
        self._books.look_again()
        partners, currencies = self._table("res.partner"), self._table("res.currency")
        moves, rows = self._table("account.move"), []
        for entity in sorted(self.companies):
            for x in self._lines(entity):
                partner = partners.get(x.get("partner_id") or 0)
                rows.append(
                    [
                        entity,
                        str(moves[x["move_id"]].get("ref") or ""),
                        self._code[x["account_id"]],
                        str(partner["name"]) if partner else "",
                        str(x["date"]),
                        str(currencies[x["currency_id"]]["name"]),
                        f"{x['amount_currency']:.2f}",
                        f"{x['balance']:.2f}",
                    ]
                )
        rows.sort()
        return Held(rows)
