"""Evidence packs: everything that a verifier needs, in one zip file."""

from __future__ import annotations

import json
import zipfile
from importlib import resources
from pathlib import Path

from tieout.evidence.model import leaf_bytes
from tieout.evidence.print_close import KEPT, sheet_name
from tieout.evidence.signer import Signer
from tieout.store import Connection, Queries

_SQL = Queries("tieout.evidence")
_SCRIPTS = ("verify.py", "verify_closes.py", "print_close.py")


def export_pack(connection: Connection, signer: Signer, witness: Path, target: Path) -> int:
    """Write entries, heads, public key, witness, the sheets of closes, the verifier and the printer to `target`; the
    number of entries. The pack is complete or not there.

    What is sealed meanwhile is left out whole: a head without its entries, or one that the witness alone has seen, would
    look like a log that somebody cut. A head is committed with its leaves and witnessed after that, so they are read the
    other way round."""
    partial = target.with_suffix(".partial")
    count = size = 0
    sheets: list[int] = []
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as pack:
        if witness.exists():
            pack.write(witness, "witness.jsonl")
        with pack.open("heads.jsonl", "w") as file:
            for head in connection.execute(_SQL["all_heads"]):
                line = {
                    "tree_size": head["tree_size"],
                    "root_hash": bytes(head["root_hash"]).hex(),
                    "signed_at": head["signed_at"].isoformat(),
                    "key_id": head["key_id"],
                    "signature": bytes(head["signature"]).hex(),
                }
                file.write(json.dumps(line, sort_keys=True).encode() + b"\n")
                size = head["tree_size"]
        with pack.open("entries.jsonl", "w", force_zip64=True) as file:
            for row in connection.execute(_SQL["leaves"], {"size": size}):
                line = {"leaf_no": row["leaf_no"], "entry": json.loads(leaf_bytes(row))}
                file.write(json.dumps(line, sort_keys=True).encode() + b"\n")
                count += 1
                if row["action"] == KEPT:
                    sheets.append(int(json.loads(row["detail"])["sheet"]))
        for number in sheets:
            kept = connection.execute(_SQL["sheet"], {"sheet_no": number}).fetchone()
            if kept is not None:
                pack.writestr(sheet_name(number), bytes(kept["body"]))
        pack.writestr("public_key.hex", signer.public.hex())
        for script in _SCRIPTS:
            pack.writestr(script, resources.files("tieout.evidence").joinpath(script).read_text())
    partial.replace(target)
    return count
