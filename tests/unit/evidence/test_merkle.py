"""The tree and the signatures against independent ways of computing them."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tieout.evidence.merkle import Frontier, leaf_hash
from tieout.evidence.verify import signature_holds


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, written as it stands there."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_growing_tree_is_the_tree_of_rfc_6962(leaves: list[bytes]) -> None:
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    assert tree.root() == mth(leaves)


@given(st.binary(max_size=60))
def test_our_verification_agrees_with_a_library_and_refuses_any_change(message: bytes) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(message)
    assert signature_holds(public, message, signature)
    assert not signature_holds(public, message + b"x", signature)
    assert not signature_holds(public, message, bytes([signature[0] ^ 1]) + signature[1:])
    assert not signature_holds(public, message, signature[:32] + b"\xff" * 32)


def test_rfc_8032_test_vector_2() -> None:
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert signature_holds(public, b"\x72", signature)


def test_a_point_has_one_form() -> None:
    """The neutral point as a key and as what was signed with holds for any message where nothing is multiplied, as in libraries;
    written in another form (a sign that zero has not, a number above the field's) it is no point."""
    neutral, above = (1).to_bytes(32, "little"), (2**255 - 19 + 1).to_bytes(32, "little")
    signed = neutral[:31] + b"\x80"
    assert signature_holds(neutral, b"x", neutral + bytes(32))
    for form in (signed, above):
        assert not signature_holds(neutral, b"x", form + bytes(32))
        assert not signature_holds(form, b"x", neutral + bytes(32))


def test_a_multiple_is_below_the_groups_order_and_all_of_it_counts() -> None:
    """The base point's opposite is its last multiple; the same signature with the order added to it is another form of it."""
    order = 2**252 + 27742317777372353535851937790883648493
    neutral, opposite = (1).to_bytes(32, "little"), b"\x58" + b"\x66" * 30 + b"\xe6"
    assert signature_holds(neutral, b"x", opposite + (order - 1).to_bytes(32, "little"))
    assert not signature_holds(neutral, b"x", opposite + (2 * order - 1).to_bytes(32, "little"))
