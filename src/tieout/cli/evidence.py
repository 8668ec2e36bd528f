"""`tieout evidence`: packs for auditors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieout.cli.context import open_running, out
from tieout.cli.options import Folder

group = typer.Typer(help="Sealed evidence.", no_args_is_help=True)


@group.command()
def export(
    target: Annotated[Path, typer.Argument(help="the pack to write, a .zip")],
    folder: Folder = Path(),
) -> None:
    """Write entries, signed heads, witness and the verifier into one file."""
    from tieout.evidence import export_pack

    project = open_running(folder)
    with project.database.transaction() as connection:
        count = export_pack(connection, project.signer, project.settings.witness, target)
    out.print(f"{target}: {count} entries. Verify: python3 verify.py {target.name}")
    out.print(f"Tell its reader the public key by another way: {project.signer.public.hex()}")
