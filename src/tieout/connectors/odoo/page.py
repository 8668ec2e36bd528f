"""Where things stand in Odoo: `/odoo/MODEL/ID`, since 18.0 (`urlToState` in github:odoo/odoo addons/web/static/src/core/browser/router.js: a part
with a dot is a model, a number behind it a record; the route `/odoo/<path:subpath>` in addons/web/controllers/home.py)."""

from __future__ import annotations

from tieout.connector_api import Named, SystemConfig, address


def page(config: SystemConfig, named: Named) -> str:
    """The record's form. A model without a dot is written `m-MODEL` there (`pathFromActionState`)."""
    number = named.key
    if not named.kind or not number.isascii() or not number.isdigit() or int(number) < 1:
        return ""
    model = named.kind if "." in named.kind else f"m-{named.kind}"
    return address(config.text("url"), "odoo", model, number)
