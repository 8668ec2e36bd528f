"""An Odoo that stands apart from the sandbox, as a server of somebody's own does: its days are not the month's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from tieout.connectors.odoo.versions import V19, Differences
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.odoo import Odoo

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@dataclass
class Apart:
    """One that is served, and an administrator's key."""

    odoo: Odoo
    url: str
    key: str

    @property
    def given(self) -> dict[str, str]:
        """What a demo is given to post into it."""
        return {"odoo_url": self.url, "odoo_db": "books", "odoo_key": self.key}


@contextmanager
def odoo_apart(version: Differences = V19, now: datetime = NOW) -> Iterator[Apart]:
    """Serve one, on a day that does not end."""
    odoo, port = Odoo(lambda: now, version, database="books", admin_password="admin"), free_port()
    serving = serve({port: odoo})
    try:
        yield Apart(odoo, f"http://127.0.0.1:{port}", odoo.service.make_key(2))
    finally:
        serving.stop()
