"""Cash in its bank's own words, where the bank booked several payments as one. All of it is invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tieout.connector_api import OpenItem
from tieout.documents import StatementLine
from tieout.documents.details import LineDetail
from tieout.money import Amount
from tieout.reconcile.ledger.grouping import spoken

DAY = date(2026, 10, 5)


def test_a_batch_speaks_with_the_words_of_all_its_payments() -> None:
    line = StatementLine(
        key="X:1", occurred_at=datetime(2026, 10, 5, 12, tzinfo=UTC), currency="EUR", account="X", booked_on=DAY,
        value_on=DAY, amount=Amount(Decimal("429.56"), "EUR"), reference="B1",
        details=(LineDetail(end_to_end_id="A-1", counterparty="Ada Ltd"), LineDetail(remittance="Invoice INV-2")),
    )  # fmt: skip
    item = OpenItem(
        line=7, move=7, account="X", kind="suspense", is_payment=False, on=DAY, due=None, currency="EUR",
        residual=Decimal("-429.56"), company=Decimal("-429.56"), partner=0, partner_name="", numbers=(), label="", effect="e",
    )  # fmt: skip
    (said,) = spoken([item], {"e": line})
    assert said.label == "B1 A-1 Ada Ltd Invoice INV-2"
