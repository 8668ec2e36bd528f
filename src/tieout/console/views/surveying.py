"""Surveys: what stands in a ledger that runs already, and the rows behind each figure."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.language import _
from tieout.console.rendering import Page, Renderer

# What may be asked of each part, as its address says it.
PARTS: dict[str, tuple[str, ...]] = {
    "entries": ("feeder", "journal", "month", "kind", "login", "by_hand"),
    "lines": ("kind", "account", "currency", "band"),
    "parties": ("key",),
}


class Surveys:
    """The surveys that were taken, one of them, and the rows of a figure."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """What was taken, and the form that takes another."""
        taken = await page.api.get("/surveys")
        return self._r.render(
            page, "surveys.html", surveys=taken, ledgers=await page.api.get("/surveys/ledgers")
        )

    async def act(self, page: Page) -> str:
        """Take one, and say what it found."""
        asked = {"system": page.typed.get("system", ""), "months": int(page.typed.get("months") or 36)}
        found = await page.api.post("/surveys", asked)
        return _(
            "survey %(number)s: %(entries)s entries were read, nothing was changed",
            number=found["number"],
            entries=found["entries"],
        )

    async def one(self, page: Page) -> Response:
        """One survey with every figure."""
        found = await page.api.get(f"/surveys/{page.request.path_params['number']}")
        return self._r.render(
            page, "survey.html", s=found, topics=_by_topic(found["noticed"]), left=left_out(found)
        )

    async def rows(self, page: Page) -> Response:
        """The rows behind a figure, a page at a time. Raises AnswerError for a part that there is not."""
        number, part = page.request.path_params["number"], page.request.path_params["part"]
        if part not in PARTS:
            raise AnswerError(404, {"detail": _("a survey has no %(part)s", part=part)})
        only = {k: page.arg(k) for k in PARTS[part] if page.arg(k)}
        s = await page.api.get(f"/surveys/{number}")
        found = await page.api.get(f"/surveys/{part}", survey=str(number), **only, after=page.arg("after"))
        return self._r.render(page, "survey_rows.html", s=s, part=part, only=only, list=found)


def left_out(found: dict[str, Any]) -> list[str]:
    """What of a ledger was not looked at, each as a sentence; nothing where all was."""
    said = []
    if found["since"] != found["asked"]:
        said.append(
            _(
                "What is before %(since)s was too much to be read: %(asked)s was asked for.",
                since=found["since"],
                asked=found["asked"],
            )
        )
    if found["lines"] < found["all_lines"]:
        said.append(
            _("%(read)s of %(all)s open lines were read.", read=found["lines"], all=found["all_lines"])
        )
    if found["parties"] < found["all_parties"]:
        said.append(
            _(
                "%(read)s of %(all)s customers and suppliers were read.",
                read=found["parties"],
                all=found["all_parties"],
            )
        )
    return said


def _by_topic(noticed: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in noticed:
        found.setdefault(one["topic"], []).append(one)
    return found
