"""What a failure of Odoo means: by the exception's name first, by the status where nobody is named."""

from __future__ import annotations

import pytest

from tieout.connector_api import RefusedError, SetupError, TransientError, UnknownOutcomeError
from tieout.connectors.odoo.answers import (
    Failure,
    KeyRefusedError,
    MissingRightError,
    TooLargeError,
    error_of,
)

NAMED = [
    # The name decides, whatever the status: JSON-RPC answers 200 for all of them.
    ("odoo.exceptions.LockError", (409, 200), TransientError),
    ("psycopg2.errors.SerializationFailure", (500, 200), TransientError),
    ("psycopg2.errors.DeadlockDetected", (500, 200), TransientError),
    ("psycopg2.errors.LockNotAvailable", (500, 200), TransientError),
    ("odoo.exceptions.ConcurrencyError", (500, 200), TransientError),
    ("builtins.MemoryError", (500, 200), TooLargeError),
    ("odoo.exceptions.UserError", (422, 200), RefusedError),
    ("odoo.exceptions.ValidationError", (422, 200), RefusedError),
    ("odoo.exceptions.RedirectWarning", (500, 200), RefusedError),
    ("odoo.exceptions.MissingError", (404, 200), RefusedError),
    ("builtins.ValueError", (500, 200), RefusedError),
    ("werkzeug.exceptions.UnprocessableEntity", (422,), RefusedError),
    ("odoo.exceptions.AccessError", (403, 200), MissingRightError),
    ("odoo.exceptions.AccessDenied", (403, 200), KeyRefusedError),
    ("odoo.http.SessionExpiredException", (403, 200), KeyRefusedError),
    ("werkzeug.exceptions.Unauthorized", (401,), KeyRefusedError),
    ("werkzeug.exceptions.NotFound", (404, 200), SetupError),
    ("werkzeug.exceptions.TooManyRequests", (429,), TransientError),
    ("werkzeug.exceptions.RequestEntityTooLarge", (413,), TooLargeError),
]


@pytest.mark.parametrize(("name", "statuses", "kind"), NAMED)
@pytest.mark.parametrize("reading", [True, False])
def test_a_name_says_what_happened_whatever_the_status(
    name: str, statuses: tuple[int, ...], kind: type[Exception], reading: bool
) -> None:
    for status in statuses:
        assert type(error_of(Failure(name, "x", status), "a.b", reading=reading)) is kind, status


@pytest.mark.parametrize(
    ("status", "read", "written"),
    [
        (401, KeyRefusedError, KeyRefusedError), (403, MissingRightError, MissingRightError), (404, SetupError, SetupError),
        (413, TooLargeError, TooLargeError), (422, RefusedError, RefusedError), (429, TransientError, TransientError),
        (409, TransientError, UnknownOutcomeError), (500, TransientError, UnknownOutcomeError),
        (502, TransientError, UnknownOutcomeError), (504, TransientError, UnknownOutcomeError),
        # A page of something that is no Odoo: a write through it may have come to pass.
        (200, SetupError, UnknownOutcomeError),
    ],
)  # fmt: skip
def test_where_nobody_is_named_the_status_says_it_and_a_write_may_have_happened(
    status: int, read: type[Exception], written: type[Exception]
) -> None:
    for reading, kind in ((True, read), (False, written)):
        assert type(error_of(Failure("", "<html>", status), "a.b", reading=reading)) is kind


def test_a_database_that_nobody_knows_of_is_not_called_refused() -> None:
    """PostgreSQL went away, perhaps after it had committed."""
    failure = Failure("psycopg2.OperationalError", "server closed the connection", 500)
    assert type(error_of(failure, "a.b", reading=False)) is UnknownOutcomeError
    assert type(error_of(failure, "a.b", reading=True)) is TransientError


def test_a_serialization_failure_by_its_text_alone_is_transient() -> None:
    failure = Failure("psycopg2.extensions.TransactionRollbackError", "could not serialize access", 500)
    assert type(error_of(failure, "a.b", reading=False)) is TransientError


def test_a_wait_that_was_asked_for_is_kept() -> None:
    error = error_of(Failure("", "", 429, {"retry-after": "7"}), "a.b", reading=False)
    assert isinstance(error, TransientError) and error.retry_after == 7.0


def test_a_refused_key_says_what_to_know_of_keys() -> None:
    error = error_of(Failure("", "Invalid apikey", 401), "a.b", reading=True, key_hint="scope RPC")
    assert "make a new one" in str(error) and str(error).endswith("; scope RPC")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("whitelabel.exceptions.MissingError", RefusedError),
        ("whitelabel.exceptions.AccessError", MissingRightError),
        ("whitelabel.exceptions.LockError", TransientError),
        ("whitelabel.http.SessionExpiredException", KeyRefusedError),
    ],
)
def test_an_odoo_under_another_name_means_the_same(name: str, wanted: type[Exception]) -> None:
    """There are distributions that call Odoo's package otherwise: a record that is gone was taken for a wrong address."""
    assert type(error_of(Failure(name, "x", 404), "account.move.action_post", reading=False)) is wanted
