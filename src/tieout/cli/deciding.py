"""`tieout cases decide`: one decision of many cases, those of a filter or of a list that was written down."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tieout.cli.cases import Cause, GroupOf, how_made
from tieout.cli.context import FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import held_key, who_decides
from tieout.cli.narrowing import refuse_unknown
from tieout.cli.options import DryRun, EntityAlone, Folder, InterfaceAlone, Json, PeriodAlone, Who

if TYPE_CHECKING:
    from tieout.cases import CaseFilter
    from tieout.operations.open_project import OpenProject
    from tieout.planning import Bulk, Seen

_SHOWN = 10


def decide(
    action: Annotated[str, typer.Argument(help="solve (accept as they are), exclude, assign or replay")],
    cause: Cause = None,
    entity: EntityAlone = None,
    interface: InterfaceAlone = None,
    period: PeriodAlone = None,
    group: GroupOf = None,
    case: Annotated[
        list[int] | None, typer.Option("--case", help="this case; several are several options")
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option(help="the cases of a file that `tieout cases list --json` wrote, as they stood then"),
    ] = None,
    reason: Annotated[str, typer.Option(help="why: needed to solve and to exclude")] = "",
    owner: Annotated[str, typer.Option(help="whose they are from now on: needed to assign")] = "",
    limit: Annotated[int, typer.Option(min=1, help="of more than these nothing is decided")] = 500,
    bulk: Annotated[
        str, typer.Option(help="a number of your own: the same decision again does nothing more")
    ] = "",
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask on a terminal")] = False,
    who: Who = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Decide many cases at once: each as if alone, each with its own outcome. One that changed since it was listed is left.

    Exit 0: all are decided; 1: some wait for an approval, or were left.
    """
    from tieout.cases import CaseFilter

    wanted = CaseFilter(cause, entity, interface, period, group, tuple(case) if case else None)
    _check(action, limit, wanted != CaseFilter(), listed is not None)
    project = open_running(folder)
    person = "" if dry_run else who_decides(project, who, operation="cases:write")
    seen, rows = _chosen(project, wanted, listed)
    # A list says itself what was decided: it is compared with that as it is decided again.
    if bulk and listed is None:
        told = _told_before(project, bulk, person, action, reason)
        if told is not None:
            _check_same(told, rows, wanted.numbers or (), owner)
            _end(told, as_json)
    if not seen:
        refuse_unknown(project, entity, interface, period, cause)
        print_json([]) if as_json else out.print("no case is open there: nothing is decided")
        raise typer.Exit(0)
    if len(seen) > limit:
        fail(f"{len(seen)} cases, and the limit is {limit}: narrow it down, or raise --limit", USAGE)
    if not as_json:
        _show(rows, len(seen), action)
    elif dry_run:
        print_json(rows)
    if dry_run:
        raise typer.Exit(0)
    if not yes and sys.stdin.isatty() and not typer.confirm(f"{action} these {len(seen)} cases?"):
        raise typer.Exit(USAGE)
    _end(_decide(project, action, seen, person, reason, owner, bulk), as_json)


def _check(action: str, limit: int, filtered: bool, listed: bool) -> None:
    """Ends with 2 for what is no decision of some cases."""
    from tieout.planning import ACTIONS, MOST

    if action not in ACTIONS:
        fail(f"{action!r} is none of: {', '.join(ACTIONS)}", USAGE)
    if limit > MOST:
        fail(f"--limit {limit}: at most {MOST} cases are decided at a time", USAGE)
    if filtered == listed:
        fail(
            "say which: --listed FILE, or a filter: --group, --cause, --entity, --interface, --period, --case",
            USAGE,
        )


def _chosen(
    project: OpenProject, wanted: CaseFilter, listed: Path | None
) -> tuple[list[Seen], list[dict[str, Any]]]:
    """The cases to decide as somebody saw them (those of a list that was written down as they stood then), and those of
    them that are open, to be shown."""
    from tieout.cases import CaseFilter, list_filtered

    seen = _read(listed) if listed is not None else None
    if seen is not None:
        wanted = CaseFilter(numbers=tuple(s.case_id for s in seen))
    with project.database.transaction() as connection:
        rows = list_filtered(connection, wanted)
    return (_seen(rows) if seen is None else seen), rows


def _seen(rows: list[dict[str, Any]]) -> list[Seen]:
    from tieout.planning import Seen

    return [Seen(r["case_id"], r["revision"]) for r in rows]


def _read(path: Path) -> list[Seen]:
    from tieout.planning import Seen

    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Seen(int(r["case_id"]), int(r["revision"])) for r in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        fail(f"{path} is no list that `tieout cases list --json` wrote: {error!r}", USAGE)


def _show(rows: list[dict[str, Any]], count: int, action: str) -> None:
    sums: dict[str, Any] = {}
    for r in rows:
        sums[r["currency"]] = sums.get(r["currency"], 0) + r["amount"]
    worth = ", ".join(f"{amount} {currency}" for currency, amount in sorted(sums.items()))
    out.print(f"{action}: {count} cases, {worth} at risk")
    for r in rows[:_SHOWN]:
        out.print(
            f"  {r['case_id']} {r['cause']} {r['source_key']}: {r['amount']} {r['currency']} {how_made(r)}",
        )
    if len(rows) > _SHOWN:
        out.print(f"  and {len(rows) - _SHOWN} more")


def _told_before(project: OpenProject, bulk: str, person: str, action: str, reason: str) -> Bulk | None:
    """What a decision of this number came to, where it was taken already: which cases there are by now says nothing of it."""
    from tieout.planning import known_bulk

    with project.database.transaction() as connection:
        known = known_bulk(connection, bulk)
    if known is not None and (known.person, known.action, known.reason) != (person, action, reason):
        fail(
            f"{bulk!r} is another decision of many, of {known.person}: give this one a number of its own",
            USAGE,
        )
    return known


def _check_same(told: Bulk, rows: list[dict[str, Any]], numbers: tuple[int, ...], owner: str) -> None:
    """Ends with 2 where cases are asked for of which that decision said nothing, or another owner: what was done then would be
    taken for what was asked now."""
    known = {o.case_id for o in told.outcomes}
    given = {o.case_id for o in told.outcomes if o.outcome == "done"} if told.action == "assign" else set()
    others = {*numbers, *(r["case_id"] for r in rows)} - known
    others |= {r["case_id"] for r in rows if r["case_id"] in given and r["owner"] != owner}
    if others:
        fail(
            f"{told.bulk!r} is another decision of many: case {min(others)} is not as that left it; give this one a number of its own",
            USAGE,
        )


def _decide(
    project: OpenProject, action: str, seen: list[Seen], person: str, reason: str, owner: str, bulk: str
) -> Bulk:
    from tieout.planning import BulkError, Decision, decide_many

    if action == "replay":
        project.look_now()
    decision = Decision(action, tuple(seen), reason, owner)  # type: ignore[arg-type]
    try:
        with project.database.transaction() as connection:
            return decide_many(
                connection, project.release(), decision, person=person, may=_may(project), now=project.clock.now(),
                bulk=bulk,
            )  # fmt: skip
    except BulkError as error:
        fail(str(error), USAGE)


def _may(project: OpenProject) -> Any:
    """What the holder of the key may do with a case of an entity; until people were added, anything."""
    from tieout.planning import NO_SUCH_CASE
    from tieout.security import load_authority, person_of
    from tieout.security.roles import may

    with project.database.transaction() as connection:
        if not load_authority(connection).people:
            return lambda entity: ""
        person = person_of(connection, held_key())

    def why_not(entity: str) -> str:
        if not may(person.grants, "cases:read", entity):
            return NO_SUCH_CASE
        if not may(person.grants, "cases:write", entity):
            return f"{person.name} has no role for cases:write of {entity}"
        return ""

    return why_not


def _end(done: Bulk, as_json: bool) -> NoReturn:
    """Say what became of it, and end."""
    left = [o for o in done.outcomes if o.outcome != "done"]
    if as_json:
        print_json(
            {
                "bulk": done.bulk, "at": done.at, "person": done.person, "action": done.action, "reason": done.reason,
                "done": done.count("done"), "waits": done.count("waits"), "left": done.count("left"),
                "outcomes": [
                    {"case_id": o.case_id, "outcome": o.outcome, "why": o.why, "request": o.request or None}
                    for o in done.outcomes
                ],
            }
        )  # fmt: skip
    else:
        out.print(
            f"decision {done.bulk} of {done.person}: {done.count('done')} done, {done.count('waits')} wait, "
            f"{done.count('left')} left",
        )
        for o in left[:_SHOWN]:
            request = f" (request {o.request})" if o.request else ""
            out.print(f"  case {o.case_id}: {o.why}{request}")
    raise typer.Exit(FINDINGS if left else 0)
