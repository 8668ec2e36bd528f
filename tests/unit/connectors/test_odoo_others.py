"""How large entries of others are, as Odoo sums them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tieout.connectors.odoo.others import _sizes


class _Odoo:
    def __init__(self, debits: Any) -> None:
        self.debits = debits

    def grouped(self, model: str, **_: Any) -> list[dict[str, Any]]:
        assert model == "account.move.line"
        return [{"move_id": (1, "MISC/1"), "debit:sum": self.debits}]


@pytest.mark.parametrize(
    ("debits", "size"),
    [
        # KWD, BHD and TND have three decimals, CLF has four; Odoo sums binary floats.
        ("12.345", "12.345"), ("0.001", "0.001"), ("0.0005", "0.0005"), ("12.3450000001", "12.345"), (Decimal("7.125"), "7.125"),
        ("12.5", "12.50"), ("1200", "1200.00"), ("0.1000000000000001", "0.10"), (False, "0.00"), (0, "0.00"),
    ],
)  # fmt: skip
def test_an_entry_is_as_large_as_its_currency_can_say(debits: Any, size: str) -> None:
    assert str(_sizes(_Odoo(debits), [1])[1]) == size  # type: ignore[arg-type]
