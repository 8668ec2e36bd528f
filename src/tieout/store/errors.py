"""What keeps the store from working."""

from __future__ import annotations


class EmbeddedServerError(Exception):
    """The embedded server does not start; the message says what to do."""
