"""What can go wrong at a system's edge, told apart by what must be done next."""

from __future__ import annotations

from datetime import datetime

from tieout.connector_api.causes import UNREADABLE_FILE
from tieout.money import Amount


class ConnectorError(Exception):
    """Any failure of a system. The message says what happened and what to do."""


class TransientError(ConnectorError):
    """Nothing happened there; try again later. `retry_after` is the system's own word, in seconds, which keeps every lane
    that asks it away for as long; None where it said nothing: whoever tries again then waits by a back-off of their own."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AwayError(TransientError):
    """A system was not asked, as the project or its vendor declares: it is in a maintenance, or what may be asked of it a day is spent. This is a
    wait and no failure: it is counted nowhere, and nobody is alerted of it. It may be asked again from the instant `until` on."""

    def __init__(self, message: str, until: datetime, retry_after: float) -> None:
        super().__init__(message, retry_after)
        self.until = until


class UnknownOutcomeError(ConnectorError):
    """It may or may not have happened: look it up before anything is sent again."""


class RefusedError(ConnectorError):
    """The system understood and said no: sending the same again cannot help."""


class SetupError(ConnectorError):
    """Wrong address, database, key, version or rights: a person must mend the set-up."""


class SignatureError(ConnectorError):
    """A webhook whose signature is missing, wrong or too old."""


class FileRefusedError(ConnectorError):
    """A file that is not taken: it becomes a case of `cause`, which says by `recovery` what to do."""

    def __init__(
        self,
        message: str,
        *,
        cause: str = UNREADABLE_FILE.name,
        recovery: str = UNREADABLE_FILE.says,
    ) -> None:
        super().__init__(message)
        self.cause, self.recovery = cause, recovery


class ContentRefusedError(ValueError):
    """A message that can be read and is not to be taken: it becomes a case of `cause`, over `amount` where it says one."""

    def __init__(self, message: str, *, cause: str, recovery: str, amount: Amount | None = None) -> None:
        super().__init__(message)
        self.cause, self.recovery, self.amount = cause, recovery, amount


class ItemError(ValueError):
    """An item that cannot be kept: its names are no text that a database holds, or too long."""
