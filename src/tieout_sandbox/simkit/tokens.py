"""Secrets of a sandbox that one root makes, the same ones in the same order."""

from __future__ import annotations

import hashlib
import hmac


class Tokens:
    """Each call gives another secret; nobody finds the next one, or the root, from those before."""

    def __init__(self, root: str) -> None:
        self._root, self._made = root.encode(), 0

    def hex(self, size: int) -> str:
        """The next secret: `size` bytes, 32 at most, in hex."""
        self._made += 1
        return self.named(f"{self._made}", size)

    def named(self, name: str, size: int = 32) -> str:
        """The secret of this name, whenever it is asked for."""
        return hmac.new(self._root, name.encode(), hashlib.sha256).digest()[:size].hex()
