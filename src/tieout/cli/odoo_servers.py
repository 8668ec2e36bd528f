"""An Odoo of somebody's own, as `qualify` and `demo` meet it: nothing is made before it was asked, and whatever ends the command is said in a
sentence, with what stays behind there."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

from tieout.cli.context import FAILED, USAGE, err, fail


def must_name_the_same(test_database: str, database: str) -> None:
    """Ends with 2 where whoever says that a database is for tests names another one."""
    if test_database and test_database != database:
        fail(
            f"nothing was made: --test-database says {test_database!r}, and the database is {database!r}: name the same one",
            USAGE,
        )


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM are a KeyboardInterrupt, so that what was made can be taken back. Whoever starts a program beside others may
    have let Ctrl-C pass it by: here it does not."""

    def end(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


@contextmanager
def nothing_made(part: Any, asked: Any) -> Iterator[None]:
    """What is raised within says why nothing was made, and ends the command: with 2 where somebody must mend what was typed, or the
    server; with 3 where it does not answer."""
    from tieout.connector_api import ConnectorError, SetupError

    try:
        yield
    except KeyboardInterrupt:
        fail("interrupted: nothing was made", FAILED)
    except part.RefusedToTryError as error:
        fail(f"nothing was made: {error}", USAGE)
    except SetupError as error:
        fail(f"nothing was made: {error} (asked of {asked.database} at {asked.url})", USAGE)
    except ConnectorError as error:
        fail(f"nothing was made: {error}", FAILED)


def played(part: Any, demo: Any) -> Any:
    """What a month came to. On an Odoo of somebody's own whatever stops it is said, with what stays behind there; what stops one on the
    sandbox alone is a defect, and raised."""
    try:
        return demo.run()
    except KeyboardInterrupt:
        fail("it was interrupted: the month is not played to its end", FAILED)
    except typer.Exit:
        raise
    except part.STRANGE as error:
        if not demo.options.odoo_url:
            raise
        fail(f"the month stopped: {part.in_words(error)}", FAILED)
    finally:
        tell_left(demo.left)


def tell_left(left: list[str]) -> None:
    """What stays in the Odoo, a line each."""
    for each in left:
        err.print(f"stays behind: {each}")
