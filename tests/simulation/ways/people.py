"""What one person tries alone, too early, under another name, or by rights that they gave themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from tests.simulation.ways.books import Books
from tests.simulation.ways.way import Told, Way
from tieout.cases import list_open
from tieout.close import CloseError
from tieout.money import Period
from tieout.operations.closing import sign_close
from tieout.planning import accept, exclude, take_decision
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
_OWN = "made it"
_WAITS = "{} requests wait for an approval"


def charged(books: Books, cents: int, number: int = 0, name: str = "charge", on: date = ON) -> Decimal:
    """Somebody pays for an order that no shop has: a case of this amount, of the movement that the provider names."""

    def act(at: datetime) -> None:
        row = books.world.stripe.charge(cents, "USD", 30, at, {"order_id": f"40440{number}"}, "Nobody")
        books.notes[name] = str(row["id"])

    books.happens(books.month.at(on, 9, number), act)
    return Decimal(cents).scaleb(-2)


def charge(books: Books) -> Told:
    """One of 777.70."""
    return Told("", charged(books, 77_770), noted="charge")


def won(books: Books, net: int, number: int = 0) -> Decimal:
    """The CRM wins an order of nobody: it is held, and may be excluded; its total."""

    def act(at: datetime) -> None:
        _, _, row = books.month.win(at, 9100 + number, None, net, "case")
        books.notes[f"won {number}"] = str(row["Id"])

    books.happens(books.month.at(ON, 10, number), act)
    return Decimal(net + percent_of(net, 15, 100)).scaleb(-2)


def order_of_nobody(books: Books) -> Told:
    """One of 1,127.00."""
    return Told("", won(books, 98_000), noted="won 0")


def _orders_of_nobody(books: Books) -> Told:
    """Five of 90.00: one person may leave one of them out alone, and not two; so four are left."""
    amounts = [won(books, 7_826, number) for number in range(5)]
    return Told("4 unknown customer", sum(amounts[1:], Decimal(0)), also=((_WAITS.format(4), None),))


def _nothing(books: Books) -> Told:
    return Told("not signed")


def _exclude_all(books: Books, told: Told) -> Told:
    """The clerk excludes what is open, and approves themselves what is asked of another one."""
    numbers = []
    for row in list_open(books.connection, "unknown_customer"):
        with books.connection.transaction():
            numbers.append(
                exclude(
                    books.connection,
                    books.project.release(),
                    row["case_id"],
                    "not ours",
                    books.project.clock.now(),
                    books.scenario.clerk,
                )
            )
    return _approve_own(books, told, [n for n in numbers if n])


def _accept_all(books: Books, told: Told) -> Told:
    """The clerk says that everything may stand as it is, without a word first, and approves that themselves."""
    numbers = []
    for row in list_open(books.connection, "payment_without_order"):
        for reason in (" ", "as it is"):
            try:
                with books.connection.transaction():
                    done = accept(
                        books.connection, books.project.release(), row["case_id"], reason, books.project.clock.now(),
                        books.scenario.clerk,
                    )  # fmt: skip
                numbers.append(done.request)
            except ValueError as error:
                books.said.append(str(error))
    return _approve_own(books, told, [n for n in numbers if n])


def _approve_own(books: Books, told: Told, numbers: list[int]) -> Told:
    """Whoever asked approves."""
    if numbers:
        key = books.scenario._keys[books.scenario.clerk]
        with books.connection.transaction():
            done = take_decision(
                books.connection,
                books.project.release(),
                key,
                numbers,
                "approve",
                "",
                books.project.clock.now(),
            )
        books.said += [x.refused for x in done if x.refused]
    books.settle()
    return told


def _december(books: Books) -> Told:
    return Told(f"{_DECEMBER} ends on {_DECEMBER.last}", period=_DECEMBER)


def _before_its_end(books: Books, period: Period) -> None:
    """Both look at it, and sign."""
    books.state(period)
    for who in (0, 1):
        books.said += books.sign(who, period=period).values()


def _alone(books: Books, period: Period) -> None:
    books.state(period)
    for _ in range(3):
        books.pass_time()
        books.said += books.sign(0, period=period).values()


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
    books.state(period)
    books.sign(0, period=period)
    for _ in range(2):
        books.pass_time()
        books.said += dict(sign_close(books.project, books.entity, period, (), "", key)).values()


def _by_own_grant(books: Books, period: Period) -> None:
    """The clerk gives themselves the role, and signs as the second."""
    books.state(period)
    books.sign(0, period=period)
    now = books.project.clock.now()
    for by in (books.scenario.clerk, "ann"):
        try:
            with books.connection.transaction():
                grant = GrantRole(name=books.scenario.clerk, role="controller", entity="*", limit=None)
                number = change_authority(books.connection, grant, by, now)
                change_authority(books.connection, Confirm(no=number), by, now)
        except AuthorityError as error:
            books.said.append(str(error))
    _try(books, period, books.scenario._keys[books.scenario.clerk])


def _unknown_key(books: Books, period: Period) -> None:
    """Somebody of whom nobody knows the key, and the other's name."""
    books.state(period)
    books.sign(0, period=period)
    _try(books, period, new_key())
    _try(books, period, "", "controller")


def _try(books: Books, period: Period, key: str, name: str = "") -> None:
    try:
        sign_close(books.project, books.entity, period, (), name, key)
    except (AuthorityError, CloseError) as error:
        books.said.append(str(error))


def _way(
    name: str,
    act: Callable[[Books], Told] = _nothing,
    on: date | None = None,
    then: Callable[[Books, Told], Told] | None = None,
    closing: Callable[[Books, Period], None] = Books.close,
    refused: str = "",
) -> Way:
    return Way(name, "people", "distributor", act, on=on, then=then, closing=closing, refused=refused)


WAYS = (
    _way("one exception left open", charge, ON),
    _way("an exclusion by one person", order_of_nobody, ON, _exclude_all, refused=_OWN),
    _way(
        "exclusions split to stay under what one person may",
        _orders_of_nobody,
        ON,
        _exclude_all,
        refused=_OWN,
    ),
    _way("an acceptance by one person", charge, ON, _accept_all, refused=_OWN),
    _way(
        "December signed in November",
        _december,
        closing=_before_its_end,
        refused="2026-12 ends on 2026-12-31",
    ),
    _way("one person signs twice", closing=_alone, refused="you prepared it: somebody else signs it"),
    _way(
        "one person with two names",
        closing=_under_two_names,
        refused="is written like accountant, who made it",
    ),
    _way("a role that one gives oneself", closing=_by_own_grant, refused="clerk is no controller of US"),
    _way("a key that nobody knows, and a name without one", closing=_unknown_key, refused="key"),
)
