"""What a match books in foreign money: each entry balances to the last unit, and the ledger takes each of its lines.

Amounts, rates and names are invented. Source of what the ledger takes: Odoo's account.move.line, the constraint
`check_amount_currency_balance_sign` and the balance that it makes itself of a line without one.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.unit.processes.test_recipes import release
from tieout.connector_api import OpenItem
from tieout.documents import EntryPosting, LedgerLine, MatchRequest, Reconciliation
from tieout.money import Amount, quantum
from tieout.processes import Facts, Plan, plan_document
from tieout.processes.facts import PreviousFact
from tieout.reconcile.ledger.grouping import GroupError, match_document
from tieout.rules import Interface

DAY = date(2026, 10, 14)
RATES = {"EUR": "0.9234", "JPY": "151.37", "KWD": "0.3071", "IDR": "15712", "CLF": "0.0261"}
UNAPPLIED, OTHER, RECEIVABLE, PAYABLE, LOSS = "212130", "212120", "121000", "211000", "642000"
# A line of the match: account, kind, amount in minor units, by how much of a thousandth its own rate is off, partner.
Row = tuple[str, str, int, int, int]


def row(account: str, kind: str, minor: int, off: int = 0, partner: int = 1) -> Row:
    return (account, kind, minor, off, partner)


def item(number: int, currency: str, given: Row) -> OpenItem:
    account, kind, minor, off, partner = given
    residual = minor * quantum(currency)
    rate = Decimal(RATES[currency]) / (1 + Decimal(off) / 1000) if currency != "USD" else Decimal(1)
    worth = residual / rate
    return OpenItem(
        line=number, move=number, account=account, kind=kind, is_payment=kind == "receivable" and minor < 0, on=DAY,
        due=None, currency=currency, residual=residual, company=Amount.rounded(worth, "USD").value, partner=partner,
        partner_name=f"Firm {partner}", numbers=(f"N-{number}",), label="",
    )  # fmt: skip


def matched(
    currency: str, cash: list[Row], due: list[Row], account: str = "", paid_in: str = ""
) -> Reconciliation:
    paid = [item(n, paid_in or currency, r) for n, r in enumerate(cash, 1)]
    owed = [item(n, currency, r) for n, r in enumerate(due, len(cash) + 1)]
    return match_document(
        paid, owed, explained_as="write_off" if account else "", difference_account=account, rule="by hand",
        confidence="1", why="test", decided_by="ann", own_currency="USD",
        rate=lambda other, _: Decimal(RATES[other]),
    )  # fmt: skip


def planned(document: Reconciliation, previous: PreviousFact | None = None) -> Plan:
    facts = Facts(rate=Decimal(RATES[document.currency]), previous=previous)
    governed = Interface("reconciliation", "odoo", "US", ("reconciliations",), "ar", "treasury")
    return plan_document(document, 2 if previous else 1, facts, release(), governed, DAY)


def in_books(line: LedgerLine, currency: str) -> Decimal:
    """A line in the books' currency, as the ledger keeps it: of one without a balance it makes its own."""
    if line.company or not line.amount:
        return line.company
    return Amount.rounded(line.amount / Decimal(RATES[currency]), "USD").value


def holds(document: Reconciliation, plan: Plan) -> None:
    """Each entry balances in both currencies, each of its lines is one that the ledger takes, and each set that is matched
    sums to what stays open of it."""
    entries = [e.body for e in plan.effects if isinstance(e.body, EntryPosting)]
    for entry in entries:
        assert sum(x.amount for x in entry.lines) == 0, entry.lines
        assert sum(in_books(x, document.currency) for x in entry.lines) == 0, entry.lines
        for x in entry.lines:
            # What is of no amount in its own currency is paired with nothing, and stays open for good.
            assert x.amount and x.in_ledger * x.amount > 0 and x.company * x.amount >= 0, entry.lines
            if isinstance(x.own, Amount) and x.own.currency == "USD":
                assert x.own.value == x.company, entry.lines
    booked = Counter[str]()
    for entry in entries:
        for x in entry.lines:
            booked[x.account] += x.in_ledger  # type: ignore[assignment]
    credit = document.credit.value if isinstance(document.credit, Amount) else Decimal(0)
    for request in (e.body for e in plan.effects if isinstance(e.body, MatchRequest)):
        used = sum((x.residual - x.rest for x in request.lines), Decimal(0))
        assert used + booked[request.account] in (0, -credit), request


def undone(document: Reconciliation, plan: Plan) -> None:
    """What is booked back is what was booked, line for line."""
    (entry,) = [e.body for e in plan.effects if isinstance(e.body, EntryPosting)]
    back = planned(msgspec.structs.replace(document, undone=True), PreviousFact(revision=1, content=""))
    (mirror,) = [e.body for e in back.effects if isinstance(e.body, EntryPosting)]
    assert [(x.account, x.in_ledger, x.company) for x in entry.lines] == [
        (x.account, -x.in_ledger, -x.company) for x in mirror.lines
    ]


minors = st.integers(-200_000, 200_000).filter(bool)
offs = st.integers(-60, 60)
cash_rows = st.one_of(
    st.tuples(
        st.sampled_from([UNAPPLIED, OTHER]), st.just("other"), minors, offs, st.sampled_from([0, 1, 2])
    ),
    st.tuples(
        st.just(RECEIVABLE), st.just("receivable"), st.integers(-200_000, -1), offs, st.sampled_from([1, 2])
    ),
)
due_rows = st.tuples(st.just(RECEIVABLE), st.just("receivable"), minors, offs, st.sampled_from([1, 2]))


@settings(max_examples=examples(400), deadline=None)
@given(
    st.sampled_from(sorted(RATES)), st.lists(cash_rows, min_size=1, max_size=4), st.lists(due_rows, max_size=4),
    st.sampled_from(["", "", LOSS]), st.booleans(),
)  # fmt: skip
# Unapplied money that nets to nothing beside a payment on account that pays the invoice alone.
@example(
    "EUR", [row(UNAPPLIED, "other", -3000), row(UNAPPLIED, "other", 3000, 30), row(RECEIVABLE, "receivable", -10000)],
    [row(RECEIVABLE, "receivable", 10000)], "", False,
)  # fmt: skip
# A receipt and a refund at two rates: what is left of both says nothing of a rate.
@example(
    "EUR", [row(UNAPPLIED, "other", -30000), row(UNAPPLIED, "other", 29900, 60)],
    [row(RECEIVABLE, "receivable", 100)], "", False,
)  # fmt: skip
# Money of next to nothing: it has no balance in the books' currency.
@example("IDR", [row(UNAPPLIED, "other", -9000, 60)], [row(RECEIVABLE, "receivable", 9000)], "", False)
def test_each_entry_of_foreign_money_balances_to_the_last_unit(
    currency: str, cash: list[Row], due: list[Row], account: str, closes: bool
) -> None:
    if closes and not account:
        # As is most often so: all of it is paid.
        missing = sum(r[2] for r in (*cash, *due))
        due = [*due, row(RECEIVABLE, "receivable", -missing)] if missing else due
    try:
        document = matched(currency, cash, due, account)
    except GroupError:
        return
    plan = planned(document)
    if plan.decision == "refused":
        assert not plan.effects
        return
    holds(document, plan)
    if any(isinstance(e.body, EntryPosting) for e in plan.effects):
        undone(document, plan)


@settings(max_examples=examples(300), deadline=None)
@given(
    st.sampled_from(sorted(RATES)), st.sampled_from(["USD", *sorted(RATES)]), st.lists(cash_rows, min_size=1, max_size=3),
    st.lists(due_rows, min_size=1, max_size=3),
)  # fmt: skip
def test_each_entry_of_money_in_another_currency_balances_to_the_last_unit(
    currency: str, paid_in: str, cash: list[Row], due: list[Row]
) -> None:
    try:
        document = matched(currency, cash, due, paid_in=paid_in)
    except GroupError:
        return
    plan = planned(document)
    if plan.decision != "refused":
        holds(document, plan)


def test_receipts_and_refunds_of_several_rates_are_applied_and_not_refused() -> None:
    """A refusal would keep each property above. 300 EUR are booked at 324.89, 299 at 343.23: 668.12 for 599."""
    cash = [row(UNAPPLIED, "other", -30000), row(UNAPPLIED, "other", 29900, 60)]
    plan = planned(matched("EUR", cash, [row(RECEIVABLE, "receivable", 100)]))
    (entry,) = [e.body for e in plan.effects if isinstance(e.body, EntryPosting)]
    assert [(x.amount, x.company) for x in entry.lines] == [
        (Decimal("300.00"), Decimal("334.62")), (Decimal("-299.00"), Decimal("-333.50")), (Decimal("-1.00"), Decimal("-1.12")),
    ]  # fmt: skip


@settings(max_examples=examples(400), deadline=None)
@given(
    st.sampled_from(sorted(RATES)), st.lists(cash_rows, min_size=1, max_size=3), st.lists(due_rows, max_size=3),
    st.sampled_from(["", LOSS]), st.sampled_from(["0.5", "0.8", "1.3", "2", ""]),
)  # fmt: skip
def test_what_is_booked_back_is_what_was_booked_whatever_the_rate_is_by_then(
    currency: str, cash: list[Row], due: list[Row], account: str, moved: str
) -> None:
    try:
        document = matched(currency, cash, due, account)
    except GroupError:
        return
    plan = planned(document)
    entries = [e.body for e in plan.effects if isinstance(e.body, EntryPosting)]
    rate = Decimal(RATES[currency]) * Decimal(moved) if moved else None
    told = [[e.external_id, msgspec.json.encode(e.body).decode()] for e in plan.effects if e.name == "apply"]
    facts = Facts(rate=rate, previous=PreviousFact(revision=1, content=""), own={"entries_booked": (told,)})
    governed = Interface("reconciliation", "odoo", "US", ("reconciliations",), "ar", "treasury")
    taken_back = msgspec.structs.replace(document, undone=True)
    if plan.decision == "refused":
        return
    back = plan_document(taken_back, 2, facts, release(), governed, DAY)
    mirrors = [e.body for e in back.effects if isinstance(e.body, EntryPosting)]
    assert [[(x.account, x.in_ledger, x.company) for x in e.lines] for e in entries] == [
        [(x.account, -x.in_ledger, -x.company) for x in e.lines] for e in mirrors
    ]
