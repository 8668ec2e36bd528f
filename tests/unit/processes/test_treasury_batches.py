"""What a bank line that stands for several payments means in the ledger. Amounts and names are invented."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from tests.unit.processes.test_recipes import AT, ON, ORDER, accounts_of, plan
from tieout.documents import StatementLine
from tieout.documents.details import LineDetail
from tieout.money import from_minor
from tieout.processes import Facts, PayoutFact
from tieout.processes.treasury import RECIPES

(KEYS,) = [r.fact_keys for r in RECIPES if r.kind is StatementLine]


def line(minor: int, *details: LineDetail, remittance: str = "") -> StatementLine:
    return StatementLine(
        key="X:1", occurred_at=AT, currency="USD", account="X", booked_on=ON, value_on=ON,
        amount=from_minor(minor, "USD"), remittance=remittance, details=details,
    )  # fmt: skip


PAYOUT = Facts(payout=PayoutFact(effect="tieout.po", match="m", amount=Decimal("90.00")))
NAMED, OTHER = LineDetail(end_to_end_id="po_abcdef"), LineDetail(remittance="Invoice INV-1001")


def test_a_batch_is_a_payout_only_where_all_of_its_money_is() -> None:
    whole = plan(line(9000, NAMED, OTHER), PAYOUT)
    assert accounts_of(whole, "bank_line") == {"101511": Decimal("90.00"), "101701": Decimal("-90.00")}
    more = plan(line(19000, NAMED, OTHER), PAYOUT)
    assert accounts_of(more, "bank_line") == {"101511": Decimal("190.00"), "212130": Decimal("-190.00")}
    assert [(c.cause, c.amount.value) for c in more.cases] == [("unmatched_bank_line", Decimal("190.00"))]


@pytest.mark.parametrize(
    ("given", "payout", "orders"),
    [
        (line(1, NAMED, OTHER), "po_abcdef", ("INV-1001",)),
        (line(1, NAMED, LineDetail(remittance="po_ghijkl")), "", ()),
        (line(1, remittance="po_abcdef and po_ghijkl"), "", ()),
        (line(1, remittance="po_abcdef, po_abcdef"), "po_abcdef", ()),
        (line(1, LineDetail(end_to_end_id="SO-7001"), LineDetail(counterparty="INV-7002 Ltd")), "", ("INV-7002", "SO-7001")),
    ],
)  # fmt: skip
def test_a_line_asks_for_all_that_its_payments_name(
    given: StatementLine, payout: str, orders: tuple[str, ...]
) -> None:
    keys = KEYS(given, {})
    assert (keys.payout_key, keys.references, keys.related) == (payout, orders, ())


def test_a_batch_of_two_orders_pays_neither_of_them_by_itself() -> None:
    order = msgspec.structs.replace(ORDER, total=Decimal("10.00"), currency="USD", number="INV-1001")
    alone = plan(line(1000, remittance="Invoice INV-1001"), Facts(order=order))
    assert "121000" in accounts_of(alone, "bank_line")
    both = plan(line(1000, OTHER, LineDetail(remittance="Invoice INV-1002")), Facts(order=order))
    assert accounts_of(both, "bank_line") == {"101511": Decimal("10.00"), "212130": Decimal("-10.00")}
