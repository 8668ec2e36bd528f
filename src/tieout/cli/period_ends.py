"""What `tieout revalue`, `cutoff` and `accruals` share: a dry run asks nobody who they are, booking takes a key and a role, and books what
was shown."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from tieout.cli.context import FAILED, USAGE, err, fail
from tieout.cli.identity import who_decides

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject
    from tieout.operations.period_ends import PeriodEnd

Seen = Annotated[
    str,
    typer.Option(
        "--seen", help="the content's hash as a dry run said it: of other figures nothing is booked"
    ),
]
# As many digits of it as a person is asked to type.
_SHORT = 12


def worked_out(
    project: OpenProject, entity: str, what: str, on: date, *, dry: bool, who: str, seen: str
) -> PeriodEnd:
    """What a day's end comes to, booked by whoever holds the key where it is not `dry`; ends with the reason where it cannot be worked out or
    may not be booked."""
    from tieout.connector_api import ConnectorError
    from tieout.operations.period_ends import book_period_end, try_period_end

    if seen and not re.fullmatch(rf"[0-9a-f]{{{_SHORT},64}}", seen):
        fail(f"--seen {seen}: {_SHORT} to 64 digits and letters a to f, as a dry run says them", USAGE)
    by = "" if dry else who_decides(project, who, operation="close:sign", entity=entity)
    try:
        if dry:
            found = try_period_end(project, entity, what, on)
            # Beside the figures: what reads them as JSON reads no word more.
            err.print(f"to book this and nothing else: --seen {found.digest[:_SHORT]}")
            return found
        return book_period_end(project, entity, what, on, by, seen)
    except (LookupError, ValueError) as error:
        fail(str(error.args[0]), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
