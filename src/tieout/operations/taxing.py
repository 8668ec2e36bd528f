"""Taxes of a month, and periods that were filed: what a command and the API do with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tieout.money import Period
from tieout.operations.closing import ledger_of
from tieout.operations.open_project import OpenProject
from tieout.proofs import (
    FiledItem,
    Filing,
    FilingError,
    filings_of,
    locks_in_words,
    look_at_taxes,
    prepare,
)


def read_months(project: OpenProject, entities: Sequence[str], period: Period) -> list[dict[str, Any]]:
    """A month's taxes of some entities as their ledgers have them now, kept for whoever only looks, each with what the tax
    lock and the filings say of it. Raises ConnectorError, SetupError."""
    release, now = project.release(), project.clock.now()
    connection = project.database.connect(autocommit=True)
    try:
        found = []
        for entity in entities:
            reader = ledger_of(project, entity, "read")
            months = look_at_taxes(connection, release, reader, entity, [period], now)
            said = locks_in_words(filings_of(connection, [entity]), period, reader.locks().get("tax"))
            found.append(
                {
                    "entity": entity,
                    "period": str(period),
                    "said": said,
                    "rows": (months or {}).get(period, []),
                }
            )
        return found
    finally:
        connection.close()


def read_filing(
    project: OpenProject,
    entity: str,
    months: str,
    *,
    report: str,
    taxes: Sequence[str],
    reference: str,
    reason: str,
    corrects: int | None,
    who: str,
) -> tuple[Filing, list[FiledItem]]:
    """What somebody who may declares as filed, with what the ledger has of it now; nothing is kept. Raises FilingError,
    ConnectorError."""
    try:
        first, last = months_of(months)
    except ValueError as error:
        raise FilingError(str(error)) from None
    return prepare(
        project.release(), ledger_of(project, entity, "read"), entity, first=first, last=last, report=report, taxes=taxes,
        reference=reference, reason=reason, corrects=corrects, who=who, now=project.clock.now(),
    )  # fmt: skip


def months_of(text: str) -> tuple[date, date]:
    """The first and last day of a month (2026-10), a quarter (2026-Q4) or a year (2026). Raises ValueError."""
    year, _, part = text.partition("-")
    if len(year) == 4 and year.isdigit() and not part:
        return Period.parse(f"{year}-01").first, Period.parse(f"{year}-12").last
    if len(year) == 4 and year.isdigit() and part in ("Q1", "Q2", "Q3", "Q4"):
        end = int(part[1]) * 3
        return Period.parse(f"{year}-{end - 2:02d}").first, Period.parse(f"{year}-{end:02d}").last
    try:
        period = Period.parse(text)
    except ValueError:
        raise ValueError(f"{text}: a month (2026-10), a quarter (2026-Q4) or a year was expected") from None
    return period.first, period.last
