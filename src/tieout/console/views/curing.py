"""What is done about a case on its own page, beside its document: the row that its mapping lacks, its source asked again, its entries
read in the ledger again; and what came of it."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from tieout.console.language import _, marked
from tieout.console.rendering import Page

# Each with whose right it is.
HERE = {
    "map": "mappings:write",
    "poll": "interfaces:run",
    "run": "interfaces:replay",
    "read_back": "cases:write",
    "look": "close:read",
    "decide_late": "close:sign",
}
# What may be decided of what came too late, each with what that comes to.
LATE = {
    "adjust": marked("it stands, on the first open day"),
    "pass": marked("it is immaterial, and booked on the first open day"),
    "reopen": marked("its own period is opened again"),
}
# What is done outside of Tieout: a sandbox has people who do it.
OUTSIDE = {"mend_at_source", "mend_in_ledger", "mend_at_target", "ask", "give_file", "match"}
# How long somebody who planned something again waits to be told what came of it.
_LOOKS, _LOOK_S = 20, 0.25


async def cured(page: Page, number: str, what: str) -> str | None:
    """Do one of them; what came of it, as a sentence, or None where the answer is shown on the page. Raises AnswerError."""
    path = f"/cases/{number}"
    if what == "map-try":
        page.shown["tried"] = await page.api.post(f"{path}/map/try", _row(page))
        return None
    if what == "map":
        done = await page.api.post(f"{path}/map", {**_row(page), "reason": page.typed.get("reason", "")})
        since = _(" from %(valid_from)s on", valid_from=done["valid_from"]) if done["valid_from"] else ""
        said = _(
            "%(key)s is %(value)s in %(table)s%(since)s; cases that asked for it: %(cases)s; reprocessed: %(replayed)s",
            key=done["key"],
            value=done["value"],
            table=done["table"],
            since=since,
            cases=len(done["cases"]),
            replayed=done["replayed"],
        )
        more = (
            _("; %(left)s more ask for it: reprocess them on the list of their cause", left=done["left"])
            if done["left"]
            else ""
        )
        return f"{path} {said}{await all_became(page, done['cases'])}{more}"
    if what == "read_back":
        done = await page.api.post(f"{path}/read-back")
        if done["state"] == "solved":
            return _("the ledger agrees again: the case is solved")
        return _(
            "%(read)s entries were read in the ledger, which still differs: %(detail)s",
            read=done["read"],
            detail=done["detail"],
        )
    if what == "decide_late":
        return await _decided(page, path)
    if what == "look":
        return await _looked(page, path)
    return await _asked(page, path, what == "run")


async def became(page: Page, number: str) -> str:
    """What came of a case whose document is planned again, behind a sentence: whoever looks is told once it is known, and not much
    later than that."""
    for _again in range(_LOOKS):
        await asyncio.sleep(_LOOK_S)
        found = await page.api.get(f"/cases/{number}")
        document = found["document_id"]
        held = document and await page.api.maybe(f"/documents/{document}")
        refused = bool(held) and held["state"] == "refused"
        if found["state"] == "solved":
            return (
                _(": this case is solved, and another one holds its document")
                if refused
                else _(": the case is solved")
            )
        if refused:
            return _(": it is held still, %(detail)s", detail=found["detail"])
    return _(": it is on its way")


async def all_became(page: Page, cases: list[int]) -> str:
    """What came of cases whose documents are planned again, behind a sentence: how many are solved, and how many documents are held."""
    if not cases:
        return ""
    for _again in range(_LOOKS):
        await asyncio.sleep(_LOOK_S)
        found = await page.api.post("/cases/came-of", {"cases": cases})
        if not found["on_its_way"]:
            break
    said = _("; cases solved: %(solved)s", solved=found["solved"])
    if found["held"]:
        said += _("; documents held still: %(held)s, such as %(why)s", held=found["held"], why=found["why"])
    if found["on_its_way"]:
        said += _("; documents on their way: %(count)s", count=found["on_its_way"])
    return str(said)


async def _decided(page: Page, path: str) -> str:
    """Decide of what came too late; what was decided, and what came of it."""
    found = await page.api.get(path)
    offered = next((r for r in found["recoveries"] if r["action"] == "decide_late"), None)
    number = offered["parameters"].get("number", "") if offered else ""
    given = {"decision": page.typed.get("decision", ""), "reason": page.typed.get("reason", "")}
    done = await page.api.post(f"/late-events/{quote(number, safe='')}/decide", given)
    said = f"decided: {LATE[done['decision']]}"
    return said if done["decision"] == "reopen" else f"{said}{await became(page, str(found['case_id']))}"


async def _looked(page: Page, path: str) -> str:
    """Read the evidence of the close that a case is of; how the case stands since."""
    found = await page.api.get(path)
    of = f"{quote(found['entity'], safe='')}/{quote(found['period'], safe='')}"
    seen = await page.api.post(f"/closes/{of}/look")
    if not seen["current"]:
        return _("the evidence could not be read now: %(why_not)s", why_not=seen["why_not"])
    found = await page.api.get(path)
    return (
        _("the evidence was read: the case is solved")
        if found["state"] == "solved"
        else _("the evidence was read: the case stands")
    )


async def _asked(page: Page, path: str, from_the_beginning: bool) -> str:
    """Let the case's source be asked now; what was asked for, as a sentence."""
    interface = (await page.api.get(path))["interface"]
    where = f"/interfaces/{quote(interface, safe='')}/run"
    await page.api.post(where, {"from_the_beginning": from_the_beginning})
    all_of_it = _("for everything that it still has") if from_the_beginning else _("for what is new there")
    return _(
        "%(interface)s is asked now %(all_of_it)s: what was mended comes by itself",
        interface=interface,
        all_of_it=all_of_it,
    )


def _row(page: Page) -> dict[str, Any]:
    """A mapping's row as it was typed."""
    return {"value": page.typed.get("value", ""), "valid_from": page.day("valid_from") or None}
