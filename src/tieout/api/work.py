"""A push, or evidence of a refusal, on its way to the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tieout.connector_api import Item
from tieout.evidence import Entry


@dataclass(frozen=True)
class Done:
    """What became of a push. `status` is HTTP's: 200 kept, 400 refused, 500 broken on it, 503 not now."""

    status: int
    why: str = ""


@dataclass(slots=True, eq=False)
class Work:
    """One verified push or one refusal. `end` is called once with what became of it; whoever waits no longer says so by
    `over`, and it is left out where its batch was not begun."""

    interface: str
    items: list[Item]
    entry: Entry | None
    at: datetime
    wakes: bool
    end: Callable[[Done], None] = lambda done: None
    size: int = field(init=False)
    over: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        # Here, while its own request is read: what breaks on one push breaks that alone.
        size = 0
        for item in self.items:
            if isinstance(item.body, bytes):
                size += len(item.body)
        self.size = size

    def finish(self, done: Done) -> None:
        """Tell whoever waits, unless they were told or have gone."""
        if not self.over:
            self.over = True
            self.end(done)
