"""What a stamp is made of: rows of every older version must still hold."""

from __future__ import annotations

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from tieout.security.stamps import Stamper

KEY = bytes(range(32))
PARTS = st.lists(st.one_of(st.text(max_size=8), st.binary(max_size=8), st.integers(), st.none()), max_size=5)


def test_stamps_are_those_of_the_first_version() -> None:
    stamper = Stamper(KEY)
    found = [
        stamper.message("stripe", "s", "k", "poll", "", bytes(32)),
        stamper.stamp("x"),
        stamper.document("i", "é", 2, 7, b"\xff"),
    ]
    assert [f.hex() for f in found] == [
        "1e0b799fc2b82eff21072efbe98156974ca82ba316fc0af7877caf81d788d7dc",
        "7eeb59b7eb09da2b53a7bbc7208c590f5aab5dcd5f1ab4ec45cc98fc8cffd291",
        "01431fd1968c3b9d378f767cc749eeda94d81d8e58237b0a3732bea719d0b4ed",
    ]


@given(PARTS)
def test_a_stamp_is_an_hmac_over_each_part_with_its_length(parts: list[object]) -> None:
    digest = hmac.new(KEY, digestmod=hashlib.sha256)
    for part in ("what", *parts):
        raw = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    stamp = Stamper(KEY).stamp("what", *parts)
    assert stamp == digest.digest()
    assert Stamper(KEY).holds(stamp, "what", *parts)
    assert not Stamper(bytes(32)).holds(stamp, "what", *parts)


@given(PARTS, PARTS)
def test_parts_that_read_the_same_in_a_row_have_stamps_of_their_own(
    one: list[object], other: list[object]
) -> None:
    def raw(parts: list[object]) -> list[bytes]:
        return [p if isinstance(p, bytes) else str(p).encode() for p in parts]

    stamper = Stamper(KEY)
    assert (stamper.stamp("w", *one) == stamper.stamp("w", *other)) == (raw(one) == raw(other))
    assert stamper.stamp("w", "ab", "c") != stamper.stamp("w", "a", "bc")
