"""Whatever is matched: the entry balances, each account's set closes to the cent, the rest is said."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tieout.connector_api import OpenItem
from tieout.documents import EntryPosting, MatchRequest, Reconciliation, canonical_bytes, ledger_lines
from tieout.money import Amount
from tieout.processes import Facts, plan_document
from tieout.processes.facts import PreviousFact
from tieout.reconcile.ledger.grouping import GroupError, is_cash, match_document
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release

ON = date(2026, 10, 5)
INTERFACE = Interface("reconciliation", "odoo", "US", ("reconciliations",), "o", "p")
RELEASE = Release(
    "0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {},
    {"journals": Mapping("journals", (MappingRow("misc", "MISC"),))},
)  # fmt: skip


# What is due stands on the partner's accounts.
_KINDS = {"121000": "receivable", "211000": "payable"}


def item(line: int, account: str, cents: int, partner: int, currency: str, own: int, day: int) -> OpenItem:
    def money(value: int) -> Decimal:
        return Decimal(value).scaleb(-2)

    return OpenItem(
        line=line, move=line, account=account, kind=_KINDS.get(account, "other"), is_payment=False, on=ON + timedelta(days=day),
        due=None, currency=currency, residual=money(cents), company=money(own), partner=partner,
        partner_name="", numbers=(f"N{line}",), label="",
    )  # fmt: skip


amounts = st.integers(1, 10_000_000)


@st.composite
def groups(draw: st.DrawFn) -> tuple[list[OpenItem], list[OpenItem], str]:
    """Cash on one or two accounts, dues on one or two, in the entity's currency or another."""
    currency = draw(st.sampled_from(["USD", "EUR"]))
    rate = draw(st.integers(70, 140)) if currency == "EUR" else 100

    def own(cents: int) -> int:
        return cents * rate // 100

    cash = [
        item(
            n, draw(st.sampled_from(["212130", "212100"])), -c, draw(st.integers(0, 1)), currency, -own(c), n
        )
        for n, c in enumerate(draw(st.lists(amounts, min_size=1, max_size=4)), 1)
    ]
    due = [
        item(
            n,
            draw(st.sampled_from(["121000", "101701"])),
            c,
            draw(st.integers(0, 2)),
            currency,
            own(c) + n,
            9 - n,
        )
        for n, c in enumerate(draw(st.lists(amounts, min_size=1, max_size=4)), 11)
    ]
    return cash, due, draw(st.sampled_from(["", "620000"]))


def matched(cash: list[OpenItem], due: list[OpenItem], account: str) -> Reconciliation:
    return match_document(
        cash, due, explained_as="bank_charge" if account else "", difference_account=account, rule="r",
        confidence="1", why="w", decided_by="d", own_currency="USD",
    )  # fmt: skip


@given(groups())
def test_the_entry_balances_and_every_set_closes_to_what_shall_stay_open(
    group: tuple[list[OpenItem], list[OpenItem], str],
) -> None:
    cash, due, account = group
    document = matched(cash, due, account)
    rate = Decimal("1.1") if document.currency == "EUR" else Decimal(1)
    plan = plan_document(document, 1, Facts(rate=rate), RELEASE, INTERFACE, document.booked_on)
    if plan.decision == "refused":
        # Money of no worth in the books' currency, of which the ledger makes a worth itself at the day's rate.
        assert not plan.effects and any(not x.company for x in (*document.cash, *document.due)), plan.cases
        return
    (entry,) = (e.body for e in plan.effects if isinstance(e.body, EntryPosting))
    lines = ledger_lines(entry)  # raises where it does not balance, in either currency
    assert all(Amount.exact(x.company, "USD").value == x.company for x in lines)
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        moved[line.account] += line.amount
    sets = {e.body.account: e.body for e in plan.effects if isinstance(e.body, MatchRequest)}
    assert set(sets) == {x.account for x in (*document.cash, *document.due)}
    credit = document.credit.value if isinstance(document.credit, Amount) else Decimal(0)
    for code, body in sets.items():
        # What is used of the lines is what the entry brings to the account, with the other sign; a credit stays open there.
        stays = credit if code == document.due[0].account else Decimal(0)
        assert sum(x.residual - x.rest for x in body.lines) + moved[code] == -stays
        assert (body.keeps is True) == bool(stays)
    # No item twice, and what stays open is smaller than the item and of its sign.
    every = [x.line for body in sets.values() for x in body.lines]
    assert len(every) == len(set(every))
    for x in (*document.cash, *document.due):
        assert x.rest * x.residual >= 0 and abs(x.rest) < abs(x.residual)
    if account:
        assert moved["620000"] == -document.difference.value and not any(x.rest for x in document.due)
    else:
        left = sum(x.residual - x.rest for x in (*document.cash, *document.due))
        assert left == -credit and not (
            any(x.rest for x in document.cash) and any(x.rest for x in document.due)
        )
    if credit:
        # Of one customer who is known, and less than any of the cash: else a line of it would be none of this match.
        assert len({x.partner for x in document.due}) == 1 and document.due[0].partner and not account
        assert credit > 0 and not any(x.rest for x in (*document.cash, *document.due))


@given(groups(), st.randoms())
def test_the_order_of_lines_says_nothing(
    group: tuple[list[OpenItem], list[OpenItem], str], random: object
) -> None:
    cash, due, account = group
    other_cash, other_due = list(cash), list(due)
    random.shuffle(other_cash)  # type: ignore[attr-defined]
    random.shuffle(other_due)  # type: ignore[attr-defined]
    assert matched(cash, due, account) == matched(other_cash, other_due, account)


@given(groups())
def test_undoing_is_the_mirror_of_applying(group: tuple[list[OpenItem], list[OpenItem], str]) -> None:
    cash, due, account = group
    document = matched(cash, due, account)
    facts = Facts(rate=Decimal(1))
    applied = plan_document(document, 1, facts, RELEASE, INTERFACE, document.booked_on)
    before = PreviousFact(revision=1, content=canonical_bytes(document).decode())
    undone = msgspec.structs.replace(document, undone=True)
    back = plan_document(
        undone, 2, msgspec.structs.replace(facts, previous=before), RELEASE, INTERFACE, document.booked_on
    )
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for plan in (applied, back):
        for effect in plan.effects:
            for line in ledger_lines(effect.body):
                sums[line.account, line.partner] += line.amount
    assert not any(sums.values())


@given(groups())
def test_several_currencies_or_signs_are_no_match(group: tuple[list[OpenItem], list[OpenItem], str]) -> None:
    cash, due, _ = group
    assume(cash[0].currency == "USD")
    odd = item(99, "121000", 500, 0, "EUR", 600, 0)
    with pytest.raises(GroupError, match="one currency"):
        matched(cash, [*due, odd], "")
    with pytest.raises(GroupError, match="the signs differ"):
        matched(cash, [item(98, "121000", -100, 0, "USD", -100, 0)], "")


def test_a_match_that_is_told_again_is_not_applied_again() -> None:
    document = matched(
        [item(1, "212130", -100, 0, "USD", -100, 0)], [item(11, "121000", 100, 1, "USD", 100, 0)], ""
    )
    before = Facts(previous=PreviousFact(revision=1, content=canonical_bytes(document).decode()))
    told = msgspec.structs.replace(document, why="in other words")
    plan = plan_document(told, 2, before, RELEASE, INTERFACE, document.booked_on)
    assert (plan.decision, plan.effects) == ("planned", ())


def test_what_is_too_little_settles_the_oldest_first() -> None:
    cash = [item(1, "212130", -150, 0, "USD", -150, 0)]
    due = [item(n, "121000", 100, 1, "USD", 100, day) for n, day in ((11, 8), (12, 2), (13, 5))]
    found = matched(cash, due, "")
    # The latest of the three is no part of it; of the second a half stays open.
    assert [(x.line, x.rest) for x in found.due] == [(12, Decimal("0.00")), (13, Decimal("0.50"))]
    much = matched([item(1, "212130", -150, 0, "USD", -150, 0)], [due[0]], "")
    assert [(x.line, x.rest) for x in much.cash] == [(1, Decimal(0))]
    assert much.credit == Amount(Decimal("0.50"), "USD")
    nobodys = matched(
        [item(1, "212130", -150, 0, "USD", -150, 0)], [item(11, "121000", 100, 0, "USD", 100, 8)], ""
    )
    assert [(x.line, x.rest) for x in nobodys.cash] == [
        (1, Decimal("-0.50"))
    ] and nobodys.credit is msgspec.UNSET


@pytest.mark.parametrize(
    ("kind", "cents", "payment", "expected"),
    [
        ("suspense", 100, True, True), ("suspense", -100, False, True),
        ("receivable", -100, True, True), ("receivable", 100, True, False),
        ("receivable", -100, False, False),  # a credit note is due
        ("payable", 100, True, True), ("payable", -100, True, False), ("payable", 100, False, False),
        ("other", -100, True, False),
    ],
)  # fmt: skip
def test_cash_is_money_that_waits(kind: str, cents: int, payment: bool, expected: bool) -> None:
    found = replace(item(1, "121000", cents, 0, "USD", cents, 0), kind=kind, is_payment=payment)
    assert is_cash(found, ["212130"]) == expected
    assert is_cash(replace(found, account="212130"), ["212130"])
