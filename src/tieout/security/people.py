"""Who may do what: people, what they were granted, for whom they stand in. Pure.

What holds is what a list of changes comes to, in their order (`fold`). What gives authority takes
two administrators: one makes the change, another confirms it, and neither is the one who gains by
it. What takes authority away holds at once. While there is one administrator alone, at the first start,
their word lets one more person in and makes an administrator of them: from then on there are two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from tieout.security.changes import (
    AddPerson,
    Begin,
    Change,
    Confirm,
    Delegate,
    EndPerson,
    GrantRole,
    Invited,
    Joined,
    Recall,
    Reset,
    RevokeRole,
    TakeRole,
)
from tieout.security.names import fold_name, look_of

ADMINISTRATOR = "administrator"
EVERYWHERE = "*"
NOBODY_LET_IN = (
    "nobody was let in here yet, so a name is nobody's and decides nothing: name the first two administrators with "
    "`tieout people begin NAME:CODE NAME:CODE` (each makes a code with `tieout people key FILE`), or open the link that "
    "`tieout up` prints; they let in who decides and signs (docs/APPROVALS.md, People)"
)


class AuthorityError(ValueError):
    """A change of who may do what that is not allowed: why, and what to do."""


SIGN_ON = "single sign-on"
# Where one person may begin alone: what is proven there is nobody's books.
TEST_ENVIRONMENTS = ("test", "sandbox")
# Roles that show figures, and neither approve nor sign.
OWN_ROLES = ("integrator", "viewer", "operator", "preparer", "auditor")
# By whose word a role that somebody took ends where it may not be taken.
OF_THE_ENVIRONMENT = "the environment"


@dataclass(frozen=True)
class Kept:
    """A change with its number, when it was made and by whom."""

    no: int
    at: datetime
    made_by: str
    change: Change


@dataclass(frozen=True)
class Grant:
    """A role that somebody holds: where, up to which amount, by whose word, and whether their group at the
    sign-on gave it. `own`: by their own word alone, in a test environment."""

    role: str
    entity: str
    limit: Decimal | None
    given_by: frozenset[str]
    by_group: bool = False
    own: bool = False


@dataclass(frozen=True)
class Delegation:
    """Days in which one stands in for another, with the other's limits."""

    name: str
    to: str
    since: date
    until: date


@dataclass(frozen=True)
class Person:
    """`given_by` are those who made and confirmed the account, handed out its invitation, or reset it."""

    name: str
    human: bool
    names: frozenset[str]
    key_sha256: str
    active: bool = True
    grants: tuple[Grant, ...] = ()
    given_by: frozenset[str] = frozenset()

    def called(self) -> frozenset[str]:
        """Every name under which they are known, folded."""
        return frozenset({self.name, *self.names})

    def grants_of(self, role: str, entity: str) -> list[Grant]:
        """What they were granted of a role that holds in this entity: for it alone, or everywhere."""
        return [g for g in self.grants if g.role == role and g.entity in (EVERYWHERE, entity)]


@dataclass
class Authority:
    """What holds now. `waiting` are changes that nobody has confirmed yet."""

    people: dict[str, Person] = field(default_factory=dict)
    delegations: list[Delegation] = field(default_factory=list)
    waiting: dict[int, Kept] = field(default_factory=dict)

    def by_key(self, key_sha256: str) -> Person | None:
        """The active person whose key this is."""
        for person in self.people.values():
            if person.active and person.key_sha256 and person.key_sha256 == key_sha256:
                return person
        return None

    def alone(self) -> str:
        """The one administrator that there is, "" where there are more, or none."""
        held = self.holders(ADMINISTRATOR, EVERYWHERE)
        return held[0].name if len(held) == 1 else ""

    def who_is(self, name: str) -> str:
        """The person whom a source calls `name`, active or not; else the name itself, folded."""
        folded = fold_name(name)
        for person in self.people.values():
            if folded in person.called():
                return person.name
        return folded

    def holders(self, role: str, entity: str) -> list[Person]:
        """Active people who hold a role for an entity in their own right."""
        return [p for p in self.people.values() if p.active and p.human and p.grants_of(role, entity)]

    def stood_in_for(self, name: str, on: date) -> list[str]:
        """Whom a person stands in for on a day."""
        return [d.name for d in self.delegations if d.to == name and d.since <= on <= d.until]

    def check(self, change: Change, made_by: str) -> None:
        """Whether `made_by` may make `change` now. Raises AuthorityError."""
        if isinstance(change, Begin):
            return self._check_begin(change)
        if isinstance(change, Delegate | Recall):
            return self._check_delegation(change, made_by)
        if isinstance(change, Joined):
            return self._check_joined(change, made_by)
        if isinstance(change, RevokeRole) and made_by == OF_THE_ENVIRONMENT:
            return self._check_own(change)
        self._need_administrator(made_by)
        self._check_of_administrator(change, made_by)

    def _check_of_administrator(self, change: Change, made_by: str) -> None:
        match change:
            case AddPerson():
                self._check_person(change)
            case GrantRole():
                person = self._known(change.name)
                if change.name == made_by:
                    raise AuthorityError("nobody grants a role to themselves")
                if not person.human and change.role == ADMINISTRATOR:
                    raise AuthorityError("a service account is no administrator")
            case Reset():
                if change.name == made_by:
                    raise AuthorityError("two other administrators reset what an administrator signs in with")
                self._known(change.name)
            case Invited() | RevokeRole() | EndPerson():
                self._known(change.name)
                self._check_last(change)
            case Confirm():
                self._check_confirm(change, made_by)
            case TakeRole():
                self._check_take(change, made_by)

    def written_alike(self, change: Change) -> tuple[str, ...]:
        """What looks like another's name in a change that lets somebody in, in words: for whoever makes or confirms it."""
        people: tuple[AddPerson | Joined, ...] = ()
        if isinstance(change, AddPerson | Joined):
            people = (change,)
        elif isinstance(change, Begin):
            people = change.people
        looks: dict[str, list[tuple[str, str]]] = {}
        waiting = [k.change for k in self.waiting.values() if isinstance(k.change, AddPerson)]
        known = [(p.name, p.called()) for p in self.people.values()]
        known += [(p.name, frozenset({p.name, *p.names})) for p in (*waiting, *people)]
        for person, names in known:
            for name in names:
                looks.setdefault(look_of(name), []).append((person, name))
        found = {
            f"{name!r} is written like {other!r}, a name of {whose}: make sure that they are two people"
            for given in people
            for name in (given.name, *given.names)
            for whose, other in looks[look_of(name)]
            if whose != given.name
        }
        return tuple(sorted(found))

    def alike(self) -> tuple[str, ...]:
        """What looks like another's name among those who were let in and those who wait for it."""
        waiting = [k.change for k in self.waiting.values() if isinstance(k.change, AddPerson)]
        known = [
            AddPerson(name=p.name, human=p.human, names=tuple(p.names), key_sha256="")
            for p in self.people.values()
        ]
        return tuple(sorted({line for c in (*known, *waiting) for line in self.written_alike(c)}))

    def _check_begin(self, change: Begin) -> None:
        if self.people:
            raise AuthorityError("there are people already: an administrator adds more")
        if len(change.people) == 1:
            return
        one, two = change.people
        same_key = one.key_sha256 == two.key_sha256 or not (one.key_sha256 and two.key_sha256)
        if {one.name, *one.names} & {two.name, *two.names} or same_key:
            raise AuthorityError("the first two administrators are two people, each with a key")

    def _check_person(self, change: AddPerson) -> None:
        taken = {n: p.name for p in self.people.values() for n in p.called()}
        for kept in self.waiting.values():
            if isinstance(kept.change, AddPerson):
                taken |= dict.fromkeys((kept.change.name, *kept.change.names), kept.change.name)
        old = self.people.get(change.name)
        for name in (change.name, *change.names):
            if name in taken and (old is None or taken[name] != old.name):
                raise AuthorityError(f"{name!r} is {taken[name]} already: one account a person")
        for person in self.people.values():
            same_key = change.key_sha256 and person.key_sha256 == change.key_sha256
            if same_key and person.name != change.name:
                raise AuthorityError(f"this key is {person.name}'s: everybody has a key of their own")
        if old is not None and old.human != change.human:
            raise AuthorityError(f"{change.name} stays what it is: a person, or a service account")

    def _check_confirm(self, change: Confirm, made_by: str) -> None:
        kept = self.waiting.get(change.no)
        if kept is None:
            raise AuthorityError(f"no change {change.no} waits for a confirmation")
        gains = getattr(kept.change, "name", "")
        if made_by in (kept.made_by, gains):
            raise AuthorityError(
                f"{made_by} made change {change.no}, or gains by it: another administrator confirms it"
            )

    def _check_last(self, change: Invited | RevokeRole | EndPerson) -> None:
        if isinstance(change, Invited):
            return
        left = {p.name for p in self.holders(ADMINISTRATOR, EVERYWHERE)} - {change.name}
        ends = isinstance(change, EndPerson) or change.role == ADMINISTRATOR
        if ends and change.name in self.people and len(left) < 2:
            held = any(g.role == ADMINISTRATOR for g in self.people[change.name].grants)
            if held:
                raise AuthorityError("two administrators must stay: grant the role to another first")

    def _check_delegation(self, change: Delegate | Recall, made_by: str) -> None:
        person = self.people.get(made_by)
        if person is None or not person.active:
            raise AuthorityError(f"no active person is named {made_by!r}")
        if change.name != made_by:
            raise AuthorityError("everybody delegates for themselves alone")
        other = self._known(change.to)
        if not other.human or not person.human:
            raise AuthorityError("a service account stands in for nobody")
        if isinstance(change, Delegate):
            if change.to == made_by:
                raise AuthorityError("nobody stands in for themselves")
            if change.until < change.since or (change.until - change.since).days > 92:
                raise AuthorityError("a delegation has a first and a last day, 92 days apart at most")

    def _check_joined(self, change: Joined, made_by: str) -> None:
        """Only the company's own sign-on says it, of people alone, and makes no administrator."""
        if made_by != SIGN_ON:
            raise AuthorityError("only the company's sign-on says who joined")
        if any(role == ADMINISTRATOR for role, _ in change.roles):
            raise AuthorityError("administrators are made by two administrators, never by a group")
        person = self.people.get(change.name)
        if person is not None and not (person.active and person.human):
            raise AuthorityError(f"{change.name} is not let in here any more, or is a service account")
        taken = {n: p.name for p in self.people.values() for n in p.called()}
        for name in (change.name, *change.names):
            if taken.get(name, change.name) != change.name:
                raise AuthorityError(f"{name!r} is {taken[name]} already: one account a person")

    def _check_take(self, change: TakeRole, made_by: str) -> None:
        """One person alone, in a test environment, and no role that approves or signs."""
        if change.environment not in TEST_ENVIRONMENTS:
            raise AuthorityError(
                f"nobody gives themselves a role in {change.environment}: another administrator gives it, and a third person confirms it"
            )
        if change.name != made_by or self.alone() != made_by:
            raise AuthorityError(
                "there are two administrators: roles are given by two of them, to somebody else"
            )
        if change.role not in OWN_ROLES:
            raise AuthorityError(f"{change.role} is given by others: one takes {', '.join(OWN_ROLES)}")

    def _check_own(self, change: RevokeRole) -> None:
        """By the environment alone nothing ends but what somebody took by their own word."""
        person = self._known(change.name)
        if not any(g.own and (g.role, g.entity) == (change.role, change.entity) for g in person.grants):
            raise AuthorityError(f"{change.name} did not take {change.role} by their own word")

    def _need_administrator(self, name: str) -> None:
        person = self.people.get(name)
        if person is None or not person.active or not person.grants_of(ADMINISTRATOR, EVERYWHERE):
            raise AuthorityError(f"{name or 'nobody'} is no administrator")

    def _known(self, name: str) -> Person:
        person = self.people.get(name)
        if person is None or not person.active:
            raise AuthorityError(f"no active person is named {name!r}: `tieout people list` shows them")
        return person


def fold(changes: Iterable[Kept]) -> Authority:  # noqa: C901 - flat: a case a kind of change
    """What a list of changes comes to."""
    held = Authority()
    for kept in changes:
        match kept.change:
            case Begin(people=(only,)):
                _add(held, only, frozenset())
                grant = Grant(ADMINISTRATOR, EVERYWHERE, None, frozenset())
                held.people[only.name] = replace(held.people[only.name], grants=(grant,))
            case Begin(people=people):
                names = frozenset(p.name for p in people)
                for given in people:
                    _add(held, given, frozenset())
                    person = held.people[given.name]
                    # Each is there by the other's word.
                    grant = Grant(ADMINISTRATOR, EVERYWHERE, None, names - {given.name})
                    held.people[given.name] = replace(person, grants=(grant,))
            case AddPerson() | GrantRole() | Reset():
                if _by_one_alone(held, kept):
                    _hold(held, kept, frozenset({kept.made_by}))
                else:
                    held.waiting[kept.no] = kept
            case Joined():
                _join(held, kept.change)
            case TakeRole():
                _hold(held, kept, frozenset({kept.made_by}))
                held.waiting[kept.no] = kept
            case Invited(name=name):
                _let_in_by(held, name, frozenset({kept.made_by}))
            case Confirm(no=no):
                waiting = held.waiting.pop(no)
                _hold(held, waiting, frozenset({waiting.made_by, kept.made_by}))
            case RevokeRole(name=name, role=role, entity=entity):
                person = held.people[name]
                left = tuple(g for g in person.grants if (g.role, g.entity) != (role, entity))
                held.people[name] = replace(person, grants=left)
                _forget_taken(held, name, role)
            case EndPerson(name=name):
                _forget_taken(held, name)
                held.people[name] = replace(held.people[name], active=False, grants=())
                held.delegations = [d for d in held.delegations if name not in (d.name, d.to)]
            case Delegate(name=name, to=to, since=since, until=until):
                held.delegations.append(Delegation(name, to, since, until))
            case Recall(name=name, to=to):
                held.delegations = [d for d in held.delegations if (d.name, d.to) != (name, to)]
    return held


def _by_one_alone(held: Authority, kept: Kept) -> bool:
    """Whether the one administrator there is makes room for a second: their word is enough for that."""
    change = kept.change
    if kept.made_by != held.alone():
        return False
    if isinstance(change, AddPerson):
        return change.human
    return isinstance(change, GrantRole) and change.role == ADMINISTRATOR


def _join(held: Authority, change: Joined) -> None:
    old = held.people.get(change.name)
    own = tuple(g for g in old.grants if not g.by_group) if old else ()
    given = tuple(Grant(role, entity, None, frozenset({SIGN_ON}), True) for role, entity in change.roles)
    names = frozenset(fold_name(n) for n in change.names) | (old.names if old else frozenset())
    held.people[change.name] = Person(
        name=change.name,
        human=True,
        names=names,
        key_sha256=old.key_sha256 if old else "",
        grants=own + given,
        given_by=(old.given_by if old else frozenset()) | {SIGN_ON},
    )


def _hold(held: Authority, kept: Kept, given_by: frozenset[str]) -> None:
    change = kept.change
    if isinstance(change, AddPerson):
        _add(held, change, given_by)
    elif isinstance(change, GrantRole):
        _give(held, change.name, Grant(change.role, change.entity, change.limit, given_by))
    elif isinstance(change, TakeRole):
        # Confirmed, it is another's word as well.
        own = given_by == {change.name}
        _give(held, change.name, Grant(change.role, EVERYWHERE, None, given_by, own=own))
    elif isinstance(change, Reset):
        # What they sign in with is made anew by whoever has the link then.
        _let_in_by(held, change.name, given_by)


def _give(held: Authority, name: str, grant: Grant) -> None:
    person = held.people[name]
    rest = tuple(g for g in person.grants if (g.role, g.entity) != (grant.role, grant.entity))
    held.people[name] = replace(person, grants=(*rest, grant))


def _forget_taken(held: Authority, name: str, role: str = "") -> None:
    """What somebody took waits for nobody any more."""
    for no, kept in list(held.waiting.items()):
        change = kept.change
        if isinstance(change, TakeRole) and change.name == name and role in ("", change.role):
            del held.waiting[no]


def _let_in_by(held: Authority, name: str, by: frozenset[str]) -> None:
    """Count those `by` whose word somebody signs in as `name` among those who let them in."""
    person = held.people[name]
    held.people[name] = replace(person, given_by=person.given_by | by)


def _add(held: Authority, change: AddPerson, given_by: frozenset[str]) -> None:
    """A person, or one who is added again with another key or more names: names are never lost, so
    that nobody becomes somebody else by it."""
    old = held.people.get(change.name)
    names = frozenset(fold_name(n) for n in change.names) | (old.names if old else frozenset())
    held.people[change.name] = Person(
        name=change.name,
        human=change.human,
        names=names,
        key_sha256=change.key_sha256,
        grants=old.grants if old else (),
        given_by=given_by | (old.given_by if old else frozenset()),
    )
