"""An open project's files, as several processes see them."""

from __future__ import annotations

from pathlib import Path

from tests.unit.test_connecting import folder as folder
from tieout.operations.open_project import OpenProject


def test_what_one_process_was_told_to_look_at_every_other_has_seen(folder: Path) -> None:
    web, worker = OpenProject(folder), OpenProject(folder)
    file = folder / "interfaces" / "bank.toml"
    text = file.read_text()
    for number in range(5):
        before = worker.release()
        file.write_text(f'{text}late_events = "{"first_open" if number % 2 else "case"}"\n# {number}\n')
        web.look_now()
        # It looked a moment ago, and plans by what is all the same.
        assert worker.release() is not before, number
    web.close()
    worker.close()
