"""Tokens while workers are killed, for some minutes of the provider's clock; hours of it in `make campaign-tokens`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.campaign import tokens

# Processes are killed for some minutes.
pytestmark = pytest.mark.long


@pytest.mark.long
@pytest.mark.parametrize("rotates", ["until_used", "at_once"])
def test_no_refresh_token_is_lost_and_no_call_goes_out_twice_with_a_dead_one(
    rotates: str, tmp_path: Path
) -> None:
    assert tokens(1, tmp_path, minutes=20, speed=100.0, rotations=[rotates]) == 0
    assert "Wrong: 0." in (tmp_path / "tokens.md").read_text()
