"""The first administrator's link, asked for anew where nobody sees what `tieout up` printed: a container, a pod, a journal that is gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.shaky_project import ShakyProject
from tests.integration.test_identity import GOOD
from tieout.security.identity import Identity, Origin, SignInError, Site
from tieout.store import Database


def test_a_link_is_had_again_and_the_last_one_serves(database: Database, tmp_path: Path) -> None:
    site = ShakyProject(tmp_path / "project", database, {"one": "US"})
    first = site.tieout("people", "link").stdout.strip()
    told = json.loads(site.tieout("people", "link", "--json").stdout)
    (second,) = told["said"]
    for link in (first, second):
        assert link.startswith("http://localhost:") and "/welcome#" in link
    assert first != second and told["exit"] == 0
    key = bytes.fromhex((site.folder / ".tieout" / "keys" / "stamp.key").read_text())
    connection = Database(database.dsn, key).connect(autocommit=True)
    identity = Identity(connection, lambda: datetime.now(UTC), Site("localhost", "http://localhost", "Test"))
    with pytest.raises(SignInError, match="used or is too old"):
        identity.begin(first.partition("#")[2], "ada", GOOD, Origin("test"))
    assert identity.begin(second.partition("#")[2], "ada", GOOD, Origin("test")).session.person == "ada"
    connection.close()
    done = site.tieout("people", "link")
    assert (
        done.returncode == 2
        and "people were let in already" in done.stderr
        and "/welcome#" not in done.stdout
    )
