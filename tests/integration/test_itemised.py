"""What stands on suspense, unapplied, in-transit and clearing accounts at a period's end, over a real database and Odoo's simulator: item by
item, to the cent; what is past its age is one case an account; what nobody explains keeps the close open."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.examples import examples
from tests.integration.buying import Buyer
from tests.integration.test_close import OCTOBER, Closer, close
from tests.integration.test_close import closer as closer
from tieout.cases import list_open, solve_case
from tieout.close.itemised import look_at_items
from tieout.money import Period
from tieout.proofs import Itemised, ItemisedAccount, kept_items, read_items, standing_items
from tieout.proofs.items import ALL_LINES, OPEN_LINES
from tieout.rules import CloseRules, EntityClose
from tieout.rules.certifying import CertifyRules
from tieout.rules.itemised import ItemRule

pytestmark = pytest.mark.long

SUSPENSE, TRANSIT, UNAPPLIED = "101402", "101404", "212100"
D = Decimal


class Desk(Closer):
    """Somebody who books in Odoo by hand, and looks at what stands."""

    def __init__(self, buyer: Buyer) -> None:
        super().__init__(buyer)
        self.context = {"allowed_company_ids": [buyer.company.id]}

    def id_of(self, code: str) -> int:
        table = self.b.world.odoo.service.world.table("account.account")
        return next(
            i for i, a in table.items() if a["code"] == code and self.b.company.id in a["company_ids"]
        )

    def book(self, code: str, amount: str, day: str, ref: str = "by hand", **foreign: Any) -> int:
        """Books an amount on an account against expenses; the id of the line on it."""
        (journal,) = self.b.admin.call("account.journal", "search", context=self.context,
                                       domain=[["code", "=", "MISC"], ["company_id", "=", self.b.company.id]])  # fmt: skip
        value = D(amount)
        lines = [
            {"account_id": self.id_of(c), "debit": float(max(v, D(0))), "credit": float(max(-v, D(0))), "name": ref, **f}
            for c, v, f in ((code, value, foreign), ("600000", -value, {}))
        ]  # fmt: skip
        made = self.b.admin.call("account.move", "create", context=self.context, vals_list=[
            {"journal_id": journal, "date": day, "ref": ref, "line_ids": [[0, 0, x] for x in lines]}])  # fmt: skip
        self.b.admin.call("account.move", "action_post", ids=made, context=self.context)
        (line,) = self.b.admin.call("account.move.line", "search", context=self.context,
                                    domain=[["move_id", "in", made], ["account_id", "=", self.id_of(code)]])  # fmt: skip
        return int(line)

    def match(self, *lines: int) -> None:
        self.b.admin.call("account.move.line", "reconcile", ids=list(lines), context=self.context)

    def unlocked(self) -> Desk:
        self.b.admin.call(
            "res.company", "write", ids=[self.b.company.id], vals={"fiscalyear_lock_date": False}
        )
        return self

    def look_at(self, period: Period = OCTOBER) -> dict[str, ItemisedAccount]:
        found = look_at_items(
            self.connection, self.b.release(), self.b.session, "US", period, self.b.clock.now()
        )
        assert isinstance(found, Itemised)
        for r in found.rows:
            assert r.balance == sum((i.amount for i in r.items), D(0)) + r.rest
        return {r.account: r for r in found.rows}

    def told(self) -> list[tuple[str, str, Decimal, str]]:
        return [
            (r["source_key"], r["period"], r["amount"], r["currency"])
            for r in list_open(self.connection)
            if r["cause"] == "items_past_their_age"
        ]


@pytest.fixture
def desk(closer: Closer) -> Desk:
    """October with one bill, which is booked, proven, and not locked."""
    return Desk(closer.b).unlocked()


def test_suspense_with_a_balance_is_a_case_with_its_amount_and_keeps_the_close_open(desk: Desk) -> None:
    """What a controller found at 6e54738: suspense stood at -1,458.04 with no case, and October was closed."""
    desk.book(SUSPENSE, "-1458.04", "2026-10-21")
    desk.b.admin.call(
        "res.company", "write", ids=[desk.b.company.id], vals={"fiscalyear_lock_date": "2026-10-31"}
    )
    desk.state()
    assert desk.told() == [(f"US:{SUSPENSE}:USD", "2026-10", D("1458.04"), "USD")]
    for who in ("cora", "carl", "cora"):
        desk.sign(who)
    assert not desk.state().closed
    assert "1 items past their age (1458.04" in desk.why("cases decided")
    (case,) = [r for r in list_open(desk.connection) if r["cause"] == "items_past_their_age"]
    assert "-1458.04 net, none is normal there: by hand of 2026-10-21 -1458.04" in case["detail"]
    row = desk.look_at()[SUSPENSE]
    assert (row.role, row.balance, row.how) == ("suspense", D("-1458.04"), ALL_LINES)
    (item,) = row.items
    assert (item.amount, item.company, item.on, item.days, item.past) == (
        D("-1458.04"), D("-1458.04"), date(2026, 10, 21), 7, True)  # fmt: skip
    assert (
        item.reference == "by hand" and item.entry.startswith("MISC/2026/10/") and item.owner == "controller"
    )


def test_the_task_names_what_stands_and_is_signed_with_it(desk: Desk) -> None:
    desk.book(TRANSIT, "70", "2026-10-30", "payout po_1")
    assert desk.states()["accounts itemised"] == "done"
    assert desk.why("accounts itemised").endswith("1 item on 1, the others at zero")
    assert desk.told() == []
    desk.sign("cora", "accounts itemised")
    desk.sign("carl", "accounts itemised")
    assert desk.states()["accounts itemised"] == "signed"
    desk.book(TRANSIT, "5", "2026-10-29", "more")
    assert desk.states()["accounts itemised"] == "done"
    assert "figures changed" in desk.revoked()["accounts itemised"]


def test_an_item_stands_as_it_stood_at_the_end_whatever_was_matched_since(desk: Desk) -> None:
    out, part = desk.book(TRANSIT, "100", "2026-10-20"), desk.book(TRANSIT, "-40", "2026-10-25")
    desk.match(out, part)
    assert desk.look_at()[TRANSIT].items[0].amount == D(60)
    back = desk.book(TRANSIT, "-60", "2026-11-02")
    desk.match(out, back)
    row = desk.look_at()[TRANSIT]
    assert (row.balance, row.rest, row.how) == (D(60), 0, OPEN_LINES)
    assert [(i.amount, i.on) for i in row.items] == [(D(60), date(2026, 10, 20))]
    # It is gone by now: no case is left.
    assert desk.told() == []


def test_within_the_month_what_stands_is_as_of_today_and_nothing_is_of_a_day_to_come(desk: Desk) -> None:
    """An entry that is posted ahead is no item yet, and takes none of what waits away."""
    desk.b.clock.at = datetime(2026, 10, 20, 15, tzinfo=UTC)
    desk.book(TRANSIT, "100", "2026-10-12", "payout po_1")
    desk.book(TRANSIT, "-30", "2026-10-30", "posted ahead")
    row = desk.look_at()[TRANSIT]
    assert (row.balance, row.rest, [i.amount for i in row.items]) == (D(100), 0, [D(100)])
    assert desk.told() == [(f"US:{TRANSIT}:USD", "2026-10", D(100), "USD")]
    desk.over()
    assert [i.amount for i in desk.look_at()[TRANSIT].items] == [D(100), D(-30)]


def test_one_case_an_account_follows_its_items_and_solves_itself(desk: Desk) -> None:
    first = desk.book(UNAPPLIED, "-100", "2026-10-06", "one")
    second = desk.book(UNAPPLIED, "30", "2026-10-07", "two")
    desk.book(UNAPPLIED, "-9", "2026-10-31", "young")
    desk.look_at()
    # What offsets is two items: 100 and 30, not 70; the young one waits as it should.
    assert desk.told() == [(f"US:{UNAPPLIED}:USD", "2026-10", D(130), "USD")]
    desk.match(first, desk.book(UNAPPLIED, "100", "2026-11-02"))
    desk.look_at()
    assert desk.told() == [(f"US:{UNAPPLIED}:USD", "2026-10", D(30), "USD")]
    desk.match(second, desk.book(UNAPPLIED, "-30", "2026-11-03"))
    desk.look_at()
    assert desk.told() == []
    rows = desk.b.database.rows("select count(*) as n from tieout.cases where cause = 'items_past_their_age'")
    assert rows[0]["n"] == 1


def test_what_is_past_its_age_later_is_no_case_of_a_month_before(desk: Desk) -> None:
    """Else time alone would open a month that is closed."""
    item = desk.book(TRANSIT, "70", "2026-10-30")
    desk.b.clock.at = datetime(2026, 11, 9, 15, tzinfo=UTC)
    desk.look_at()
    assert desk.told() == [(f"US:{TRANSIT}:USD", "2026-11", D(70), "USD")]
    assert "items past" not in desk.why("cases decided")
    # A look at October and one at November tell of the same.
    desk.look_at(Period(2026, 11))
    assert desk.told() == [(f"US:{TRANSIT}:USD", "2026-11", D(70), "USD")]
    # An older one comes up: it is of October.
    desk.book(TRANSIT, "-8", "2026-10-02")
    desk.look_at()
    assert desk.told() == [(f"US:{TRANSIT}:USD", "2026-10", D(78), "USD")]
    desk.match(item, desk.book(TRANSIT, "-70", "2026-11-09"))
    desk.look_at()
    assert desk.told() == [(f"US:{TRANSIT}:USD", "2026-10", D(8), "USD")]


def test_what_was_accepted_is_told_again_with_other_items_also_of_the_same_sum(desk: Desk) -> None:
    first = desk.book(UNAPPLIED, "-100", "2026-10-06", "one")
    desk.look_at()
    (case,) = [r for r in list_open(desk.connection) if r["cause"] == "items_past_their_age"]
    with desk.connection.transaction():
        solve_case(desk.connection, case["case_id"], desk.b.clock.now(), "refund agreed for the 5th", "mia")
    desk.look_at()
    assert desk.told() == [] and desk.look_at()[UNAPPLIED].items[0].past
    desk.match(first, desk.book(UNAPPLIED, "100", "2026-10-07"))
    desk.book(UNAPPLIED, "-100", "2026-10-08", "another")
    desk.look_at()
    assert desk.told() == [(f"US:{UNAPPLIED}:USD", "2026-10", D(100), "USD")]


def test_what_no_item_explains_is_said_and_cannot_be_signed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More lines than are read are no items: nothing is cut off in silence."""
    for n in range(3):
        desk.book(TRANSIT, "10", "2026-10-30", f"payout {n}")
    monkeypatch.setattr(standing_items, "MOST_LINES", 2)
    row = desk.look_at()[TRANSIT]
    assert (row.balance, row.items, row.rest) == (D(30), (), D(30)) and "more than 2 lines" in row.why
    assert desk.states()["accounts itemised"] == "open"
    assert "101404 USD: 30" in desk.why("accounts itemised") and "not explained" in desk.why(
        "accounts itemised"
    )
    assert desk.sign("cora", "accounts itemised")["accounts itemised"].startswith("not done")
    with desk.connection.transaction():
        (kept,) = kept_items(desk.connection, ["US"], "2026-10", 5)
    (account,) = kept["figures"]["accounts"]
    assert (account["rest"], account["balance"], account["count"]) == ("30.00", "30.00", 0)


def test_what_a_project_says_is_normal_is_normal_and_whose_it_is(desk: Desk) -> None:
    desk.book(UNAPPLIED, "-100", "2026-10-06")
    items = {"unapplied.bank": ItemRule(40, "treasury"), "payable": ItemRule(0)}
    desk.b.closing = CloseRules({"US": EntityClose(items=items)})
    found = desk.look_at()
    (item,) = found[UNAPPLIED].items
    assert (item.owner, item.past, item.days) == ("treasury", False, 18)
    # Also a role of its own: here what is owed to suppliers.
    assert found["211000"].items and found["211000"].rest == 0
    assert [t[0] for t in desk.told()] == ["US:211000:USD"]


def test_figures_are_kept_with_evidence_once_as_long_as_they_are_the_same(desk: Desk) -> None:
    desk.book(TRANSIT, "70", "2026-10-30", "payout po_1")
    desk.look_at()
    desk.look_at()
    assert desk.b.evidence("close.items") == 1
    rows = desk.b.database.rows("select detail from tieout.evidence where action = 'close.items'")
    assert "payout po_1" in str(rows[0]["detail"])


def test_a_closed_month_stays_closed_while_its_items_are_matched(desk: Desk) -> None:
    # What stands is certified by itself: this is about items.
    easy = CertifyRules(limits=dict.fromkeys(("high", "medium", "low"), Decimal(1000)))
    own = desk.b.closing.of("US")
    desk.b.closing = replace(desk.b.closing, entities={"US": replace(own, certify=easy)})
    item = desk.book(TRANSIT, "70", "2026-10-30", "payout po_1")
    for row in list_open(desk.connection):
        with desk.connection.transaction():
            solve_case(desk.connection, row["case_id"], desk.b.clock.now(), "the payout of the 30th", "mia")
    desk.state()
    for row in list_open(desk.connection):
        with desk.connection.transaction():
            solve_case(desk.connection, row["case_id"], desk.b.clock.now(), "the payout of the 30th", "mia")
    desk.b.admin.call(
        "res.company", "write", ids=[desk.b.company.id], vals={"fiscalyear_lock_date": "2026-10-31"}
    )
    close(desk)
    desk.match(item, desk.book(TRANSIT, "-70", "2026-11-03"))
    assert desk.state().closed and desk.revoked() == {}


@pytest.mark.parametrize("seed", range(examples(3, 1)))
def test_items_sum_to_the_balance_whatever_is_matched_in_part_and_when(desk: Desk, seed: int) -> None:
    """Lines of two months in two currencies, matched at random in parts and taken apart again: as of each month's end and of days
    between, items are the ledger's balance to the cent, in the account's currency and in the entity's."""
    draw = random.Random(seed)
    euro = desk.b.admin.call("res.currency", "search", domain=[["name", "=", "EUR"]], context=desk.context)[0]
    lines: list[int] = []
    for n in range(18):
        cents, day = draw.randint(-9_000, 9_000) or 1, date(2026, 10, 1) + timedelta(days=draw.randint(0, 40))
        foreign = {"currency_id": euro, "amount_currency": cents / 110} if n % 3 == 0 else {}
        foreign = {k: round(v, 2) if isinstance(v, float) else v for k, v in foreign.items()}
        code = draw.choice([TRANSIT, UNAPPLIED])
        lines.append(desk.book(code, f"{Decimal(cents) / 100}", day.isoformat(), f"line {n}", **foreign))
        some = draw.sample(lines, min(len(lines), 3))
        table = desk.b.world.odoo.service.world.table("account.move.line")
        some = [
            x
            for x in some
            if table[x]["account_id"] == table[some[0]]["account_id"] and not table[x]["reconciled"]
        ]
        if len(some) > 1:
            desk.match(*some)
        if n % 7 == 6:
            desk.b.admin.call(
                "account.move.line", "remove_move_reconcile", ids=[draw.choice(lines)], context=desk.context
            )
    book = desk.b.world.odoo.service.world
    table = desk.b.world.odoo.service.world.table("account.move.line")
    today = date(2026, 11, 15)
    for on in (date(2026, 10, 9), date(2026, 10, 31), date(2026, 11, 5), today):
        found = read_items(desk.connection, desk.b.release(), desk.b.session, "US", on, today)
        for code in (TRANSIT, UNAPPLIED):
            held = [
                x
                for x in table.values()
                if x["account_id"] == desk.id_of(code)
                and str(x["date"]) <= str(on)
                and book.table("account.move")[x["move_id"]]["state"] == "posted"
            ]
            rows = [r for r in found.rows if r.account == code]
            assert all(r.explained for r in rows), [r for r in rows if not r.explained]
            assert sum((i.company for r in rows for i in r.items), D(0)) == sum(
                (x["balance"] for x in held), D(0)
            )
            for r in rows:
                mine = [x for x in held if (x["currency_id"] == euro) == (r.currency == "EUR")]
                assert sum((i.amount for i in r.items), D(0)) == sum(
                    (x["amount_currency"] for x in mine), D(0)
                )
