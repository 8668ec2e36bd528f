"""A file that a child process writes its log to: appended to, and never larger than there is a limit for."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO

LARGEST = 32 << 20


class LogFile:
    """`NAME.log`, and `NAME.log.1` with what was in it before it grew too large. `largest` is in bytes, of each."""

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        self.path, self._largest = path, largest
        self._begins = 0

    def open(self) -> BinaryIO:
        """For a child to write to; `last_words` are those from here on. Raises OSError."""
        self.keep_small()
        file = self.path.open("ab")
        self._begins = file.tell()
        return file

    def keep_small(self) -> None:
        """Put a file that is too large aside and begin anew. Whoever appends goes on: what is written in between, an
        instant's lines, is in neither. A full disk leaves the file as it is, and is tried again."""
        with contextlib.suppress(OSError):
            if self.path.stat().st_size > self._largest:
                # Of one that grew far beyond it the newest part is kept.
                with (
                    self.path.open("rb") as file,
                    self.path.with_name(self.path.name + ".1").open("wb") as aside,
                ):
                    file.seek(-self._largest, os.SEEK_END)
                    shutil.copyfileobj(file, aside)
                os.truncate(self.path, 0)
                self._begins = 0

    def last_words(self, most: int) -> str:
        """What whoever opened it last wrote at the end, `most` bytes of it; "" for nothing."""
        with contextlib.suppress(OSError), self.path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(min(self._begins, end), end - most))
            return file.read(most).decode(errors="replace")
        return ""
