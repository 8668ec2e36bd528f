"""What Odoo makes of a posting by itself, as it posts it: an automation, an e-invoicing module, a setting. It is told as that, by how much
it differs, once; and it is over when the ledger holds what was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.stages import read_back
from tieout.delivery import VerifyStage
from tieout_sandbox.simulators.odoo.store import Record

Moves = Any
LEVY = Decimal("1.50")


def a_levy(moves: Moves, move: Record) -> None:
    """1.50 more on both sides, as a module for a levy would book it."""
    for line in moves.lines(move):
        sign = 1 if line["balance"] > 0 else -1
        moves.write_line(line, {"balance": line["balance"] + sign * LEVY}, inner=True)


def another_account(moves: Moves, move: Record) -> None:
    """The debit on another account."""
    other = moves.account_by_code("450000", move["company_id"])
    debit = next(x for x in moves.lines(move) if x["balance"] > 0)
    moves.write_line(debit, {"account_id": other["id"] if isinstance(other, dict) else other}, inner=True)


def automated(
    office: Office, monkeypatch: pytest.MonkeyPatch, rule: Callable[[Moves, Record], None]
) -> Moves:
    """Let a rule of somebody's run as entries are posted."""
    moves = office.world.odoo.service.moves
    post_one = moves._post_one

    def then(move: Record) -> None:
        post_one(move)
        if move["ref"] == "J":
            rule(moves, move)

    monkeypatch.setattr(moves, "_post_one", then)
    return moves


def verified(office: Office) -> None:
    connection = office.database.connect(autocommit=True)
    stage = VerifyStage(lambda _: office.session, lambda: ["odoo"], office.clock, timedelta(hours=1))
    read_back(stage, connection)
    connection.close()


def told(office: Office) -> list[tuple[str, Decimal]]:
    rows = office.database.rows("select cause, amount from tieout.cases where state = 'open' order by 1, 2")
    return [(r["cause"], r["amount"]) for r in rows]


@pytest.mark.parametrize(
    ("rule", "differs", "names"),
    [(a_levy, LEVY, "+1.5"), (another_account, Decimal(10), "450000: +10")],
    ids=["a levy", "another account"],
)
def test_what_an_automation_made_of_a_posting_is_one_case_by_how_much_it_differs(
    rule: Callable[[Moves, Record], None],
    differs: Decimal,
    names: str,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office.let_in()
    moves = automated(office, monkeypatch, rule)
    office.journal("J", "10.00")
    office.journal("K", "20.00")
    office.work()
    assert told(office) == [("changed_in_ledger", differs)]
    (case,) = office.database.rows("select detail, recovery from tieout.cases where state = 'open'")
    assert names in case["detail"] and "as it was posted" in case["recovery"]
    assert "automation" in case["recovery"] and "ask who changed it" not in case["recovery"]
    # Looked at again it is the same case, and not a second one.
    verified(office)
    assert told(office) == [("changed_in_ledger", differs)]
    (again,) = office.database.rows("select detail, recovery from tieout.cases where state = 'open'")
    assert again == case
    # Somebody switches it off, and puts right what stands.
    monkeypatch.undo()
    rows = office.world.odoo.service.world.table("account.move").values()
    (move,) = [m for m in rows if m["ref"] == "J" and m["company_id"] == office.company.id]
    sent = {"6000": Decimal(10), "2000": Decimal(-10)}
    for line, value in zip(moves.lines(move), sent.values(), strict=True):
        account = moves.account_by_code(
            office.accounts[list(sent)[0 if value > 0 else 1]], move["company_id"]
        )
        account = account["id"] if isinstance(account, dict) else account
        moves.write_line(line, {"balance": value, "account_id": account}, inner=True)
    office.clock.at += timedelta(hours=2)
    verified(office)
    assert told(office) == []
