"""Invoices of a billing tool as a file, from the file to Odoo, and the file's own figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.conformance.test_connectors import CONNECTORS, config
from tests.integration.office import Office
from tests.stages import step
from tieout.connector_api import FileRefusedError
from tieout.inbox import take_file
from tieout.money import Period
from tieout.planning import ProcessStage
from tieout.proofs import take_control_totals, tie_out
from tieout.rules import Interface, Mapping, MappingRow, Release

HEAD = "number,kind,on,customer,net,tax,tax_key,tax_rate,currency,from_on,to_on,credits,documents"
ROWS = (
    "I-1,invoice,2026-10-05,C1,365.00,54.75,State Tax 15%,15,USD,2026-10-05,2027-10-04,,",
    "I-2,invoice,2026-10-06,C1,80.00,,,,USD,,,,",
    "CN-1,credit_note,2026-10-07,C1,30.00,,,,USD,,,I-2,",
    "TOTAL,invoice,2026-10-31,-,499.75,,,,USD,,,,2",
    "TOTAL,credit_note,2026-10-31,-,30.00,,,,USD,,,,1",
)


class Billing(Office):
    """The office with invoices instead of journals."""

    @property
    def interface(self) -> Interface:
        return Interface(
            "billing",
            "billing",
            "US",
            ("documents",),
            "ar",
            "order to cash",
            complete="when settled",
            options={"deferral": "tieout"},
        )

    def release(self) -> Release:
        made = super().release()
        roles = {"receivable": "121000", "deferred.subscription": "212000", "revenue.subscription": "400000"}
        tables = {
            "accounts": roles,
            "journals": {"sales": "INV", "misc": "MISC"},
            "taxes": {"State Tax 15%": "15%"},
        }
        mappings = {
            n: Mapping(n, tuple(MappingRow(k, v) for k, v in rows.items())) for n, rows in tables.items()
        }
        return Release(made.sha256, made.entities, {"billing": self.interface}, mappings)

    def give(self, name: str, *rows: str) -> None:
        connection = self.database.connect(autocommit=True)
        reader = CONNECTORS["billing"].open(config(CONNECTORS["billing"]))
        content = "\n".join((HEAD, *rows)).encode()
        take_file(connection, self.interface, reader, name, content, self.clock)
        connection.close()

    def plan(self) -> None:
        connection = self.database.connect(autocommit=True)
        stage = ProcessStage(self.release, lambda _: CONNECTORS["billing"], self, {}, self.clock)
        while step(stage, connection):
            pass
        connection.close()

    def row(self) -> Any:
        connection = self.database.connect(autocommit=True)
        connection.execute("delete from tieout.control_total")
        take_control_totals(connection, self.release(), lambda _: None, Period(2026, 10), self.clock.now())
        (found,) = tie_out(connection, self.release())
        connection.close()
        return found


@pytest.fixture
def billing(office: Office) -> Billing:
    return Billing(office.world, office.admin, office.company, office.database, office.session)


def test_invoices_credit_notes_and_schedules_are_booked_and_tie_out(billing: Billing) -> None:
    billing.give("october.csv", *ROWS)
    billing.work()
    billing.work()
    sums: dict[str, Decimal] = {}
    for _, account, balance in billing.booked():
        sums[account] = sums.get(account, Decimal(0)) + balance
    assert sums["121000"] == Decimal("469.75") and sums["212000"] == 0, sums
    assert sums["400000"] == Decimal("-415.00") and not billing.cases()
    row = billing.row()
    assert row.proven and (row.source.count, row.source.debit, row.source.credit) == (
        3, Decimal("499.75"), Decimal("30.00"))  # fmt: skip
    # The file once more, and a document told again with the same words in another file: nothing.
    before = billing.booked()
    billing.give("copy.csv", *ROWS)
    billing.work()
    assert billing.booked() == before and billing.row().proven


def test_an_invoice_told_again_counts_in_the_later_file(billing: Billing) -> None:
    billing.give("october.csv", *ROWS)
    billing.work()
    billing.give(
        "more.csv", ROWS[1].replace("80.00", "90.00"), "TOTAL,invoice,2026-10-31,-,90.00,,,,USD,,,,1"
    )
    billing.work()
    row = billing.row()
    assert row.proven and row.source.debit == Decimal("509.75"), row
    assert sum(b for _, a, b in billing.booked() if a == "121000") == Decimal("479.75")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((ROWS[0], ROWS[1], ROWS[0]), "stand apart"),
        ((ROWS[1], ROWS[1].replace("C1", "C2")), "is not that of row 2"),
        ((*ROWS[:2], ROWS[3].replace("499.75", "499.74")), "the file says 2 of kind invoice"),
        ((ROWS[2].replace("I-2", ""),), "a credit note names its invoice"),
        ((ROWS[1].replace("80.00", "-80.00"),), "is negative"),
        ((ROWS[1].replace("80.00", "80.001"),), "finer than 0.01"),
        ((ROWS[0].replace("State Tax 15%", ""),), "a tax needs its key"),
        ((ROWS[0].replace("2027-10-04", "2026-10-04"),), "the first day first"),
        ((ROWS[3].rpartition(",")[0] + ",",), "a TOTAL row says"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_whole(billing: Billing, rows: tuple[str, ...], said: str) -> None:
    with pytest.raises(FileRefusedError, match=said):
        billing.give("wrong.csv", *rows)
    assert billing.database.rows("select count(*) from tieout.message")[0]["count"] == 0
