"""What may speak against an effect at the moment of sending it: looked at as its attempt is committed, and by nobody before.

What is planned may wait for its lane for long. A guard is asked of each set that is about to be sent, in the transaction that
commits its attempt; whoever knows what an effect rests on gives one (the bank's files: `payables`). What it speaks against is not sent: it
waits, where somebody is about to decide, or is held as a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from tieout.money import Amount
from tieout.store import Connection


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """Why an effect is not sent. `cause` is that of the case that holds it, with `worth` (positive); "" where it waits alone, as another case
    or a message that nobody read yet says why."""

    why: str
    cause: str = ""
    worth: Amount | None = None


Guard = Callable[[Connection, Sequence[Mapping[str, Any]]], Mapping[str, Objection]]
"""Asked of deliveries as they were claimed; by external id what speaks against one."""


def nothing_speaks_against(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> Mapping[str, Objection]:
    """The guard of targets that take whatever is planned for them."""
    return {}
