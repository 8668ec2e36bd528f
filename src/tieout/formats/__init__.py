"""Bank and settlement files: what they say, and a proof that nothing of it was lost.

`parse(path)` reads a whole file; `OpenFile` streams one of any size. Pure: no database, no
network. Formats are told by content; dialects are declarations.
"""

from tieout.formats.completeness import proven_by
from tieout.formats.csv.dialects import declared
from tieout.formats.model import (
    Balance,
    Charge,
    Conservation,
    Detail,
    FormatError,
    Head,
    Line,
    ParsedFile,
    Place,
    Stated,
    Statement,
    Unread,
)
from tieout.formats.reading import DIALECTS, FORMATS, OpenFile, detect, parse

__all__ = [
    "DIALECTS",
    "FORMATS",
    "Balance",
    "Charge",
    "Conservation",
    "Detail",
    "FormatError",
    "Head",
    "Line",
    "OpenFile",
    "ParsedFile",
    "Place",
    "Stated",
    "Statement",
    "Unread",
    "declared",
    "detect",
    "parse",
    "proven_by",
]
