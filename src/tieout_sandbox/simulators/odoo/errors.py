"""Odoo's errors as a JSON-2 client sees them: a status, a name, a message, arguments."""

from __future__ import annotations

from typing import Any


class OdooError(Exception):
    """`status` is the HTTP status under JSON-2."""

    def __init__(self, status: int, name: str, message: str, arguments: list[Any] | None = None):
        super().__init__(message)
        self.status, self.name, self.message = status, name, message
        self.arguments = arguments if arguments is not None else [message]

    def body(self) -> dict[str, Any]:
        return {"name": self.name, "message": self.message, "arguments": self.arguments}


def user_error(message: str) -> OdooError:
    return OdooError(422, "odoo.exceptions.UserError", message)


def validation_error(message: str) -> OdooError:
    return OdooError(422, "odoo.exceptions.ValidationError", message)


def access_error(message: str) -> OdooError:
    return OdooError(403, "odoo.exceptions.AccessError", message)


def missing_error(model: str, record_id: int, uid: int) -> OdooError:
    return OdooError(
        404,
        "odoo.exceptions.MissingError",
        f"Record does not exist or has been deleted.\n(Record: {model}({record_id},), User: {uid})",
    )


def value_error(message: str) -> OdooError:
    """The caller's error: a 500 all the same."""
    return OdooError(500, "builtins.ValueError", message)


def not_found(message: str) -> OdooError:
    return OdooError(404, "werkzeug.exceptions.NotFound", message, [message, 404])


def bad_arguments(message: str) -> OdooError:
    return OdooError(422, "werkzeug.exceptions.UnprocessableEntity", message, [message, 422])


def unauthorized(message: str) -> OdooError:
    return OdooError(401, "werkzeug.exceptions.Unauthorized", message, [message, 401])


def redirect_warning(message: str, action: dict[str, Any], button: str) -> OdooError:
    text = f"{message}\n{action}\n{button}\nNone"
    return OdooError(500, "odoo.exceptions.RedirectWarning", text, [message, action, button, None])


def not_simulated(what: str) -> OdooError:
    """Said plainly, so that nobody takes silence for an answer."""
    return OdooError(501, "tieout.NotSimulated", f"{what} is not simulated")
