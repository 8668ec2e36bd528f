"""What of a file itself shows that it is all there, and was not cut at the end of a line.

XML that is cut is no XML. MT940 and PayPal's report say at the end of each statement what it comes to, BAI2 at
the end of each account, each group and the file. A CSV
shows nothing, however well its rows' balances follow from each other, unless it states where they lead to.
"""

from __future__ import annotations

from tieout.formats.conservation import DERIVED
from tieout.formats.model import ParsedFile, Statement

# A balance that the last row of a table states: one row less, and it is another that fits as well.
BY_ROW = "row"


def proven_by(file: ParsedFile) -> str:
    """What shows that a file that was read is whole, in words; "" where nothing does.

    A file that is cut between two whole statements shows nothing of that: the next one's opening balance does.
    """
    if file.format.startswith("camt.") or file.format == "ofx":
        return "its last element is closed"
    if file.format == "bai2":
        # Its trailer (99) counts its groups and records, and is the last of it; details may be left out.
        known = all(s.conservation.holds is not False for s in file.statements)
        return "its trailers' totals and counts" if known else ""
    if file.format == "csv":
        whole = all(_stated(s) for s in file.statements)
        return "the figures that it states" if whole else ""
    whole = all(s.conservation.holds or s.head.intraday for s in file.statements)
    return "its statements' balances and totals" if whole else ""


def _stated(statement: Statement) -> bool:
    """Whether a CSV says itself what its lines come to."""
    head = statement.head
    closing = head.closing is not None and head.closing.code not in (BY_ROW, DERIVED)
    return statement.conservation.holds is True and (closing or head.checked)
