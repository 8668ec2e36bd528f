"""What Odoo holds against what was sent. Accounts and amounts are invented."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.connectors.odoo.comparing import compare
from tieout.documents import EntryPosting, LedgerLine

ON = date(2026, 10, 5)
BODY = EntryPosting(
    journal="MISC", on=ON, reference="R-1", currency="USD",
    lines=(LedgerLine(account="121000", amount=Decimal(100), company=Decimal(100), name="x"),
           LedgerLine(account="400000", amount=Decimal(-100), company=Decimal(-100), name="x")),
)  # fmt: skip
SAME = {"121000": Decimal(100), "400000": Decimal(-100)}


def test_the_same_content_is_confirmed_without_a_cause() -> None:
    outcome = compare("tieout.x", BODY, 1, "account.move", "posted", "2026-10-05", SAME)
    assert (outcome.status, outcome.cause, outcome.error) == ("confirmed", "", "")


@pytest.mark.parametrize(
    ("state", "on", "lines", "cause", "difference"),
    [
        ("posted", "2026-10-05", {**SAME, "400000": Decimal(-60), "450000": Decimal(-40)}, "changed_in_ledger", "40"),
        ("posted", "2026-10-05", {"121000": Decimal(90), "400000": Decimal(-90)}, "changed_in_ledger", "10"),
        ("posted", "2026-10-05", {}, "changed_in_ledger", "100"),
        ("posted", "2026-11-22", SAME, "date_moved", "100"),
        ("draft", "2026-10-05", SAME, "unposted_in_ledger", "100"),
        ("cancel", "2026-10-05", {}, "unposted_in_ledger", "100"),
    ],
)  # fmt: skip
def test_every_difference_has_its_cause_and_its_money(
    state: str, on: str, lines: dict[str, Decimal], cause: str, difference: str
) -> None:
    outcome = compare("tieout.x", BODY, 1, "account.move", state, on, lines)
    assert (outcome.cause, Decimal(outcome.read_back["difference"])) == (cause, Decimal(difference))
