"""Whose a case can be, and what stands as its owner."""

from __future__ import annotations

import pytest

from tieout.cases import OwnerError, OwnerIs, check_owner, names_with, owner_is, people_who, where_people
from tieout.security import Authority, Person
from tieout.security.people import Grant


def person(name: str, *grants: tuple[str, str], active: bool = True, human: bool = True) -> Person:
    given = tuple(Grant(role, entity, None, frozenset({"alice"})) for role, entity in grants)
    return Person(name, human, frozenset({f"{name}@co.example"}), "", active, given)


AUTHORITY = Authority(
    {
        p.name: p
        for p in (
            person("anna", ("operator", "DE")),
            person("cora", ("controller", "*")),
            person("vera", ("viewer", "*")),
            person("gone", active=False),
            person("robot", ("operator", "*"), human=False),
            person("alice", ("administrator", "*")),
        )
    }
)


def test_a_case_can_be_of_whoever_works_here_and_may_work_its_entity() -> None:
    assert people_who(AUTHORITY, "cases:write", "DE") == ("anna", "cora")
    assert people_who(AUTHORITY, "cases:write", "US") == ("cora",)
    assert people_who(AUTHORITY, "cases:write", "") == ("cora",)
    assert check_owner(AUTHORITY, " Anna@CO.example ", "DE") == "anna"
    assert where_people(AUTHORITY, "cases:read") == {
        "anna": frozenset({"DE"}), "cora": frozenset({"*"}), "vera": frozenset({"*"}),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["vera", "gone", "robot", "alice", "nobody-at-all", "treasury"])
def test_of_nobody_else_and_the_refusal_names_who_can_and_never_tells_who_there_is(name: str) -> None:
    with pytest.raises(OwnerError) as refused:
        check_owner(AUTHORITY, name, "DE")
    assert str(refused.value) == (f"{name!r} is nobody who works here and may work cases of DE: anna, cora")


def test_somebody_of_another_entity_is_refused() -> None:
    with pytest.raises(OwnerError, match=r"of US: cora$"):
        check_owner(AUTHORITY, "anna", "US")


def test_nobody_is_no_owner_and_until_people_are_let_in_any_name_is() -> None:
    with pytest.raises(OwnerError, match="say whose"):
        check_owner(AUTHORITY, "  ", "DE")
    assert check_owner(Authority(), " treasury ", "DE") == "treasury"


def test_what_stands_as_owner() -> None:
    said = {
        ("anna", "DE"): OwnerIs.PERSON,
        ("anna", "US"): OwnerIs.NOBODY,
        ("anna@co.example", "DE"): OwnerIs.PERSON,
        ("gone", "DE"): OwnerIs.NOBODY,
        ("robot", "DE"): OwnerIs.NOBODY,
        ("treasury", "DE"): OwnerIs.TEAM,
        ("", "DE"): OwnerIs.NOBODY,
    }
    assert {key: owner_is(AUTHORITY, *key) for key in said} == said


def test_every_name_of_theirs_counts_where_cases_are_listed_by_person() -> None:
    assert names_with(AUTHORITY, "cases:write") == [
        ("anna", "DE"), ("anna@co.example", "DE"), ("cora", "*"), ("cora@co.example", "*"),
    ]  # fmt: skip
