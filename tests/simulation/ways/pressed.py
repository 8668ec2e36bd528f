"""What somebody does under pressure on the last evening: in a colleague's name, by a machine, twice at once, with a source that says nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from tests.simulation.ways.books import Books, Line
from tests.simulation.ways.way import Told, Way
from tieout.close import CloseError
from tieout.connectors.stripe import reports
from tieout.money import Period
from tieout.operations.closing import sign_close
from tieout.security import AddPerson, AuthorityError, Confirm, GrantRole, change_authority, key_hash, new_key

_SUSPENSE, _ON = "212130", date(2026, 10, 27)


def _nothing(books: Books) -> Told:
    return Told("not signed")


def _prepared_by_sql(books: Books, period: Period) -> None:
    """Who has the database writes that the controller prepared everything, and signs as the second."""
    for _ in range(2):
        for each in books.state(period).tasks:
            books.sql(
                "insert into tieout.signature (entity, period, task, digest, prepared_by, prepared_at, stamp)"
                " values (%s, %s, %s, %s, 'controller', now(), 'x') on conflict do nothing",
                books.entity, str(period), each.task.name, each.finding.digest,
            )  # fmt: skip
        books.pass_time()
        books.said += books.sign(0, period=period).values()


def _by_a_machine(books: Books, period: Period) -> None:
    """A service account is let in with the role that signs, and is the second person."""
    key, now = new_key(), books.project.clock.now()
    with books.connection.transaction():
        for change in (
            AddPerson(name="nightly", human=False, names=(), key_sha256=key_hash(key)),
            GrantRole(name="nightly", role="controller", entity="*", limit=None),
        ):
            number = change_authority(books.connection, change, "ann", now)
            change_authority(books.connection, Confirm(no=number), "ben", now)
    books.state(period)
    books.sign(0, period=period)
    try:
        sign_close(books.project, books.entity, period, (), "", key)
    except (AuthorityError, CloseError) as error:
        books.said.append(str(error))


def _twice_at_once(books: Books, period: Period) -> None:
    """One person signs in two windows at the same moment."""
    books.state(period)

    def sign() -> None:
        books.said += books.sign(0, period=period).values()

    for _ in range(2):
        books.pass_time()
        windows = [threading.Thread(target=sign) for _ in range(2)]
        for each in windows:
            each.start()
        for each in windows:
            each.join()


def _no_taxes(books: Books) -> Told:
    """The table of taxes is taken out of the project: no task asks whether they tie out."""
    (books.project_folder / "mappings" / "taxes.csv").unlink()
    books.reread()
    books.settle()
    return Told("mappings/taxes.csv")


def _out_of_sight(books: Books) -> Told:
    """1,458.04 are moved from suspense to an account on which nothing was ever posted."""
    used = {r["account"] for r in books.sql("select distinct account from tieout.posting_line")}
    found = books.admin.call(
        "account.account", "search_read", domain=[["account_type", "=", "asset_current"], ["company_ids", "in", [books.company]]],
        fields=["code"], context=books.context, order="code",
    )  # fmt: skip
    mapped = {r.value for r in books.project.release().mappings["accounts"].rows}
    other = next(str(r["code"]) for r in found if str(r["code"]) not in {*used, *mapped})
    value = Decimal("1458.04")
    books.unlock()
    books.entry([Line(other, value), Line(_SUSPENSE, -value)], _ON, "to be looked at")
    books.lock()
    return Told("", value)


def _strange(books: Books) -> Told:
    """The provider's report has a column of another name."""

    def another(*_: Any) -> Any:
        return {"cnt": 1}["count"]

    reports.control_totals = another
    return Told(
        "nothing under 'count'", also=(("complete: stripe: its source's own figures cannot be read", None),)
    )


def _backdated(books: Books) -> Told:
    """The provider has a charge of October that nobody was told of, once everything is signed."""
    at = books.month.at(date(2026, 10, 29), 9)
    books.world.stripe.charge(77_770, "USD", 30, at, {"order_id": "404409"}, "Nobody")
    books.pass_time()
    # Less the provider's fee of 0.30.
    return Told("stripe:2026-10:USD", Decimal("777.40"))


def _way(
    name: str,
    act: Callable[[Books], Told] = _nothing,
    closing: Callable[[Books, Period], None] = Books.close,
    signed: bool = False,
    refused: str = "",
) -> Way:
    return Way(name, "under pressure", "distributor", act, closing=closing, signed=signed, refused=refused)


WAYS = (
    _way(
        "preparations written by SQL in a colleague's name",
        closing=_prepared_by_sql,
        refused="prepared: somebody else signs it",
    ),
    _way(
        "a machine that has the role signs", closing=_by_a_machine, refused="nightly is no controller of US"
    ),
    _way(
        "one person in two windows at once",
        closing=_twice_at_once,
        refused="you prepared it: somebody else signs it",
    ),
    _way("the table of taxes taken out of the project", _no_taxes),
    _way("suspense moved to an account that nobody looks at", _out_of_sight),
    _way("a provider's figures in another shape", _strange),
    _way("a backdated charge once everything is signed", _backdated, signed=True),
)
