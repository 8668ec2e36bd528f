"""What `check` says of a system before it is asked anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from tieout.connector_api import ApiVersion, SystemConfig, TransientError
from tieout.operations.discover import discover
from tieout.operations.systems import check_system


def _project(api: ApiVersion | None, now: datetime) -> Any:
    connector = replace(discover()["smtp"], config=(), api=api)

    def nobody(name: str) -> None:
        raise TransientError("nobody is there")

    return SimpleNamespace(
        release=lambda: None,
        settings=SimpleNamespace(
            systems={"mail": SystemConfig("mail", "smtp", "test", {})}, release=SimpleNamespace(interfaces={})
        ),
        connector_of=lambda name: connector,
        clock=SimpleNamespace(now=lambda: now),
        open_session=nobody,
    )


def test_a_version_that_ends_soon_is_warned_of_though_nobody_answers() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    soon = ApiVersion("2026-01", "a changelog", date(2027, 1, 1))
    steps = check_system(_project(soon, now), "mail")
    (version,) = [s for s in steps if s[0] == "version"]
    assert version[1] and version[2].startswith("warning: version 2026-01 ends on 2027-01-01, in 32 days")
    assert steps[-1] == ("settings", False, "nobody is there")


def test_one_that_goes_on_is_told_without_a_warning() -> None:
    steps = check_system(_project(ApiVersion("v2", "a page"), datetime(2026, 11, 30, tzinfo=UTC)), "mail")
    assert ("version", True, "version v2") in steps


def test_a_system_without_versions_has_no_such_step() -> None:
    steps = check_system(_project(None, datetime(2026, 11, 30, tzinfo=UTC)), "mail")
    assert [s[0] for s in steps] == ["settings", "settings"]
