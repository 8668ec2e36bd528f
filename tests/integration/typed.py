"""Books of a test as a project in a folder, for commands as people type them: the same database, ledger, mappings, interfaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.acceptance.commands import run_tieout
from tests.integration.office import key_of

_HEAD = """[project]
name = "Typed"
environment = "test"
[clock]
file = "clock"
[database]
dsn = "{dsn}"
[systems.odoo]
connector = "odoo"
url = "{url}"
database = "{database}"
company = "{company}"
key = "env:ODOO_KEY"
"""
# What a kind of system wants to be told, where it is asked nothing here.
_SYSTEMS = {
    "shopify": 'url = "http://127.0.0.1:1"\ntoken = "env:ODOO_KEY"\nwebhook_secrets = "env:ODOO_KEY"\n',
    "stripe": 'url = "http://127.0.0.1:1"\nkey = "env:ODOO_KEY"\nwebhook_secrets = "env:ODOO_KEY"\n',
    "payments": 'folder = "out"\n',
}


class Typed:
    """A project's folder over an office's database: `run` types a command as somebody, and says how it ended."""

    def __init__(self, office: Any, folder: Path) -> None:
        self.office, self.folder = office, folder
        keys = folder / ".tieout" / "keys"
        keys.mkdir(parents=True, exist_ok=True)
        (keys / "stamp.key").write_text(office.database.stamp_key.hex())
        (folder / "mappings").mkdir(exist_ok=True)
        (folder / "out").mkdir(exist_ok=True)
        self._write()

    def _write(self) -> None:
        office, release = self.office, self.office.release()
        text = _HEAD.format(
            dsn=office.database.dsn, url=office.world.url("odoo"), database=office.world.odoo.database,
            company=office.company.id,
        )  # fmt: skip
        for system in sorted({i.system for i in release.interfaces.values()} - {"odoo"}):
            text += f'[systems.{system}]\nconnector = "{system}"\n{_SYSTEMS.get(system, "")}'
        for code, e in release.entities.items():
            text += f'[entities.{code}]\ncurrency = "{e.currency}"\ntime_zone = "{e.time_zone}"\nledger = "odoo"\n'
        for name, i in release.interfaces.items():
            given = {"system": i.system, "entity": i.entity, "streams": list(i.streams), "owner": i.owner,
                     "process": i.process, "late_events": i.late_events, "complete": i.complete}  # fmt: skip
            text += f"[interfaces.{name}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in given.items())
            text += f"[interfaces.{name}.options]\n" + "".join(
                f"{k} = {json.dumps(v)}\n" for k, v in i.options.items()
            )
        (self.folder / "tieout.toml").write_text(text)
        for table, mapping in release.mappings.items():
            rows = "".join(f'"{r.key}","{r.value}"\n' for r in mapping.rows)
            (self.folder / "mappings" / f"{table}.csv").write_text(f"key,value\n{rows}")

    def calendar(self, text: str) -> None:
        """What the entity's close is held to."""
        (self.folder / "calendar.toml").write_text(f"[entities.US]\n{text}\n")

    def run(self, *words: str, by: str = "", code: int) -> str:
        """What `tieout WORDS` printed, which ended with this code."""
        (self.folder / "clock").write_text(self.office.clock.now().isoformat())
        environment = {"ODOO_KEY": self.office.company.key, "COLUMNS": "250"}
        if by:
            path = self.folder / f"{by}.key"
            path.write_text(key_of(by))
            path.chmod(0o600)
            environment["TIEOUT_KEY_FILE"] = str(path)
        done = run_tieout(*words, "--dir", str(self.folder), environment=environment)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr
