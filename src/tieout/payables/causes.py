"""What keeps a payment run from its file."""

from __future__ import annotations

from tieout.causes import Action, Cause

FILE_REFUSED = Cause(
    name="payment_file_refused",
    means="No bank would take the file of a payment run as it would be written.",
    says="correct what it names (the interface's options, the supplier); the file is made by itself",
    actions=(Action.SET_UP, Action.MEND_AT_SOURCE),
)

CAUSES = (FILE_REFUSED,)
