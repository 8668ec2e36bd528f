"""A customer that changes in its CRM: the ledger takes over what the CRM is the system of record for, once, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.owing import Creditor


@pytest.fixture
def creditor(office: Office) -> Creditor:
    return Creditor(office.world, office.admin, office.company, office.database, office.session)


def change(creditor: Creditor, account: str, **fields: str) -> None:
    """Somebody changes an account in the CRM."""
    creditor.clock.at += timedelta(minutes=5)
    stamp = creditor.clock.at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    creditor.salesforce.accounts[account].update(fields, SystemModstamp=stamp)
    creditor.work()


def partner_of(creditor: Creditor, partner: int) -> tuple[Any, Any]:
    (row,) = creditor.call("res.partner", "read", ids=[partner], fields=["name", "email"])
    return row["name"], row["email"]


def updates(creditor: Creditor) -> list[str]:
    rows = creditor.database.rows("select state from tieout.delivery where effect = 'partner_update'")
    return [r["state"] for r in rows]


def test_what_the_system_of_record_changes_is_taken_over_once(creditor: Creditor) -> None:
    creditor.owned = "name, email"
    account, ada = creditor.customer("Ada Ltd")
    change(creditor, account, Name="Ada Holding Ltd", Email__c="books@ada.example")
    assert partner_of(creditor, ada) == ("Ada Holding Ltd", "books@ada.example")
    assert updates(creditor) == ["confirmed"] and creditor.cases() == []
    # Somebody changes it in the ledger: what came once is not sent again.
    creditor.call("res.partner", "write", ids=[ada], vals={"name": "Ada H. Ltd"})
    for _ in range(2):
        creditor.work()
    assert partner_of(creditor, ada)[0] == "Ada H. Ltd" and updates(creditor) == ["confirmed"]
    change(creditor, account, Name="Ada Ltd")
    assert partner_of(creditor, ada) == ("Ada Ltd", "books@ada.example")
    assert updates(creditor) == ["confirmed", "confirmed"]


def test_what_another_source_says_changes_nothing_and_is_said(creditor: Creditor) -> None:
    account, ada = creditor.customer("Ada Ltd")
    change(creditor, account, Name="Ada Holding Ltd")
    assert partner_of(creditor, ada)[0] == "Ada Ltd" and updates(creditor) == []
    assert creditor.cases() == [("partner_differs", f"account:{account}")]
    (row,) = creditor.database.rows("select detail, blocking from tieout.cases")
    assert "'Ada Ltd' became 'Ada Holding Ltd'" in row["detail"] and not row["blocking"]


def test_each_field_has_its_own_system_of_record(creditor: Creditor) -> None:
    creditor.owned = "email"
    account, ada = creditor.customer("Ada Ltd")
    change(creditor, account, Name="Ada Holding Ltd", Email__c="books@ada.example")
    assert partner_of(creditor, ada) == ("Ada Ltd", "books@ada.example")
    assert [c for c, _ in creditor.cases()] == ["partner_differs"]


def test_an_exposure_goes_on_under_the_new_name(creditor: Creditor) -> None:
    creditor.owned = "name"
    account, ada = creditor.customer("Ada Ltd")
    creditor.invoice(ada, "10.00")
    creditor.read()
    change(creditor, account, Name="Ada Holding Ltd")
    (found,) = [e for e in creditor.read().exposures if e.amount]
    assert {found.name: found.amount} == creditor.owed() and found.name == "Ada Holding Ltd"
