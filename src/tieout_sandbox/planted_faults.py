"""Faults that are planted into the month, each with the truth of it written down apart."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout_sandbox.month import LAST_PAYOUT, Month
from tieout_sandbox.simulators.bankfile import BankLine
from tieout_sandbox.truths import Planted, cents, next_business_day
from tieout_sandbox.world import IBAN_USD, ZONE


def plant_faults(month: Month) -> None:
    """Add one of each to a month's schedule."""
    PlantedFaults(month).schedule()


class PlantedFaults:
    """Schedules one of each. All of them are in USD, the entity's currency."""

    def __init__(self, month: Month) -> None:
        self.m = month
        self._random = random.Random(month.world.seed + 77)

    def schedule(self) -> None:
        """Each fault on its day; what follows from one is scheduled by it."""
        m = self.m
        day = m.at
        october = date(2026, 10, 1)
        m.add(day(october + timedelta(days=5), 9), self.unknown_tax)
        m.add(day(october + timedelta(days=6), 9), self.unmapped_account)
        m.add(day(october + timedelta(days=7), 9), self.unknown_customer)
        m.add(day(october + timedelta(days=8), 9), self.edited_after_payout)
        m.add(day(october + timedelta(days=9), 9), self.payment_without_order)
        m.add(day(october + timedelta(days=10), 9), self.garbled_transfer)
        m.add(day(october + timedelta(days=11), 9), self.imported_elsewhere)
        m.add(day(october + timedelta(days=12), 9), self.refund_fails)
        m.add(day(october + timedelta(days=12), 10), self.renamed_customer)
        m.add(day(october + timedelta(days=13), 9), self.unreadable_file)
        m.add(day(october + timedelta(days=14), 9), self.to_be_changed)
        m.add(day(october + timedelta(days=18), 9), self.offsetting_gap)
        m.add(day(october + timedelta(days=4), 9), self.nameless_transfer)
        m.add(day(october + timedelta(days=7), 10), self.lump_sum)
        m.add(day(october + timedelta(days=11), 10), self.charged_transfer)
        m.add(day(october + timedelta(days=12), 11), self.invoice_of_their_own)
        m.add(day(october + timedelta(days=15), 9), self.taken_apart)
        for when, act in ((19, self.short_deposit), (21, self.failed_payout)):
            on = date(2026, 10, when)
            m._special_payouts.add(("USD", on))
            m.add(day(on, 6), act)
        m.add(day(date(2026, 10, 26), 6, 30), self.manual_payout)
        m.add(day(date(2026, 11, 5), 9), self.late_event)

    def _plant(self, cause: str, key: str, amount: int | Decimal) -> None:
        value = cents(amount) if isinstance(amount, int) else amount
        self.m.planted.append(Planted(cause, key, value))

    def _order(self, at: datetime, expected: str = "case") -> tuple[dict[str, Any], int]:
        order = self.m.place(at, "shop_us", "plain", self._random, ship_days=1)
        self.m.truth[-1].expected = expected
        return order, self.m.truth[-1].total

    @staticmethod
    def _key(order: dict[str, Any]) -> str:
        return "order:" + str(order["id"]).rpartition("/")[2]

    def unknown_tax(self, at: datetime) -> None:
        """A tax that nobody mapped."""
        order, total = self._order(at)
        for line in order["lineItems"]["nodes"]:
            for tax in line["taxLines"]:
                tax["title"] = "City Levy"
        self._plant("unknown_tax", self._key(order), total)

    def unmapped_account(self, at: datetime) -> None:
        """A tip, for which no account is mapped."""
        order, total = self._order(at)
        shop = self.m.world.shops["shop_us"]
        order["totalTipReceivedSet"] = shop.money(Decimal("3.00"))
        order["totalPriceSet"] = shop.money(cents(total) + 3)
        self.m.truth[-1].total += 300
        self._plant("unmapped_account", self._key(order), total + 300)

    def unknown_customer(self, at: datetime) -> None:
        """A won order without an account."""
        _, total, row = self.m.win(at, 9001, None, 120_000, "case")
        self._plant("unknown_customer", f"opportunity:{row['Id']}", total)

    def edited_after_payout(self, at: datetime) -> None:
        """A line is added once the money was paid out; nobody paid for it."""
        order, total = self._order(at, "invoiced")

        def edit(later: datetime) -> None:
            shop = self.m.world.shops["shop_us"]
            line = {"name": "Added later", "quantity": 1, "price": cents(2000), "taxes": []}
            shop.edit(order, line, cents(total + 2000), later)

        self.m.add(at + timedelta(days=8), edit)
        self._plant("order_edited_after_payout", self._key(order), 2000)

    def payment_without_order(self, at: datetime) -> None:
        """A charge whose metadata name an order that no shop has."""
        row = self.m.world.stripe.charge(7777, "USD", 256, at, {"order_id": "404404"}, "Nobody")
        self._plant("payment_without_order", row["id"], 7777)

    def garbled_transfer(self, at: datetime) -> None:
        """A transfer whose reference cannot be read."""
        day = at.astimezone(ZONE).date() + timedelta(days=1)
        line = BankLine(day, 43_210, counterparty="HARBOR INDSTRL", remittance="Paymnt S0 2OO1?")
        self.m.expect(IBAN_USD, line)
        key = self.m.statement_key(IBAN_USD, day, self.m.position_of(IBAN_USD, line))
        self._plant("unmatched_bank_line", key, 43_210)

    # what reconciling settles, and what it must leave alone

    def _transfer(
        self, at: datetime, days: int, amount: int, who: str, text: str, planted: bool, charge: int = 0
    ) -> str:
        """A transfer that the bank books some days later; its key. `planted` says that it is a case
        until it is matched, with no money left in it then; `charge` is what the bank kept of it and says so."""
        day = next_business_day(at.astimezone(ZONE).date() + timedelta(days=days))
        line = BankLine(day, amount, counterparty=who, remittance=text, reference="NONREF", charge=charge)
        self.m.expect(IBAN_USD, line)
        key = self.m.statement_key(IBAN_USD, day, self.m.position_of(IBAN_USD, line))
        if planted:
            self._plant("unmatched_bank_line", key, 0)
        return key

    def nameless_transfer(self, at: datetime) -> None:
        """A customer pays an order and names nothing: the accountant knows what for."""
        account = self.m.accounts[0]
        order, total, _ = self.m.win(at, 9010, account, 34_567)
        self.m.truth[-1].paid_by = "transfer, matched"
        key = self._transfer(at, 3, total, account["Name"], "Invoice payment, thank you", True)
        self.m.answers[key] = order

    def lump_sum(self, at: datetime) -> None:
        """One transfer for two orders."""
        account = self.m.accounts[-1]
        (one, first, _), (two, second, _) = (self.m.win(at, n, account, 20_000 + n) for n in (9011, 9012))
        for truth in self.m.truth[-2:]:
            truth.paid_by = "transfer, matched"
        self._transfer(at, 4, first + second, account["Name"], f"{one} and {two}", True)

    def charged_transfer(self, at: datetime) -> None:
        """A transfer from which a bank kept its charge, as its statement says."""
        account = self.m.accounts[0]
        order, total, _ = self.m.win(at, 9013, account, 88_000)
        self.m.truth[-1].paid_by = "transfer, matched"
        self.m.charged += 1250
        self._transfer(at, 3, total - 1250, account["Name"], f"Payment {order}", True, charge=1250)

    def invoice_of_their_own(self, at: datetime) -> None:
        """An invoice that the company wrote in Odoo itself is paid: nobody told us of it."""
        assert self.m.admin is not None
        context = {"allowed_company_ids": [self.m.company_id]}
        partner = self.m.admin.call("res.partner", "create", vals_list=[{"name": "Oldcastle Traders"}])[0]
        line = {"name": "Consulting", "quantity": 1, "price_unit": 1871.0, "tax_ids": [[6, 0, []]]}
        values = {
            "move_type": "out_invoice",
            "partner_id": partner,
            "invoice_date": at.astimezone(ZONE).date().isoformat(),
            "ref": "OLD-4711",
            "invoice_line_ids": [[0, 0, line]],
        }
        made = self.m.admin.call("account.move", "create", context=context, vals_list=[values])
        self.m.admin.call("account.move", "action_post", ids=made, context=context)
        self._transfer(at, 4, 187_100, "OLDCASTLE TRADERS LTD", "Inv. OLD-4711", True)

    def taken_apart(self, at: datetime) -> None:
        """An accountant takes a match of ours apart: nobody puts it together again behind their back."""
        account = self.m.accounts[0]
        order, total, _ = self.m.win(at, 9014, account, 41_300)
        self.m.truth[-1].paid_by = "transfer, paid"
        key = self._transfer(at, 2, total, account["Name"], f"Payment {order}", False)

        def take(later: datetime) -> None:
            admin = self.m.admin
            assert admin is not None
            context = {"allowed_company_ids": [self.m.company_id]}
            domain = [["move_id.ref", "=", order], ["account_type", "=", "asset_receivable"]]
            lines = admin.call("account.move.line", "search", domain=domain, context=context)
            admin.call("account.move.line", "remove_move_reconcile", ids=lines, context=context)
            self._plant("unreconciled_in_ledger", key, total)
            self.m.left_open |= {order: cents(total), f"payment {key}": -cents(total)}

        self.m.add(at + timedelta(days=7), take)

    def imported_elsewhere(self, at: datetime) -> None:
        """Another connector put the order into Odoo before it reaches us."""
        order, total = self._order(at)
        assert self.m.admin is not None
        context = {"allowed_company_ids": [self.m.company_id]}
        partner = self.m.admin.call("res.partner", "create", vals_list=[{"name": "Imported"}])[0]
        line = {"name": "Imported", "quantity": 1, "price_unit": float(cents(total)), "tax_ids": [[6, 0, []]]}
        day = at.astimezone(ZONE).date().isoformat()
        self.m.admin.call(
            "account.move",
            "create",
            context=context,
            vals_list=[
                {
                    "move_type": "out_invoice",
                    "partner_id": partner,
                    "invoice_date": day,
                    "ref": order["name"],
                    "invoice_line_ids": [[0, 0, line]],
                }
            ],
        )
        self._plant("imported_by_another_connector", self._key(order), total)

    def refund_fails(self, at: datetime) -> None:
        """A refund that the card refuses four days later."""
        order, _ = self._order(at, "invoiced")
        data = {"order_id": order["id"].rpartition("/")[2]}
        charge = next(c for c in self.m.world.stripe.books.charges.values() if c["metadata"] == data)

        def refund(later: datetime) -> None:
            row = self.m.give_back(later, order, charge, data)

            def fail(last: datetime) -> None:
                back = self.m.world.stripe.fail_refund(row, last)
                self._plant("refund_failed", back["id"], back["amount"])

            self.m.add(later + timedelta(days=4), fail)

        self.m.add(at + timedelta(days=2), refund)

    def renamed_customer(self, at: datetime) -> None:
        """After a refund, and once the month is locked, the customer's name and address change: no
        fault, and nothing to book."""
        order, _ = self._order(at, "invoiced")
        data = {"order_id": order["id"].rpartition("/")[2]}
        charge = next(c for c in self.m.world.stripe.books.charges.values() if c["metadata"] == data)

        def rename(later: datetime) -> None:
            customer = {**order["customer"], "displayName": "Renamed Customer"}
            customer["defaultEmailAddress"] = {"emailAddress": "renamed@example.com"}
            self.m.world.shops["shop_us"].touch(order, later, customer=customer)

        self.m.add(at + timedelta(days=2), lambda t: self.m.give_back(t, order, charge, data))
        self.m.add(self.m.at(date(2026, 11, 5), 10), rename)

    def unreadable_file(self, at: datetime) -> None:
        """Something among the bank's statements that is none."""
        path = self.m.world.statements / "statement-broken.xml"
        partial = path.with_name(f".{path.name}")
        partial.write_bytes(b"%PDF-1.4 this is no statement")
        partial.rename(path)
        self._plant("unreadable_file", path.name, 0)

    def to_be_changed(self, at: datetime) -> None:
        """An accountant resets our invoice to draft, changes an account and posts it again."""
        order, total = self._order(at, "invoiced")
        price = order["lineItems"]["nodes"][0]["discountedTotalSet"]["shopMoney"]["amount"]
        data = {"order_id": order["id"].rpartition("/")[2]}
        charge = next(c for c in self.m.world.stripe.books.charges.values() if c["metadata"] == data)

        def change(later: datetime) -> None:
            admin = self.m.admin
            assert admin is not None
            context = {"allowed_company_ids": [self.m.company_id]}
            moves = admin.call(
                "account.move", "search", domain=[["ref", "=", order["name"]]], context=context
            )
            admin.call("account.move", "button_draft", ids=moves, context=context)
            lines = admin.call(
                "account.move.line",
                "search",
                context=context,
                order="id",
                limit=1,
                domain=[["move_id", "in", moves], ["display_type", "=", "product"]],
            )
            other = admin.call("account.account", "search", domain=[["code", "=", "450000"]], context=context)
            admin.call(
                "account.move.line", "write", ids=lines, vals={"account_id": other[0]}, context=context
            )
            admin.call("account.move", "action_post", ids=moves, context=context)
            if not admin.version.reset_keeps_match:
                # Odoo 18 takes an entry's matches apart as it goes back to draft, and nobody puts this one together again.
                self._plant("unreconciled_in_ledger", self._key(order), total)
                self.m.left_open |= {
                    order["name"]: cents(total), f"apply {charge['balance_transaction']}": -cents(total),
                }  # fmt: skip

        self.m.add(at + timedelta(days=3), change)
        self._plant("changed_in_ledger", self._key(order), Decimal(price))

    def offsetting_gap(self, at: datetime) -> None:
        """+100 and -100 that no list shows yet: the net is 0.00, the counts are not."""
        stripe = self.m.world.stripe
        up = stripe.adjust("fee", -10_000, "USD", at, "Network fee, billed")
        down = stripe.adjust("other_adjustment", 10_000, "USD", at, "Network fee, credited")
        stripe.hidden |= {up["id"], down["id"]}
        self._plant("missing_events", "stripe:2026-10:USD", 0)

    def _payout(self, at: datetime, again: Callable[[datetime], None]) -> dict[str, Any] | None:
        """An automatic payout; where nothing has settled yet the trap waits for the next day."""
        payout = self.m.world.stripe.pay_out("USD", at)
        if payout is None:
            tomorrow = at + timedelta(days=1)
            self.m._special_payouts.add(("USD", tomorrow.astimezone(ZONE).date()))
            self.m.add(tomorrow, again)
        return payout

    def short_deposit(self, at: datetime) -> None:
        """A deposit a cent short."""
        payout = self._payout(at, self.short_deposit)
        if payout is None:
            return
        day = at.astimezone(ZONE).date()
        line = self.m.arrive(payout, "USD", day, short=1)
        key = self.m.statement_key(IBAN_USD, line.on, self.m.position_of(IBAN_USD, line))
        self._plant("deposit_differs_from_payout", key, 1)

    def failed_payout(self, at: datetime) -> None:
        """A payout that the bank sends back: it never arrives."""
        payout = self._payout(at, self.failed_payout)
        if payout is None:
            return
        self._returned = payout
        self.m.add(at + timedelta(days=2), lambda t: self.m.world.stripe.fail_payout(payout, t))

    def manual_payout(self, at: datetime) -> None:
        """What came back is paid out by hand, between automatic payouts."""
        returned = getattr(self, "_returned", None)
        if returned is None or self.m.world.stripe.available("USD", at) < returned["amount"]:
            if at < self.m.at(LAST_PAYOUT, 0):
                self.m.add(at + timedelta(days=1), self.manual_payout)
            return
        payout = self.m.world.stripe.pay_out("USD", at, amount=returned["amount"])
        if payout is not None:
            self.m.arrive(payout, "USD", at.astimezone(ZONE).date())

    def late_event(self, at: datetime) -> None:
        """An order of October that comes once October is locked."""
        closed = self.m.at(date(2026, 10, 29), 15)
        _, total, row = self.m.win(at, 9002, self.m.accounts[0], 65_000, "case", closed)
        self._plant("late_event", f"opportunity:{row['Id']}", total)
