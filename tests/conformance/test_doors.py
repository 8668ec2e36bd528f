"""`tieout qualify` and `tieout demo --odoo-url` as their user meets them: what is wrong is said in a sentence with what to do, nothing is
written into books that nobody gave away, and what is cut short takes back what it made, or says what stays."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.acceptance.commands import run_tieout, start_tieout
from tests.conformance.test_qualify import Server, served
from tieout.connectors.odoo.versions import V18, V19
from tieout_sandbox.company import Administrator
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import Answer

pytestmark = pytest.mark.long

COMMANDS = ("qualify", "demo")


def words_of(command: str, **given: str) -> list[str]:
    """A command's words; what is "" is left out."""
    named = {
        "qualify": {
            "url": "--url",
            "database": "--database",
            "key": "--key",
            "login": "--login",
            "out": "--out",
        },
        "demo": {"url": "--odoo-url", "database": "--odoo-db", "key": "--odoo-key", "login": "--odoo-login"},
    }[command]
    words = [command, "--orders", "2"]
    for name, value in given.items():
        option = "--test-database" if name == "test" else named.get(name, "")
        words += [option, value] if option and value else []
    return words


class User:
    """Who types the commands: over a server, from an empty folder."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder

    def words(self, command: str, **other: str) -> list[str]:
        given = {
            "url": self.server.url, "database": "books", "key": "env:THE_KEY", "test": "books",
            "out": str(self.folder), **other,
        }  # fmt: skip
        return words_of(command, **given)

    def types(self, command: str, key: str = "", **other: str) -> CompletedProcess[str]:
        return run_tieout(
            *self.words(command, **other),
            environment=self.environment(key),
            folder=self.folder,
            timeout=300,
        )

    def environment(self, key: str = "") -> dict[str, str]:
        return {**os.environ, "THE_KEY": key or self.server.key}


@pytest.fixture
def user(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[User]:
    with served(getattr(request, "param", V19)) as server:
        yield User(server, tmp_path)


def one_sentence(done: CompletedProcess[str]) -> str:
    """What was said on standard error, which is no traceback."""
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    said = done.stderr.strip()
    assert said and len(said.splitlines()) == 1, done.stderr
    return said


def few_rights(server: Server) -> None:
    user = next(u for u in server.table("res.users") if u["login"] == "admin")
    names = {g["id"]: g["name"] for g in server.table("res.groups")}
    left = [g for g in user["group_ids"] if names[g] == "base.group_user"]
    server.odoo.service.world.store.update("res.users", user, {"group_ids": left})


def a_website(server: Server) -> None:
    server.odoo.instead = lambda path, body: Answer(200, b"<html>Welcome to our shop</html>", "text/html")


def another_program(server: Server) -> None:
    server.odoo.instead = lambda path, body: Answer(200, b'{"version": {"of": ["something", "else"]}}')


def one_database(server: Server) -> None:
    server.odoo.alone = True


def as_it_is(server: Server) -> None:
    """Nothing is changed there."""


WRONG: dict[str, tuple[Callable[[Server], None], dict[str, str], int, str]] = {
    "nobody there": (as_it_is, {"url": f"http://127.0.0.1:{free_port()}"}, 3, "cannot be reached"),
    "no scheme": (as_it_is, {"url": "books.example.com"}, 2, "https://books.example.com"),
    "no address": (as_it_is, {"url": "http://[::1"}, 2, "is no address"),
    "no port": (as_it_is, {"url": "http://127.0.0.1:99999999"}, 2, "is no address"),
    "in the clear": (
        as_it_is,
        {"url": "http://93.184.215.14:8069"},
        2,
        "reads an administrator's key: put https://",
    ),
    "wrong key": (as_it_is, {"given_key": "0" * 40}, 2, "refuses this key"),
    "no key at all": (as_it_is, {"given_key": "ключ"}, 2, "is no API key"),
    "wrong database": (as_it_is, {"database": "bocks", "test": "bocks"}, 2, "bocks"),
    "another than the only database": (
        one_database,
        {"database": "bocks", "test": "bocks"},
        2,
        "is the database books, and bocks is asked for",
    ),
    "a website": (a_website, {}, 2, "is no Odoo"),
    "another program": (another_program, {}, 2, "is no Odoo"),
    "few rights": (few_rights, {}, 2, "give the key of an administrator"),
    "a path": (as_it_is, {"path": "/web"}, 2, "without a path behind it"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_made(user: User, case: str, command: str) -> None:
    arrange, given, code, says = WRONG[case]
    arrange(user.server)
    given = dict(given)
    key = given.pop("given_key", "")
    if path := given.pop("path", ""):
        given["url"] = user.server.url + path
    done = user.types(command, key, **given)
    said = one_sentence(done)
    assert done.returncode == code and "nothing was made" in said and says in said, (done.returncode, said)
    assert user.server.changed == [] and not list(user.folder.iterdir())


@pytest.mark.parametrize("user", [V18], indirect=True)
@pytest.mark.parametrize("command", COMMANDS)
def test_of_the_older_one_a_key_of_somebody_else_is_told_as_that(user: User, command: str) -> None:
    done = user.types(command, login="nobody")
    said = one_sentence(done)
    assert done.returncode == 2 and "nothing was made" in said and "'nobody'" in said, said
    assert user.server.changed == []


# somebody's books


def somebodys_books(server: Server) -> None:
    """A company that works: entries that it posted, people, an account of its bank."""
    call = server.odoo.service.call
    admin = Administrator(server.url, "books", server.key)
    company = admin.set_up("Acme Production", date(2026, 10, 1)).id
    admin.close()
    context = {"allowed_company_ids": [company]}
    accounts = {r["code"]: r["id"] for r in server.table("account.account") if company in r["company_ids"]}
    lines = [
        [0, 0, {"account_id": accounts[c], "balance": v, "name": "x"}]
        for c, v in (("400000", "-5"), ("600000", "5"))
    ]
    given = {"move_type": "entry", "date": "2026-10-06", "line_ids": lines}
    (move,) = call(2, "account.move", "create", None, context, {"vals_list": [given]})
    call(2, "account.move", "action_post", [move], context, {})
    server.odoo.asked.clear()


@pytest.mark.parametrize("command", COMMANDS)
def test_into_somebodys_books_nothing_is_written_without_their_word(user: User, command: str) -> None:
    somebodys_books(user.server)
    tables = {
        m: user.server.table(m) for m in ("res.company", "res.users", "account.move", "account.journal")
    }
    done = user.types(command, test="")
    said = one_sentence(done)
    assert done.returncode == 2 and "nothing was made" in said, said
    assert "nothing says that books at" in said and "--test-database books" in said
    assert "1 posted entry, the last of 2026-10-06" in said and "Acme Production" in said, said
    assert user.server.changed == []
    assert tables == {m: user.server.table(m) for m in tables}


def test_the_word_names_the_very_database(user: User) -> None:
    for command in COMMANDS:
        done = user.types(command, test="bocks")
        said = one_sentence(done)
        assert done.returncode == 2 and "name the same one" in said, said
    assert user.server.changed == []


# cut short


class Cut:
    """A command that is ended by a signal as soon as its server was asked `when` for the nth time."""

    def __init__(self, user: User, command: str, number: int, when: str, nth: int = 1, **other: str) -> None:
        self.user, self._when, self._left = user, when, nth
        self._asked = threading.Event()
        user.server.odoo.instead = self._look
        self.log = user.folder / "log"
        self.log.touch()
        started = start_tieout(
            *user.words(command, **other), log=self.log, environment=user.environment(), folder=user.folder
        )
        try:
            assert self._asked.wait(200), self.log.read_text()
            started.send_signal(number)
            self.code = started.wait(100)
        finally:
            if started.poll() is None:
                started.kill()
        self.said = self.log.read_text()
        assert "Traceback" not in self.said, self.said

    def _look(self, path: str, body: bytes) -> Answer | None:
        if self._when in path:
            self._left -= 1
            if self._left <= 0:
                self._asked.set()
        return None

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """The service accounts that were made."""
        return [u for u in self.user.server.table("res.users") if str(u["login"]).startswith("tieout-")]

    def companies(self, name: str) -> list[dict[str, Any]]:
        return [c for c in self.user.server.table("res.company") if name in str(c["name"])]


SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)


@SIGNALS
def test_a_qualification_that_is_cut_short_takes_its_user_back_and_says_what_stays(
    user: User, number: int
) -> None:
    cut = Cut(user, "qualify", number, "account.move/action_post", 3)
    assert cut.code == 3, cut.said
    (company,), (account,) = cut.companies("Tieout qualification"), cut.accounts
    assert not account["active"]
    assert "it was interrupted" in cut.said
    assert f"stays behind: company {company['id']} {company['name']}" in cut.said, cut.said
    assert f"stays behind: the user {account['login']}, archived, so that its key is refused" in cut.said
    # What was tried until then is evidence as well.
    (report,) = user.folder.glob("qualification-*.json")
    content = json.loads(report.read_text())["content"]
    assert (
        content["passed"] is False and content["stopped"] == "it was interrupted" and content["conformance"]
    )


@SIGNALS
def test_a_month_that_is_cut_short_takes_its_user_back_and_says_what_stays(user: User, number: int) -> None:
    cut = Cut(user, "demo", number, "account.move/action_post")
    assert cut.code == 3, cut.said
    (company,), (account,) = cut.companies("Meridian"), cut.accounts
    assert not account["active"] and "it was interrupted" in cut.said, cut.said
    assert f"stays behind: company {company['id']} {company['name']}" in cut.said, cut.said
    assert f"stays behind: the user {account['login']}, archived, so that its key is refused" in cut.said


def test_the_month_of_a_qualification_is_cut_short_as_well(user: User) -> None:
    # Invoices are first posted by the checks: what only a month asks is a journal of its provider.
    cut = Cut(user, "qualify", signal.SIGINT, "account.chart.template/try_loading", 2)
    assert cut.code == 3, cut.said
    assert len(cut.accounts) >= 1 and not [a for a in cut.accounts if a["active"]], cut.said
    for company in (*cut.companies("Tieout qualification"), *cut.companies("Meridian")):
        assert f"stays behind: company {company['id']} {company['name']}" in cut.said or (
            f"maybe a company {company['name']}" in cut.said
        ), cut.said


@pytest.mark.parametrize("command", COMMANDS)
def test_before_anything_was_made_nothing_stays(user: User, command: str) -> None:
    cut = Cut(user, command, signal.SIGINT, "has_access", 2)
    assert cut.code == 3 and "interrupted: nothing was made" in cut.said, cut.said
    assert user.server.changed == [] and not list(user.folder.glob("qualification*"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_that_is_gone_in_the_middle_says_what_stays_and_how_to_take_it_away(
    user: User, command: str
) -> None:
    gone = Answer(503, b"<html>Service Unavailable</html>", "text/html")
    asked: list[str] = []

    def die(path: str, body: bytes) -> Answer | None:
        asked.append(path)
        return gone if any("res.users/create" in p for p in asked[:-1]) else None

    user.server.odoo.instead = die
    done = user.types(command)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert done.returncode in (1, 3), (done.returncode, done.stderr)
    said = done.stdout + done.stderr
    (account,) = [u for u in user.server.table("res.users") if str(u["login"]).startswith("tieout-")]
    assert f"the user {account['login']}, who could not be archived" in said and "by hand" in said, said
