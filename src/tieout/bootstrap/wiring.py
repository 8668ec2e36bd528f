"""Which stages run over an open project, and in which loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tieout.alerting import AlertStage, OverdueStage, channels_of
from tieout.approvals import EscalationStage
from tieout.close import LatenessStage, RevocationStage
from tieout.delivery import DeliveryStage, VerifyStage, books_guard, each_of
from tieout.engine import Chore, Clock, Loop, Pace, Stage, SystemClock, Worker, forget_old_failures
from tieout.evidence import Sealer
from tieout.finding import catch_up
from tieout.inbox import FetchStage, FolderStage, PollStage
from tieout.kept_figures import KeptFiguresStage
from tieout.notifying import GatheringStage, SendingStage, posts_of
from tieout.operations.collecting import read_receivables
from tieout.operations.open_project import OpenProject
from tieout.operations.processing import process_stage
from tieout.operations.reconciling import reconcile
from tieout.operations.starting import Housekeeping
from tieout.payables import FilingStage, file_guard
from tieout.proofs import TaxStage
from tieout.receivables import ReceivablesStage
from tieout.reconcile.ledger import ReconcileStage, close_matched_cases
from tieout.store import Connection
from tieout.webhooks_out import WebhookStage

# How many systems may be slow at the same time before another waits for them.
_DELIVERY_THREADS, _POLL_THREADS = 3, 2


def worker(project: OpenProject) -> Worker:
    """The loops of one worker process: stages in one loop wait for each other, so what asks a system that may be
    slow has loops of its own."""
    clock, release, settings = project.clock, project.release, project.settings
    polls = [PollStage(release, project.connector_of, project.poller_of, clock) for _ in range(_POLL_THREADS)]
    guard = each_of(books_guard(release), file_guard(release))
    deliveries = [
        DeliveryStage(project.writer_of, clock, project.targets, guard) for _ in range(_DELIVERY_THREADS)
    ]
    channels = channels_of(settings.alerts, settings.name, settings.identity.url, settings.private)
    posts = posts_of(settings.alerts, settings.private)
    stages: dict[str, list[Stage]] = {
        "process": [process_stage(project)],
        "files": [
            FolderStage(settings.watch, release, project.file_reader_of, clock),
            FetchStage(settings.fetch, release, project.remote_folder_of, project.file_reader_of, clock),
        ],
        "seal": [
            Sealer(project.signer, clock, settings.witness),
            Chore("matched cases", _closing_matched_cases(clock), Pace(every_s=1.0)),
            EscalationStage(release, clock),
            OverdueStage(settings.cases, clock),
            GatheringStage(clock, SystemClock()),
            RevocationStage(release, clock),
            LatenessStage(release, clock),
            Chore("housekeeping", Housekeeping(project), Pace(every_s=1.0)),
            Chore("old failures", _forget_old, Pace(every_s=600.0)),
        ],
        "verify": [VerifyStage(project.reader_of, lambda: project.ledgers, clock)],
        "figures": [KeptFiguresStage(release, project.session, clock)],
        "find": [Chore("entering", catch_up, Pace(every_s=1.0))],
        "taxes": [TaxStage(release, project.reader_of, clock)],
        "tell": [
            WebhookStage(f"/tieout/{settings.name}", SystemClock(), settings.private),
            AlertStage(release, settings.alerts, channels, clock, closed_s=project.closed_s),
        ],
        "send": [SendingStage(posts, settings.name, settings.identity.url, clock, SystemClock())],
        "file payments": [FilingStage(release, clock)],
        "reconcile": [ReconcileStage(release, partial(reconcile, project), clock)],
        "receivables": [ReceivablesStage(release, partial(read_receivables, project), clock)],
        **{f"poll{n}": [stage] for n, stage in enumerate(polls)},
        **{f"deliver{n}": [stage] for n, stage in enumerate(deliveries)},
    }
    return Worker(project.database, [Loop(name, project.database, some) for name, some in stages.items()])


def _closing_matched_cases(clock: Clock) -> Callable[[Connection], bool]:
    """Cases of cash that a match has applied by now."""

    def close(connection: Connection) -> bool:
        close_matched_cases(connection, clock.now())
        return False

    return close


def _forget_old(connection: Connection) -> bool:
    forget_old_failures(connection, SystemClock())
    return False
