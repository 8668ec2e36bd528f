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

FILE_HELD = Cause(
    name="payment_file_held",
    means="A file for the bank was made and not written: a payment in it does not stand any more, or is not to be made.",
    says="nothing of it was sent: `tieout replay --case` looks again, once what it names is put right; else exclude it with the "
    "reason, and the other payments of its run are filed anew by themselves",
    actions=(Action.REPLAY, Action.EXCLUDE),
    who="treasury",
)
PAYMENT_STOPPED = Cause(
    name="payment_not_to_be_made",
    means="A payment is booked and in no file, and somebody decided that its account is not the payee's.",
    says="it is in no file to the bank: reverse its entry in the ledger, and exclude it once that is read back; correct the supplier, "
    "and the next run proposes its bills",
    actions=(Action.MEND_IN_LEDGER, Action.EXCLUDE, Action.MEND_AT_SOURCE),
    who="treasury",
)

CAUSES = (FILE_REFUSED, FILE_HELD, PAYMENT_STOPPED)
