"""What people waived of a period: excluded, accepted, written off. As a list, with its sums, and as a share of revenue."""

from tieout.close.waivers.model import (
    Share,
    Sum,
    Waiver,
    WaiverKind,
    Waivers,
    as_plain,
    from_evidence,
    from_plain,
    sums_of,
)
from tieout.close.waivers.reading import read_waivers
from tieout.close.waivers.telling import tell_waivers

__all__ = [
    "Share",
    "Sum",
    "Waiver",
    "WaiverKind",
    "Waivers",
    "as_plain",
    "from_evidence",
    "from_plain",
    "read_waivers",
    "sums_of",
    "tell_waivers",
]
