"""What one person tries alone, too early, under another name, or by rights that they gave themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from tests.simulation.ways.books import Books
from tests.simulation.ways.way import Told, Way
from tieout.cases import list_open
from tieout.close import CloseError
from tieout.money import Period
from tieout.operations.closing import sign_close
from tieout.planning import accept, exclude
from tieout.security import (
    AddPerson,
    AuthorityError,
    Confirm,
    GrantRole,
    change_authority,
    key_hash,
    new_key,
)
from tieout_sandbox.truths import percent_of

ON = date(2026, 10, 29)
_DECEMBER = Period(2026, 12)


def charged(books: Books, cents: int, number: int = 0) -> Decimal:
    """Somebody pays for an order that no shop has: a case of this amount."""
    at = books.month.at(ON, 9, number)
    books.month.add(
        at,
        lambda t: books.world.stripe.charge(cents, "USD", 30, t, {"order_id": f"40440{number}"}, "Nobody"),
    )
    books.month._events.sort(key=lambda e: (e.at, e.order))
    return Decimal(cents).scaleb(-2)


def charge(books: Books) -> Told:
    """One of 777.70."""
    return Told("", charged(books, 77_770))


def won(books: Books, net: int, number: int = 0) -> Decimal:
    """The CRM wins an order of nobody: it is held, and may be excluded; its total."""
    at = books.month.at(ON, 10, number)
    books.month.add(at, lambda t: books.month.win(t, 9100 + number, None, net, "case"))
    books.month._events.sort(key=lambda e: (e.at, e.order))
    return Decimal(net + percent_of(net, 15, 100)).scaleb(-2)


def order_of_nobody(books: Books) -> Told:
    """One of 1,127.00."""
    return Told("", won(books, 98_000))


def _orders_of_nobody(books: Books) -> Told:
    """Five of 90.00: each of them one person may leave out alone, all of them not."""
    return Told("", max(won(books, 7_826, number) for number in range(5)))


def _nothing(books: Books) -> Told:
    return Told("not signed")


def _exclude_all(books: Books, told: Told) -> Told:
    """The clerk excludes what is open, and asks nobody."""
    for row in list_open(books.connection):
        with books.connection.transaction():
            exclude(
                books.connection, books.project.release(), row["case_id"], "not ours", books.project.clock.now(),
                books.scenario.clerk,
            )  # fmt: skip
    books.settle()
    return told


def _accept_all(books: Books, told: Told) -> Told:
    """The clerk says that everything may stand as it is, and tries that without a word first."""
    for row in list_open(books.connection):
        for reason in (" ", "as it is"):
            try:
                with books.connection.transaction():
                    accept(
                        books.connection, books.project.release(), row["case_id"], reason, books.project.clock.now(),
                        books.scenario.clerk,
                    )  # fmt: skip
            except ValueError:
                continue
    books.settle()
    return told


def _december(books: Books) -> Told:
    return Told(f"{_DECEMBER} ends on {_DECEMBER.last}", period=_DECEMBER)


def _alone(books: Books, period: Period) -> None:
    for _ in range(3):
        books.pass_time()
        books.sign(0, period=period)


def _under_two_names(books: Books, period: Period) -> None:
    """The accountant has an administrator let a second account in that reads like their own."""
    key, twin, now = new_key(), "аccountant", books.project.clock.now()
    with books.connection.transaction():
        for change in (
            AddPerson(name=twin, human=True, names=(), key_sha256=key_hash(key)),
            GrantRole(name=twin, role="controller", entity="*", limit=None),
        ):
            number = change_authority(books.connection, change, "ann", now)
            change_authority(books.connection, Confirm(no=number), "ben", now)
    books.sign(0, period=period)
    for _ in range(2):
        books.pass_time()
        sign_close(books.project, books.entity, period, (), "", key)


def _by_own_grant(books: Books, period: Period) -> None:
    """The clerk gives themselves the role, and signs as the second."""
    books.sign(0, period=period)
    now = books.project.clock.now()
    for by in (books.scenario.clerk, "ann"):
        try:
            with books.connection.transaction():
                grant = GrantRole(name=books.scenario.clerk, role="controller", entity="*", limit=None)
                number = change_authority(books.connection, grant, by, now)
                change_authority(books.connection, Confirm(no=number), by, now)
        except AuthorityError:
            continue
    _try(books, period, books.scenario._keys[books.scenario.clerk])


def _unknown_key(books: Books, period: Period) -> None:
    """Somebody of whom nobody knows the key, and the other's name."""
    books.sign(0, period=period)
    _try(books, period, new_key())
    _try(books, period, "", "controller")


def _try(books: Books, period: Period, key: str, name: str = "") -> None:
    try:
        sign_close(books.project, books.entity, period, (), name, key)
    except (AuthorityError, CloseError):
        return


def _way(
    name: str,
    act: Callable[[Books], Told] = _nothing,
    on: date | None = None,
    then: Callable[[Books, Told], Told] | None = None,
    closing: Callable[[Books, Period], None] = Books.close,
) -> Way:
    return Way(name, "people", "distributor", act, on=on, then=then, closing=closing)


WAYS = (
    _way("one exception left open", charge, ON),
    _way("an exclusion by one person", order_of_nobody, ON, _exclude_all),
    _way("exclusions split to stay under what one person may", _orders_of_nobody, ON, _exclude_all),
    _way("an acceptance by one person", charge, ON, _accept_all),
    _way("December signed in November", _december),
    _way("one person signs twice", closing=_alone),
    _way("one person with two names", closing=_under_two_names),
    _way("a role that one gives oneself", closing=_by_own_grant),
    _way("a key that nobody knows, and a name without one", closing=_unknown_key),
)
