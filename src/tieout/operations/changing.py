"""Changing files of an open project: decided in a transaction, put in place after it, by whoever comes next.

The order: the new file is written beside the old one and tried; the transaction that records the change with its evidence
commits; the file takes its place by a rename. Whoever dies before the commit leaves a staged file that nobody wants, who
dies after it leaves a row by which the next process puts the file in place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tieout.operations.open_project import LOOK_S, OpenProject
from tieout.settings import (
    FileChange,
    ProjectError,
    as_if,
    cells_of,
    drop,
    drop_forgotten,
    load_project,
    put,
    stage_mapping,
)
from tieout.store import Connection, Queries

_SQL = Queries("tieout.bootstrap")


class Changing(OpenProject):
    """The files of an open project, changed by people."""

    def mapping_cells(self, table: str) -> tuple[list[str], list[list[str]]]:
        """Header and rows of a mapping's file, every column; nothing where it stands in no file."""
        path = self.project.folder / "mappings" / f"{table}.csv"
        return cells_of(path.read_text(encoding="utf-8-sig")) if path.is_file() else ([], [])

    def change_mapping(
        self, connection: Connection, table: str, header: list[str], rows: list[list[str]]
    ) -> Callable[[], None]:
        """Put a table in the place of a mapping's file once the transaction of `connection`, in which `begin_change` was
        called, committed; what is to be done then. Raises ProjectError."""
        return self.change_files(connection, [stage_mapping(self.project.folder, table, header, rows)])

    def begin_change(self, connection: Connection) -> None:
        """From here to the end of the transaction nobody else changes files; what was decided before is in place."""
        self._put_in_place(connection)
        # The project's file may name other networks by now, another process another system.
        self._look_now()

    def change_files(self, connection: Connection, changes: Sequence[FileChange]) -> Callable[[], None]:
        """Record changes, if the project is whole with them; what is to be done once that committed. Raises
        ProjectError, and nothing is staged any more."""
        folder = self.project.folder
        try:
            with as_if(folder, changes) as trial:
                load_project(trial, self.registry, self.project.dsn)
            for change in changes:
                given = {"path": change.path, "staged": change.staged, "at": self.clock.now()}
                connection.execute(_SQL["add_change"], given)
        except BaseException:
            drop(folder, changes)
            raise

        def after() -> None:
            self.settle_files()
            # Before anybody is told that it is in force, every process that looks has seen it.
            time.sleep(2 * LOOK_S)
            self.release()

        return after

    def settle_files(self) -> None:
        """Put in place whatever was decided and is not there: somebody died in between."""
        with self.database.transaction() as connection:
            self._put_in_place(connection)

    def _put_in_place(self, connection: Connection) -> None:
        connection.execute(_SQL["lock_changes"])
        rows = connection.execute(_SQL["changes"]).fetchall()
        changes = [FileChange(r["path"], r["staged"]) for r in rows]
        try:
            for change in changes:
                put(self.project.folder, change)
            drop_forgotten(self.project.folder, changes)
        except OSError as error:
            why = f"{error.filename}: {error.strerror}"
            raise ProjectError(f"the project's folder cannot be written to: {why}") from None
        connection.execute(_SQL["end_changes"], {"ids": [r["change_id"] for r in rows]})

    def _look_now(self) -> None:
        with self._release_lock:
            self._look()
            self._looked_at = time.monotonic()
