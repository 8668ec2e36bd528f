"""The one administrator of a test environment gives themselves what shows figures, and no more; it is marked until another one confirms
it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tieout.security import (
    OWN_ROLES,
    AddPerson,
    AuthorityError,
    Begin,
    Change,
    Confirm,
    EndPerson,
    GrantRole,
    RevokeRole,
    TakeRole,
)
from tieout.security.people import OF_THE_ENVIRONMENT, Authority, Kept, fold
from tieout.security.roles import OPERATIONS, needs_second_factor

AT = datetime(2026, 11, 30, tzinfo=UTC)


class People:
    """Changes, each as it is allowed or refused."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.make(Begin(people=(person("ann"),)), "ann")

    @property
    def held(self) -> Authority:
        return fold(self.kept)

    def make(self, change: Change, by: str) -> int:
        self.held.check(change, by)
        self.kept.append(Kept(len(self.kept) + 1, AT, by, change))
        return len(self.kept)

    def second(self) -> None:
        self.make(person("ben"), "ann")
        self.make(GrantRole(name="ben", role="administrator", entity="*", limit=None), "ann")


def person(name: str) -> AddPerson:
    return AddPerson(name=name, human=True, names=(), key_sha256="")


def take(role: str = "integrator", name: str = "ann", environment: str = "test") -> TakeRole:
    return TakeRole(name=name, role=role, environment=environment)


def test_it_holds_at_once_and_is_marked_until_another_administrator_confirms_it() -> None:
    people = People()
    number = people.make(take(), "ann")
    grant = people.held.people["ann"].grants_of("integrator", "US")[0]
    assert grant.own and grant.given_by == {"ann"} and number in people.held.waiting
    with pytest.raises(AuthorityError, match="another administrator confirms it"):
        people.make(Confirm(no=number), "ann")
    people.second()
    assert people.held.people["ann"].grants_of("integrator", "US")[0].own
    people.make(Confirm(no=number), "ben")
    grant = people.held.people["ann"].grants_of("integrator", "US")[0]
    assert not grant.own and grant.given_by == {"ann", "ben"} and not people.held.waiting


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (take(environment="production"), "nobody gives themselves a role in production"),
        (take(environment="staging"), "nobody gives themselves a role in staging"),
        (take("controller"), "controller is given by others"),
        (take("approver"), "approver is given by others"),
        (take("administrator"), "administrator is given by others"),
        (take("cfo"), "cfo is given by others"),
        (take(name="ben"), "to somebody else"),
    ],
)
def test_what_nobody_takes(change: TakeRole, said: str) -> None:
    with pytest.raises(AuthorityError, match=said):
        People().make(change, "ann")


def test_with_a_second_administrator_nobody_takes_anything() -> None:
    people = People()
    people.second()
    with pytest.raises(AuthorityError, match="there are two administrators"):
        people.make(take(), "ann")


def test_no_role_that_is_taken_approves_signs_or_lets_in() -> None:
    held = {o for o, roles in OPERATIONS.items() for role in OWN_ROLES if role in roles}
    assert not held & {"approvals:decide", "close:sign", "access:write"}
    assert not needs_second_factor([type("G", (), {"role": r, "entity": "*"}) for r in OWN_ROLES])


def test_what_was_taken_back_waits_for_nobody() -> None:
    people = People()
    number = people.make(take(), "ann")
    people.second()
    people.make(RevokeRole(name="ann", role="integrator", entity="*"), "ben")
    assert number not in people.held.waiting and not people.held.people["ann"].grants_of("integrator", "*")
    with pytest.raises(AuthorityError, match="no change"):
        people.make(Confirm(no=number), "ben")


def test_the_environment_ends_what_was_taken_and_nothing_else() -> None:
    people = People()
    people.make(take(), "ann")
    with pytest.raises(AuthorityError, match="did not take administrator"):
        people.make(RevokeRole(name="ann", role="administrator", entity="*"), OF_THE_ENVIRONMENT)
    people.make(RevokeRole(name="ann", role="integrator", entity="*"), OF_THE_ENVIRONMENT)
    assert [g.role for g in people.held.people["ann"].grants] == ["administrator"] and not people.held.waiting
    # No person has that name.
    assert " " in OF_THE_ENVIRONMENT


def test_whoever_is_let_go_leaves_nothing_that_waits() -> None:
    people = People()
    people.make(take(), "ann")
    people.second()
    people.make(person("cleo"), "ben")
    people.make(Confirm(no=len(people.kept)), "ann")
    people.make(GrantRole(name="cleo", role="administrator", entity="*", limit=None), "ben")
    people.make(Confirm(no=len(people.kept)), "ann")
    people.make(EndPerson(name="ann"), "ben")
    assert not people.held.waiting
