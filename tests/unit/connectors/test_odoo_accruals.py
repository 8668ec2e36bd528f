"""Which labels of Odoo's entries name an order, and what is asked where its stock is not installed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tieout.connector_api import RefusedError
from tieout.connectors.odoo.accruals import accrued_there, names_order
from tieout.connectors.odoo.directory import Directory

# A label as Odoo's wizard for accrued orders writes it, its name as 19 and newer show it among them.
LABEL = "{} - chair; 45.0 Billed, 4504 Received at $ 20.00 each"


@pytest.mark.parametrize(
    ("number", "label", "names"),
    [
        ("PO-1", LABEL.format("PO-1"), True), ("PO-1", LABEL.format("PO-10"), False),
        ("PO-1", LABEL.format("XPO-1"), False), ("po-1", LABEL.format("PO-1"), True),
        ("PO-4904", LABEL.format("P00012 (PO-4904)"), True), ("PO-1", LABEL.format("PO-1/2"), False),
        ("PO-1", "received PO-1.", True), ("P.1", LABEL.format("PX1"), False),
        # A quantity is no order; a long number of digits alone may stand anywhere.
        ("45", LABEL.format("P00012"), False), ("4504", LABEL.format("P00012"), False), ("45", LABEL.format("45"), True),
        ("45", LABEL.format("45-7"), False), ("4500017", "accrual 4500017", True), ("4500017", "accrual 45000171", False),
    ],
)  # fmt: skip
def test_a_label_names_an_order_by_a_word_of_its_own(number: str, label: str, names: bool) -> None:
    assert names_order(number)(label) is names


class _Odoo:
    """Without `stock_account`, its fields are not there; `error` is what a reading of one answers then."""

    company = 1

    def __init__(self, error: str) -> None:
        self.error = error

    def call(self, model: str, method: str, **given: Any) -> list[dict[str, Any]]:
        if "stock" in str(given):
            field = "account_stock_variation_id" if model == "account.account" else given["fields"][0]
            raise RefusedError(self.error.format(f"Invalid field {model}.{field} in condition"))
        return []


def test_where_odoos_stock_is_not_installed_no_account_is_valued_by_it() -> None:
    found = accrued_there(_Odoo("{}"), Directory(_Odoo("{}")), ["PO-1"], date(2026, 10, 31), "tieout.")  # type: ignore[arg-type]
    assert not found.accruals and not found.valued


def test_any_other_refusal_is_none_of_that() -> None:
    """Nothing is accrued beside a ledger that did not answer."""
    odoo: Any = _Odoo("not now")
    with pytest.raises(RefusedError, match="not now"):
        accrued_there(odoo, Directory(odoo), ["PO-1"], date(2026, 10, 31), "tieout.")
