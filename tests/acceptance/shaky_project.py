"""A project whose systems fail when they are told to, and a worker on it; read through SQL and processes alone."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.commands import Started, run_tieout, start_tieout
from tieout.store import Database

OUTSIDE = Path(__file__).resolve().parents[1] / "outside"
_ENTITY = """
[entities.{code}]
name = "{code}"
currency = "USD"
time_zone = "UTC"
ledger = "books_{code}"

[systems.books_{code}]
connector = "shaky"
at = "{at}"
{more}
"""
_SOURCE = """
[systems.{name}]
connector = "shaky"
at = "{at}"
"""


class ShakyProject:
    """Interfaces are (name, entity); each has a source of its own, each entity a ledger of its own."""

    def __init__(
        self, folder: Path, database: Database, interfaces: dict[str, str], blind: bool = False
    ) -> None:
        self.folder, self.database = folder, database
        self.worker: Started | None = None
        parts = ['[project]\nname = "Shaky"\nenvironment = "test"\n[database]\ndsn = ""\n']
        for code in sorted(set(interfaces.values())):
            more = 'blind = "yes"' if blind else ""
            parts.append(_ENTITY.format(code=code, at=self.place(f"books_{code}"), more=more))
        for name, entity in interfaces.items():
            parts.append(_SOURCE.format(name=f"source_{name}", at=self.place(f"source_{name}")))
            text = f'system = "source_{name}"\nentity = "{entity}"\nowner = "o"\nprocess = "treasury"\nstreams = ["movements"]\n'
            self.write(f"interfaces/{name}.toml", text)
        self.write("tieout.toml", "".join(parts))
        accounts = {"bank_in_transit": "101701", "clearing.stripe.USD": "101501", "fees.stripe": "621000"}
        self.write("mappings/accounts.csv", _table(accounts))
        self.write(
            "mappings/journals.csv", _table({"clearing.stripe.USD": "STRU", "misc": "MISC", "sales": "INV"})
        )
        self.write("mappings/taxes.csv", _table({}))
        (folder / ".tieout").mkdir(mode=0o700, exist_ok=True)

    def place(self, system: str) -> Path:
        """A system's own folder."""
        found = self.folder / "outside" / system
        found.mkdir(parents=True, exist_ok=True)
        return found

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def gives(self, interface: str, *keys: str) -> None:
        """Payouts of 5.00 USD that the source of an interface has."""
        rows = [
            {"id": key, "amount": -500, "currency": "usd", "created": 1790000000, "fee": 0, "net": -500,
             "reporting_category": "payout", "type": "payout",
             "source": {"id": f"po_{key}", "object": "payout", "automatic": False, "metadata": {}}}
            for key in keys
        ]  # fmt: skip
        (self.place(f"source_{interface}") / "movements.json").write_text(json.dumps(rows))

    def moods(self, system: str, **moods: Any) -> None:
        path = self.place(system) / "moods.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(moods))
        fresh.replace(path)

    def asked(self, system: str, what: str) -> list[list[str]]:
        """What a system was asked, in order."""
        path = self.place(system) / "asked.log"
        rows = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
        return [keys for asked, keys in rows if asked == what]

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(x for x in (str(OUTSIDE), os.environ.get("PYTHONPATH", "")) if x)
        return {**os.environ, "TIEOUT_DSN": self.database.dsn, "TIEOUT_LOG": "ERROR", "PYTHONPATH": path}

    def start(self) -> None:
        log = self.folder / "worker.log"
        self.worker = start_tieout("worker", "--dir", str(self.folder), environment=self.environment, log=log)

    def tieout(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, in a process that finds the outsider's connector."""
        return run_tieout(*words, "--dir", str(self.folder), environment=self.environment)

    def stop(self) -> None:
        if self.worker is not None:
            self.worker.terminate()
            self.worker.wait(30)

    def states(self) -> dict[str, str]:
        """Of each document, by interface and the end of its key: its state."""
        rows = self.database.rows(
            "select interface, source_key, state from tieout.document order by document_id"
        )
        return {f"{r['interface']}:{r['source_key'].rpartition(':')[2]}": r["state"] for r in rows}

    def cases(self) -> list[str]:
        return [
            r["cause"]
            for r in self.database.rows("select cause from tieout.cases where state = 'open' order by 1")
        ]

    def wait(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Until it holds; else the test fails with what there is."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                log = (self.folder / "worker.log").read_text()[-2500:]
                pytest.fail(f"it did not come about: {self.states()} {self.cases()}\n{log}")
            time.sleep(0.05)


def _table(rows: dict[str, str]) -> str:
    return "key,value,valid_from,valid_to\n" + "".join(f"{k},{v},,\n" for k, v in rows.items())
