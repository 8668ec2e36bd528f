"""What a system is waited for is the same in every test here, and waited for shortly."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tieout.connector_api.retry._LONGEST_S", 0.02)
