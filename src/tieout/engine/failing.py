"""Whose a failure is, and how long is waited after it. Pure: nothing here reads a clock or a row.

A failure belongs to the whole batch where its items can have no part in it: the line to a database or
a system is gone, two transactions met, a disk is full. The batch is tried again. Every other failure,
a defect of our own among them, is the item's alone.
"""

from __future__ import annotations

import errno
import random

import psycopg

from tieout.connector_api import SetupError, TransientError, UnknownOutcomeError

FIRST_S = 0.05
LONGEST_S = 60.0
# A system that asks for more is asked again after this.
LONGEST_ASKED_S = 3600.0
_MOST_DOUBLINGS = 30
# SQLSTATE classes (PostgreSQL's appendix A): connection, transaction rollback, tables and rights, insufficient
# resources, not in the state for it (a lock, another version), operator intervention, system error. Not 54: a limit of
# PostgreSQL's that one row passes, an index entry say, is that row's.
_BATCH_CLASSES = ("08", "40", "42", "53", "55", "57", "58")
_BATCH_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EROFS)
_LONGEST_TEXT = 500
_chance = random.Random()


def is_of_batch(error: BaseException) -> bool:
    """Whether a failure is of everything that was worked on together, so that it is tried again as it is."""
    if isinstance(error, TransientError | SetupError | UnknownOutcomeError | MemoryError):
        return True
    if isinstance(error, psycopg.Error):
        if error.sqlstate:
            return error.sqlstate[:2] in _BATCH_CLASSES
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return isinstance(error, OSError) and error.errno in _BATCH_ERRNOS


def lost(error: BaseException) -> bool:
    """Whether the line to the database is gone: nothing can be written over it."""
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and not error.sqlstate


def wait_s(
    failures: int,
    asked_s: float | None = None,
    between_s: tuple[float, float] = (FIRST_S, LONGEST_S),
    chance: random.Random | None = None,
) -> float:
    """Seconds until the next try after `failures` in a row (1 and more): doubled each time, `between_s` the first and
    the longest, and spread by a fifth either way, so that what failed together does not come back together. At least
    `asked_s`, what the other side asked for, up to an hour."""
    own = _even_s(failures, between_s) * (chance or _chance).uniform(0.8, 1.2)
    return max(own, min(max(asked_s or 0.0, 0.0), LONGEST_ASKED_S))


def longer_s(failures: int, between_s: tuple[float, float] = (FIRST_S, LONGEST_S)) -> float:
    """Seconds by which an item must wait longer than its lane, which has failed `failures` times in a row, so that it is
    not first again when that goes on, however both waits are spread."""
    return 2.0 * _even_s(failures, between_s)


def _even_s(failures: int, between_s: tuple[float, float]) -> float:
    first, longest = between_s
    doubled: float = first * 2.0 ** min(max(failures, 1) - 1, _MOST_DOUBLINGS)
    return min(doubled, longest)


def asked_s(error: BaseException) -> float | None:
    """How long the other side asked to be left alone, in seconds; None where it did not say."""
    found = getattr(error, "retry_after", None)
    return found if isinstance(found, int | float) else None


def storable(key: str) -> str:
    """An item's key as every database takes it: what is no character of it is written out (a file's name may be of any bytes)."""
    return key.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def text_of(error: BaseException) -> str:
    """A failure in words that every database takes: no NUL, no half of a character, not endless."""
    words = str(error).strip() or type(error).__name__
    if not isinstance(error, psycopg.Error | SetupError | TransientError | UnknownOutcomeError):
        words = f"{type(error).__name__}: {words}" if words != type(error).__name__ else words
    clean = (
        words[: _LONGEST_TEXT * 2].replace("\x00", "?").encode("utf-8", "replace").decode("utf-8", "replace")
    )
    return clean[:_LONGEST_TEXT]
