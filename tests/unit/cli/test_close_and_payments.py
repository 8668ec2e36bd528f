"""What `tieout accruals`, `payments`, `revalue` and `cash` print: over stubs of the use cases."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from tieout.cli import close as close_command
from tieout.cli import payments as payments_command
from tieout.cli import period_ends as period_ends_command
from tieout.cli.commands import cli
from tieout.close import OpenSale, Revalued
from tieout.connector_api import LedgerAccrual
from tieout.money import Amount
from tieout.operations import paying, period_ends
from tieout.operations.period_ends import PeriodEnd
from tieout.payables import Accrual, CheckedPayment, HeldBack, Proposal, Worked
from tieout.payables.accruing import entries_of
from tieout.proofs import CashRow
from tieout.rules import Entity

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ACCRUAL = Accrual(order="PO-1", supplier="V1", line="1", name="chair", account="6000", dimensions={},
                  quantity=Decimal(6), amount=Amount(Decimal("1119.97"), "USD"))  # fmt: skip
LEFT = msgspec.structs.replace(
    ACCRUAL, order="PO-2", amount=Amount(Decimal("50.00"), "USD"), ledgers="MISC/1 accrues it"
)
THERE = LedgerAccrual("PO-2", Decimal("40.00"), ("MISC/1",))
HELD = HeldBack(
    supplier="V1", number="B-1", amount=Decimal("-20.00"), currency="USD", why="its account is new"
)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    entities = {"US": Entity("US", "US", "USD", "UTC", "odoo")}
    project = SimpleNamespace(
        settings=SimpleNamespace(release=SimpleNamespace(entities=entities)),
        clock=SimpleNamespace(now=lambda: AT),
        session=lambda name: None,
    )
    proposal = Proposal(run="US1", entity="US", pay_on=date(2026, 11, 2), payments=(), held=(HELD,))
    revalued = Revalued(account="211000", currency="EUR", amount=Decimal("-90.00"), carried=Decimal("-112.50"),
                        rate=Decimal("0.9"), worth=Decimal("-100.00"))  # fmt: skip

    def accrued(on: date) -> Worked:
        return Worked(on=on, accruals=(ACCRUAL, LEFT), there=(THERE,), ours={"PO-2": Decimal("50.00")},
                      entries=tuple(entries_of([ACCRUAL], on)))  # fmt: skip

    monkeypatch.setattr(paying, "propose_payments", lambda *a: proposal)
    sales = [
        OpenSale(interface="shop", number=number, on=date(2026, 10, 30), source=Amount(Decimal(net), "USD"),
                 amounts={"goods": Decimal(net)})
        for number, net in (("US-1", "80.50"), ("US-2", "-75.00"))
    ]  # fmt: skip

    def ended(project: object, entity: str, what: str, on: date, *booking: str) -> PeriodEnd:
        return PeriodEnd({"revalue": [revalued], "cutoff": sales, "accruals": accrued(on)}[what], [])

    monkeypatch.setattr(period_ends, "try_period_end", ended)
    monkeypatch.setattr(period_ends, "book_period_end", ended)
    for module in (payments_command, close_command):
        monkeypatch.setattr(module, "open_running", lambda folder: project)
    for module in (payments_command, period_ends_command):
        monkeypatch.setattr(module, "who_decides", lambda *a, **k: "mia")
    monkeypatch.setattr(
        "tieout.proofs.cash_rows",
        lambda *a: [
            CashRow(
                entity="US",
                role="bank.X",
                account="101511",
                kind="bank",
                currency="USD",
                amount=Decimal("5.5"),
            )
        ],
    )
    return project


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_accruals_are_listed_with_their_lines(stub: SimpleNamespace) -> None:
    done = run("accruals", "--period", "2026-10")
    assert done.exit_code == 0 and "1,119.97" in done.output and "1 chair" in done.output
    assert "left to the ledger" in done.output and "MISC/1 accrues 40.00 of PO-2: 50.00 came" in done.output
    told = json.loads(run("accruals", "--period", "2026-10", "--json").output)
    assert [x["amount"] for x in told["lines"]] == ["1119.97", "-1119.97"]
    assert [(x["order"], x["left_to_ledger"]) for x in told["accruals"]] == [
        ("PO-1", ""),
        ("PO-2", "MISC/1 accrues it"),
    ]
    assert told["in_ledger"] == [{"order": "PO-2", "entries": ["MISC/1"], "amount": "40.00", "ours": "50.00"}]


def test_a_cut_off_is_listed_by_order_deferred_or_accrued(stub: SimpleNamespace) -> None:
    done = run("cutoff", "--period", "2026-10", "--dry-run")
    assert done.exit_code == 0
    deferred, accrued = (next(x for x in done.output.splitlines() if n in x) for n in ("US-1", "US-2"))
    assert deferred.split()[-1] == "80.50" and accrued.split()[-1] == "75.00"
    assert [x["net"] for x in json.loads(run("cutoff", "--period", "2026-10", "--json").output)] == [
        "80.50",
        "-75.00",
    ]


def test_what_is_held_back_is_said_with_its_reason(stub: SimpleNamespace) -> None:
    done = run("payments", "propose")
    assert done.exit_code == 1 and "held back: B-1 of V1, 20.00 USD: its account is new" in done.output
    found = json.loads(run("payments", "propose", "--json").output)
    assert found["held"][0]["amount"] == "20.00" and found["totals"] == {}


def test_revaluation_and_cash_are_shown(stub: SimpleNamespace) -> None:
    done = run("revalue", "--period", "2026-10", "--dry-run")
    assert done.exit_code == 0 and "12.50" in done.output
    assert json.loads(run("revalue", "--period", "2026-10", "--json").output)[0]["unrealised"] == "12.50"
    assert "5.50 USD" in run("cash").output and json.loads(run("cash", "--json").output)[0]["amount"] == "5.5"


def test_a_run_s_payments_are_shown_with_the_checks_of_their_payees(
    stub: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.database = SimpleNamespace(transaction=nullcontext)
    waits = CheckedPayment(
        end_to_end_id="US1-001", name="Vendor", account="…3000", pays=Decimal("230.00"), currency="USD", state="normalised",
        check="RVNM", words="no match", undecided=True, case=7,
    )  # fmt: skip
    monkeypatch.setattr("tieout.payables.payment_interface", lambda *a: SimpleNamespace(name="payments"))
    monkeypatch.setattr("tieout.payables.checked_payments", lambda *a: [waits])
    done = run("payments", "show", "US1")
    assert done.exit_code == 1 and "no match (RVNM)" in done.output and "case 7" in done.output
    assert json.loads(run("payments", "show", "US1", "--json").output)[0]["pays"] == "230.00"
    decided = msgspec.structs.replace(waits, undecided=False, decided_by="tess", decision="called them")
    monkeypatch.setattr("tieout.payables.checked_payments", lambda *a: [decided])
    done = run("payments", "show", "US1")
    assert done.exit_code == 0 and "tess: called them" in done.output
    monkeypatch.setattr("tieout.payables.checked_payments", lambda *a: [])
    assert run("payments", "show", "US9").exit_code != 0
