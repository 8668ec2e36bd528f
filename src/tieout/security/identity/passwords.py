"""Passwords: argon2id (RFC 9106), and which ones are refused (NIST SP 800-63B, 5.1.1: length, not composition)."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 256
# RFC 9106, second recommended option: three passes, 64 MiB (in KiB), four lanes.
PASSES, MEMORY_KIB, LANES = 3, 64 * 1024, 4
_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
# Each takes 64 MiB: whoever tries in parallel waits for the others.
_TURN = threading.BoundedSemaphore(2)
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
_COMMON = ("password", "passwort", "qwerty", "tieout", "letmein", "welcome", "123456", "abcdef", "admin")


class PasswordError(ValueError):
    """A password that is refused: why, and what is expected."""


def check_new(password: str, name: str) -> None:
    """Raises PasswordError for a password that is too short, too long, or easily guessed."""
    text = _folded(password)
    if len(text) < SHORTEST:
        raise PasswordError(f"a password has {SHORTEST} characters or more; several words do well")
    if len(text) > LONGEST:
        raise PasswordError(f"a password has {LONGEST} characters at most")
    plain = text.casefold()
    left = plain
    for word in (name.casefold(), *name.casefold().split("."), *_COMMON):
        left = left.replace(word, "") if len(word) > 2 else left
    if len(set(plain)) < 5 or len(left) < SHORTEST // 2:
        raise PasswordError(
            "a password that is not your name, a common word or one character repeated was expected"
        )


def hashed(password: str) -> str:
    """The argon2id hash that is kept."""
    with _TURN:
        return _HASHER.hash(_folded(password))


def is_right(kept: str | None, password: str) -> bool:
    """Whether a password is the one whose hash is `kept`; where none is kept it takes as long, and is not."""
    with _TURN:
        try:
            _HASHER.verify(kept or _NOBODYS, _folded(password)[: LONGEST * 4])
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_old(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _folded(password: str) -> str:
    """The same password however a keyboard composes it."""
    return unicodedata.normalize("NFKC", password)
