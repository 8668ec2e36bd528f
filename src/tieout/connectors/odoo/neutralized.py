"""Whether a database is a copy that Odoo neutralized for tests.

The parameter that says so (`database.is_neutralized`) is an administrator's to read. Everybody is told by the banner that neutralizing
puts on the pages (addons/web: views/neutralize_views.xml, data/neutralize.sql of 18 and 19), the sign-in page among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from tieout.connector_api.set_up import Finding, Wanted
from tieout.connectors.odoo.client import OdooClient

_BANNER = 'id="oe_neutralize_banner"'


def no_copy(client: OdooClient, wanted: Wanted) -> Iterable[Finding]:
    """Nothing of a project that is not production; a page that is not shown says nothing."""
    if not wanted.production:
        return
    what = "is no copy for tests"
    page = client.page(f"/web/login?db={quote(client.database)}" if client.database else "/web/login")
    if _BANNER in page:
        yield Finding(
            what, False, f"{client.database or 'the database'} at {client.url} was neutralized, which Odoo does to copies for tests, and this "
            "project is production: put the address and the database of the books themselves, or environment = \"test\" into [project]",
        )  # fmt: skip
    elif page:
        yield Finding(what, True, "its pages carry no banner of a neutralized database")
