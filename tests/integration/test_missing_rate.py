"""A currency that the ledger has no rate of is a case, and never one for one: through the pipeline, over Odoo's simulator."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.test_process import Site, row
from tieout.planning import exclude, replay
from tieout.store import Database

ON = date(2026, 10, 15)


@pytest.fixture
def abroad(office: Office) -> Office:
    office.policies = ()
    return office.let_in()


def the_case(database: Database) -> dict[str, Any]:
    (case,) = database.rows(
        "select case_id, cause, amount, currency, blocking, detail, recovery from tieout.cases where state = 'open'"
    )
    return dict(case)


def enter_rate(office: Office, currency: str, rate: float) -> None:
    inactive_too = {"active_test": False}
    found = office.admin.call(
        "res.currency", "search", domain=[["name", "=", currency]], context=inactive_too
    )
    key = found[0]
    office.admin.call("res.currency", "write", ids=[key], vals={"active": True})
    values = [{"currency_id": key, "company_id": office.company.id, "name": "2026-10-01", "rate": rate}]
    office.admin.call("res.currency.rate", "create", vals_list=values)


def test_yen_without_a_rate_wait_in_a_case_and_are_booked_at_the_rate_that_somebody_enters(
    abroad: Office,
) -> None:
    abroad.journal("Y1", "100000", currency="JPY", on=ON)
    abroad.journal("D1", "250.00", on=ON)
    abroad.work()
    assert {ref for ref, _, _ in abroad.booked()} == {"D1"}, "its neighbour goes on"
    case = the_case(abroad.database)
    assert (case["cause"], case["amount"], case["currency"], case["blocking"]) == (
        "missing_rate", Decimal(100000), "JPY", True)  # fmt: skip
    for word in ("JPY", "USD", "2026-10-15"):
        assert word in case["detail"] and word in case["recovery"]
    assert "replay" in case["recovery"]

    enter_rate(abroad, "JPY", 150.0)
    with abroad.database.transaction() as connection:
        assert replay(connection, abroad.clock.now(), "carl", cause="missing_rate") == 1
    abroad.work()
    worth = {balance for ref, _, balance in abroad.booked() if ref == "Y1"}
    assert worth == {Decimal("666.67"), Decimal("-666.67")}
    assert abroad.cases() == []


def test_a_policy_judges_nothing_whose_worth_is_unknown_and_it_is_not_excluded_at_a_guess(
    office: Office,
) -> None:
    office.let_in()
    office.journal("Y1", "100000", currency="JPY", on=ON, by="mia")
    office.work()
    assert office.open_requests() == [] and office.booked() == []
    case = the_case(office.database)
    assert case["cause"] == "missing_rate"
    with (
        office.database.transaction() as connection,
        pytest.raises(ValueError, match="no rate of JPY to USD"),
    ):
        exclude(connection, office.release(), case["case_id"], "not ours", office.clock.now(), "mia")
    assert office.open_requests() == []


def test_a_providers_movement_without_a_rate_is_refused(database: Database) -> None:
    site = Site(database, accounts={"clearing.stripe.JPY": "101502", "bank_in_transit": "101701"})
    site.take(row("a", -100_000, currency="jpy"))
    site.work()
    assert site.states() == {"a": "refused"}
    assert the_case(database)["cause"] == "missing_rate"
    assert database.rows("select 1 from tieout.posting_line") == []
