"""What figures say of a task: each thing that is wrong keeps it open and is named, and each figure is signed with it. Pure, of figures as
a look reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tieout.close.checks import Evidence
from tieout.close.figures import OpenCases
from tieout.close.model import Finding, Task
from tieout.documents import JournalEntry, JournalLine, month_end_entry
from tieout.documents.states import DocumentState
from tieout.money import Amount, Period
from tieout.proofs import ClearingRow, Figure, LedgerRow, TieOutRow
from tieout.proofs.clearing import OpenMovement
from tieout.rules import Entity

D = Decimal
OCTOBER = Period(2026, 10)
AFTER = datetime(2026, 11, 3, 15, tzinfo=UTC)
NONE = OpenCases(rows=(), waiting=0, past_us=(), gone=(), excluded=(0, D(0)))


def figures(**given: Any) -> Any:
    """Figures of a month that is over, of which nothing was changed past us and nothing is there, but for what is given."""
    book = Entity("US", "US", "USD", "UTC", "odoo")
    known = {
        "entity": "US", "period": OCTOBER, "now": AFTER, "book": book, "read_back_at": None, "changed": list,
        "changed_since": lambda: None, "release": SimpleNamespace(interfaces={"bills": None}), "missing": lambda *_: "",
        "told": lambda _: 0, "unread": lambda _: False, "short": list, "rules": SimpleNamespace(case_limit=D("0.10")), "reader": lambda: None,
    }  # fmt: skip
    return SimpleNamespace(**(known | given))


def find(check: str, **given: Any) -> Finding:
    """What is found of a task of the month; what is read of the database alone is asked as well."""
    task = Task(name=check, entity="US", owner="controller", due_at=AFTER, check=check, subject="bills")
    evidence = Evidence(figures(**given))
    evidence._at_once = evidence._find  # type: ignore[method-assign]
    return evidence.find(task)


def row(**given: Any) -> TieOutRow:
    nothing = Figure()
    known: dict[str, Any] = {
        "interface": "bills", "entity": "US", "period": "2026-10", "currency": "USD", "source": Figure(2, D(230)),
        "posted": Figure(2, D(230)), "waiting": nothing, "in_exception": nothing, "excluded": nothing, "ledger_gap": D(0),
    }  # fmt: skip
    return TieOutRow(**(known | given))


class TestMonthEndEntry:
    """What the revaluation, the cut-off and the accruals hang on: their entry, as it should be by now, is in the ledger."""

    WANTED = month_end_entry(
        "revaluation", [JournalLine(account="1", amount=Amount.exact(D(5), "USD"), text=""),
                        JournalLine(account="2", amount=Amount.exact(D(-5), "USD"), text="")], "USD", OCTOBER.last,
    )  # fmt: skip

    def booked(self, row: dict[str, str] | None, wanted: JournalEntry = WANTED) -> Finding:
        evidence = Evidence(figures(month_end_entry=lambda *_: row))
        return evidence._booked(SimpleNamespace(name="books"), wanted, "tieout revalue", "nothing is open")  # type: ignore[arg-type]

    @pytest.mark.parametrize("state", [x.value for x in DocumentState if x is not DocumentState.POSTED])
    def test_one_that_is_on_its_way_or_in_a_case_is_not_booked(self, state: str) -> None:
        found = self.booked({"batch": self.WANTED.batch, "state": state})
        assert not found.done and found.why == f"5.00 USD is {state}"

    def test_one_that_is_posted_is_and_another_one_is_not(self) -> None:
        assert self.booked({"batch": self.WANTED.batch, "state": "posted"}).done
        for row in (None, {"batch": "another", "state": "posted"}):
            found = self.booked(row)
            assert not found.done and found.why == "5.00 USD is not booked: `tieout revalue --period 2026-10`"

    def test_none_is_needed_where_nothing_is_to_be_booked_and_nothing_was(self) -> None:
        empty = month_end_entry("revaluation", [], "USD", OCTOBER.last)
        assert self.booked(None, empty).done
        assert not self.booked({"batch": self.WANTED.batch, "state": "posted"}, empty).done


class TestComplete:
    def test_what_is_proven_is_done_and_says_when_it_was_read_back(self) -> None:
        found = find(
            "complete", tie_out=lambda _: [row()], read_back_at=datetime(2026, 11, 3, 9, 5, tzinfo=UTC)
        )
        assert found.done and found.why == "2 documents proven; the ledger read back at 2026-11-03 09:05"

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"source": None}, "USD: its source has no control figure for the period"),
            ({"source": Figure(3, D(240))}, "USD: a residual of 10 (1 documents)"),
            ({"changed": 1}, "USD: 1 of the figures behind 230 were written in the database past Tieout"),
            ({"ledger_gap": D("-0.01")}, "USD: the ledger has -0.01 beside what is posted"),
            # What waits is none of the residual: it is here, and nobody knows yet what becomes of it.
            ({"posted": Figure(1, D(200)), "waiting": Figure(1, D(30))}, "USD: 1 document waits"),
            ({"posted": Figure(2, D(200)), "waiting": Figure(0, D(30))}, "USD: 0 documents wait"),
            ({"posted": Figure(2, D(230), D(7)), "source": Figure(2, D(230), D(7)), "waiting": Figure(0, D(0), D(0))}, ""),
        ],
    )  # fmt: skip
    def test_each_thing_that_is_wrong_keeps_it_open(self, given: dict[str, Any], says: str) -> None:
        found = find("complete", tie_out=lambda _: [row(**given)])
        assert found.done is (says == "") and says in found.why

    def test_of_two_currencies_each_has_to_be_proven(self) -> None:
        rows = [row(), row(currency="EUR", source=None)]
        assert not find("complete", tie_out=lambda _: rows).done

    def test_what_had_to_come_and_did_not_keeps_it_open_and_is_signed_with_it(self) -> None:
        given = {"tie_out": lambda _: [row()]}
        lacking = find("complete", missing=lambda *_: "nothing of the 30th came", **given)
        assert not lacking.done and "nothing of the 30th came" in lacking.why
        assert lacking.digest != find("complete", **given).digest
        nothing = find("complete", tie_out=lambda _: [])
        assert nothing.done and nothing.why == "nothing came, and nothing had to"


class TestCases:
    def test_nothing_open_is_done(self) -> None:
        found = find("cases", open_cases=lambda: NONE)
        assert found.done and found.why == "no case is open above the limit"

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"rows": ({"cause": "tax_differs", "count": 2, "amount": D("7.000"), "currency": "USD"},)}, "2 tax differs (7.00 USD)"),
            ({"waiting": 1}, "1 request waits for an approval"),
            ({"past_us": ("case 7 of 3.00 is gone",)}, "case 7 of 3.00 is gone"),
            ({"gone": ("3 entries of the log are missing",)}, "3 entries of the log are missing"),
        ],
    )  # fmt: skip
    def test_each_thing_that_is_open_keeps_it_open_and_is_a_figure(
        self, given: dict[str, Any], says: str
    ) -> None:
        changed = OpenCases(**({f: getattr(NONE, f) for f in NONE.__struct_fields__} | given))
        found = find("cases", open_cases=lambda: changed)
        assert not found.done and found.why == says
        assert found.digest != find("cases", open_cases=lambda: NONE).digest

    @pytest.mark.parametrize("excluded", [(1, D(0)), (0, D("3.00"))])
    def test_what_is_excluded_is_signed_with_it(self, excluded: tuple[int, Decimal]) -> None:
        other = OpenCases(rows=(), waiting=0, past_us=(), gone=(), excluded=excluded)
        found = find("cases", open_cases=lambda: other)
        assert found.done and found.digest != find("cases", open_cases=lambda: NONE).digest


def bank(in_ledger: str, source: str | None, role: str = "bank.main") -> LedgerRow:
    stated = None if source is None else D(source)
    return LedgerRow(
        entity="US", period="2026-10", role=role, account="101401", currency="USD", in_ledger=D(in_ledger), ours=D(in_ledger),
        source=stated,
    )  # fmt: skip


class TestBank:
    def test_a_bank_that_says_the_same_is_done_and_other_accounts_are_none_of_it(self) -> None:
        rows = [bank("5.00", "5.00"), bank("7.00", "9.00", "clearing.stripe.USD")]
        found = find("bank", balances=lambda: rows)
        assert found.done and found.why == "1 account as the bank has it"

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"balances": lambda: [bank("5.00", "4.99")]}, "101401 USD: -0.01 more at the bank"),
            ({"balances": lambda: [bank("5.00", None)]}, "101401 USD: the bank states no balance"),
            ({"balances": lambda: [bank("5.00", "5.00")], "told": lambda _: 2}, "2 statements are missing"),
            (
                {"balances": lambda: [bank("5.00", "5.00")], "short": lambda: [SimpleNamespace(says="ends on the 29th")]},
                "ends on the 29th",
            ),
        ],
    )  # fmt: skip
    def test_each_thing_that_is_wrong_keeps_it_open(self, given: dict[str, Any], says: str) -> None:
        found = find("bank", **given)
        assert not found.done and found.why == says

    def test_an_account_of_which_the_bank_says_nothing_and_on_which_nothing_stands_is_none(self) -> None:
        assert find("bank", balances=lambda: [bank("0.00", None)]).done

    def test_a_gap_is_asked_for_by_its_cause(self) -> None:
        asked: list[list[str]] = []
        find("bank", balances=list, told=lambda causes: asked.append(causes) or 0)
        assert asked == [["statement_gap"]]


def clearing(in_ledger: str, source: str | None, *items: tuple[str, str]) -> ClearingRow:
    open_ones = tuple(
        OpenMovement(key="ch_1", category="charge", on=OCTOBER.last, days=0, amount=D(a), posted=D(p), why="w")
        for a, p in items
    )  # fmt: skip
    return ClearingRow(
        entity="US", as_of=OCTOBER.last, provider="stripe", account="101410", currency="USD", in_ledger=D(in_ledger),
        ours=D(in_ledger), source=None if source is None else D(source), items=open_ones,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("held", "done", "says"),
    [
        (clearing("100.00", "100.00", ("100.00", "100.00")), True, "1 clearing account explained"),
        # Not posted yet: the provider has it, the ledger does not.
        (clearing("100.00", "130.00", ("100.00", "100.00"), ("30.00", "0.00")), True, "1 clearing account explained"),
        (clearing("100.00", "101.00", ("100.00", "100.00")), False, "101410 USD: 1.00 is not explained"),
        # The provider agrees, and what stands there is none of its movements.
        (clearing("105.00", "105.00", ("100.00", "100.00")), False, "101410 USD: 5.00 is not explained"),
        (clearing("105.00", None, ("100.00", "100.00")), False, "101410 USD: 5.00 is not explained"),
        (
            clearing("100.00", None, ("100.00", "100.00")),
            True,
            "1 clearing account explained, of 101410 USD nothing states the balance apart: people certify it",
        ),
    ],
)  # fmt: skip
def test_a_clearing_account_is_the_providers_balance_and_its_open_movements(
    held: ClearingRow, done: bool, says: str
) -> None:
    found = find("clearing", clearing=lambda: [held])
    assert (found.done, found.why) == (done, says)


def test_pairs_are_asked_for_by_both_causes_and_keep_it_open() -> None:
    asked: list[list[str]] = []

    def pairs(causes: list[str]) -> tuple[int, Decimal]:
        asked.append(causes)
        return 1, D("7.00")

    found = find("intercompany", pairs=pairs)
    assert not found.done and found.why == "1 pairs do not net"
    assert asked == [["intercompany_one_sided", "intercompany_differs"]]
    assert found.digest != find("intercompany", pairs=lambda _: (1, D("8.00"))).digest
    assert find("intercompany", pairs=lambda _: (0, D(0))).done


@pytest.mark.parametrize(
    ("locks", "done"),
    [
        ({}, False),
        ({"fiscal year": date(2026, 10, 31)}, True),
        ({"hard": date(2026, 11, 30)}, True),
        ({"fiscal year": date(2026, 10, 30), "hard": None}, False),
        ({"sale": date(2026, 12, 31), "purchase": date(2026, 12, 31), "tax": date(2026, 12, 31)}, False),
    ],
)
def test_books_are_locked_by_the_fiscal_years_lock_or_the_hard_one_alone(
    locks: dict[str, date | None], done: bool
) -> None:
    found = find("lock", reader=lambda: SimpleNamespace(locks=lambda: locks))
    assert found.done is done
    none = find("lock")
    assert (none.done, none.why) == (False, "odoo is no ledger that can be read")


class TestWhatWasChangedPastUs:
    CHANGED = SimpleNamespace(says="bill B-1 was changed past Tieout: 7.00 USD", told=False)

    @pytest.mark.parametrize(
        "check", ["complete", "bank", "clearing", "intercompany", "waived", "late", "taxes"]
    )
    def test_it_keeps_open_whatever_is_added_up_of_documents(
        self, check: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tieout.close.checks.in_words", lambda rows: "; ".join(r.says for r in rows))
        given: dict[str, Any] = {
            "changed": lambda: [self.CHANGED], "tie_out": lambda _: [row()], "balances": list, "clearing": list,
            "pairs": lambda _: (0, D(0)), "late": list, "taxes": [],
        }  # fmt: skip
        found = find(check, **given)
        assert not found.done and found.why == self.CHANGED.says

    def test_cases_and_locks_are_rows_of_their_own(self) -> None:
        locks = {"hard": OCTOBER.last}
        changed: Callable[[], list[Any]] = lambda: [self.CHANGED]  # noqa: E731
        assert find("cases", changed=changed, open_cases=lambda: NONE).done
        assert find("lock", changed=changed, reader=lambda: SimpleNamespace(locks=lambda: locks)).done


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_nothing_of_a_month_is_done_before_its_last_day_is_over_where_the_entity_is(zone: str) -> None:
    book = Entity("US", "US", "USD", zone, "odoo")
    midnight = datetime(2026, 11, 1, tzinfo=ZoneInfo(zone))
    before = datetime.fromtimestamp(midnight.timestamp() - 1, UTC)
    early = find("bank", book=book, now=before, balances=list)
    assert (
        not early.done
        and "to be signed from 2026-11-01 on; so far: 0 accounts as the bank has it" in early.why
    )
    assert find("bank", book=book, now=midnight, balances=list).done
