"""The form of an interface: its questions, the file that the answers come to, and putting it in force."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from tieout.console.asking import AnswerError
from tieout.console.language import _
from tieout.console.rendering import Page, Renderer

VALUE, OPTION = "value.", "option."


class InterfaceForm:
    """An interface over a connected system, entered or changed by a form; its file is shown as it is, and as it would be."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """The questions with what the file says now, or with what was typed; below, the file."""
        systems = await page.api.get("/systems")
        name = page.typed.get("name") or page.arg("name")
        system = page.typed.get("system") or page.arg("system")
        if not (name or system):
            return self._r.render(
                page, "interface_form.html", form=None, systems=systems, answers={}, name=""
            )
        name = name or free_name(system, await page.api.maybe("/interfaces") or [])
        form = await page.api.get(f"/interfaces/{quote(name, safe='')}/form", system=system)
        return self._r.render(
            page, "interface_form.html", form=form, systems=systems, name=name, answers=answers_of(page, form)
        )

    async def act(self, page: Page) -> str | None:
        """Show the file that the answers come to (None), or put it in force."""
        name = page.typed.get("name", "").strip()
        path = f"/interfaces/{quote(name, safe='') or '-'}/form"
        given = entered(page)
        tried = await page.api.post(f"{path}/try", given)
        if page.typed.get("act") == "try":
            page.shown["tried"] = tried
            return None
        given |= {
            "seen": page.typed.get("seen", ""),
            "reason": page.typed.get("reason", "").strip() or "set up",
        }
        await page.api.post(path, given, "PUT")
        return f"/interfaces/{quote(name, safe='')} " + in_force(name)


def free_name(system: str, flows: list[dict[str, Any]]) -> str:
    """A name that no interface has: the system's own, or with a number behind it."""
    taken = {f["interface"] for f in flows}
    return next(n for n in (system, *(f"{system}_{i}" for i in range(2, 999))) if n not in taken)


def entered(page: Page) -> dict[str, Any]:
    """What a form of an interface was filled in with, as the API takes it."""
    values: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for key, text in page.many:
        if key.startswith(f"several.{VALUE}"):
            values.setdefault(key.removeprefix(f"several.{VALUE}"), []).append(text)
        elif key.startswith(VALUE) and text.strip():
            values[key.removeprefix(VALUE)] = text.strip()
        elif key.startswith(f"table.{OPTION}") and text.strip():
            options[key.removeprefix(f"table.{OPTION}")] = table_of(text)
        elif key.startswith(OPTION) and text.strip():
            options[key.removeprefix(OPTION)] = text.strip()
    return {"system": page.typed.get("system", ""), "values": values, "options": options}


def table_of(text: str) -> dict[str, str]:
    """Lines of `key = value`. Raises AnswerError for one that is none."""
    found = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        key, sign, value = line.partition("=")
        if not (sign and key.strip() and value.strip()):
            raise AnswerError(
                422, {"detail": _("%(line)s is no line of key = value", line=repr(line.strip()))}
            )
        found[key.strip()] = value.strip()
    return found


def answers_of(page: Page, form: dict[str, Any]) -> dict[str, Any]:
    """What stands in each field: what was typed, else what the file says, as the field shows it."""
    if page.request.method == "POST":
        return {
            "values": {f["name"]: _typed(page, f) for f in form["fields"]},
            "options": {
                o["name"]: page.typed.get(
                    f"{'table.' if o['kind'] == 'table' else ''}{OPTION}{o['name']}", ""
                )
                for o in form["options"]
            },
        }
    said, options = form["values"], form["values"].get("options", {})
    return {
        "values": {f["name"]: _shown(f, said.get(f["name"])) for f in form["fields"]},
        "options": {o["name"]: _shown(o, options.get(o["name"])) for o in form["options"]},
    }


def _typed(page: Page, field: dict[str, Any]) -> Any:
    if field["kind"] == "several":
        return page.values(f"several.{VALUE}{field['name']}")
    return page.typed.get(f"{VALUE}{field['name']}", "")


def _shown(field: dict[str, Any], value: Any) -> Any:
    """A value of the file as its field shows it; what is not said is its default where that is no mere hint."""
    if field["kind"] == "several":
        return value or []
    if field["kind"] == "table":
        return "\n".join(f"{k} = {v}" for k, v in (value or {}).items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def in_force(name: str) -> str:
    """That an interface was declared, in words."""
    return _("%(name)s is in force: interfaces/%(name)s.toml says what was entered", name=name)
