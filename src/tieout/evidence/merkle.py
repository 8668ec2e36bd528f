"""A Merkle tree that grows at its right edge, as RFC 6962 section 2.1 hashes it.

The frontier ("peaks") holds the roots of the perfect subtrees, largest first: with it a batch
is appended without reading what was sealed before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def leaf_hash(data: bytes) -> bytes:
    """A leaf's hash (RFC 6962, 2.1: 0x00 before it)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """A node's hash over its two children (RFC 6962, 2.1: 0x01 before them)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree of `size` leaves."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size, self.peaks = size, list(peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash; equal subtrees merge, as the bits of the size carry."""
        self.peaks.append(leaf)
        carry = self.size
        while carry & 1:
            right, left = self.peaks.pop(), self.peaks.pop()
            self.peaks.append(node_hash(left, right))
            carry >>= 1
        self.size += 1

    def root(self) -> bytes:
        """The tree's root; of no leaves the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256().digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root
