"""A row whose id is null names nothing: two of them would be one document, and the money of the first would be gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tieout.operations.discover import discover

PUBLISHED = Path(__file__).resolve().parents[2] / "published"
ROWS = {
    ("stripe", "balance_transactions"): ("balance_transactions.openapi.json", ("data", 0), "id"),
    ("chargebee", "invoices"): ("invoices.chargebeex.json", ("list", 0, "invoice"), "id"),
    ("chargebee", "credit_notes"): ("credit_notes.all-discounted.json", ("list", 0, "credit_note"), "id"),
    ("paypal", "transactions"): ("sample-of-the-guide.json", ("transaction_details", 0), "transaction_info.transaction_id"),
    ("gusto", "contractor_payments"): ("contractor_payments.example.json", ("contractor_payments", 0, "payments", 0), "uuid"),
}  # fmt: skip


def without(row: dict[str, Any], name: str) -> bytes:
    *into, last = name.split(".")
    held = row
    for key in into:
        held = held[key]
    held[last] = None
    return json.dumps(row).encode()


@pytest.mark.parametrize(("connector", "stream"), ROWS)
def test_a_row_without_an_id_is_refused_and_one_with_it_taken(connector: str, stream: str) -> None:
    file, place, name = ROWS[connector, stream]
    row = json.loads((PUBLISHED / connector / file).read_text())
    for key in place:
        row = row[key]
    found = discover()[connector].stream(stream)
    assert found.documents(json.dumps(row).encode(), {})
    with pytest.raises(ValueError, match="what it is known by at its source is missing there"):
        found.documents(without(row, name), {})
