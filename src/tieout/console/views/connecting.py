"""Connecting a system by a form: asked step by step, and connected where every step works."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tieout.console.asking import AnswerError
from tieout.console.language import _
from tieout.console.rendering import Page


def entered_system(page: Page) -> dict[str, Any]:
    """What a form of a system was filled in with, as the API takes it."""
    settings = {
        k.removeprefix("set."): v.strip() for k, v in page.typed.items() if k.startswith("set.") and v.strip()
    }
    return {"connector": page.typed.get("connector", ""), "settings": settings}


async def connect_entered(page: Page, name: str, given: dict[str, Any]) -> int:
    """Ask a system step by step, and connect it where every step works: one form, so that no secret is shown again. How many steps there
    were. Raises AnswerError, and leaves the steps on the page, where one does not work."""
    path = f"/systems/{quote(name, safe='') or '-'}"
    steps = await page.api.post(f"{path}/try", given)
    page.shown["tried_steps"] = steps
    wrong = next((s for s in steps if not s["works"]), None)
    if wrong is not None:
        told = {"step": wrong["step"], "said": wrong["said"]}
        said = _("it is not connected: %(step)s: %(said)s. Its secrets are entered again", **told)
        raise AnswerError(422, {"detail": said})
    await page.api.post(path, given, "PUT")
    return len(steps)


def works(name: str, count: int) -> str:
    """That a system is connected, in words."""
    return _("%(name)s is connected: all %(count)s steps work", name=name, count=count)
