"""docs/CONNECTOR-TUTORIAL.md does what it says: its files are written, its commands typed, and what they say is read."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.commands import Started, run_tieout, start_tieout
from tieout.store import Database
from tieout_sandbox.ports import free_port

pytestmark = pytest.mark.long

DOC = Path(__file__).resolve().parents[2] / "docs" / "CONNECTOR-TUTORIAL.md"
BIN = Path(sys.executable).parent


def files() -> dict[str, str]:
    """Every block that names a file: its name to what is in it."""
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", DOC.read_text(), re.MULTILINE | re.DOTALL))


def typed() -> list[tuple[str, str]]:
    """What is typed, in order, each with what the page says that it answers."""
    found = []
    for text in re.findall(r"^```console\n(.*?)^```$", DOC.read_text(), re.MULTILINE | re.DOTALL):
        for part in text.split("$ ")[1:]:
            command, _, answer = part.partition("\n")
            found.append((command, answer))
    return found


class Reader:
    """Somebody who does what the page says, in a folder."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.at, self.database = folder, folder, database
        for name, text in files().items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        self._install()
        path = os.pathsep.join((str(BIN), os.environ["PATH"]))
        kept = {"PATH": path, "PYTHONPATH": str(folder), "TIEOUT_DSN": database.dsn, "TIEOUT_LOG": "ERROR"}
        self.environment = {**os.environ, **kept, "COLUMNS": "200"}
        self.running: list[subprocess.Popen[bytes] | Started] = []

    def _install(self) -> None:
        """As `pip install` does, with nothing fetched from anywhere."""
        project = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]
        name = project["name"]
        made = self.folder / f"{name.replace('-', '_')}-{project['version']}.dist-info"
        made.mkdir()
        (made / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {project['version']}\n"
        )
        points = [
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in named.items())
            for group, named in project["entry-points"].items()
        ]
        (made / "entry_points.txt").write_text("\n".join(points))

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        """Type a command that ends."""
        name, *words = shlex.split(command)
        if name == "tieout":
            return run_tieout(*words, environment=self.environment, folder=self.at)
        return subprocess.run(
            shlex.split(command),
            cwd=self.at,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def begin(self, command: str) -> None:
        """Type a command that goes on (`… &`)."""
        name, *words = shlex.split(command.removesuffix("&"))
        log_file = self.folder / "running.log"
        if name == "tieout":
            log_file.touch()
            self.running.append(
                start_tieout(*words, log=log_file, environment=self.environment, folder=self.at)
            )
            return
        with log_file.open("ab") as log:
            started = subprocess.Popen(
                shlex.split(command.removesuffix("&")),
                cwd=self.at,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.running.append(started)

    def look_outside(self) -> None:
        """`set -a; . ./outside.env; set +a; cd project`."""
        for line in (self.folder / "outside.env").read_text().splitlines():
            name, _, value = line.partition("=")
            self.environment[name] = value
        self.at = self.folder / "project"

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it holds; else the test fails with what was said."""
        deadline = time.monotonic() + 180
        while not condition():
            if time.monotonic() > deadline or any(p.poll() is not None for p in self.running):
                pytest.fail((self.folder / "running.log").read_text()[-3000:])
            time.sleep(0.2)

    def settled(self) -> bool:
        """Whether all that happened stands in the ledger: 4 invoices, 4 payments, 2 payouts, 2 lines of the bank, and each
        payout's arrival."""
        rows = self.database.rows("select count(*)::int as n from tieout.document where state = 'posted'")
        left = self.database.rows("select count(*)::int as n from tieout.delivery where state <> 'confirmed'")
        compositions = self.database.rows("select count(*)::int as n from tieout.payout_item")
        arrivals = self.database.rows(
            "select count(*)::int as n from tieout.v_effect_match where effect = 'match_bank_line' and state = 'confirmed'"
        )
        return rows[0]["n"] >= 12 and not left[0]["n"] and compositions[0]["n"] == 3 and arrivals[0]["n"] == 2

    def polled(self) -> bool:
        """Whether all that Mollie tells stands in the ledger: 4 payments, 2 payouts."""
        sql = "select count(*)::int as n from tieout.document where kind = 'provider_movement' and state = 'posted'"
        return bool(self.database.rows(sql)[0]["n"] == 6)

    def end(self) -> None:
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            process.wait(60)


@pytest.fixture
def reader(tmp_path: Path, database: Database) -> Iterator[Reader]:
    made = Reader(tmp_path, database)
    yield made
    made.end()


def lines_of(*names: str) -> int:
    return sum(1 for name in names for line in files()[name].splitlines() if line.strip())


def test_the_page_counts_its_lines_rightly_and_the_connector_is_under_150() -> None:
    connector = lines_of(*(n for n in files() if n.startswith("tieout_mollie/")))
    assert connector < 150
    said = f"is {connector} lines (blank ones not counted), the provider's simulator {lines_of('mollie_simulator.py')}"
    assert f"{said}, the rest of the sandbox {lines_of('sandbox.py')}" in DOC.read_text()


def test_one_statement_tests_the_connector_and_finds_a_cursor_that_forgets_its_page(reader: Reader) -> None:
    command, _ = typed()[0]
    done = reader.type(command)
    assert done.returncode == 0, done.stderr
    ran = re.search(r"Ran (\d+) tests", done.stderr)
    assert ran and f"{ran[1]} tests have names" in DOC.read_text()
    for name in re.findall(r"`(test_[a-z_]+)`", DOC.read_text()):
        assert f"{name} (" in done.stderr, name
    assert re.findall(r"skipped '(.*?)\(", done.stderr) == [
        f"not checked: no sample of {stream} has its documents beside it "
        for stream in ("settlements", "transactions")
    ]
    client = reader.folder / "tieout_mollie/client.py"
    client.write_text(client.read_text().replace(', "from": following}', "}"))
    broken = reader.type(
        "python -m unittest test_mollie.TestMollie.test_transactions_goes_on_from_every_page"
    )
    assert "FAILED (failures=1)" in broken.stderr and "its paging goes round" in broken.stderr


def test_from_nothing_to_a_proven_payout_and_one_that_is_wrong(reader: Reader) -> None:
    toml = reader.folder / "project/tieout.toml"
    toml.write_text(toml.read_text().replace("port = 8080", f"port = {free_port()}"))
    said: dict[str, str] = {}
    for command, answer in typed()[1:]:
        if "statement.xml" in command:
            reader.wait(reader.polled)
        if command.startswith("tieout tieout"):
            reader.wait(reader.settled)
        if command.endswith("&"):
            reader.begin(command)
            if "sandbox" in command:
                reader.wait((reader.folder / "outside.env").is_file)
        elif command.startswith("set -a"):
            reader.look_outside()
        else:
            done = reader.type(command)
            # 1 says that there is something to look at: the second payout, and its case.
            assert done.returncode == (1 if command in ("tieout payouts", "tieout cases list") else 0), (
                f"{command}: {done.stdout}{done.stderr}"
            )
            assert answer == "" or done.stdout == answer, f"{command}: {done.stdout}"
            said[command] = done.stdout
    assert "ok   mollie: Mollie, balance bal_1" in said["tieout check"]
    proven = said["tieout tieout --period 2026-10"]
    assert "unproven" not in proven and all(x in proven for x in ("221.75", "219.59", "220.59"))
    assert "deposit_differs_from_payout" in said["tieout cases list"]
    (case,) = reader.database.rows("select cause, amount, detail from tieout.cases where state = 'open'")
    assert case == {
        "cause": "deposit_differs_from_payout", "amount": Decimal("1.00"), "detail": "sent 39.67, arrived 38.67",
    }  # fmt: skip
    assert f"`{case['cause']}`, {case['amount']} EUR, {case['detail']}" in DOC.read_text()
