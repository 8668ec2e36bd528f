"""An open project with its stages: what runs, and what everything else asks of it."""

from __future__ import annotations

import time

from tieout.alerting import AlertStage, Channels
from tieout.approvals import EscalationStage
from tieout.bootstrap.asking import Asked
from tieout.bootstrap.connecting import Connecting
from tieout.bootstrap.restoring import Restoring
from tieout.close import (
    LatenessStage,
    RevocationStage,
)
from tieout.delivery import DeliveryStage, VerifyStage
from tieout.engine import Loop, SystemClock, Worker
from tieout.evidence import Sealer
from tieout.overview import OverviewStage
from tieout.payables import (
    FilingStage,
)
from tieout.pipeline import FetchStage, FolderStage, PollStage, ProcessStage
from tieout.reconcile.ledger import (
    ReconcileStage,
    close_matched_cases,
)
from tieout.store import (
    Connection,
)
from tieout.telling import TellingStage

_DELIVERY_THREADS = 3


class App(Asked, Connecting, Restoring):
    """A project that is open, and all that can be done with it."""

    _closed_at = 0.0

    def close_matched_cases(self, connection: Connection) -> bool:
        """A worker's step: cases of cash that a match has applied by now. A case may wait a second;
        a wake-up comes with every message."""
        if time.monotonic() - self._closed_at > 1:
            self._closed_at = time.monotonic()
            close_matched_cases(connection, self.clock.now())
        return False

    @property
    def process(self) -> ProcessStage:
        """The stage that plans."""
        return ProcessStage(self.release, self.connector_of, self, dict(self.project.sinks), self.clock)

    def worker(self) -> Worker:
        """The loops of one worker process."""
        clock, process = self.clock, self.process
        polls = PollStage(self.release, self.poller_of, clock)
        folders = FolderStage(self.project.watch, self.release, self.file_reader_of, clock)
        fetch = FetchStage(
            self.project.fetch, self.release, self.remote_folder_of, self.file_reader_of, clock
        )
        verify = VerifyStage(self.reader_of, lambda: self.ledgers, clock)
        overdue = EscalationStage(self.release, clock)
        revoking, late = RevocationStage(self.release, clock), LatenessStage(self.release, clock)
        sealer = Sealer(self.signer, clock, self.project.witness)
        loops = [
            Loop("process", self.database, [process.step]),
            Loop("intake", self.database, [polls.step, folders.step, fetch.step]),
            Loop(
                "seal",
                self.database,
                [
                    sealer.step,
                    verify.step,
                    self.close_matched_cases,
                    overdue.step,
                    revoking.step,
                    late.step,
                    self.housekeeping,
                ],
            ),
        ]
        overview = OverviewStage(self.release, self.session, clock)
        loops.append(Loop("overview", self.database, [overview.step]))
        telling = TellingStage(f"/tieout/{self.project.name}", SystemClock(), self.project.private)
        channels = Channels(
            self.project.alerts, self.project.name, self.project.identity.url, self.project.private
        )
        alerts = AlertStage(self.release, self.project.alerts, channels, clock)
        loops.append(Loop("tell", self.database, [telling.step, alerts.step]))
        filing = FilingStage(self.release, clock)
        loops.append(Loop("file payments", self.database, [filing.step]))
        daily = ReconcileStage(self.release, self.reconcile, clock)
        loops.append(Loop("reconcile", self.database, [daily.step]))
        for number in range(_DELIVERY_THREADS):
            stage = DeliveryStage(self.writer_of, clock, self.targets)
            loops.append(Loop(f"deliver{number}", self.database, [stage.step]))
        return Worker(self.database, loops)
