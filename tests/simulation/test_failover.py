"""A PostgreSQL whose primary dies while work comes in: what was acknowledged is there once. Whole months with several workers are
`make campaign-failover`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.simulation import campaign
from tests.simulation.failover import Pair
from tests.simulation.runs import SEED, quiet_month
from tieout.connector_api import Item
from tieout.inbox import accept
from tieout.store import Database, migrate
from tieout_sandbox.demo.result import DemoResult
from tieout_sandbox.held import Held

pytestmark = pytest.mark.long

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


def test_what_was_acknowledged_before_and_after_a_primary_died_is_there_once(tmp_path: Path) -> None:
    """Its one address is both servers'; whoever was cut off sends once more, as a sender of webhooks does."""
    tmp_path.chmod(0o755)
    pair = Pair(tmp_path, 1, seed=1)
    try:
        database = Database(pair.dsn, bytes(32))
        migrate(database)
        died = pair.primary
        told = list[str]()
        pair.start()
        while pair.switched < 1 or len(told) < 20 or pair.is_alive():
            key = f"m{len(told)}"
            try:
                with database.transaction() as connection:
                    accept(connection, "shop", [Item("orders", key, key, b"{}")], "webhook", NOW)
                told.append(key)
            except psycopg.OperationalError:
                continue  # cut off: once more, by the same key
        assert not pair.troubles and pair.primary is not died
        kept = [
            r["dedupe_key"]
            for r in database.rows("select dedupe_key from tieout.message order by message_id")
        ]
        assert kept == told
    finally:
        pair.finish()
        pair.stop()


class _Switched:
    switched = 1


def test_the_campaign_says_how_many_died_and_which_rows_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months that are as the quiet one, and one with a row less, stand for those of the pair."""
    quiet = quiet_month()
    assert quiet.held is not None
    less = replace(quiet, held=Held(quiet.held.rows[1:], quiet.held.mails, quiet.held.events))

    def page_of(result: DemoResult) -> tuple[int, str]:
        monkeypatch.setattr(campaign, "disturbed", lambda *_: (result, _Switched()))
        code = campaign.failover(1, tmp_path, lambda **_: quiet, first=SEED, most=1, workers=2)
        return code, (tmp_path / "failover.md").read_text()

    code, page = page_of(quiet)
    assert code == 0 and re.search(
        r"1 failovers in 1 months of 14 orders: (.|\n)*2 workers (.|\n)*: 0 differences", page
    )
    code, page = page_of(less)
    assert code == 1 and f"- seed {SEED}: another ledger, 1 rows differ" in page, page
