"""Two sides of one transaction: they net in its currency, or a case says how they do not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.integration.office import Office
from tieout.proofs import GRACE_DAYS, intercompany_rows, open_intercompany
from tieout_sandbox.simulators.ledgers import ExportedEntry, ExportedLine


@pytest.fixture
def plain(office: Office) -> Office:
    office.policies = ()
    return office


def side(office: Office, entry: str, amount: str, pair: str = "P1", day: int = 10) -> None:
    value = Decimal(amount)
    lines = (ExportedLine("6000", value, pair=pair, partner_entity="DE"), ExportedLine("2000", -value))
    made = ExportedEntry(entry, date(2026, 10, day), "USD", lines)
    office.take(f"{entry}-{amount}.csv", office.exports.export([made]))
    office.work()


def found(office: Office, until: int = 31, grace_days: int = GRACE_DAYS) -> list[tuple[str, Decimal]]:
    connection = office.database.connect(autocommit=True)
    open_intercompany(connection, office.release(), date(2026, 10, until), office.clock.now(), grace_days)
    connection.close()
    rows = office.database.rows(
        "select cause, amount from tieout.cases where state = 'open' and cause like 'intercompany%%'"
    )
    return [(r["cause"], r["amount"]) for r in rows]


def test_a_side_alone_waits_some_days_and_is_then_a_case(plain: Office) -> None:
    side(plain, "A", "500.00")
    assert found(plain, until=12) == []
    assert found(plain) == [("intercompany_one_sided", Decimal("500.00"))]


def test_of_a_month_that_is_over_a_side_of_its_last_days_waits_no_more(plain: Office) -> None:
    side(plain, "A", "500.00", day=30)
    assert found(plain) == []
    assert found(plain, grace_days=0) == [("intercompany_one_sided", Decimal("500.00"))]


def test_pairs_are_told_apart_and_what_is_told_again_counts_as_it_is_now(plain: Office) -> None:
    side(plain, "A", "500.00")
    side(plain, "B", "70.00", pair="P2")
    side(plain, "A", "450.00")
    connection = plain.database.connect(autocommit=True)
    rows = {r.pair: (r.residual, r.explained_as) for r in intercompany_rows(connection, date(2026, 10, 31))}
    connection.close()
    assert rows == {"P1": (Decimal("450.00"), "one_sided"), "P2": (Decimal("70.00"), "one_sided")}


def test_a_side_that_is_dated_later_is_timing_and_no_case(plain: Office) -> None:
    side(plain, "A", "500.00", day=10)
    side(plain, "B", "-500.00", day=25)
    connection = plain.database.connect(autocommit=True)
    found_on = {
        day: [(r.residual, r.explained_as) for r in intercompany_rows(connection, date(2026, 10, day))]
        for day in (5, 20, 25)
    }
    connection.close()
    assert found_on == {5: [], 20: [(Decimal("500.00"), "timing")], 25: [(Decimal(0), "nets")]}
    assert found(plain, until=20) == []


def test_a_case_is_solved_once_both_sides_net(plain: Office) -> None:
    side(plain, "A", "500.00")
    assert found(plain)
    # The other entity's side; here of another interface of the same database.
    plain.database.rows("select 1")
    with plain.database.transaction() as connection:
        connection.execute(
            "insert into tieout.document (interface, entity, kind, source_key, revision, version, content,"
            " content_sha256, message_id, occurred_at, accounting_on, period, currency, control_group,"
            " measure_count, measure_debit, measure_credit, state, release)"
            " select interface, 'DE', kind, 'other', 1, '', replace(content, '500.00', '-499.00'), content_sha256,"
            " message_id, occurred_at, accounting_on, period, currency, control_group, 0, 0, 0, state, release"
            " from tieout.document where source_key = 'A'"
        )
    assert found(plain) == [("intercompany_differs", Decimal("1.00"))]
    with plain.database.transaction() as connection:
        connection.execute(
            "update tieout.document set content = replace(content, '499.00', '500.00') where source_key = 'other'"
        )
    assert found(plain) == []


def test_one_entity_is_one_side_however_many_of_its_interfaces_book_it(plain: Office) -> None:
    side(plain, "A", "500.00")
    with plain.database.transaction() as connection:
        connection.execute("update tieout.document set interface = 'other' where source_key = 'A'")
    side(plain, "B", "-100.00")
    connection = plain.database.connect(autocommit=True)
    (row,) = intercompany_rows(connection, date(2026, 10, 31))
    connection.close()
    assert (row.residual, row.explained_as, len(row.sides)) == (Decimal("400.00"), "one_sided", 2)
