"""What a server, or the way to it, may do to whoever asks it: told in words, whatever it is."""

from __future__ import annotations

import httpx2

from tieout.connector_api import ConnectorError
from tieout_sandbox.qualify.books import DiffersError

STRANGE = (
    ConnectorError,
    httpx2.HTTPError,
    RuntimeError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def in_words(error: Exception) -> str:
    """What happened, in one text; of what nobody foresaw its kind as well."""
    kind = "" if isinstance(error, (ConnectorError, DiffersError)) else f"{type(error).__name__}: "
    return " ".join(f"{kind}{error}".split())[:1500]
