"""Evidence: append-only, sealed into a signed Merkle tree, verifiable on a bare Python."""

from tieout.evidence.export import export_pack
from tieout.evidence.marks import came_since, mark
from tieout.evidence.model import RESTORED, Entry, salted_hash
from tieout.evidence.repository import record
from tieout.evidence.sealer import Sealer
from tieout.evidence.signer import Signer, load_or_make_signer

__all__ = [
    "RESTORED",
    "Entry",
    "Sealer",
    "Signer",
    "came_since",
    "export_pack",
    "load_or_make_signer",
    "mark",
    "record",
    "salted_hash",
]
