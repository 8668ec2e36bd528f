"""What mappings name of a ledger, and what it must be there."""

from __future__ import annotations

from datetime import date

from tieout.rules import Interface, Mapping, MappingRow, Release
from tieout.rules.ledger_uses import ledger_uses

ON = date(2026, 10, 20)


def release(process: str = "order to cash", **tables: list[MappingRow]) -> Release:
    interface = Interface("shop", "shop", "US", ("orders",), "ann", process)
    return Release("0" * 64, {}, {"shop": interface}, {k: Mapping(k, tuple(v)) for k, v in tables.items()})


def test_what_held_once_is_not_asked_for_and_what_will_hold_is() -> None:
    rows = [
        MappingRow("receivable", "120000", valid_to=date(2026, 9, 30)),
        MappingRow("receivable", "121000", valid_from=date(2026, 10, 1)),
        MappingRow("rounding", "442000", valid_from=date(2027, 1, 1)),
    ]
    assert [u.name for u in ledger_uses(release(accounts=rows), ON)] == ["121000", "442000"]


def test_one_account_of_several_roles_is_asked_for_once_for_each_thing_that_it_must_be() -> None:
    rows = [MappingRow(f"unapplied.{n}", "212100") for n in "abcde"] + [MappingRow("rounding", "212100")]
    found = ledger_uses(release(accounts=rows), ON)
    assert [(u.matched, u.where) for u in found] == [
        (True, "accounts.csv: unapplied.a, accounts.csv: unapplied.b, accounts.csv: unapplied.c and 2 more"),
        (False, "accounts.csv: rounding"),
    ]


def test_a_journal_of_money_keeps_the_account_of_its_role() -> None:
    tables = {
        "accounts": [MappingRow("clearing.stripe.EUR", "101502"), MappingRow("bank.DE1", "101512")],
        "journals": [MappingRow("clearing.stripe.EUR", "STRE"), MappingRow("bank.DE1", "BNKE")],
    }
    found = [u for u in ledger_uses(release(**tables), ON) if u.kind == "journal"]
    assert [(u.name, u.type, u.account, u.currency) for u in found] == [
        ("STRE", "money", "101502", "EUR"),
        ("BNKE", "money", "101512", ""),
    ]


def test_a_tax_is_needed_for_what_the_interfaces_do() -> None:
    rows = {"taxes": [MappingRow("NY", "NY 15%")]}
    assert [u.type for u in ledger_uses(release(**rows), ON)] == ["sale"]
    assert [u.type for u in ledger_uses(release("procure to pay", **rows), ON)] == ["purchase"]
    assert [u.type for u in ledger_uses(release("treasury", **rows), ON)] == [""]


def test_words_of_the_project_alone_are_not_looked_up() -> None:
    assert ledger_uses(release(tax_rates=[MappingRow("US>US-NY", "standard 15")]), ON) == []
