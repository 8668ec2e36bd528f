"""The tie-out and a payout's proof, as papers say them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tieout.papers import Made, paper_of_payout, paper_of_tie_out

MADE = Made("northwind", "test", "Ann", "2026-11-02 10:00 UTC")


def figure(count: int, debit: str, credit: str = "0") -> dict[str, Any]:
    return {"count": count, "debit": debit, "credit": credit}


NOTHING = figure(0, "0")


def row(**other: Any) -> dict[str, Any]:
    return {
        "interface": "shop", "entity": "US", "period": "2026-10", "currency": "USD", "source": figure(3, "1200.50", "200"),
        "posted": figure(2, "1000.50", "200"), "waiting": figure(1, "200"), "in_exception": NOTHING, "excluded": NOTHING,
        "residual": NOTHING, "ledger_gap": "0", "proven": True, "changed": 0, **other,
    }  # fmt: skip


def told(*rows: dict[str, Any], current: bool = True) -> dict[str, Any]:
    return {"as_of": "2026-11-02T09:59:30.5+00:00", "current": current, "rows": list(rows)}


def test_figures_are_net_with_their_sums_by_currency_and_both_sides_below() -> None:
    rows = (row(), row(interface="bank", source=figure(1, "0", "70")), row(interface="jp", currency="JPY", source=figure(1, "5000")))  # fmt: skip
    paper = paper_of_tie_out(told(*rows), [], {"period": "2026-10"}, MADE)
    net, sides = paper.blocks
    assert net.title == "2026-10: net" and net.rows[0][:5] == ["shop", "US", "USD", "1,000.50", "800.50"]
    assert net.rows[2][3] == "5,000"
    assert list(net.rows[3][:4]) == ["All in JPY", "", "JPY", "5,000"]
    assert list(net.rows[4][:4]) == ["All in USD", "", "USD", "930.50"]
    assert ["bank", "US", "USD", "Source", "1", "0.00", "70.00"] in [list(r) for r in sides.rows]
    assert not any(r[3] == "In exception" for r in sides.rows)
    assert ("Period", "2026-10") in paper.of and ("Entity", "all") in paper.of
    assert ("Figures of", "2026-11-02 09:59 UTC") in paper.of


def test_a_row_without_a_figure_of_its_source_has_none_and_neither_has_the_sum() -> None:
    paper = paper_of_tie_out(
        told(row(), row(interface="x", source=None, residual=None, proven=False), current=False), [], {}, MADE
    )
    net = paper.blocks[0]
    assert net.rows[1][3] is None and net.rows[1][-1] == "no figure of its source"
    assert net.rows[2][3] is None and net.rows[2][4] == "1,601.00"
    assert paper.said[0].startswith("1 of 2 rows proven") and "Newer figures" in paper.said[1]


def test_what_differs_says_by_how_much() -> None:
    rows = (row(proven=False, ledger_gap="-0.01"), row(proven=False, changed=2), row(proven=False))
    paper = paper_of_tie_out(told(*rows), [], {}, MADE)
    assert [r[-1] for r in paper.blocks[0].rows[:3]] == ["ledger differs by −0.01", "2 changed past Tieout", "differs"]  # fmt: skip


def test_governed_accounts_add_up_across() -> None:
    account = {
        "entity": "US", "period": "2026-10", "account": "101000", "currency": "USD", "moved": "150.00", "ours": "90.00",
        "follows": figure(1, "10"), "opening": figure(1, "30"), "made_in_ledger": {"rent": figure(1, "0", "5"), "fx": figure(2, "20")},
        "explained": NOTHING, "without_source": figure(1, "5"), "residual": "0.00", "read_at": "2026-11-01T08:00:00Z",
    }  # fmt: skip
    paper = paper_of_tie_out(told(), [account], {}, MADE)
    (accounts,) = paper.blocks
    assert list(accounts.rows[0][3:]) == ["150.00", "100.00", "30.00", "15.00", "0.00", "5.00", "0.00"]


def test_the_hash_is_that_of_the_figures_whoever_prints_them() -> None:
    one = paper_of_tie_out(told(row()), [], {"entity": "US"}, MADE)
    other = paper_of_tie_out(told(row()), [], {"entity": "US"}, Made("northwind", "test", "Bo", "later"))
    assert one.sha256 == other.sha256 == hashlib.sha256(one.figures).hexdigest()
    kept = json.loads(one.figures)
    assert kept["of"] == {"entity": "US", "period": "all", "interface": "all"}
    assert kept["figures"]["tie_out"]["rows"][0]["source"]["debit"] == "1200.50"
    changed = paper_of_tie_out(told(row(source=figure(3, "1200.51", "200"))), [], {"entity": "US"}, MADE)
    assert changed.sha256 != one.sha256


def payout(*movements: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "payout_key": "po_1", "document_id": 7, "interface": "stripe", "entity": "US", "accounting_on": "2026-10-05", "currency": "USD",
        "amount": "95.00", "automatic": True, "parts": 2, "residual": "0.00", "in_transit": "0.00", "proven": True, "why": "",
        "movements": list(movements), "arrivals": [], **other,
    }  # fmt: skip


def part(**other: Any) -> dict[str, Any]:
    return {
        "movement_key": "txn_1", "document_id": 3, "category": "charge", "state": "posted", "net": "100.00", "in_ledger": "100.00",
        "matched": True, "in_case": False, **other,
    }  # fmt: skip


def test_a_payout_is_its_movements_by_kind_and_what_never_came_has_no_amount() -> None:
    paper = paper_of_payout(
        payout(
            part(),
            part(movement_key="txn_2", category="refund", net="-5.00", matched=False, state="on_its_way"),
            part(movement_key="txn_3", category=None, net=None, in_ledger=None, document_id=None),
            proven=False,
            why="txn_3 never came",
            arrivals=[
                {"document_id": 9, "interface": "bank", "source_key": "2026-10-06/4", "accounting_on": "2026-10-06", "amount": "95.00",
                 "effect": "bank_line", "matched": True},
                {"document_id": 11, "interface": "stripe", "source_key": "txn_9", "accounting_on": "2026-10-08", "amount": "95.00",
                 "effect": "payout_reversal", "matched": False},
            ],
        ),
        MADE,
    )  # fmt: skip
    proof, bank, movements = paper.blocks
    assert [list(r) for r in bank.rows] == [
        ["2026-10-06", "2026-10-06/4", "bank", "arrived at the bank", "95.00", "matched"],
        ["2026-10-08", "txn_9", "stripe", "came back", "95.00", "not matched yet"],
    ]
    assert [list(r) for r in proof.rows] == [
        ["charge", "100.00"], ["refund", "−5.00"], ["All movements (3)", "95.00"], ["Payout", "95.00"], ["Residual", "0.00"],
        ["Not arrived at the bank", "0.00"],
    ]  # fmt: skip
    assert [r[-1] for r in movements.rows] == ["matched", "on its way", "never came"]
    assert movements.rows[2][2] is None and paper.said == ("Open: txn_3 never came",)
