"""The oracle: reads the simulators' own ledgers, or a real Odoo's apart, and holds them against the truth.

It knows nothing of the product; amounts are Decimals in the currency that each check names.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout_sandbox.books import Books
from tieout_sandbox.cutoff_oracle import cut_off_findings
from tieout_sandbox.held import Held
from tieout_sandbox.month import END, FIRST, Month
from tieout_sandbox.truths import cents
from tieout_sandbox.world import IBAN_EUR, IBAN_USD, World

_CLEARING = {"USD": "101501", "EUR": "101502"}
_ADJUSTED = "101730"
# Receivables, providers, banks, what is unapplied or on its way: money, and claims to an amount of it.
_MONETARY = {
    "121000", "101501", "101502", "101511", "101512", "101701", "101403", "101710", "101720", "212100", "212110", "212120", "212130",
}  # fmt: skip
# By which of the ledger's taxes a jurisdiction's is known; orders of the CRM name none.
_TAX_OF = {
    "US-NY": "NY 15%", "US-CA": "CA 15%", "US-TX": "TX 15%", "FR": "FR VAT 20%", "AT": "AT VAT 20%", "": "15%",
}  # fmt: skip
_BANK = {IBAN_USD: "101511", IBAN_EUR: "101512"}


@dataclass(frozen=True)
class Finding:
    """Something that the ledgers and the truth disagree on."""

    check: str
    detail: str


# Receivables, customer deposits, and money that waits for what it pays.
_OWED = ("121000", "212100", "212110", "212120", "212130", "212200")


class Oracle:
    """Checks of one company in one world."""

    def __init__(self, world: World, month: Month, company: int, books: Books) -> None:
        self.w, self.m, self.company, self._books = world, month, company, books
        self._table = books.table
        accounts = self._table("account.account")
        self._code = {i: str(a["code"]) for i, a in accounts.items()}
        # What customers owed while the month was under way, and what the CRM showed otherwise then.
        self._owed_once: list[str] | None = None
        # Whether somebody looked each day for what is owed, so that it must have been compared while something was.
        self.looked_each_day = False

    def _lines(self) -> list[dict[str, Any]]:
        moves = self._table("account.move")
        return [
            x
            for x in self._table("account.move.line").values()
            if x["company_id"] == self.company and moves[x["move_id"]]["state"] == "posted"
        ]

    def findings(self, until: date = END) -> list[Finding]:
        """Everything that disagrees; empty where all is well."""
        self._books.look_again()
        found: list[Finding] = []
        checks = (
            self._orders, self._cash, self._transit, self._receivables, self._unapplied, self._balanced,
            self._once, self._taxes, self._gift_cards,
        )  # fmt: skip
        for check in checks:
            found += [Finding(check.__name__.strip("_"), d) for d in check()]
        found += [Finding("clearing", d) for d in self._clearing(until)]
        found += [Finding("deposits", d) for d in self._deposits(until)]
        found += [
            Finding("cut_off", d)
            for d in cut_off_findings(self.w, self._books, self.company, FIRST.replace(day=31))
        ]
        found += [Finding("revalued", d) for d in self._revalued(FIRST.replace(day=31))]
        return found

    def _revalued(self, until: date) -> list[str]:
        """What is open in EUR stands at the closing rate on `until`, by one line an account, and no more
        the day after. All in USD."""
        euro = next(i for i, c in self._table("res.currency").items() if c["name"] == "EUR")
        rate = Decimal(str(self._books.rate(euro, self.company, until.isoformat())))
        held, carried = Counter[str](), Counter[str]()
        stands: Counter[str] = Counter()
        for x in self._lines():
            code, on = self._code[x["account_id"]], str(x["date"])
            if code == _ADJUSTED:
                stands["by then"] += x["balance"] if on <= until.isoformat() else 0
                stands["after"] += x["balance"]
            elif code in _MONETARY and x["currency_id"] == euro and on <= until.isoformat():
                held[code] += x["amount_currency"]
                carried[code] += x["balance"]
        wanted = sum(
            ((held[c] / rate).quantize(Decimal("0.01"), "ROUND_HALF_UP") - carried[c] for c in held),
            Decimal(0),
        )
        found = [] if stands["by then"] == wanted else [f"{stands['by then']} by {until}, not {wanted}"]
        return found + ([f"{stands['after']} was not taken back"] if stands["after"] else [])

    def _orders(self) -> list[str]:
        """Every order has its invoice, or a case, or an exclusion: never two, never another sum."""
        moves: dict[str, list[dict[str, Any]]] = {}
        ours = {
            row["res_id"]
            for row in self._table("ir.model.data").values()
            if row["module"] == "tieout" and row["model"] == "account.move"
        }
        for move in self._table("account.move").values():
            if move["move_type"] == "out_invoice" and move["id"] in ours:
                moves.setdefault(str(move["ref"]), []).append(move)
        found = []
        for order in self.m.truth:
            mine = moves.get(order.number, [])
            if order.expected != "invoiced":
                if mine:
                    found.append(f"{order.number} is {order.expected} but has an invoice")
                continue
            if len(mine) != 1:
                found.append(f"{order.number} has {len(mine)} invoices")
            elif mine[0]["amount_total"] != cents(order.total):
                found.append(f"{order.number}: {mine[0]['amount_total']}, not {cents(order.total)}")
            elif mine[0]["amount_tax"] != cents(order.tax):
                found.append(f"{order.number}: tax {mine[0]['amount_tax']}, not {cents(order.tax)}")
            elif mine[0]["date"] != order.on.isoformat():
                found.append(f"{order.number}: dated {mine[0]['date']}, not {order.on}")
            elif mine[0]["state"] != "posted":
                found.append(f"{order.number} is {mine[0]['state']}")
        return found

    def _taxes(self) -> list[str]:
        """What is owed for each jurisdiction is what its orders were charged less what was given back of it; in the
        orders' own currency."""
        wanted: dict[str, Decimal] = {}
        for order in self.m.truth:
            if order.expected == "invoiced":
                name = _TAX_OF[order.jurisdiction]
                wanted[name] = wanted.get(name, Decimal(0)) + cents(order.tax - order.tax_back)
        names = {i: str(t["name"]) for i, t in self._table("account.tax").items()}
        held: dict[str, Decimal] = {}
        for line in self._lines():
            if line.get("tax_line_id"):
                name = names[line["tax_line_id"]]
                held[name] = held.get(name, Decimal(0)) - line["amount_currency"]
        return [
            f"{name}: {held.get(name, 0)} of tax, not {wanted.get(name, 0)}"
            for name in sorted({*wanted, *held})
            if wanted.get(name, Decimal(0)) != held.get(name, Decimal(0))
        ]

    def _gift_cards(self) -> list[str]:
        """What is owed to the holders of gift cards, by currency."""
        wanted, held = dict.fromkeys(_CLEARING, Decimal(0)), dict.fromkeys(_CLEARING, Decimal(0))
        for order in self.m.truth:
            if order.expected == "invoiced":
                wanted[order.currency] += cents(order.on_cards)
        currencies = self._table("res.currency")
        for line in self._lines():
            if self._code[line["account_id"]] == "212300":
                held[str(currencies[line["currency_id"]]["name"])] -= line["amount_currency"]
        return [f"gift cards of {held[c]} {c}, not {wanted[c]}" for c in held if wanted[c] != held[c]]

    def _clearing(self, until: date) -> list[str]:
        """Clearing equals the provider's own balance at every day's end, by currency."""
        found = []
        by_day: dict[tuple[str, str], Decimal] = {}
        for line in self._lines():
            for currency, code in _CLEARING.items():
                if self._code[line["account_id"]] == code:
                    key = (currency, str(line["date"]))
                    by_day[key] = by_day.get(key, Decimal(0)) + line["amount_currency"]
        held = dict.fromkeys(_CLEARING, Decimal(0))
        day = FIRST
        while day <= until:
            balance = self.w.stripe.balance(self.m.at(day + timedelta(days=1), 0))
            for currency in _CLEARING:
                held[currency] += by_day.get((currency, day.isoformat()), Decimal(0))
                theirs = cents(balance.get(currency, 0))
                if held[currency] != theirs:
                    found.append(f"{day} {currency}: clearing {held[currency]}, Stripe {theirs}")
            day += timedelta(days=1)
        return found[:5]

    def _deposits(self, until: date) -> list[str]:
        """At every day's end customer deposits are what was paid for orders not billed yet: at
        the cut-off every order has its invoice or its deposit."""
        billed = {t.number for t in self.m.truth if t.expected in ("invoiced", "cancelled_paid")}
        wanted: dict[str, Decimal] = {}
        for number, on, amount in self.m.deposits:
            if number in billed:
                wanted[on.isoformat()] = wanted.get(on.isoformat(), Decimal(0)) - cents(amount)
        held: dict[str, Decimal] = {}
        for line in self._lines():
            if self._code[line["account_id"]] == "212200":
                day = str(line["date"])
                held[day] = held.get(day, Decimal(0)) + line["balance"]
                if not line["reconciled"]:
                    held["open"] = held.get("open", Decimal(0)) + line["amount_residual"]
        found = []
        ours = theirs = Decimal(0)
        for offset in range((until - FIRST).days + 1):
            day = (FIRST + timedelta(days=offset)).isoformat()
            ours, theirs = ours + held.get(day, Decimal(0)), theirs + wanted.get(day, Decimal(0))
            if ours != theirs:
                found.append(f"{day}: customer deposits {ours}, not {theirs}")
        if held.get("open"):
            found.append(f"deposits of {held['open']} are not matched")
        return found[:5]

    def _transit(self) -> list[str]:
        """Bank in transit is what short deposits left, in each currency: the planted cents."""
        short = sum(
            (p.amount for p in self.m.planted if p.cause == "deposit_differs_from_payout"),
            Decimal(0),
        )
        sums = dict.fromkeys(_CLEARING, Decimal(0))
        currencies = self._table("res.currency")
        for line in self._lines():
            if self._code[line["account_id"]] == "101701":
                sums[str(currencies[line["currency_id"]]["name"])] += line["amount_currency"]
        wanted = {"USD": short, "EUR": Decimal(0)}
        return [
            f"bank in transit {currency}: {value}, not {wanted[currency]}"
            for currency, value in sums.items()
            if value != wanted[currency]
        ]

    def _cash(self) -> list[str]:
        """Every line of the bank is in the books on its own date, as often as it happened."""
        wanted = Counter((_BANK[iban], day.isoformat(), cents(amount)) for iban, day, amount in self.m.cash)
        held = Counter(
            (self._code[x["account_id"]], str(x["date"]), x["amount_currency"])
            for x in self._lines()
            if self._code[x["account_id"]] in _BANK.values()
        )
        return [f"missing {k} x{n}" for k, n in (wanted - held).items()][:5] + [
            f"too much {k} x{n}" for k, n in (held - wanted).items()
        ][:5]

    def _receivables(self) -> list[str]:
        """Open receivables are the invoices that nobody paid, and the refunds that came back."""
        open_now: Counter[str] = Counter()
        moves = self._table("account.move")
        ours: dict[str, Decimal] = {}
        for line in self._lines():
            if self._code[line["account_id"]] != "121000" or line["reconciled"]:
                continue
            move = moves[line["move_id"]]
            ours[str(move["ref"])] = ours.get(str(move["ref"]), Decimal(0)) + line["amount_residual_currency"]
            open_now[str(move["ref"])] += 1
        wanted: dict[str, Decimal] = {}
        for order in self.m.truth:
            if order.expected == "invoiced" and order.paid_by == "transfer":
                wanted[order.number] = cents(order.total)
        for plant in self.m.planted:
            if plant.cause == "refund_failed":
                wanted[plant.source_key] = -plant.amount
        wanted |= self.m.left_open
        return [
            f"{ref}: open {ours.get(ref)}, expected {wanted.get(ref)}"
            for ref in sorted({*ours, *wanted})
            if ours.get(ref, Decimal(0)) != wanted.get(ref, Decimal(0))
        ][:8]

    def _unapplied(self) -> list[str]:
        """Of the bank's cash only what nobody can know is unapplied; what was applied later is not,
        and what the bank kept of it is an expense."""
        open_now = [
            -x["amount_residual"]
            for x in self._lines()
            if self._code[x["account_id"]] == "212130" and x["amount_residual"]
        ]
        wanted = [p.amount for p in self.m.planted if p.cause == "unmatched_bank_line" and p.amount]
        found = [] if open_now == wanted else [f"unapplied: {open_now}, not {wanted}"]
        charged = sum(
            (
                x["balance"]
                for x in self._lines()
                if self._code[x["account_id"]] == "620000" and not x["statement_line_id"]
            ),
            Decimal(0),
        )
        if charged != cents(self.m.charged):
            found.append(f"bank charges of {charged} in payments, not {cents(self.m.charged)}")
        return found

    def _balanced(self) -> list[str]:
        sums: dict[int, Decimal] = {}
        for line in self._table("account.move.line").values():
            sums[line["move_id"]] = sums.get(line["move_id"], Decimal(0)) + line["balance"]
        return [f"move {i} is off by {v}" for i, v in sums.items() if v]

    def _once(self) -> list[str]:
        """Each message and each event once; the CRM knows the exposure."""
        found = [f"{i}: sent {len(t)} times" for i, t in self.w.mail.messages.items() if len(t) > 1]
        paid = [t for t in self.m.truth if t.paid_by == "transfer, paid"]
        if len(self.w.mail.messages) != len(paid):
            found.append(f"{len(self.w.mail.messages)} messages for {len(paid)} transfers")
        if len(self.w.events.events) != len(paid):
            found.append(f"{len(self.w.events.events)} events for {len(paid)} transfers")
        registered = Counter(
            (str(p["date"]), p["amount"], p["state"]) for p in self._table("account.payment").values()
        )
        # What the bank knows of is `paid`, and from 20 on `reconciled`, where `paid` is what it does not know of yet.
        states = {state for _, _, state in registered}
        if len(paid) != sum(registered.values()) or (states - {"paid"} and states != {"reconciled"}):
            found.append(f"{sum(registered.values())} payments registered for {len(paid)} transfers")
        return found + self._owed()

    def _balances(self) -> dict[str, Decimal]:
        """By a customer's number in the CRM: what their lines on receivables and on unapplied accounts come to, by their
        balances; no residual and no match is read."""
        partners = self._table("res.partner")
        balances: dict[str, Decimal] = {}
        for line in self._lines():
            if line.get("partner_id") and self._code[line["account_id"]] in _OWED:
                key = str(partners[line["partner_id"]]["ref"] or "")
                balances[key] = balances.get(key, Decimal(0)) + line["balance"]
        return balances

    def owing(self) -> bool:
        """Whether an account of the CRM owes anything now, of which nothing was compared yet."""
        if self._owed_once is not None:
            return False
        self._books.look_again()
        balances = self._balances()
        return any(balances.get(key) for key in self.w.salesforce.accounts)

    def compare_owed(self) -> None:
        """Hold what the CRM shows against what is owed, while something is."""
        assert self.owing(), "nobody owes anything: nothing would be compared"
        self._owed_once = self._shown_otherwise()

    def _owed(self) -> list[str]:
        """What each account of the CRM shows is what it owes: at the end, when all have paid, and once before."""
        if self._owed_once is None and self.looked_each_day:
            return ["no account of the CRM owed anything on any day: what it shows was held against nothing"]
        return (self._owed_once or []) + self._shown_otherwise()

    def _shown_otherwise(self) -> list[str]:
        found, balances = [], self._balances()
        for key, row in self.w.salesforce.accounts.items():
            shown, owed = Decimal(str(row["Credit_Exposure__c"] or 0)), balances.get(key, Decimal(0))
            if shown != owed:
                found.append(f"the CRM shows that {row['Name']} owes {shown}, not {owed}")
        return found

    def held(self) -> Held:
        """What the ledgers, the mail server and the receiver of events hold: sorted business fields, no ids, numbers
        or times."""
        self._books.look_again()
        rows = []
        partners, taxes = self._table("res.partner"), self._table("account.tax")
        currencies, moves = self._table("res.currency"), self._table("account.move")
        for line in self._lines():
            partner = partners.get(line.get("partner_id") or 0)
            tax = taxes.get(line.get("tax_line_id") or 0)
            rows.append(
                [
                    str(moves[line["move_id"]].get("ref") or ""),
                    self._code[line["account_id"]],
                    str(tax["name"]) if tax else "",
                    str(partner["name"]) if partner else "",
                    str(line["date"]),
                    str(currencies[line["currency_id"]]["name"]),
                    f"{line['amount_currency']:.2f}",
                    f"{line['balance']:.2f}",
                ]
            )
        rows.sort()
        mails = sorted(t for texts in self.w.mail.messages.values() for t in texts)
        events = sorted(e["subject"] for e in self.w.events.events.values())
        return Held(rows, mails, events)
