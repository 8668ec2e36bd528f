"""Whose turn it is with an account: two people of two roles, and no program."""

from __future__ import annotations

from dataclasses import replace

from tieout.close.turns import PREPARE, REJECT, SIGN, Roles, turn_of
from tieout.security import Person
from tieout.security.people import Grant

ROLES = Roles("US", "preparer", "controller")


def person(name: str, *roles: str, entity: str = "US", human: bool = True) -> Person:
    grants = tuple(Grant(r, entity, None, frozenset()) for r in roles)
    return Person(name, human, frozenset(), "x", grants=grants)


def same(one: Person, other: str) -> str:
    return "one person" if one.name == other else ""


def turn(who: Person, prepared_by: str | None) -> tuple[tuple[str, ...], str]:
    found = turn_of(who, ROLES, prepared_by, same)
    return found.may, found.why_not


BEA, CORA, BOTH = (
    person("bea", "preparer"),
    person("cora", "controller"),
    person("mia", "preparer", "controller"),
)


def test_a_preparer_begins_and_another_one_of_the_other_role_signs() -> None:
    assert turn(BEA, "") == turn(BOTH, "") == ((PREPARE,), "")
    assert turn(CORA, "") == ((), "a preparer prepares it first")
    assert turn(CORA, "bea") == turn(BOTH, "bea") == ((SIGN, REJECT), "")
    assert turn(CORA, None) == ((), "is certified already")


def test_who_prepared_it_takes_it_back_and_never_signs_it() -> None:
    assert turn(BEA, "bea") == ((REJECT,), "a controller signs it, who did not prepare it")
    assert turn(BOTH, "mia") == ((REJECT,), "who prepared it does not sign it: one person")
    assert turn(BEA, "mia") == ((), "a controller signs it, who did not prepare it")


def test_a_role_elsewhere_and_a_program_are_nobody_s_turn() -> None:
    for entity, human in (("DE", True), ("US", False)):
        program = person("bot", "preparer", "controller", entity=entity, human=human)
        assert turn(program, "")[0] == turn(program, "bea")[0] == ()
    assert turn(replace(BEA, grants=(Grant("preparer", "*", None, frozenset()),)), "")[0] == (PREPARE,)
