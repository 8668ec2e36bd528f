"""Reconciling a company's ledger: a real database, the Odoo simulator over HTTP, the stages between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.test_process import Clock
from tests.stages import forget_failures, read_back, step
from tieout.connector_api import LedgerFacts, Outcome, Sending, SetupError, UnknownOutcomeError
from tieout.delivery import DeliveryStage, VerifyStage
from tieout.documents import (
    CashPosting,
    EntryPosting,
    LedgerLine,
    MatchRequest,
    OpenLine,
    PartnerRecord,
    Reconciliation,
)
from tieout.money import Amount
from tieout.planning import ProcessStage
from tieout.reconcile import MatchingError
from tieout.reconcile.ledger import (
    DecisionError,
    Decisions,
    LessonError,
    Reconciler,
    Run,
    decide_lesson,
    lessons,
    matches,
    suggestions,
)
from tieout.reconcile.ledger.lessons import Learned, Lesson, taught_by
from tieout.reconcile.ledger.schedule import ReconcileStage, next_run
from tieout.reconcile.ledger.teaching import teach
from tieout.rules import CloseRules, Entity, EntityClose, Interface, Mapping, MappingRow, Release
from tieout.rules.differences import DifferenceLimit
from tieout.store import Database
from tieout_sandbox import World
from tieout_sandbox.company import Administrator, Company

NOW = datetime(2026, 10, 20, 14, tzinfo=UTC)
UNTIL = date(2026, 10, 31)
ACCOUNTS = {
    "unapplied.bank": "212130", "bank_in_transit": "101701", "difference.bank_charge": "620000",
    "difference.rounding": "642000", "difference.write_off": "642000",
    "difference.early_payment_discount": "443000",
}  # fmt: skip
CHARGES = {"bank_charge": DifferenceLimit(Decimal("25.00"), Decimal(5), Decimal("30.00"))}
DISCOUNTS = {"early_payment_discount": DifferenceLimit(Decimal("50.00"), Decimal(3), Decimal("100.00"))}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"), seed=1, start=NOW)
    made.start()
    yield made
    made.stop()


@dataclass
class Books:
    """A company's ledger and the product on top of it."""

    world: World
    admin: Administrator
    company: Company
    database: Database
    session: Any
    options: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=lambda: dict(ACCOUNTS))
    limits: dict[str, DifferenceLimit] = field(default_factory=dict)
    country: str = ""
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    # What one person may write off alone.
    alone: str = "100.00"

    # the product

    @property
    def interface(self) -> Interface:
        return Interface("reconciliation", "odoo", "US", ("reconciliations",), "ar", "treasury",
                         late_events="first_open", options=self.options)  # fmt: skip

    def release(self) -> Release:
        def table(name: str, rows: dict[str, str]) -> Mapping:
            return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

        entity = Entity("US", "US", "USD", "UTC", "odoo", country=self.country, limits=self.limits)
        return Release("0" * 64, {"US": entity}, {"reconciliation": self.interface},
                       {"accounts": table("accounts", self.accounts), "journals": table("journals", {"misc": "MISC"})},
                       closing=CloseRules({"US": EntityClose(alone_limit=Decimal(self.alone))}))  # fmt: skip

    def facts(self, entity: Entity) -> LedgerFacts:
        found: LedgerFacts = self.session.facts()
        return found

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}

    def run(self, dry: bool = False) -> Run:
        connection = self.database.connect(autocommit=True)
        found = Reconciler(self.release(), self.interface, self.session, UNTIL, self.clock.now()).run(
            connection, dry
        )
        connection.close()
        return found

    def work(self, session: Any = None) -> None:
        connection = self.database.connect(autocommit=True)
        stage = ProcessStage(self.release, lambda _: CONNECTORS["odoo"], self, {}, self.clock)
        while step(stage, connection):
            pass
        delivery = DeliveryStage(lambda _: session or self.session, self.clock, lambda: ["odoo"])
        for _ in range(12):
            forget_failures(connection)
            step(delivery, connection)
        connection.close()

    def verify(self) -> int:
        connection = self.database.connect(autocommit=True)
        stage = VerifyStage(lambda _: self.session, lambda: ["odoo"], self.clock, timedelta(hours=1))
        differ = read_back(stage, connection)
        connection.close()
        return differ

    def cases(self) -> list[tuple[str, Decimal]]:
        rows = self.database.rows("select cause, amount from tieout.cases where state = 'open' order by 1, 2")
        return [(r["cause"], r["amount"]) for r in rows]

    def decide(self, who: str) -> Any:
        return _Deciding(self, who)

    # the ledger

    def call(self, model: str, method: str, **more: Any) -> Any:
        return self.admin.call(model, method, context={"allowed_company_ids": [self.company.id]}, **more)

    def partner(self, name: str) -> int:
        return int(self.call("res.partner", "create", vals_list=[{"name": name}])[0])

    def customer(self, name: str) -> tuple[str, int]:
        """A partner that we made: its external id, and the ledger's own."""
        (made,) = self.session.send([Sending("tieout.customer", PartnerRecord(name=name))])
        return "tieout.customer", int(made.target_id)

    def invoice(self, ref: str, amount: str, partner: int, day: int = 5, **more: Any) -> int:
        """An invoice that somebody wrote in Odoo itself: no external id."""
        line = {
            "name": "Work",
            "quantity": 1,
            "price_unit": float(amount),
            "tax_ids": [[6, 0, more.pop("taxes", [])]],
        }
        values = {"move_type": "out_invoice", "partner_id": partner, "invoice_date": f"2026-10-{day:02d}",
                  "ref": ref, "invoice_line_ids": [[0, 0, line]], **more}  # fmt: skip
        (move,) = self.call("account.move", "create", vals_list=[values])
        self.call("account.move", "action_post", ids=[move])
        return int(move)

    def term(self, computation: str) -> int:
        """A payment term: two per cent within ten days."""
        values = {"name": computation, "early_discount": True, "discount_percentage": 2.0, "discount_days": 10,
                  "early_pay_discount_computation": computation}  # fmt: skip
        return int(self.call("account.payment.term", "create", vals_list=[values])[0])

    def tax(self) -> int:
        """A sale's tax of 15%."""
        domain = [["type_tax_use", "=", "sale"], ["amount", "=", 15], ["company_id", "=", self.company.id]]
        return int(self.call("account.tax", "search", domain=domain)[0])

    @staticmethod
    def due_in_all(taxed: bool) -> Decimal:
        return Decimal("575.00") if taxed else Decimal("500.00")

    def cash(
        self, name: str, amount: str, text: str, company: str = "", currency: str = "USD", partner: str = ""
    ) -> None:
        """Cash that we booked unapplied on its date."""
        value, own = Decimal(amount), Decimal(company or amount)
        journal, bank = ("BNKU", "101511") if currency == "USD" else ("BNKE", "101512")
        line = LedgerLine(account="212130", amount=-value, company=-own, name=text, partner=partner)
        body = CashPosting(journal=journal, account=bank, on=date(2026, 10, 12), reference=name, label=text,
                           currency=currency, amount=value, company=own, counterparts=(line,))  # fmt: skip
        (outcome,) = self.session.send([Sending(f"tieout.{name}", body)])
        assert outcome.status == "confirmed" and not outcome.cause, outcome

    def bank_line(self, amount: str, text: str) -> int:
        """A bank line that somebody imported into Odoo: it stands in suspense."""
        (journal,) = self.call("account.journal", "search", domain=[["code", "=", "BNKU"]])
        values = {"journal_id": journal, "date": "2026-10-12", "payment_ref": text, "amount": float(amount)}
        return int(self.call("account.bank.statement.line", "create", vals_list=[values])[0])

    def pay_by_hand(self, move: int) -> None:
        """Somebody registers a payment for an invoice in Odoo."""
        context = {
            "active_model": "account.move",
            "active_ids": [move],
            "allowed_company_ids": [self.company.id],
        }
        values = [{"payment_date": "2026-10-13"}]
        wizard = self.admin.call("account.payment.register", "create", vals_list=values, context=context)
        self.call("account.payment.register", "action_create_payments", ids=wizard)

    def due(self, move: int) -> Decimal:
        (row,) = self.call("account.move", "read", ids=[move], fields=["amount_residual"])
        return Decimal(str(row["amount_residual"]))

    def state(self, move: int) -> str:
        return str(
            self.call("account.move", "read", ids=[move], fields=["payment_state"])[0]["payment_state"]
        )

    def balance(self, code: str) -> Decimal:
        rows = self.call("account.move.line", "search_read", fields=["balance"],
                         domain=[["account_id.code", "=", code], ["parent_state", "=", "posted"]])  # fmt: skip
        return sum((Decimal(str(r["balance"])) for r in rows), Decimal(0))

    def lines(self, code: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.call(
            "account.move.line", "search_read", order="id", domain=[["account_id.code", "=", code]],
            fields=["move_id", "balance", "amount_residual", "reconciled", "matching_number", "partner_id"],
        )  # fmt: skip
        return rows

    def moves(self) -> int:
        return len(self.call("account.move", "search", domain=[["state", "=", "posted"]]))


@dataclass
class _Deciding:
    books: Books
    who: str

    def __getattr__(self, name: str) -> Any:
        def act(*args: Any, **more: Any) -> Any:
            with self.books.database.transaction() as connection:
                decisions = Decisions(connection, self.books.release(), self.who, self.books.clock.now())
                return getattr(decisions, name)(*args, **more)

        return act


@pytest.fixture
def books(world: World, database: Database) -> Iterator[Books]:
    admin = Administrator(world.url("odoo"), world.odoo.database, world.odoo.service.make_key(2))
    company = admin.set_up(f"Books {database.dsn[-12:]}", date(2026, 10, 1))
    connector = CONNECTORS["odoo"]
    session = connector.open(
        config(
            connector,
            url=world.url("odoo"),
            database=world.odoo.database,
            key=company.key,
            company=str(company.id),
        )
    )
    yield Books(world, admin, company, database, session)
    admin.close()


def whole(books: Books) -> Run:
    """A run, and what follows from it."""
    found = books.run()
    books.work()
    return found


def open_suggestions(books: Books) -> list[dict[str, Any]]:
    with books.database.transaction() as connection:
        return suggestions(connection)


def test_cash_that_was_booked_first_moves_to_an_invoice_that_others_wrote(books: Books) -> None:
    move = books.invoice("INV-77001", "500.00", books.partner("Acme Corp"))
    books.invoice("INV-77002", "320.00", books.partner("Bolt Ltd"))
    books.cash("c1", "500.00", "Acme Corp INV-77001")
    found = books.run()
    # What is on its way is left alone, before it is planned and before it is delivered.
    again = books.run()
    assert (again.items, again.applied, again.known) == (1, (), 0)
    books.work()
    assert [d.rule for d in found.applied] == ["number and amount"]
    assert books.due(move) == 0 and books.state(move) == "paid"
    assert books.balance("212130") == 0
    assert all(x["reconciled"] for x in books.lines("212130"))
    # The entry stands on the receivable of the customer, and on the later day of both.
    partners = {x["partner_id"][1] for x in books.lines("121000") if x["partner_id"]}
    assert partners == {"Acme Corp", "Bolt Ltd"} and all(x["partner_id"] for x in books.lines("121000"))
    (row,) = books.database.rows("select state, accounting_on from tieout.document")
    assert row == {"state": "posted", "accounting_on": date(2026, 10, 12)}
    # Matching again finds nothing, and changes nothing.
    before = books.moves()
    assert not whole(books).applied and books.moves() == before


def test_one_set_of_marks_pairs_everything_as_the_entry_posts(books: Books) -> None:
    """In the company's currency nothing is reconciled line by line: one load and one post."""
    moves = [books.invoice(f"INV-7701{n}", f"{100 + n}.00", books.partner(f"Firm {n}")) for n in range(6)]
    for n in range(6):
        books.cash(f"m{n}", f"{100 + n}.00", f"Firm {n} INV-7701{n}")
    calls: list[str] = []
    plain = books.session._client.call

    def counted(model: str, method: str, **more: Any) -> Any:
        calls.append(method)
        return plain(model, method, **more)

    books.session._client.call = counted
    assert len(whole(books).applied) == 6
    assert [books.due(m) for m in moves] == [0] * 6
    assert "reconcile" not in calls and calls.count("action_post") == 1


def test_a_mark_that_somebody_else_put_on_a_line_is_left_alone(books: Books) -> None:
    move = books.invoice("INV-77019", "119.00", books.partner("Acme Corp"))
    (line,) = books.lines("121000")
    books.call("account.move.line", "write", ids=[line["id"]], vals={"matching_number": "Itheirs"})
    books.cash("c1", "119.00", "Acme Corp INV-77019")
    loaded: list[Any] = []
    plain = books.session._client.call

    def seen(model: str, method: str, **more: Any) -> Any:
        if method == "load" and model == "account.move.line":
            loaded.extend(row[0] for row in more["data"])
        return plain(model, method, **more)

    books.session._client.call = seen
    assert len(whole(books).applied) == 1
    assert books.due(move) == 0 and loaded and str(line["id"]) not in loaded


def test_a_bank_line_of_others_leaves_suspense_for_what_it_pays(books: Books) -> None:
    move = books.invoice("INV-77020", "250.00", books.partner("Casa Nova"))
    line = books.bank_line("250.00", "Casa Nova INV-77020")
    before = books.moves()
    assert len(whole(books).applied) == 1
    assert books.state(move) == "paid" and books.moves() == before
    (row,) = books.call("account.bank.statement.line", "read", ids=[line], fields=["is_reconciled"])
    assert row["is_reconciled"] and books.balance("101402") == 0
    with books.database.transaction() as connection:
        (match,) = matches(connection)
    books.decide("ann").undo(match["source_key"], "it was for another")
    books.work()
    (row,) = books.call("account.bank.statement.line", "read", ids=[line], fields=["is_reconciled"])
    assert not row["is_reconciled"] and books.balance("101402") == -250 and books.due(move) == 250
    assert books.verify() == 0


def test_a_bank_charge_is_booked_where_the_mappings_say_and_a_lump_sum_pays_several(books: Books) -> None:
    books.limits = CHARGES
    acme = books.partner("Acme Corp")
    one, two, three = (
        books.invoice(f"INV-7703{n}", a, acme) for n, a in enumerate(("400.00", "150.00", "90.00"))
    )
    books.cash("c1", "387.50", "Acme Corp INV-77030 /CHGS/USD12,50")
    books.cash("c2", "240.00", "Acme Corp INV-77031 INV-77032")
    found = whole(books)
    assert sorted((d.explained_as, d.difference.value) for d in found.applied) == [
        ("", Decimal("0.00")), ("bank_charge", Decimal("-12.50"))]  # fmt: skip
    assert [books.due(m) for m in (one, two, three)] == [0, 0, 0]
    assert books.balance("620000") == Decimal("12.5") and books.balance("212130") == 0


def test_a_difference_that_no_account_takes_is_not_applied_and_says_so(books: Books) -> None:
    del books.accounts["difference.bank_charge"]
    move = books.invoice("INV-77040", "400.00", books.partner("Acme Corp"))
    books.cash("c1", "387.50", "Acme Corp INV-77040")
    found = whole(books)
    assert not found.applied and "difference.bank_charge" in found.refused[0]
    assert books.due(move) == 400 and books.balance("212130") == Decimal("-387.5")


@pytest.mark.parametrize("text", ["Acme Corp INV-77041", "Acme Corp INV-77041 /CHGS/USD12,00"])
def test_a_charge_that_no_bank_declares_is_not_booked_whatever_the_limits(books: Books, text: str) -> None:
    books.limits = CHARGES
    books.invoice("INV-77041", "400.00", books.partner("Acme Corp"))
    books.cash("c1", "387.50", text)
    whole(books)
    assert books.balance("620000") == 0


def test_a_charge_that_a_bank_declares_is_not_booked_without_a_limit(books: Books) -> None:
    books.invoice("INV-77042", "400.00", books.partner("Acme Corp"))
    books.cash("c1", "387.50", "Acme Corp INV-77042 /CHGS/USD12,50")
    whole(books)
    assert books.balance("620000") == 0


def test_what_one_partner_keeps_back_in_a_month_has_its_sum_over_all_runs(books: Books) -> None:
    """Within each limit, and past the month's: 12.50 and 12.50 are within 30.00, a third is not."""
    books.limits = CHARGES
    acme = books.partner("Acme Corp")
    for n in range(3):
        books.invoice(f"INV-7705{n}", f"{400 + n}.00", acme)
        books.cash(f"c{n}", f"{387 + n}.50", f"Acme Corp INV-7705{n} /CHGS/USD12,50")
        whole(books)
    assert books.balance("620000") == Decimal("25.00")
    (row,) = open_suggestions(books)
    assert "would pass 30.00 in 2026-10" in row["why"]
    # One that was undone was not taken.
    with books.database.transaction() as connection:
        key = matches(connection)[0]["source_key"]
    books.decide("ann").undo(key, "it was another Acme")
    books.work()
    assert books.balance("620000") == Decimal("12.50")
    rows = books.database.rows("select kind, party, amount from tieout.v_reconciliation_difference")
    assert rows == [{"kind": "bank_charge", "party": "Acme Corp", "amount": Decimal("12.50")}]


@pytest.mark.parametrize(
    ("computation", "taxed", "country", "paid", "booked"),
    [
        ("included", False, "", "490.00", "10.00"),  # 500.00 less two per cent, and no tax to correct
        ("included", True, "", "563.50", "10.00"),  # 575.00 with its tax: 1.50 of the discount are tax
        ("included", True, "DE", "563.50", "10.00"),
        ("included", True, "NL", "563.50", "11.50"),  # the tax stands there until a credit note comes
        ("excluded", True, "", "565.00", "10.00"),  # two per cent of what is without tax
        ("excluded", True, "NL", "565.00", "10.00"),
        ("excluded", True, "DE", "565.00", ""),  # there it is corrected when the consideration changes
        ("mixed", True, "", "565.00", "10.00"),
        ("mixed", True, "DE", "565.00", "10.00"),
    ],
)
def test_a_discount_follows_the_terms_own_computation_and_the_country(
    books: Books, computation: str, taxed: bool, country: str, paid: str, booked: str
) -> None:
    books.limits, books.country = DISCOUNTS, country
    taxes = [books.tax()] if taxed else []
    move = books.invoice("INV-77060", "500.00", books.partner("Acme Corp"), day=5, taxes=taxes,
                         invoice_payment_term_id=books.term(computation))  # fmt: skip
    books.cash("c1", paid, "Acme Corp INV-77060")  # on the 12th, within ten days
    found = whole(books)
    assert books.balance("443000") == Decimal(booked or 0)
    less = books.due_in_all(taxed) - Decimal(paid) - Decimal(booked or 0) if booked else Decimal(0)
    assert books.balance("251000") == less - (75 if taxed else 0)
    if booked:
        assert [d.explained_as for d in found.applied] == ["early_payment_discount"] and books.due(move) == 0
        return
    # It is nobody's by itself, and nobody books the whole of it to the discount's account by mistake.
    assert books.due(move) > 0 or not found.applied
    for row in open_suggestions(books):
        with pytest.raises(DecisionError, match="corrects its tax"):
            books.decide("ann").accept(row["suggestion_id"], difference="early_payment_discount")


@pytest.mark.parametrize(("day", "paid"), [(1, "490.00"), (5, "485.00")])
def test_a_term_that_is_not_met_grants_nothing(books: Books, day: int, paid: str) -> None:
    """Ten days from the first are over on the twelfth; and three per cent are not two."""
    books.limits = DISCOUNTS
    books.invoice("INV-77061", "500.00", books.partner("Acme Corp"), day=day,
                  invoice_payment_term_id=books.term("included"))  # fmt: skip
    books.cash("c1", paid, "Acme Corp INV-77061")
    whole(books)
    assert books.balance("443000") == 0


def test_an_invoice_that_is_paid_in_part_has_no_discount_any_more(books: Books) -> None:
    books.limits = DISCOUNTS
    move = books.invoice("INV-77062", "500.00", books.partner("Acme Corp"), invoice_payment_term_id=books.term("included"))  # fmt: skip
    books.cash("c1", "200.00", "Acme Corp INV-77062")
    assert len(books.run().applied) + len(open_suggestions(books)) > 0
    for row in open_suggestions(books):
        books.decide("ann").accept(row["suggestion_id"])
    books.work()
    assert books.due(move) == 300
    books.cash("c2", "290.00", "Acme Corp INV-77062")
    whole(books)
    assert books.balance("443000") == 0


def test_rules_of_a_project_bring_no_limits_of_their_own(books: Books) -> None:
    books.options = {"rules": 'limits = { rounding = { amount = "9", percent = "9", month = "9" } }\n'
                     '[[pass]]\nname = "x"\namount = ["exact"]\n'}  # fmt: skip
    with pytest.raises(MatchingError, match=r"entities\.US\.differences"):
        books.run()


def test_an_exchange_difference_is_odoos_own_read_back_and_undone_with_the_match(books: Books) -> None:
    (euro,) = books.call("res.currency", "search", domain=[["name", "=", "EUR"]])
    move = books.invoice("INV-77050", "900.00", books.partner("Müller GmbH"), currency_id=euro)
    books.cash("c1", "900.00", "Mueller INV-77050", company="1005.00", currency="EUR")
    before = books.moves()
    assert len(whole(books).applied) == 1
    assert books.state(move) == "paid" and all(x["reconciled"] for x in books.lines("212130"))
    rows = books.database.rows("select read_back from tieout.delivery where effect = 'match_121000'")
    assert '"exchange": [' in rows[0]["read_back"] and '"exchange": []' not in rows[0]["read_back"]
    assert books.moves() == before + 2  # ours, and Odoo's exchange difference
    gain = books.balance("441000") + books.balance("641000")
    assert gain != 0
    assert books.verify() == 0
    with books.database.transaction() as connection:
        (match,) = matches(connection)
    books.decide("ann").undo(match["source_key"], "wrong customer")
    books.work()
    assert books.due(move) == 900 and books.balance("441000") + books.balance("641000") == 0
    assert books.balance("212130") == -1005 and books.verify() == 0


def test_tax_that_falls_due_on_payment_is_moved_by_odoo_and_back_with_the_undoing(books: Books) -> None:
    (tax,) = books.call("account.tax", "search", domain=[["name", "=", "15%"], ["type_tax_use", "=", "sale"]])
    (transition,) = books.call("account.account", "search", domain=[["code", "=", "201000"]])
    books.call("account.tax", "write", ids=[tax],
               vals={"tax_exigibility": "on_payment", "cash_basis_transition_account_id": transition})  # fmt: skip
    books.call("res.company", "write", ids=[books.company.id], vals={"tax_exigibility": True})
    move = books.invoice("INV-77060", "200.00", books.partner("Acme Corp"), taxes=[tax])
    assert books.balance("201000") == -30 and books.balance("251000") == 0
    books.cash("c1", "230.00", "Acme Corp INV-77060")
    whole(books)
    assert books.state(move) == "paid"
    assert books.balance("201000") == 0 and books.balance("251000") == -30
    rows = books.database.rows("select read_back from tieout.delivery where effect = 'match_121000'")
    assert '"cash_basis": []' not in rows[0]["read_back"]
    with books.database.transaction() as connection:
        (match,) = matches(connection)
    books.decide("ann").undo(match["source_key"], "wrong customer")
    books.work()
    assert books.balance("201000") == -30 and books.balance("251000") == 0


def test_what_somebody_matched_meanwhile_is_respected_and_told(books: Books) -> None:
    acme = books.partner("Acme Corp")
    move = books.invoice("INV-77070", "500.00", acme)
    books.cash("c1", "500.00", "Acme Corp INV-77070")
    assert len(books.run().applied) == 1
    # Before it is delivered somebody pays the invoice by hand.
    books.pay_by_hand(move)
    assert books.state(move) == "paid"
    books.work()
    # Nothing was booked for it: the cash is unapplied still, and a person is told.
    assert ("matched_otherwise", Decimal("500.00")) in books.cases()
    assert books.balance("212130") == -500
    assert all(x["reconciled"] for x in books.lines("121000"))
    # The next run reads the ledger again: what is open now is matched, or left over.
    found = whole(books)
    assert not found.applied and [c for c, _ in books.cases()] == ["unmatched_cash"]
    again = books.invoice("INV-77071", "500.00", acme)
    books.invoice("INV-77072", "81.00", books.partner("Bolt Ltd"))
    (cash,) = (x for x in books.run().left_over if x.side == "cash")
    assert cash.amount == 500 and books.due(again) == 500


def test_of_two_suggestions_for_one_line_only_one_can_be_applied(books: Books) -> None:
    books.options = {"automatic": "no"}
    acme = books.partner("Acme Corp")
    one, two = books.invoice("INV-77075", "60.00", acme), books.invoice("INV-77076", "60.00", acme)
    books.cash("c1", "60.00", "Acme Corp")
    whole(books)
    first, second = open_suggestions(books)
    books.decide("ann").accept(first["suggestion_id"])
    with pytest.raises(DecisionError, match="is gone"):
        books.decide("bob").accept(second["suggestion_id"])
    books.work()
    assert sorted((books.due(one), books.due(two))) == [0, 60] and books.balance("212130") == 0


def test_a_suggestion_whose_lines_changed_in_the_ledger_books_nothing(books: Books) -> None:
    books.options = {"automatic": "no"}
    move = books.invoice("INV-77078", "60.00", books.partner("Acme Corp"))
    books.cash("c1", "60.00", "Acme Corp INV-77078")
    whole(books)
    (row,) = open_suggestions(books)
    books.pay_by_hand(move)
    before = books.moves()
    books.decide("ann").accept(row["suggestion_id"])
    books.work()
    assert books.moves() == before and books.balance("212130") == -60
    assert ("matched_otherwise", Decimal("60.00")) in books.cases()


def test_a_match_that_somebody_takes_apart_is_a_case_and_is_not_made_again(books: Books) -> None:
    move = books.invoice("INV-77080", "500.00", books.partner("Acme Corp"))
    books.cash("c1", "500.00", "Acme Corp INV-77080")
    whole(books)
    assert books.verify() == 0
    lines = [x["id"] for x in books.lines("121000")]
    books.call("account.move.line", "remove_move_reconcile", ids=lines)
    assert books.verify() == 1
    assert books.cases() == [("unreconciled_in_ledger", Decimal("500.00"))]
    assert not whole(books).applied and books.due(move) == 500
    books.call("account.move.line", "reconcile", ids=lines)
    assert books.verify() == 0 and books.cases() == []
    # Taken apart once more, and undone: the cash is unapplied again, and a person's to match.
    books.call("account.move.line", "remove_move_reconcile", ids=lines)
    assert books.verify() == 1
    with books.database.transaction() as connection:
        (match,) = matches(connection)
    books.decide("ann").undo(match["source_key"], "it was another Acme")
    books.work()
    assert books.cases() == [] and books.balance("212130") == -500 and books.verify() == 0
    assert not whole(books).applied and len(open_suggestions(books)) == 1


def test_a_mark_that_comes_late_hides_no_match(books: Books) -> None:
    """A load whose answer was lost may happen after the match: the number reads as a mark then."""
    move = books.invoice("INV-77085", "500.00", books.partner("Acme Corp"))
    books.cash("c1", "500.00", "Acme Corp INV-77085")
    whole(books)
    table = books.world.odoo.service.world.table("account.move.line")
    for line in books.lines("121000"):
        table[line["id"]]["matching_number"] = "Ilate"
    assert books.verify() == 0 and books.cases() == [] and books.due(move) == 0
    books.call("account.move.line", "remove_move_reconcile", ids=[x["id"] for x in books.lines("121000")])
    assert books.verify() == 1


def test_undoing_puts_the_cash_back_and_it_is_a_break_again(books: Books) -> None:
    move = books.invoice("INV-77090", "500.00", books.partner("Acme Corp"))
    books.limits = CHARGES
    books.cash("c1", "487.50", "Acme Corp INV-77090 /CHGS/USD12,50")
    whole(books)
    with books.database.transaction() as connection:
        (match,) = matches(connection)
    with pytest.raises(DecisionError, match="needs a reason"):
        books.decide("ann").undo(match["source_key"], " ")
    books.decide("ann").undo(match["source_key"], "it was another Acme")
    books.work()
    assert books.due(move) == 500 and books.balance("620000") == 0
    assert books.balance("212130") == Decimal("-487.5")
    assert books.verify() == 0
    with pytest.raises(DecisionError, match="undone already"):
        books.decide("ann").undo(match["source_key"], "again")
    # A person took it apart: only a person puts it together again.
    found = whole(books)
    assert not found.applied and books.due(move) == 500
    (row,) = open_suggestions(books)
    books.decide("bob").accept(row["suggestion_id"], difference="bank_charge")
    books.work()
    assert books.due(move) == 0 and books.balance("620000") == Decimal("12.5") and books.verify() == 0
    with books.database.transaction() as connection:
        assert [m["source_key"][-2:] for m in matches(connection)][:1] == ["~2"]


@pytest.mark.parametrize("effect", [EntryPosting, MatchRequest])
def test_an_unknown_outcome_is_looked_up_and_happens_once(books: Books, effect: type) -> None:
    move = books.invoice("INV-77100", "500.00", books.partner("Acme Corp"))
    books.cash("c1", "500.00", "Acme Corp INV-77100")
    books.run()
    before = books.moves()

    class Cut:
        """The first answer to an effect gets lost after it happened."""

        lost = False

        def send(self, batch: Sequence[Sending]) -> list[Outcome]:
            outcomes: list[Outcome] = books.session.send(batch)
            if not Cut.lost and isinstance(batch[0].body, effect):
                Cut.lost = True
                raise UnknownOutcomeError("cut")
            return outcomes

        def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
            found: list[Outcome] = books.session.look_up(batch)
            return found

    books.work(Cut())
    assert Cut.lost and books.moves() == before + 1
    assert books.due(move) == 0 and books.balance("212130") == 0
    assert [r["state"] for r in books.database.rows("select state from tieout.document")] == ["posted"]


def test_a_part_payment_leaves_the_rest_open_and_the_next_one_closes_it(books: Books) -> None:
    move = books.invoice("INV-77110", "500.00", books.partner("Acme Corp"))
    books.invoice("INV-77111", "70.00", books.partner("Other Corp"))
    books.cash("c1", "200.00", "Acme Corp INV-77110")
    whole(books)
    if books.due(move) == 500:
        (row,) = open_suggestions(books)
        books.decide("ann").accept(row["suggestion_id"])
        books.work()
    assert books.due(move) == 300 and books.balance("212130") == 0
    books.cash("c2", "300.00", "Acme Corp INV-77110")
    whole(books)
    assert books.due(move) == 0 and books.balance("212130") == 0 and books.verify() == 0


@pytest.mark.parametrize(
    ("due", "paid", "currency", "known"),
    [("500.00", "520.00", "", True), ("0.01", "0.02", "", True), ("333.33", "600.10", "", True),
     ("500.00", "520.00", "", False), ("900.00", "950.00", "EUR", True)],
)  # fmt: skip
def test_what_is_paid_too_much_is_the_customers_credit_until_it_is_undone(
    books: Books, due: str, paid: str, currency: str, known: bool
) -> None:
    key, acme = books.customer("Acme Corp")
    given: dict[str, Any] = {}
    if currency:
        (given["currency_id"],) = books.call("res.currency", "search", domain=[["name", "=", currency]])
    move = books.invoice("INV-77201", due, acme, **given)
    other = books.invoice("INV-77202", "70.00", books.partner("Bolt Ltd"))
    own = f"{Decimal(paid) * Decimal('1.1'):.2f}" if currency else paid
    books.cash("c1", paid, "Acme Corp INV-77201", own, currency or "USD", key if known else "")
    found = whole(books)
    # Where nobody says whose money it is, a person decides.
    assert bool(found.applied) is known
    if not known:
        (row,) = open_suggestions(books)
        books.decide("ann").accept(row["suggestion_id"])
        books.work()
    assert books.state(move) == "paid" and books.due(other) == 70
    # Nothing waits unapplied: what is too much stands on the customer's account.
    assert books.balance("212130") == 0 and all(x["reconciled"] for x in books.lines("212130"))
    assert credit(books, acme) == Decimal(paid) - Decimal(due)
    # Again: nothing is found, and nothing is changed.
    before = books.moves()
    assert not whole(books).applied and books.moves() == before
    assert books.verify() == 0 and books.cases() == []
    with books.database.transaction() as connection:
        (match,) = matches(connection)
    books.decide("ann").undo(match["source_key"], "another customer")
    books.work()
    assert books.due(move) == Decimal(due) and books.balance("212130") == -Decimal(own)
    assert credit(books, acme) == 0 and books.verify() == 0


def credit(books: Books, partner: int) -> Decimal:
    """What a partner's receivable lines leave open in its favour, in their own currency."""
    rows = books.call("account.move.line", "search_read", fields=["amount_residual_currency"],
                      domain=[["account_id.code", "=", "121000"], ["partner_id", "=", partner],
                              ["parent_state", "=", "posted"]])  # fmt: skip
    rests = (Decimal(str(r["amount_residual_currency"])) for r in rows)
    return -sum((min(rest, Decimal(0)) for rest in rests), Decimal(0))


def test_a_customers_credit_pays_its_next_invoice(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    books.invoice("INV-77211", "500.00", acme)
    books.cash("c1", "619.37", "Acme Corp INV-77211", partner=key)
    assert len(whole(books).applied) == 1 and credit(books, acme) == Decimal("119.37")
    later = books.invoice("INV-77212", "119.37", acme, day=13)
    assert len(whole(books).applied) == 1
    assert books.due(later) == 0 and credit(books, acme) == 0 and books.verify() == 0


def test_instalments_that_name_their_invoice_pay_it_one_by_one(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    move = books.invoice("INV-77221", "1000.00", acme)
    other = books.invoice("INV-77222", "400.00", acme)
    left = Decimal(1000)
    for n, amount in enumerate(("333.33", "333.33", "333.34")):
        books.cash(f"c{n}", amount, f"Acme Corp INV-77221 Rate {n + 1}/3", partner=key)
        assert len(whole(books).applied) == 1
        left -= Decimal(amount)
        assert books.due(move) == left and books.due(other) == 400
    assert books.state(move) == "paid" and books.balance("212130") == 0 and books.verify() == 0


def test_two_instalments_at_once_leave_the_rest_open_and_come_back_with_the_undoing(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    move = books.invoice("INV-77231", "1000.00", acme)
    for n in range(2):
        books.cash(f"c{n}", "250.00", f"Acme Corp INV-77231 Rate {n + 1}/4", partner=key)
    (applied,) = whole(books).applied
    assert len(applied.cash) == 2 and books.due(move) == 500 and books.balance("212130") == 0
    with books.database.transaction() as connection:
        (match,) = matches(connection)
    books.decide("ann").undo(match["source_key"], "another customer")
    books.work()
    assert books.due(move) == 1000 and books.balance("212130") == -500 and books.verify() == 0


def in_euro(books: Books, rate: Decimal, dollars: str) -> Decimal:
    return Amount.rounded(Decimal(dollars) * rate, "EUR").value


@pytest.mark.parametrize("short", ["0.00", "3.00", "-3.00"])
def test_cash_in_one_currency_pays_an_invoice_in_another_at_the_ledgers_rate(
    books: Books, short: str
) -> None:
    """Dollars for an invoice in euro: what they are at the day's rate is paid, and the rest stays open."""
    (euro,) = books.call("res.currency", "search", domain=[["name", "=", "EUR"]])
    key, acme = books.customer("Müller GmbH")
    move = books.invoice("INV-77301", "900.00", acme, currency_id=euro)
    books.invoice("INV-77302", "900.00", books.partner("Bolt Ltd"))
    rate = books.session.facts().rate("EUR", date(2026, 10, 12))
    dollars = f"{Amount.rounded(Decimal(900) / rate, 'USD').value - Decimal(short):.2f}"
    books.cash("c1", dollars, "Mueller INV-77301", partner=key)
    (applied,) = whole(books).applied
    assert (
        applied.currency == "EUR" and f"at the ledger's {rate:f} EUR for 1 USD of 2026-10-12" in applied.why
    )
    worth = in_euro(books, rate, dollars)
    rest = Decimal(0) if short == "0.00" else max(Decimal(0), 900 - worth)
    assert books.due(move) == rest and credit(books, acme) == max(Decimal(0), worth - 900) * (short != "0.00")
    # All of the dollars have left the unapplied account, and no difference is booked but the rate's, by Odoo.
    assert books.balance("212130") == 0 and all(x["reconciled"] for x in books.lines("212130"))
    assert books.balance("642000") == 0 and books.verify() == 0
    before = books.moves()
    assert not whole(books).applied and books.moves() == before
    with books.database.transaction() as connection:
        (match,) = matches(connection)
    books.decide("ann").undo(match["source_key"], "another customer")
    books.work()
    assert books.due(move) == 900 and credit(books, acme) == 0 and books.verify() == 0
    assert books.balance("212130") == -Decimal(dollars)
    assert books.balance("441000") + books.balance("641000") == 0


def test_a_part_payment_in_another_currency_is_joined_by_hand_at_the_ledgers_rate(books: Books) -> None:
    """Far from what the rate lets expect nothing is taken by itself; a person's match leaves open what is not paid."""
    (euro,) = books.call("res.currency", "search", domain=[["name", "=", "EUR"]])
    key, acme = books.customer("Müller GmbH")
    move = books.invoice("INV-77331", "900.00", acme, currency_id=euro)
    books.cash("c1", "400.00", "Mueller INV-77331", partner=key)
    assert not whole(books).applied
    connection = books.database.connect(autocommit=True)
    cash, due = Reconciler(books.release(), books.interface, books.session, UNTIL, books.clock.now()).open(
        connection
    )
    connection.close()
    with pytest.raises(DecisionError, match="one currency"):
        books.decide("ann").join(books.interface, cash, due)
    rate = books.session.facts().rate
    done = books.decide("ann").join(books.interface, cash, due, "", rate)
    assert "at the ledger's" in done.why
    books.work()
    assert books.due(move) == 900 - in_euro(books, rate("EUR", date(2026, 10, 12)), "400.00")
    assert books.balance("212130") == 0 and books.verify() == 0


def test_foreign_cash_pays_an_invoice_in_the_books_own_currency_as_it_was_booked(books: Books) -> None:
    key, acme = books.customer("Müller GmbH")
    move = books.invoice("INV-77311", "1000.00", acme)
    books.cash("c1", "900.00", "Mueller INV-77311", company="996.50", currency="EUR", partner=key)
    found = whole(books).applied
    if not found:
        (row,) = open_suggestions(books)
        books.decide("ann").accept(row["suggestion_id"])
        books.work()
    assert books.due(move) == Decimal("3.50") and books.balance("212130") == 0 and books.verify() == 0


def test_a_figure_in_the_wrong_currency_pays_nothing(books: Books) -> None:
    (euro,) = books.call("res.currency", "search", domain=[["name", "=", "EUR"]])
    key, acme = books.customer("Müller GmbH")
    move = books.invoice("INV-77321", "900.00", acme, currency_id=euro)
    books.cash("c1", "900.00", "Mueller INV-77321", partner=key)
    assert not whole(books).applied and books.due(move) == 900


def test_a_name_and_an_amount_are_as_rare_as_the_past_says(books: Books) -> None:
    """Three are open: a round amount says nothing among three, and much among all that were ever due."""
    key, acme = books.customer("Acme Corp")
    move = books.invoice("INV-77241", "1500.00", acme)
    for n in range(2):
        books.invoice(f"INV-7724{n + 2}", f"{320 + n}.00", books.partner(f"Firm {n}"))
    books.cash("c1", "1500.00", "thank you", partner=key)
    assert not whole(books).applied and books.due(move) == 1500
    for n in range(40):
        books.pay_by_hand(books.invoice(f"INV-770{n}", f"{211 + 7 * n}.50", books.partner(f"Customer {n}")))
    (applied,) = whole(books).applied
    assert applied.rule == "party and amount" and books.due(move) == 0 and books.verify() == 0


def test_a_write_off_above_the_limit_needs_a_second_person(books: Books) -> None:
    books.options = {"write_off_limit": "10.00", "automatic": "no"}
    move = books.invoice("INV-77120", "500.00", books.partner("Acme Corp"))
    books.invoice("INV-77121", "70.00", books.partner("Other Corp"))
    books.cash("c1", "459.90", "Acme Corp INV-77120")
    found = whole(books)
    assert not found.applied and found.suggested
    number = open_suggestions(books)[0]["suggestion_id"]
    decided, applied = books.decide("ann").write_off(number, "customer is insolvent")
    assert not applied and decided.difference.value == Decimal("-40.10")
    with pytest.raises(DecisionError, match="somebody else approves"):
        books.decide("ann").approve(number)
    with pytest.raises(DecisionError, match="to_approve"):
        books.decide("ann").accept(number)
    books.work()
    assert books.due(move) == 500
    # A run meanwhile neither takes it from the list nor proposes it twice.
    whole(books)
    assert [r["state"] for r in open_suggestions(books) if r["suggestion_id"] == number] == ["to_approve"]
    books.decide("bob").approve(number)
    books.work()
    assert books.due(move) == 0 and books.balance("642000") == Decimal("40.1")
    assert books.balance("212130") == 0
    actions = [
        r["action"]
        for r in books.database.rows("select action from tieout.evidence where actor in ('ann', 'bob')")
    ]
    assert actions == ["suggestion.to_approve", "suggestion.accepted"]


def test_what_is_rejected_is_never_suggested_again(books: Books) -> None:
    books.options = {"automatic": "no"}
    books.invoice("INV-77130", "500.00", books.partner("Acme Corp"))
    books.cash("c1", "500.00", "Acme Corp INV-77130")
    assert whole(books).suggested == 1
    (row,) = open_suggestions(books)
    with pytest.raises(DecisionError, match="needs a reason"):
        books.decide("ann").reject(row["suggestion_id"], "")
    books.decide("ann").reject(row["suggestion_id"], "a deposit for next year")
    books.options = {}
    found = whole(books)
    assert not found.applied and not open_suggestions(books)
    assert ("unmatched_cash", Decimal("500.00")) in books.cases()


def test_a_split_takes_some_lines_and_leaves_the_others_open(books: Books) -> None:
    books.options = {"automatic": "no"}
    acme = books.partner("Acme Corp")
    one, two = books.invoice("INV-77140", "100.00", acme), books.invoice("INV-77141", "150.00", acme)
    books.cash("c1", "250.00", "Acme Corp INV-77140 INV-77141")
    whole(books)
    row = next(r for r in open_suggestions(books) if len(books_lines(r)) == 3)
    cash, *due = books_lines(row)
    with pytest.raises(DecisionError, match="none of this match"):
        books.decide("ann").accept(row["suggestion_id"], only=[cash, 999_999])
    books.decide("ann").accept(row["suggestion_id"], only=[cash, due[0]])
    books.work()
    assert sorted((books.due(one), books.due(two))) == [0, 150]
    # The rest of the cash is unapplied still.
    assert books.balance("212130") == -150
    assert [Decimal(str(x["amount_residual"])) for x in books.lines("212130") if not x["reconciled"]] == [
        -150
    ]


def books_lines(row: dict[str, Any]) -> list[int]:
    from tieout.documents import decode_document

    document: Any = decode_document(row["content"].encode())
    return [x.line for x in (*document.cash, *document.due)]


def test_a_vendors_bill_is_paid_from_the_bank_and_a_credit_note_is_netted(books: Books) -> None:
    vendor = books.partner("Supply Co")
    (bill,) = books.call("account.move", "create", vals_list=[{
        "move_type": "in_invoice", "partner_id": vendor, "invoice_date": "2026-10-02", "ref": "S-88431",
        "invoice_line_ids": [[0, 0, {"name": "Steel", "quantity": 1, "price_unit": 310.0, "tax_ids": [[6, 0, []]]}]]}])  # fmt: skip
    books.call("account.move", "action_post", ids=[bill])
    books.cash("c1", "-310.00", "Supply Co bill S-88431")
    found = whole(books)
    assert len(found.applied) == 1 and books.due(bill) == 0 and books.balance("212130") == 0
    assert books.balance("211000") == 0


def test_a_dry_run_writes_nothing(books: Books) -> None:
    move = books.invoice("INV-77150", "500.00", books.partner("Acme Corp"))
    books.cash("c1", "500.00", "Acme Corp INV-77150")
    tables = ("message", "document", "suggestion", "match_line", "evidence", "cases")
    found = books.run(dry=True)
    assert len(found.applied) == 1
    counts = [books.database.rows(f"select count(*) as n from tieout.{t}")[0]["n"] for t in tables]
    assert counts == [0] * len(tables)
    books.work()
    assert books.due(move) == 500


def test_an_account_on_which_nothing_is_ever_open_is_refused(books: Books) -> None:
    books.accounts["unapplied.bank"] = "201000"
    with pytest.raises(SetupError, match="allow reconciliation in Odoo on 201000"):
        books.run()


def test_cash_that_nobody_can_match_is_one_case_with_its_age(books: Books) -> None:
    books.invoice("INV-77160", "910.00", books.partner("Acme Corp"))
    books.bank_line("33.33", "no idea")
    found = whole(books)
    (cash,) = (x for x in found.left_over if x.side == "cash")
    assert (cash.amount, cash.days, cash.kind) == (Decimal("33.33"), 19, "suspense")
    (due,) = (x for x in found.left_over if x.side == "due")
    assert (due.amount, due.days, due.number) == (Decimal("910.00"), 26, "INV-77160")
    whole(books)
    assert books.cases() == [("unmatched_cash", Decimal("33.33"))]


def test_a_match_on_the_receivable_itself_books_nothing(books: Books) -> None:
    """A payment that stands on the receivable already is paired, and no entry is made."""
    partner = Sending("tieout.p1", PartnerRecord(name="Acme Corp"))
    (made,) = books.session.send([partner])
    move = books.invoice("INV-77170", "80.00", made.target_id)
    line = LedgerLine(
        account="121000", amount=Decimal(-80), company=Decimal(-80), name="INV-77170", partner="tieout.p1"
    )
    body = CashPosting(journal="BNKU", account="101511", on=date(2026, 10, 12), reference="c1", label="INV-77170",
                       currency="USD", amount=Decimal(80), company=Decimal(80), counterparts=(line,))  # fmt: skip
    books.session.send([Sending("tieout.c1", body)])
    before = books.moves()
    assert len(whole(books).applied) == 1
    assert books.state(move) == "paid" and books.moves() == before


# what people teach


def by_line(books: Books, text: str) -> tuple[Any, list[Any], list[Any]]:
    connection = books.database.connect(autocommit=True)
    reconciler = Reconciler(books.release(), books.interface, books.session, UNTIL, books.clock.now())
    cash, due = reconciler.open(connection)
    connection.close()
    return books.interface, [i for i in cash if text in i.label], due


def taught(books: Books, state: str | None = None) -> list[str]:
    with books.database.transaction() as connection:
        return [r["sentence"] for r in lessons(connection, state=state)]


def let(books: Books, approve: bool, who: str, number: int = 1, reason: str = "") -> None:
    with books.database.transaction() as connection:
        decide_lesson(connection, number, approve, who, reason, books.clock.now())


def test_a_match_by_hand_teaches_a_reference_that_is_used_once_another_approves(books: Books) -> None:
    books.options = {"write_off_limit": "50.00"}
    acme = books.partner("Acme Corp")
    books.invoice("INV/2026/04711", "500.00", acme)
    second = books.invoice("INV/2026/04712", "500.00", acme)
    third = books.invoice("INV/2026/04799", "500.00", books.partner("Bolt Ltd"))
    books.cash("c1", "480.00", "Beleg 4711")
    interface, cash, due = by_line(books, "Beleg")
    books.decide("ann").join(
        interface, cash, [i for i in due if i.numbers[0] == "INV/2026/04711"], "write_off"
    )
    books.work()
    assert taught(books) == ["BELEG and digits means INV/2026/#####"]
    with pytest.raises(DecisionError, match="is applied already"):
        books.decide("bob").join(
            interface, cash, [i for i in due if i.numbers[0] == "INV/2026/04711"], "write_off"
        )
    books.cash("c2", "500.00", "Beleg 4712")
    assert not whole(books).applied and books.due(second) == 500
    with pytest.raises(LessonError, match="somebody else approves"):
        let(books, True, "ann")
    let(books, True, "bob")
    assert [d.rule for d in whole(books).applied] == ["number and amount"]
    assert books.due(second) == 0 and books.due(third) == 500
    with pytest.raises(LessonError, match="needs a reason"):
        let(books, False, "ann")
    let(books, False, "ann", reason="the customer changed its habit")
    assert taught(books, "approved") == []
    actors = books.database.rows(
        "select actor, action from tieout.evidence where action like 'lesson.%' order by 1, 2"
    )
    assert [(r["actor"], r["action"]) for r in actors] == [
        ("ann", "lesson.proposed"), ("ann", "lesson.rejected"), ("bob", "lesson.approved")]  # fmt: skip


def test_cash_that_pays_nothing_teaches_its_account_within_a_limit(books: Books) -> None:
    books.accounts["bank_fees"] = "620000"
    books.options = {"learned_limit": "20.00"}
    books.cash("c1", "-12.00", "ACCOUNT FEE 09/2026")
    interface, cash, _ = by_line(books, "FEE")
    books.decide("ann").book(interface, cash[0], "bank_fees")
    books.work()
    assert books.balance("620000") == 12 and books.balance("212130") == 0
    assert all(x["reconciled"] for x in books.lines("212130"))
    assert taught(books) == ["money out of 'ACCOUNT FEE' is booked to bank_fees"]
    let(books, True, "bob")
    books.cash("c2", "-12.50", "Account fee 10/2026")
    books.cash("c3", "-21.00", "Account fee 11/2026")
    books.cash("c4", "12.00", "ACCOUNT FEE 09/2026")
    found = whole(books)
    assert [d.difference.value for d in found.applied] == [Decimal("-12.50")]
    assert books.balance("620000") == Decimal("24.5")
    # Above the limit it is asked, and money the other way is another thing.
    (row,) = open_suggestions(books)
    assert row["amount"] == Decimal("-21.00") and row["rule"] == "learned account"
    books.decide("ann").accept(row["suggestion_id"])
    books.work()
    assert books.balance("620000") == Decimal("45.5") and books.balance("212130") == -12


def test_a_name_means_one_party_and_is_read_so_once_approved(books: Books) -> None:
    learned = Learned([Lesson(kind="alias", key="HRBR INDSTRL", value="Harbor Industrial")])
    assert learned.party("Hrbr Indstrl Inc.") == "Harbor Industrial" and learned.party("Harbour") == "Harbour"
    with books.database.transaction() as connection:
        for value in ("Harbor Industrial", "Harbor Imports"):
            lesson = Lesson(kind="alias", key="HRBR INDSTRL", value=value)
            assert teach(connection, books.interface, [lesson], "match:1", "ann", NOW) == 1
            assert teach(connection, books.interface, [lesson], "match:1", "ann", NOW) == 0
    let(books, True, "bob", 1)
    with pytest.raises(LessonError, match="means Harbor Industrial by lesson 1"):
        let(books, True, "bob", 3)


def test_nothing_is_taught_by_what_says_itself() -> None:
    def line(**more: Any) -> OpenLine:
        return OpenLine(
            **{
                "line": 1,
                "account": "1",
                "on": UNTIL,
                "residual": Decimal(-1),
                "company": Decimal(-1),
                **more,
            }
        )

    def match(text: str, party: str, number: str, owner: str) -> list[str]:
        document = Reconciliation(
            key="k", occurred_at=NOW, currency="USD", cash=(line(text=text, party=party),),
            due=(line(line=2, number=number, party=owner),), difference=Amount.zero("USD"), rule="r",
            confidence="1", why="w", decided_by="ann", booked_on=UNTIL,
        )  # fmt: skip
        return [x.sentence for x in taught_by(document)]

    assert match("INV 2026 04711", "ACME CORP.", "INV/2026/04711", "Acme Corp") == []
    assert match("no number", "", "INV/2026/04711", "Acme Corp") == []
    assert match("Rg. 12", "Acme", "INV/2026/00012", "Acme") == []  # two digits are anything
    assert match("paid on 4711", "Acme Trading", "INV/2026/04711", "Acme Corp") == [
        "ACME TRADING is Acme Corp", "ON and digits means INV/2026/#####"]  # fmt: skip


# every day by itself


@pytest.mark.parametrize(
    ("after", "at", "zone", "due"),
    [
        ("2026-10-20T05:00", "06:30", "UTC", "2026-10-20T06:30"),
        ("2026-10-20T06:30", "06:30", "UTC", "2026-10-21T06:30"),
        ("2026-10-20T23:00", "06:30", "Europe/Berlin", "2026-10-21T04:30"),
        ("2026-10-25T03:00", "06:30", "Europe/Berlin", "2026-10-25T05:30"),  # the clocks go back
    ],
)
def test_the_next_time_is_the_entitys_own(after: str, at: str, zone: str, due: str) -> None:
    from zoneinfo import ZoneInfo

    found = next_run(datetime.fromisoformat(after).replace(tzinfo=UTC), at, ZoneInfo(zone))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_an_entity_is_reconciled_once_a_day_and_again_soon_where_its_ledger_did_not_answer(
    books: Books,
) -> None:
    books.options = {"daily_at": "15:00"}
    runs: list[tuple[str, date]] = []
    broken = [False]

    def run(entity: str, day: date) -> None:
        runs.append((entity, day))
        if broken[0]:
            raise SetupError("no answer")

    stage = ReconcileStage(books.release, run, books.clock)
    connection = books.database.connect(autocommit=True)
    assert not step(stage, connection) and not runs  # it is 14:00
    books.clock.at = NOW + timedelta(hours=1)
    assert step(stage, connection) and not step(stage, connection)
    assert runs == [("US", NOW.date())]
    broken[0], books.clock.at = True, NOW + timedelta(hours=25)
    assert not step(stage, connection) and not step(stage, connection)
    broken[0] = False
    forget_failures(connection)
    assert step(stage, connection) and not step(stage, connection)
    assert [d for _, d in runs] == [NOW.date(), *[NOW.date() + timedelta(days=1)] * 2]
    connection.close()


def test_an_account_that_stops_allowing_reconciliation_is_named_and_nothing_is_booked(books: Books) -> None:
    """Somebody takes the tick away between the plan of a match and its sending."""
    move = books.invoice("INV-77180", "500.00", books.partner("Acme Corp"))
    books.cash("c1", "500.00", "Acme Corp INV-77180")
    assert len(books.run().applied) == 1
    (account,) = books.call("account.account", "search", domain=[["code", "=", "212130"]])
    books.call("account.account", "write", ids=[account], vals={"reconcile": False})
    moves = books.moves()
    books.work()
    assert books.due(move) == 500 and books.moves() == moves
    rows = books.database.rows("select cause, detail from tieout.cases where state = 'open'")
    assert [r["cause"] for r in rows] == ["matched_otherwise"] and "tick Allow Reconciliation" in rows[0][
        "detail"
    ]
    books.call("account.account", "write", ids=[account], vals={"reconcile": True})
    assert len(whole(books).applied) == 1 and books.due(move) == 0
