"""A program that runs for long ends by itself once another version migrated its database."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from tieout.cli.context import OTHER_VERSION, err
from tieout.store import VersionWatch

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject


class Ending:
    """Watches the version of `project`'s database. What ends is told as by a signal, so it stops well; `code` is what the
    program ends with then."""

    def __init__(self, project: OpenProject) -> None:
        self.code = 0
        self._watch = VersionWatch(project.database, self._end)

    def start(self) -> Ending:
        """From here on SIGTERM ends the program with `code`, wherever nobody else handles it."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(self.code))
        self._watch.start()
        return self

    def _end(self, why: str) -> None:
        self.code = OTHER_VERSION
        err.print(why, style="red", soft_wrap=True)
        os.kill(os.getpid(), signal.SIGTERM)
