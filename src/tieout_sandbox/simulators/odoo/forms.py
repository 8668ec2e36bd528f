"""The page of a record, where Odoo 18 and later have it: `/odoo/MODEL/ID` (`urlToState` in github:odoo/odoo
addons/web/static/src/core/browser/router.js). Odoo shows a form to whoever is signed in; here it is the record's fields as they stand, so that
what Tieout links to opens on the sandbox, too."""

from __future__ import annotations

from html import escape
from typing import Any

from tieout_sandbox.simulators.odoo.errors import not_found
from tieout_sandbox.simulators.odoo.schema import MODELS
from tieout_sandbox.simulators.odoo.world import World

# Of anything else nobody is shown a page: users have keys, parameters have secrets.
_SHOWN = ("account.", "res.partner", "res.currency", "res.company")
_MOST_LINES = 200


def form_of(world: World, path: str) -> bytes:
    """The page of a path. Raises OdooError for a record that there is not."""
    model, _, number = path.removeprefix("/odoo/").partition("/")
    known = model in MODELS and model.startswith(_SHOWN)
    record = world.table(model).get(int(number)) if known and number.isascii() and number.isdigit() else None
    if record is None:
        raise not_found(f"Missing record: {model} {number}")
    title = f"{model} {number}: {world.display(model, record)}"
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{_shown(world, model, name, value)}</td></tr>"
        for name, value in sorted({**record, **_lines(world, model, int(number))}.items())
        if value not in (None, False, "", [])
    )
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title></head><body><h1>{escape(title)}</h1>"
        f"<p>A record of the simulated Odoo, as it stands.</p><table>{rows}</table></body></html>"
    ).encode()


def _lines(world: World, model: str, number: int) -> dict[str, list[int]]:
    """What is a record's own by a field of other records, as an entry's lines."""
    return {
        name: [k for k, r in world.table(f.relation).items() if r.get(f.inverse) == number]
        for name, f in MODELS[model].items()
        if f.kind == "o2m" and f.inverse and f.relation.startswith(_SHOWN)
    }


def _shown(world: World, model: str, name: str, value: Any) -> str:
    field = MODELS[model].get(name)
    other = field.relation if field is not None else ""
    keys = value if isinstance(value, (list, tuple)) else [value]
    if not other.startswith(_SHOWN) or not all(isinstance(k, int) for k in keys):
        return escape(str(value))
    return ", ".join(
        f"<a href='/odoo/{escape(other)}/{k}'>{escape(world.display(other, world.table(other).get(k)) or str(k))}</a>"
        for k in keys[:_MOST_LINES]
    )
