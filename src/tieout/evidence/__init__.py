"""Evidence: append-only, sealed into a signed Merkle tree, verifiable on a bare Python."""

from tieout.evidence.export import export_pack
from tieout.evidence.gaps import entries_gone
from tieout.evidence.marks import came_since, mark
from tieout.evidence.model import RESTORED, Entry, salted_hash
from tieout.evidence.print_close import Pack, Printed, from_pack, written
from tieout.evidence.repository import record, record_async
from tieout.evidence.sealer import Sealer
from tieout.evidence.sheets import keep_sheet, kept_sheet
from tieout.evidence.signer import Signer, load_or_make_signer

__all__ = [
    "RESTORED",
    "Entry",
    "Pack",
    "Printed",
    "Sealer",
    "Signer",
    "came_since",
    "entries_gone",
    "export_pack",
    "from_pack",
    "keep_sheet",
    "kept_sheet",
    "load_or_make_signer",
    "mark",
    "record",
    "record_async",
    "salted_hash",
    "written",
]
