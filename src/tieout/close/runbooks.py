"""A runbook for every interface, written from its declaration: what to do near a period's end when its
source, Odoo or Tieout is down. Pure."""

from __future__ import annotations

from tieout.connector_api import Connector
from tieout.rules import Entity, Interface
from tieout.rules.expected import MONTH, NOTHING

_LATE = {
    "case": "What comes for the locked period becomes a case (`late_event`): reopen the period, or book it in the next one.",
    "first_open": "What comes for the locked period is booked on the first open day, with its own date kept.",
}


def what_must_come(interface: Interface) -> str:
    """What its declaration says must come, in one sentence."""
    expected = interface.expected
    if expected is None:
        return "Nobody declared what must come over it: a month of which nothing came is not complete."
    if expected.every == NOTHING:
        return "Nothing has to come over it: a month of which nothing came is complete."
    by = f", by {expected.by:%H:%M}" if expected.by else ""
    if expected.every == MONTH:
        what = f"{expected.at_least} of the statements of each account" if expected.statements else (
            "Something" if expected.at_least == 1 else f"{expected.at_least} things"
        )  # fmt: skip
        when = f"day {expected.by_day}" if expected.by_day else "the first business day after it"
        return (
            f"{what} of each month must come, by {when}{f' at {expected.by:%H:%M}' if expected.by else ''}."
        )
    what = "A statement of each account" if expected.statements else "Something"
    return f"{what} of every {expected.every} must come{by} on the next one."


def _without(interface: Interface) -> str:
    if not interface.close_critical:
        return "The close has no task of it: it can be signed without."
    return (
        f"While something of a month that is over is missing, waits, or does not tie, the task `complete: {interface.name}` "
        "cannot be signed, nor the close."
    )


def runbook(interface: Interface, connector: Connector, entity: Entity, watched: bool) -> str:
    """The runbook as Markdown."""
    name, streams = interface.name, ", ".join(interface.streams)
    pulls, files, pushes = (x in connector.can for x in ("poll", "file", "webhook"))
    lines = [
        f"# {name}",
        "",
        f"{connector.title}: {streams}. Into {entity.name or entity.code} ({entity.ledger}, {entity.currency}).",
        f"Owner: {interface.owner}. Process: {interface.process or 'none said'}. Risk: {interface.risk}. "
        f"{'The close waits for it.' if interface.close_critical else 'The close does not wait for it.'} "
        f"Cases are due in {interface.service_level_hours} hours.",
        "",
        f"## {interface.system} is down",
        "",
    ]
    if pulls:
        lines += [
            f"1. Nothing is lost: it is asked again every {interface.every_minutes} minutes, with an overlap of "
            f"{interface.overlap_minutes} minutes.",
            f"2. Once it answers: `tieout run {name} --since all`, then `tieout tieout --period PERIOD` shows the residual.",
        ]
    if files:
        where = "its watched folder" if watched else f"`tieout ingest FILE --interface {name}`"
        lines.append(
            f"{3 if pulls else 1}. Ask its people for a file of the period, and put it into {where}: what is known is not taken twice."
        )
    if not pulls and not files:
        lines.append("1. It is made by Tieout itself: run its command again once Tieout is up.")
    if pushes and pulls:
        lines.append("Pushes that were lost meanwhile are repaired by the pull.")
    elif pushes:
        lines.append("Pushes that were lost meanwhile are not pulled: ask its people to send them again.")
    lines += [
        "",
        what_must_come(interface),
        _without(interface),
        "",
        f"## {entity.ledger} is down",
        "",
        "1. Nothing is lost and nothing is sent twice: effects wait, and an attempt whose end nobody knows is looked up first.",
        "2. `tieout status` shows the backlog; it goes by itself once Odoo answers, what the close needs first.",
        f"3. If the period must be locked before: what is not booked by then follows `late_events = \"{interface.late_events}\"`. "
        + _LATE.get(interface.late_events, ""),
        "",
        "## Tieout is down",
        "",
        "1. `tieout up` (or the service) starts it again; the database is repaired by itself, and attempts are looked up first.",
        "2. If its machine is lost: `tieout restore` from the last backup, then pull everything again; nothing is booked twice.",
        "3. If the books cannot wait: enter by hand what is missing, with the source's number as reference. It becomes a case "
        "(`imported_by_another_connector`, `entry_without_source`) and is decided once Tieout is back.",
        "",
        "## Afterwards",
        "",
        f"`tieout cases list` and `tieout close show --period PERIOD --entity {entity.code}` say what is left.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)
