"""Two invoices that bear one number of one seller, and say something else: none takes the place of the other without a word.

Who restarts numbers each year, keeps a series for credit notes, or numbers twice, sends such. Everything is taken as files, on
PostgreSQL and Odoo's simulator. Every invoice is invented.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.integration.buying import Buyer
from tieout.planning import exclude_case, process
from tieout_sandbox.simulators.einvoices import Item, Sent, ubl

pytestmark = pytest.mark.long

ON = date(2026, 10, 9)
LAST_YEAR = date(2025, 10, 9)


def invoice(
    buyer: Buyer,
    price: str = "20.00",
    on: date = ON,
    credit: bool = False,
    tail: bytes = b"",
    number: str = "B-1",
    iban: str = "",
) -> bytes:
    """Number B-1 of the one vendor, or another one."""
    known = buyer.tool.vendors["V1"]
    item = Item("chair", Decimal(10), Decimal(price), Decimal(15), "S", "1")
    sent = Sent(
        number, on, known.name, (item,), known.tax_id, order="PO-1", iban=iban or known.iban, credit=credit
    )
    return ubl(sent) + tail


def give(buyer: Buyer, *batches: tuple[bytes, ...]) -> None:
    for number, batch in enumerate(batches):
        for place, content in enumerate(batch):
            buyer.give("bills", f"{number}-{place}.xml", content)
        buyer.work()


def standing(buyer: Buyer) -> list[tuple[str, Decimal]]:
    """(state, total) of every invoice that stands."""
    rows = buyer.database.rows(
        "select state, (content::jsonb #>> '{total,value}')::numeric as total from tieout.document"
        " where kind = 'vendor_bill' and state <> 'superseded' and (measure_count > 0 or state = 'refused') order by 2, 1"
    )
    return [(r["state"], r["total"]) for r in rows]


def causes(buyer: Buyer) -> list[str]:
    return [cause for cause, _ in buyer.cases()]


@pytest.mark.parametrize("together", [True, False])
def test_two_of_one_number_are_two_and_a_person_says_which(buyer: Buyer, together: bool) -> None:
    buyer.ready()
    both = (invoice(buyer), invoice(buyer, "35.00"))
    give(buyer, *([both] if together else [(x,) for x in both]))
    assert standing(buyer) == [("posted", Decimal("230.00")), ("refused", Decimal("402.50"))]
    assert causes(buyer) == ["duplicate_bill"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_those_that_wait_for_their_supplier_all_wait(buyer: Buyer, order: tuple[int, ...]) -> None:
    """Nothing of them is booked yet: the last one superseded the others, and no case said so."""
    buyer.vendor()
    three = (invoice(buyer), invoice(buyer, "35.00"), invoice(buyer, on=LAST_YEAR))
    give(buyer, *((three[n],) for n in order))
    expected = [Decimal("230.00"), Decimal("230.00"), Decimal("402.50")]
    assert [total for _, total in standing(buyer)] == expected
    give(buyer, *((three[n] + b"\n",) for n in reversed(order)))
    assert [total for _, total in standing(buyer)] == expected


def test_a_credit_note_takes_no_invoices_place(buyer: Buyer) -> None:
    buyer.vendor()
    give(buyer, (invoice(buyer), invoice(buyer, "3.00", credit=True)))
    assert [total for _, total in standing(buyer)] == [Decimal("34.50"), Decimal("230.00")]


def test_the_same_number_and_sum_of_another_year_is_another_one(buyer: Buyer) -> None:
    """A landlord who begins with 1 each January: nobody may take the second year's rent for the first one's."""
    buyer.ready()
    give(buyer, (invoice(buyer, on=LAST_YEAR), invoice(buyer)))
    assert [total for _, total in standing(buyer)] == [Decimal("230.00"), Decimal("230.00")]
    # The first one is older than its order; the second is booked.
    assert causes(buyer) == ["bill_before_order"] and ("posted", Decimal("230.00")) in standing(buyer)


@pytest.mark.parametrize("first", [0, 1])
def test_each_is_known_again_in_whatever_order_and_bytes_they_come(buyer: Buyer, first: int) -> None:
    buyer.ready()
    both = (invoice(buyer), invoice(buyer, "35.00"))
    give(buyer, both)
    before, effects = standing(buyer), buyer.database.rows("select count(*) from tieout.delivery")
    give(
        buyer,
        (both[first] + b"\n",),
        (both[1 - first] + b"\n",),
        (both[first] + b"\n\n", both[1 - first] + b"\n\n"),
    )
    assert standing(buyer) == before and causes(buyer) == ["duplicate_bill"]
    assert buyer.database.rows("select count(*) from tieout.delivery") == effects


def test_what_an_older_version_let_go_is_kept_once_its_file_comes_again(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer.ready()
    both = (invoice(buyer), invoice(buyer, "35.00"))
    with monkeypatch.context() as older:
        older.setattr(process, "keep_both", lambda connection, interface, arrived: list(arrived))
        give(buyer, both)
    assert standing(buyer) == [("refused", Decimal("402.50"))]
    give(buyer, (both[0] + b"\n",))
    assert standing(buyer) == [("posted", Decimal("230.00")), ("refused", Decimal("402.50"))]


@pytest.mark.parametrize("number", ["B~1", "B~0123456789ab", "B-1~"])
def test_a_number_that_is_written_as_our_own_marks_are_is_a_number(buyer: Buyer, number: str) -> None:
    buyer.vendor()
    first, second = invoice(buyer, number=number), invoice(buyer, "35.00", number=number)
    give(buyer, (first,), (second,), (first + b"\n",), (second + b"\n",))
    assert [total for _, total in standing(buyer)] == [Decimal("230.00"), Decimal("402.50")]


def left_out(buyer: Buyer, *files: bytes) -> None:
    """Invoices that a person excludes, one after the other."""
    for file in files:
        give(buyer, (file,))
        (case,) = buyer.database.rows(
            "select case_id from tieout.cases where state = 'open' and document_id is not null"
        )
        with buyer.database.transaction() as connection:
            assert exclude_case(connection, case["case_id"], "nobody ordered this", buyer.clock.now(), "ann")
        buyer.work()


@pytest.mark.parametrize("together", [True, False])
def test_an_exclusion_holds_for_what_says_the_same_in_other_bytes(buyer: Buyer, together: bool) -> None:
    buyer.ready()
    wrong = invoice(buyer, "35.00")
    left_out(buyer, wrong)
    again = (wrong + b"\n", wrong + b"\n\n", wrong.replace(b"?>", b"?>\n<!-- sent again -->", 1))
    give(buyer, *([again] if together else [(x,) for x in again]))
    assert standing(buyer) == [("excluded", Decimal("402.50"))] and causes(buyer) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda buyer, wrong: invoice(buyer),
        lambda buyer, wrong: invoice(buyer, "35.01"),
        # The same money to another account.
        lambda buyer, wrong: invoice(buyer, "35.00", iban="DE02120300000000202051"),
        lambda buyer, wrong: wrong.replace(b"chair", b"table"),
    ],
)
def test_what_says_something_else_than_what_was_excluded_is_a_case(buyer: Buyer, change: Any) -> None:
    buyer.ready()
    wrong = invoice(buyer, "35.00")
    left_out(buyer, wrong)
    other = change(buyer, wrong)
    assert other != wrong
    give(buyer, (other,), (other + b"\n",), (wrong + b"\n",))
    assert [state for state, _ in standing(buyer)].count("refused") == 1
    assert [c for c in causes(buyer) if c in ("duplicate_bill", "bank_details_differ")]
    left = standing(buyer)
    give(buyer, (wrong + b"\n\n", other + b"\n\n"))
    assert standing(buyer) == left


def test_the_next_years_invoice_of_an_excluded_number_is_another_one(buyer: Buyer) -> None:
    buyer.ready()
    left_out(buyer, invoice(buyer, "35.00", on=LAST_YEAR))
    give(buyer, (invoice(buyer),))
    assert ("posted", Decimal("230.00")) in standing(buyer)


def test_two_that_were_excluded_both_stay_so(buyer: Buyer) -> None:
    buyer.ready()
    both = invoice(buyer, "35.00"), invoice(buyer, "36.00")
    left_out(buyer, *both)
    give(buyer, tuple(b + b"\n" for b in both), tuple(b + b"\n\n" for b in reversed(both)))
    assert [state for state, _ in standing(buyer)] == ["excluded", "excluded"] and causes(buyer) == []
