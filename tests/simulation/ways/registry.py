"""Every way, in the order in which they are told."""

from __future__ import annotations

from tests.simulation.ways import declared, ends, figures, files, ledger, log, machine, people, pressed
from tests.simulation.ways.way import Way

WAYS: tuple[Way, ...] = (
    *files.WAYS, *ledger.WAYS, *people.WAYS, *machine.WAYS, *log.WAYS, *ends.WAYS, *figures.WAYS, *declared.WAYS,
    *pressed.WAYS,
)  # fmt: skip
