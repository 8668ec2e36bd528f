"""Every room says what it owns, what it never does, and what always holds in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .reading import rooms

PARTS = ("**Owns**", "**Never does**", "**Invariants**")


@pytest.mark.parametrize("room", rooms(), ids=lambda p: p.name)
def test_a_room_says_what_it_is_for(room: Path) -> None:
    page = room / "README.md"
    assert page.exists(), f"{room.name} has no README.md: owns, never does, invariants (see engine/README.md)"
    text = page.read_text()
    assert text.startswith(f"# {room.name}\n")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places and places == sorted(places), f"{page} has the three parts {PARTS}, in this order"
    assert re.search(r"\n- .+", text[places[2] :]), f"{page} names no invariant"
    assert len(text.splitlines()) <= 40, f"{page} is read in a minute: what is longer belongs in docs/"
    owned = text[places[0] + len(PARTS[0]) : places[1]].strip()
    assert owned, f"{page} owns nothing"
