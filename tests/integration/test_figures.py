"""Figures of a close are those of its entity and of the months up to it: nothing of another one holds it up, nothing of its own is left out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.integration.office import Office
from tests.integration.test_between_reads import held_journal
from tieout.cases import NewCase, open_cases
from tieout.close.figures import Figures, OpenCases
from tieout.money import Period

OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)


def figures(office: Office, entity: str = "US", period: Period = OCTOBER) -> Figures:
    """What is read of the database for an entity's month; DE is a second entity with the same rules."""
    made = office.release()
    release = replace(made, entities={**made.entities, "DE": replace(made.entities["US"], code="DE")})
    connection = office.database.connect(autocommit=True)
    return Figures(connection, release, lambda _: None, entity, period, office.clock.now())


def found(office: Office, entity: str = "US", period: Period = OCTOBER) -> OpenCases:
    return figures(office, entity, period).open_cases()


def case(office: Office, entity: str, period: str, amount: str = "7.00") -> None:
    now = office.clock.now()
    given = NewCase(
        cause="changed_in_ledger", interface="books", entity=entity, period=period, source_key=f"{entity}{period}",
        amount=Decimal(amount), currency="USD", recovery="r", detail="d", owner="o", opened_at=now, due_at=now,
    )  # fmt: skip
    with office.database.transaction() as connection:
        open_cases(connection, [given], "t")


def test_cases_are_of_the_entity_and_of_its_months_up_to_this_one(office: Office) -> None:
    office.let_in()
    for entity, period in (("US", "2026-09"), ("US", "2026-10"), ("US", "2026-11"), ("DE", "2026-10")):
        case(office, entity, period)
    for entity, month, count in (("US", OCTOBER, 2), ("US", NOVEMBER, 3), ("DE", OCTOBER, 1)):
        told = figures(office, entity, month)
        (row,) = told.open_cases().rows
        assert (row["count"], row["amount"]) == (count, Decimal(7) * count)
        assert told.told(["changed_in_ledger"]) == count and told.told(["statement_gap"]) == 0


@pytest.mark.parametrize(("day", "waits"), [("2026-10-31", 1), ("2026-11-01", 0)])
def test_requests_are_of_the_entity_and_of_documents_up_to_the_last_day(
    office: Office, day: str, waits: int
) -> None:
    held_journal(office)
    office.database.rows("update tieout.document set accounting_on = %s returning 1", day)
    assert found(office).waiting == waits
    assert found(office, period=NOVEMBER).waiting == 1 and found(office, "DE").waiting == 0


def test_what_was_excluded_is_of_the_entitys_own_month_debits_and_credits_alike(office: Office) -> None:
    held_journal(office)
    office.database.rows(
        "update tieout.document set state = 'excluded', measure_debit = 5, measure_credit = 3 where source_key = 'J1' returning 1"
    )
    assert found(office).excluded == (1, Decimal(8))
    assert found(office, "DE").excluded == (0, 0) and found(office, period=NOVEMBER).excluded == (0, 0)
