"""Processing over an open project: the stage that plans, and what it asks of the project's systems."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tieout.connector_api import ConnectorError, LedgerFacts, TaxEngine, answered
from tieout.documents.taxation import TaxDetermination, TaxQuestion
from tieout.operations.open_project import OpenProject
from tieout.planning import ProcessStage
from tieout.rules import Entity


def process_stage(project: OpenProject) -> ProcessStage:
    """The stage that plans; a preview of a replay asks it as well."""
    sinks = dict(project.settings.sinks)
    return ProcessStage(project.release, project.connector_of, ProjectLedgers(project), sinks, project.clock)


class ProjectLedgers:
    """What planning asks of a project's ledgers and tax engines, before a batch's transaction opens."""

    def __init__(self, project: OpenProject) -> None:
        self._project = project

    def facts(self, entity: Entity) -> LedgerFacts:
        """Locks and rates of an entity's ledger; none where it cannot be read. Raises ConnectorError."""
        reader = self._project.reader_of(entity.ledger)
        return reader.facts() if reader else LedgerFacts(None, {})

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        """Of these references those that records of somebody else carry in an entity's ledger, with the record's name.
        Raises ConnectorError."""
        reader = self._project.reader_of(entity.ledger)
        return reader.foreign(references) if reader else {}

    def determine(
        self, engine: str, questions: Sequence[TaxQuestion]
    ) -> dict[str, tuple[TaxDetermination | None, str]]:
        """What a tax engine says of each document by its key, or why it says nothing. Raises ConnectorError where the
        engine cannot be opened."""
        session = self._project.session(engine) if engine in self._project.settings.systems else None
        if not isinstance(session, TaxEngine):
            return {q.key: (None, f"{engine!r} is no tax engine of this project") for q in questions}
        found: dict[str, tuple[TaxDetermination | None, str]] = {}
        for question in questions:
            try:
                answer = answered(partial(_first, session, question))
                found[question.key] = answer, ""
            except ConnectorError as error:
                found[question.key] = None, str(error)[:300]
        return found


def _first(engine: TaxEngine, question: TaxQuestion) -> TaxDetermination:
    return engine.determine([question])[0]
