"""How an invoice stands, by what happened to it."""

from __future__ import annotations

from datetime import date

import pytest

from tieout.documents import CollectionStatus
from tieout.receivables.collection import CollectionEvent, CollectionKind, gravest, is_broken, standing_of

DAY = date(2026, 11, 5)
REMINDED, PROMISED = CollectionEvent(CollectionKind.REMINDED), CollectionEvent(CollectionKind.PROMISED, DAY)
HANDED, BACK = CollectionEvent(CollectionKind.HANDED_OVER), CollectionEvent(CollectionKind.TAKEN_BACK)
BROKEN, PAID, REOPENED = (
    CollectionEvent(k) for k in (CollectionKind.BROKEN, CollectionKind.PAID, CollectionKind.REOPENED)
)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((), "open"),
        ((REMINDED,), "reminded"),
        ((PROMISED,), "promised"),
        ((REMINDED, PROMISED), "promised"),
        ((PROMISED, REMINDED), "reminded"),
        ((PROMISED, BROKEN), "open"),
        ((REMINDED, PROMISED, BROKEN), "reminded"),
        ((HANDED,), "in collection"),
        ((HANDED, PROMISED), "in collection"),
        ((HANDED, PROMISED, BACK), "promised"),
        ((REMINDED, HANDED, BACK), "reminded"),
        ((REMINDED, HANDED, PAID), "open"),
        ((REMINDED, PAID, REOPENED), "open"),
        ((PAID, REOPENED, REMINDED), "reminded"),
    ],
)
def test_an_invoice_has_one_status(events: tuple[CollectionEvent, ...], status: str) -> None:
    assert standing_of(events).status == status


def test_a_promise_holds_through_its_day() -> None:
    assert not is_broken(standing_of([PROMISED]), DAY)
    assert is_broken(standing_of([PROMISED]), DAY.replace(day=6))
    assert not is_broken(standing_of([PROMISED, REMINDED]), DAY.replace(day=6))
    assert standing_of([PROMISED, BROKEN]).broken_on == DAY
    assert standing_of([PROMISED, BROKEN, PROMISED]).broken_on is None


def test_a_customer_stands_as_the_gravest_of_its_invoices() -> None:
    every = [
        CollectionStatus.OPEN,
        CollectionStatus.PROMISED,
        CollectionStatus.REMINDED,
        CollectionStatus.IN_COLLECTION,
    ]
    assert gravest([]) == "paid"
    assert [gravest(every[: n + 1]) for n in range(4)] == every
