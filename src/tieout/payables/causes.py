"""What keeps a payment run from its file."""

from __future__ import annotations

from tieout.causes import Action, Cause

FILE_REFUSED = Cause(
    name="payment_file_refused",
    means="No bank would take the file of a payment run as it would be written.",
    says="correct what it names (the interface's options, the supplier); the file is made by itself",
    also={
        "changed": "somebody wrote into the database past Tieout: find out who; put the row back as the backup has it, and the "
        "files are made by themselves",
    },
    actions=(Action.SET_UP, Action.MEND_AT_SOURCE, Action.ASK),
)

CAUSES = (FILE_REFUSED,)
