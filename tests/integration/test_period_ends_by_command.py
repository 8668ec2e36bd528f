"""`tieout cutoff` as it is typed, over real books: whoever books holds a key and a role, is the maker of what is booked, and books what was
shown, never under a lock; a dry run needs no key and changes nothing. `revalue` and `accruals` go through the same door."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.integration.office import key_of, person
from tests.integration.selling import LAST, LIABILITY, Seller, at
from tests.integration.test_once import OpenBooks
from tieout.cli import close as close_command
from tieout.cli import reconcile as reconcile_command
from tieout.cli.commands import cli
from tieout.rules import ApprovalPolicy, Step

pytestmark = pytest.mark.long
ENTRY = "CUTOFF-20261031 2026-10-31"


class Terminal:
    """Somebody at the command line of a seller's project, where 107.00 USD are invoiced and not delivered at October's end."""

    def __init__(self, seller: Seller, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seller.let_in()
        seller.add(person("vera"))
        seller.grant("vera", "viewer")
        seller.add(person("robot", human=False))
        seller.grant("robot", "controller")
        seller.tell(seller.sell("US-1", at(5)))
        project: Any = OpenBooks(seller)
        project.settings = SimpleNamespace(release=seller.release(), systems={})
        for module in (close_command, reconcile_command):
            monkeypatch.setattr(module, "open_running", lambda _: project)
        self.seller, self._folder, self._patch = seller, folder, monkeypatch

    def run(self, *words: str, by: str = "cora", code: int = 0, command: str = "cutoff") -> str:
        """What a command of October says, which ends with this code."""
        self._patch.delenv("TIEOUT_KEY_FILE", raising=False)
        if by:
            (self._folder / by).write_text(key_of(by))
            self._patch.setenv("TIEOUT_KEY_FILE", str(self._folder / by))
        done = CliRunner().invoke(cli, [command, "--period", "2026-10", *words], catch_exceptions=False)
        assert done.exit_code == code, done.output
        return " ".join(done.output.split())

    def booked(self) -> list[str]:
        """The entries in the ledger, once everything is worked off."""
        self.seller.work()
        return self.seller.moves("CUTOFF")


@pytest.fixture
def terminal(seller: Seller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(seller, tmp_path, monkeypatch)


def test_nobody_books_without_a_key_and_a_role_and_a_machine_books_nothing(terminal: Terminal) -> None:
    assert "TIEOUT_KEY_FILE" in terminal.run(by="", code=2)
    assert "vera has no role for close:sign of US" in terminal.run(by="vera", code=2)
    assert "robot is a service account" in terminal.run(by="robot", code=2)
    assert terminal.booked() == []
    # What it would come to changes nothing, and anybody at the machine may know.
    assert "107.00" in terminal.run("--dry-run", by="")
    assert terminal.booked() == []


def test_whoever_books_is_the_maker_and_another_one_approves(terminal: Terminal) -> None:
    seller, plain = terminal.seller, terminal.seller.release
    policy = ApprovalPolicy("period ends", 'kind == "cutoff"', (Step("controller"),))
    seller.release = lambda: replace(plain(), policies=(policy,))  # type: ignore[method-assign]
    terminal.run(by="carl")
    assert terminal.booked() == []
    asked = seller.database.rows("select makers from tieout.approval_request where state = 'open'")
    assert [r["makers"] for r in asked] == [["carl"]]
    told = seller.database.rows(
        "select actor, subject, detail::text as detail from tieout.evidence where action = 'close.book_asked'"
    )
    (one,) = told
    assert (one["actor"], one["subject"]) == ("carl", "US:2026-10") and "cutoff" in one["detail"]


def test_under_a_lock_nothing_is_booked(terminal: Terminal) -> None:
    seller = terminal.seller
    locked = {"fiscalyear_lock_date": LAST.isoformat()}
    seller.admin.call("res.company", "write", ids=[seller.company.id], vals=locked)
    said = terminal.run(code=2)
    assert "2026-10-31 is locked in the ledger" in said and "fiscal year lock" in said
    assert "107.00" in terminal.run("--dry-run") and terminal.booked() == []


def test_what_was_shown_is_booked_and_nothing_else(terminal: Terminal) -> None:
    (seen,) = re.findall(r"--seen ([0-9a-f]{12})", terminal.run("--dry-run"))
    terminal.seller.tell(terminal.seller.sell("US-2", at(6)))
    assert "others by now than were shown" in terminal.run("--seen", seen, code=2)
    assert terminal.booked() == []
    (again,) = re.findall(r"--seen ([0-9a-f]{12})", terminal.run("--dry-run"))
    assert again != seen
    terminal.run("--seen", again)
    assert terminal.booked() == [ENTRY]
    assert terminal.seller.stands(LAST, LIABILITY)[LIABILITY] == -214
    for wrong in ("12", "x" * 12, "A" * 12):
        assert "--seen" in terminal.run("--seen", wrong, code=2)


def test_what_is_sure_is_applied_for_whoever_may_match_and_listed_for_anybody(terminal: Terminal) -> None:
    for by, said in (("", "TIEOUT_KEY_FILE"), ("vera", "vera has no role for matches:write of US")):
        assert said in terminal.run(by=by, code=2, command="reconcile")
    # With a key, a machine's as well, and for a list alone, it goes on to what this entity lacks.
    for words, by in (((), "cora"), ((), "robot"), (("--dry-run",), "")):
        assert "no interface reconciles US" in terminal.run(*words, by=by, code=2, command="reconcile")
