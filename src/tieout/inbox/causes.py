"""Causes of files that are not taken."""

from __future__ import annotations

from tieout.causes import Action, Cause

FILE_NOT_COMPLETE = Cause(
    name="file_not_complete",
    means="A file lies in its folder and does not become whole.",
    says="ask its sender whether it was sent whole, and for the rest of it; it is taken once it is whole. "
    "Or take it out of the folder",
    actions=(Action.ASK, Action.GIVE_FILE),
)
CONTROL_FIGURES_DIFFER = Cause(
    name="control_figures_differ",
    means="A file holds something else than its control file says.",
    says="the file is kept, and nothing of it is booked: ask its sender for it again, whole, with the control "
    "file that belongs to it; put both into the folder, and solve this",
    actions=(Action.ASK, Action.GIVE_FILE, Action.SOLVE),
)
FILE_WITHOUT_PROOF = Cause(
    name="file_without_proof",
    means="Nothing in a file or beside it proves that it is all there.",
    says="the file is kept, and nothing of it is booked: {lacks}put {control} beside it, with the "
    "lines rows = … and total = …; or say in interfaces/{interface}.toml what you rely on: "
    'complete = "{settled}". Then put it into the folder again, and solve this',
    actions=(Action.GIVE_FILE, Action.SET_UP, Action.SOLVE),
)

CAUSES = (FILE_NOT_COMPLETE, CONTROL_FIGURES_DIFFER, FILE_WITHOUT_PROOF)
