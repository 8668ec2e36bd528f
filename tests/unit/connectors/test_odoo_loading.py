"""How many records are loaded at once: what the server makes of one call decides the next, within one batch too."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tieout.connector_api import Sending
from tieout.connectors.odoo.loading import Loader
from tieout.connectors.odoo.moves import _is_completed
from tieout.documents import InvoiceLine, InvoicePosting, PartnerRecord


class Server:
    """Takes so many seconds for a record, and so many for a call."""

    company = 1

    def __init__(self, each_s: float, clock: list[float]) -> None:
        self.each_s, self.clock, self.sizes = each_s, clock, list[int]()

    def call(self, model: str, method: str, fields: list[str], data: list[list[str]], **given: Any) -> Any:
        self.sizes.append(len(data))
        self.clock[0] += self.each_s * len(data)
        return {"ids": list(range(len(data)))}


def loaded(monkeypatch: pytest.MonkeyPatch, each_s: float, *batches: int) -> list[int]:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    server = Server(each_s, clock)
    loader = Loader(server, quiet=True)  # type: ignore[arg-type]
    for batch in batches:
        sendings = [Sending(f"tieout.p{n}", PartnerRecord(name="x")) for n in range(batch)]
        for chunk in loader.chunks(sendings):
            loader.load("res.partner", ["id", "name"], [[s.external_id, "x"] for s in chunk])
    return server.sizes


def test_one_batch_grows_as_its_answers_come_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch, 0.001, 500) == [50, 100, 200, 150]
    assert loaded(monkeypatch, 0.001, 200, 200, 1000) == [50, 100, 50, 200, 400, 400, 200]


def test_a_call_of_a_few_says_nothing_of_a_full_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # What took 2 s for 50 would take 8 for 200: a quick call of one record lets none of them grow so far.
    assert loaded(monkeypatch, 0.04, 50, 1, 1, 1, 300) == [50, 1, 1, 1, 100, 100, 100]


def test_slow_answers_make_it_smaller_down_to_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch, 0.5, 120) == [50, 25, 12, 12, 12, 9]
    assert min(loaded(monkeypatch, 5.0, 200)[1:-1]) == 10


@pytest.mark.parametrize(
    ("given", "line", "completed"),
    [
        ({}, {}, False),
        ({"match": "m"}, {}, True),
        ({"tax_totals": {"15%": Decimal("1.50")}}, {}, True),
        # A tax of which the source has none, and a product that may bring taxes of its own.
        ({}, {"taxes": ("15%",)}, True),
        ({}, {"product": "tieout.product"}, True),
    ],
)
def test_only_what_has_something_to_complete_is_read_before_it_is_posted(
    given: dict[str, Any], line: dict[str, Any], completed: bool
) -> None:
    one = InvoiceLine(name="x", quantity=Decimal(1), net=Decimal(10), account="400000", **line)
    body: dict[str, Any] = {
        "refund": False, "journal": "INV", "partner": "p", "on": date(2026, 10, 5), "reference": "x", "currency": "USD",
        "tax_totals": {}, "total": Decimal(10), "receivable": "121000", "match": "", "lines": (one,),
    }  # fmt: skip
    assert _is_completed(InvoicePosting(**{**body, **given})) is completed
    assert not _is_completed(PartnerRecord(name="x"))
