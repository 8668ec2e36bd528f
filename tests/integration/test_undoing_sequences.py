"""Whatever Tieout and people match and undo, in whatever order: nobody's match is taken by another, what is open is what
no living match has paid, and what was undone comes back through a person alone. On the simulated Odoo, over HTTP."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.examples import examples
from tests.integration.test_reconciling import Books, books, open_suggestions, whole, world  # noqa: F401
from tests.integration.test_undoing import paid_by_hand
from tieout.connector_api import Sending
from tieout.documents import OpenLine, PartnerRecord, Reconciliation, decode_document
from tieout.reconcile.ledger import DecisionError, matches

pytestmark = pytest.mark.long

Pair = tuple[str, int]
_AMOUNTS = ("100.00", "250.00", "250.00", "400.00")


def lasting(line: OpenLine) -> str:
    """What a line of cash is called for good."""
    return f"statement {line.statement_line}" if line.statement_line else f"entry {line.entry}"


def pairs_of(document: Reconciliation) -> set[Pair]:
    return {(lasting(c), int(d.entry)) for c in document.cash for d in document.due}  # type: ignore[arg-type]


class Play:
    """One random course, and what must hold after each step of it."""

    def __init__(self, books: Books, seed: int) -> None:
        self.books, self.random, self.numbers = books, Random(seed), 0
        self.firms = [books.partner(f"Firm {n}") for n in range(2)]
        self.invoices: list[tuple[int, str, int]] = []
        self.banks: list[int] = []
        self.theirs: dict[int, set[int]] = {}
        self.undone: set[Pair] = set()
        self.told: list[str] = []

    # steps

    def bill(self) -> None:
        self.numbers += 1
        firm, number = self.random.choice(self.firms), f"INV-9{self.numbers:04d}"
        move = self.books.invoice(number, self.random.choice(_AMOUNTS), firm)
        self.invoices.append((move, number, firm))

    def money(self) -> None:
        """A bank line that somebody imported, or cash that we booked; it names an invoice or two."""
        self.numbers += 1
        named = self.random.sample(self.invoices, min(len(self.invoices), self.random.choice((1, 1, 2))))
        text = " ".join(["Firm", *(n for _, n, _ in named)])
        amount = self.random.choice(_AMOUNTS)
        if self.random.random() < 0.5:
            self.banks.append(self.books.bank_line(amount, text))
        else:
            self.books.cash(f"c{self.numbers}", amount, text)

    def poll(self) -> None:
        """A run, and what follows: nothing that was undone comes back."""
        for document in whole(self.books).applied:
            assert not pairs_of(document) & self.undone, self.told

    def accept(self) -> None:
        """A person puts something together, undone before or not."""
        rows = open_suggestions(self.books)
        if not rows:
            return
        row = self.random.choice(rows)
        try:
            self.undone -= pairs_of(self.books.decide("bob").accept(row["suggestion_id"]))
        except DecisionError:
            return
        self.books.work()

    def undo(self) -> None:
        standing = self.standing()
        if not standing:
            return
        document = self.random.choice(standing)
        try:
            self.books.decide("ann").undo(document.key, "a course")
        except DecisionError:
            return
        self.books.work()
        self.undone |= pairs_of(document)

    def pay_by_hand(self) -> None:
        """A person enters money in Odoo and matches it with an open invoice, in part."""
        left = [(m, f) for m, _, f in self.invoices if self.books.due(m) > 0]
        if not left:
            return
        move, firm = self.random.choice(left)
        before = {p["id"] for p in self.partials()}
        paid_by_hand(self.books, move, "30.00", firm)
        self.theirs |= {p["id"]: p["ends"] for p in self.partials() if p["id"] not in before}

    def take_theirs(self) -> None:
        """A person takes their own match apart."""
        if self.theirs:
            self.remove(self.random.choice(sorted(self.theirs)))

    def take_ours(self) -> None:
        """A person takes one of ours apart: the partial, or the whole bank line."""
        due = {d.line: (m, d) for m in self.standing() for d in m.due}
        ours = [p for p in self.partials() if p["id"] not in self.theirs and p["ends"] & due.keys()]
        if not ours:
            return
        partial = self.random.choice(ours)
        (line, *_) = partial["ends"] & due.keys()
        match, _ = due[line]
        self.undone |= {(lasting(c), int(due[line][1].entry)) for c in match.cash}  # type: ignore[call-overload]
        banks = [c.statement_line for c in match.cash if c.statement_line]
        if banks and self.random.random() < 0.5:
            self.undone |= pairs_of(match)
            self.books.call("account.bank.statement.line", "action_undo_reconciliation", ids=banks)
            # Odoo's own button takes whatever hangs on the line.
            living = {p["id"] for p in self.partials()}
            self.theirs = {k: v for k, v in self.theirs.items() if k in living}
        else:
            self.remove(partial["id"])

    def look(self) -> None:
        self.books.verify()

    # what holds

    def check(self) -> None:
        partials = self.partials()
        living = {p["id"]: p["ends"] for p in partials}
        lost = {k: v for k, v in self.theirs.items() if living.get(k) != v}
        assert not lost, ("a person's match is gone", lost, self.told)
        rows = self.books.call("account.move.line", "search_read", fields=["balance", "amount_residual"], domain=[
            ["account_id.code", "in", ["121000", "212130"]], ["parent_state", "=", "posted"]])  # fmt: skip
        for row in rows:
            paid = sum((p["amount"] for p in partials if row["id"] in p["ends"]), Decimal(0))
            whole_of, residual = abs(Decimal(str(row["balance"]))), abs(Decimal(str(row["amount_residual"])))
            assert residual == whole_of - paid, (row, self.told)
        # What stands on cash and receivables is what came in and was billed: nothing is made or lost on the way.
        given = self.books.balance("101511") + self.books.balance("212130") + self.books.balance("101402")
        made = [x for x in self.books.lines("121000") if x["balance"]]
        assert given + sum(Decimal(str(x["balance"])) for x in made) == self.billed_and_by_hand(), self.told

    def billed_and_by_hand(self) -> Decimal:
        """Sales, less what people paid in by hand: the counterparts of all that is none of a match."""
        return -(self.books.balance("400000") + self.books.balance("301000"))

    # reading

    def standing(self) -> list[Reconciliation]:
        with self.books.database.transaction() as connection:
            rows = [r for r in matches(connection) if r["state"] == "posted"]
        found: list[Any] = [decode_document(r["content"].encode()) for r in rows]
        return [d for d in found if not d.undone]

    def partials(self) -> list[dict[str, Any]]:
        rows = self.books.call("account.partial.reconcile", "search_read", order="id", domain=[
            ["debit_move_id.company_id", "=", self.books.company.id]],
            fields=["debit_move_id", "credit_move_id", "amount"])  # fmt: skip
        return [
            {
                "id": r["id"],
                "ends": {r["debit_move_id"][0], r["credit_move_id"][0]},
                "amount": Decimal(str(r["amount"])),
            }
            for r in rows
        ]

    def remove(self, partial: int) -> None:
        self.books.call(
            "account.move", "js_remove_outstanding_partial", ids=[self.invoices[0][0]], partial_id=partial
        )
        self.theirs.pop(partial, None)


class Credited(Play):
    """Customers that are known pay more than is due, as often as not: what is too much is their credit, which pays on."""

    def __init__(self, books: Books, seed: int) -> None:
        super().__init__(books, seed)
        self.keys = [f"tieout.firm{seed}{n}" for n in range(2)]
        names = ("Casa Nova", "Bolt Ltd")
        made = [Sending(k, PartnerRecord(name=n)) for k, n in zip(self.keys, names, strict=True)]
        self.firms = [int(x.target_id) for x in books.session.send(made)]
        self.came = Decimal(0)

    def money(self) -> None:
        self.numbers += 1
        _, number, firm = self.random.choice(self.invoices)
        text = f"{('Casa Nova', 'Bolt Ltd')[self.firms.index(firm)]} {number}"
        amount = str(Decimal(self.random.choice(_AMOUNTS)) + self.random.choice((0, 13, 100, 150)))
        self.came += Decimal(amount)
        self.books.cash(f"k{self.numbers}", amount, text, partner=self.keys[self.firms.index(firm)])


_STEPS = [
    "bill",
    "money",
    "money",
    "poll",
    "poll",
    "accept",
    "undo",
    "undo",
    "pay_by_hand",
    "take_theirs",
    "take_ours",
    "look",
]


@pytest.mark.parametrize("seed", range(examples(6, 2)))
def test_any_course_of_matching_and_undoing(books: Books, seed: int) -> None:
    play = Play(books, seed)
    for _ in range(3):
        play.bill()
    play.money()
    play.poll()
    for _ in range(22):
        name = play.random.choice(_STEPS)
        play.told.append(name)
        getattr(play, name)()
        play.check()
    # Everything that Tieout put together can be undone, and then only people's matches are there.
    for document in play.standing():
        try:
            books.decide("ann").undo(document.key, "the end")
        except DecisionError:
            continue
        books.work()
        play.undone |= pairs_of(document)
        play.check()
    play.poll()
    play.check()


@pytest.mark.parametrize("seed", range(examples(4, 1)))
def test_any_course_with_credits_ends_as_it_began(books: Books, seed: int) -> None:
    play = Credited(books, seed)
    for _ in range(3):
        play.bill()
    play.money()
    play.poll()
    steps = [x for x in _STEPS if x not in ("pay_by_hand", "take_theirs", "take_ours")]
    for _ in range(22):
        name = play.random.choice(steps)
        play.told.append(name)
        getattr(play, name)()
        play.check()
        play.poll()
    for _ in range(40):
        standing = play.standing()
        if not standing:
            break
        for document in standing:
            try:
                books.decide("ann").undo(document.key, "the end")
            except DecisionError:
                # A later match is built upon it: that one goes first.
                continue
            books.work()
            play.undone |= pairs_of(document)
            play.check()
    assert not play.standing(), play.told
    assert books.balance("212130") == -play.came, play.told
    assert all(books.due(move) > 0 for move, _, _ in play.invoices), play.told
    assert {c for c, _ in books.cases()} <= {"unmatched_cash"}, play.told
