"""What a system answers in another shape than its kind does, told in words as what that one system did.

Whoever asks several systems goes on with the others. It says what came as far as the error does, and never decides what becomes of
whoever asked.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import TypeVar

import msgspec

from tieout.connector_api.errors import SetupError

Answer = TypeVar("Answer")
# What a connector stumbles over where something else answers, whatever that is; a syntax error is XML that is none.
STRANGE = (
    ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError, ValueError, csv.Error, msgspec.MsgspecError,
)  # fmt: skip
_MOST = 160


class StrangeAnswerError(SetupError):
    """A system answers, but not as its kind does: its version, its report or its settings are others than its connector knows."""


def answered(ask: Callable[[], Answer], what: str = "its answer") -> Answer:
    """What a system answers. Raises ConnectorError as `ask` does, and StrangeAnswerError where `what` is asked for came in another
    shape than expected."""
    try:
        return ask()
    except STRANGE as error:
        raise StrangeAnswerError(
            f"{what} came in another shape than expected ({_said(error)}); expected is what docs/connectors says that its connector was "
            "verified with: where its version, its report or its settings changed, put them back (`tieout check` asks it alone), else "
            "report it with these words"
        ) from error


def _said(error: Exception) -> str:
    """What came, as far as the error says it."""
    if isinstance(error, KeyError):
        return f"nothing under {error.args[0]!r}"[:_MOST] if error.args else "something is missing"
    return f"{type(error).__name__}: {error}"[:_MOST]
