"""A qualification from its first question to its report: nothing is made before all was asked, and what was made is told, also
where it stops in between."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tieout.connector_api import RightsTeller
from tieout.connector_api.set_up import SetUpTeller, Wanted
from tieout.connectors.odoo.client import OdooClient, Server
from tieout.connectors.odoo.session import OdooSession
from tieout_sandbox.company import Administrator
from tieout_sandbox.counting import Counts, counted
from tieout_sandbox.qualify.asking import Answered, Asked, ask
from tieout_sandbox.qualify.books import FIRST, Books, DiffersError
from tieout_sandbox.qualify.checks import CHECKS
from tieout_sandbox.qualify.counting import compared, shared
from tieout_sandbox.qualify.measuring import measured
from tieout_sandbox.qualify.month import Month
from tieout_sandbox.qualify.report import AGREED, DIFFERED, SKIPPED, Found, Report
from tieout_sandbox.qualify.strange import STRANGE, in_words

_NAME = "Tieout qualification"
# What the report says where somebody ended it.
INTERRUPTED = "it was interrupted"

Told = Callable[[str], None]


def qualify(asked: Asked, *, month: Month | None = None, told: Told = lambda text: None) -> Report:
    """Try the server in a company made for that; `month` plays a month there, in another one; `told` hears what is under way.

    Raises RefusedToTryError, ConnectorError and KeyboardInterrupt before anything was made; what goes wrong later stands in the report, and so
    does that somebody interrupted it: the service accounts are archived then as at every end.
    """
    told("asking the server")
    answered = ask(asked)
    report = Report(
        tieout=_own_version(),
        began_at=datetime.now(UTC),
        server={
            "url": asked.url.rstrip("/"), "database": asked.database, "version": answered.chosen.version,
            "record": answered.chosen.differs.series, "newer": answered.chosen.newer, "why_test": answered.why_test,
            "modules": answered.modules,
        },
    )  # fmt: skip
    told("counting rows")
    differs = answered.chosen.differs
    admin = Administrator(asked.url.rstrip("/"), asked.database, asked.key, differs, asked.login)
    try:
        before = counted(admin, answered.companies), shared(answered.client)
    except STRANGE as error:
        report.stopped = in_words(error)
    else:
        _all_of_it(admin, asked, answered, report, month, told)
        report.made = [*admin.left(archive=True), *answered.left]
        if report.stopped != INTERRUPTED:
            told("counting rows again")
            _count_again(admin, answered, report, before)
    report.ended_at = datetime.now(UTC)
    admin.close()
    answered.client.close()
    return report


def _all_of_it(
    admin: Administrator, asked: Asked, answered: Answered, report: Report, month: Month | None, told: Told
) -> None:
    """What is made there, and tried; why it stopped stands in the report."""
    report.month = [Found("a small month", SKIPPED, "it was not asked for")]
    try:
        books = _made(admin, asked, answered, report, told)
        if books is not None:
            _tried(books, report, asked.many, told)
            books.session.close()
        if month is not None and not report.stopped:
            told("playing a month")
            report.month = _played(month, asked, answered)
    except STRANGE as error:
        report.stopped = report.stopped or in_words(error)
    except KeyboardInterrupt:
        report.stopped = INTERRUPTED


def _count_again(
    admin: Administrator, answered: Answered, report: Report, before: tuple[Counts, dict[str, int]]
) -> None:
    try:
        report.rows = compared(before[0], counted(admin, answered.companies), answered.companies)
        now = shared(answered.client)
    except STRANGE as error:
        report.stopped = report.stopped or in_words(error)
        return
    except KeyboardInterrupt:
        report.stopped = INTERRUPTED
        return
    report.made += [
        f"{now[m] - n} records of {m}, which all companies share"
        for m, n in before[1].items()
        if now.get(m, n) > n
    ]


def _own_version() -> str:
    try:
        return version("tieout")
    except PackageNotFoundError:
        return "from its source"


def _free_name(answered: Answered) -> str:
    """The next number that no company of the database has: names are one database's."""
    taken = [
        int(m[1]) for name in answered.companies.values() if (m := re.fullmatch(rf"{_NAME} (\d+).*", name))
    ]
    return f"{_NAME} {max(taken, default=0) + 1}"


def _made(admin: Administrator, asked: Asked, answered: Answered, report: Report, told: Told) -> Books | None:
    """The company, with a service account of few rights; None, and why it stopped in the report."""
    name = _free_name(answered)
    told(f"making the company {name}")
    try:
        made = admin.set_up(name, FIRST)
    except STRANGE as error:
        report.stopped = f"the company {name} could not be set up: {in_words(error)}"
        return None
    report.company = {"id": made.id, "name": name, "login": made.login}
    client = OdooClient(Server(asked.url, asked.database, made.key, made.id, made.login))
    client.let_change(lambda found: True)
    session = OdooSession(client)
    return Books(session, admin, made.id, answered.chosen.differs.series, answered.chosen.differs.settled)


def _tried(books: Books, report: Report, many: int, told: Told) -> None:
    for check in CHECKS:
        what = " ".join((check.__doc__ or "").split())
        told(what)
        report.conformance.append(_came(what, partial(check, books)))
    told("asking for rights and set-up")
    report.rights = _rights(books)
    told("measuring")
    try:
        report.speed = measured(books, many)
    except (DiffersError, *STRANGE) as error:
        report.conformance.append(Found("many at once are confirmed", DIFFERED, in_words(error)))


def _came(what: str, act: Callable[[], Any]) -> Found:
    began = time.monotonic()
    try:
        act()
    except (DiffersError, *STRANGE) as error:
        return Found(what, DIFFERED, in_words(error), f"{time.monotonic() - began:.2f}")
    return Found(what, AGREED, "", f"{time.monotonic() - began:.2f}")


def _rights(books: Books) -> list[Found]:
    session: object = books.session
    found = []
    try:
        if isinstance(session, RightsTeller):
            found += [
                Found(f"may {r.what}", AGREED if r.held else DIFFERED, r.said) for r in session.rights()
            ]
        if isinstance(session, SetUpTeller):
            now = datetime.now(UTC)
            wanted = Wanted((), now.date(), now, "USD", "")
            found += [Found(f.what, AGREED if f.well else DIFFERED, f.said) for f in session.set_up(wanted)]
    except STRANGE as error:
        found.append(Found("tells its rights and set-up", DIFFERED, in_words(error)))
    return found


def _played(month: Month, asked: Asked, answered: Answered) -> list[Found]:
    try:
        return list(month(asked, answered))
    except Exception as error:  # noqa: BLE001 - whatever ends a month is what came of it
        return [Found("a small month", DIFFERED, in_words(error))]
