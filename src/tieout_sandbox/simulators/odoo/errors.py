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
        """The answer's JSON: the exception's name, its message, its arguments."""
        return {"name": self.name, "message": self.message, "arguments": self.arguments}


def user_error(message: str) -> OdooError:
    """Something that the business does not allow."""
    return OdooError(422, "odoo.exceptions.UserError", message)


def validation_error(message: str) -> OdooError:
    """A constraint that the record would break."""
    return OdooError(422, "odoo.exceptions.ValidationError", message)


def access_error(message: str) -> OdooError:
    """What the caller's groups or companies do not allow."""
    return OdooError(403, "odoo.exceptions.AccessError", message)


def lock_error(message: str) -> OdooError:
    """Records that somebody else holds: nothing happened."""
    return OdooError(409, "odoo.exceptions.LockError", message)


def missing_error(model: str, record_id: int, uid: int) -> OdooError:
    """A record that is gone, or never was."""
    return OdooError(
        404,
        "odoo.exceptions.MissingError",
        f"Record does not exist or has been deleted.\n(Record: {model}({record_id},), User: {uid})",
    )


def value_error(message: str) -> OdooError:
    """The caller's error: a 500 all the same."""
    return OdooError(500, "builtins.ValueError", message)


def not_found(message: str) -> OdooError:
    """A model or method that is not there."""
    return OdooError(404, "werkzeug.exceptions.NotFound", message, [message, 404])


def bad_arguments(message: str) -> OdooError:
    """A body that does not fit the method: a 422 of the web layer, and not of the business."""
    return OdooError(422, "werkzeug.exceptions.UnprocessableEntity", message, [message, 422])


def unauthorized(message: str) -> OdooError:
    """A key that is missing, wrong or expired."""
    return OdooError(401, "werkzeug.exceptions.Unauthorized", message, [message, 401])


def redirect_warning(message: str, action: dict[str, Any], button: str) -> OdooError:
    """A warning that offers an action: under JSON-2 a plain 500."""
    text = f"{message}\n{action}\n{button}\nNone"
    return OdooError(500, "odoo.exceptions.RedirectWarning", text, [message, action, button, None])


def not_simulated(what: str) -> OdooError:
    """Said plainly, so that nobody takes silence for an answer."""
    return OdooError(501, "tieout.NotSimulated", f"{what} is not simulated")
