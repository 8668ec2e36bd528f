"""A qualification with its month, by the command alone: of a version that nobody knows, on a server that is not the month's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.commands import run_tieout
from tests.conformance.test_qualify import served
from tieout.connectors.odoo.versions import V20
from tieout_sandbox.qualify import verified

pytestmark = pytest.mark.long


def test_a_small_month_is_played_on_the_server_that_is_tried(tmp_path: Path) -> None:
    with served(V20) as server:
        server.odoo._version["server_version"] = "21.0"
        words = [
            "--url",
            server.url,
            "--database",
            "books",
            "--test-database",
            "books",
            "--key",
            "env:QUALIFY_KEY",
        ]
        done = run_tieout(
            "qualify",
            *words,
            "--orders",
            "6",
            "--out",
            str(tmp_path),
            environment={"QUALIFY_KEY": server.key},
            timeout=900,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Odoo 21.0 passed" in done.stdout
        (path,) = tmp_path.glob("qualification-21.0-*.json")
        month = {f["what"]: f["said"] for f in verified(path.read_text())["month"]}
        assert any(what.startswith("shop_us 2026-10") for what in month), month
        assert month["every payout is proven"] and month["its evidence holds"], month
        # Nothing was planted and nobody closed it, so neither is said to have agreed.
        assert not {"every planted fault is found", "people close and sign the month"} & set(month), month
        # Both companies are of the server that was tried, and all of the month's entries stand there.
        names = {str(c["name"]) for c in server.table("res.company")}
        assert "Tieout qualification 1" in names and any(n.startswith("Meridian Supply") for n in names), (
            names
        )
        moves = [m for m in server.table("account.move") if m["state"] == "posted"]
        assert len({m["company_id"] for m in moves}) == 2
