"""Revenue, costs and taxes that somebody books by hand are seen: an entry on any account that Tieout posts to has a source,
a declaration, or a reason that another person gave."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.buying import Buyer
from tests.integration.existing import (  # noqa: F401 - fixtures are imported by name
    BANK,
    FEES,
    REVENUE,
    Company,
    company,
    origin,
    world,
)
from tests.integration.test_certification import reverse_tax
from tieout.money import Period
from tieout.planning import HeldError, accept_case
from tieout.proofs import read_governed, read_split
from tieout.rules import Mapping, MappingRow

pytestmark = pytest.mark.long

HAND = "account_moved_by_hand"
RENT = "600000"


@pytest.fixture
def sells(company: Company) -> Company:
    """The company, whose sales and fees Tieout posts."""
    company.accounts |= {"revenue.goods": REVENUE, "bank_fees": FEES}
    return company


def told(company: Company) -> list[dict[str, Any]]:
    return company.database.rows(
        "select case_id, cause, source_key, amount, currency, period, detail, made_user, made_accounts"
        " from tieout.cases where state = 'open' order by case_id"
    )


def accept(company: Company, case: int, who: str, why: str = "sold by the branch, see its till") -> None:
    connection = company.connection()
    with connection.transaction():
        accept_case(connection, case, why, company.clock.now(), who)
    connection.close()


def test_a_revenue_entry_of_50000_by_hand_keeps_the_close_open_until_another_gives_its_reason(
    sells: Company,
) -> None:
    sells.as_user("mallory@co.example").entry(RENT, REVENUE, "50000.00")
    sells.gather()
    (case,) = told(sells)
    assert (case["cause"], case["amount"], case["currency"], case["period"]) == (
        HAND, Decimal("50000.00"), "USD", "2026-10",
    )  # fmt: skip
    assert case["made_accounts"] == REVENUE and f"{REVENUE} -50000.00 USD" in case["detail"]
    assert "1 entries of nobody's" in sells.why("ledger is ours")
    assert "50000.00 USD" in sells.why("cases decided")
    with pytest.raises(HeldError, match="made what it is about"):
        accept(sells, case["case_id"], "mallory@co.example")
    accept(sells, case["case_id"], "cora")
    sells.gather()
    assert told(sells) == [] and "1 explained one" in sells.why("ledger is ours")


def test_two_entries_that_leave_the_account_as_it_was_are_seen(sells: Company) -> None:
    bob = sells.as_user("bob@co.example")
    bob.entry(RENT, REVENUE, "900.00")
    bob.entry(REVENUE, RENT, "900.00")
    sells.gather()
    assert [(c["cause"], c["amount"]) for c in told(sells)] == [(HAND, Decimal(900))] * 2
    assert sells.split()[REVENUE, "USD"].undeclared.count == 2


def test_what_touches_money_and_revenue_is_one_case_as_before(sells: Company) -> None:
    sells.as_user("bob@co.example").entry(BANK, REVENUE, "700.00")
    sells.gather()
    assert [(c["cause"], c["amount"], c["made_accounts"]) for c in told(sells)] == [
        ("entry_without_source", Decimal(700), BANK)
    ]
    # The month of each account knows it all the same.
    rows = sells.split()
    assert rows[REVENUE, "USD"].undeclared.net == -700 == -rows[BANK, "USD"].undeclared.net


def test_small_entries_are_added_up_by_account_and_maker_and_one_more_is_told_again(sells: Company) -> None:
    ann, bob = sells.as_user("ann@co.example"), sells.as_user("bob@co.example")
    for amount in ("100.00", "60.00", "40.00"):
        bob.entry(FEES, RENT, amount)
    ann.entry(FEES, RENT, "30.00")
    bob.entry(RENT, FEES, "20.00")
    bob.entry(FEES, RENT, "100.01")
    sells.gather()
    found = {(c["made_user"], c["amount"]): c for c in told(sells)}
    assert {c["cause"] for c in found.values()} == {HAND} and set(found) == {
        ("bob@co.example", Decimal(220)), ("ann@co.example", Decimal(30)), ("bob@co.example", Decimal("100.01")),
    }  # fmt: skip
    together = found["bob@co.example", Decimal(220)]
    assert "4 entries" in together["detail"] and f"net {FEES} +180.00 USD; gross 220.00" in together["detail"]
    with pytest.raises(HeldError):
        accept(sells, together["case_id"], "bob@co.example")
    for case in found.values():
        accept(sells, case["case_id"], "cora")
    sells.gather()
    assert told(sells) == []
    bob.entry(FEES, RENT, "5.00")
    sells.gather()
    assert [(c["made_user"], c["amount"]) for c in told(sells)] == [("bob@co.example", Decimal(225))]


def test_an_accepted_entry_that_is_moved_to_another_account_is_told_again(sells: Company) -> None:
    sells.accounts |= {"revenue.shipping": "400100"}
    bob = sells.as_user("bob@co.example")
    move = bob.entry(RENT, REVENUE, "900.00")
    sells.gather()
    accept(sells, told(sells)[0]["case_id"], "cora")
    sells.gather()
    assert told(sells) == []
    lines = bob.call("account.move.line", "search", domain=[["move_id", "=", move], ["credit", ">", 0]])
    bob.call("account.move", "button_draft", ids=[move])
    bob.call("account.move.line", "write", ids=lines, vals={"account_id": bob.account("400100")})
    bob.call("account.move", "action_post", ids=[move])
    sells.gather()
    assert [(c["amount"], c["made_accounts"]) for c in told(sells)] == [(Decimal(900), "400100")]


def test_an_entry_on_a_tax_account_is_exactly_one_case(sells: Company) -> None:
    plain = sells.release()
    taxes = Mapping("taxes", (MappingRow("GB vat", "VAT 20%"), MappingRow("US-CA", "CA 15%")))
    taxed = replace(plain, mappings={**plain.mappings, "taxes": taxes})
    sells.release = lambda: taxed  # type: ignore[method-assign]
    found = sells.session.tax_accounts(["VAT 20%", "no such tax"])
    (account,) = found.pop(("sale", "VAT 20%"))
    assert not found and account not in {r.value for r in plain.mappings["accounts"].rows}
    sells.as_user("mallory@co.example").entry(account, RENT, "1234.56")
    sells.gather()
    assert [(c["cause"], c["amount"], c["made_accounts"]) for c in told(sells)] == [
        (HAND, Decimal("1234.56"), account)
    ]
    assert sells.split()[account, "USD"].undeclared.net == Decimal("1234.56")


def test_what_other_systems_post_on_revenue_is_declared_and_no_case(sells: Company) -> None:
    tills, bob = sells.as_user("tills@co.example"), sells.as_user("bob@co.example")
    sells.origins = (
        origin("tills", "entry", journals=("MISC",), users=("tills@co.example",), accounts=(REVENUE,),
               most=Decimal("1000.00")),
    )  # fmt: skip
    for _ in range(3):
        tills.entry(RENT, REVENUE, "800.00")
    sells.gather()
    assert told(sells) == [] and sells.split()[REVENUE, "USD"].declared["tills"].count == 3
    assert "3 made in the ledger by declaration" in sells.why("ledger is ours")
    tills.entry(RENT, REVENUE, "1000.01")  # more than they declared
    tills.entry(FEES, REVENUE, "500.00")  # on one more account
    bob.entry(RENT, REVENUE, "500.00")  # somebody else
    sells.gather()
    assert sorted(c["amount"] for c in told(sells)) == [500, 500, Decimal("1000.01")]


def test_what_was_posted_to_stays_governed_after_its_mapping_is_gone(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill()
    plain = buyer.release()
    bought = Mapping("purchase_accounts", tuple(
        MappingRow(r.key, "611000", r.valid_from, r.valid_to) for r in plain.mappings["purchase_accounts"].rows
    ))  # fmt: skip
    moved = replace(plain, mappings={**plain.mappings, "purchase_accounts": bought})
    with buyer.database.transaction() as connection:
        governed = read_governed(connection, moved, buyer.session, "US", Period(2026, 10))
        later = read_governed(connection, moved, buyer.session, "US", Period(2026, 9))
    assert "600000" in governed.others and "600000" not in later.others
    assert "211000" in governed.money


def test_with_taxes_every_movement_of_every_governed_account_is_somebodys(buyer: Buyer) -> None:
    reverse_tax(buyer)
    buyer.ready(quantity="20")
    buyer.bill()
    # A reverse charge stands on two accounts, which cancel one another.
    buyer.bill("B-2", category="AE", rate=0)
    assert set(buyer.states().values()) == {"posted"}
    with buyer.database.transaction() as connection:
        rows, judged = read_split(connection, buyer.release(), buyer.session, "US", Period(2026, 10))
    assert not judged and {r.account for r in rows} == {"600000", "211000", "131000", "252000"}
    assert not [r for r in rows if r.residual]
    assert sum((r.moved for r in rows), Decimal(0)) == 0
