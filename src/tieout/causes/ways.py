"""Where each action is done: by which operation of the API, which command, which page. Pages make their buttons from
this, the API its cases, the command line its commands, and docs/CASES.md its words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Literal
from urllib.parse import quote

from tieout.causes.model import Action, Cause

# What is done to the document or the message that a case holds: possible or not by how it stands.
Held = Literal[Action.REPLAY, Action.SOLVE, Action.EXCLUDE]
HELD: tuple[Held, ...] = (Action.REPLAY, Action.SOLVE, Action.EXCLUDE)


@dataclass(frozen=True)
class Way:
    """One action: `label` is what a button says; `operation`, `command` and `page` are where it is done, with the
    {fields} of a case in them, "" where it is not done there. `page_without` are the pages where a field of it is not known, the nearest
    first."""

    label: str
    operation: str = ""
    command: str = ""
    page: str = ""
    page_without: tuple[str, ...] = ()


WAYS: Mapping[Action, Way] = {
    Action.REPLAY: Way(
        "Reprocess it", "POST /cases/{case_id}/replay", "tieout replay --case {case_id}", "/cases/{case_id}"
    ),
    Action.SOLVE: Way(
        "Accept as it is",
        "POST /cases/{case_id}/solve",
        'tieout cases solve {case_id} --reason "…"',
        "/cases/{case_id}",
    ),
    Action.EXCLUDE: Way(
        "Exclude the document",
        "POST /cases/{case_id}/exclude",
        'tieout cases exclude {case_id} --reason "…"',
        "/cases/{case_id}",
    ),
    Action.MAP: Way(
        "Fill in the mapping",
        "POST /cases/{case_id}/map",
        'tieout cases map {case_id} VALUE --reason "…"',
        "/cases/{case_id}?do=map&key={key}",
        ("/mappings/{table}", "/mappings"),
    ),
    Action.SET_UP: Way(
        "Change the interface's settings", page="/interfaces/{interface}", page_without=("/interfaces",)
    ),
    Action.POLL: Way(
        "Ask its source now",
        "POST /interfaces/{interface}/run",
        "tieout run {interface}",
        "/cases/{case_id}",
        ("/interfaces/{interface}", "/interfaces"),
    ),
    Action.RUN: Way(
        "Pull the interface again",
        "POST /interfaces/{interface}/run",
        "tieout run {interface} --since all",
        "/cases/{case_id}",
        ("/interfaces/{interface}", "/interfaces"),
    ),
    Action.GIVE_FILE: Way("Give another file", page="/interfaces/{interface}", page_without=("/interfaces",)),
    Action.MATCH: Way(
        "Match open lines",
        "POST /matches/join",
        "tieout matches list --entity {entity}",
        "/matching?entity={entity}&amount={amount}",
        ("/matching?entity={entity}", "/matching"),
    ),
    Action.UNDO_MATCH: Way(
        "Undo the match",
        "POST /matches/undo",
        'tieout matches undo MATCH --reason "…"',
        "/matching?entity={entity}",
        ("/matching",),
    ),
    Action.APPROVE: Way(
        "Decide the approval",
        "POST /approvals/decide",
        "tieout approvals show {request}",
        "/approvals/{request}",
        ("/approvals",),
    ),
    Action.LOOK: Way(
        "Read the close's evidence now",
        "POST /closes/{entity}/{period}/look",
        "tieout close show --period {period} --entity {entity}",
        "/cases/{case_id}",
        ("/close/{entity}/{period}", "/close"),
    ),
    Action.SIGN: Way(
        "Sign the task",
        "POST /closes/{entity}/{period}/sign",
        "tieout close sign --period {period} --entity {entity}",
        "/close/{entity}/{period}",
        ("/close",),
    ),
    Action.DECIDE_LATE: Way(
        "Decide what it is",
        "POST /late-events/{number}/decide",
        'tieout close decide {number} adjust --reason "…"',
        "/cases/{case_id}",
        ("/close/{entity}/{period}", "/close"),
    ),
    Action.PAY: Way(
        "Propose a payment run",
        "POST /payment-runs",
        "tieout payments propose --entity {entity}",
        "/payments",
    ),
    Action.MEND_AT_SOURCE: Way("Correct it at its source"),
    Action.MEND_IN_LEDGER: Way("Correct it in the ledger"),
    Action.READ_BACK: Way(
        "Read it in the ledger again",
        "POST /cases/{case_id}/read-back",
        "tieout cases read-back {case_id}",
        "/cases/{case_id}",
    ),
    Action.MEND_AT_TARGET: Way("Correct it at its target"),
    Action.ASK: Way("Ask whoever sent it"),
    Action.REPORT: Way("Report it: a defect of ours"),
    Action.WORK: Way("Start a worker", command="tieout worker"),
}


@dataclass(frozen=True)
class Offer:
    """One thing that can be done about a case now: `fields` are its parameters; `operation`, `command` and `page` are
    filled in, "" where it is done outside of Tieout or a field is not known."""

    action: Action
    label: str
    fields: Mapping[str, str]
    operation: str = ""
    command: str = ""
    page: str = ""


def offers(
    cause: Cause, recovery: str, case: Mapping[str, object], possible: Collection[str]
) -> tuple[Offer, ...]:
    """What can be done about an open case: what its cause names, the likeliest first, then what is possible beside.

    `recovery` is the case's own sentence, whose fields are the actions' parameters; `case` gives case_id, interface,
    entity, period, amount, the number of what it holds, and whether its interface is `polled`; `possible` are those of replay, solve and
    exclude that its document allows now. What is corrected at a source that is asked can be asked for at once.
    """
    known = {
        k: str(v)
        for k, v in case.items()
        if k in ("case_id", "interface", "entity", "period", "number", "amount") and v != ""
    }
    known |= {k: v for k, v in cause.fields_of(recovery).items() if v}
    named = [a for a in cause.actions if a not in HELD or a in possible]
    if case.get("polled"):
        named = _asked_after_mending(named)
    elif "polled" in case:
        named = [a for a in named if a is not Action.POLL]
    beside = [a for a in HELD if a in possible and a not in named]
    return tuple(_offer(a, known) for a in (*named, *beside))


def _asked_after_mending(named: list[Action]) -> list[Action]:
    """The actions, with the question to the source right behind its correction."""
    if Action.MEND_AT_SOURCE not in named or {Action.POLL, Action.RUN} & set(named):
        return named
    at = named.index(Action.MEND_AT_SOURCE) + 1
    return [*named[:at], Action.POLL, *named[at:]]


def _offer(action: Action, known: Mapping[str, str]) -> Offer:
    way, beside = WAYS[action], _beside(action)
    shown = {k: known[k] for k in sorted(_fields(way) | beside) if k in known}
    quoted = {k: quote(v, safe="") for k, v in known.items()}
    pages = (_filled(p, quoted) for p in (way.page, *way.page_without))
    page = next((p for p in pages if p), "")
    if not beside <= set(known):
        # Without what is sent along nothing can be sent.
        return Offer(action, way.label, shown, page=page)
    return Offer(action, way.label, shown, _filled(way.operation, quoted), _filled(way.command, known), page)


def _beside(action: Action) -> set[str]:
    """Parameters that stand in what is sent, and not in an address."""
    return {"key", "table"} if action is Action.MAP else set()


def _fields(way: Way) -> set[str]:
    return {
        n for text in (way.operation, way.command, way.page) for _, n, _, _ in Formatter().parse(text) if n
    }


def _filled(text: str, known: Mapping[str, str]) -> str:
    """The text with its fields in it; "" where one of them is not known."""
    try:
        return text.format(**known)
    except KeyError:
        return ""
