"""Interfaces: a map of systems and flows, and each one's health, volume, pause, run and replay."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.charts import Bar, Box, bars, columns, flow
from tieout.console.language import _, counted
from tieout.console.rendering import Page, Renderer
from tieout.money import Period


def health(row: dict[str, Any]) -> tuple[str, str]:
    """How an interface does, in a word, and how that looks."""
    if row["paused"]:
        return _("paused"), "busy"
    if row["last_error"]:
        return _("does not answer"), "bad"
    if row["waits"]:
        return _("waits"), "busy"
    if row["held"]:
        return _("%(held)s in exception", held=row["held"]), "bad"
    if row["waiting"] or row["backlog"]:
        return _("working"), "busy"
    return (_("well"), "good") if row["documents"] else (_("nothing came yet"), "quiet")


class Interfaces:
    """The map of systems and flows."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The map of systems and flows, each flow's health, volume and backlog."""
        flows = await page.api.get("/interfaces")
        volumes = await _volumes(page, "")
        backlog = [f for f in flows if f["backlog"] or f["held"]]
        drawn = [
            Bar(
                f["interface"], ((f["backlog"], "series"), (f["held"], "series bad")),
                _("%(backlog)s on its way, %(held)s held", backlog=f['backlog'], held=f['held']), href=f"/interfaces/{quote(f['interface'])}",
            )
            for f in backlog
        ]  # fmt: skip
        return self._r.render(
            page, "interfaces.html", flows=flows, map=system_map(flows), health=health, now=page.now,
            volume_rows=volumes, volume_chart=volume_chart(volumes), backlog_rows=backlog,
            backlog_chart=bars(_("Backlog by interface"), drawn),
        )  # fmt: skip


class Interface:
    """One flow: health, volume, pause, run, replay."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One flow, with its days' volumes; a replay is offered over the month in which the project's clock
        stands."""
        name = page.request.path_params["name"]
        found = await page.api.get(f"/interfaces/{quote(name, safe='')}")
        volumes, now = await _volumes(page, name), page.now
        month = Period.parse(now[:7])
        return self._r.render(
            page, "interface.html", f=found, health=health, now=now, volume_rows=volumes,
            volume_chart=volume_chart(volumes), default_since=month.first.isoformat(),
            default_until=month.last.isoformat(),
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """Pause, resume, run or replay it; what became of it, as a sentence, or None where the answer is
        shown on the page (a trial of a replay)."""
        path = f"/interfaces/{quote(page.request.path_params['name'], safe='')}"
        span = {"since": page.day("since"), "until": page.day("until")}
        match page.typed.get("act"):
            case "pause":
                await page.api.post(f"{path}/pause", {"reason": page.typed.get("reason", "")})
                return _("paused: nothing is asked, planned or delivered until it is resumed")
            case "resume":
                await page.api.post(f"{path}/resume")
                return _("it goes on")
            case "try":
                page.shown["tried"] = await page.api.post(f"{path}/replay/try", span)
                return None
            case "replay":
                done = await page.api.post(f"{path}/replay", span)
                return _("%(replayed)s documents are reprocessed", replayed=done["replayed"])
            case "run-all":
                await page.api.post(f"{path}/run", {"from_the_beginning": True})
                return _("everything that its source still has is asked for: what is known has no effect")
            case _:
                await page.api.post(f"{path}/run")
                return _("its source is asked now")


async def _volumes(page: Page, interface: str) -> list[dict[str, Any]]:
    """Documents a day, of one interface or of all."""
    told = await page.api.maybe("/series/volumes")
    days: dict[str, int] = {}
    for row in told["rows"] if told else []:
        if interface in ("", row["interface"]):
            days[row["day"]] = days.get(row["day"], 0) + row["documents"]
    return [{"day": d, "documents": n} for d, n in sorted(days.items())]


def volume_chart(rows: list[dict[str, Any]]) -> Any:
    """A column a day, in the order of the rows, each day without its year."""
    return columns(
        "Documents a day",
        [
            (
                r["day"][5:],
                r["documents"],
                _("%(day)s: %(documents)s documents", day=r["day"], documents=r["documents"]),
            )
            for r in rows
        ],
    )


def system_map(flows: list[dict[str, Any]]) -> Any:
    """Sources on the left, interfaces between, each entity's ledger on the right."""
    boxes, edges = [], []
    for system in sorted({f["system"] for f in flows}):
        mine = [f for f in flows if f["system"] == system]
        bad = any(f["last_error"] for f in mine)
        kind = "bad" if bad else "good" if any(f["documents"] for f in mine) else "quiet"
        boxes.append(
            Box(
                f"s:{system}",
                0,
                system,
                counted("%(count)s interface", "%(count)s interfaces", len(mine)),
                kind,
            )
        )
    for f in sorted(flows, key=lambda x: (x["system"], x["interface"])):
        words, kind = health(f)
        said = counted("%(count)s document", "%(count)s documents", f["documents"]) + f", {words}"
        boxes.append(
            Box(f"i:{f['interface']}", 1, f["interface"], said, kind, f"/interfaces/{quote(f['interface'])}")
        )
        edges.append((f"s:{f['system']}", f"i:{f['interface']}", kind))
        edges.append((f"i:{f['interface']}", f"e:{f['entity']}", kind))
    for entity in sorted({f["entity"] for f in flows}):
        posted = sum(f["posted"] for f in flows if f["entity"] == entity)
        boxes.append(
            Box(
                f"e:{entity}",
                2,
                f"Odoo: {entity}",
                _("%(posted)s posted", posted=posted),
                "good" if posted else "quiet",
            )
        )
    return flow(_("Systems and flows"), boxes, edges)
