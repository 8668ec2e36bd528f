"""What a password's hash costs, and that an old one is made anew."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from tieout.security.identity import passwords


def real() -> PasswordHasher:
    return PasswordHasher(
        time_cost=passwords.PASSES, memory_cost=passwords.MEMORY_KIB, parallelism=passwords.LANES
    )


def test_the_cost_is_what_rfc_9106_recommends() -> None:
    hashed = real().hash("four plain words here")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right(hashed, "four plain words here") and not passwords.is_right(hashed, "other")
    assert passwords._NOBODYS.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_of_another_cost_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = passwords.hashed("four plain words here")
    assert not passwords.is_old(cheap)
    monkeypatch.setattr(passwords, "_HASHER", real())
    assert passwords.is_old(cheap) and passwords.is_right(cheap, "four plain words here")


def test_nobodys_password_is_never_right() -> None:
    assert not passwords.is_right(None, "anything at all")


def test_a_password_is_the_same_however_a_keyboard_composes_it() -> None:
    assert passwords.is_right(passwords.hashed("caf\u00e9 au lait, bien sur"), "cafe\u0301 au lait, bien sur")
