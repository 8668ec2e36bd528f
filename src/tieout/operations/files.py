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

_SQL = Queries("tieout.operations")


def begin_change(project: OpenProject, connection: Connection) -> None:
    """From here to the end of the transaction nobody else changes files; what was decided before is in place. Raises
    ProjectError where the folder cannot be written to."""
    _put_in_place(project, connection)
    # The project's file may name other networks by now, another process another system.
    project.look_now()


def change_files(
    project: OpenProject, connection: Connection, changes: Sequence[FileChange]
) -> Callable[[], None]:
    """Record changes, if the project is whole with them; what is to be done once that committed. Raises
    ProjectError, and nothing is staged any more."""
    folder = project.settings.folder
    try:
        with as_if(folder, changes) as trial:
            load_project(trial, project.registry, project.settings.dsn)
        for change in changes:
            given = {"path": change.path, "staged": change.staged, "at": project.clock.now()}
            connection.execute(_SQL["add_change"], given)
    except BaseException:
        drop(folder, changes)
        raise

    def after() -> None:
        settle_files(project)
        # Before anybody is told that it is in force, every process that looks has seen it.
        time.sleep(2 * LOOK_S)
        project.release()

    return after


def settle_files(project: OpenProject) -> None:
    """Put in place whatever was decided and is not there: somebody died in between. Raises ProjectError where the
    folder cannot be written to."""
    with project.database.transaction() as connection:
        _put_in_place(project, connection)


def _put_in_place(project: OpenProject, connection: Connection) -> None:
    connection.execute(_SQL["lock_changes"])
    rows = connection.execute(_SQL["changes"]).fetchall()
    changes = [FileChange(r["path"], r["staged"]) for r in rows]
    try:
        for change in changes:
            put(project.settings.folder, change)
        drop_forgotten(project.settings.folder, changes)
    except OSError as error:
        why = f"{error.filename}: {error.strerror}"
        raise ProjectError(f"the project's folder cannot be written to: {why}") from None
    connection.execute(_SQL["end_changes"], {"ids": [r["change_id"] for r in rows]})


# mappings


def mapping_cells(project: OpenProject, table: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a mapping's file, every column; nothing where it stands in no file."""
    path = project.settings.folder / "mappings" / f"{table}.csv"
    return cells_of(path.read_text(encoding="utf-8-sig")) if path.is_file() else ([], [])


def change_mapping(
    project: OpenProject, connection: Connection, table: str, header: list[str], rows: list[list[str]]
) -> Callable[[], None]:
    """Put a table in the place of a mapping's file once the transaction of `connection`, in which `begin_change` was
    called, committed; what is to be done then. Raises ProjectError."""
    changes = [stage_mapping(project.settings.folder, table, header, rows)]
    return change_files(project, connection, changes)
