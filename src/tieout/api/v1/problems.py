"""What went wrong, as problem details (RFC 9457): a type that programs know, and words for people."""

from __future__ import annotations

from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from tieout.connector_api import AwayError, ConnectorError, TransientError, UnknownOutcomeError
from tieout.observe import get_logger
from tieout.security import AuthorityError, StampError
from tieout.security.identity import PasswordError, SignInError, ThrottledError

_log = get_logger(__name__)
_TITLES = {
    400: "The request cannot be read", 401: "Sign in first", 403: "You may not do that", 404: "There is no such thing",
    405: "That cannot be done here", 409: "It does not fit what there is", 413: "Too large",
    415: "JSON was expected", 421: "Another server was meant", 422: "Something in it is not as expected", 429: "Too many tries",
    500: "Something broke here", 503: "Not now",
}  # fmt: skip


class Problem(BaseModel):
    """RFC 9457: `type` names the kind, `detail` says what happened and what to do next."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None


class ProblemError(Exception):
    """An answer that is a problem. `kind` is the last part of its type."""

    def __init__(self, status: int, kind: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.headers = status, kind, detail, headers or {}


def answer(
    status: int,
    kind: str,
    detail: str,
    headers: dict[str, str] | None = None,
    errors: list[dict[str, Any]] | None = None,
) -> JSONResponse:
    problem = Problem(
        type=f"urn:tieout:problem:{kind}", title=_TITLES.get(status, "Problem"), status=status, detail=detail,
        errors=errors,
    )  # fmt: skip
    return JSONResponse(
        problem.model_dump(exclude_none=True), status, headers, media_type="application/problem+json"
    )


def _by_a_system(error: ConnectorError) -> JSONResponse:
    """What may succeed in a while is no answer that a key keeps."""
    if isinstance(error, AwayError):
        wait = str(int(max(error.retry_after or 0.0, 1.0)))
        return answer(
            503, "system", f"nothing was asked: {error}; send it again after that", {"retry-after": wait}
        )
    if isinstance(error, (TransientError, UnknownOutcomeError)):
        why = f"a system outside does not answer: {error}; send it again, with the same Idempotency-Key"
        return answer(503, "system", why, {"retry-after": "30"})
    return answer(409, "system", f"a system outside did not do it: {error}")


def handle(app: FastAPI) -> None:  # noqa: C901 - flat: a case an error
    """Let every error of `app` be answered as a problem."""

    def known(request: Request, error: Exception) -> JSONResponse:
        match error:
            case ProblemError():
                return answer(error.status, error.kind, error.detail, error.headers)
            case ThrottledError():
                return answer(429, "throttled", str(error), {"retry-after": "60"})
            case SignInError():
                return answer(401, "sign-in", str(error))
            case PasswordError():
                return answer(422, "password", str(error))
            case AuthorityError():
                return answer(409, "access", str(error))
            case ConnectorError():
                return _by_a_system(error)
            case StampError():
                return answer(503, "not-ours", str(error))
            case RequestValidationError():
                # What was sent is not repeated: it may be a secret.
                errors = [{"at": [str(p) for p in e["loc"]], "why": e["msg"]} for e in error.errors()]
                return answer(422, "validation", "see errors: each says where and why", errors=errors)
            case HTTPException():
                return answer(error.status_code, "http", str(error.detail), dict(error.headers or {}))
            case psycopg.DataError() | UnicodeEncodeError():
                # A NUL, half a character: no text that could be kept or looked for.
                return answer(422, "text", "a text in it has a character that is none")
            case psycopg.OperationalError():
                return answer(
                    503, "database", "the database does not answer: try again", {"retry-after": "5"}
                )
        _log.warning("broke", path=request.url.path, error=type(error).__name__)
        return answer(500, "internal", "it was logged; nothing was changed")

    for kind in (
        ProblemError, SignInError, PasswordError, AuthorityError, ConnectorError, StampError, RequestValidationError,
        HTTPException,
        psycopg.DataError, UnicodeEncodeError, psycopg.OperationalError, Exception,
    ):  # fmt: skip
        app.add_exception_handler(kind, known)
