"""`tieout cases list --mine` and `--nobody`, and `tieout told`, as they are typed: by the roles of whoever's key it is."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.integration.office import key_of
from tests.integration.test_cures_by_command import Desk, desk
from tieout.cases import NewCase, assign_cases, note_case, open_cases
from tieout.security import EndPerson, RevokeRole

__all__ = ["desk"]
pytestmark = pytest.mark.long


def opened(desk: Desk, key: str, owner: str, amount: str = "10.00") -> int:
    """A case of US, due tomorrow."""
    office, now = desk.office, desk.office.clock.now()
    case = NewCase(
        "unmapped_account", "journals", "US", "2026-10", key, Decimal(amount), "USD", "map it", "", owner, now, now
    )  # fmt: skip
    with office.database.transaction() as connection:
        open_cases(connection, [case], "t")
    (row,) = office.database.rows("select case_id from tieout.cases where source_key = %s", key)
    return int(row["case_id"])


def test_cases_are_listed_by_whose_they_are_and_people_by_key_see_what_they_were_told(desk: Desk) -> None:
    office = desk.office
    mine, teams, coras = opened(desk, "a", "olga"), opened(desk, "b", "treasury"), opened(desk, "c", "cora")

    def listed(*words: str, code: int = 1) -> list[int]:
        return sorted(r["case_id"] for r in desk.told("cases", "list", *words, code=code))

    assert listed() == [mine, teams, coras]
    assert listed("--mine") == [mine] and listed("--nobody") == [teams]
    assert "two lists" in desk.run("cases", "list", "--mine", "--nobody", code=2)
    assert "your key" in desk.run("cases", "list", "--mine", code=2, by="")
    office.change(EndPerson(name="cora"), "alice")
    assert listed("--nobody") == [teams, coras]

    assert "nobody told you" in desk.run("told") and desk.told("told") == []
    with office.database.transaction() as connection:
        assign_cases(connection, [teams], "olga", None, "carl", office.clock.now())
        note_case(connection, mine, "carl", "@olga is it 12345.67?", office.clock.now())
    rows = desk.told("told", code=1)
    assert [(r["case_id"], r["kind"], r["by"], r["new"]) for r in rows] == [
        (mine, "mentioned", "carl", True), (teams, "assigned", "carl", True),
    ]  # fmt: skip
    shown = desk.run("told", code=1)
    assert "carl named you in a comment" in shown and "carl gave it to you" in shown and "12345" not in shown
    assert "nothing is new" in desk.run("told", "--mark-seen") and "nothing is new" in desk.run("told")
    assert listed("--mine") == [mine, teams]


def test_what_was_told_by_a_role_ends_with_it(desk: Desk) -> None:
    office, number = desk.office, opened(desk, "a", "olga")
    (desk.folder / "carl.key").write_text(key_of("carl"))
    with office.database.transaction() as connection:
        note_case(connection, number, "carl", "@olga look, @nora too", office.clock.now())
    assert len(json.loads(desk.run("told", "--json", code=1, by="nora"))) == 1
    office.change(RevokeRole(name="nora", role="viewer", entity="*"), "alice")
    assert "no role for cases:read" in desk.run("told", code=2, by="nora")
