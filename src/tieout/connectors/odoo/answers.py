"""What a failure of Odoo means to a caller that moves money: by the exception's name first, by the status where there is none.

Source: `odoo/http.py` and `odoo/exceptions.py` of Odoo 18 and 19, `odoo/http/dispatcher.py` of what became 20; statuses of
JSON-2 as observed on 19: 401 bad key, 403 no access, 404 unknown or missing, 409 somebody holds it, 422 user error, 500 also
for an unknown field. JSON-RPC answers 200 whatever happened, so there the name is all that there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from tieout.connector_api import (
    ConnectorError,
    RefusedError,
    SetupError,
    TransientError,
    UnknownOutcomeError,
    wait_asked,
)


@dataclass(frozen=True)
class Failure:
    """What a transport was answered in place of a result. `name` is the exception's, with its module; "" where it was no
    Odoo that spoke, but something before it."""

    name: str
    message: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    # It says that it is JSON, and is none: cut off on its way, so that something may have been done.
    cut: bool = False


class TooLargeError(RefusedError):
    """What was sent is larger than what is taken there, or more than what is worked on at once: less may pass."""


class KeyRefusedError(SetupError):
    """The key, or the login beside it, is not taken. `said` is what Odoo says of it, `hint` what to know of this version's keys."""

    def __init__(self, message: str, said: str, hint: str = "") -> None:
        super().__init__(message)
        self.said, self.hint = said, hint


class MissingRightError(SetupError):
    """The service account may not do that there; whoever may is asked."""


class _Means(Enum):
    AGAIN = auto()  # it was rolled back: the same may be sent again
    BUSY = auto()  # it was turned away before anything happened
    KEY = auto()  # who asks is not known
    RIGHT = auto()  # who asks may not
    ABSENT = auto()  # no such model or method: another version, database or server
    REFUSED = auto()
    TOO_LARGE = auto()
    TOO_MUCH = auto()  # a worker of Odoo met its limit of time or memory, and rolled back
    STRANGER = auto()  # something answers that is no Odoo
    UNKNOWN = auto()  # nobody knows what happened


_BY_NAME = {
    # Somebody else holds the records: nothing happened (409 under JSON-2).
    "odoo.exceptions.LockError": _Means.AGAIN,
    "odoo.exceptions.ConcurrencyError": _Means.AGAIN,
    # Odoo tries these five times itself before it gives up; PostgreSQL has rolled them back.
    "psycopg2.errors.SerializationFailure": _Means.AGAIN,
    "psycopg2.errors.DeadlockDetected": _Means.AGAIN,
    "psycopg2.errors.LockNotAvailable": _Means.AGAIN,
    "odoo.exceptions.AccessDenied": _Means.KEY,
    "odoo.http.SessionExpiredException": _Means.KEY,
    "werkzeug.exceptions.Unauthorized": _Means.KEY,
    "odoo.exceptions.AccessError": _Means.RIGHT,
    "werkzeug.exceptions.Forbidden": _Means.RIGHT,
    # A record that is gone is an answer; a model or a method that is not there is another version, or no Odoo.
    "odoo.exceptions.MissingError": _Means.REFUSED,
    "odoo.exceptions.UserError": _Means.REFUSED,
    "odoo.exceptions.ValidationError": _Means.REFUSED,
    "odoo.exceptions.RedirectWarning": _Means.REFUSED,
    "werkzeug.exceptions.UnprocessableEntity": _Means.REFUSED,
    "werkzeug.exceptions.NotFound": _Means.ABSENT,
    "werkzeug.exceptions.TooManyRequests": _Means.BUSY,
    "werkzeug.exceptions.RequestEntityTooLarge": _Means.TOO_LARGE,
    "builtins.MemoryError": _Means.TOO_MUCH,
}
# What `load` says in place of a name: of a transaction that met another, or whose database went away; nothing of it happened. Odoo gives
# PostgreSQL's own words (`_sql_error_to_message_generic` of BaseModel in 19, PGERROR_TO_OE in 18), and those of its LockError.
_MET = (
    "could not serialize",
    "deadlock detected",
    "could not obtain lock",
    "due to lock timeout",
    "due to statement timeout",
    "current transaction is aborted",
    "Cannot grab a lock on records",
)
# And of a limit of its worker, which it takes for an error of the record that it came to (odoo/service/server.py, limit_time_cpu and
# limit_memory_hard).
_TOO_MUCH = ("CPU time limit exceeded", "<class 'MemoryError'>")
_LIMITS = "a worker of Odoo met its limit of time or memory: less at once, or raise limit_time_cpu and limit_memory_hard there"
# JSON-RPC names the database in each call: of one that is not there Odoo tells what PostgreSQL says.
_NO_SERVER = "psycopg2.OperationalError"
_BY_STATUS = {
    401: _Means.KEY,
    403: _Means.RIGHT,
    404: _Means.ABSENT,
    413: _Means.TOO_LARGE,
    422: _Means.REFUSED,
    429: _Means.BUSY,
}


def _known_as(name: str) -> str:
    """An exception's name as Odoo has it: there are distributions that call the package otherwise (observed)."""
    package, _, rest = name.partition(".")
    return f"odoo.{rest}" if package != "werkzeug" and rest.startswith(("exceptions.", "http.")) else name


def _meaning(failure: Failure) -> _Means:
    name = _known_as(failure.name)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name == _NO_SERVER and "does not exist" in failure.message:
        return _Means.ABSENT
    if "could not serialize" in failure.message:
        return _Means.AGAIN
    if any(text in failure.message for text in _TOO_MUCH):
        return _Means.TOO_MUCH
    if failure.cut or name.startswith("psycopg2."):
        # The database went away under Odoo, perhaps after it had committed.
        return _Means.UNKNOWN
    if failure.status in _BY_STATUS:
        return _BY_STATUS[failure.status]
    # Odoo answers 500 for a caller's own error too, such as an unknown field, and then names its exception: it has rolled
    # back. Without a name it was a proxy that spoke, and nobody knows what Odoo did.
    if name.startswith(("builtins.", "odoo.", "tieout.")):
        return _Means.REFUSED
    return _Means.STRANGER if failure.status == 200 else _Means.UNKNOWN


def error_within_load(texts: Sequence[str]) -> ConnectorError | None:
    """The error to raise for what a `load` says of its records, where that is no fault of any of them: nothing was loaded."""
    if met := [text for text in texts if any(known in text for known in _MET)]:
        return TransientError(f"load: {met[0]}")
    if much := [text for text in texts if any(known in text for known in _TOO_MUCH)]:
        return TooLargeError(f"load: {much[0]}: {_LIMITS}")
    return None


def error_of(failure: Failure, what: str, *, reading: bool, key_hint: str = "") -> ConnectorError:
    """The error to raise for a failure of the call `what`; one that only reads has no unknown outcome. `key_hint` is what
    to know of the keys of this version."""
    said = f"{what}: {failure.message}"
    match _meaning(failure):
        case _Means.AGAIN:
            return TransientError(said)
        case _Means.BUSY:
            return TransientError(said, wait_asked(failure.headers))
        case _Means.KEY:
            return KeyRefusedError(
                f"Odoo refuses the key ({failure.message}): see that all of it was copied; else make a new one for the "
                f"service account, and enter it where the old one was{f'; {key_hint}' if key_hint else ''}",
                failure.message,
                key_hint,
            )
        case _Means.RIGHT:
            return MissingRightError(f"the service account lacks a right: {failure.message}")
        case _Means.ABSENT:
            return SetupError(f"{said}: check url, database and version (18.0, or 19.0 and newer)")
        case _Means.TOO_LARGE:
            return TooLargeError(
                f"{said}: let the proxy before Odoo take larger bodies (nginx: client_max_body_size)"
            )
        case _Means.TOO_MUCH:
            return TooLargeError(f"{said or what}: {_LIMITS}")
        case _Means.REFUSED:
            return RefusedError(said)
        case _Means.STRANGER if reading:
            return SetupError(
                f"{what}: what answers is no Odoo ({failure.message}): check url, and the proxy before it"
            )
        case _Means.UNKNOWN if reading:
            return TransientError(said, wait_asked(failure.headers))
        case _:
            return UnknownOutcomeError(f"{said} (status {failure.status})")
