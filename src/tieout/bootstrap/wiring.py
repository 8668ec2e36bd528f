"""An open project with its stages: what runs, and what everything else asks of it."""

from __future__ import annotations

from tieout.alerting import AlertStage, Channel, channels_of
from tieout.approvals import EscalationStage
from tieout.close import (
    LatenessStage,
    RevocationStage,
)
from tieout.delivery import DeliveryStage, VerifyStage
from tieout.engine import Chore, Loop, Pace, Stage, SystemClock, Worker, forget_old_failures
from tieout.evidence import Sealer
from tieout.inbox import FetchStage, FolderStage, PollStage
from tieout.kept_figures import KeptFiguresStage
from tieout.operations.asking import Asked
from tieout.operations.connecting import Connecting
from tieout.operations.restoring import Restoring
from tieout.payables import (
    FilingStage,
)
from tieout.planning import ProcessStage
from tieout.reconcile.ledger import (
    ReconcileStage,
    close_matched_cases,
)
from tieout.store import (
    Connection,
)
from tieout.webhooks_out import WebhookStage

# How many systems may be slow at the same time before another waits for them.
_DELIVERY_THREADS, _POLL_THREADS = 3, 2


class App(Asked, Connecting, Restoring):
    """A project that is open, and all that can be done with it."""

    @property
    def process(self) -> ProcessStage:
        """The stage that plans."""
        return ProcessStage(self.release, self.connector_of, self, dict(self.project.sinks), self.clock)

    def worker(self) -> Worker:
        """The loops of one worker process: stages in one loop wait for each other, so what asks a system that may be
        slow has loops of its own."""
        clock, release = self.clock, self.release
        project = self.project
        polls = [PollStage(release, self.connector_of, self.poller_of, clock) for _ in range(_POLL_THREADS)]
        deliveries = [DeliveryStage(self.writer_of, clock, self.targets) for _ in range(_DELIVERY_THREADS)]
        stages: dict[str, list[Stage]] = {
            "process": [self.process],
            "files": [
                FolderStage(project.watch, release, self.file_reader_of, clock),
                FetchStage(project.fetch, release, self.remote_folder_of, self.file_reader_of, clock),
            ],
            "seal": [
                Sealer(self.signer, clock, project.witness),
                Chore("matched cases", self._close_matched_cases, Pace(every_s=1.0)),
                EscalationStage(release, clock),
                RevocationStage(release, clock),
                LatenessStage(release, clock),
                Chore("housekeeping", self.housekeeping),
                Chore("old failures", _forget_old, Pace(every_s=600.0)),
            ],
            "verify": [VerifyStage(self.reader_of, lambda: self.ledgers, clock)],
            "figures": [KeptFiguresStage(release, self.session, clock)],
            "tell": [
                WebhookStage(f"/tieout/{project.name}", SystemClock(), project.private),
                AlertStage(release, project.alerts, self._channels(), clock),
            ],
            "file payments": [FilingStage(release, clock)],
            "reconcile": [ReconcileStage(release, self.reconcile, clock)],
            **{f"poll{n}": [stage] for n, stage in enumerate(polls)},
            **{f"deliver{n}": [stage] for n, stage in enumerate(deliveries)},
        }
        return Worker(self.database, [Loop(name, self.database, some) for name, some in stages.items()])

    def _channels(self) -> list[Channel]:
        project = self.project
        return channels_of(project.alerts, project.name, project.identity.url, project.private)

    def _close_matched_cases(self, connection: Connection) -> bool:
        """Cases of cash that a match has applied by now."""
        close_matched_cases(connection, self.clock.now())
        return False


def _forget_old(connection: Connection) -> bool:
    forget_old_failures(connection, SystemClock())
    return False
