"""Whether a file may be booked: it is all there by its own proof, by a control file, or because its project says so.

A control file stands beside its file, named as that one and `.control`: lines `rows = 6` and `total = 600.00` (rows but for
those of totals; the sum of their amounts, whatever their currency), or `sha256 = …`. Pure.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.connector_api import FileReader, FileRefusedError, Proof, ProvingReader
from tieout.rules import Interface
from tieout.rules.arrival import CONTROL_FILE, CONTROL_SUFFIX, WHEN_SETTLED

LARGEST_CONTROL = 4096
_LINE = re.compile(r"\s*(rows|total|sha256)\s*[=:]\s*(\S+)\s*", re.IGNORECASE)
_SHAPES = {
    "rows": re.compile(r"[0-9]{1,12}"),
    "total": re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,9})?"),
    "sha256": re.compile(r"[0-9a-fA-F]{64}"),
}


@dataclass(frozen=True)
class Figures:
    """What a control file says of its file."""

    rows: int | None = None
    total: Decimal | None = None
    sha256: str = ""


def read_control(name: str, content: bytes) -> Figures:
    """The figures of a control file. Raises FileRefusedError where it says none, or cannot be read."""
    found: dict[str, str] = {}
    for line in content.decode("utf-8-sig", "replace").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        hit = _LINE.fullmatch(line)
        if len(content) > LARGEST_CONTROL or hit is None or not _SHAPES[hit[1].lower()].fullmatch(hit[2]):
            raise _differs(
                name, f"its control file has the line {line[:60]!r}: rows, total or sha256 was expected"
            )
        if found.setdefault(hit[1].lower(), hit[2]) != hit[2]:
            raise _differs(name, f"its control file says {hit[1]} twice")
    if not found:
        raise _differs(name, "its control file is empty")
    return Figures(
        rows=int(found["rows"]) if "rows" in found else None,
        total=Decimal(found["total"]) if "total" in found else None,
        sha256=found.get("sha256", "").lower(),
    )


def check_whole(
    reader: FileReader, interface: Interface, name: str, content: Any, control: bytes | None
) -> None:
    """Raises FileRefusedError where nothing shows that a file, which was read, is all there, or where its control file
    says otherwise."""
    figures = read_control(name, control) if control is not None else None
    if interface.complete == WHEN_SETTLED and figures is None:
        return
    proof = reader.proof(name, content, interface.options) if isinstance(reader, ProvingReader) else Proof()
    if figures is not None:
        if _held_against(name, content, figures, proof) or proof.by:
            return
        raise _unproven(name, interface, proof, "its control file says neither sha256, nor rows with total")
    if interface.complete == CONTROL_FILE:
        raise _unproven(name, interface, proof, f"there is no {name}{CONTROL_SUFFIX} beside it")
    if not proof.by:
        raise _unproven(name, interface, proof, "nothing shows that it is all there")


def _held_against(name: str, content: Any, figures: Figures, proof: Proof) -> bool:
    """Whether a control file's figures are enough to show it. Raises FileRefusedError where one of them differs."""
    if figures.sha256 and hashlib.sha256(content).hexdigest() != figures.sha256:
        raise _differs(name, "its control file is for other bytes: sha256 differs")
    if figures.rows is not None and figures.rows != proof.rows:
        raise _differs(name, f"its control file says {figures.rows} rows, it holds {proof.rows}")
    if figures.total is not None and figures.total != (proof.total or 0):
        raise _differs(
            name, f"its control file says a total of {figures.total}, its rows come to {proof.total or 0}"
        )
    # The last row may be cut within its amount: a count alone does not show that.
    counted = figures.rows is not None and (figures.total is not None or proof.total is None)
    return bool(figures.sha256) or counted


def _differs(name: str, why: str) -> FileRefusedError:
    return FileRefusedError(
        f"{name}: {why}",
        cause="control_figures_differ",
        recovery="the file is kept, and nothing of it is booked: ask its sender for it again, whole, with the control "
        "file that belongs to it; put both into the folder, and solve this",
    )


def _unproven(name: str, interface: Interface, proof: Proof, why: str) -> FileRefusedError:
    lacks = f"let the file state its figures ({proof.lacks}); or " if proof.lacks else ""
    return FileRefusedError(
        f"{name}: {why}, so a part of it may be missing",
        cause="file_without_proof",
        recovery=f"the file is kept, and nothing of it is booked: {lacks}put {name}{CONTROL_SUFFIX} beside it, with the "
        f"lines rows = … and total = …; or say in interfaces/{interface.name}.toml what you rely on: "
        f'complete = "{WHEN_SETTLED}". Then put it into the folder again, and solve this',
    )
