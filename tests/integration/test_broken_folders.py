"""A file that was taken and cannot be moved is no refused file: what is booked is never told to be missing."""

from __future__ import annotations

from tests.integration.test_arriving import WHOLE, Folder, folder
from tests.stages import forget_failures

__all__ = ["folder"]


def test_a_file_that_is_booked_and_cannot_be_moved_is_not_refused(folder: Folder) -> None:
    folder.declare("when settled")
    # Nobody can make this folder.
    (folder.path / "taken").symlink_to(folder.path / "nowhere" / "else")
    folder.put("run.csv", WHOLE)
    folder.look(3, 6)
    booked = folder.entries()
    assert len(booked) == 6
    assert folder.cases() == [], "a case asks for another file, and this one is booked"
    assert folder.there() == ["run.csv"] and folder.there("refused") == []
    shown = folder.database.rows("select item, error from tieout.interface_failure")
    assert [r["item"] for r in shown] == ["run.csv"] and "taken" in shown[0]["error"]
    (folder.path / "taken").unlink()
    forget_failures(folder.connection)
    folder.look(1, 6)
    assert folder.there("taken") == ["run.csv"] and folder.entries() == booked
    assert folder.database.rows("select 1 from tieout.failure") == []
